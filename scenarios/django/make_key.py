"""Writes a new secret key to the file named by the first argument, readable by its owner only."""

import os
import secrets
import sys

path = sys.argv[1]
if os.path.exists(path):
    os.remove(path)
with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
    file.write(secrets.token_urlsafe(64))
