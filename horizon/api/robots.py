"""Robots of a group, and their tokens: made and ended by whoever manages the group's members."""

from datetime import datetime
from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import robots
from horizon.access.models import Robot
from horizon.access.policy import Role, Verb
from horizon.api import tokens
from horizon.api.answers import Page, answers
from horizon.api.base import View
from horizon.api.bodies import Body


class NewRobot(Body):
    """A robot to make, with its role in the group that owns it."""

    name = serializers.CharField()
    group = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value for role in Role])
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=512)


class Shown(TypedDict):
    """A robot, and the group that owns it."""

    name: str
    group: str
    description: str
    created_by: str
    created_at: datetime


def shown(robot: Robot) -> Shown:
    """A robot as the API shows it."""
    return {
        "name": str(robot),
        "group": robot.group.path,
        "description": robot.description,
        "created_by": robot.created_by,
        "created_at": robot.created_at,
    }


class Robots(View):
    """`/robots`"""

    @answers(Page(Shown), query=("group",), errors=(404,))
    def get(self, request: Request) -> Response:
        """The robots that the group `?group=` owns."""
        group = self.group(self.needed("group"), Verb.VIEW)
        return self.page(Robot.objects.filter(group=group).select_related("user", "group"), shown)

    @answers(Shown, 201, body=NewRobot, errors=(404,))
    def post(self, request: Request) -> Response:
        """Make a robot."""
        sent = self.sent(NewRobot)
        group = self.group(sent.pop("group"), Verb.MEMBERS)
        robot = robots.create(sent["name"], group, role=Role(sent["role"]), description=sent["description"], actor=self.actor)
        return Response(shown(robot), status=201)


class OneRobot(View):
    """`/robots/{name}`"""

    @answers(Shown)
    def get(self, request: Request, name: str) -> Response:
        """The robot."""
        return Response(shown(robots.found(name, Verb.VIEW, actor=self.actor)))

    @answers(None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Delete it with its roles and tokens."""
        robots.delete(robots.found(name, Verb.MEMBERS, actor=self.actor), actor=self.actor)
        return Response(status=204)


class RobotTokens(tokens.TokenList):
    """`/robots/{name}/tokens`"""

    @answers(Page(tokens.Shown), errors=(403,))
    def get(self, request: Request, name: str) -> Response:
        """The robot's tokens, without their secrets."""
        return self.listed(robots.found(name, Verb.MEMBERS, actor=self.actor).user)

    @answers(tokens.Made, 201, body=tokens.NewToken)
    def post(self, request: Request, name: str) -> Response:
        """Make a token for it; the secret is in this answer and nowhere else."""
        return self.made(robots.found(name, Verb.MEMBERS, actor=self.actor).user)


class OneRobotToken(View):
    """`/robots/{name}/tokens/{id}`"""

    @answers(None, 204)
    def delete(self, request: Request, name: str, key: int) -> Response:
        """Revoke one of its tokens."""
        tokens.revoke(self, robots.found(name, Verb.MEMBERS, actor=self.actor).user, key)
        return Response(status=204)
