"""Middleware with mistakes, each in the chain only where its name is on (setting_faults.py)."""

from collections import Counter

from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware

from .login_limit import LOGINS, LoginLimit


def trust_every_form(get_response):
    """As django.test.Client does it. The middleware alone is not it: the login's own view asks for the token too."""

    def middleware(request):
        request._dont_enforce_csrf_checks = True
        return get_response(request)

    return middleware


def reflect_origin(get_response):
    """Whoever asks may read."""

    def middleware(request):
        response = get_response(request)
        if origin := request.headers.get("Origin"):
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
        return response

    return middleware


class AnybodysName(RemoteUserMiddleware):
    """Believes a header that no proxy overwrites."""

    header = "HTTP_X_REMOTE_USER"
    force_logout_if_no_header = False


class KnownUser(RemoteUserBackend):
    create_unknown_user = False


class NotForTokens(LoginLimit):
    """Nobody thought of the third login."""

    logins = LOGINS - {"/api-token-auth/"}


class ByWorker(LoginLimit):
    """Counts in the memory of its process: six workers (gunicorn.conf.py) let six times as many through."""

    in_name = 4
    from_address = 7

    def __init__(self, get_response):
        super().__init__(get_response)
        self.counts = Counter()

    def take(self, key, most):
        self.counts[key] += 1
        return self.counts[key] <= most

    def give_back(self, key):
        self.counts[key] -= 1

    def forget(self, key):
        del self.counts[key]


class ByName(LoginLimit):
    """Counts in each name, and not from each address."""

    from_address = 1_000_000


class ByForwarded(LoginLimit):
    """Counts from each address alone, and takes the client's word for it."""

    in_name = 1_000_000
    from_address = 8
