"""`require(actor, verb, thing)`: every door asks this before a flow."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from horizon.access.models import Membership, Robot, Token
from horizon.access.policy import DOING, ROLES, SCOPES, Role, Scope, Verb
from horizon.errors import Forbidden, NotFound
from horizon.gitops.repository import Author
from horizon.inventory import tree
from horizon.inventory.events import Thing, named
from horizon.inventory.models import Application, Cluster, Event, Group

_FEW = 500


@dataclass(frozen=True)
class Actor:
    """The person who acts, with the token that stands for them and the address they come from."""

    user: AbstractBaseUser
    token: Token | None = None
    address: str = ""

    @property
    def name(self) -> str:
        """The name that Git and events show."""
        return self.user.get_username()

    @property
    def author(self) -> Author:
        """The actor as a commit's author."""
        return Author(self.name, getattr(self.user, "email", "") or f"{self.name}@localhost")

    @property
    def unlimited(self) -> bool:
        """Whether the actor may do all that the person may: no token, or one of scope `write` that is bound to nothing."""
        return self.token is None or (self.token.scope == Scope.WRITE and not self.bound)

    @property
    def bound(self) -> bool:
        """Whether the token is of use for one thing only."""
        return bool(self.token and (self.token.cluster_id or self.token.application_id))

    @property
    def admin(self) -> bool:
        """Whether the actor manages the installation."""
        return bool(getattr(self.user, "is_superuser", False)) and self.unlimited

    @property
    def robot(self) -> bool:
        """Whether a program acts in its own name: it owns nothing and does not vote."""
        return Robot.objects.filter(user=self.user.pk).exists()


def require(actor: Actor, verb: Verb, thing: Thing) -> None:
    """Let the actor do this to the thing, or raise `NotFound` (may not even see it) or `Forbidden` (says which role may)."""
    allowed = verbs(actor, thing)
    if Verb.VIEW not in allowed:
        raise NotFound(f"there is no {named(thing)}")
    if verb in allowed:
        return
    if actor.token and verb not in SCOPES[Scope(actor.token.scope)]:
        refused = f"a token of scope {actor.token.scope} may not {DOING[verb]} {named(thing)}"
        raise Forbidden(refused, details={"verb": verb, "scope": actor.token.scope})
    roles = [role.value for role, can in ROLES.items() if verb in can]
    raise Forbidden(f"to {DOING[verb]} {named(thing)} takes {_one_of(roles)}", details={"verb": verb, "roles": roles})


def require_unlimited(actor: Actor, what: str) -> None:
    """Let a person and their unbound tokens of scope `write` pass. Raises `Forbidden`."""
    if not actor.unlimited:
        raise Forbidden(f"{what} takes a token of scope write that is bound to nothing")


def require_unbound(actor: Actor) -> None:
    """Let pass who is not bound to one thing. Raises `Forbidden`."""
    if actor.bound:
        raise Forbidden("a token that is bound to a cluster or an application is of no use elsewhere")


def require_admin(actor: Actor) -> None:
    """Let admins pass. Raises `Forbidden`."""
    if not actor.admin:
        raise Forbidden("only an administrator may do this")


def verbs(actor: Actor, thing: Thing) -> frozenset[Verb]:
    """All that the actor may do to the thing: what the roles held on it and above it allow adds up, within the token's scope and binding."""
    if actor.token and not _bound(actor.token, thing):
        return frozenset()
    allowed = frozenset[Verb]().union(*(ROLES[role] for role in _roles(actor, thing)))
    return allowed & SCOPES[Scope(actor.token.scope)] if actor.token else allowed


def _bound(token: Token, thing: Thing) -> bool:
    if token.cluster_id:
        return isinstance(thing, Cluster) and thing.pk == token.cluster_id
    if token.application_id:
        application = thing.application_id if isinstance(thing, Cluster) else thing.pk if isinstance(thing, Application) else None
        return application == token.application_id
    return True


def _roles(actor: Actor, thing: Thing) -> set[Role]:
    if _sees_all(actor):
        return {Role.OWNER}
    roles = {Role(role) for role in Membership.objects.filter(places(thing), user=actor.user).values_list("role", flat=True)}
    return roles if roles or _group(thing).hidden else {Role.GUEST}


def places(thing: Thing) -> Q:
    """The memberships that count for a thing: on itself, and on what it lies in."""
    held = Q(group__path__in=_ancestors(_group(thing).path))
    if isinstance(thing, Application | Cluster):
        held |= Q(application=thing.application if isinstance(thing, Cluster) else thing)
    return held | Q(cluster=thing) if isinstance(thing, Cluster) else held


def _group(thing: Thing) -> Group:
    if isinstance(thing, Cluster):
        return thing.application.group
    return thing.group if isinstance(thing, Application) else thing


