"""The flows room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Edits, pipelineruns and what carries them."""

    name = "horizon.delivery"
    label = "delivery"
