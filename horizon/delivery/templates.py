"""Templates come in: checked, rendered, stored once; a release never changes (DESIGN section 6)."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from horizon.access.permissions import Actor
from horizon.catalog import archive, release
from horizon.catalog.release import Release
from horizon.delivery.rendering import renderer
from horizon.errors import Conflict, HorizonError, Invalid
from horizon.gitops import remote
from horizon.gitops.repository import PLATFORM
from horizon.inventory import names
from horizon.inventory.events import record
from horizon.inventory.models import ReleaseState, Template, TemplateRelease

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Imported:
    """A release that is there, and whether it was not before."""

    release: TemplateRelease
    made: bool


@dataclass(frozen=True)
class Finding:
    """Why a folder would not be imported: the code of the refusal, the file (and line) where it is known, a sentence."""

    code: str
    where: str
    message: str


@dataclass(frozen=True)
class Examined:
    """What an import would make of a folder: a release and its objects, or findings."""

    release: Release | None
    objects: list[dict[str, Any]]
    findings: list[Finding]


def import_folder(folder: Path) -> list[str]:
    """Import every template below `folder`; what could not be, in words. A refused one stops no other, and no old release goes away."""
    if not folder.is_dir():
        return [f"templates: there is no folder {folder}"]
    troubles = []
    for path in sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith(".")):
        try:
            import_release(release.load_folder(path))
        except HorizonError as error:
            troubles.append(f"template {path.name}: {error.message}")
            log.warning("template not imported template=%s reason=%s", path.name, error.message)
    return troubles


def import_release(found: Release) -> TemplateRelease:
    """Store a bundled release. Raises as `import_archive` does."""
    return _store(found, actor=None, source={"folder": found.name}).release


def import_archive(data: bytes, *, actor: Actor) -> Imported:
    """Store the release in a `.tgz`. Raises `Invalid` for one that is not good, `Conflict` for a version that exists with other content."""
    source = {"upload": hashlib.sha256(data).hexdigest()}
    return _store(release.load_archive(data), actor=actor, source=source)


def import_git(source: remote.Source, *, actor: Actor) -> Imported:
    """Store the release in a repository's folder at a tag. Raises as `import_archive` does, and `Unavailable` for a server out of reach."""
    remote.require_allowed(source.url, settings.HORIZON_TEMPLATE_SOURCES)
    fetched = remote.fetch(source, max_files=archive.MAX_FILES, max_bytes=archive.MAX_UNPACKED)
    found = release.load(archive.plain(fetched.files))
    return _store(found, actor=actor, source={"url": source.url, "tag": source.tag, "path": source.folder, "commit": fetched.commit})


def examine(folder: Path) -> Examined:
    """Do what an import of a folder does, without a database, and find what is wrong in every file. Raises `Unavailable`."""
    try:
        files = archive.read_folder(folder)
    except Invalid as error:
        return Examined(None, [], [_finding(error, folder.name)])
    refused = release.refusals(files)
    if refused:
        return Examined(None, [], [_finding(error, path) for path, error in refused.items()])
    found = release.load(files)
    try:
        objects = release.check(found, renderer)
    except Invalid as error:
        return Examined(found, [], [_finding(error, release.place(error) or "templates/")])
    return Examined(found, objects, [])


def _finding(error: Invalid, where: str) -> Finding:
    return Finding(error.code, str(error.details.get("file", where)), error.message)


def _store(found: Release, *, actor: Actor | None, source: Mapping[str, str]) -> Imported:
    names.checked(found.name, what="a template")
    names.checked_version(found.version)
    held = _held(found)
    if held:
        return Imported(held, made=False)
    release.check(found, renderer)
    return _insert(found, actor, source)


@transaction.atomic
def _insert(found: Release, actor: Actor | None, source: Mapping[str, str]) -> Imported:
    Template.objects.get_or_create(name=found.name, defaults={"description": found.description[:512]})
    # Held to the end: two imports at once come one after the other, and the second sees the first one's release.
    template = Template.objects.select_for_update().get(name=found.name)
    held = _held(found)
    if held:
        return Imported(held, made=False)
    state = _first_state(template, found.version)
    if state == ReleaseState.RECOMMENDED:
        template.releases.filter(state=ReleaseState.RECOMMENDED).update(state=ReleaseState.OFFERED)
    who = actor.name if actor else PLATFORM.name
    row = template.releases.create(
        version=found.version,
        chart_version=found.chart_version,
        digest=found.digest,
        archive=found.archive,
        archive_digest=hashlib.sha256(found.archive).hexdigest(),
        description=found.description[:512],
        state=state,
        created_by=who,
        source=dict(source),
    )
    record(
        actor=who,
        action="import release",
        thing=None,
        title=f"Import release {row}",
        address=actor.address if actor else "",
        template=found.name,
        release=found.version,
        digest=found.digest,
        after=state,
        source=dict(source),
    )
    return Imported(row, made=True)


def _first_state(template: Template, version: str) -> ReleaseState:
    """A release that comes after the recommended one takes its place; a correction of an older line and a candidate are only offered."""
    present = template.releases.filter(state=ReleaseState.RECOMMENDED).first()
    if present is None:
        return ReleaseState.RECOMMENDED
    candidate = release.prerelease(version) and not release.prerelease(present.version)
    return ReleaseState.RECOMMENDED if release.newer(version, present.version) and not candidate else ReleaseState.OFFERED


def _held(found: Release) -> TemplateRelease | None:
    """This release where it is there already. Raises `Conflict` where other content has its version."""
    held = TemplateRelease.objects.select_related("template").filter(template__name=found.name, version=found.version).first()
    if held and held.digest != found.digest:
        raise Conflict(
            f"release {found.version} exists with other content: a release never changes, give the changed chart a new version",
            code="release_changed",
            details={"held": held.digest, "found": found.digest},
        )
    return held
