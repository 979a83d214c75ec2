"""Schedules as Kubernetes reads them: five fields, or a word such as `@daily`."""

import re
from typing import NamedTuple

_WORDS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_EVERY = re.compile(r"@every [+]?([0-9]{1,9}(\.[0-9]{0,9})?(ns|us|µs|ms|s|m|h))+")
_PART = re.compile(r"(?:(\*|\?)|([A-Za-z0-9]{1,9})(?:-([A-Za-z0-9]{1,9}))?)(?:/([0-9]{1,9}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


def schedule_problem(schedule: str) -> str | None:
    """Why a text is no schedule of a CronJob."""
    if "TZ" in schedule:
        return "must name no time zone: that is what the field `timeZone` is for"
    if schedule.startswith("@"):
        return None if schedule in _WORDS or _EVERY.fullmatch(schedule) else f"must be one of {', '.join(sorted(_WORDS))} or @every and a duration"
    texts = schedule.split()
    if len(texts) != len(_FIELDS):
        return f"must have five fields (minute, hour, day of month, month, day of week), it has {len(texts)}"
    return next((reason for field, text in zip(_FIELDS, texts, strict=True) if (reason := _field_problem(field, text))), None)


def _field_problem(field: _Field, text: str) -> str | None:
    return next((reason for part in text.split(",") if (reason := _part_problem(field, part))), None)


def _part_problem(field: _Field, part: str) -> str | None:
    match = _PART.fullmatch(part)
    if not match:
        return f"the {field.name} must be numbers, ranges, lists, steps or '*'"
    star, first, last, step = match.groups()
    if step and not int(step):
        return f"the step of the {field.name} must not be zero"
    if star:
        return None
    begin = _number(field, first)
    end = _number(field, last) if last else begin
    if begin is None or end is None:
        return f"the {field.name} must be between {field.lowest} and {field.highest}"
    return f"the {field.name}'s range must not end before it begins" if begin > end else None


def _number(field: _Field, text: str) -> int | None:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.lowest
    if not text.isdecimal():
        return None
    return int(text) if field.lowest <= int(text) <= field.highest else None
