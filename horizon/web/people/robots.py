"""Robots: programs with roles of their own, which a group owns, and their tokens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from horizon.access import robots, tokens
from horizon.access.models import Membership, Robot, Token
from horizon.access.permissions import groups_to, require, verbs, visible_groups
from horizon.access.policy import Role, Verb
from horizon.errors import Invalid
from horizon.inventory import tree
from horizon.inventory.models import Group
from horizon.web.base import Page
from horizon.web.people.me import MakeToken, RevokeToken
from horizon.web.questions import Question, Said

_MOST = 200
_ROLES = [(role.value, role.value) for role in Role if role != Role.OWNER]


class NewRobot(forms.Form):
    """A robot to make, with its role in the group that owns it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=63)
    group = forms.CharField(label=gettext_lazy("Group that owns it"), max_length=512)
    role = forms.ChoiceField(label=gettext_lazy("Role in this group and all below"), choices=_ROLES, initial=Role.DEVELOPER.value)
    description = forms.CharField(label=gettext_lazy("What it is for"), max_length=512, required=False)


class Robots(Page):
    """`/robots`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The robots of the groups that one may see; `?group=` only those of a group and of all below it."""
        path = request.GET.get("group", "").strip()
        groups = visible_groups(self.actor).filter(tree.below(path)) if path else visible_groups(self.actor)
        found = list(Robot.objects.filter(group__in=groups.order_by().values("pk")).select_related("user", "group")[: _MOST + 1])
        may = groups_to(self.actor, Verb.MEMBERS).exists()
        return self.show("web/robots.html", nav="robots", robots=found[:_MOST], more=len(found) > _MOST, group=path, may_make=may)


class OneRobot(Page):
    """`/robots/{name}`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Its roles; its tokens to who manages the group's members."""
        robot = robots.found(name, Verb.VIEW, actor=self.actor)
        manages = Verb.MEMBERS in verbs(self.actor, robot.group)
        held = Membership.objects.filter(user=robot.user).select_related("group", "application__group", "cluster__application__group").order_by("pk")
        seen = [(row, type(row.place).__name__.lower()) for row in held if Verb.VIEW in verbs(self.actor, row.place)]
        return self.show("web/robot.html", nav="robots", robot=robot, manages=manages, held=seen, tokens=tokens.of(robot.user) if manages else [])


class MakeRobot(Question):
    """`/new/robot`"""

    nav, form = "robots", NewRobot

    def initially(self, thing: None) -> dict[str, Any]:
        """The group that one came from."""
        return {"group": self.request.GET.get("group", "")}

    def said(self, thing: None) -> Said:
        """What a robot is."""
        lead = _("A program that acts in its own name: it stays when people go, has tokens and no password, and does not vote.")
        return Said(_("New robot"), lead, _("Make the robot"), reverse("robots"))

    def suggested(self) -> dict[str, list[str]]:
        """Groups that the field offers as one types."""
        return {"group": list(groups_to(self.actor, Verb.MEMBERS).order_by("path").values_list("path", flat=True)[:_MOST])}

    def do(self, thing: None, given: dict[str, Any]) -> str:
        """Make it, and go on to its tokens."""
        group = Group.objects.filter(path=given["group"]).first()
        if group is None or group not in visible_groups(self.actor).filter(pk=group.pk):
            raise Invalid(_("There is no such group."), details={"field": "group"})
        require(self.actor, Verb.MEMBERS, group)
        robot = robots.create(given["name"], group, role=Role(given["role"]), description=given["description"], actor=self.actor)
        return reverse("robot", args=[str(robot)])


class _OfRobot(Question):
    nav = "robots"

    def thing(self, name: str) -> Robot:
        """The robot, for who manages its group's members. Raises `NotFound`, `Forbidden`."""
        return robots.found(name, Verb.MEMBERS, actor=self.actor)


class DeleteRobot(_OfRobot):
    """`/robots/{name}/delete`"""

    def said(self, thing: Robot) -> Said:
        """What ends with it."""
        number = tokens.of(thing.user).count()
        lead = ngettext(
            "Its roles and its %(n)d token end at once and for good; what it did stays in history.",
            "Its roles and its %(n)d tokens end at once and for good; what it did stays in history.",
            number,
        ) % {"n": number}
        return Said(_("Delete %(name)s") % {"name": thing}, lead, _("Delete the robot"), reverse("robot", args=[str(thing)]), look="danger")

    def do(self, thing: Robot, given: dict[str, Any]) -> str:
        """Delete it."""
        name = str(thing)
        robots.delete(thing, actor=self.actor)
        messages.success(self.request, _("Robot %(name)s is deleted.") % {"name": name})
        return reverse("robots")


class NewRobotToken(_OfRobot, MakeToken):
    """`/robots/{name}/tokens/new`"""

    def owner(self, thing: Robot) -> Any:
        """The robot."""
        return thing.user

    def said(self, thing: Robot) -> Said:
        """What it is good for."""
        lead = _("Whoever has it acts as %(name)s, within its scope.") % {"name": thing}
        return Said(_("New token of %(name)s") % {"name": thing}, lead, _("Make the token"), reverse("robot", args=[str(thing)]))


class RevokeRobotToken(RevokeToken):
    """`/robots/{name}/tokens/{id}/revoke`"""

    nav = "robots"

    def thing(self, name: str, key: int) -> Token:
        """One of the robot's tokens, for who manages its group's members. Raises `NotFound`, `Forbidden`."""
        return tokens.one(robots.found(name, Verb.MEMBERS, actor=self.actor).user, key)

    def behind(self, thing: Token) -> str:
        """The robot's page."""
        return reverse("robot", args=[thing.user.get_username()])
