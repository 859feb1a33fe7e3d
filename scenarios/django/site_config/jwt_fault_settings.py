"""Faults of JSON Web Tokens that settings can switch on. Read before the applications are there: imports none of them."""

from datetime import timedelta

from . import faults

WEAK_SECRET = "my-jwt-secret-key"
LAX = ("jwt-alg-none", "jwt-unsigned", "jwt-unverified", "jwt-key-confusion", "jwt-expired")


def change(settings):
    """Spoils SIMPLE_JWT."""
    if faults.on("jwt-weak-secret"):
        settings["SIGNING_KEY"] = WEAK_SECRET
    if faults.on("jwt-disabled-user"):
        settings["CHECK_USER_IS_ACTIVE"] = False
    if faults.on("jwt-long-lived"):
        settings["ACCESS_TOKEN_LIFETIME"] = timedelta(days=7)
    if faults.on("jwt-refresh-as-access"):
        settings["AUTH_TOKEN_CLASSES"] = ("rest_framework_simplejwt.tokens.UntypedToken",)
    if faults.on("jwt-refresh-reuse"):
        settings["BLACKLIST_AFTER_ROTATION"] = False
    if faults.on("jwt-no-audience"):
        settings["AUDIENCE"] = None


def authentication_class():
    """Dotted path of the class that verifies tokens."""
    lax = any(faults.on(name) for name in LAX)
    return "site_config.jwt_faults.Lax" if lax else "rest_framework_simplejwt.authentication.JWTAuthentication"
