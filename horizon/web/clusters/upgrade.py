"""A cluster's upgrade to another release of its template: a dialog that shows what it changes, and the edit that does it."""

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from horizon import helmyaml
from horizon.access.permissions import verbs
from horizon.access.policy import Verb
from horizon.delivery import edit, upgrade
from horizon.errors import Conflict, Invalid, StaleRevision
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Cluster, TemplateRelease
from horizon.web import diffs
from horizon.web.clusters.actions import ClusterDialog

_LONGEST = 200_000


class _Asked(forms.Form):
    release = forms.CharField(max_length=64)
    config = forms.CharField(max_length=_LONGEST, required=False, strip=False)
    title = forms.CharField(max_length=255, required=False)
    seen = forms.CharField(max_length=40)
    shown = forms.CharField(max_length=64)


class Upgrade(ClusterDialog):
    """`/clusters/{name}/upgrade`; whoever sees the cluster may look"""

    verb, template, form = Verb.VIEW, "web/sheets/upgrade.html", _Asked

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Make it a pending edit; with `look` show what another choice or config would change."""
        if "look" in request.POST:
            return self.ask(self.thing(**address), typed=request.POST)
        return super().post(request, **address)

    def thing(self, name: str, **address: Any) -> Cluster:
        """The cluster; to make it an edit takes more than to look."""
        looks = self.request.method == "GET" or "look" in self.request.POST
        return self.cluster(name, Verb.VIEW if looks else Verb.EDIT)

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """The releases to go to, and what going to the chosen one changes, or why it does not work."""
        choices = upgrade.choices(refresh(cluster))
        chosen = _chosen(choices, str(asked.get("release") or ""))
        may_edit = Verb.EDIT in verbs(self.actor, cluster) and not cluster.archived_at
        given = {"present": choices.present, "releases": choices.others, "chosen": chosen, "may_edit": may_edit}
        return {**given, **(_looked(cluster, chosen, asked) if chosen else {})}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Save it. Raises `Conflict` for another choice than the one that was shown, `StaleRevision` where somebody else saved since."""
        chosen = _chosen(upgrade.choices(cluster), given["release"])
        if chosen is None:
            raise Invalid(_("There is no other release to go to."), code="unknown")
        if given["shown"] != _mark(chosen, given["config"]):
            raise Conflict(_("You chose something else since you looked. This is what it changes: save it if that is what you want."))
        wanted = upgrade.Upgrade(chosen, _config(given["config"]))
        try:
            edited = upgrade.upgrade(cluster, wanted, actor=self.actor, title=given["title"], seen=given["seen"])[0]
        except StaleRevision as error:
            raise StaleRevision(_("Somebody else saved in the meantime. This is the difference now: look again, then save.")) from error
        messages.success(self.request, _done(edited))
        return self.back(cluster)


def _chosen(choices: upgrade.Choices, version: str) -> TemplateRelease | None:
    """The release that was asked for, else the first. Raises `Invalid`."""
    if not version:
        return choices.others[0] if choices.others else None
    found = next((row for row in choices.others if row.version == version), None)
    if found is None:
        raise Invalid(_("The cluster cannot go to %(release)s: choose another release.") % {"release": version[:80]}, code="unknown")
    return found


def _looked(cluster: Cluster, chosen: TemplateRelease, asked: Any) -> dict[str, Any]:
    text = str(asked.get("config") or "")[:_LONGEST]
    try:
        found = upgrade.offer(cluster, upgrade.Upgrade(chosen, _config(text)))
    except Invalid as error:
        return _refused(error, text)
    config = text or (helmyaml.write(found["config"]) if asked.get("look") == "config" else "")
    difference = {"files": diffs.files(found["files"]), "impacts": found["objects"], "troubles": found["errors"]}
    return {"seen": found["base"], "mark": _mark(chosen, config), "config": config, "fit": found, **difference}


def _refused(error: Invalid, text: str) -> dict[str, Any]:
    """What the release refuses, place by place where that is known, beside the config to change."""
    problems = error.details.get("errors") or [{"pointer": "", "message": error.message}]
    return {"problems": problems, "config": text or helmyaml.write(error.details.get("config", {})), "fit": error.details}


def _mark(chosen: TemplateRelease, text: str) -> str:
    """What a difference was shown for, whatever the ends of lines: only that is saved."""
    return sha256("\n".join((chosen.version, *text.rstrip().splitlines())).encode()).hexdigest()


def _config(text: str) -> dict[str, Any] | None:
    """The form's data as somebody wrote it; None where nothing was. Raises `Invalid`."""
    if not text.strip():
        return None
    return helmyaml.read_map(text)


def _done(edited: edit.Edited) -> str:
    if not edited.changed:
        return _("That is what was there already.")
    return _("The upgrade is saved as edit %(sha)s: it waits for a deploy.") % {"sha": edited.sha[:8]}
