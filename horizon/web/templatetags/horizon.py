"""What templates need to show our things: icons, states in words and colours, short revisions, times."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon import helmyaml
from horizon.delivery.models import Action, State, StepName
from horizon.engines.contract import Health, Sync
from horizon.engines.objects import Impact
from horizon.inventory.models import ReleaseState
from horizon.web import diffs

register = template.Library()

_REVISION = re.compile(r"\b[0-9a-f]{40}\b")
Look = tuple[str, Any]
"""A colour of the stylesheet, and words."""

_SYNC: Mapping[str, Look] = {
    Sync.SYNCED: ("ok", gettext_lazy("Synced")),
    Sync.OUT_OF_SYNC: ("warn", gettext_lazy("Out of sync")),
    Sync.UNKNOWN: ("", gettext_lazy("Sync unknown")),
    Sync.NOT_DEPLOYED: ("", gettext_lazy("Not deployed")),
}
_HEALTH: Mapping[str, Look] = {
    Health.HEALTHY: ("ok", gettext_lazy("Healthy")),
    Health.PROGRESSING: ("info", gettext_lazy("Progressing")),
    Health.DEGRADED: ("bad", gettext_lazy("Degraded")),
    Health.MISSING: ("bad", gettext_lazy("Missing")),
    Health.UNKNOWN: ("", gettext_lazy("Health unknown")),
}
_STATE: Mapping[str, Look] = {
    State.QUEUED: ("", gettext_lazy("Queued")),
    State.RUNNING: ("info live", gettext_lazy("Running")),
    State.OK: ("ok", gettext_lazy("Ok")),
    State.FAILED: ("bad", gettext_lazy("Failed")),
    State.CANCELLED: ("warn", gettext_lazy("Cancelled")),
}
_IMPACT: Mapping[str, Look] = {
    Impact.NEW: ("ok", gettext_lazy("new")),
    Impact.CHANGED: ("info", gettext_lazy("changed")),
    Impact.RESTART: ("warn", gettext_lazy("pods restart")),
    Impact.IMMUTABLE: ("bad", gettext_lazy("immutable field")),
    Impact.REMOVED: ("bad", gettext_lazy("removed")),
}
_RELEASE: Mapping[str, Look] = {
    ReleaseState.RECOMMENDED: ("ok", gettext_lazy("recommended")),
    ReleaseState.OFFERED: ("info", gettext_lazy("offered")),
    ReleaseState.DEPRECATED: ("warn", gettext_lazy("deprecated")),
    ReleaseState.RETIRED: ("", gettext_lazy("retired")),
}
_ACTION: Mapping[str, Any] = {
    Action.DEPLOY: gettext_lazy("Deploy"),
    Action.RESTART: gettext_lazy("Restart"),
    Action.ROLLBACK: gettext_lazy("Roll back"),
    Action.FREE: gettext_lazy("Free"),
    Action.DELETE: gettext_lazy("Delete"),
}
_STEP: Mapping[str, Any] = {
    StepName.PREFLIGHT: gettext_lazy("Ask the region"),
    StepName.MERGE: gettext_lazy("Release in Git"),
    StepName.SYNC: gettext_lazy("Tell the region"),
    StepName.WATCH: gettext_lazy("Watch until healthy"),
    StepName.REMOVE: gettext_lazy("Remove live objects"),
    StepName.ARCHIVE: gettext_lazy("Put away"),
}


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A shape of the sprite; it says nothing that the text beside it does not say."""
    return format_html(
        '<svg class="icon" width="{}" height="{}" aria-hidden="true"><use href="{}#{}"/></svg>', size, size, static("web/icons.svg"), name
    )


@register.simple_tag
def status(sync: str, health: str) -> SafeString:
    """One badge for a cluster: what is wrong, else how healthy it is."""
    return _badge(_SYNC[sync] if sync in (Sync.NOT_DEPLOYED, Sync.OUT_OF_SYNC) and health in _QUIET else _HEALTH.get(health, ("", health)))


