"""Failures as pages, and as sentences in the part of a page that asked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from horizon import errors

STATUS: dict[type[errors.HorizonError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.StaleRevision: 412,
    errors.PreconditionRequired: 428,
    errors.Unavailable: 503,
    errors.HorizonError: 409,
}


def status(error: errors.HorizonError) -> int:
    """The status of an error's nearest kind."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(request: HttpRequest, error: errors.HorizonError) -> HttpResponse:
    """The error as a page, or as a sentence where a part of a page was asked for."""
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/refused.html", {"error": error.message}, status=status(error))
    return page(request, status(error), error.message)


def page(request: HttpRequest, number: int, message: str) -> HttpResponse:
    """A page that says what went wrong."""
    title = {400: _("That does not work"), 403: _("Not allowed"), 404: _("Not found"), 429: _("Too often"), 503: _("Out of reach for now")}
    return render(
        request, "web/error.html", {"number": number, "title": title.get(number, _("That does not work now")), "message": message}, status=number
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that no browser of ours sends."""
    return page(request, 400, _("The browser sent something that cannot be read. Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What nobody may do."""
    return page(request, 403, str(exception) or _("You may not do this."))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the mark of this browser's session."""
    return page(request, 403, _("This form is older than your session. Go back, reload the page and send it again."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that is none."""
    return page(request, 404, _("There is nothing at this address, or nothing that you may see."))


def bug(request: HttpRequest) -> HttpResponse:
    """A fault of ours; needs neither database nor session."""
    return HttpResponse(render_to_string("web/bug.html"), status=500)
