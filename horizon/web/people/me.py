"""Oneself: who one is here, which roles one holds and from where, one's password, tokens and theme."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from horizon.access import members, passwords, tokens
from horizon.access.models import Token
from horizon.access.permissions import visible_applications, visible_clusters, visible_groups
from horizon.access.policy import Scope, Verb
from horizon.web.base import Page
from horizon.web.ci.ci import LIVES, make_token, until
from horizon.web.questions import Once, Question, Said

_SHOWN = 5
"""Groups that are named to who holds no role yet."""
_SUGGESTED = 200
_YEAR = 365 * 24 * 3600
SCOPES = (
    (Scope.CI.value, gettext_lazy("ci: read, post output, deploy")),
    (Scope.READ.value, gettext_lazy("read: look, nothing else")),
    (Scope.WRITE.value, gettext_lazy("write: all that its person may")),
)


class Password(forms.Form):
    """The old password and a new one, typed twice."""

    old = forms.CharField(label=gettext_lazy("Your password now"), max_length=1024, strip=False, widget=forms.PasswordInput())
    new = forms.CharField(label=gettext_lazy("New password"), max_length=1024, strip=False, widget=forms.PasswordInput())
    again = forms.CharField(label=gettext_lazy("The same again"), max_length=1024, strip=False, widget=forms.PasswordInput())

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for name, kind in (("old", "current-password"), ("new", "new-password"), ("again", "new-password")):
            self.fields[name].widget.attrs["autocomplete"] = kind

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        given = super().clean() or {}
        if given.get("new") != given.get("again") and "again" in given:
            self.add_error("again", _("The two are not the same."))
        return given


class NewToken(forms.Form):
    """A token to make: what it may do of what one may, where, and for how long."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=63, help_text=gettext_lazy("Where it is used, so that you know it when you revoke it.")
    )
    scope = forms.ChoiceField(label=gettext_lazy("It may"), choices=SCOPES)
    cluster = forms.CharField(label=gettext_lazy("Only for the cluster"), max_length=63, required=False)
    application = forms.CharField(label=gettext_lazy("Only for the application"), max_length=63, required=False)
    days = forms.ChoiceField(label=gettext_lazy("Works for"), choices=LIVES, required=False, initial="90")


class Me(Page):
    """`/me`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The profile."""
        roots = visible_groups(self.actor).filter(parent=None)[:_SHOWN]
        held = members.held_by(self.actor)
        return self.show(
            "web/me.html",
            nav="me",
            held=[(row, type(row.place).__name__.lower()) for row in held],
            asked=[] if held else [(group, members.owners(group)) for group in roots],
            tokens=tokens.of(self.actor.user),
            theme=request.COOKIES.get("theme", ""),
        )


class Theme(Page):
    """`/me/theme`"""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Light, dark, or as the device says."""
        answer, wanted = HttpResponseRedirect(reverse("me")), request.POST.get("theme")
        if wanted in ("light", "dark"):
            answer.set_cookie("theme", wanted, max_age=_YEAR, samesite="Lax")
        else:
            answer.delete_cookie("theme", samesite="Lax")
        return answer


@method_decorator(sensitive_post_parameters("old", "new", "again"), name="dispatch")
class MyPassword(Question):
    """`/me/password`"""

    nav, form = "me", Password

    def said(self, thing: None) -> Said:
        """What it ends."""
        lead = _("Your other sessions end; this one and your tokens stay.")
        return Said(_("Change your password"), lead, _("Change the password"), reverse("me"))

    def do(self, thing: None, given: dict[str, Any]) -> str:
        """Change it and stay signed in."""
        passwords.change(self.actor, old=given["old"], new=given["new"])
        update_session_auth_hash(self.request, self.actor.user)
        messages.success(self.request, _("Your password is changed. Your other sessions have ended."))
        return reverse("me")


class MakeToken(Question):
    """A token of somebody, for one thing or for all."""

    form = NewToken

    def owner(self, thing: Any) -> Any:
        """Whom it stands for."""
        return self.actor.user

    def do(self, thing: Any, given: dict[str, Any]) -> HttpResponse:
        """Make it and show its secret this once."""
        cluster = self.cluster(given["cluster"], Verb.VIEW) if given["cluster"] else None
        application = self.application(given["application"], Verb.VIEW) if given["application"] else None
        new = tokens.NewToken(given["name"], Scope(given["scope"]), cluster, application, until(given["days"]))
        token, secret = make_token(self, self.owner(thing), new)
        lead = _("It stands for %(name)s, within the scope %(scope)s.") % {"name": self.owner(thing).get_username(), "scope": token.scope}
        return self.once(Once(_("Token %(name)s") % {"name": token.name}, lead, secret, self.said(thing).behind))

    def suggested(self) -> dict[str, list[str]]:
        """Names that the fields offer as one types."""
        return {"cluster": _names(visible_clusters(self.actor)), "application": _names(visible_applications(self.actor))}


class MyNewToken(MakeToken):
    """`/me/tokens/new`"""

    nav = "me"

    def said(self, thing: None) -> Said:
        """What a token is."""
        lead = _("A program that has it acts in your name, within its scope. Bound to a cluster or an application it is of no use elsewhere.")
        return Said(_("New token"), lead, _("Make the token"), reverse("me"))


class RevokeToken(Question):
    """Ends a token of somebody."""

    def said(self, thing: Token) -> Said:
        """Which one, and when it was used last."""
        used = _("It was used last on %(day)s.") % {"day": thing.used_at.date()} if thing.used_at else _("It was never used.")
        lead = _("What uses %(token)s is refused from now on, for good.") % {"token": thing} + " " + used
        return Said(_("Revoke %(name)s") % {"name": thing.name}, lead, _("Revoke the token"), self.behind(thing), look="danger")

    def behind(self, thing: Token) -> str:
        """The page that lists it."""
        return reverse("me")

    def do(self, thing: Token, given: dict[str, Any]) -> str:
        """End it."""
        name = thing.name
        tokens.revoke(thing, actor=self.actor)
        messages.success(self.request, _("Token %(name)s is revoked.") % {"name": name})
        return self.behind(thing)


class RevokeMine(RevokeToken):
    """`/me/tokens/{id}/revoke`"""

    nav = "me"

    def thing(self, key: int) -> Token:
        """One of one's own tokens. Raises `NotFound`."""
        return tokens.one(self.actor.user, key)


def _names(rows: Any) -> list[str]:
    return list(rows.filter(archived_at=None).order_by("name").values_list("name", flat=True)[:_SUGGESTED])
