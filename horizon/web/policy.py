"""What a browser may do with a page: nothing from elsewhere, nothing written into the page itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

Answer = Callable[[HttpRequest], HttpResponse]


def content_security(answer: Answer) -> Answer:
    """Send every page with the policy, unless it brings a stricter one of its own. A middleware."""

    def guarded(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guarded
