"""`manage.py seed`: what a new installation starts with."""

from typing import Any

from django.core.management.base import BaseCommand

from horizon.commands.seed import seed


class Command(BaseCommand):
    """Import the bundled templates; make environments, a region, an administrator and a demo, once."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what a person should read."""
        for line in seed():
            self.stdout.write(line)
