"""What changed in an application's config since its clusters took it, brought to them: one edit each (DESIGN 3.2, 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from horizon.access.permissions import Actor, visible_clusters
from horizon.delivery import edit
from horizon.delivery.keys import shown, shown_keys
from horizon.delivery.rendering import check
from horizon.errors import HorizonError, Invalid
from horizon.gitops import layout
from horizon.gitops.change import Applied, Change, Clash, apply, change
from horizon.gitops.keypath import as_json
from horizon.gitops.repository import Files
from horizon.inventory.models import Application, Cluster
from horizon.inventory.repositories import application_repository, cluster_repository


@dataclass(frozen=True)
class News:
    """What a cluster has not taken yet: from which to which revision of the application's branch, and the change between them."""

    before: str
    after: str
    change: Change


def reached(application: Application, actor: Actor) -> list[Cluster]:
    """The application's clusters that the actor sees, by name, with what bringing needs to know of them."""
    rows = visible_clusters(actor).filter(application=application, archived_at__isnull=True)
    return list(rows.select_related("application__group", "application__template", "environment", "region", "release__template").order_by("name"))


def refuse_stray(application: Application, clusters: Sequence[Cluster]) -> None:
    """Raise `Invalid` naming the first that is of another application."""
    stray = next((cluster for cluster in clusters if cluster.application_id != application.pk), None)
    if stray:
        raise Invalid(f"{stray} is no cluster of {application}", code="unknown", details={"field": "clusters"})


def offer(clusters: Sequence[Cluster], *, prefer: str) -> list[dict[str, Any]]:
    """For each cluster the keys that would change and the clashes, or why it would be refused. Changes nothing."""
    return [_guarded(cluster, lambda cluster=cluster: _offered(cluster, prefer)) for cluster in clusters]


def bring(clusters: Sequence[Cluster], *, prefer: str, actor: Actor, title: str) -> list[dict[str, Any]]:
    """Make it an edit of each cluster; one that is refused stops no other.

    On a clash the `prefer`red value stays: the `cluster`'s or the `application`'s.
    """
    return [_guarded(cluster, lambda cluster=cluster: _brought(cluster, prefer, actor, title)) for cluster in clusters]


def _guarded(cluster: Cluster, work: Any) -> dict[str, Any]:
    try:
        found = work()
    except HorizonError as error:
        refusal = {"code": error.code, "message": error.message, "details": error.details}
        return {"cluster": cluster.name, "error": refusal}
    return {"cluster": cluster.name, "error": None, **found}


def _offered(cluster: Cluster, prefer: str) -> dict[str, Any]:
    news, repository = _news(cluster), cluster_repository(cluster)
    applied = _applied(news, repository.files(repository.refs.read()[layout.GITOPS]), prefer)
    check(applied.files, cluster)
    return _said(news, applied.clashes)


def _brought(cluster: Cluster, prefer: str, actor: Actor, title: str) -> dict[str, Any]:
    news, clashes = _news(cluster), list[Clash]()

    def mutate(files: Files) -> Files:
        applied = _applied(news, files, prefer)
        clashes[:] = applied.clashes
        return applied.files

    edited = edit.edit(cluster, mutate, actor=actor, title=title or f"Bring the config of {cluster.application} at {news.after[:8]}")
    # After the edit: one that died in between is repeated, and finds all of it there.
    Cluster.objects.filter(pk=cluster.pk).update(copied_from=news.after)
    return {**_said(news, clashes), "revision": edited.sha, "changed": edited.changed}


def _news(cluster: Cluster) -> News:
    """Raises `UnknownRevision` where the application's repository no longer has what the cluster took."""
    repository = application_repository(cluster.application)
    refs = repository.refs.read()
    after = refs.get(layout.branch(cluster.environment.name), refs[layout.DEFAULT])
    before = cluster.copied_from
    found = change(repository.files(before), repository.files(after)) if before != after else Change()
    return News(before, after, found)


def _applied(news: News, files: Files, prefer: str) -> Applied:
    # The cluster's file has comments and keys of its own: only keys come in.
    keys_only = Change(tuple(replace(item, whole=False) for item in news.change.files))
    return apply(keys_only, files, prefer_tree=prefer == "cluster")


def _said(news: News, clashes: Sequence[Clash]) -> dict[str, Any]:
    listed = [{"key": shown((clash.file, clash.path)), "application": as_json(clash.wanted), "cluster": as_json(clash.found)} for clash in clashes]
    return {"from": news.before, "to": news.after, "keys": list(shown_keys(news.change.keys())), "clashes": listed}
