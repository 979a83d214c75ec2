"""Bodies that nothing behind has to fear: bounded; JSON shallow, without NUL, lone surrogates or numbers that JSON does not have."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from horizon import helmyaml
from horizon.catalog.archive import MAX_PACKED
from horizon.errors import Invalid

MAX_BODY = 1024 * 1024
MAX_ARCHIVE = MAX_PACKED


class Json(BaseParser):
    """Parse a JSON body. Raises `Invalid`."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The body's data."""
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise Invalid(f"the body is larger than {MAX_BODY} bytes", code="too_large")
        try:
            data = json.loads(raw, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise Invalid(f"the body is no JSON: {reason}", code="json") from error
        helmyaml.refuse_unwritable(data)
        return data


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


class MergePatch(Json):
    """A JSON merge patch (RFC 7396)."""

    media_type = "application/merge-patch+json"


class Gzip(BaseParser):
    """An archive as the body itself; whoever reads it trusts nothing of it. Only for views that take one."""

    media_type = "application/gzip"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> bytes:
        """The body's bytes. Raises `Invalid` for too many."""
        raw = stream.read(MAX_ARCHIVE + 1)
        if len(raw) > MAX_ARCHIVE:
            raise Invalid(f"the archive is larger than {MAX_ARCHIVE} bytes", code="too_large")
        return raw
