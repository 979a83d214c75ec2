"""One error body, one place that knows status codes: `{code, message, details}` (DESIGN sections 10 and 11)."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from horizon import errors

STATUS: dict[type[errors.HorizonError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleRevision: 412,
    errors.PreconditionRequired: 428,
    errors.Unavailable: 503,
    errors.HorizonError: 409,
}


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error; None for a bug, which becomes a 500."""
    set_rollback()
    if isinstance(error, errors.HorizonError):
        return Response(body(error.code, error.message, error.details), status=status(error), headers=_headers(error))
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    if isinstance(error, Http404):
        return Response(body("not_found", str(error) or "there is no such thing"), status=404)
    if isinstance(error, RequestDataTooBig):
        return Response(body("too_large", "the request's body is too large"), status=413)
    if isinstance(error, PermissionDenied | SuspiciousOperation):
        return Response(body("forbidden", str(error) or "not allowed"), status=403)
    return None


def status(error: errors.HorizonError) -> int:
    """The status of an error's nearest kind."""
    if error.code == "too_large":
        return 413
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """The one error body."""
    return {"code": code, "message": message, "details": details or {}}


def _headers(error: errors.HorizonError) -> dict[str, str]:
    return {"Retry-After": "2"} if isinstance(error, errors.Unavailable) else {}


def _framework(error: exceptions.APIException) -> Response:
    headers = {"WWW-Authenticate": error.auth_header} if getattr(error, "auth_header", None) else {}
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    code = error.get_codes() if isinstance(error.detail, str) else "invalid"
    return Response(body(str(code), str(error.detail)), status=error.status_code, headers=headers)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """The answer to an address that is none."""
    return JsonResponse(body("not_found", f"there is nothing at {request.path[:200]}"), status=404)


def bug(request: HttpRequest) -> JsonResponse:
    """The answer to a fault of ours; the log has the traceback."""
    return JsonResponse(body("bug", "something is wrong on our side; the server's log says what"), status=500)
