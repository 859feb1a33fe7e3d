"""Faults that settings can switch on. Read before the applications are there: imports none of them."""

from . import faults, jwt_fault_settings

# In place of the limit on logins.
LIMITS = {
    "authtoken-unlimited": "site_config.middleware_faults.NotForTokens",
    "login-limit-by-worker": "site_config.middleware_faults.ByWorker",
    "login-limit-by-name": "site_config.middleware_faults.ByName",
    "login-limit-forwarded": "site_config.middleware_faults.ByForwarded",
}


def change(settings):
    """Spoils the settings, which are as they should be."""
    for name, (setting, value) in {
        "debug-on": ("DEBUG", True),
        "any-host": ("ALLOWED_HOSTS", ["*"]),
        "cookie-for-scripts": ("SESSION_COOKIE_HTTPONLY", False),
        "cookie-cross-site": ("SESSION_COOKIE_SAMESITE", False),
        "hsts-short": ("SECURE_HSTS_SECONDS", 300),
        "http-accepted": ("SECURE_SSL_REDIRECT", False),
    }.items():
        if faults.on(name):
            settings[setting] = value
    if faults.on("cookies-over-http"):
        settings["SESSION_COOKIE_SECURE"] = settings["CSRF_COOKIE_SECURE"] = False
    middleware(settings["MIDDLEWARE"])
    if faults.on("remote-user"):
        settings["AUTHENTICATION_BACKENDS"] = [
            "django.contrib.auth.backends.ModelBackend",
            "site_config.middleware_faults.KnownUser",
        ]
    classes = settings["REST_FRAMEWORK"]["DEFAULT_AUTHENTICATION_CLASSES"]
    if faults.on("token-in-url"):
        classes.append("site_config.token_faults.TokenInQuery")
    jwt_fault_settings.change(settings["SIMPLE_JWT"])
    classes[0] = jwt_fault_settings.authentication_class()


def middleware(chain):
    """Spoils the middleware."""
    if faults.on("csrf-off"):
        chain.insert(0, "site_config.middleware_faults.trust_every_form")
    if faults.on("cors-reflect"):
        chain.insert(0, "site_config.middleware_faults.reflect_origin")
    if faults.on("remote-user"):
        chain.append("site_config.middleware_faults.AnybodysName")
    at = chain.index("site_config.login_limit.LoginLimit")
    for name, instead in LIMITS.items():
        if faults.on(name):
            chain[at] = instead
    if faults.on("login-unlimited"):
        del chain[at]
