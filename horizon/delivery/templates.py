"""Templates come in: checked, rendered twice, stored once; a release never changes (DESIGN section 6)."""

import hashlib
import logging
from pathlib import Path

from django.db import transaction

from horizon.catalog.release import Release, check, load_folder
from horizon.delivery.rendering import renderer
from horizon.errors import Conflict, HorizonError
from horizon.inventory import names
from horizon.inventory.models import ReleaseState, Template, TemplateRelease

log = logging.getLogger(__name__)


def import_folder(folder: Path) -> list[str]:
    """Import every template below `folder`; what could not be, in words. A refused one stops no other, and no old release goes away."""
    troubles = []
    for path in sorted(item for item in folder.iterdir() if item.is_dir()):
        try:
            import_release(load_folder(path))
        except HorizonError as error:
            troubles.append(f"template {path.name}: {error.message}")
            log.warning("template not imported template=%s reason=%s", path.name, error.message)
    return troubles


def import_release(release: Release) -> TemplateRelease:
    """Store a release that is good. Raises `Invalid` for one that is not, `Conflict` for a version that exists with other content."""
    names.checked(release.name, what="a template")
    names.checked_version(release.version)
    held = TemplateRelease.objects.filter(template__name=release.name, version=release.version).first()
    if held:
        _refuse_other(held, release)
        return held
    check(release, renderer)
    with transaction.atomic():
        template, _ = Template.objects.get_or_create(name=release.name, defaults={"description": release.description[:512]})
        TemplateRelease.objects.filter(template=template, state=ReleaseState.RECOMMENDED).update(state=ReleaseState.OFFERED)
        return TemplateRelease.objects.create(
            template=template,
            version=release.version,
            chart_version=release.chart_version,
            digest=release.digest,
            archive=release.archive,
            archive_digest=hashlib.sha256(release.archive).hexdigest(),
            description=release.description[:512],
            state=ReleaseState.RECOMMENDED,
        )


def _refuse_other(held: TemplateRelease, release: Release) -> None:
    if held.digest != release.digest:
        raise Conflict(
            f"release {release.version} exists with other content: a release never changes, give the changed chart a new version",
            code="release_changed",
            details={"held": held.digest, "found": release.digest},
        )
