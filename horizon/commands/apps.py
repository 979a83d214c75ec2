"""The Django app that carries the commands and connects every process to the doorbell."""

from django.apps import AppConfig

from horizon.celery import app as doorbell

__all__ = ["CommandsConfig", "doorbell"]


class CommandsConfig(AppConfig):
    """Importing this module makes `doorbell` the app that tasks ring, in commands and in the web process as well."""

    name = "horizon.commands"
    label = "commands"
