"""Things that are wrong on purpose, for the audit to find: NOTES_FAULTS=jwt-alg-none,autoindex (docs/django.md).

None is on without that variable, a name that is not listed ends the start, and what is on is said on standard error."""

import sys

from .switches import Switches

KNOWN = {
    # jwt_faults.py, jwt_fault_settings.py
    "jwt-alg-none": "JWT-ALG-NONE: tokens without an algorithm are taken as they are",
    "jwt-unsigned": "JWT-SIG-STRIP: tokens without a signature are taken as they are",
    "jwt-unverified": "JWT-SIG-VERIFY: the signature is not looked at",
    "jwt-key-confusion": "JWT-KEY-CONFUSION: the public key of the certificate in NOTES_CERTIFICATE is taken for an HMAC secret",
    "jwt-weak-secret": "JWT-WEAK-SECRET: tokens are signed with a secret from a tutorial",
    "jwt-expired": "JWT-EXP: exp is not looked at",
    "jwt-refresh-as-access": "JWT-TYPE-MIX: refresh tokens open routes",
    "jwt-revoked": "JWT-LOGOUT: logout ends no token",
    "jwt-refresh-reuse": "JWT-REFRESH-REUSE: a refresh token works again after a new one was given",
    "jwt-long-lived": "JWT-LIFETIME: access tokens live for a week",
    "jwt-disabled-user": "JWT-DISABLED-USER: tokens of disabled users work",
    "jwt-no-audience": "JWT-AUD: tokens name no audience",
    # setting_faults.py
    "debug-on": "DJ-DEBUG-404: DEBUG is on",
    "any-host": "DJ-HOST: nginx and Django answer to every name, and links repeat it",
    "cookies-over-http": "CK-SECURE: session and CSRF cookies go over plain http too",
    "cookie-for-scripts": "CK-HTTPONLY: scripts read the session cookie",
    "cookie-cross-site": "CK-SAMESITE: the session cookie goes with requests from other sites",
    "hsts-short": "HDR-HSTS: browsers remember https for five minutes",
    "csrf-off": "CSRF-REQUIRED: forms want no token",
    "cacheable-answers": "AUTH-CACHE: shared caches may keep anybody's answers",
    "http-accepted": "NET-REDIRECT: plain http is answered as https is",
    # headers.py
    "inline-scripts": "CSP-UNSAFE-INLINE: the policy of pages allows scripts that stand in them",
    # middleware_faults.py
    "cors-reflect": "CORS-REFLECT: every other site may read answers with the user's credentials",
    "remote-user": "AUTH-PROXY-HDR: X-Remote-User says who asks",
    "login-unlimited": "LOGIN-RATE: as many wrong passwords as one likes",
    "authtoken-unlimited": "DRF-AUTHTOKEN-UNTHROTTLED: /api-token-auth/ knows no limit",
    "login-limit-by-worker": "LOGIN-RATE-CONCURRENT: each worker counts wrong passwords for itself",
    "login-limit-by-name": "LOGIN-RATE-KEY: one password may be tried in every name",
    "login-limit-forwarded": "LOGIN-RATE-XFF: the client says in X-Forwarded-For whose wrong passwords these are",
    # token_faults.py
    "token-in-url": "AUTH-TOKEN-URL: a token in the query opens routes",
    # view_faults.py
    "session-survives-logout": "SESSION-LOGOUT: logout ends the cookie and not the session",
    "open-redirect": "NET-OPEN-REDIRECT: a login leads to wherever `next` says",
    "login-tells": "LOGIN-ENUM-BODY: /api/token/ says which names are nobody's",
    "login-by-get": "LOGIN-GET: /api/token/ takes name and password from the query",
    "notes-of-others": "AUTH-OTHER-USER: a note is shown to everybody who knows its number",
    # nginx_faults.py
    "errors-without-headers": "HDR-ON-ERROR: add_header without `always`",
    "headers-lost": "HDR-COVERAGE: an add_header in a location, where the inherited ones are lost",
    "shared-cache": "AUTH-CACHE-REPLAY: nginx gives one user's notes to the next",
    "cache-by-name": "AUTH-CACHE-REPLAY: nginx keeps for everybody what is called a style sheet, and the notes answer to such names",
    "autoindex": "FILE-DIRLIST: nginx lists the static files",
    "alias-without-slash": "FILE-ALIAS-TRAVERSAL: a location without the slash that its alias has",
    "exposed-environment": "FILE-ENV: /.env is there for everybody",
    "exposed-repository": "FILE-VCS: /.git is there for everybody",
    "exposed-project": "FILE-DJANGO: the project's own files are there for everybody",
    "server-version": "HDR-SERVER-VERSION: nginx says which version it is",
}

SWITCHES = Switches("NOTES_FAULTS", KNOWN)
on = SWITCHES.on

if SWITCHES.all_on:
    print(f"NOTES_FAULTS: planted on purpose: {', '.join(sorted(SWITCHES.all_on))}", file=sys.stderr)
