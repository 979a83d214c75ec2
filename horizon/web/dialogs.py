"""Dialogs that are no run: a few fields or a confirmation, and secrets that are shown once."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from horizon.errors import Forbidden, HorizonError
from horizon.web.base import Page, go
from horizon.web.errors import status


@dataclass(frozen=True)
class Said:
    """What a dialog says: its title, what doing it means, the word of its button, and the page behind it."""

    title: str
    lead: str
    does: str
    behind: str
    look: str = "primary"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Once:
    """A secret that nobody sees again."""

    title: str
    lead: str
    secret: str
    behind: str
    notes: tuple[str, ...] = field(default_factory=tuple)


class Sheet(Page):
    """A dialog: shown on GET, done on POST; one that is refused is shown again with the reason at its field and what was typed."""

    nav = ""
    form: type[forms.Form] = forms.Form

    def get(self, request: HttpRequest, **given: Any) -> HttpResponse:
        """What would be done."""
        thing = self.find(**given)
        return self.ask(thing, self.form(**self.fields(thing), initial=self.initially(thing)))

    def post(self, request: HttpRequest, **given: Any) -> HttpResponse:
        """Do it."""
        thing = self.find(**given)
        form = self.form(request.POST, **self.fields(thing))
        if not form.is_valid():
            return self.ask(thing, form, status=400)
        try:
            return self.do(thing, form.cleaned_data)
        except Forbidden:
            raise
        except HorizonError as error:
            _tell(form, error)
            return self.ask(thing, form, status=status(error))

    def find(self, **given: Any) -> Any:
        """What the address names, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        return None

    def fields(self, thing: Any) -> dict[str, Any]:
        """What the form needs to be made."""
        return {}

    def initially(self, thing: Any) -> dict[str, Any]:
        """What the fields hold at first."""
        return {}

    def suggested(self) -> dict[str, list[str]]:
        """What fields offer as one types."""
        return {}

    def said(self, thing: Any) -> Said:
        """What the dialog says."""
        raise NotImplementedError

    def do(self, thing: Any, given: dict[str, Any]) -> HttpResponse:
        """Do it and go on. Raises `HorizonError`."""
        raise NotImplementedError

    def ask(self, thing: Any, form: forms.Form, *, status: int = 200) -> HttpResponse:
        """The dialog, as a sheet for htmx or as a page."""
        suggested = self.suggested()
        for name in suggested:
            form.fields[name].widget.attrs.update({"list": f"of-{name}", "autocomplete": "off"})
        return self._sheet("web/sheets/ask.html", said=self.said(thing), form=form, suggested=suggested, status=status)

    def once(self, shown: Once) -> HttpResponse:
        """The secret with its copy button; no cache keeps it."""
        answer = self._sheet("web/sheets/once.html", said=shown, status=200)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def leave(self, address: str) -> HttpResponse:
        """On to a page."""
        return go(self.request, address)

    def _sheet(self, template: str, *, status: int, **given: Any) -> HttpResponse:
        return self.show(template if self.partly else "web/asked.html", nav=self.nav, sheet=template, status=status, **given)


def _tell(form: forms.Form, error: HorizonError) -> None:
    """Show the error at the field that it names, else above all fields."""
    for told in error.details.get("errors", [{"pointer": f"/{error.details.get('field', '')}", "message": error.message}]):
        name = told["pointer"].removeprefix("/")
        form.add_error(name if name in form.fields else None, told["message"])
