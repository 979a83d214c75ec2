"""A cluster's config as a form, what it would change, saving it, and both edits where two people saved at once."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import verbs
from horizon.access.policy import Verb
from horizon.delivery import edit, review
from horizon.delivery import form as forms
from horizon.errors import Invalid
from horizon.gitops import layout
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository
from horizon.web.base import Page
from horizon.web.island import Endpoint, a_map, packed, text, texts


class Form(Page):
    """`/clusters/{name}/form`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The form, with all that it is drawn from."""
        cluster = self.cluster(name, Verb.VIEW)
        given = _given(cluster, request.user.get_username(), self._reason(cluster))
        return self.show("web/form.html", nav="clusters", cluster=cluster, editable=given["editable"], given=packed(given))

    def _reason(self, cluster: Cluster) -> str:
        """Why this person may not edit it; empty if they may."""
        if cluster.archived_at:
            return _("This cluster was deleted. Restore it to edit its config.")
        if Verb.EDIT not in verbs(self.actor, cluster):
            return _("You may look at this config. To edit it takes one of the roles developer, maintainer and owner.")
        return ""


class Preview(Endpoint):
    """`/clusters/{name}/form/preview`"""

    def post(self, request: HttpRequest, name: str) -> JsonResponse:
        """What saving this would change: files, keys, objects; `against` says whether compared with what is pending or what is released."""
        cluster, sent = self.cluster(name, Verb.VIEW), self.sent()
        against = text(sent, "against", default="pending")
        if against not in ("pending", "released"):
            raise Invalid(_("Compare with what is pending or with what is released."), code="body")
        wanted = edit.put_section(layout.APPLICATION, edit.template(cluster), a_map(sent, "config"))
        before = cluster_repository(cluster).head(layout.MASTER) if against == "released" else None
        return JsonResponse(review.proposed(cluster, wanted, before=before))


class Save(Endpoint):
    """`/clusters/{name}/form/save`"""

    def post(self, request: HttpRequest, name: str) -> JsonResponse:
        """Commit it as an edit; needs `If-Match` with the revision that was seen."""
        cluster, sent = self.cluster(name, Verb.EDIT), self.sent()
        title = text(sent, "title", default="")
        edited = edit.put_config(cluster, a_map(sent, "config"), actor=self.actor, title=title, seen=self.if_match())
        return JsonResponse({"revision": edited.sha, "changed": edited.changed})


class Merge(Endpoint):
    """`/clusters/{name}/form/merge`"""

    def post(self, request: HttpRequest, name: str) -> JsonResponse:
        """What was typed at a revision, on top of what others saved since. Saves nothing."""
        cluster, sent = self.cluster(name, Verb.EDIT), self.sent()
        return JsonResponse(asdict(forms.merged(cluster, a_map(sent, "config"), seen=text(sent, "seen"), yielding=texts(sent, "yielding"))))


def _given(cluster: Cluster, person: str, reason: str) -> dict[str, Any]:
    drawn = forms.of_cluster(cluster)
    pages = {"preview": "form-preview", "save": "form-save", "merge": "form-merge", "cluster": "cluster"}
    return {
        "page": "config",
        "thing": f"{person}/cluster/{cluster.pk}",
        "editable": not reason,
        "reason": reason,
        "schema": drawn.schemas.schema,
        "ui": drawn.schemas.ui,
        "config": drawn.config,
        "revision": drawn.revision,
        "decided": drawn.decided,
        "urls": {key: reverse(page, args=[cluster.name]) for key, page in pages.items()},
    }
