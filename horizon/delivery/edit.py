"""An edit is one commit on `gitops`, validated and rendered before it is made (DESIGN section 4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from horizon import helmyaml
from horizon.access.permissions import Actor
from horizon.delivery.rendering import check, template_of
from horizon.errors import Invalid, PreconditionRequired, StaleRevision
from horizon.gitops import layout, values
from horizon.gitops.repository import Files, Repository, UnknownRevision, message
from horizon.gitops.rewrite import rewrite
from horizon.inventory.ledger import refresh, take_in
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

_LONGEST_TITLE = 255


@dataclass(frozen=True)
class Edited:
    """Where `gitops` stands after an edit; `changed` is false where it held that content already."""

    sha: str
    master: str
    changed: bool


Mutate = Callable[[Files], Files]


def edit(cluster: Cluster, mutate: Mutate, *, actor: Actor, title: str, seen: "Seen | None" = None, request: str = "") -> Edited:
    """Commit what `mutate` makes of the pending tree. The same content twice is no second commit.

    Raises `Invalid` where the result does not fit its schema or does not render, `StaleRevision` where `seen` is no longer so.
    """
    repository = cluster_repository(cluster)
    with repository.locked():
        head, master = adopt(cluster, repository)
        if seen:
            seen.refuse_if_stale(repository, head)
        edited = _commit(repository, cluster, mutate, head=head, actor=actor, note=message(titled(title), Request=request))
    refresh(cluster, address=actor.address)
    return Edited(edited, master, edited != head)


def _commit(repository: Repository, cluster: Cluster, mutate: Mutate, *, head: str, actor: Actor, note: str) -> str:
    files = repository.files(head)
    wanted = mutate(dict(files))
    if wanted == files:
        return head
    check(wanted, cluster)
    sha = repository.commit(repository.write(wanted), parents=[head], author=actor.author, message=note, now=timezone.now())
    repository.move({layout.GITOPS: (head, sha)})
    return sha


def adopt(cluster: Cluster, repository: Repository) -> tuple[str, str]:
    """Take in what a foreign hand did to the branches; where `gitops` and `master` stand then. Called inside the lock."""
    take_in(cluster, repository)
    refs = repository.refs.read()
    return refs[layout.GITOPS], refs[layout.MASTER]


@dataclass(frozen=True)
class Seen:
    """The revision at which a person read some files, from `If-Match`."""

    sha: str
    files: tuple[str, ...]

    def refuse_if_stale(self, repository: Repository, head: str) -> None:
        """Raise `StaleRevision`, with both contents, unless the files are the same at `head`."""
        if self.sha == head:
            return
        now = repository.files(head)
        try:
            then = repository.files(self.sha)
        except UnknownRevision as error:
            raise StaleRevision("If-Match names no revision of this cluster", details={"revision": head}) from error
        if all(then.get(file) == now.get(file) for file in self.files):
            return
        both = {file: {"seen": values.data(then, file), "now": values.data(now, file)} for file in self.files}
        raise StaleRevision("somebody else saved in the meantime", details={"seen": self.sha, "revision": head, "files": both})


def required(seen: str | None, *files: str) -> Seen:
    """What a `PUT` must carry. Raises `PreconditionRequired`."""
    if not seen:
        raise PreconditionRequired("send If-Match with the revision that you saw, so that nobody's edit is overwritten unseen")
    return Seen(seen, files)


def titled(title: str) -> str:
    """A title as Git and rows keep it: one line of text. Raises `Invalid`."""
    if "\0" in title:
        raise Invalid("a title may hold no NUL", code="text", details={"field": "title"})
    return " ".join(title.split())[:_LONGEST_TITLE]


# What edits do to the files


def put_section(file: str, name: str, data: Mapping[str, Any]) -> Mutate:
    """Make `data` the content under the file's one top-level key."""

    def mutate(files: Files) -> Files:
        text = files.get(file, b"").decode()
        return {**files, file: rewrite(text, {**values.data(files, file), name: dict(data)}).encode()}

    return mutate


def put_text(file: str, text: str) -> Mutate:
    """Make the file what a person wrote, letter by letter, with the ends of lines that Git has."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return lambda files: {**files, file: f"{lines}\n".encode()}


def merge_section(file: str, name: str, patch: Mapping[str, Any]) -> Mutate:
    """Apply a JSON merge patch (RFC 7396) to the content under the file's one top-level key."""

    def mutate(files: Files) -> Files:
        merged = merge_patch(values.section(files, file, name), patch)
        return put_section(file, name, merged)(files)

    return mutate


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396: maps merge, null takes a key away, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def patch_between(before: Any, after: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7396) that makes `after` of `before`. A null in a map of `after` counts as a key that is not there."""
    held = before if isinstance(before, Mapping) else {}
    gone = {key: None for key in held if key not in after}
    return {**gone, **{key: _patched(held.get(key), value) for key, value in after.items() if key not in held or held[key] != value}}


def _patched(before: Any, after: Any) -> Any:
    return patch_between(before, after) if isinstance(after, Mapping) else after


# Edits by name


def put_config(cluster: Cluster, config: Mapping[str, Any], *, actor: Actor, title: str, seen: str | None) -> Edited:
    """Make the form's data what was sent. Raises as `edit` does, and `PreconditionRequired` without `seen`."""
    wanted = put_section(layout.APPLICATION, template(cluster), config)
    return edit(cluster, wanted, actor=actor, title=title or "Edit the config", seen=required(seen, layout.APPLICATION))


def write_config(cluster: Cluster, text: str, *, actor: Actor, title: str, seen: str | None) -> Edited:
    """Make the config's file what was written. Raises as `put_config` does."""
    wanted = put_text(layout.APPLICATION, text)
    return edit(cluster, wanted, actor=actor, title=title or "Edit the config", seen=required(seen, layout.APPLICATION))


def patch_config(cluster: Cluster, patch: Mapping[str, Any], *, actor: Actor, title: str, seen: str | None) -> Edited:
    """Merge a patch into the form's data at the head. Raises as `edit` does."""
    wanted = merge_section(layout.APPLICATION, template(cluster), patch)
    return edit(cluster, wanted, actor=actor, title=title or "Edit the config", seen=Seen(seen, (layout.APPLICATION,)) if seen else None)


def put_pipeline(cluster: Cluster, pipeline: Mapping[str, Any], *, actor: Actor, title: str, seen: str | None) -> Edited:
    """Make how CI builds what was sent. Raises as `put_config` does."""
    wanted = put_section(layout.PIPELINE, "pipeline", pipeline)
    return edit(cluster, wanted, actor=actor, title=title or "Edit the pipeline", seen=required(seen, layout.PIPELINE))


def template(cluster: Cluster) -> str:
    """The top-level key of the cluster's value files, read from Git."""
    repository = cluster_repository(cluster)
    return template_of(repository.files(repository.refs.read()[layout.GITOPS]))


def chart_file(name: str, *, template_name: str, chart_version: str, repository: str) -> bytes:
    """The `Chart.yaml` of a cluster's repository."""
    dependency = {"name": template_name, "version": chart_version, "repository": repository}
    data = {"apiVersion": "v2", "name": name, "version": "1.0.0", "dependencies": [dependency]}
    return helmyaml.write(data, indented_lists=True).encode()
