"""Static files travel compressed, without a build: each is compressed at its first request and kept in memory."""

import gzip
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers

_TEXTS = ("text/", "application/json", "image/svg+xml")

Answer = Callable[[HttpRequest], Any]


def compressed(answer: Answer) -> Answer:
    """Compress files, never pages: a page holds secrets beside what others wrote, and its size would tell of them. A middleware."""

    def smaller(request: HttpRequest) -> Any:
        response = answer(request)
        if not request.path.startswith(settings.STATIC_URL):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        whole = request.method == "GET" and response.status_code == HTTPStatus.OK and response.headers.get("Content-Type", "").startswith(_TEXTS)
        if whole and "gzip" in request.headers.get("Accept-Encoding", ""):
            _compress(response)
        return response

    return smaller


def _compress(response: Any) -> None:
    packed = _packed(b"".join(response))
    response.streaming_content = (packed,)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(packed))


@lru_cache(maxsize=128)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
