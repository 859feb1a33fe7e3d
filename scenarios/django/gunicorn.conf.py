"""How gunicorn runs; it reads this file by itself."""

from site_config import faults, regressions

worker_class = "gthread"
workers = 1 if regressions.on("one-worker") else 2
threads = 4
if faults.on("login-limit-by-worker"):
    workers, preload_app = 6, True
# Longer than nginx keeps an idle connection, so that gunicorn never closes one that nginx is about to use.
keepalive = 75
graceful_timeout = 3
control_socket_disable = True
