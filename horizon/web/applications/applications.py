"""Applications: found in a list; one with its clusters side by side by environment, and how the config of two of them differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from horizon.access import lists
from horizon.access.permissions import verbs, visible_clusters, visible_groups
from horizon.access.policy import Verb
from horizon.delivery import finding, review
from horizon.delivery.models import ACTIVE, Pipelinerun
from horizon.gitops import layout
from horizon.inventory.models import Application, Cluster, Environment, Priority, Template
from horizon.web import diffs
from horizon.web.base import Page
from horizon.web.groups import groups, members
from horizon.web.listing import Asked, number

_SIZE = 50
_SUGGESTED = 200
_SAID = (*finding.APPLICATION_FILTERS, "archived", "sort")


@dataclass(frozen=True)
class Lane:
    """One environment with the application's clusters there, and the clusters of the next one, to which they are promoted."""

    environment: Environment
    clusters: list[Cluster]
    after: list[Cluster]


class Applications(Page):
    """`/applications`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The applications that one may see and asks for; the rows alone where htmx asks for them."""
        asked = Asked(self.actor, request.GET, _SAID)
        found = lists.sort(asked, finding.found_applications(asked), finding.APPLICATION_SORTS, unless="name")
        page = number(asked.query("page"))
        keys = list(found.values_list("pk", flat=True)[(page - 1) * _SIZE : page * _SIZE + 1])
        return self.show(
            "web/parts/applications.html" if self.partly else "web/applications.html",
            nav="applications",
            applications=_rows(visible_clusters(self.actor), keys[:_SIZE]),
            narrowed=any(asked.query(name) for name in _SAID),
            before=asked.address(page=str(page - 1)) if page > 1 else "",
            after=asked.address(page=str(page + 1)) if len(keys) > _SIZE else "",
            **({} if self.partly else self._choices(asked)),
        )

    def _choices(self, asked: Asked) -> dict[str, Any]:
        """The fields of the filters, and what else of the address is kept."""
        said = ("search", "template", "priority", "group")
        return {
            "search": asked.query("search"),
            "archived": asked.query("archived") == "true",
            "selects": (
                ("template", _("Every template"), list(Template.objects.values_list("name", flat=True)), asked.query("template")),
                ("priority", _("Every priority"), Priority.values, asked.query("priority")),
            ),
            "group": asked.query("group"),
            "groups": list(visible_groups(self.actor).order_by("path").values_list("path", flat=True)[:_SUGGESTED]),
            "kept": [(name, value) for name in _SAID if name not in said for value in asked.queries(name) if value],
        }


class OneApplication(Page):
    """`/applications/{name}`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The application with its clusters; where htmx asks, how the config of `?left=` and `?right=` differs."""
        application = self.application(name, Verb.VIEW)
        found = of_application(self, application)
        compared = _compared([cluster for lane in found["lanes"] for cluster in lane.clusters], request.GET.get("left"), request.GET.get("right"))
        if self.partly:
            return self.show("web/parts/compare.html", application=application, **compared)
        return self.show("web/application.html", **found, **compared)


def of_application(page: Page, application: Application) -> dict[str, Any]:
    """What the page of an application says beside the comparison."""
    may = verbs(page.actor, application)
    lanes = _lanes(finding.whole(page.actor).filter(pk__in=visible_clusters(page.actor).filter(application=application, archived_at=None)))
    return {
        "nav": "applications",
        "application": application,
        "tags": application.tags.all(),
        "steps": groups.steps(page.actor, application.group),
        "may": {verb.value for verb in may} if not application.archived_at else set(),
        "restores": application.archived_at and Verb.DELETE in may,
        "lanes": lanes,
        "total": sum(len(lane.clusters) for lane in lanes),
        "asks": Verb.EDIT not in may,
        **members.belonging(page.actor, application, may),
    }


def _rows(visible: "QuerySet[Cluster]", keys: Sequence[int]) -> list[Application]:
    """The rows of one page in their order, each with the number of its clusters that one may see."""
    rows = Application.objects.select_related("group", "template").prefetch_related("tags").in_bulk(keys)
    clusters = visible.filter(application__in=keys, archived_at=None).order_by()
    counts = {
        row["application"]: row for row in clusters.values("application").annotate(all=Count("pk"), pending=Count("pk", filter=Q(pending=True)))
    }
    found = [rows[key] for key in keys if key in rows]
    for row in found:
        row.counts = counts.get(row.pk, {"all": 0, "pending": 0})
    return found


def _lanes(clusters: Iterable[Cluster]) -> list[Lane]:
    """All environments in their order, each with its clusters, which know their active run."""
    rows = sorted(clusters, key=lambda cluster: cluster.name)
    active = dict(Pipelinerun.objects.filter(cluster__in=rows, state__in=ACTIVE).order_by("-pk").values_list("cluster", "action"))
    for row in rows:
        row.active = active.get(row.pk, "")
    environments = list(Environment.objects.all())
    held = [[row for row in rows if row.environment_id == environment.pk] for environment in environments]
    return [
        Lane(environment, held[place], next((there for there in held[place + 1 :] if there), [])) for place, environment in enumerate(environments)
    ]


def _compared(clusters: Sequence[Cluster], left: str | None, right: str | None) -> dict[str, Any]:
    """How the config of two of the clusters differs: those that were asked for, else the first and the next one in another environment."""
    if len(clusters) < 2:
        return {"comparable": []}
    by_name = {cluster.name: cluster for cluster in clusters}
    one = by_name.get(left or "", clusters[0])
    others = [cluster for cluster in clusters if cluster != one]
    elsewhere = next((cluster for cluster in others if cluster.environment_id != one.environment_id), others[0])
    other = by_name.get(right or "", elsewhere)
    found = review.across(one, other)
    # What the platform writes differs between any two clusters: it is not what one looks for first.
    system = [item for item in found if layout.OWNERS[item["file"]] == layout.OWNERS[layout.ENV]]
    written = [item for item in found if item not in system]
    return {"comparable": clusters, "left": one, "right": other, "files": diffs.files(written), "others": diffs.files(system)}
