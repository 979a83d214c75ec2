"""Events that no commit tells."""

from typing import Any

from django.utils import timezone

from horizon.inventory.models import Application, Cluster, Event, Group

Thing = Group | Application | Cluster


def record(*, actor: str, action: str, thing: Thing | None, title: str, address: str = "", **details: Any) -> Event:
    """Write that the actor did this to the thing."""
    place = _place(thing) if thing else {}
    return Event.objects.create(at=timezone.now(), actor=actor[:150], action=action, title=title[:512], address=address, details=details, **place)


def _place(thing: Thing) -> dict[str, Any]:
    if isinstance(thing, Cluster):
        return {"thing": named(thing), "cluster": thing, "application_id": thing.application_id}
    if isinstance(thing, Application):
        return {"thing": named(thing), "application": thing, "group_id": thing.group_id}
    return {"thing": named(thing), "group": thing}


def kind(thing: Thing) -> str:
    """The word for what it is: group, application or cluster."""
    return type(thing).__name__.lower()


def named(thing: Thing) -> str:
    """A thing by kind and name: `cluster shop-test`."""
    return f"{kind(thing)} {thing}"
