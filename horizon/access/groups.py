"""Groups: made, changed, moved within the tree, deleted when empty."""

from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Length, Substr

from horizon.access import lists
from horizon.access.events import record
from horizon.access.models import Membership
from horizon.access.permissions import Actor, require, require_admin, require_unlimited
from horizon.access.policy import Role, Verb
from horizon.errors import Conflict, Forbidden, Invalid, NotFound
from horizon.inventory import names, tree
from horizon.inventory.models import Application, Group

_LONGEST_PATH = 512


@dataclass(frozen=True)
class Look:
    """What may be changed of a group without moving it."""

    description: str
    private: bool


@dataclass(frozen=True)
class Wanted:
    """What somebody wants of a group: None stays as it is, an empty `parent` is the root."""

    description: str | None = None
    private: bool | None = None
    name: str | None = None
    parent: str | None = None


FILTERS: lists.Filters = {
    "group": lambda asked, path: tree.below(path),
    "parent": lists.equal("parent__path"),
    "private": lists.whether("private", lambda actor: Q(private=True)),
    "search": lists.part("path"),
}
SORTS: lists.Sorts = {"path": ("path",), "name": ("name", "path"), "created_at": ("created_at", "path")}


def found(path: str, verb: Verb, *, actor: Actor) -> Group:
    """The group at this path, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
    group = Group.objects.filter(path=path).first()
    if group is None:
        raise NotFound(f"there is no group {path}")
    require(actor, verb, group)
    return group


def parent(path: str, *, actor: Actor) -> Group | None:
    """The group to put one into, None for the root. Raises `Forbidden`, `NotFound`."""
    if path:
        return found(path, Verb.EDIT, actor=actor)
    if not makes_roots(actor):
        require_admin(actor)
    return None


def makes_roots(actor: Actor) -> bool:
    """Whether the actor may put a group at the root."""
    return actor.admin or not settings.HORIZON_ADMINS_ONLY_ROOT_GROUPS


def create(name: str, *, parent: Group | None, description: str, private: bool, actor: Actor) -> Group:
    """Make a group; one at the root is owned by its maker. Raises `Invalid` for a bad name, `Conflict` for one that is taken."""
    names.checked(name, what="a group")
    require_unlimited(actor, "making a group")
    path = _path(parent, name)
    try:
        with transaction.atomic():
            hidden = private or (parent is not None and _locked(parent).hidden)
            group = Group.objects.create(name=name, path=path, parent=parent, description=description, private=private, hidden=hidden)
            if parent is None:
                _own(group, actor)
            record(actor, "create", group)
    except IntegrityError as error:
        raise _taken(path) from error
    return group


def amend(group: Group, wanted: Wanted, *, actor: Actor) -> Group:
    """Describe it anew, make it private or public, move it with all below.

    Who sees it takes the right to manage its members; where it lies takes the right to delete here and to edit there.
    Raises `Forbidden`, and as `move` does.
    """
    require(actor, Verb.EDIT, group)
    if wanted.private is not None:
        require(actor, Verb.MEMBERS, group)
    if wanted.name is not None or wanted.parent is not None:
        require(actor, Verb.DELETE, group)
        target = group.parent if wanted.parent is None else parent(wanted.parent, actor=actor)
        group = move(group, name=group.name if wanted.name is None else wanted.name, parent=target, actor=actor)
    description = group.description if wanted.description is None else wanted.description
    return change(group, Look(description, group.private if wanted.private is None else wanted.private), actor=actor)


def change(group: Group, look: Look, *, actor: Actor) -> Group:
    """Give it another description, or make it private or public."""
    with transaction.atomic():
        group = _locked(group)
        before = Look(group.description, group.private)
        if look == before:
            return group
        group.description, group.private = look.description, look.private
        _save(group, "description", "private")
        record(actor, "edit", group, before=asdict(before), after=asdict(look))
    return group


def move(group: Group, *, name: str, parent: Group | None, actor: Actor) -> Group:
    """Give it another name, another parent or both; all below goes with it, and its old path is nobody's.

    At the root it must have an owner of its own: the mover becomes one where there is none. Nothing in Git names a group.
    Raises `Conflict` for a parent inside the group and for a name that is taken.
    """
    names.checked(name, what="a group")
    try:
        with transaction.atomic():
            # All rows: two moves at once could make a circle of which each alone is none.
            rows = {row.pk: row for row in Group.objects.select_for_update()}
            moved, target = rows.get(group.pk, group), rows.get(parent.pk, parent) if parent else None
            _move(moved, name=name, parent=target, actor=actor)
    except IntegrityError as error:
        raise _taken(_path(parent, name)) from error
    return moved


def _move(group: Group, *, name: str, parent: Group | None, actor: Actor) -> None:
    before, path = group.path, _path(parent, name)
    if path == before:
        return
    if parent and (parent.path == before or parent.path.startswith(f"{before}/")):
        raise Conflict(f"{parent.path} lies in {before}: a group cannot move into itself", code="circle")
    below = Group.objects.filter(path__startswith=f"{before}/")
    deepest = below.annotate(size=Length("path")).order_by("-size").values_list("size", flat=True).first() or len(before)
    _check_length(deepest - len(before) + len(path))
    below.update(path=Concat(Value(path), Substr(F("path"), len(before) + 1)))
    group.name, group.path, group.parent = name, path, parent
    _save(group, "name", "path", "parent")
    if parent is None and not Membership.objects.filter(group=group, role=Role.OWNER, user__is_active=True).exists():
        _own(group, actor)
    record(actor, "move", group, title=f"Move group {before} to {path}", before=before, after=path)


def delete(group: Group, *, actor: Actor) -> None:
    """Delete it with its memberships. Raises `Conflict` naming what is in it."""
    with transaction.atomic():
        inside = contents(_locked(group))
        if inside:
            shown = "; ".join(f"{kind}: {', '.join(found[:10])}" for kind, found in inside.items())
            raise Conflict(f"group {group.path} is not empty: {shown}", code="not_empty", details=inside)
        parent, path = group.parent, group.path
        group.delete()
        record(actor, "delete", parent, title=f"Delete group {path}", before=path)


def _locked(group: Group) -> Group:
    """The row as it is now, until the transaction ends: meanwhile nobody moves it or hides it."""
    return Group.objects.select_for_update().get(pk=group.pk)


def _save(group: Group, *fields: str) -> None:
    """Keep these fields, and let it and all below say anew whether they are hidden."""
    # Who makes a group below at this moment holds a row of these until it is there.
    list(Group.objects.select_for_update().filter(tree.below(group.path)).values_list("pk"))
    group.hidden = group.hidden or group.private
    group.save(update_fields=[*fields, "hidden"])
    tree.hide(group.path)
    group.refresh_from_db(fields=["hidden"])


def contents(group: Group) -> dict[str, list[str]]:
    """What is in it by kind, each by name: as long as there is any, it is not deleted."""
    found = {
        "groups": [child.path for child in group.children.all()],
        "applications": [row.name for row in Application.objects.filter(group=group)],
        "robots": [str(robot) for robot in group.robots.select_related("user")],
    }
    return {kind: rows for kind, rows in found.items() if rows}


def _own(group: Group, actor: Actor) -> None:
    if actor.robot:
        raise Forbidden("a robot owns no group: name a parent")
    Membership.objects.update_or_create(user=actor.user, group=group, defaults={"role": Role.OWNER})


def _path(parent: Group | None, name: str) -> str:
    path = f"{parent.path}/{name}" if parent else name
    _check_length(len(path))
    return path


def _check_length(length: int) -> None:
    if length > _LONGEST_PATH:
        raise Invalid(f"a path of {length} characters is too long: {_LONGEST_PATH} at most", code="name", details={"field": "name"})


def _taken(path: str) -> Conflict:
    return Conflict(f"there is a group {path} already", code="name_taken", details={"field": "name"})
