"""The catalogue: templates, their releases, who uses them, and what people are offered."""

import json
from typing import Any

from django import forms
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon import helmyaml
from horizon.access.permissions import require_admin, visible_clusters
from horizon.catalog import release as catalog
from horizon.catalog.release import Release
from horizon.delivery import releases
from horizon.delivery.rendering import release_from
from horizon.errors import Invalid
from horizon.inventory.models import Cluster, ReleaseState, Template, TemplateRelease
from horizon.web.base import Page
from horizon.web.catalogue import readme
from horizon.web.dialog import Dialog
from horizon.web.island import packed

_MANY = 6
"""So many templates are seen at a glance; of more one is searched for."""
_NAMED = 12
"""Clusters that a page names; the list of clusters has all."""
_WITHOUT_ARCHIVES = Prefetch("releases", TemplateRelease.objects.defer("archive"))


class Templates(Page):
    """`/templates`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A card for each template; `?search=` narrows by name and description."""
        search = request.GET.get("search", "").strip()[:80]
        everything = Template.objects.count()
        wanted = Template.objects.filter(Q(name__contains=search.lower()) | Q(description__icontains=search)) if search else Template.objects.all()
        rows = list(releases.counted(wanted, "releases__clusters").prefetch_related(_WITHOUT_ARCHIVES).order_by("name"))
        for row in rows:
            row.recommended = next((release for release in row.releases.all() if release.state == ReleaseState.RECOMMENDED), None)
        given = {"rows": rows, "search": search, "searchable": search or everything > _MANY, "may": self.actor.admin}
        return self.show("web/templates.html", nav="templates", **given)


class OneTemplate(Page):
    """`/templates/{name}`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Its releases with their states, who uses it, and the README of the release that people are offered first."""
        template = releases.template(name)
        rows = list(releases.counted(template.releases.defer("archive"), "clusters").order_by("-id"))
        first = next((row for row in rows if row.state == ReleaseState.RECOMMENDED), rows[0] if rows else None)
        given = {"of": template, "rows": rows, "first": first, "may": self.actor.admin}
        readable = _readme(_held(first)) if first else ""
        users = _users(visible_clusters(self.actor).filter(release__template=template), uses=sum(row.uses for row in rows))
        return self.show("web/template.html", nav="templates", readme=readable, **given, **users)


class OneRelease(Page):
    """`/templates/{name}/{version}`"""

    def get(self, request: HttpRequest, name: str, version: str) -> HttpResponse:
        """Its form to try; with `?show=files` its schemas and defaults, with `?show=about` README and clusters."""
        row = releases.release(name, version)
        part = request.GET.get("show", "form")
        if part not in _PARTS:
            raise Invalid(_("A release is shown as form, files or about."), code="query")
        given = {"row": row, "of": row.template, "uses": releases.uses(row), "may": self.actor.admin, "part": part}
        return self.show("web/release.html", nav="templates", **{**given, **_PARTS[part](self, row)})


class _State(forms.Form):
    state = forms.ChoiceField(choices=ReleaseState.choices)


class State(Dialog):
    """`/templates/{name}/{version}/state`"""

    template, form, nav, called = "web/sheets/state.html", _State, "templates", "row"

    def thing(self, name: str, version: str, **address: Any) -> TemplateRelease:
        """The release, for an administrator. Raises `NotFound`, `Forbidden`."""
        require_admin(self.actor)
        return releases.release(name, version)

    def back(self, row: TemplateRelease) -> str:
        """The template's page."""
        return reverse("template", args=[row.template.name])

    def shown(self, row: TemplateRelease, typed: Any) -> dict[str, Any]:
        """What each state means, and whom it hits."""
        recommended = row.template.releases.defer("archive").filter(state=ReleaseState.RECOMMENDED).exclude(pk=row.pk).first()
        wanted = typed.get("state") if typed.get("state") in ReleaseState.values else row.state
        return {"uses": releases.uses(row), "recommended": recommended, "wanted": wanted}

    def do(self, row: TemplateRelease, given: dict[str, Any]) -> str:
        """Change it."""
        releases.change_state(row, ReleaseState(given["state"]), actor=self.actor)
        return self.back(row)


def _held(row: TemplateRelease) -> Release:
    return release_from(bytes(row.archive))


def _readme(release: Release) -> Any:
    return readme.shown(release.readme)


def _users(clusters: "QuerySet[Cluster]", *, uses: int) -> dict[str, Any]:
    """Some of the clusters that one may see, how many those are, and how many others there are."""
    rows = clusters.filter(archived_at=None)
    named = rows.select_related("environment", "release").defer("release__archive").order_by("name")[:_NAMED]
    seen = rows.count()
    return {"clusters": list(named), "seen": seen, "hidden": max(uses - seen, 0), "uses": uses}


def _form(page: Page, row: TemplateRelease) -> dict[str, Any]:
    """What the form's island is told; the schemas it asks for."""
    urls = {step: reverse(f"try-{step}", args=[row.template.name, row.version]) for step in ("start", "preview")}
    thing = f"{page.request.user.get_username()}/try/{row.template.name}/{row.version}"
    return {"given": packed({"page": "try", "thing": thing, "release": str(row), "urls": urls})}


def _files(page: Page, row: TemplateRelease) -> dict[str, Any]:
    """The release's schemas and defaults as text, those that it has."""
    release = _held(row)
    found = (
        (catalog.SCHEMA, _("What draws the form and checks what is typed"), release.schema),
        (catalog.UI_SCHEMA, _("How the form looks"), release.ui_schema),
        (catalog.OUTPUT_SCHEMA, _("What CI must have posted before a deploy"), release.output_schema),
        (catalog.PIPELINE_SCHEMA, _("How CI builds"), release.pipeline_schema),
    )
    schemas = [{"name": name, "about": about, "text": json.dumps(data, indent=2, ensure_ascii=False)} for name, about, data in found if data]
    defaults = {"name": catalog.VALUES, "about": _("What holds where the form is left empty"), "text": helmyaml.write(release.values)}
    return {"files": [*schemas, defaults]}


def _about(page: Page, row: TemplateRelease) -> dict[str, Any]:
    """README, and the clusters on it that one may see."""
    return {"readme": _readme(_held(row)), **_users(visible_clusters(page.actor).filter(release=row), uses=releases.uses(row))}


_PARTS = {"form": _form, "files": _files, "about": _about}
