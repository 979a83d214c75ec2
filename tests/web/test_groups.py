"""Groups in the browser: the tree, one group, its dialogs, its members."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from horizon import web
from horizon.access import groups, robots
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.access.policy import Role
from horizon.inventory.models import Event, Group, TemplateRelease
from tests.api.world import World, made
from tests.web.conftest import HTMX, signed_in, text


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    return made(ann, deployment)


def group(path: str) -> Group:
    return Group.objects.get(path=path)


def member(world: World, name: str, role: str, path: str) -> Client:
    """The browser of somebody new with a role on a group."""
    return signed_in(world.person(name, (role, group(path))).user)


def sent(client: Client, address: str, **given: Any) -> Any:
    return client.post(address, given, headers=HTMX)


def tree(client: Client, query: str = "") -> list[tuple[str, int, int, int]]:
    rows = client.get(f"/groups{query}").context["rows"]
    return [(row.label, row.depth, row.applications, row.clusters) for row in rows]


# -- the tree


def test_the_tree_counts_what_lies_in_each_group_and_below(world: World, admin: Client) -> None:
    assert tree(admin) == [("closed", 0, 3, 6), ("deep", 1, 2, 4), ("er", 2, 1, 2), ("open", 0, 2, 4), ("inner", 1, 1, 2)]


def test_a_group_whose_name_begins_like_another_is_no_part_of_it(world: World, admin: Client, ann: Actor) -> None:
    groups.create("open-old", parent=None, description="", private=False, actor=ann)

    assert [row[:2] for row in tree(admin)][3:] == [("open", 0), ("inner", 1), ("open-old", 0)]


def test_a_stranger_sees_public_groups_and_counts_only_what_is_seen(world: World) -> None:
    stranger = signed_in(world.person("stranger").user)

    assert tree(stranger) == [("open", 0, 2, 4), ("inner", 1, 1, 2)]


def test_a_member_below_a_private_group_sees_their_part_with_its_whole_path(world: World) -> None:
    deep = member(world, "deep", "guest", "closed/deep")

    assert tree(deep)[:2] == [("closed/deep", 0, 2, 4), ("er", 1, 1, 2)]
    assert "/groups/closed" not in {part.split('"')[0] for part in deep.get("/groups/closed/deep").content.decode().split('href="')}


def test_search_finds_parts_of_paths(world: World, admin: Client) -> None:
    assert [row[:2] for row in tree(admin, "?search=DEEP")] == [("closed/deep", 0), ("er", 1)]
    assert "Nothing is like that" in text(admin.get("/groups?search=nothing"))
    part = admin.get("/groups?search=inner", headers=HTMX)
    assert ("<html" in part.content.decode(), "open/inner" in text(part)) == (False, True)


def test_pages_follow_one_another(world: World, admin: Client) -> None:
    Group.objects.bulk_create(Group(name=f"m-{number:03}", path=f"m-{number:03}") for number in range(120))

    first, second = admin.get("/groups?search=m-"), admin.get("/groups?search=m-&page=2")

    assert [len(answer.context["rows"]) for answer in (first, second)] == [100, 20]
    assert ("page=2" in first.content.decode(), "page=1" in second.content.decode()) == (True, True)


def test_without_groups_one_is_told_what_to_do(ann: Actor, admin: Client) -> None:
    nobody = signed_in(get_user_model().objects.create_user("nobody"))

    with override_settings(HORIZON_ADMINS_ONLY_ROOT_GROUPS=True):
        assert "An administrator makes the first one" in text(nobody.get("/groups"))
    assert "Make the first one: it belongs to you" in text(nobody.get("/groups"))


def test_queries_do_not_grow_with_the_groups(world: World, admin: Client) -> None:
    admin.get("/groups")
    with CaptureQueriesContext(connection) as few:
        admin.get("/groups")
    Group.objects.bulk_create(Group(name=f"m-{number:03}", path=f"m-{number:03}") for number in range(50))

    with CaptureQueriesContext(connection) as many:
        admin.get("/groups")

    assert len(many) == len(few)


# -- one group


def test_a_group_shows_what_is_in_it_and_who_belongs_to_it(world: World, admin: Client, ann: Actor) -> None:
    robots.create("ci-deep", group("closed/deep"), role=Role.DEVELOPER, description="Posts images", actor=ann)

    said = text(admin.get("/groups/closed/deep"))

    assert "in a private group" in said
    assert "4 clusters" in said
    assert "er 1 2" in said
    assert "safe P3" in said
    assert "ci-deep robot developer" in said
    assert "ann owner from group closed" in said
    assert "Posts images · made by ann" in said


def test_buttons_are_those_of_the_role(world: World) -> None:
    actions = ("/edit/group/open", "/move/group/open", "/delete/group/open", "/members/group/open", "/new/group?parent=open")
    pages = {role: member(world, role, role, "open").get("/groups/open").content.decode() for role in ("guest", "developer", "maintainer")}

    shown = {role: [action for action in actions if f'"{action}"' in page] for role, page in pages.items()}

    assert shown == {"guest": [], "developer": [actions[0], actions[4]], "maintainer": list(actions)}
    assert "Ask an owner: ann." in pages["guest"]


@pytest.mark.parametrize(
    "address", ["/groups/nothing", "/groups/closed", "/edit/group/closed", "/members/group/closed", "/members/cluster/shop-test"]
)
def test_what_is_not_there_or_not_seen_is_404(world: World, address: str) -> None:
    assert signed_in(world.person("stranger").user).get(address).status_code == 404


# -- making, describing, moving, deleting


def test_a_root_group_belongs_to_its_maker(world: World) -> None:
    person = signed_in(world.person("maker").user)

    answer = sent(person, "/new/group", name="mine", parent="", description="Mine", private="on")

    assert answer.headers["HX-Redirect"] == "/groups/mine"
    assert (group("mine").private, group("mine").description) == (True, "Mine")
    assert Membership.objects.get(group__path="mine").user.username == "maker"


def test_a_subgroup_takes_the_right_to_edit_its_parent(world: World) -> None:
    developer, guest = member(world, "dev", "developer", "open"), member(world, "guest", "guest", "open")

    made_one = sent(developer, "/new/group", name="new", parent="open")
    refused = sent(guest, "/new/group", name="other", parent="open", description="Typed")

    assert (made_one.headers["HX-Redirect"], refused.status_code) == ("/groups/open/new", 403)
    assert 'value="Typed"' in refused.content.decode()
    assert not Group.objects.filter(path="open/other").exists()


@pytest.mark.parametrize(("name", "status"), [("Open!", 400), ("", 400), ("open", 409), ("x" * 60, 400)])
def test_a_name_that_cannot_be_is_refused_with_what_was_typed(world: World, admin: Client, name: str, status: int) -> None:
    answer = sent(admin, "/new/group", name=name, description="Typed")

    assert (answer.status_code, 'role="alert"' in answer.content.decode(), 'value="Typed"' in answer.content.decode()) == (status, True, True)


def test_where_only_administrators_make_roots_others_are_told_so(world: World) -> None:
    person = signed_in(world.person("maker").user)

    with override_settings(HORIZON_ADMINS_ONLY_ROOT_GROUPS=True):
        answer = sent(person, "/new/group", name="mine")

    assert (answer.status_code, "only an administrator" in text(answer)) == (403, True)


def test_a_developer_describes_and_a_maintainer_hides(world: World) -> None:
    developer, maintainer = member(world, "dev", "developer", "open"), member(world, "maint", "maintainer", "open")

    assert "private" not in developer.get("/edit/group/open", headers=HTMX).content.decode().split("inside")[1]
    sent(developer, "/edit/group/open", description="Shops", private="on")
    described = (group("open").description, group("open").private)
    sent(maintainer, "/edit/group/open", description="Shops", private="on")

    assert (described, group("open").private, group("open/inner").hidden) == (("Shops", False), True, True)


def test_a_group_moves_with_all_below_and_its_page_says_so(world: World, admin: Client) -> None:
    answer = sent(admin, "/move/group/closed/deep", name="deeper", parent="open")

    assert answer.headers["HX-Redirect"] == "/groups/open/deeper"
    assert "closed/deep is open/deeper now" in text(admin.get("/groups/open/deeper"))
    assert sorted(Group.objects.values_list("path", flat=True)) == ["closed", "open", "open/deeper", "open/deeper/er", "open/inner"]


def test_a_group_does_not_move_into_itself(world: World, admin: Client) -> None:
    answer = sent(admin, "/move/group/open", name="open", parent="open/inner")

    assert (answer.status_code, "cannot move into itself" in text(answer), 'value="open/inner"' in answer.content.decode()) == (409, True, True)


def test_a_group_that_holds_something_is_not_deleted_and_says_what(world: World, admin: Client) -> None:
    dialog, answer = admin.get("/delete/group/open", headers=HTMX), sent(admin, "/delete/group/open")

    assert ("open/inner" in text(dialog), "shop" in text(dialog), "Delete group" in text(dialog)) == (True, True, False)
    assert (answer.status_code, "groups: open/inner; applications: shop" in text(answer)) == (409, True)


def test_an_empty_group_is_deleted_and_leads_to_its_parent(world: World, admin: Client, ann: Actor) -> None:
    groups.create("empty", parent=group("open"), description="", private=False, actor=ann)

    answer = sent(admin, "/delete/group/open/empty")

    assert answer.headers["HX-Redirect"] == "/groups/open"
    assert not Group.objects.filter(path="open/empty").exists()


def test_dialogs_are_pages_without_scripts(world: World, admin: Client) -> None:
    for address in ("/new/group?parent=open", "/edit/group/open", "/move/group/open", "/delete/group/open", "/members/group/open"):
        page = admin.get(address)
        assert (page.status_code, "<html" in page.content.decode()) == (200, True), address

    answer = admin.post("/new/group", {"name": "plain", "parent": "open"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/groups/open/plain")


def test_a_parent_that_is_rubbish_is_no_fault_of_ours(world: World, admin: Client) -> None:
    assert admin.get("/new/group?parent=a%0Ab").status_code == 200
    assert sent(admin, "/new/group", name="x", parent="a\nb").status_code == 404


# -- members


def test_a_member_is_added_changed_and_removed(world: World, admin: Client) -> None:
    world.person("bob")

    added = sent(admin, "/members/group/open", name="bob", role="developer")
    changed = sent(admin, "/members/group/open", name="bob", member="bob", role="sre")
    role = Membership.objects.get(user__username="bob").role
    removed = sent(admin, "/members/group/open", name="bob", member="bob", role="sre", remove="on")

    assert [answer.headers.get("HX-Redirect") for answer in (added, changed, removed)] == ["/groups/open"] * 3
    assert (role, Membership.objects.filter(user__username="bob").exists()) == ("sre", False)
    assert set(Event.objects.filter(group__path="open").values_list("action", flat=True)) >= {"add member", "change member", "remove member"}


def test_a_robot_is_a_member_too_but_owns_nothing(world: World, admin: Client, ann: Actor) -> None:
    robots.create("ci", group("closed"), role=Role.GUEST, description="", actor=ann)

    refused = sent(admin, "/members/group/open", name="ci", role="owner")
    added = sent(admin, "/members/group/open", name="ci", role="developer")

    assert (refused.status_code, "a robot owns nothing" in text(refused), added.status_code) == (400, True, 204)


def test_a_maintainer_gives_no_ownership(world: World) -> None:
    maintainer = member(world, "maint", "maintainer", "open")

    dialog = maintainer.get("/members/group/open", headers=HTMX)
    refused = sent(maintainer, "/members/group/open", name="maint", role="owner")
    about_owner = maintainer.get("/members/group/open?member=ann", headers=HTMX)

    assert 'value="owner"' not in dialog.content.decode()
    assert refused.status_code == 403
    assert ("decided by its owners" in text(about_owner), "Save" in text(about_owner)) == (True, False)


def test_the_last_owner_stays(world: World, admin: Client) -> None:
    answer = sent(admin, "/members/group/open", name="ann", member="ann", remove="on")

    assert (answer.status_code, "last owner" in text(answer)) == (409, True)


@pytest.mark.parametrize(
    ("given", "status"), [({"name": "nobody", "role": "guest"}, 400), ({"name": "bob", "role": "king"}, 400), ({"name": "bob"}, 400)]
)
def test_rubbish_about_members_is_refused(world: World, admin: Client, given: dict[str, str], status: int) -> None:
    world.person("bob")

    answer = sent(admin, "/members/group/open", **given)

    assert (answer.status_code, f'value="{given["name"]}"' in answer.content.decode()) == (status, True)
    assert not Membership.objects.filter(user__username="bob").exists()


def test_a_role_that_is_inherited_is_not_changed_here(world: World, admin: Client) -> None:
    assert admin.get("/members/group/open/inner?member=ann").status_code == 404
    assert sent(admin, "/members/group/open/inner", name="ann", member="ann", role="guest").status_code == 404


# -- how dialogs swap


def test_no_target_has_a_comma_for_htmx_would_take_it_for_two() -> None:
    templates = (Path(web.__file__).parent / "templates").rglob("*.html")
    targets = {target for file in templates for target in re.findall(r'hx-target="([^"]*)"', file.read_text())}

    assert "closest [data-sheet]" in targets
    assert [target for target in targets if "," in target] == []


def test_a_dialog_is_swapped_into_what_holds_it(world: World, admin: Client) -> None:
    page = admin.get("/new/group").content.decode()

    assert re.findall(r"<(\w+)[^>]* data-sheet", page) == ["section", "dialog"]


def test_many_subgroups_are_cut_and_lead_to_all(world: World, admin: Client) -> None:
    above = group("open")
    Group.objects.bulk_create(Group(name=f"m-{number:03}", path=f"open/m-{number:03}", parent=above) for number in range(110))

    answer = admin.get("/groups/open")

    assert (len(answer.context["subgroups"]), "/groups?search=open/" in answer.content.decode()) == (100, True)
    assert admin.get("/groups?search=open/&page=2").context["rows"][-1].label == "open/m-109"
