"""Home: the clusters that one may see, found and counted."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.access import favourites, lists
from horizon.access.permissions import Actor, visible_applications, visible_groups
from horizon.access.policy import Verb
from horizon.delivery import finding
from horizon.delivery.finding import FILTERS, SORTS
from horizon.delivery.models import ACTIVE, Pipelinerun
from horizon.engines.contract import Health, Sync
from horizon.inventory.models import Cluster, Environment, Region, Template
from horizon.web.base import Page, go
from horizon.web.listing import Asked, number

_SIZE = 50
_SUGGESTED = 200
"""Names that a field offers as one types."""
_SAID = (*FILTERS, "sort")
_STATUS = ("sync", "health", "pending")
_CHIPS: tuple[tuple[Any, str, str, str], ...] = (
    (gettext_lazy("Healthy"), "ok", "health", Health.HEALTHY),
    (gettext_lazy("Progressing"), "info", "health", Health.PROGRESSING),
    (gettext_lazy("Degraded"), "bad", "health", Health.DEGRADED),
    (gettext_lazy("Out of sync"), "warn", "sync", Sync.OUT_OF_SYNC),
    (gettext_lazy("Not deployed"), "", "sync", Sync.NOT_DEPLOYED),
    (gettext_lazy("Pending edits"), "info", "pending", "true"),
)


class Home(Page):
    """`/`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list; its rows and counts alone where htmx asks for them."""
        asked = Asked(self.actor, request.GET, _SAID)
        template = "web/parts/clusters.html" if self.partly else "web/home.html"
        answer = self.show(template, **_listed(asked), **({} if self.partly else _choices(asked)))
        answer.headers["Vary"] = "HX-Request"
        if self.partly:
            answer.headers["HX-Push-Url"] = reverse("home") + asked.address().removesuffix("?")
        return answer


class Favourite(Page):
    """`/clusters/{name}/favourite`"""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Make it a favourite, or none any more: the button as it is then."""
        cluster, wanted = self.cluster(name, Verb.VIEW), request.POST.get("wanted") == "true"
        (favourites.keep if wanted else favourites.drop)(cluster, actor=self.actor)
        if not self.partly:
            return go(request, reverse("cluster", args=[cluster.name]))
        return self.show("web/parts/favourite.html", cluster=cluster, favourite=wanted)


def _listed(asked: Asked) -> dict[str, Any]:
    plain = {name: condition for name, condition in FILTERS.items() if name not in _STATUS}
    counted = finding.counts(finding.found(asked, plain))
    rows = lists.sort(asked, finding.found(asked), SORTS, unless="name")
    page = number(asked.query("page"))
    keys = list(rows.values_list("pk", flat=True)[(page - 1) * _SIZE : page * _SIZE + 1])
    return {
        "asked": asked,
        "nav": "favourites" if asked.query("favourite") == "true" else "clusters",
        "clusters": _shown(asked.actor, keys[:_SIZE]),
        "chips": _chips(asked, counted),
        "total": counted["total"],
        "narrowed": any(asked.query(name) for name in FILTERS),
        "first": (page - 1) * _SIZE + 1,
        "last": (page - 1) * _SIZE + len(keys[:_SIZE]),
        "before": asked.address(page=str(page - 1)) if page > 1 else "",
        "after": asked.address(page=str(page + 1)) if len(keys) > _SIZE else "",
    }


def _shown(actor: Actor, keys: Iterable[int]) -> list[Cluster]:
    """The rows of one page in their order, each with its active run."""
    wanted = list(keys)
    rows = finding.whole(actor).in_bulk(wanted)
    active = dict(Pipelinerun.objects.filter(cluster__in=wanted, state__in=ACTIVE).order_by("-pk").values_list("cluster", "action"))
    found = [rows[key] for key in wanted if key in rows]
    for row in found:
        row.active = active.get(row.pk, "")
    return found


def _chips(asked: Asked, counted: finding.Counted) -> list[dict[str, Any]]:
    """Counts by status, each of which narrows the list to it."""
    chosen = {name: asked.query(name) for name in _STATUS if asked.query(name)}
    none = dict.fromkeys(_STATUS, "")
    everything = {"label": _("All"), "look": None, "count": counted["total"], "address": asked.address(**none), "current": not chosen}
    numbers: Mapping[str, Any] = {**counted, "pending": {"true": counted["pending"]}}
    return [everything] + [
        {
            "label": label,
            "look": look,
            "count": numbers[name][value],
            "address": asked.address(**{**none, name: str(value)}),
            "current": chosen == {name: value},
        }
        for label, look, name, value in _CHIPS
        if numbers[name][value] or chosen == {name: value}
    ]


def _choices(asked: Asked) -> dict[str, Any]:
    """The fields of the filters: those that say all that there is, those that offer names as one types, and what else is kept."""
    applications = visible_applications(asked.actor).filter(archived_at=None).order_by("name")
    groups = visible_groups(asked.actor).order_by("path")
    selects = (
        _field(asked, "environment", _("Environment"), Environment.objects.values_list("name", flat=True), every=_("Every environment")),
        _field(asked, "region", _("Region"), Region.objects.values_list("name", flat=True), every=_("Every region")),
        _field(asked, "template", _("Template"), Template.objects.values_list("name", flat=True), every=_("Every template")),
    )
    texts = (
        _field(asked, "application", _("Application"), applications.values_list("name", flat=True)[:_SUGGESTED]),
        _field(asked, "group", _("Group"), groups.values_list("path", flat=True)[:_SUGGESTED]),
    )
    fields = ("search", *(str(field["name"]) for field in (*selects, *texts)))
    kept = [(name, value) for name in (*FILTERS, "sort") if name not in fields for value in asked.queries(name) if value]
    return {"search": asked.query("search"), "selects": selects, "texts": texts, "kept": kept}


def _field(asked: Asked, name: str, label: str, values: Iterable[str], *, every: str = "") -> dict[str, Any]:
    return {"name": name, "label": label, "values": list(values), "chosen": asked.query(name), "every": every}
