"""The records room."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Groups, applications, environments, regions, templates, clusters, events."""

    name = "horizon.inventory"
    label = "inventory"
