"""What an environment variable switches on: a list of known names, with commas between."""

import os


class Switches:
    def __init__(self, variable, known):
        """`known` maps each name to what it does."""
        self.known = known
        self.all_on = frozenset(name for name in os.environ.get(variable, "").split(",") if name)
        if unknown := self.all_on - known.keys():
            raise ValueError(f"{variable}: unknown {', '.join(sorted(unknown))}; known are {', '.join(known)}")

    def on(self, name):
        """Whether this one is switched on."""
        assert name in self.known, name
        return name in self.all_on
