"""Things that are wrong on purpose, for the audit to find: NOTES_FAULTS=jwt-alg-none,jwt-weak-secret (docs/django.md)."""

from .switches import Switches

KNOWN = {
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
}

SWITCHES = Switches("NOTES_FAULTS", KNOWN)
on = SWITCHES.on
