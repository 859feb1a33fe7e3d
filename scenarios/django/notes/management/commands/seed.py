from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from notes.models import Note

USERS = 20
NOTES_EACH = 20


class Command(BaseCommand):
    help = "Migrates, and makes user1 to user20 (password shakedown-1 to shakedown-20), each with a few notes."

    def handle(self, *args, **options):
        call_command("migrate", interactive=False, verbosity=1)
        known = set(User.objects.values_list("username", flat=True))
        with transaction.atomic():
            users = User.objects.bulk_create(
                User(username=f"user{n}", password=make_password(f"shakedown-{n}"))
                for n in range(1, USERS + 1)
                if f"user{n}" not in known
            )
            Note.objects.bulk_create(
                Note(owner=user, title=f"Note {n} of {user.username}", text="Seeded.")
                for user in users
                for n in range(1, NOTES_EACH + 1)
            )
        self.stdout.write(f"{len(users)} users made, {len(known)} were there")
