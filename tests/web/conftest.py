"""Browsers of people with different roles, and what a page says."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.inventory.models import Application

Browser = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Tries of other tests do not count."""
    cache.clear()


@pytest.fixture
def admin(ann: Actor) -> Client:
    """The administrator's browser."""
    return signed_in(ann.user)


@pytest.fixture
def browser(application: Application) -> Browser:
    """The browser of somebody new with a role on the application, or with none: `browser("guest")`."""

    def open_as(role: str) -> Client:
        user = get_user_model().objects.create_user(f"a-{role or 'stranger'}")
        if role:
            Membership.objects.create(user=user, role=role, application=application)
        return signed_in(user)

    return open_as


def signed_in(user: Any) -> Client:
    """A browser in which this person signed in."""
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    """What a person reads of a page."""
    body = answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def field(answer: Any, name: str) -> str:
    """What a form on the page holds in a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, f"no field {name}"
    return found[1]
