"""What makes a release slower, on purpose, for a comparison to find: NOTES_REGRESSIONS=sleep,n-plus-one (docs/django.md)."""

from .switches import Switches

KNOWN = {
    "n-plus-one": "the list of notes asks the database once more for each note",
    "sleep": "whoami waits 5 ms",
    "one-worker": "gunicorn has one worker instead of two",
    "static-through-application": "Django serves the static files; nginx has to pass them on",
}

SWITCHES = Switches("NOTES_REGRESSIONS", KNOWN)
on = SWITCHES.on
