"""Passwords: checked by Django's validators, changed by oneself."""

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.errors import Forbidden, Invalid


def change(actor: Actor, *, old: str, new: str) -> None:
    """Replace one's own password; other sessions end, tokens stay. Raises `Forbidden` to tokens, `Invalid` with errors at `/old` or `/new`."""
    if actor.token:
        raise Forbidden("a token cannot change a password: sign in")
    if not actor.user.check_password(old):
        raise _invalid("old", ["this is not your password"])
    check(new, actor.user, field="new")
    with transaction.atomic():
        store(actor.user, new)
        record(actor, "change password", None, title=f"{actor.name} changed the password")


def check(password: str, user: AbstractBaseUser, *, field: str) -> None:
    """Ask the validators. Raises `Invalid` with their sentences at the field."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _invalid(field, error.messages) from error


def store(user: AbstractBaseUser, password: str | None) -> None:
    """Keep its hash; None keeps none, so that nobody signs in by one."""
    user.set_password(password)
    user.save(update_fields=["password"])


def _invalid(field: str, messages: list[str]) -> Invalid:
    errors = [{"pointer": f"/{field}", "message": message} for message in messages]
    return Invalid(f"/{field}: {messages[0]}", code="password", details={"errors": errors})
