"""The pages' room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages for people: templates of Django, parts of pages by htmx."""

    name = "horizon.web"
    label = "web"
