"""What a cluster's form is drawn from, and what becomes of a typed one when somebody else saved first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from horizon.delivery import edit
from horizon.delivery.keys import named_keys, shown, shown_keys
from horizon.delivery.rendering import release_from, release_of, template_of
from horizon.gitops import layout, values
from horizon.gitops.change import Change, apply, change
from horizon.gitops.keypath import as_json
from horizon.gitops.repository import Files, Repository
from horizon.inventory.models import Cluster, TemplateRelease
from horizon.inventory.repositories import cluster_repository

_MOST_COMMITS = 200
"""How far back saves are looked for: a longer list tells nobody more."""


@dataclass(frozen=True)
class Schemas:
    """What draws the form and judges what is typed."""

    schema: dict[str, Any]
    ui: dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A cluster's form: schemas, pending data, the revision that holds them, and keys that a later file decides."""

    template: str
    schemas: Schemas
    config: dict[str, Any]
    revision: str
    decided: list[dict[str, Any]]


@dataclass(frozen=True)
class Save:
    """A commit that changed the form's data."""

    sha: str
    by: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Merged:
    """Typed data on top of `now`, what others saved. `clashes` are the keys that both changed; in `config` the typed value wins unless it yields."""

    revision: str
    now: dict[str, Any]
    config: dict[str, Any]
    saves: list[Save]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    clashes: list[dict[str, Any]]


def of_release(row: TemplateRelease) -> Schemas:
    """The schemas of a release's form."""
    release = release_from(bytes(row.archive))
    return Schemas(release.schema, release.ui_schema)


def of_cluster(cluster: Cluster) -> Form:
    """The form at the head of `gitops`, by the schemas of the release that is there."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    files = repository.files(refs[layout.GITOPS])
    release, template = release_of(files), template_of(files)
    config = values.section(files, layout.APPLICATION, template)
    decided = [
        {"path": list(item.path), "file": item.file, "owner": item.owner, "value": item.value}
        for item in values.decided(files, layout.APPLICATION, template)
    ]
    return Form(template, Schemas(release.schema, release.ui_schema), config, refs[layout.GITOPS], decided)


def merged(cluster: Cluster, config: Mapping[str, Any], *, seen: str, yielding: Sequence[str] = ()) -> Merged:
    """Put what was typed at the revision `seen` on top of the head; keys that are `yielding` stay as they are there. Saves nothing.

    Raises `UnknownRevision`, and `Invalid` for a yielding key that was not typed.
    """
    repository = cluster_repository(cluster)
    head = repository.refs.read()[layout.GITOPS]
    then, now = _form(repository.files(seen)), _form(repository.files(head))
    template = edit.template(cluster)
    typed = change(then, edit.put_section(layout.APPLICATION, template, config)(then))
    mine = Change(tuple(replace(item, whole=False) for item in typed.files))
    left = mine.only(mine.keys() - named_keys(mine.keys(), yielding))
    return Merged(
        revision=head,
        now=values.section(now, layout.APPLICATION, template),
        config=values.section(apply(left, now).files, layout.APPLICATION, template),
        saves=list(_saves(repository, head, seen)),
        mine=shown_keys(mine.keys()),
        theirs=shown_keys(change(then, now).keys()),
        clashes=[
            {"key": shown((clash.file, clash.path)), "mine": as_json(clash.wanted), "theirs": as_json(clash.found)}
            for clash in apply(mine, now).clashes
        ],
    )


def _form(files: Files) -> Files:
    return {layout.APPLICATION: files.get(layout.APPLICATION, b"")}


def _saves(repository: Repository, head: str, seen: str) -> Iterator[Save]:
    """The commits after `seen` that changed the form's file, newest first."""
    for commit in islice(repository.first_parents(head, stop=seen), _MOST_COMMITS):
        before = repository.blobs(commit.parents[0].hexsha) if commit.parents else {}
        if repository.blobs(commit.hexsha).get(layout.APPLICATION) != before.get(layout.APPLICATION):
            yield Save(commit.hexsha, str(commit.author.name), str(commit.summary), commit.committed_datetime)
