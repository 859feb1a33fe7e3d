import gzip
import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

COMPRESSED = {".css", ".js", ".json", ".svg", ".txt"}
SMALLEST = 1024


class Command(BaseCommand):
    help = "Collects the static files and writes a .gz beside each text file, for nginx's gzip_static."

    def handle(self, *args, **options):
        call_command("collectstatic", interactive=False, clear=True, verbosity=1)
        for file in sorted(Path(settings.STATIC_ROOT).rglob("*")):
            if file.suffix not in COMPRESSED or file.stat().st_size < SMALLEST:
                continue
            packed = Path(f"{file}.gz")
            packed.write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
            os.utime(packed, (file.stat().st_atime, file.stat().st_mtime))
