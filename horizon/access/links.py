"""Links that set a password: an invitation, or a reset by an administrator. Each works once, and a new one ends the older."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from horizon.access import passwords
from horizon.access.models import Link
from horizon.access.permissions import Actor
from horizon.access.secret import digest, new_secret
from horizon.errors import NotFound
from horizon.inventory.events import record

LIVES = timedelta(days=3)


@dataclass(frozen=True)
class Issued:
    """What the administrator hands over; the secret is kept nowhere."""

    secret: str
    expires_at: datetime


def issue(user: AbstractBaseUser, *, actor: Actor) -> Issued:
    """A new link for the person; older ones are void."""
    secret, expires_at = new_secret(), timezone.now() + LIVES
    with transaction.atomic():
        void(user)
        Link.objects.create(user=user, digest=digest(secret), created_by=actor.name, expires_at=expires_at)
    return Issued(secret, expires_at)


def void(user: AbstractBaseUser) -> None:
    """End the links that the person has."""
    Link.objects.filter(user=user).delete()


def find(secret: str) -> Link:
    """The living link of an active person. Raises `NotFound`."""
    rows = Link.objects.select_related("user").filter(digest=digest(secret), expires_at__gt=timezone.now(), user__is_active=True)
    link = rows.first()
    if link is None:
        raise _gone()
    return link


def accept(secret: str, password: str, *, address: str) -> AbstractBaseUser:
    """Set the person's password, once. Raises `NotFound`, and `Invalid` for a bad password, after which the link still works."""
    link = find(secret)
    passwords.check(password, link.user, field="password")
    with transaction.atomic():
        # Two who hold the same link: the row goes once.
        if not Link.objects.filter(pk=link.pk).delete()[0]:
            raise _gone()
        passwords.store(link.user, password)
        name = link.user.get_username()
        record(actor=name, action="set password", thing=None, title=f"{name} set a password by a link of {link.created_by}", address=address)
    return link.user


def _gone() -> NotFound:
    return NotFound("this link was used, is void or has expired: ask an administrator for another", code="no_link")
