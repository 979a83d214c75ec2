"""Which releases people are offered; exactly one release of a template is recommended (DESIGN section 6)."""

from django.db import transaction

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.errors import Conflict
from horizon.inventory.models import ReleaseState, Template, TemplateRelease


@transaction.atomic
def change_state(release: TemplateRelease, state: ReleaseState, *, actor: Actor) -> TemplateRelease:
    """Recommend, offer, deprecate or retire a release; clusters on it go on. The one recommended before is then offered.

    Raises `Conflict` for taking the recommendation away without giving it to another one.
    """
    template = Template.objects.select_for_update().get(pk=release.template_id)
    release = template.releases.select_related("template").get(pk=release.pk)
    before = release.state
    if before == state:
        return release
    if before == ReleaseState.RECOMMENDED:
        raise Conflict(f"{release} is what new clusters get: recommend another release first", code="recommended")
    replaced = template.releases.filter(state=ReleaseState.RECOMMENDED).first() if state == ReleaseState.RECOMMENDED else None
    if replaced:
        _save(replaced, ReleaseState.OFFERED)
    _save(release, state)
    others = {"instead_of": replaced.version} if replaced else {}
    about = {"template": template.name, "release": release.version, "before": before, "after": state, **others}
    record(actor, "change release", None, title=f"{state.label} {release}", **about)
    return release


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
