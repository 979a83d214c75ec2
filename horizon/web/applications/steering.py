"""What one does to an application: each action a dialog."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import groups_to, require, verbs, visible_clusters
from horizon.access.policy import Verb
from horizon.delivery import bring, life, tags
from horizon.errors import Invalid
from horizon.inventory.models import Application, Priority
from horizon.web.base import Page, go
from horizon.web.dialog import Dialog
from horizon.web.groups.grouping import SUGGESTED

_PREFER = [("cluster", "cluster"), ("application", "application")]


class _Look(forms.Form):
    description = forms.CharField(max_length=512, required=False)
    priority = forms.ChoiceField(choices=Priority.choices)
    tags = forms.CharField(max_length=4000, required=False)


class _Place(forms.Form):
    group = forms.CharField(max_length=512)


class _Bring(forms.Form):
    prefer = forms.ChoiceField(choices=_PREFER)
    title = forms.CharField(max_length=255, required=False)


class OfApplication(Dialog):
    """A dialog of one application."""

    def thing(self, **address: str) -> Application:
        """The application, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        return self.application(address["name"], self.verb)

    def back(self, thing: Application) -> str:
        """The application's page."""
        return reverse("application", args=[thing.name])


class Describe(OfApplication):
    """`/applications/{name}/describe`"""

    template, form = "web/sheets/describe_application.html", _Look

    def shown(self, thing: Application, typed: QueryDict) -> dict[str, Any]:
        """Its tags as they are written, and the priorities that there are."""
        written = [f"{key}={value}" if value else key for key, value in tags.of(thing).items()]
        return {"written": ", ".join(written), "priorities": Priority.values}

    def do(self, thing: Application, given: dict[str, Any]) -> str:
        """Describe it anew, with these tags and no others."""
        tags.replace(thing, _tags(given["tags"]), actor=self.actor)
        life.change(thing, life.Look(given["description"], given["priority"]), actor=self.actor)
        return self.back(thing)


class Move(OfApplication):
    """`/applications/{name}/move`"""

    verb, template, form = Verb.DELETE, "web/sheets/move_application.html", _Place

    def shown(self, thing: Application, typed: QueryDict) -> dict[str, Any]:
        """Where it may lie."""
        return {"groups": list(groups_to(self.actor, Verb.EDIT).order_by("path").values_list("path", flat=True)[:SUGGESTED])}

    def do(self, thing: Application, given: dict[str, Any]) -> str:
        """Move it into another group."""
        life.move(thing, self.group(given["group"].strip(), Verb.EDIT), actor=self.actor)
        messages.success(self.request, _("%(name)s lies in %(group)s now.") % {"name": thing.name, "group": thing.group.path})
        return self.back(thing)


class Delete(OfApplication):
    """`/applications/{name}/delete`"""

    verb, template = Verb.DELETE, "web/sheets/delete_application.html"

    def shown(self, thing: Application, typed: QueryDict) -> dict[str, Any]:
        """Its clusters, which have to go first."""
        clusters = list(visible_clusters(self.actor).filter(application=thing, archived_at=None).order_by("name"))
        return {"clusters": clusters, "blocked": bool(clusters)}

    def do(self, thing: Application, given: dict[str, Any]) -> str:
        """Put it away."""
        life.archive(thing, actor=self.actor)
        messages.success(self.request, _("Application %(name)s is deleted. It can be restored here until it is purged.") % {"name": thing.name})
        return self.back(thing)


class Restore(Page):
    """`/applications/{name}/restore`"""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Bring a deleted one back."""
        application = self.application(name, Verb.VIEW)
        require(self.actor, Verb.DELETE, application)
        life.restore(application, actor=self.actor)
        messages.success(request, _("Application %(name)s is back.") % {"name": name})
        return go(request, reverse("application", args=[application.name]))


class Bring(OfApplication):
    """`/applications/{name}/bring`"""

    verb, template, form = Verb.VIEW, "web/sheets/bring.html", _Bring

    def shown(self, thing: Application, typed: QueryDict) -> dict[str, Any]:
        """What each cluster has not taken yet, its clashes, or why it would refuse."""
        clusters = bring.reached(thing, self.actor)
        prefer = typed.get("prefer") if typed.get("prefer") in dict(_PREFER) else "cluster"
        editable = {cluster.name for cluster in clusters if Verb.EDIT in verbs(self.actor, cluster)}
        offers = bring.offer(clusters, prefer=str(prefer))
        chosen = typed.getlist("cluster") if "prefer" in typed else [item["cluster"] for item in offers if not item.get("clashes")]
        items = [
            {**item, "may": item["cluster"] in editable, "chosen": item["cluster"] in chosen} for item in offers if item["error"] or item["keys"]
        ]
        return {"items": items, "prefer": prefer, "even": [item["cluster"] for item in offers if not item["error"] and not item["keys"]]}

    def do(self, thing: Application, given: dict[str, Any]) -> str:
        """One edit of each chosen cluster; what is refused is told and stops no other."""
        names = list(dict.fromkeys(self.request.POST.getlist("cluster")))
        if not names:
            raise Invalid(_("Choose at least one cluster."), code="body")
        clusters = [self.cluster(name, Verb.EDIT) for name in names]
        bring.refuse_stray(thing, clusters)
        for item in bring.bring(clusters, prefer=given["prefer"], actor=self.actor, title=given["title"]):
            self._tell(item)
        return self.back(thing)

    def _tell(self, item: dict[str, Any]) -> None:
        if item["error"]:
            messages.error(self.request, f"{item['cluster']}: {item['error']['message']}")
        elif item["changed"]:
            said = _("%(name)s has it as edit %(sha)s: it waits for a deploy.") % {"name": item["cluster"], "sha": item["revision"][:8]}
            messages.success(self.request, said)
        else:
            messages.info(self.request, _("%(name)s had all of it already.") % {"name": item["cluster"]})


def _tags(text: str) -> dict[str, str]:
    """Tags as people write them: `team=payments, beta`."""
    words = [word.strip() for word in text.replace("\n", ",").split(",")]
    return {key.strip(): value.strip() for key, _equals, value in (word.partition("=") for word in words if word)}