def _ancestors(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: place + 1]) for place in range(len(parts))]


def _one_of(roles: list[str]) -> str:
    return f"the role {roles[0]}" if len(roles) == 1 else f"one of the roles {', '.join(roles)}"


def visible_groups(actor: Actor) -> QuerySet[Group]:
    """The groups that the actor may list: public ones, and those where a role is held on the group or above it."""
    if actor.bound:
        return Group.objects.none()
    return Group.objects.all() if _sees_all(actor) else _seen_groups(actor)


def groups_to(actor: Actor, verb: Verb) -> QuerySet[Group]:
    """The groups where a role of the actor's, held there or above, lets a person do this."""
    if _sees_all(actor):
        return Group.objects.all()
    return Group.objects.filter(under(_held(actor).filter(role__in=[role for role, can in ROLES.items() if verb in can])))


def visible_applications(actor: Actor) -> QuerySet[Application]:
    """The applications that the actor may list, within the token's binding."""
    rows = Application.objects.filter(ready=True)
    if actor.token and actor.token.cluster_id:
        return rows.none()
    if actor.token and actor.token.application_id:
        rows = rows.filter(pk=actor.token.application_id)
    return rows if _sees_all(actor) else rows.filter(pk__in=_seen_applications(actor).values("pk"))


def visible_clusters(actor: Actor) -> QuerySet[Cluster]:
    """The clusters that the actor may list, within the token's binding."""
    return Cluster.objects.filter(seen_clusters(actor), ready=True)


def seen_clusters(actor: Actor, before: str = "") -> Q:
    """The same as a condition on rows that name a cluster: `before` is how they do, `cluster__`.

    The applications are one set that the database makes once, whatever the number of clusters. The few clusters with roles of their own are
    looked up row by row: as a second set, SQLite would gather and sort everything that is seen for each page (measured in `bench/lists.py`).
    """
    seen = Q()
    if actor.token and actor.token.cluster_id:
        seen &= Q(**{f"{before}pk": actor.token.cluster_id})
    if actor.token and actor.token.application_id:
        seen &= Q(**{f"{before}application": actor.token.application_id})
    if _sees_all(actor):
        return seen
    own = Exists(_held(actor).filter(cluster=OuterRef(f"{before}pk")))
    return seen & (Q(**{f"{before}application__in": _seen_applications(actor).values("pk")}) | own)


def under(held: QuerySet[Membership]) -> Q:
    """Groups on which one of these memberships is held, or on a group above."""
    return Q(Exists(tree.above(held.filter(group__isnull=False), "group__path")))


def owned_clusters(name: str) -> Q:
    """Clusters where the person of this name holds the role owner, on them or above."""
    held = Membership.objects.filter(user__username=name, role=Role.OWNER)
    applications = _applications_in(Group.objects.filter(under(held)), held)
    return Q(application__in=_counted_out(applications)) | Q(pk__in=held.filter(cluster__isnull=False).values("cluster"))


def _counted_out(rows: QuerySet[Any]) -> Any:
    """The keys of a few rows: a database that knows how few they are goes to them by an index. Of many, the question itself."""
    keys = list(rows.order_by().values_list("pk", flat=True)[: _FEW + 1])
    return keys if len(keys) <= _FEW else rows.values("pk")


def visible_events(actor: Actor) -> QuerySet[Event]:
    """What happened to things that the actor may list, and what the actor did. Of a thing that is gone, what it lay in decides."""
    if _sees_all(actor) and not actor.bound:
        return Event.objects.all()
    no_cluster, no_application = Q(cluster__isnull=True), Q(application__isnull=True)
    seen = Q(cluster__in=visible_clusters(actor)) | (no_cluster & Q(application__in=visible_applications(actor)))
    seen |= no_cluster & no_application & Q(group__in=visible_groups(actor))
    mine = no_cluster & no_application & Q(group__isnull=True, actor=actor.name)
    return Event.objects.filter(seen if actor.bound else seen | mine)


def _sees_all(actor: Actor) -> bool:
    return bool(getattr(actor.user, "is_superuser", False))


def _held(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(user=actor.user)


def _seen_groups(actor: Actor) -> QuerySet[Group]:
    return Group.objects.filter(Q(hidden=False) | under(_held(actor)))


def _seen_applications(actor: Actor) -> QuerySet[Application]:
    return _applications_in(_seen_groups(actor), _held(actor))


def _applications_in(groups: QuerySet[Group], held: QuerySet[Membership]) -> QuerySet[Application]:
    """Those of the groups, and those on which one of the memberships is held."""
    mine = held.filter(application__isnull=False).values("application")
    return Application.objects.filter(Q(group__in=groups.order_by().values("pk")) | Q(pk__in=mine)).order_by()
