"""The people room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Memberships and tokens; who may do what."""

    name = "horizon.access"
    label = "access"
