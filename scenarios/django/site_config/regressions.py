"""What makes a release slower, on purpose, for a comparison to find: NOTES_REGRESSIONS=sleep,n-plus-one (docs/django.md)."""

import os

KNOWN = {
    "n-plus-one": "the list of notes asks the database once more for each note",
    "sleep": "whoami waits 5 ms",
    "one-worker": "gunicorn has one worker instead of two",
    "static-through-application": "Django serves the static files; nginx has to pass them on",
}

ON = frozenset(name for name in os.environ.get("NOTES_REGRESSIONS", "").split(",") if name)

if unknown := ON - KNOWN.keys():
    raise ValueError(f"NOTES_REGRESSIONS: unknown {', '.join(sorted(unknown))}; known are {', '.join(KNOWN)}")


def on(name):
    """Whether this one is switched on."""
    assert name in KNOWN, name
    return name in ON
