"""New applications and clusters: what they are, the template's form, their manifests before anything exists."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.permissions import groups_to, require
from horizon.access.policy import Verb
from horizon.delivery import application as configs
from horizon.delivery import create, edit, form, preview
from horizon.delivery.releases import offered
from horizon.errors import Invalid
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files
from horizon.inventory import names
from horizon.inventory.models import Application, Cluster, Environment, Group, Priority, Region, ReleaseState, Template, TemplateRelease
from horizon.web.applications import asking
from horizon.web.base import Page
from horizon.web.island import Endpoint, a_map, as_yaml, manifests, packed, text

_MOST_GROUPS = 1000


class NewApplication(Page):
    """`/new/application`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """What is asked of a new application."""
        groups = [group.path for group in groups_to(self.actor, Verb.EDIT).order_by("path")[:_MOST_GROUPS]]
        templates = _offered_templates()
        given = {**_given(self, "application"), **asking.application(groups, templates, chosen=request.GET.get("group", ""))}
        return self.show(
            "web/create.html", nav="clusters", title=_("New application"), given=packed(given), lacking=_lacking(groups=groups, templates=templates)
        )


class StartApplication(Endpoint):
    """`/new/application/start?template=`"""

    def get(self, request: HttpRequest) -> JsonResponse:
        """The form of the template's recommended release, empty."""
        row = create.recommended(_template(request.GET.get("template", "")))
        return JsonResponse({"template": row.template.name, "release": row.version, "config": {}, **asdict(form.of_release(row))})


class PreviewApplication(Endpoint):
    """`/new/application/preview`"""

    def post(self, request: HttpRequest) -> JsonResponse:
        """The manifests that a cluster with this config would have; errors by pointer where the schema says no."""
        sent = self.sent()
        name = names.checked(text(sent, "name"), what="an application")
        release = create.recommended(_template(text(sent, "template")))
        rendered = preview.preview(release, config=a_map(sent, "config"), output={}, name=name, namespace="preview")
        return manifests(rendered["objects"])


class ReviewApplication(Endpoint):
    """`/new/application/review`"""

    def post(self, request: HttpRequest) -> JsonResponse:
        """What would be committed, and the manifests of a cluster that starts from it. Raises as making it does."""
        new = _new_application(self, self.sent())
        files = create.application_files(new)
        create.refuse_taken(Application, new.name)
        rendered = preview.preview(create.recommended(new.template), config=new.config, output={}, name=new.name, namespace="preview")
        return _proposed(files, rendered["objects"])


class SaveApplication(Endpoint):
    """`/new/application/save`"""

    def post(self, request: HttpRequest) -> JsonResponse:
        """Make it; where to go then."""
        made = create.application(_new_application(self, self.sent()), actor=self.actor)
        return JsonResponse({"url": reverse("new-cluster", args=[made.name])}, status=201)


class NewCluster(Page):
    """`/new/cluster/{application}`"""

    def get(self, request: HttpRequest, application: str) -> HttpResponse:
        """What is asked of a new cluster, with choices that make sense."""
        row = self.application(application, Verb.EDIT)
        environments, regions, releases = _names(Environment), _names(Region), offered(row.template)
        others = list(Cluster.objects.filter(application=row).select_related("environment", "region").order_by("pk"))
        asked = asking.cluster(
            row.name,
            environments,
            regions,
            [release.version for release in releases],
            _likely(environments, regions, others, request.GET.get("environment", "")),
        )
        given = {**_given(self, "cluster", row.name), **asked, "taken": [cluster.name for cluster in others]}
        title = _("New cluster of %(name)s") % {"name": row.name}
        lacking = _lacking(environments=environments, regions=regions, releases=releases)
        return self.show("web/create.html", nav="clusters", title=title, given=packed(given), lacking=lacking)


class StartCluster(Endpoint):
    """`/new/cluster/{application}/start?environment=&release=`"""

    def get(self, request: HttpRequest, application: str) -> JsonResponse:
        """The release's form, with what the application holds for the environment."""
        row = self.application(application, Verb.EDIT)
        release = _release(row.template, request.GET.get("release", ""))
        held = configs.read(row, _environment(request.GET.get("environment", "")))
        answer = {"template": row.template.name, "release": release.version, "config": held.config, **asdict(form.of_release(release))}
        return JsonResponse(answer)


class PreviewCluster(Endpoint):
    """`/new/cluster/{application}/preview`"""

    def post(self, request: HttpRequest, application: str) -> JsonResponse:
        """The manifests that the cluster would have; errors by pointer where the schema says no."""
        return manifests(create.previewed(_new_cluster(self.application(application, Verb.EDIT), self.sent())))


