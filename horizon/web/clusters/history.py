"""The commits of a cluster: who changed what, what each did, and an earlier config as a new edit."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import verbs
from horizon.access.policy import Verb
from horizon.delivery import edit, history, review
from horizon.delivery.models import Pipelinerun
from horizon.errors import HorizonError, StaleRevision
from horizon.gitops import layout
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster, Event
from horizon.web.base import Page
from horizon.web.clusters.actions import ClusterDialog, difference
from horizon.web.listing import older

_SIZE = 30
_KINDS = ("edit", "release", "foreign")


class History(Page):
    """`/clusters/{name}/history`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Its commits, newest first, of one kind with `?kind=`; `?before=` goes on."""
        cluster = refresh(self.cluster(name, Verb.VIEW))
        kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
        rows = Event.objects.filter(cluster=cluster).exclude(sha="").order_by("-pk")
        if kind in _KINDS:
            rows = rows.filter(action=kind)
        found = list(older(rows, before)[: _SIZE + 1])
        given = {"events": found[:_SIZE], "more": len(found) > _SIZE, "kind": kind if kind in _KINDS else "", "later": bool(before)}
        return self.show("web/history.html", nav="clusters", cluster=cluster, **given)


class Commit(Page):
    """`/clusters/{name}/history/{sha}`"""

    def get(self, request: HttpRequest, name: str, sha: str) -> HttpResponse:
        """One commit and what it changed; the difference alone where htmx asks."""
        cluster = self.cluster(name, Verb.VIEW)
        found = history.commit(cluster, sha)
        given = {**difference(history.changed(cluster, found)), "cluster": cluster, "commit": found, "shown": True}
        if self.partly:
            return self.show("web/parts/commit.html", **given)
        run = Pipelinerun.objects.filter(cluster=cluster, uuid=found.run).first() if found.run else None
        may_edit = Verb.EDIT in verbs(self.actor, cluster) and not cluster.archived_at
        return self.show("web/commit.html", nav="clusters", run=run, may_edit=may_edit, **given)


class _Restored(forms.Form):
    seen = forms.CharField(max_length=40)
    title = forms.CharField(max_length=255, required=False)


class RestoreConfig(ClusterDialog):
    """`/clusters/{name}/history/{sha}/restore`"""

    verb, template, form = Verb.EDIT, "web/sheets/restore_config.html", _Restored

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What the config of then changes of what is pending now; why not, where it fits no more."""
        found = history.commit(cluster, self._sha)
        given = {"commit": found, "seen": refresh(cluster).gitops, "title": asked.get("title", self._title)}
        try:
            proposed = review.proposed(cluster, edit.put_text(layout.APPLICATION, history.config(cluster, self._sha)))
        except HorizonError as error:
            return {**given, "troubles": [error.message], "blocked": True}
        return {**given, **difference(proposed), "blocked": not proposed["files"]}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Save it as an edit. Raises `StaleRevision` where somebody else saved since it was shown."""
        text = history.config(cluster, self._sha)
        try:
            edited = edit.write_config(cluster, text, actor=self.actor, title=given["title"] or self._title, seen=given["seen"])
        except StaleRevision as error:
            raise StaleRevision(_("Somebody else saved in the meantime. This is what it would change of theirs: look again, then save.")) from error
        messages.success(self.request, _("Saved as edit %(sha)s: it waits for a deploy.") % {"sha": edited.sha[:8]})
        return reverse("cluster", args=[cluster.name])

    @property
    def _sha(self) -> str:
        return str(self.kwargs["sha"])

    @property
    def _title(self) -> str:
        return _("Restore the config of %(sha)s") % {"sha": self._sha[:8]}
