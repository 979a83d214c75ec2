"""Robots: users without a password that a group owns. They do what their roles allow; who manages the group's members makes their tokens."""

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from horizon.access import members
from horizon.access.events import record
from horizon.access.models import Robot
from horizon.access.people import checked_name
from horizon.access.permissions import Actor, require, require_unlimited
from horizon.access.policy import Role, Verb
from horizon.errors import Conflict, NotFound
from horizon.inventory.models import Group


def create(name: str, group: Group, *, role: Role, description: str, actor: Actor) -> Robot:
    """A robot with a role in the group that owns it. Raises `Invalid` for a bad name and for the role owner, `Conflict` for a name that is taken."""
    require_unlimited(actor, "making a robot")
    checked_name(name)
    try:
        with transaction.atomic():
            user = get_user_model()(username=name)
            user.set_unusable_password()
            user.save(force_insert=True)
            robot = Robot.objects.create(user=user, group=group, description=description, created_by=actor.name)
            record(actor, "create robot", group, title=f"Create robot {name}", robot=name)
            members.add(group, user, role, actor=actor)
    except IntegrityError as error:
        raise Conflict(f"there is a person or robot {name} already", code="name_taken", details={"field": "name"}) from error
    return robot


def found(name: str, verb: Verb, *, actor: Actor) -> Robot:
    """The robot of this name, if the actor may do this to the group that owns it. Raises `NotFound`, `Forbidden`."""
    robot = Robot.objects.select_related("user", "group").filter(user__username=name).first()
    if robot is None:
        raise NotFound(f"there is no robot {name}")
    require(actor, verb, robot.group)
    return robot


def delete(robot: Robot, *, actor: Actor) -> None:
    """Delete it with its roles and tokens; what it did stays in the events."""
    require_unlimited(actor, "deleting a robot")
    name, tokens = str(robot), list(robot.user.tokens.values_list("prefix", flat=True))
    with transaction.atomic():
        record(actor, "delete robot", robot.group, title=f"Delete robot {name}", robot=name, tokens=tokens)
        robot.user.delete()
