"""Dialogs that are no run: a few fields or a confirmation, and secrets that are shown once."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from horizon.errors import Forbidden, HorizonError
from horizon.web.base import go
from horizon.web.dialog import Dialog
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


class Question(Dialog):
    """A dialog that is said in words and drawn from its form; an error stands at its field."""

    template = "web/sheets/ask.html"

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """What would be done."""
        thing = self.thing(**address)
        return self._asked(thing, self.form(**self.fields(thing), initial=self.initially(thing)), number=200)

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Do it."""
        thing = self.thing(**address)
        form = self.form(request.POST, **self.fields(thing))
        if not form.is_valid():
            return self._asked(thing, form, number=400)
        try:
            after = self.do(thing, form.cleaned_data)
        except Forbidden:
            raise
        except HorizonError as error:
            _tell(form, error)
            return self._asked(thing, form, number=status(error))
        return after if isinstance(after, HttpResponse) else go(request, after)

    def thing(self, **address: Any) -> Any:
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

    def once(self, shown: Once) -> HttpResponse:
        """The secret with its copy button; no cache keeps it."""
        answer = self.sheet("web/sheets/once.html", titled=shown.title, back=shown.behind, said=shown)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _asked(self, thing: Any, form: forms.Form, *, number: int) -> HttpResponse:
        said, suggested = self.said(thing), self.suggested()
        for name in suggested:
            form.fields[name].widget.attrs.update({"list": f"of-{name}", "autocomplete": "off"})
        given = {"said": said, "form": form, "suggested": suggested, "address": self.request.get_full_path()}
        return self.sheet(self.template, titled=said.title, back=said.behind, number=number, **given)


def _tell(form: forms.Form, error: HorizonError) -> None:
    """Show the error at the field that it names, else above all fields."""
    for told in error.details.get("errors", [{"pointer": f"/{error.details.get('field', '')}", "message": error.message}]):
        name = told["pointer"].removeprefix("/")
        form.add_error(name if name in form.fields else None, told["message"])
