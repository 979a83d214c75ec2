"""Signing in by name and password, whichever door one comes through."""

from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser

from horizon.errors import Invalid
from horizon.inventory.events import record


def identify(name: str, password: str, *, address: str) -> AbstractBaseUser:
    """The active person with this name and password, with an event. Raises `Invalid`, which does not tell what is wrong."""
    user = authenticate(username=name, password=password)
    if user is None:
        raise Invalid("no active person has this name and password", code="sign_in")
    found = user.get_username()
    record(actor=found, action="sign in", thing=None, title=f"{found} signed in", address=address)
    return user
