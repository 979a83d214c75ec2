"""Secrets that are shown once and kept as a hash."""

import hashlib
import secrets


def new_secret(mark: str = "") -> str:
    """A secret that nobody guesses (256 bits)."""
    return mark + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
