"""The index of our own chart repository, so that `helm` needs no other server (DESIGN.md section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from horizon import helmyaml

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """One archive on the shelf. `created` knows its time zone; `digest_of_archive` is the sha256 of the archive's bytes, in hex."""

    name: str
    chart_version: str
    digest_of_archive: str
    created: datetime
    description: str


def index(entries: Iterable[IndexEntry], base_url: str) -> bytes:
    """Give the `index.yaml` that stock Helm reads; archives lie at `<base_url>/<name>-<version>.tgz`. Equal entries give equal bytes."""
    listed = sorted(entries, key=lambda entry: (entry.name, entry.created, entry.chart_version), reverse=True)
    charts: dict[str, list[dict[str, Any]]] = {name: [] for name in sorted({entry.name for entry in listed})}
    for entry in listed:
        charts[entry.name].append(_entry(entry, base_url.rstrip("/")))
    generated = max((entry.created for entry in listed), default=EPOCH)
    return helmyaml.write({"apiVersion": "v1", "entries": charts, "generated": _time(generated)}).encode()


def _entry(entry: IndexEntry, base_url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v2",
        "name": entry.name,
        "version": entry.chart_version,
        "type": "application",
        "description": entry.description,
        "created": _time(entry.created),
        "digest": entry.digest_of_archive,
        "urls": [f"{base_url}/{entry.name}-{entry.chart_version}.tgz"],
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
