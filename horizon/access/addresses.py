"""Where a request comes from."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings


def came_from(meta: Mapping[str, Any]) -> str:
    """The address in a request's headers. What a proxy says counts only where the installation says how many proxies there are."""
    proxies, said = settings.REST_FRAMEWORK.get("NUM_PROXIES"), str(meta.get("HTTP_X_FORWARDED_FOR") or "")
    if not proxies or not said:
        return str(meta.get("REMOTE_ADDR") or "")[:64]
    hops = said.split(",")
    return hops[-min(proxies, len(hops))].strip()[:64]
