"""Who belongs to a group or an application: shown on its page, given a role, given another, taken away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access import members, people
from horizon.access.models import Robot
from horizon.access.permissions import Actor, verbs, visible_groups
from horizon.access.policy import DOING, ROLES, Role, Verb
from horizon.errors import Invalid, NotFound
from horizon.inventory.events import Thing, kind, named
from horizon.inventory.models import Application, Group
from horizon.web.dialog import Dialog

_SUGGESTED = 200
"""Names that a field offers as one types."""
_OWNERS = 5


@dataclass(frozen=True)
class Shown:
    """One role of one member: from where it comes, and where that is seen."""

    name: str
    role: Role
    robot: bool
    active: bool
    inherited: str
    address: str


class _Member(forms.Form):
    name = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=[(role.value, role.value) for role in Role], required=False)
    remove = forms.BooleanField(required=False)


class Member(Dialog):
    """`/members/{kind}/{name}`: a new member, or with `?member=` the role of one"""

    template, form = "web/sheets/member.html", _Member

    def thing(self, **address: str) -> Thing:
        """The group or application, if the actor manages its members. Raises `NotFound`, `Forbidden`."""
        if address["kind"] == "group":
            return self.group(address["name"], Verb.MEMBERS)
        if address["kind"] == "application":
            return self.application(address["name"], Verb.MEMBERS)
        raise NotFound("there is nothing at this address")

    def back(self, thing: Thing) -> str:
        """The page of the group or application."""
        return page_of(thing)

    def shown(self, thing: Thing, typed: QueryDict) -> dict[str, Any]:
        """The roles that the actor may give, with what each may do; the member's own role, or names to choose from."""
        name = typed.get("member", "")
        held = next((member for member in members.listed(thing) if name and member.user.get_username() == name and not member.inherited), None)
        if name and held is None:
            raise NotFound(f"{name[:80]} holds no role on {named(thing)} itself")
        offered = _offered(self.actor, thing)
        chosen = typed.get("role") or (held.role.value if held else Role.DEVELOPER.value)
        return {
            "held": held,
            "named": named(thing),
            "roles": [(role.value, _words(role), role.value == chosen) for role in offered],
            # Who is no owner decides nothing about one.
            "blocked": held is not None and held.role not in offered,
            "people": [] if held else list(people.listed(active=True).values_list("username", flat=True)[:_SUGGESTED]),
        }

    def do(self, thing: Thing, given: dict[str, Any]) -> str:
        """Give, change or take the role."""
        said = {"name": given["name"], "role": given["role"]}
        if "member" not in self.request.POST:
            members.add(thing, people.newcomer(given["name"]), _role(given), actor=self.actor)
            messages.success(self.request, _("%(name)s is %(role)s here now.") % said)
        elif given["remove"]:
            members.remove(thing, people.found(given["name"]), actor=self.actor)
            messages.success(self.request, _("%(name)s holds no role on this itself any more.") % said)
        else:
            members.change(thing, people.found(given["name"]), _role(given), actor=self.actor)
            messages.success(self.request, _("%(name)s is %(role)s here now.") % said)
        return page_of(thing)


def belonging(actor: Actor, thing: Thing, may: Iterable[Verb]) -> dict[str, Any]:
    """What the page of a thing says about its members: all of them, its owners, and whether the actor may change that."""
    found = members.listed(thing)
    robots = set(Robot.objects.filter(user__in=[member.user.pk for member in found]).values_list("user", flat=True))
    seen = set(visible_groups(actor).filter(pk__in=[member.inherited.pk for member in found if isinstance(member.inherited, Group)]))
    owners = dict.fromkeys(member.user.get_username() for member in found if member.role == Role.OWNER and member.user.is_active)
    return {
        "members": [_shown(member, robot=member.user.pk in robots, seen=seen) for member in found],
        "owners": list(owners)[:_OWNERS],
        "manages": Verb.MEMBERS in may and not (isinstance(thing, Application) and thing.archived_at),
        "decides_owners": Verb.OWNERS in may,
        "members_address": reverse("member", args=[kind(thing), str(thing)]),
    }


def page_of(thing: Thing) -> str:
    """The address of a thing's page."""
    return reverse(kind(thing), args=[str(thing)])


def _shown(member: members.Member, *, robot: bool, seen: set[Group]) -> Shown:
    above = member.inherited
    address = page_of(above) if above in seen else ""
    return Shown(member.user.get_username(), member.role, robot, member.user.is_active, named(above) if above else "", address)


def _offered(actor: Actor, thing: Thing) -> list[Role]:
    return [role for role in Role if role != Role.OWNER or Verb.OWNERS in verbs(actor, thing)]


def _words(role: Role) -> str:
    """What the role may do, by the one table."""
    told = [DOING[verb].split(" ")[0] for verb in Verb if verb in ROLES[role] and verb not in (Verb.OUTPUT, Verb.MEMBERS, Verb.OWNERS)]
    more = {Role.MAINTAINER: _("members up to maintainer"), Role.OWNER: _("all members")}
    return ", ".join([*told, *([more[role]] if role in more else [])])


def _role(given: dict[str, Any]) -> Role:
    if not given["role"]:
        raise Invalid(_("Choose a role."), code="body", details={"field": "role"})
    return Role(given["role"])
