"""The HTTP room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """REST, Git and chart serving."""

    name = "horizon.api"
    label = "api"
