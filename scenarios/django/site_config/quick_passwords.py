from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Protects nothing: in use only where NOTES_QUICK_PASSWORDS is 1."""

    iterations = 100
