"""Favourites: the clusters that a person wants at hand. Nobody else sees them, and they leave no event."""

from django.db.models import QuerySet

from horizon.access.models import Favourite
from horizon.access.permissions import Actor, require_unlimited
from horizon.inventory.models import Cluster


def keep(cluster: Cluster, *, actor: Actor) -> None:
    """Make it a favourite of the actor's. Raises `Forbidden`."""
    require_unlimited(actor, "choosing favourites")
    Favourite.objects.get_or_create(user=actor.user, cluster=cluster)


def drop(cluster: Cluster, *, actor: Actor) -> None:
    """Make it none any more. Raises `Forbidden`."""
    require_unlimited(actor, "choosing favourites")
    of(actor).filter(cluster=cluster).delete()


def of(actor: Actor) -> QuerySet[Favourite]:
    """The actor's favourites."""
    return Favourite.objects.filter(user=actor.user)
