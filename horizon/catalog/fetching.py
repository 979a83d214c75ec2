"""Helm's own schemas of values: Helm would fetch what they refer to, from wherever the platform can reach, at every render."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from horizon.catalog import archive, schema
from horizon.errors import Invalid

SCHEMA = "values.schema.json"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DIALECTS = frozenset(("http://json-schema.org/draft-04/schema", *schema.DIALECTS))
"""Helm carries these with it."""


def refuse(files: Mapping[str, bytes]) -> None:
    """Refuse such a schema, of the chart or of one that it carries, if it refers to anything outside itself. Raises `Invalid`."""
    for path, content in _with_packed(files):
        if path.endswith(SCHEMA):
            _refuse_outside(path, _read(path, content))


def _with_packed(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """All files, and those of charts that are packed inside, together no larger than a template may be."""
    waiting, total = [("", files)], 0
    while waiting:
        above, found = waiting.pop()
        for path, content in found.items():
            yield above + path, content
            if "charts" not in path.split("/") or not path.endswith(".tgz"):
                continue
            packed = archive.unpack(content)
            total += len(content) + sum(map(len, packed.values()))
            if total > archive.MAX_UNPACKED:
                raise Invalid(f"{above}{path}: packed charts are too large together.", code="archive_size", details={"file": above + path})
            waiting.append((f"{above}{path}/", packed))


def _read(path: str, content: bytes) -> Any:
    try:
        return json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{path} is not JSON.", code="schema", details={"file": path}) from error


def _refuse_outside(path: str, loaded: Any) -> None:
    waiting = [loaded]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        if not isinstance(part, dict):
            continue
        waiting += part.values()
        outside = [part[key] for key in _REFERENCES if key in part and not str(part[key]).startswith("#")]
        outside += [part["$schema"]] if "$schema" in part and not _known(part["$schema"]) else []
        if outside:
            message = f"{path} refers to {str(outside[0])[:80]!r}: only references inside the same file are followed."
            raise Invalid(message, code="schema_reference", details={"file": path})


def _known(dialect: Any) -> bool:
    return isinstance(dialect, str) and dialect.rstrip("#") in _DIALECTS
