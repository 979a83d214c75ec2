"""The endpoints that the form's island speaks to: JSON in and out, by the session."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import View

from horizon import helmyaml
from horizon.engines.objects import label
from horizon.errors import HorizonError, Invalid
from horizon.web import words
from horizon.web.base import Page
from horizon.web.errors import status

MAX_BODY = 1024 * 1024


class Endpoint(Page):
    """A part of a page that answers in JSON; a refusal is `{code, message, details}`, as in the REST interface."""

    def dispatch(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        """Answer, or say what went wrong; who is signed out is told so, and keeps what was typed."""
        if not request.user.is_authenticated:
            return _refusal(401, "not_authenticated", _("Your session has ended: sign in in another tab, then go on here. What you typed is kept."))
        try:
            return View.dispatch(self, request, *args, **given)
        except HorizonError as error:
            return _refusal(status(error), error.code, error.message, error.details)

    def sent(self) -> dict[str, Any]:
        """The body, any map. Raises `Invalid`."""
        raw = self.request.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise Invalid(_("This is larger than the platform takes."), code="too_large")
        try:
            data = json.loads(raw, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise Invalid(_("The body is no JSON."), code="json") from error
        if not isinstance(data, dict):
            raise Invalid(_("The body must be a JSON map."), code="body")
        helmyaml.refuse_unwritable(data)
        return data

    def if_match(self) -> str | None:
        """The revision in `If-Match`, without quotes."""
        return self.request.headers.get("If-Match", "").strip().strip('"') or None


def packed(given: dict[str, Any]) -> str:
    """What a page gives to the island, for an attribute: the policy allows no script in a page, not even one that only holds data."""
    return json.dumps({**given, "words": words.spoken()}, cls=DjangoJSONEncoder, ensure_ascii=False)


def manifests(objects: list[dict[str, Any]]) -> JsonResponse:
    """Objects that do not exist yet, each as YAML."""
    return JsonResponse({"manifests": as_yaml(objects)})


def as_yaml(objects: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Each object with its name and its YAML."""
    return [{"object": label(item), "text": helmyaml.write(item)} for item in objects]


def text(sent: dict[str, Any], name: str, *, default: str | None = None) -> str:
    """A text of the body. Raises `Invalid` with the field's pointer, also for one that is missing or empty and has no default."""
    found = sent.get(name, default)
    if not isinstance(found, str):
        raise _wrong(name, _("is required") if found is None else _("must be text"))
    if not found and default is None:
        raise _wrong(name, _("is required"))
    return found


def a_map(sent: dict[str, Any], name: str) -> dict[str, Any]:
    """A map of the body. Raises as `text` does."""
    found = sent.get(name)
    if not isinstance(found, dict):
        raise _wrong(name, _("must be a map"))
    return found


def texts(sent: dict[str, Any], name: str) -> list[str]:
    """A list of texts of the body, empty if it is missing. Raises as `text` does."""
    found = sent.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise _wrong(name, _("must be a list of texts"))
    return found


def _wrong(name: str, message: str) -> Invalid:
    return Invalid(f"{name}: {message}", code="body", details={"errors": [{"pointer": f"/{name}", "message": message}]})


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _refusal(number: int, code: str, message: str, details: Any = None) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "details": details or {}}, status=number)
