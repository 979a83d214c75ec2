"""The last calls of CI with their answers, so that one sees from the platform why a pipeline failed."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from horizon.access.permissions import Actor, seen_clusters, verbs
from horizon.access.policy import Verb
from horizon.delivery.models import CiCall
from horizon.inventory.models import Application, Cluster

KEPT = 50
"""Calls of one cluster."""
_KEYS = 20
_DEPLOY = {True: "true", "true": "true", "all": "all"}


def keep(cluster: Cluster, *, posted: Mapping[str, Any], deploy: object, status: int, answer: Mapping[str, Any], actor: Actor) -> None:
    """Keep a call with the status and body of its answer; the oldest one goes.

    Refusals to people who may not even see the cluster are not kept: they could push out what its own people look for.
    A token that is bound to something else is told of no cluster, but its person may read here why.
    """
    if Verb.VIEW not in verbs(Actor(actor.user), cluster):
        return
    git = posted.get("git")
    CiCall.objects.create(
        cluster=cluster,
        actor=actor.name[:150],
        token=str(actor.token or "")[:80],
        address=actor.address,
        image=_text(posted.get("image"), 512),
        commit=_text(git.get("commitID") if isinstance(git, Mapping) else None, 64),
        keys=sorted(_text(key, 63) for key in list(posted)[:_KEYS]),
        deploy=_DEPLOY.get(deploy, "false") if isinstance(deploy, str | bool) else "false",
        status=status,
        code=_text(answer.get("code"), 40),
        message=_text(answer.get("message"), 1000),
        revision=_text(answer.get("revision"), 40),
        pipelinerun=answer.get("pipelinerun"),
    )
    older = CiCall.objects.filter(cluster=cluster).values_list("pk", flat=True)[KEPT:]
    CiCall.objects.filter(pk__in=list(older)).delete()


def of(thing: Cluster | Application, actor: Actor) -> "QuerySet[CiCall]":
    """The calls to a cluster, or to those of an application's clusters that the actor may see, newest first."""
    place = Q(cluster=thing) if isinstance(thing, Cluster) else Q(cluster__application=thing) & seen_clusters(actor, "cluster__")
    return CiCall.objects.filter(place).select_related("cluster")


def _text(value: object, most: int) -> str:
    """A text that every database holds."""
    return value.replace("\0", "")[:most] if isinstance(value, str) else ""