_QUIET = (Health.HEALTHY, Health.UNKNOWN, Health.MISSING)
"""What a health adds nothing to where the objects are not those of the revision."""


@register.simple_tag
def sync_badge(value: str) -> SafeString:
    """Whether live objects are those of the revision."""
    return _badge(_SYNC.get(value, ("", value)))


@register.simple_tag
def health_badge(value: str) -> SafeString:
    """Whether live objects work."""
    return _badge(_HEALTH.get(value, ("", value)))


@register.simple_tag
def state_badge(value: str) -> SafeString:
    """How far a run is."""
    return _badge(_STATE.get(value, ("", value)))


@register.simple_tag
def state_colour(value: str) -> str:
    """The colour of a state."""
    return _STATE[value][0].split(" ")[0]


@register.filter
def state_words(value: str) -> str:
    """A state in words."""
    return str(_STATE[value][1])


@register.simple_tag
def impact_badge(value: str) -> SafeString:
    """What a deploy does to an object."""
    return _badge(_IMPACT.get(value, ("", value)))


@register.simple_tag
def release_badge(value: str) -> SafeString:
    """Whether people are offered a release."""
    return _badge(_RELEASE.get(value, ("", value)))


def _badge(look: Look) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', *look)


@register.filter
def action(value: str) -> str:
    """What a run does, in words."""
    return str(_ACTION.get(value, value))


@register.filter
def step(value: str) -> str:
    """A step of a run, in words."""
    return str(_STEP.get(value, value))


@register.filter
def yaml_diff(item: Mapping[str, Any]) -> diffs.File | None:
    """An object's YAML before and after, in rows."""
    return diffs.of_object(item)


@register.filter
def short(sha: str | None) -> str:
    """A revision as people say it."""
    return (sha or "")[:8]


@register.filter
def shortened(message: str | None) -> str:
    """A sentence with its revisions as people say them."""
    return _REVISION.sub(lambda found: short(found[0]), message or "")


@register.filter
def tell(marks: Iterable[Any], message: str) -> bool:
    """Whether one of the steps says this."""
    return any(mark.row and mark.row.message == message for mark in marks)


@register.filter
def written(value: Any) -> str:
    """A value of a field, maps and lists as YAML; a dash where it is absent."""
    if value is None:
        return "–"
    if isinstance(value, dict | list):
        return helmyaml.write(value).rstrip("\n")
    return str(value).lower() if isinstance(value, bool) else str(value)


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """A time as its distance from now, which the page keeps true."""
    if moment is None:
        return _("never")
    exact = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}" data-ago>{}</time>', moment.isoformat(), exact, age((timezone.now() - moment).total_seconds()))


_AGES = (
    ("day", 86_400, gettext_lazy("{n} d ago")),
    ("hour", 3600, gettext_lazy("{n} h ago")),
    ("minute", 60, gettext_lazy("{n} min ago")),
    ("second", 1, gettext_lazy("{n} s ago")),
)


@register.filter
def age(seconds: float) -> str:
    """A distance in time, in its largest unit."""
    whole = max(int(seconds), 0)
    _unit, size, words = next((item for item in _AGES if whole >= item[1]), _AGES[-1])
    return words.replace("{n}", str(whole // size))


@register.simple_tag
def ages() -> SafeString:
    """The words of ages as attributes, for the script that keeps them true."""
    return format_html_join("", ' data-{}="{}"', ((unit, words) for unit, _, words in _AGES))


@register.simple_tag
def took(started: datetime | None, finished: datetime | None) -> str:
    """How long something took, or takes so far."""
    if started is None:
        return ""
    seconds = ((finished or timezone.now()) - started).total_seconds()
    return _("%(n).1f s") % {"n": seconds} if seconds < 60 else _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}


@register.filter
def initials(name: str) -> str:
    """Two letters of a name."""
    return "".join(part[:1] for part in name.replace("-", " ").replace("_", " ").split()[:2]).upper() or name[:1].upper()
