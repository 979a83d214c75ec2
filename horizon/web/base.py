"""What every page starts from: who acts, which thing, one template."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from horizon.access import groups
from horizon.access.addresses import came_from
from horizon.access.permissions import Actor
from horizon.access.policy import Verb
from horizon.delivery import lookup
from horizon.delivery.models import Pipelinerun
from horizon.errors import HorizonError, Invalid, NotFound
from horizon.inventory.models import Application, Cluster, Group
from horizon.web import errors


class Open(View):
    """A page that everybody may open."""

    def dispatch(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        """Answer, or say what went wrong."""
        try:
            _refuse_nul(request, given)
            return super().dispatch(request, *args, **given)
        except HorizonError as error:
            return errors.answer(request, error)

    def show(self, template: str, *, status: int = 200, **given: Any) -> HttpResponse:
        """The template with what is given to it."""
        return render(self.request, template, given, status=status)

    @property
    def partly(self) -> bool:
        """Whether htmx asks for a part of the page; going back in the browser's history asks for all of it."""
        return self.request.headers.get("HX-Request") == "true" and not self.request.headers.get("HX-History-Restore-Request")


class Page(Open):
    """A page for who signed in; others are asked to, and come back here."""

    def dispatch(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        """Answer, or ask for a sign-in."""
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        return super().dispatch(request, *args, **given)

    @property
    def actor(self) -> Actor:
        """Who acts, from where."""
        return Actor(self.request.user, address=came_from(self.request.META))

    def cluster(self, name: str, verb: Verb, *, archived: bool = False) -> Cluster:
        """The cluster of this name, if the actor may do this to it.

        Raises `NotFound`, `Forbidden`, and `Conflict` for more than a look at a deleted one unless `archived`.
        """
        return lookup.cluster(name, verb, actor=self.actor, archived=archived)

    def application(self, name: str, verb: Verb) -> Application:
        """The application of this name; raises as `cluster` does."""
        return lookup.application(name, verb, actor=self.actor)

    def group(self, path: str, verb: Verb) -> Group:
        """The group at this path, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        return groups.found(path, verb, actor=self.actor)

    def run(self, key: int, verb: Verb) -> Pipelinerun:
        """The run of this number, if the actor may do this to its cluster. Raises `NotFound`, `Forbidden`."""
        return lookup.run(key, verb, actor=self.actor)


def address_after(request: HttpRequest, wanted: str) -> str:
    """Where to go after a sign-in: an address of ours, else home."""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and ours else reverse("home")


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Go on to another page, whether htmx asked or the browser itself."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A part of a page is told so and keeps what was typed; a page is left for the sign-in."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Trigger": "signed-out", "HX-Reswap": "none"})
    back = request.get_full_path() if request.method == "GET" else ""
    query = "?" + urlencode({"next": back}) if back not in ("", "/") else ""
    return HttpResponseRedirect(reverse("sign-in") + query)


def _refuse_nul(request: HttpRequest, given: dict[str, Any]) -> None:
    """Refuse what no database holds."""
    if any("\x00" in str(value) for value in given.values()):
        raise NotFound("there is nothing with such a name")
    if any("\x00" in value for data in (request.GET, request.POST) for values in data.lists() for value in values[1]):
        raise Invalid("what was sent holds a NUL", code="query")
