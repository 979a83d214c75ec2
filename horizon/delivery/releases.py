"""Which releases there are and people are offered; exactly one release of a template is recommended (DESIGN section 6)."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.errors import Conflict, NotFound
from horizon.inventory.models import ReleaseState, Template, TemplateRelease


def template(name: str) -> Template:
    """The template of this name. Raises `NotFound`."""
    row = Template.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no template {name}")
    return row


def release(name: str, version: str) -> TemplateRelease:
    """The release of this version. Raises `NotFound`."""
    row = TemplateRelease.objects.select_related("template").filter(template__name=name, version=version).first()
    if row is None:
        raise NotFound(f"there is no release {version} of template {name}")
    return row


def offered(template: Template) -> list[TemplateRelease]:
    """The releases that may be chosen, without their archives: the recommended one first, those on their way out last."""
    rows = template.releases.defer("archive").select_related("template").exclude(state=ReleaseState.RETIRED).order_by("-id")
    return sorted(rows, key=lambda row: (row.state != ReleaseState.RECOMMENDED, row.state == ReleaseState.DEPRECATED))


def counted(rows: "QuerySet[Any]", clusters: str) -> "QuerySet[Any]":
    """The rows, each with `uses`: how many clusters there are on it, whoever may see them. `clusters` is how a row names them."""
    return rows.annotate(uses=Count(clusters, filter=Q(**{f"{clusters}__ready": True, f"{clusters}__archived_at": None})))


def uses(row: TemplateRelease) -> int:
    """How many clusters are on a release, whoever may see them."""
    return int(row.clusters.filter(ready=True, archived_at=None).count())


@transaction.atomic
def change_state(row: TemplateRelease, state: ReleaseState, *, actor: Actor) -> TemplateRelease:
    """Recommend, offer, deprecate or retire a release; clusters on it go on. The one recommended before is then offered.

    Raises `Conflict` for taking the recommendation away without giving it to another one.
    """
    template = Template.objects.select_for_update().get(pk=row.template_id)
    found = template.releases.select_related("template").get(pk=row.pk)
    before = found.state
    if before == state:
        return found
    if before == ReleaseState.RECOMMENDED:
        raise Conflict(f"{found} is what new clusters get: recommend another release first", code="recommended")
    replaced = template.releases.filter(state=ReleaseState.RECOMMENDED).first() if state == ReleaseState.RECOMMENDED else None
    if replaced:
        _save(replaced, ReleaseState.OFFERED)
    _save(found, state)
    others = {"instead_of": replaced.version} if replaced else {}
    about = {"template": template.name, "release": found.version, "before": before, "after": state, **others}
    record(actor, "change release", None, title=f"{state.label} {found}", **about)
    return found


@transaction.atomic
def describe(template: Template, description: str, *, actor: Actor) -> Template:
    """Give a template another description."""
    template = Template.objects.select_for_update().get(pk=template.pk)
    before = template.description
    if before == description:
        return template
    template.description = description
    template.save(update_fields=["description"])
    about = {"template": template.name, "before": before, "after": description}
    record(actor, "edit template", None, title=f"Describe template {template}", **about)
    return template


def _save(release: TemplateRelease, state: ReleaseState) -> None:
    release.state = state
    release.save(update_fields=["state"])
