"""Members: who holds which role on a thing, given, changed and taken. Owners decide about owners, maintainers about all others."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from horizon.access.events import record
from horizon.access.models import Membership, Robot
from horizon.access.permissions import Actor, places, require
from horizon.access.policy import Role, Verb
from horizon.errors import Conflict, Invalid, NotFound
from horizon.inventory.events import Thing, kind, named
from horizon.inventory.models import Group


@dataclass(frozen=True)
class Member:
    """One role of one person; `inherited` is the thing above that gives it, None where it is held on the thing itself."""

    user: AbstractBaseUser
    role: Role
    inherited: Thing | None


def listed(thing: Thing) -> list[Member]:
    """All who hold a role on the thing, by name, own roles before inherited ones. Roles add up."""
    found = Membership.objects.filter(places(thing)).select_related("user", "group", "application", "cluster")
    rows = [Member(row.user, Role(row.role), None if row.place == thing else row.place) for row in found]
    return sorted(rows, key=lambda member: (member.user.get_username(), member.inherited is not None, str(member.inherited)))


def held_by(actor: Actor) -> list[Membership]:
    """The actor's own roles; a token that is bound to one thing is not told of others."""
    if actor.bound:
        return []
    return list(Membership.objects.filter(user=actor.user).select_related("group", "application", "cluster").order_by("pk"))


def owners(group: Group) -> list[str]:
    """The active people who own the group itself, by name."""
    rows = Membership.objects.filter(group=group, role=Role.OWNER, user__is_active=True)
    return list(rows.order_by("user__username").values_list("user__username", flat=True))


def add(thing: Thing, user: AbstractBaseUser, role: Role, *, actor: Actor) -> Membership:
    """Give a role. Raises `Forbidden` above one's ceiling, `Conflict` for one who holds a role here already, `Invalid` for a robot as owner."""
    _may(actor, thing, role)
    _check_robot(user, role)
    try:
        with transaction.atomic():
            row = Membership.objects.create(user=user, role=role, **{kind(thing): thing})
            _tell("add member", row, actor, after=role)
    except IntegrityError as error:
        raise Conflict(f"{user.get_username()} is a member of {named(thing)} already", code="member", details={"field": "name"}) from error
    return row


def change(thing: Thing, user: AbstractBaseUser, role: Role, *, actor: Actor) -> Membership:
    """Replace the role held here. Raises as `add` does, `NotFound` for one who holds none here, `Conflict` for the last owner of a root group."""
    _check_robot(user, role)
    with transaction.atomic():
        row = _held(thing, user)
        _may(actor, thing, role, Role(row.role))
        before = row.role
        if before == role:
            return row
        _keep_owner(thing, row)
        row.role = role
        row.save(update_fields=["role"])
        _tell("change member", row, actor, before=before, after=role)
    return row


def remove(thing: Thing, user: AbstractBaseUser, *, actor: Actor) -> None:
    """Take the role held here; inherited ones stay. Raises as `change` does."""
    with transaction.atomic():
        row = _held(thing, user)
        _may(actor, thing, Role(row.role))
        _keep_owner(thing, row)
        _tell("remove member", row, actor, before=row.role)
        row.delete()


def _may(actor: Actor, thing: Thing, *roles: Role) -> None:
    require(actor, Verb.MEMBERS, thing)
    if Role.OWNER in roles:
        require(actor, Verb.OWNERS, thing)


def _check_robot(user: AbstractBaseUser, role: Role) -> None:
    """Who makes a robot's tokens manages members up to maintainer: as owner it would lift its makers above that."""
    if role == Role.OWNER and Robot.objects.filter(user=user).exists():
        raise Invalid("a robot owns nothing: give it maintainer at most", code="robot", details={"field": "role"})


def _held(thing: Thing, user: AbstractBaseUser) -> Membership:
    if isinstance(thing, Group):
        # Two owners who remove each other at once: the second waits and sees what the first left.
        Group.objects.select_for_update().get(pk=thing.pk)
    row = Membership.objects.select_for_update().filter(user=user, **{kind(thing): thing}).first()
    if row is None:
        raise NotFound(f"{user.get_username()} holds no role on {named(thing)} itself")
    return row


def _keep_owner(thing: Thing, row: Membership) -> None:
    if not isinstance(thing, Group) or thing.parent_id or row.role != Role.OWNER:
        return
    others = Membership.objects.filter(group=thing, role=Role.OWNER, user__is_active=True).exclude(pk=row.pk)
    if not others.exists():
        raise Conflict(f"{row.user} is the last owner of {thing}: make another one first", code="last_owner")


def _tell(action: str, row: Membership, actor: Actor, **details: Any) -> None:
    title = f"{action.capitalize()} {row.user} of {named(row.place)}"
    record(actor, action, row.place, title=title, member=str(row.user), **details)
