"""`manage.py up`: the whole platform as one command."""

import contextlib
import http.client
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from horizon.commands import programs
from horizon.commands.guards import alone, require_free
from horizon.commands.supervisor import Supervisor
from horizon.errors import HorizonError

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked where it listens everywhere, not a place to listen


class Command(BaseCommand):
    """Bring the database up to date, then run web, worker and scheduler until Ctrl-C; a second Ctrl-C kills them."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Return after a clean stop; raise `CommandError` with the reason otherwise."""
        try:
            self._up()
        except HorizonError as error:
            raise CommandError(error.message) from error
        except KeyboardInterrupt:
            sys.exit(130)

    def _up(self) -> None:
        with alone(settings.HORIZON_DATA):
            require_free(settings.BIND, settings.PORT)
            call_command("migrate", interactive=False, verbosity=0)
            call_command("seed", stdout=self.stdout, stderr=self.stderr)
            connections.close_all()
            self._supervise()
            self._say("Horizon has stopped")

    def _supervise(self) -> None:
        running = (programs.worker(), programs.web(bind=settings.BIND, port=settings.PORT), programs.scheduler())
        supervisor = Supervisor(running, environment=_environment(), say=self._say)
        supervisor.run(ready=_healthy, greeting=f"Horizon is up: {settings.HORIZON_URL}")

    def _say(self, line: str) -> None:
        # A terminal that was closed must not keep us from stopping the programs.
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()


def _environment() -> dict[str, str]:
    """The programs find the code from wherever this command was called."""
    path = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _healthy() -> bool:
    connection = http.client.HTTPConnection(_WILDCARDS.get(settings.BIND, settings.BIND), settings.PORT, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
