"""A limit on wrong passwords, for all logins together: so many in one name and from one address in five minutes."""

import json
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from notes.models import WrongPasswords

FORM = "/accounts/login/"
LOGINS = frozenset({FORM, "/api/token/", "/api-token-auth/"})
WINDOW = timedelta(minutes=5)


class LoginLimit:
    logins = LOGINS
    in_name = 8
    from_address = 30

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method != "POST" or request.path not in self.logins:
            return self.get_response(request)
        name, address = f"name {name_of(request)}", f"address {address_of(request)}"
        # Counted before the password is looked at: of many at once no more than the limit are.
        if not (self.take(name, self.in_name) and self.take(address, self.from_address)):
            return refusal(request)
        response = self.get_response(request)
        if response.status_code == (302 if request.path == FORM else 200):
            self.forget(name)
            self.give_back(address)
        return response

    def take(self, key, most):
        """Counts one more, unless there were as many already."""
        return WrongPasswords.take(key, most, WINDOW)

    def give_back(self, key):
        """It was none."""
        WrongPasswords.give_back(key)

    def forget(self, key):
        """Whoever knows the password may have mistyped it before."""
        WrongPasswords.objects.filter(key=key).delete()


def name_of(request):
    """The name as accounts are told apart: `User1 ` is `user1`."""
    if request.content_type == "application/json":
        try:
            fields = json.loads(request.body)
        except (ValueError, RecursionError):
            fields = None
        name = fields.get("username") if isinstance(fields, dict) else None
    else:
        name = request.POST.get("username")
    return str(name or "").strip().casefold()[:150]


def address_of(request):
    """The client's address; nginx overwrites the header."""
    return request.META["REMOTE_ADDR"] if settings.DEBUG else request.headers.get("X-Forwarded-For", "")[:150]


def refusal(request):
    after = {"Retry-After": str(int(WINDOW.total_seconds()))}
    if request.path.startswith("/api"):
        return JsonResponse({"detail": "Too many wrong passwords."}, status=429, headers=after)
    return HttpResponse("Too many wrong passwords.\n", status=429, headers=after, content_type="text/plain; charset=utf-8")
