"""Signing in and out, and links that set a password."""

from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from horizon.access import attempts, links, signing
from horizon.access.addresses import came_from
from horizon.errors import HorizonError
from horizon.web.base import Open, Page, address_after
from horizon.web.errors import status

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_secret = method_decorator(sensitive_post_parameters("password", "again"), name="dispatch")


class Credentials(forms.Form):
    """Who signs in."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}))
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=1024, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class NewPassword(forms.Form):
    """A password, typed twice."""

    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=1024, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=gettext_lazy("The same again"), max_length=1024, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        given = super().clean() or {}
        if given.get("password") != given.get("again") and "again" in given:
            self.add_error("again", _("The two are not the same."))
        return given


@_secret
class SignIn(Open):
    """`/sign-in`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; who signed in already goes on."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(address_after(request, request.GET.get("next", "")))
        return self._form(Credentials())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in, and go where one wanted to go."""
        form, address = Credentials(request.POST), came_from(request.META)
        if not form.is_valid():
            return self._form(form, status=400)
        given = form.cleaned_data
        wait = max(attempts.count(attempts.BY_ADDRESS, address), attempts.count(attempts.BY_NAME, given["name"].lower()))
        if wait:
            return self._refused(form, too_often(wait), status=429)
        try:
            user = signing.identify(given["name"], given["password"], address=address)
        except HorizonError:
            return self._refused(form, _("No active person has this name and password."), status=400)
        login(request, user)
        return HttpResponseRedirect(address_after(request, request.POST.get("next", "")))

    def _refused(self, form: Credentials, why: str, *, status: int) -> HttpResponse:
        form.add_error(None, why)
        return self._form(form, status=status)

    def _form(self, form: Credentials, *, status: int = 200) -> HttpResponse:
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        return self.show("web/sign_in.html", form=form, next=wanted, status=status)


class SignOut(Page):
    """`/sign-out`"""

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session."""
        logout(request)
        messages.info(request, _("You are signed out."))
        return HttpResponseRedirect(reverse("sign-in"))


@_secret
class OneLink(Open):
    """`/links/{secret}`"""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        """For whom the link is, and the form."""
        return self._limited() or self._form(links.find(secret), NewPassword())

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        """Set the password, sign in, and begin."""
        if refused := self._limited():
            return refused
        link, form = links.find(secret), NewPassword(request.POST)
        if not form.is_valid():
            return self._form(link, form, status=400)
        try:
            user = links.accept(secret, form.cleaned_data["password"], address=came_from(request.META))
        except HorizonError as error:
            for told in error.details.get("errors", [{"message": error.message}]):
                form.add_error("password", told["message"])
            return self._form(link, form, status=status(error))
        login(request, user, backend=_BACKEND)
        messages.success(request, _("Your password is set. Welcome, %(name)s.") % {"name": user.get_username()})
        return HttpResponseRedirect(reverse("home"))

    def _limited(self) -> HttpResponse | None:
        wait = attempts.count(attempts.BY_ADDRESS, came_from(self.request.META))
        return self.show("web/error.html", number=429, title=_("Too often"), message=too_often(wait), status=429) if wait else None

    def _form(self, link: links.Link, form: NewPassword, *, status: int = 200) -> HttpResponse:
        return self.show("web/link.html", link=link, form=form, status=status)


def too_often(wait: float) -> str:
    """How long to wait."""
    seconds = ceil(wait)
    return ngettext("Too many tries: wait %(n)d second.", "Too many tries: wait %(n)d seconds.", seconds) % {"n": seconds}
