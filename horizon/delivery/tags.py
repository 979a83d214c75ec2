"""Tags: labels on applications and clusters, to find them by. Rows, not Git: they change nothing that ships."""

import re
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.errors import Invalid
from horizon.inventory.events import kind, named
from horizon.inventory.models import Application, Cluster, Tag

MOST = 20
"""Tags of one thing."""
WORD = "[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?"
"""What a key or a value is made of."""
_WORD = re.compile(WORD, re.ASCII)


def replace(thing: Application | Cluster, wanted: Mapping[str, str], *, actor: Actor) -> dict[str, str]:
    """Let the thing have these tags and no others, and record both; the same again changes nothing. Raises `Invalid`."""
    _check(wanted)
    with transaction.atomic():
        # Two at once: the second waits, and its event tells what the first left.
        type(thing)._default_manager.select_for_update().get(pk=thing.pk)
        before, after = of(thing), dict(sorted(wanted.items()))
        if before != after:
            thing.tags.all().delete()
            Tag.objects.bulk_create(Tag(key=key, value=value, **{kind(thing): thing}) for key, value in after.items())
            title = f"Tag {named(thing)}: {', '.join(_written(*tag) for tag in after.items()) or 'nothing'}"
            record(actor, "tag", thing, title=title, before=before, after=after)
    return after


def of(thing: Application | Cluster) -> dict[str, str]:
    """Its tags, each key with its value."""
    return {tag.key: tag.value for tag in sorted(thing.tags.all(), key=lambda tag: tag.key)}


def tagged(text: str) -> Q:
    """Things with this tag: `key=value`, or `key` whatever its value."""
    key, equals, value = text.partition("=")
    return Q(key=key, value=value) if equals else Q(key=key)


def _check(wanted: Mapping[str, str]) -> None:
    if len(wanted) > MOST:
        raise Invalid(f"{len(wanted)} tags are too many: {MOST} at most", code="tags")
    for word in (*wanted, *filter(None, wanted.values())):
        if not _WORD.fullmatch(word):
            wanted_form = "letters, digits and -._ within, at most 63 characters"
            raise Invalid(f"{word[:80]!r} is no tag: use {wanted_form}", code="tags")


def _written(key: str, value: str) -> str:
    return f"{key}={value}" if value else key
