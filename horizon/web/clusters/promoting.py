"""From one cluster of an application to the next: what runs there becomes an edit here, as a dialog."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import require, verbs, visible_clusters
from horizon.access.policy import Verb
from horizon.delivery import promote
from horizon.errors import HorizonError, Invalid
from horizon.gitops import layout
from horizon.inventory.models import Cluster
from horizon.web import diffs
from horizon.web.dialog import Dialog


class _Promotion(forms.Form):
    source = forms.CharField(max_length=63)
    title = forms.CharField(max_length=255, required=False)


class Promote(Dialog):
    """`/clusters/{name}/promote?source=`"""

    verb, template, form = Verb.OUTPUT, "web/sheets/promote.html", _Promotion

    def thing(self, **address: str) -> Cluster:
        """The cluster that is promoted to, if the actor may post its image at least. Raises `NotFound`, `Forbidden`."""
        return self.cluster(address["name"], self.verb)

    def back(self, thing: Cluster) -> str:
        """The application, where its clusters stand side by side."""
        return reverse("application", args=[thing.application.name])

    def shown(self, thing: Cluster, typed: QueryDict) -> dict[str, Any]:
        """What could be taken over from the source, and what the chosen keys change."""
        sources = list(_sources(self, thing))
        source = next((row for row in sources if row.name == typed.get("source")), None) or _before(thing, sources)
        given = {"sources": sources, "source": source}
        if source is None:
            return {**given, "blocked": True}
        names = typed.getlist("key") if "chose" in typed else None
        try:
            found, clashes = promote.offer(thing, source, names), promote.clashes(thing, source, names)
        except HorizonError as refusal:
            return {**given, "refused": refusal.message, "blocked": True}
        image, config = _keys(found["offered"], names, may_edit=Verb.EDIT in verbs(self.actor, thing))
        return {
            **given,
            "revision": found["revision"],
            "image": image,
            "config": config,
            "clashes": clashes,
            "blocked": not found["keys"],
            "files": diffs.files(found["files"]),
            "impacts": found["objects"],
            "troubles": found["errors"],
        }

    def do(self, thing: Cluster, given: dict[str, Any]) -> str:
        """Make the chosen keys an edit, which waits for a deploy."""
        names = self.request.POST.getlist("key")
        if not names:
            raise Invalid(_("Choose at least one key to take over."), code="body")
        require(self.actor, promote.needed(names), thing)
        source = self.cluster(given["source"], Verb.VIEW)
        edited = promote.promote(thing, source, names, actor=self.actor, title=given["title"])
        said = _("Promoted from %(source)s as edit %(sha)s: it waits for a deploy.") % {"source": source.name, "sha": edited.sha[:8]}
        messages.success(self.request, said if edited.changed else _("That is what was there already."))
        return reverse("cluster", args=[thing.name])


def _sources(dialog: Dialog, target: Cluster) -> "QuerySet[Cluster]":
    """The other clusters of the application, in the environments' order."""
    rows = visible_clusters(dialog.actor).filter(application=target.application, archived_at=None).exclude(pk=target.pk)
    return rows.select_related("environment").order_by("environment__position", "environment__name", "name")


def _before(target: Cluster, sources: list[Cluster]) -> Cluster | None:
    """The last one of an environment that comes before the target's, else the first."""
    place = (target.environment.position, target.environment.name)
    earlier = [row for row in sources if (row.environment.position, row.environment.name) < place]
    return earlier[-1] if earlier else next(iter(sources), None)


def _keys(offered: list[str], names: list[str] | None, *, may_edit: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What CI posted, and what is filled in; each key with whether it is chosen, and whether the actor may choose it."""
    shown = [
        {"key": key, "output": output, "chosen": key in names if names is not None else output, "may": output or may_edit}
        for key in offered
        for output in [key.startswith(f"{layout.OUTPUT}:")]
    ]
    return [item for item in shown if item["output"]], [item for item in shown if not item["output"]]
