"""What the platform answers to: programs in JSON, people with pages."""

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from horizon.api import errors as programs
from horizon.web import errors as pages

_PROGRAMS = ("/api/", "/git/", "/charts/", "/healthz")
"""Where no person looks: errors there are JSON."""


def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether this process can do its work: 200 while the database answers, 503 otherwise. Asks for no sign-in."""
    try:
        _ask_database()
    except Error:
        return JsonResponse({"status": "unavailable", "reason": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that is none."""
    return programs.not_found(request, exception) if request.path.startswith(_PROGRAMS) else pages.not_found(request, exception)


def bug(request: HttpRequest) -> HttpResponse:
    """The answer to a fault of ours."""
    return programs.bug(request) if request.path.startswith(_PROGRAMS) else pages.bug(request)


handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = not_found
handler500 = bug

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("horizon.api.urls")),
    path("", include("horizon.web.urls")),
]