class ReviewCluster(Endpoint):
    """`/new/cluster/{application}/review`"""

    def post(self, request: HttpRequest, application: str) -> JsonResponse:
        """What would be committed, and the manifests of its first deploy. Raises as making it does."""
        new = _new_cluster(self.application(application, Verb.EDIT), self.sent())
        files, objects = create.rendered(new)
        create.refuse_taken(Cluster, new.name)
        return _proposed(files, objects)


class SaveCluster(Endpoint):
    """`/new/cluster/{application}/save`"""

    def post(self, request: HttpRequest, application: str) -> JsonResponse:
        """Make it, with exactly this config, nothing released; where to go then."""
        made = create.cluster(_new_cluster(self.application(application, Verb.EDIT), self.sent()), actor=self.actor)
        return JsonResponse({"url": reverse("cluster", args=[made.name])}, status=201)


def _new_application(page: Page, sent: dict[str, Any]) -> create.NewApplication:
    """What was filled in, for a group in which the actor may make it. Raises `Invalid`, `Forbidden`."""
    group = _named_by(Group.objects.filter(path=text(sent, "group")), "group")
    require(page.actor, Verb.EDIT, group)
    return create.NewApplication(
        name=text(sent, "name"),
        group=group,
        template=_template(text(sent, "template")),
        description=text(sent, "description", default=""),
        priority=text(sent, "priority", default=Priority.P3.value),
        config=a_map(sent, "config"),
    )


def _new_cluster(application: Application, sent: dict[str, Any]) -> create.NewCluster:
    """What was filled in. The config is sent whole: what the application holds beside it is taken away. Raises `Invalid`."""
    environment = _environment(text(sent, "environment"))
    return create.NewCluster(
        name=text(sent, "name"),
        application=application,
        environment=environment,
        region=_named(Region, text(sent, "region"), "region"),
        release=_release(application.template, text(sent, "release", default="")),
        description=text(sent, "description", default=""),
        config=edit.patch_between(configs.read(application, environment).config, a_map(sent, "config")),
        image=text(sent, "image", default=""),
    )


def _proposed(files: Files, objects: list[dict[str, Any]]) -> JsonResponse:
    """A review of what does not exist yet: every file, and each object as YAML."""
    return JsonResponse({"files": [asdict(item) for item in diff({}, files)], "manifests": as_yaml(objects)})


def _likely(environments: list[str], regions: list[str], others: list[Cluster], asked: str) -> dict[str, str]:
    """The environment that was asked for, else the first that the application is not in yet, and the region where it was put last."""
    used = {cluster.environment.name for cluster in others}
    free = next((name for name in environments if name not in used), next(iter(environments), ""))
    environment = asked if asked in environments else free
    return {"environment": environment, "region": others[-1].region.name if others else next(iter(regions), "")}


def _given(page: Page, kind: str, *things: str) -> dict[str, Any]:
    """What both pages of this kind tell the form."""
    urls = {step: reverse(f"new-{kind}-{step}", args=things) for step in ("start", "preview", "review", "save")}
    urls["cancel"] = reverse("home")
    return {"page": "create", "thing": "/".join((page.request.user.get_username(), "new", kind, *things)), "urls": urls}


def _lacking(**choices: Iterable[Any]) -> str:
    """The first kind of thing without which nothing can be made; empty if all are there."""
    return next((kind for kind, found in choices.items() if not found), "")


def _offered_templates() -> list[Template]:
    """The templates of which there is a release to use."""
    unused = (ReleaseState.RETIRED, ReleaseState.DEPRECATED)
    rows = Template.objects.filter(Exists(TemplateRelease.objects.filter(template=OuterRef("pk")).exclude(state__in=unused)))
    return list(rows.annotate(uses=Count("applications")).order_by("name"))


def _names(kind: type[Environment] | type[Region]) -> list[str]:
    return list(kind._default_manager.values_list("name", flat=True))


def _template(name: str) -> Template:
    return _named(Template, name, "template")


def _environment(name: str) -> Environment:
    return _named(Environment, name, "environment")


def _release(template: Template, version: str) -> TemplateRelease:
    """The release of this version, or the recommended one where none is said. Raises `Invalid`, `Conflict`."""
    if not version:
        return create.recommended(template)
    found = template.releases.select_related("template").filter(version=version).first()
    if found is None:
        raise Invalid(_("There is no such release."), code="unknown", details={"field": "release"})
    return found


def _named(kind: Any, name: str, field: str) -> Any:
    return _named_by(kind._default_manager.filter(name=name), field)


def _named_by(rows: Any, field: str) -> Any:
    found = rows.first()
    if found is None:
        raise Invalid(_("There is no such %(field)s.") % {"field": field}, code="unknown", details={"field": field})
    return found
