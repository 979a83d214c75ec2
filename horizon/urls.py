"""What the platform answers to."""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import include, path


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


handler404 = "horizon.api.errors.not_found"
handler500 = "horizon.api.errors.bug"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("horizon.api.urls")),
]
