"""Robots and their tokens."""

import pytest
from django.test import Client

from horizon.access import groups, robots, tokens
from horizon.access.models import Membership, Robot, Token
from horizon.access.permissions import Actor
from horizon.access.policy import Role, Scope
from horizon.inventory.models import Application, Group
from tests.web.conftest import HTMX, Browser, text
from tests.web.test_me import shown_once, works


@pytest.fixture
def shops(application: Application) -> Group:
    """The group of the application."""
    return application.group


@pytest.fixture
def robot(shops: Group, ann: Actor) -> Robot:
    """A robot of the group, with a token."""
    made = robots.create("shops-ci", shops, role=Role.DEVELOPER, description="Deploys", actor=ann)
    tokens.create(made.user, name="pipeline", scope=Scope.CI)
    return made


PAGES = ("/robots/shops-ci/delete", "/robots/shops-ci/tokens/new", "/robots/shops-ci/tokens/{token}/revoke")


def opened(client: Client, page: str) -> int:
    return int(client.get(page.replace("{token}", str(Token.objects.values_list("pk", flat=True).first()))).status_code)


def test_who_manages_members_manages_robots(robot: Robot, admin: Client, browser: Browser) -> None:
    developer = browser("developer")

    assert {page: opened(admin, page) for page in PAGES} == dict.fromkeys(PAGES, 200)
    assert {page: opened(developer, page) for page in PAGES} == dict.fromkeys(PAGES, 403)


def test_others_see_the_robot_and_none_of_its_tokens(robot: Robot, admin: Client, browser: Browser) -> None:
    seen = browser("").get("/robots/shops-ci")

    assert "shops-ci robot shops made by ann" in text(seen)
    assert "developer shops the group and all below it" in text(seen)
    assert "pipeline" not in seen.content.decode()
    assert "pipeline" in text(admin.get("/robots/shops-ci"))


def test_robots_of_a_private_group_are_not_there_for_others(robot: Robot, shops: Group, ann: Actor, browser: Browser) -> None:
    groups.change(shops, groups.Look("", True), actor=ann)
    stranger = browser("")

    assert "shops" not in stranger.get("/robots").content.decode()
    assert stranger.get("/robots/shops-ci").status_code == 404


def test_a_list_of_a_group_and_all_below(robot: Robot, shops: Group, ann: Actor, admin: Client) -> None:
    inner = groups.create("inner", parent=shops, description="", private=False, actor=ann)
    robots.create("inner-ci", inner, role=Role.DEVELOPER, description="", actor=ann)

    assert [name in text(admin.get("/robots?group=shops")) for name in ("shops-ci", "inner-ci")] == [True, True]
    assert [name in text(admin.get("/robots?group=shops/inner")) for name in ("shops-ci", "inner-ci")] == [False, True]
    assert "No robots yet" in text(admin.get("/robots?group=nothing"))


def test_a_robot_is_made_with_a_token_that_works(shops: Group, admin: Client) -> None:
    made = admin.post("/new/robot", {"name": "new", "group": "shops", "role": "developer", "description": ""})
    secret = shown_once(admin.post("/robots/new/tokens/new", {"name": "pipeline", "scope": "read"}))

    assert made.headers["Location"] == "/robots/new"
    assert Membership.objects.get(user__username="new").role == "developer"
    assert works(secret) == 200


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"group": "nothing"}, 400, "There is no such group."),
        ({"name": "ann"}, 409, "there is a person or robot ann already"),
        ({"name": "No Name"}, 400, "is no name"),
        ({"role": "owner"}, 400, "Select a valid choice"),
    ],
)
def test_a_refused_robot_keeps_what_was_typed(shops: Group, admin: Client, sent: dict[str, str], status: int, said: str) -> None:
    given = {"name": "shops-ci", "group": "shops", "role": "developer", "description": "Deploys", **sent}

    answer = admin.post("/new/robot", given, headers=HTMX)

    assert (answer.status_code, said in text(answer)) == (status, True)
    assert 'value="Deploys"' in answer.content.decode()
    assert not Robot.objects.exists()


def test_a_group_that_one_does_not_manage_gets_no_robot(shops: Group, browser: Browser) -> None:
    answer = browser("owner").post("/new/robot", {"name": "x", "group": "shops", "role": "guest"})

    assert (answer.status_code, Robot.objects.count()) == (403, 0)


def test_a_deleted_robot_takes_its_tokens_along(robot: Robot, admin: Client) -> None:
    asked = text(admin.get("/robots/shops-ci/delete", headers=HTMX))

    admin.post("/robots/shops-ci/delete")

    assert "Delete shops-ci Its roles and its 1 token end at once" in asked
    assert (Robot.objects.count(), Token.objects.count()) == (0, 0)


def test_a_revoked_token_leads_back_to_the_robot(robot: Robot, admin: Client) -> None:
    answer = admin.post(f"/robots/shops-ci/tokens/{Token.objects.get().pk}/revoke")

    assert (answer.headers["Location"], Token.objects.count()) == ("/robots/shops-ci", 0)
