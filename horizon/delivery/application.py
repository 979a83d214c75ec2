"""An application's config: a branch per environment, made from `default` at its first edit (DESIGN 3.2). Nothing runs from here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.delivery import edit, rendering
from horizon.delivery.create import recommended
from horizon.gitops import layout, values
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files, message
from horizon.inventory.models import Application, Environment
from horizon.inventory.repositories import application_repository


@dataclass(frozen=True)
class ApplicationConfig:
    """The form's data and the pipeline of one branch, and its revision; `branch` is `default` where the environment has none of its own."""

    branch: str
    revision: str
    config: dict[str, Any]
    pipeline: dict[str, Any]


def read(application: Application, environment: Environment | None) -> ApplicationConfig:
    """What a new cluster in this environment would start from."""
    repository = application_repository(application)
    refs = repository.refs.read()
    ref = _ref(environment) if _ref(environment) in refs else layout.DEFAULT
    files = repository.files(refs[ref])
    config = values.section(files, layout.APPLICATION, application.template.name)
    return ApplicationConfig(ref.removeprefix("refs/heads/"), refs[ref], config, values.section(files, layout.PIPELINE, "pipeline"))


@dataclass(frozen=True)
class Text:
    """The config's file on a branch as it is written there, and the branch's revision."""

    branch: str
    revision: str
    text: str


def read_text(application: Application, environment: Environment | None) -> Text:
    """The file that a new cluster in this environment would start from."""
    repository = application_repository(application)
    refs = repository.refs.read()
    ref = _ref(environment) if _ref(environment) in refs else layout.DEFAULT
    written = repository.files(refs[ref]).get(layout.APPLICATION, b"")
    return Text(ref.removeprefix("refs/heads/"), refs[ref], written.decode(errors="replace"))


def branches(application: Application) -> frozenset[str]:
    """The environments that have a branch of their own, by name."""
    return frozenset(ref.removeprefix("refs/heads/") for ref in application_repository(application).refs.read()) - {"default"}


def proposed(application: Application, environment: Environment | None, mutate: edit.Mutate) -> list[dict[str, Any]]:
    """What `mutate` would change, file by file. Raises `Invalid` as `write` does; changes nothing."""
    repository = application_repository(application)
    refs = repository.refs.read()
    files = repository.files(refs.get(_ref(environment), refs[layout.DEFAULT]))
    wanted = mutate(dict(files))
    _check(wanted, application)
    return [asdict(item) for item in diff(files, wanted)]


def write(application: Application, environment: Environment | None, mutate: edit.Mutate, *, actor: Actor, title: str, seen: edit.Seen | None) -> str:
    """Commit what `mutate` makes of the branch's files; the sha of the branch. Raises `Invalid` and `StaleRevision` as a cluster's edit does."""
    repository = application_repository(application)
    ref = _ref(environment)
    with repository.locked():
        refs = repository.refs.read()
        head = refs.get(ref, refs[layout.DEFAULT])
        if seen:
            seen.refuse_if_stale(repository, head)
        files = repository.files(head)
        wanted = mutate(dict(files))
        if wanted == files:
            return head
        _check(wanted, application)
        note = message(edit.titled(title) or "Edit the config")
        sha = repository.commit(repository.write(wanted), parents=[head], author=actor.author, message=note, now=timezone.now())
        repository.move({ref: (refs.get(ref), sha)})
    where = environment.name if environment else "default"
    record(actor, "edit", application, title=edit.titled(title) or "Edit the config", branch=where, revision=sha)
    return sha


def put_config(config: Mapping[str, Any], application: Application) -> edit.Mutate:
    """Make the form's data what was sent."""
    return edit.put_section(layout.APPLICATION, application.template.name, config)


def patch_config(patch: Mapping[str, Any], application: Application) -> edit.Mutate:
    """Merge a patch into the form's data."""
    return edit.merge_section(layout.APPLICATION, application.template.name, patch)


def _check(files: Files, application: Application) -> None:
    """Hold the files against the form of the release that a new cluster gets. Raises `Invalid`."""
    rendering.check_form(files, rendering.release_from(bytes(recommended(application.template).archive)))
    rendering.refuse_stray(values.data(files, layout.APPLICATION), application.template.name, layout.APPLICATION)


def _ref(environment: Environment | None) -> str:
    return layout.branch(environment.name) if environment else layout.DEFAULT
