"""Becomes nginx, on the configuration that was rendered into the given folder, with what NOTES_FAULTS says is wrong in it."""

import os
import sys

from site_config import nginx_faults

(folder,) = sys.argv[1:]
nginx_faults.plant(folder)
os.execvp("nginx", ["nginx", "-e", "stderr", "-p", folder, "-c", f"{folder}/nginx.conf"])
