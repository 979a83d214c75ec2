"""An installation of rows alone, and its answers in this process: all of a request but the network. Needs Django set up (`bench.lists`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import override_settings

from bench import rows
from horizon.access.permissions import Actor
from horizon.catalog.release import load_folder
from horizon.delivery import create, edit, launch, run, templates
from horizon.inventory.models import Application, Environment, Region


class Installation:
    """A database of its own with so many clusters, in the kind of database that the settings name."""

    def __init__(self, folder: Path, clusters: int, *, applications: int, groups: int) -> None:
        self.clusters = clusters
        self._connection = _connection(_created(folder, f"lists_{clusters}"))
        self._browsers: dict[str, Client] = {}
        self.choose()
        call_command("migrate", verbosity=0)
        self._secrets = rows.fill(clusters, applications=applications, groups=groups)
        _settle()

    def choose(self) -> None:
        """Let the process speak to this one's database from now on, by a connection as a request has it: a new one, or one that the pool kept."""
        connections["default"] = self._connection
        self._connection.close()

    def ask(self, person: str, path: str) -> bytes:
        """The answer. Raises `AssertionError` for another than 200."""
        return _answer(Client(headers={"Authorization": f"Bearer {self._secrets[person]}"}).get, f"/api/v1/{path}")

    def visit(self, person: str, path: str) -> bytes:
        """The page in the person's browser. Raises as `ask` does."""
        return _answer(self._browser(person).get, path)

    def send(self, person: str, path: str, data: dict[str, Any]) -> bytes:
        """The answer to what the person's browser sends. Raises as `ask` does."""
        return _answer(self._browser(person).post, path, data=data, content_type="application/json")

    def deployed(self) -> str:
        """The name of a new cluster with a repository of its own, a release and a pending edit."""
        templates.import_release(load_folder(settings.HORIZON_TEMPLATES / "deployment"))
        ann, near = Actor(get_user_model().objects.get(username="ann")), Application.objects.get(name="app-0")
        application = create.application(create.NewApplication("live", near.group, near.template), actor=ann)
        new = create.NewCluster("live", application, Environment.objects.get(name="local"), Region.objects.get(name="north"), image="library/live:v1")
        cluster = create.cluster(new, actor=ann)
        launch.deploy(cluster, launch.Order(ann))
        run.advance(cluster.pk)
        edit.patch_config(cluster, {"app": {"spec": {"replicas": 3}}}, actor=ann, title="Three replicas", seen=None)
        return cluster.name

    def _browser(self, person: str) -> Client:
        if person not in self._browsers:
            self._browsers[person] = Client()
            self._browsers[person].force_login(get_user_model().objects.get(username=person))
        return self._browsers[person]


def _answer(ask: Callable[..., Any], path: str, **sent: Any) -> bytes:
    with override_settings(ALLOWED_HOSTS=["*"]):
        answer = ask(path, **sent)
    if answer.status_code != 200:
        raise AssertionError(f"{path}: {answer.status_code} {answer.content!r}")
    return bytes(answer.content)


def _created(folder: Path, name: str) -> str:
    if connection.vendor == "sqlite":
        return str(folder / f"{name}.sqlite3")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    return name


def _connection(name: str) -> BaseDatabaseWrapper:
    """What Django speaks to a database by, with a pool of its own where there is one."""
    found = connections.create_connection("default")
    found.settings_dict = {**found.settings_dict, "NAME": name}
    found._connection_pools = {}
    return found


def _settle() -> None:
    """What Postgres does by itself within a minute."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
