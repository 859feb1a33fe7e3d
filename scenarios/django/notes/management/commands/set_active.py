import os

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Enables (yes) or disables (no) the user whose name is in SHAKEDOWN_USER."

    def add_arguments(self, parser):
        parser.add_argument("active", choices=["yes", "no"])

    def handle(self, *args, active, **options):
        name = os.environ["SHAKEDOWN_USER"]
        if not User.objects.filter(username=name).update(is_active=active == "yes"):
            raise CommandError(f"there is no user {name}")
