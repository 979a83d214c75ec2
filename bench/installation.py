"""An installation of rows alone, and its answers in this process: all of a request but the network. Needs Django set up (`bench.lists`)."""

from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import override_settings

from bench import rows


class Installation:
    """A database of its own with so many clusters, in the kind of database that the settings name."""

    def __init__(self, folder: Path, clusters: int, *, applications: int, groups: int) -> None:
        self.clusters = clusters
        self._connection = _connection(_created(folder, f"lists_{clusters}"))
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
        with override_settings(ALLOWED_HOSTS=["*"]):
            answer = Client(headers={"Authorization": f"Bearer {self._secrets[person]}"}).get(f"/api/v1/{path}")
        if answer.status_code != 200:
            raise AssertionError(f"{path}: {answer.status_code} {answer.content!r}")
        return answer.content


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
