"""The commits of a cluster: what each changed, and its config as it was then."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from horizon.delivery import review
from horizon.errors import Invalid, NotFound
from horizon.gitops import layout
from horizon.gitops.repository import trailers
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository


@dataclass(frozen=True)
class Commit:
    """One commit; `before` is the one that it is compared with, empty for the first."""

    sha: str
    title: str
    author: str
    at: datetime
    before: str
    run: str
    """The uuid of the pipelinerun that made it, empty where none did."""


def commit(cluster: Cluster, sha: str) -> Commit:
    """A commit of the cluster's repository. Raises `UnknownRevision`."""
    found = cluster_repository(cluster).commit_object(sha)
    message, parents = str(found.message), [parent.hexsha for parent in found.parents]
    at = datetime.fromtimestamp(found.committed_date, UTC)
    return Commit(sha, message.splitlines()[0], str(found.author.name), at, parents[0] if parents else "", _run(message))


def _run(message: str) -> str:
    """Raises nothing for a trailer that a foreign hand wrote: it names no run then."""
    try:
        return str(UUID(trailers(message).get(layout.PIPELINERUN_TRAILER, "")))
    except ValueError:
        return ""


def changed(cluster: Cluster, found: Commit) -> dict[str, Any]:
    """What the commit did, as `review` answers it; nothing for the first one."""
    if not found.before:
        return {"files": [], "keys": [], "objects": [], "errors": []}
    return review.between(cluster, before=found.before, after=found.sha)


def config(cluster: Cluster, sha: str) -> str:
    """The config's file as it was at a commit. Raises `UnknownRevision`, and `NotFound` where there was none."""
    content = cluster_repository(cluster).files(sha).get(layout.APPLICATION)
    if content is None:
        raise NotFound(f"there was no {layout.APPLICATION} at {sha[:8]} yet")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{layout.APPLICATION} at {sha[:8]} is no text: restore it by git", code="yaml") from error
