"""`manage.py template check <folder>`: what an import would say, for authors."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from horizon.delivery import templates
from horizon.errors import HorizonError


class Command(BaseCommand):
    """Check a template's folder as an import does. Needs no running platform and writes to no database; ends with 1 where an import would refuse."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """`check <folder>`"""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("check", help="say what an import of this folder would say").add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each problem, or for each object that was rendered."""
        try:
            examined = templates.examine(options["folder"].absolute())
        except HorizonError as error:
            raise CommandError(error.message) from error
        for finding in examined.findings:
            self.stdout.write(f"{finding.where}: {finding.code}: {finding.message}")
        if examined.findings or examined.release is None:
            raise CommandError(f"an import would refuse this template: {len(examined.findings)} to correct")
        self.stdout.write(f"{examined.release.name} {examined.release.version} is good; with its defaults it renders")
        for found in examined.objects:
            self.stdout.write(f"  {found['kind']} {found['metadata']['name']}")
