"""What an actor does leaves an event."""

from typing import Any

from horizon.access.permissions import Actor
from horizon.inventory import events
from horizon.inventory.events import Thing
from horizon.inventory.models import Event


def record(actor: Actor, action: str, thing: Thing | None, *, title: str = "", **details: Any) -> Event:
    """Write that the actor did this to the thing, from the address where they are. Without a title it is the action and the thing."""
    said = title or f"{action.capitalize()} {events.named(thing) if thing else ''}".rstrip()
    return events.record(actor=actor.name, action=action, thing=thing, title=said, address=actor.address, **details)
