"""People: made and invited by administrators, changed, disabled."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from horizon.access import links, passwords
from horizon.access.events import record
from horizon.access.models import Membership, Robot
from horizon.access.permissions import Actor, require_admin
from horizon.access.policy import Role
from horizon.errors import Conflict, Invalid, NotFound
from horizon.inventory.models import Group

_NAME = re.compile(r"[a-z0-9][-._@+a-z0-9]{0,62}")


@dataclass(frozen=True)
class Standing:
    """What an administrator decides about a person; a new one is active."""

    email: str
    admin: bool = False
    active: bool = True


def listed(*, search: str = "", active: bool | None = None) -> "QuerySet[Any]":
    """People and robots whose name has this in it, by name."""
    rows = get_user_model().objects.select_related("robot").order_by("username")
    if search:
        rows = rows.filter(username__icontains=search)
    return rows if active is None else rows.filter(is_active=active)


def found(name: str) -> AbstractBaseUser:
    """The person or robot of this name. Raises `NotFound`."""
    user: AbstractBaseUser | None = listed().filter(username=name).first()
    if user is None:
        raise NotFound(f"there is no person or robot {name}")
    return user


def newcomer(name: str) -> AbstractBaseUser:
    """Whom a role may be given to: who is not disabled. Raises `Invalid`."""
    user: AbstractBaseUser | None = listed(active=True).filter(username=name).first()
    if user is None:
        raise Invalid(f"there is no active person or robot {name[:80]!r}", code="unknown", details={"field": "name"})
    return user


def invited(user: AbstractBaseUser) -> bool:
    """Whether a person has not set a password yet."""
    return not hasattr(user, "robot") and not user.has_usable_password()


def create(name: str, standing: Standing, *, actor: Actor) -> tuple[AbstractBaseUser, links.Issued]:
    """A person without a password, and the link that sets one. Raises `Forbidden`, `Invalid`, `Conflict` for a name that is taken."""
    require_admin(actor)
    checked_name(name)
    try:
        with transaction.atomic():
            user = get_user_model()(username=name, email=standing.email, is_superuser=standing.admin, is_staff=standing.admin)
            user.set_unusable_password()
            user.save(force_insert=True)
            record(actor, "create person", None, title=f"Create {name}", after=asdict(standing))
            return user, links.issue(user, actor=actor)
    except IntegrityError as error:
        raise Conflict(f"there is a person or robot {name} already", code="name_taken", details={"field": "name"}) from error


def change(user: AbstractBaseUser, standing: Standing, *, actor: Actor) -> None:
    """Change address, power or life. Who is disabled is refused at once, by session and by token; who is enabled again has the tokens that
    nobody revoked meanwhile. Raises `Forbidden`, and `Conflict` where no active administrator would be left."""
    require_admin(actor)
    if standing.admin and Robot.objects.filter(user=user).exists():
        raise Invalid("a robot administers nothing", code="robot", details={"field": "admin"})
    with transaction.atomic():
        # All administrators: two who disable each other at once would leave none.
        admins = set(get_user_model().objects.select_for_update().filter(is_superuser=True, is_active=True).values_list("pk", flat=True))
        before = standing_of(user)
        if standing == before:
            return
        if not (standing.active and standing.admin) and admins == {user.pk}:
            raise Conflict(f"{user.get_username()} is the last administrator", code="last_admin")
        user.email, user.is_active, user.is_superuser, user.is_staff = standing.email, standing.active, standing.admin, standing.admin
        user.save(update_fields=["email", "is_active", "is_superuser", "is_staff"])
        if not standing.active:
            links.void(user)
        title = f"{_word(before, standing)} {user.get_username()}"
        action = f"{_word(before, standing).lower()} person"
        record(actor, action, None, title=title, before=asdict(before), after=asdict(standing))


def reset(user: AbstractBaseUser, *, actor: Actor) -> links.Issued:
    """A link to set a new password. The old one and the sessions end now, the tokens stay.

    Raises `Forbidden`, and `Conflict` for who is disabled or a robot.
    """
    require_admin(actor)
    name = user.get_username()
    if not user.is_active:
        raise Conflict(f"{name} is disabled: enable first", code="disabled")
    if Robot.objects.filter(user=user).exists():
        raise Conflict(f"{name} is a robot: it has tokens and no password", code="robot")
    with transaction.atomic():
        passwords.store(user, None)
        record(actor, "reset password", None, title=f"Reset the password of {name}")
        return links.issue(user, actor=actor)


def standing_of(user: AbstractBaseUser) -> Standing:
    """How things are now."""
    return Standing(email=user.email, active=user.is_active, admin=user.is_superuser)


def left_without_owner(user: AbstractBaseUser) -> list[str]:
    """Root groups that the person owns and no other active person does."""
    owned = Group.objects.filter(parent=None, memberships__user=user, memberships__role=Role.OWNER)
    others = Membership.objects.filter(role=Role.OWNER, group__in=owned, user__is_active=True).exclude(user=user)
    return list(owned.exclude(pk__in=others.values("group")).values_list("path", flat=True))


def checked_name(name: str) -> str:
    """A name for a person or a robot. Raises `Invalid`."""
    if not _NAME.fullmatch(name):
        wanted = "lower-case letters, digits and -._@+, a letter or digit first, at most 63 characters"
        raise Invalid(f"{name[:80]!r} is no name for a person: use {wanted}", code="name", details={"field": "name"})
    return name


def _word(before: Standing, after: Standing) -> str:
    if before.active != after.active:
        return "Enable" if after.active else "Disable"
    return "Edit"
