"""Pending edits taken back, all or some."""

from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from horizon.access.policy import Verb
from horizon.delivery import discard, review
from horizon.delivery.keys import read_keys
from horizon.delivery.launch import released
from horizon.errors import HorizonError, Invalid, StaleRevision
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster
from horizon.web.clusters.actions import ClusterDialog, difference


class _Discard(forms.Form):
    keys = forms.Field(required=False, widget=forms.SelectMultiple)
    seen = forms.CharField(max_length=40)
    title = forms.CharField(max_length=255, required=False)


class Discard(ClusterDialog):
    """`/clusters/{name}/discard`"""

    verb, template, form = Verb.EDIT, "web/sheets/discard.html", _Discard

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """The pending keys, those that are chosen, and what discarding them changes."""
        found = review.pending(refresh(cluster))
        given = {"keys": found["keys"], "seen": found["source"], "released": released(cluster)}
        if not given["keys"] or not given["released"]:
            return {**given, "blocked": True}
        # A key that somebody else discarded meanwhile is none any more.
        chosen = [key for key in found["keys"] if key in asked.getlist("keys")] if asked.get("chosen") else found["keys"]
        return {**given, "picked": chosen, **_offered(cluster, chosen)}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Take them back. Raises `StaleRevision` where somebody saved meanwhile."""
        if not given["keys"]:
            raise Invalid(_("Choose what to discard."), code="keys")
        keys = read_keys(cluster, given["keys"])
        try:
            discard.discard(cluster, keys, actor=self.actor, title=given["title"], seen=given["seen"])
        except StaleRevision as error:
            raise StaleRevision(_("Somebody saved in the meantime. This is what is pending now: look again, then discard.")) from error
        said = ngettext("%(n)d pending key was discarded.", "%(n)d pending keys were discarded.", len(keys))
        messages.success(self.request, said % {"n": len(keys)})
        return reverse("cluster", args=[cluster.name])


def _offered(cluster: Cluster, chosen: list[str]) -> dict[str, Any]:
    """What stays pending and what changes; where it cannot be done, why."""
    try:
        found = discard.offer(cluster, read_keys(cluster, chosen))
    except HorizonError as error:
        return {"troubles": [error.message], "left": []}
    return {"left": found["left"], **{name: value for name, value in difference(found).items() if name != "keys"}}
