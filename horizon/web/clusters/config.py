"""A cluster's config as its file: what saving would change is shown as one writes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import verbs
from horizon.access.policy import Verb
from horizon.catalog.schema import pointer, steps
from horizon.delivery import edit, form, review
from horizon.errors import HorizonError, StaleRevision
from horizon.gitops import layout, values
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository
from horizon.web import diffs
from horizon.web.base import Page, go
from horizon.web.errors import status

LONGEST = 200_000
"""Letters of a config."""


class Written(forms.Form):
    """A config as it was written, the title of the edit, and the revision that was seen."""

    text = forms.CharField(max_length=LONGEST, required=False, strip=False)
    title = forms.CharField(max_length=255, required=False)
    seen = forms.CharField(max_length=40, required=False)


class Config(Page):
    """`/clusters/{name}/config`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The file as it is pending, and what later files decide."""
        return self._page(self.cluster(name, Verb.VIEW))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Save it as an edit, or show what that would change; where somebody else saved meanwhile, both are shown and nothing is lost."""
        cluster, written = self.cluster(name, Verb.EDIT), Written(request.POST)
        if not written.is_valid():
            return self._page(cluster, typed=request.POST, error=_("The text is longer than a config can be."), number=400)
        given = written.cleaned_data
        if "preview" in request.POST:
            return self._page(cluster, typed=given, preview=_preview(cluster, given["text"]))
        try:
            edited = edit.write_config(cluster, given["text"], actor=self.actor, title=given["title"], seen=given["seen"])
        except StaleRevision:
            said = _(
                "Somebody else saved in the meantime. Beside your text stands what it would change of theirs: take what you want, then save again."
            )
            return self._page(cluster, typed={**given, "seen": ""}, error=said, number=412, preview=_preview(cluster, given["text"]))
        except HorizonError as error:
            return self._page(cluster, typed=given, error=error.message, number=status(error), preview=_refused(cluster, error))
        said = (
            _("Saved as edit %(sha)s: it waits for a deploy.") % {"sha": edited.sha[:8]} if edited.changed else _("That is what was there already.")
        )
        messages.success(request, said)
        return go(request, reverse("cluster", args=[cluster.name]))

    def _page(
        self, cluster: Cluster, *, typed: Any = None, error: str = "", number: int = 200, preview: dict[str, Any] | None = None
    ) -> HttpResponse:
        repository = cluster_repository(cluster)
        revision = repository.refs.read()[layout.GITOPS]
        files = repository.files(revision)
        given = typed or {"text": files.get(layout.APPLICATION, b"").decode(errors="replace"), "title": "", "seen": revision}
        return self.show(
            "web/config.html",
            status=number,
            nav="clusters",
            cluster=cluster,
            may_edit=Verb.EDIT in verbs(self.actor, cluster) and not cluster.archived_at,
            text=given["text"],
            titled=given["title"],
            seen=given["seen"] or revision,
            error=error,
            shadowed=values.shadowed(files, layout.APPLICATION),
            **(preview or {}),
        )


class Preview(Page):
    """`/clusters/{name}/config/preview`"""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """What saving the text would change of what is pending; nothing is saved."""
        cluster = self.cluster(name, Verb.EDIT)
        return self.show("web/parts/preview.html", cluster=cluster, **_preview(cluster, request.POST.get("text", "")[:LONGEST]))


def _preview(cluster: Cluster, text: str) -> dict[str, Any]:
    try:
        found = review.proposed(cluster, edit.put_text(layout.APPLICATION, text))
    except HorizonError as error:
        return _refused(cluster, error)
    return {"shown": True, "files": diffs.files(found["files"]), "impacts": found["objects"], "troubles": found["errors"]}


def _schema(cluster: Cluster, error: HorizonError) -> Any:
    """The form's schema where the form shows what is wrong, else None."""
    return form.of_cluster(cluster).schemas.schema if error.details.get("file") == layout.APPLICATION else None


def _refused(cluster: Cluster, error: HorizonError) -> dict[str, Any]:
    return refused(error, edit.template(cluster), _schema(cluster, error))


def refused(error: HorizonError, section: str, schema: Any = None) -> dict[str, Any]:
    """What is wrong with the text: each with `at`, its pointer in the file under the key `section`, and with the form's field by this schema."""
    found = error.details.get("errors")
    if not found:
        stray = [pointer([key]) for key in error.details.get("keys", ())]
        alone = {"pointer": "", "message": error.message, "line": error.details.get("line"), "at": next(iter(stray), "")}
        return {"shown": True, "problems": [alone]}
    drawn = schema is not None
    places = [{"at": pointer([section]) + problem["pointer"], "in_form": drawn, "field": _field(schema, problem["pointer"])} for problem in found]
    return {"shown": True, "problems": [{**problem, **place} for problem, place in zip(found, places, strict=True)]}


def _field(schema: Any, written: str) -> str:
    """The title of the form's field at a JSON pointer (RFC 6901), empty where the schema gives it none."""
    for name in steps(written):
        within = schema if isinstance(schema, dict) else {}
        schema = within.get("items") if name.isdigit() and "items" in within else (within.get("properties") or {}).get(name)
    return str(schema.get("title", "")) if isinstance(schema, dict) else ""
