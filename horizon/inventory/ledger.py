"""A row keeps what was last read of Git; a reader that finds other shas writes the missing events from the commits (DESIGN section 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone
from git import Commit

from horizon.errors import Invalid
from horizon.gitops import layout, release, values
from horizon.gitops.repository import Repository, trailers
from horizon.inventory.events import named
from horizon.inventory.models import Cluster, Event, TemplateRelease
from horizon.inventory.repositories import cluster_repository

_EVENTS_AT_ONCE = 200
"""A reader catches up with at most so many commits; older ones stay in Git."""


def refresh(cluster: Cluster, *, address: str = "") -> Cluster:
    """Bring the row up to what Git holds, with an event for every commit that was not seen before."""
    repository = cluster_repository(cluster)
    refs = repository.refs.read()
    if (refs.get(layout.MASTER), refs.get(layout.GITOPS)) == (cluster.master, cluster.gitops):
        return cluster
    if cluster.gitops and release.diverged(repository, gitops=cluster.gitops):
        with repository.locked():
            take_in(cluster, repository)
        refs = repository.refs.read()
    master, gitops = refs[layout.MASTER], refs[layout.GITOPS]
    read = _read(repository, master=master, gitops=gitops)
    events = [_event(cluster, commit, address) for commit in _unseen(repository, cluster, master=master, gitops=gitops)]
    with transaction.atomic():
        Event.objects.bulk_create(events, ignore_conflicts=True)
        Cluster.objects.filter(pk=cluster.pk).update(master=master, gitops=gitops, **read)
    for name, value in {"master": master, "gitops": gitops, **read}.items():
        setattr(cluster, name, value)
    return cluster


def take_in(cluster: Cluster, repository: Repository) -> None:
    """Let `gitops` take in what a foreign hand did since the row was read; before the row forgets. Called inside the repository's lock.

    A row without shas is of a cluster whose maker was killed a moment ago: there is nothing that it knew.
    """
    master, gitops = Cluster.objects.values_list("master", "gitops").get(pk=cluster.pk)
    if gitops:
        release.reconcile(repository, master=master, gitops=gitops, now=timezone.now())


def _read(repository: Repository, *, master: str, gitops: str) -> dict[str, object]:
    """What the row shows of the trees: release and image of what is released, or of what is pending where nothing is."""
    pending = repository.tree(master) != repository.tree(gitops)
    files = repository.files(master) or repository.files(gitops)
    try:
        dependency = values.data(files, layout.CHART).get("dependencies", [{}])[0]
        image = values.section(files, layout.OUTPUT, dependency.get("name", "")).get("image")
    except (Invalid, LookupError, AttributeError, TypeError):
        # A foreign hand left files that Helm cannot read; the row shows what it last knew.
        return {"pending": pending}
    release = TemplateRelease.objects.filter(template__name=dependency.get("name"), chart_version=dependency.get("version")).first()
    return {"pending": pending, "image": str(image or "")[:512], **({"release": release} if release else {})}


def _unseen(repository: Repository, cluster: Cluster, *, master: str, gitops: str) -> Iterator[Commit]:
    """New commits of both branches, each once, oldest first."""
    found: dict[str, Commit] = {}
    for head, seen in ((gitops, cluster.gitops), (master, cluster.master)):
        for count, commit in enumerate(repository.first_parents(head, stop=seen or None)):
            if count >= _EVENTS_AT_ONCE or commit.hexsha in (cluster.gitops, cluster.master):
                break
            found[commit.hexsha] = commit
    # Newest first within a branch, and a second may hold many: turn before the stable sort.
    oldest_first = list(found.values())[::-1]
    return iter(sorted(oldest_first, key=lambda commit: commit.committed_date))


def _event(cluster: Cluster, commit: Commit, address: str) -> Event:
    message = str(commit.message)
    found = trailers(message)
    return Event(
        at=datetime.fromtimestamp(commit.committed_date, UTC),
        actor=str(commit.author.name)[:150],
        action="release" if layout.PIPELINERUN_TRAILER in found else "edit" if commit.committer.name == "Horizon" else "foreign",
        title=message.splitlines()[0][:512],
        cluster=cluster,
        application_id=cluster.application_id,
        sha=commit.hexsha,
        details={"trailers": found, "parents": [parent.hexsha for parent in commit.parents]},
        address=address,
        thing=named(cluster),
    )
