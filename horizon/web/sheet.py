"""What every dialog of a group or an application starts from."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from horizon.access.policy import Verb
from horizon.errors import HorizonError, Invalid
from horizon.web.base import Page, go
from horizon.web.errors import status


class Sheet(Page):
    """A dialog: shown on GET, done on POST; one that is refused is shown again with the reason and what was typed."""

    verb = Verb.EDIT
    template = ""
    form: type[forms.Form] = forms.Form
    nav = "applications"

    def get(self, request: HttpRequest, **address: str) -> HttpResponse:
        """What would be done; asked again for another choice, with what was typed so far."""
        return self.ask(self.thing(**address), typed=request.GET)

    def post(self, request: HttpRequest, **address: str) -> HttpResponse:
        """Do it, and go where its result is seen."""
        thing, form = self.thing(**address), self.form(request.POST)
        try:
            after = self.do(thing, checked(form))
        except HorizonError as error:
            return self.ask(thing, error=error, typed=request.POST)
        return go(request, after)

    def ask(self, thing: Any, *, typed: Any, error: HorizonError | None = None) -> HttpResponse:
        """The dialog, as a sheet for htmx or as a page; `back` is where one goes who does not want it."""
        given = {"thing": thing, "error": error, "typed": typed, "again": error is not None, "back": self.back(thing), "sheet": self.template}
        template = self.template if self.partly else "web/sheet.html"
        return self.show(template, status=status(error) if error else 200, nav=self.nav, **{**given, **self.shown(thing, typed)})

    def thing(self, **address: str) -> Any:
        """What the dialog is about, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        raise NotImplementedError

    def back(self, thing: Any) -> str:
        """The address of the page that it was opened from."""
        raise NotImplementedError

    def shown(self, thing: Any, typed: Any) -> dict[str, Any]:
        """What the dialog shows beside the thing."""
        return {}

    def do(self, thing: Any, given: dict[str, Any]) -> str:
        """Do it; the address to go to. Raises `HorizonError`."""
        raise NotImplementedError


def checked(form: forms.Form) -> dict[str, Any]:
    """What was sent. Raises `Invalid`."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(f"{field}: {errors[0]}", code="body")
    return dict(form.cleaned_data)
