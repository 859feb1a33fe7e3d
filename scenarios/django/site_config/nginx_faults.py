"""Faults of nginx: a pattern in its rendered configuration, and what is put in its place."""

import re
from pathlib import Path

from . import faults

PROJECT = Path(__file__).resolve().parent.parent



def cached(location):
    """What is kept there for everybody, whatever the application says."""
    kept = f"""location {location} {{
            proxy_cache shared;
            proxy_cache_key $uri;
            proxy_cache_valid 200 2s;
            proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
            include application.conf;
        }}
        location / {{"""
    path = "access_log off;\n    proxy_cache_path cache keys_zone=shared:1m;"
    return [("nginx.conf", r"access_log off;", path), ("nginx.conf", r"location / \{", lambda _: kept)]


# nginx has a limit of its own, which would hide what is wrong with the application's.
UNLIMITED = [("nginx.conf", r"limit_req zone=login [^;]*;", "")]

CHANGES = {
    "errors-without-headers": [("headers.conf", r" always;", ";")],
    "headers-lost": [("static.conf", r"\Z", "add_header X-Served-By files;\n")],
    "shared-cache": cached("= /api/notes/"),
    "cache-by-name": cached(r"~ ^/api/.*\.css$"),
    "autoindex": [("static.conf", r"\Z", "autoindex on;\n")],
    "alias-without-slash": [("nginx.conf", r"location /static/ \{", "location /static {")],
    "exposed-environment": [
        ("nginx.conf", r"location / \{", r'location = /.env { return 200 "SECRET_KEY=planted\\n"; }\n        location / {')
    ],
    "exposed-repository": [
        ("nginx.conf", r"location / \{", r'location = /.git/HEAD { return 200 "ref: refs/heads/main\\n"; }\n        location / {')
    ],
    "exposed-project": [
        ("nginx.conf", r"location / \{", rf'location ~ ^/\\w+\\.(py|txt)$ {{ root "{PROJECT}"; }}\n        location / {{')
    ],
    "server-version": [("nginx.conf", r"server_tokens off;", "server_tokens on;")],
    "login-unlimited": UNLIMITED,
    "authtoken-unlimited": UNLIMITED,
    "login-limit-by-worker": UNLIMITED,
    "login-limit-by-name": UNLIMITED,
    "http-accepted": [("nginx.conf", r"return 301 [^;]*;", "location / { include application.conf; }")],
    "any-host": [
        ("nginx.conf", r"(ssl default_server;\s+include headers.conf;\s+)return 421;", r"\1location / { include application.conf; }")
    ],
    "login-limit-forwarded": UNLIMITED
    + [
        ("application.conf", r"X-Forwarded-For \$remote_addr;", "X-Forwarded-For $proxy_add_x_forwarded_for;")
    ],
}


def plant(folder):
    """Puts the faults that are on into the configuration in this folder."""
    for name, changes in CHANGES.items():
        for file, pattern, instead in changes if faults.on(name) else []:
            path = Path(folder) / file
            text, found = re.subn(pattern, instead, path.read_text())
            if not found:
                raise SystemExit(f"{name}: {path} has no {pattern}")
            path.write_text(text)
