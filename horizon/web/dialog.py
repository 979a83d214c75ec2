"""What every dialog starts from."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from horizon.access.policy import Verb
from horizon.errors import HorizonError, Invalid
from horizon.web.base import Page, go
from horizon.web.errors import status


class Dialog(Page):
    """Shown on GET, done on POST; one that is refused is shown again with the reason and what was typed. A sheet for htmx, else a page of its own.

    `template` extends `web/sheets/base.html`.
    """

    verb = Verb.EDIT
    template = ""
    form: type[forms.Form] = forms.Form
    nav = "applications"
    titled: Any = ""
    """The page's title where there is no thing yet."""
    called = "thing"
    """What the template calls the thing."""

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """What would be done; asked again for another choice, with what was typed so far."""
        return self.ask(self.thing(**address), typed=request.GET)

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Do it, and go where its result is seen."""
        thing, form = self.thing(**address), self.form(request.POST)
        try:
            after = self.do(thing, checked(form))
        except HorizonError as error:
            return self.ask(thing, error=error, typed=request.POST)
        return after if isinstance(after, HttpResponse) else go(request, after)

    def thing(self, **address: Any) -> Any:
        """What the dialog is about, if the actor may do this to it. Raises `NotFound`, `Forbidden`, `Conflict`."""
        raise NotImplementedError

    def back(self, thing: Any) -> str:
        """The address of the page that it was opened from."""
        raise NotImplementedError

    def shown(self, thing: Any, typed: Any) -> dict[str, Any]:
        """What the dialog shows beside the thing."""
        return {}

    def do(self, thing: Any, given: dict[str, Any]) -> str | HttpResponse:
        """Do it; the address to go to, or what is shown then. Raises `HorizonError`."""
        raise NotImplementedError

    def ask(self, thing: Any, *, typed: Any, error: HorizonError | None = None) -> HttpResponse:
        """The dialog; with the reason for which it was refused."""
        given = {self.called: thing, "error": error, "typed": typed, "again": error is not None, **self.shown(thing, typed)}
        titled = str(thing) if thing else self.titled
        return self.sheet(self.template, titled=titled, back=self.back(thing), number=status(error) if error else 200, **given)

    def sheet(self, template: str, *, titled: str, back: str, number: int = 200, **given: Any) -> HttpResponse:
        """A sheet for htmx, else a page with it: its title, and where one goes who does not want it."""
        page = template if self.partly else "web/dialog.html"
        return self.show(page, status=number, nav=self.nav, sheet=template, titled=titled, back=back, **given)


def checked(form: forms.Form) -> dict[str, Any]:
    """What was sent. Raises `Invalid`."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(f"{field}: {errors[0]}", code="body")
    return dict(form.cleaned_data)
