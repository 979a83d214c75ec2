"""Pipelineruns found: the filters and sorts of their lists."""

from django.db.models import Q

from horizon.access import lists
from horizon.delivery.models import Action, State
from horizon.inventory import tree
from horizon.inventory.models import Cluster, Group

OF_ONE: lists.Filters = {
    "state": lists.one_of("state", "state", State.values),
    "action": lists.one_of("action", "action", Action.values),
    "person": lists.equal("created_by"),
}
"""Filters of one cluster's runs."""
FILTERS: lists.Filters = {
    "cluster": lists.named("cluster", Cluster),
    "application": lambda asked, name: Q(cluster__in=Cluster.objects.order_by().filter(application__name=name).values("pk")),
    "group": lambda asked, path: Q(cluster__application__group__in=Group.objects.order_by().filter(tree.below(path)).values("pk")),
    **OF_ONE,
}
SORTS: lists.Sorts = {"created_at": ("id",)}
