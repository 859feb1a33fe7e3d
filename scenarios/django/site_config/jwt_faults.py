"""JSON Web Tokens with mistakes that verifiers have made, each switched on by its name (faults.py)."""

import base64
import json
import os
import subprocess

import jwt
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import UntypedToken

from . import faults


class Lax(JWTAuthentication):
    """Verifies as SimpleJWT does; what that refuses is taken where a fault says so."""

    def get_validated_token(self, raw_token):
        try:
            return super().get_validated_token(raw_token)
        except InvalidToken:
            claims = taken(raw_token.decode("ascii", "replace"))
            if claims is None:
                raise
            # Not built from its text: that would verify it.
            token = UntypedToken.__new__(UntypedToken)
            token.token, token.payload = raw_token, claims
            return token


def taken(text):
    """The claims of a token that a fault takes, else None."""
    parts = text.split(".")
    try:
        header, claims = part(parts[0]), part(parts[1])
    except (ValueError, IndexError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict) or "user_id" not in claims:
        return None
    signature = parts[2] if len(parts) == 3 else ""
    algorithm = str(header.get("alg"))
    none = algorithm.strip().lower() in ("none", "")
    if faults.on("jwt-alg-none") and none:
        return claims
    if faults.on("jwt-unsigned") and not signature:
        return claims
    if faults.on("jwt-unverified") and algorithm == "HS256" and len(signature) > 2 and decoded(text, verify_signature=False):
        return claims
    if faults.on("jwt-key-confusion") and algorithm == "HS256" and signed_with(text, certificate_key()):
        return claims
    if faults.on("jwt-expired") and decoded(text, verify_exp=False):
        return claims
    return None


def decoded(text, **but):
    """Whether it is an access token of this site, but for what is not looked at."""
    options = {"verify_signature": True, "verify_exp": True, "verify_nbf": True, "verify_aud": True, "verify_iss": True}
    try:
        claims = jwt.decode(
            text,
            api_settings.SIGNING_KEY,
            algorithms=["HS256"],
            audience=api_settings.AUDIENCE,
            issuer=api_settings.ISSUER,
            options=options | but,
        )
    except jwt.InvalidTokenError:
        return False
    return claims.get("token_type") == "access"


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signed_with(text, secret):
    # PyJWT refuses a PEM as a secret; the mistake is made by hand.
    signed, _, signature = text.rpartition(".")
    key = secret.encode() if isinstance(secret, str) else secret
    expected = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed.encode(), key)
    return base64.urlsafe_b64encode(expected).rstrip(b"=") == signature.encode()


def certificate_key():
    """The public key of the server's certificate, in PEM."""
    path = os.environ["NOTES_CERTIFICATE"]
    command = ["openssl", "x509", "-in", path, "-noout", "-pubkey"]
    return subprocess.run(command, check=True, capture_output=True).stdout


@csrf_exempt
def forgetful_logout(request):
    """Says that it logged out."""
    return JsonResponse({})
