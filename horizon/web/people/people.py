"""People, for administrators: found, invited, changed, disabled, and given a way to set a password."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.access import links, people
from horizon.access.permissions import require_admin
from horizon.errors import NotFound
from horizon.web.base import Page
from horizon.web.ci.ci import origin
from horizon.web.listing import number
from horizon.web.questions import Once, Question, Said

_SIZE = 50


class Standing(forms.Form):
    """What an administrator decides about a person."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    admin = forms.BooleanField(
        label=gettext_lazy("Administrator"),
        required=False,
        help_text=gettext_lazy("Sees and does everything, and manages environments, regions, templates and people."),
    )


class NewPerson(Standing):
    """A person to invite."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=63, help_text=gettext_lazy("To sign in by; lower-case letters, digits and -._@+. It stays.")
    )
    field_order = ("name", "email", "admin")


class People(Page):
    """`/people`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Everybody by name, or those whose name has `?search=` in it; `?active=false` the disabled ones."""
        require_admin(self.actor)
        search, active, page = (request.GET.get(name, "").strip() for name in ("search", "active", "page"))
        at = number(page)
        rows = people.listed(search=search, active={"true": True, "false": False}.get(active)).filter(robot=None)
        found = list(rows[(at - 1) * _SIZE : at * _SIZE + 1])
        shown = [(user, people.invited(user)) for user in found[:_SIZE]]
        return self.show("web/people.html", nav="people", people=shown, search=search, active=active, number=at, more=len(found) > _SIZE)


class _OnePerson(Question):
    """What an administrator does to one person."""

    nav = "people"

    def thing(self, name: str) -> Any:
        """The person, for administrators alone; robots have a page of their own. Raises `Forbidden`, `NotFound`."""
        require_admin(self.actor)
        user = people.found(name)
        if hasattr(user, "robot"):
            raise NotFound(_("There is no person %(name)s: it is a robot.") % {"name": name})
        return user


class Invite(Question):
    """`/people/new`"""

    nav, form = "people", NewPerson

    def thing(self, **address: Any) -> None:
        """Administrators alone. Raises `Forbidden`."""
        require_admin(self.actor)

    def said(self, thing: None) -> Said:
        """How a person comes in."""
        lead = _("You get a link to hand over; whoever opens it sets the password and is in.")
        return Said(_("Invite somebody"), lead, _("Make the link"), reverse("people"))

    def do(self, thing: None, given: dict[str, Any]) -> HttpResponse:
        """Make the person, and show the link this once."""
        user, issued = people.create(given["name"], people.Standing(given["email"], admin=given["admin"]), actor=self.actor)
        return self.once(_link(self, _("Invitation for %(name)s") % {"name": user.get_username()}, issued))


class Change(_OnePerson):
    """`/people/{name}/change`"""

    form = Standing

    def initially(self, thing: Any) -> dict[str, Any]:
        """How things are."""
        return {"email": thing.email, "admin": thing.is_superuser}

    def said(self, thing: Any) -> Said:
        """Whom it is about."""
        return Said(_("Change %(name)s") % {"name": thing.get_username()}, "", _("Save"), reverse("people"))

    def do(self, thing: Any, given: dict[str, Any]) -> str:
        """Keep e-mail and power."""
        people.change(thing, replace(people.standing_of(thing), email=given["email"], admin=given["admin"]), actor=self.actor)
        messages.success(self.request, _("%(name)s is changed.") % {"name": thing.get_username()})
        return reverse("people")


class Disable(_OnePerson):
    """`/people/{name}/disable`"""

    def said(self, thing: Any) -> Said:
        """What ends, and what is left without an owner."""
        owned = people.left_without_owner(thing)
        notes = (_("Groups that nobody else owns: %(groups)s. Give them an owner.") % {"groups": ", ".join(owned)},) if owned else ()
        lead = _("Sessions and tokens of %(name)s are refused at once. What was done stays in history.") % {"name": thing.get_username()}
        return Said(_("Disable %(name)s") % {"name": thing.get_username()}, lead, _("Disable"), reverse("people"), look="danger", notes=notes)

    def do(self, thing: Any, given: dict[str, Any]) -> str:
        """End the person's access."""
        people.change(thing, replace(people.standing_of(thing), active=False), actor=self.actor)
        messages.success(self.request, _("%(name)s is disabled.") % {"name": thing.get_username()})
        return reverse("people")


class Enable(_OnePerson):
    """`/people/{name}/enable`"""

    def said(self, thing: Any) -> Said:
        """What comes back."""
        lead = _("%(name)s may sign in again; tokens that nobody revoked meanwhile work again.") % {"name": thing.get_username()}
        return Said(_("Enable %(name)s") % {"name": thing.get_username()}, lead, _("Enable"), reverse("people"))

    def do(self, thing: Any, given: dict[str, Any]) -> str:
        """Give access back."""
        people.change(thing, replace(people.standing_of(thing), active=True), actor=self.actor)
        messages.success(self.request, _("%(name)s is enabled.") % {"name": thing.get_username()})
        return reverse("people")


class Reset(_OnePerson):
    """`/people/{name}/reset`"""

    def said(self, thing: Any) -> Said:
        """What it ends."""
        name = thing.get_username()
        lead = _("The password of %(name)s and all sessions end now; tokens stay. You get a link to hand over that sets a new one.") % {"name": name}
        return Said(_("A new password for %(name)s") % {"name": name}, lead, _("Make the link"), reverse("people"), look="danger")

    def do(self, thing: Any, given: dict[str, Any]) -> HttpResponse:
        """End the password, and show the link this once."""
        return self.once(_link(self, _("Link for %(name)s") % {"name": thing.get_username()}, people.reset(thing, actor=self.actor)))


def _link(page: Page, title: str, issued: links.Issued) -> Once:
    lead = _("Hand it over by a way that only this person reads. It works once, until %(end)s UTC.") % {"end": f"{issued.expires_at:%Y-%m-%d %H:%M}"}
    return Once(title, lead, origin(page.request) + reverse("link", args=[issued.secret]), reverse("people"))
