"""CI posts what it built: one edit of `pipeline-output.yaml`, and the run that ships it alone; the same answer when repeated."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from horizon.access.permissions import Actor
from horizon.delivery import edit, launch, queueing
from horizon.delivery.models import Request
from horizon.errors import Conflict, Invalid
from horizon.gitops import layout
from horizon.gitops.change import Key
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository

LONGEST_KEY = 255


@dataclass(frozen=True)
class Post:
    """What CI posts. `deploy` is `True` (this alone), `"all"` (all that is pending) or `False`."""

    data: Mapping[str, Any]
    whole: bool
    """Whether `data` is all of the output, or only replaces its own keys."""
    deploy: bool | str = False
    title: str = ""


def post(cluster: Cluster, sent: Post, *, actor: Actor, key: str = "") -> dict[str, Any]:
    """Write the output and launch what was asked for; under a key, once. Raises as `edit` and `launch` do, `Conflict` for a key used otherwise."""
    request = _request(cluster, sent, actor, key) if key else None
    if request and request.answer is not None:
        return _ordered(request.answer)
    edited = _edit(cluster, sent, actor, request)
    try:
        return _ordered(_launch(cluster, sent, edited, actor=actor, request=request))
    except queueing.AnsweredAlready:
        assert request is not None
        request.refresh_from_db()
        return _ordered(request.answer or {})


def _ordered(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer byte for byte the same at every repeat: databases keep no order of keys."""
    return dict(sorted(answer.items()))


def _request(cluster: Cluster, sent: Post, actor: Actor, key: str) -> Request:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid(f"an Idempotency-Key is at most {LONGEST_KEY} printable characters", code="idempotency_key")
    body = json.dumps([sent.data, sent.whole, sent.deploy, sent.title], sort_keys=True)
    refs = cluster_repository(cluster).refs.read()
    request, _ = Request.objects.get_or_create(
        user=actor.user,
        token=actor.token.pk if actor.token else 0,
        cluster=cluster,
        key=key,
        defaults={"digest": hashlib.sha256(body.encode()).hexdigest(), "gitops": refs[layout.GITOPS], "base": refs[layout.MASTER]},
    )
    if request.digest != hashlib.sha256(body.encode()).hexdigest():
        raise Conflict("this Idempotency-Key was used with another body", code="idempotency_key_reused")
    return request


def _edit(cluster: Cluster, sent: Post, actor: Actor, request: Request | None) -> edit.Edited:
    repository = cluster_repository(cluster)
    if request:
        own = repository.find(layout.REQUEST_TRAILER, str(request.uuid), start=repository.refs.read()[layout.GITOPS], stop=request.gitops)
        if own:
            return edit.Edited(own, request.base, True)
    change = edit.put_section if sent.whole else _replace_keys
    mutate = change(layout.OUTPUT, edit.template(cluster), sent.data)
    return edit.edit(cluster, mutate, actor=actor, title=_title(sent), request=str(request.uuid) if request else "")


def _replace_keys(file: str, name: str, data: Mapping[str, Any]) -> edit.Mutate:
    """Put each posted key in place of what it was, unmerged: a new commit leaves no branch of the one before."""

    def mutate(files: edit.Files) -> edit.Files:
        return edit.put_section(file, name, {**edit.values.section(files, file, name), **data})(files)

    return mutate


def _launch(cluster: Cluster, sent: Post, edited: edit.Edited, *, actor: Actor, request: Request | None) -> dict[str, Any]:
    body = {"revision": edited.sha, "changed": edited.changed, "deploy": sent.deploy}
    if sent.deploy is False:
        if request:
            Request.objects.filter(pk=request.pk).update(answer={**body, "pipelinerun": None, "pending": []})
        return {**body, "pipelinerun": None, "pending": []}
    order = queueing.Order(actor, title=_title(sent))
    if sent.deploy == "all":
        return _launch_all(cluster, order, edited, body, request)
    answer = queueing.Answer(request.pk, body) if request else None
    base = request.base if request else None
    launched = launch.ship_edit(cluster, order, edited=edited, keys=_keys(cluster, sent), base=base, answer=answer)
    return {**body, "pipelinerun": launched.run.pk, "pending": list(launched.stays_pending)}


def _launch_all(cluster: Cluster, order: queueing.Order, edited: edit.Edited, body: dict[str, Any], request: Request | None) -> dict[str, Any]:
    answer = queueing.Answer(request.pk, {**body, "pending": []}) if request else None
    launched = launch.deploy(cluster, order, answer=answer)
    return {**body, "pipelinerun": launched.run.pk, "pending": []}


def _keys(cluster: Cluster, sent: Post) -> frozenset[Key]:
    template = edit.template(cluster)
    if sent.whole:
        return frozenset({(layout.OUTPUT, (template,))})
    return frozenset((layout.OUTPUT, (template, key)) for key in sent.data)


def _title(sent: Post) -> str:
    image = sent.data.get("image")
    return sent.title or (f"Image {image}" if isinstance(image, str) else "Output of CI")
