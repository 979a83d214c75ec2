"""Applications in the browser: the list, one with its clusters side by side, promoting, its config brought to clusters, its dialogs."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from horizon.access import groups
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.delivery import application as configs
from horizon.delivery import edit, tags
from horizon.gitops import layout
from horizon.inventory.models import Application, Cluster, Environment, Group, TemplateRelease
from tests.api.world import World, made
from tests.fixtures import MakeCluster, deploy, pending, released, replicas
from tests.web.conftest import HTMX, Browser, field, signed_in, text
from tests.web.island import given

REPLICAS, IMAGE = "application.yaml: deployment.app.spec.replicas", "pipeline-output.yaml: deployment.image"


@pytest.fixture
def world(ann: Actor, deployment: TemplateRelease) -> World:
    return made(ann, deployment)


@pytest.fixture
def online(deployed: Cluster, make_cluster: MakeCluster, ann: Actor) -> Cluster:
    """A released cluster in the next environment, where another image and more replicas are wanted."""
    cluster = make_cluster("shop-online", image="library/shop:v0", config={"app": {"spec": {"replicas": 5}}})
    Cluster.objects.filter(pk=cluster.pk).update(environment=Environment.objects.create(name="online", position=2))
    cluster.refresh_from_db()
    deploy(cluster, ann)
    return cluster


def sent(client: Client, address: str, **given: Any) -> Any:
    return client.post(address, given, headers=HTMX)


def sheet(client: Client, address: str) -> Any:
    """A dialog as htmx asks for it."""
    answer = client.get(address, headers=HTMX)
    assert (answer.status_code, "<html" in answer.content.decode()) == (200, False)
    return answer


def configured(application: Application, port: int, actor: Actor, environment: Environment | None = None) -> None:
    mutate = configs.patch_config({"app": {"port": port}}, application)
    configs.write(application, environment, mutate, actor=actor, title="", seen=None)


# -- the list


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "mint safe shop till vault"),
        ("search=SA", "safe"),
        ("group=closed", "mint safe vault"),
        ("group=open&priority=P1", "till"),
        ("template=deployment&search=&priority=", "mint safe shop till vault"),
        ("tag=team", "shop"),
        ("search=nothing", ""),
    ],
)
def test_the_address_says_what_is_listed(world: World, admin: Client, ann: Actor, query: str, found: str) -> None:
    tags.replace(Application.objects.get(name="shop"), {"team": "web"}, actor=ann)

    answer = admin.get(f"/applications?{query}", headers=HTMX)

    assert " ".join(row.name for row in answer.context["applications"]) == found
    assert "<html" not in answer.content.decode()


def test_a_stranger_sees_those_of_public_groups(world: World) -> None:
    answer = signed_in(world.person("stranger").user).get("/applications")

    assert [row.name for row in answer.context["applications"]] == ["shop", "till"]


def test_clusters_are_counted_with_those_that_wait(world: World, admin: Client) -> None:
    Cluster.objects.filter(name="shop-online").update(pending=False)

    rows = {row.name: row.counts for row in admin.get("/applications").context["applications"]}

    assert (rows["shop"]["all"], rows["shop"]["pending"]) == (2, 1)


@pytest.mark.parametrize("query", ["priority=P9", "sort=colour", "archived=perhaps"])
def test_a_filter_that_cannot_be_is_refused(world: World, admin: Client, query: str) -> None:
    assert admin.get(f"/applications?{query}").status_code == 400


def test_nothing_there_and_nothing_found_say_different_things(ann: Actor, admin: Client) -> None:
    assert "No applications yet" in text(admin.get("/applications"))
    assert "Nothing is like that" in text(admin.get("/applications?search=x"))


def test_queries_do_not_grow_with_the_applications(world: World, admin: Client) -> None:
    shop = Application.objects.get(name="shop")
    admin.get("/applications")
    with CaptureQueriesContext(connection) as few:
        admin.get("/applications")
    Application.objects.bulk_create(Application(name=f"m-{n}", group=shop.group, template=shop.template, ready=True) for n in range(30))

    with CaptureQueriesContext(connection) as many:
        admin.get("/applications")

    assert len(many) == len(few)


# -- one application


def test_clusters_stand_side_by_side_in_the_order_of_environments(online: Cluster, admin: Client) -> None:
    Environment.objects.create(name="pre", position=1)

    answer = admin.get("/applications/shop")

    lanes = [(lane.environment.name, [row.name for row in lane.clusters]) for lane in answer.context["lanes"]]
    said = text(answer)
    assert lanes == [("test", ["shop-test"]), ("pre", []), ("online", ["shop-online"])]
    assert f"library/shop:v1 Live revision {Cluster.objects.get(name='shop-test').revision[:8]} Pending nothing Release v0.0.1" in said
    assert "/clusters/shop-online/promote?source=shop-test" in answer.content.decode()
    assert "/new/cluster/shop?environment=pre" in answer.content.decode()


def test_the_environment_of_the_button_is_chosen_in_the_form(online: Cluster, admin: Client) -> None:
    asked = given(admin.get("/new/cluster/shop?environment=online"))["about"]["data"]

    assert (asked["environment"], asked["name"]) == ("online", "shop-online")


def test_a_guest_sees_no_action_and_whom_to_ask(online: Cluster, browser: Browser) -> None:
    answer = browser("guest").get("/applications/shop")

    assert "Ask an owner: ann." in text(answer)
    assert [word for word in ("promote", "new/cluster", "/move", "/delete", "/describe", "/members") if word in answer.content.decode()] == []


def test_members_say_where_a_role_comes_from(online: Cluster, browser: Browser, admin: Client) -> None:
    browser("developer")

    said = text(admin.get("/applications/shop"))
    changed = sent(admin, "/members/application/shop", name="a-developer", member="a-developer", role="sre")

    assert ("ann owner from group shops" in said, "a-developer developer" in said) == (True, True)
    assert changed.headers["HX-Redirect"] == "/applications/shop"
    assert Membership.objects.get(application__name="shop").role == "sre"


def test_the_config_of_two_clusters_is_compared_as_it_is_wanted_now(online: Cluster, admin: Client, ann: Actor) -> None:
    replicas(Cluster.objects.get(name="shop-test"), 3, ann)

    answer = admin.get("/applications/shop?left=shop-online&right=shop-test", headers=HTMX)

    body = answer.content.decode()
    assert "<html" not in body
    assert ("replicas: <del>5</del>" in body, "replicas: <ins>3</ins>" in body) == (True, True)
    assert [file.name for file in answer.context["files"]] == ["application.yaml", "pipeline-output.yaml"]
    assert "system/horizon.yaml" in [file.name for file in answer.context["others"]]


def test_names_that_are_none_compare_the_first_two(online: Cluster, admin: Client) -> None:
    answer = admin.get("/applications/shop?left=nothing&right=%22%3E")

    assert (answer.context["left"].name, answer.context["right"].name) == ("shop-test", "shop-online")


def test_with_one_cluster_nothing_is_compared(deployed: Cluster, admin: Client) -> None:
    assert "With two clusters their config is compared here" in text(admin.get("/applications/shop"))


def test_the_page_costs_the_same_with_more_clusters(deployed: Cluster, make_cluster: MakeCluster, admin: Client) -> None:
    make_cluster("two")
    admin.get("/applications/shop")
    with CaptureQueriesContext(connection) as few:
        admin.get("/applications/shop")
    for name in ("three", "four"):
        make_cluster(name)

    with CaptureQueriesContext(connection) as many:
        admin.get("/applications/shop")

    assert len(many) == len(few)


# -- promote


def test_the_image_is_promoted_by_default_and_stays_pending(online: Cluster, browser: Browser) -> None:
    developer = browser("developer")
    dialog = sheet(developer, "/clusters/shop-online/promote?source=shop-test")

    answer = sent(developer, "/clusters/shop-online/promote", source="shop-test", chose="1", key=IMAGE)

    body = dialog.content.decode()
    assert f'value="{IMAGE}" checked' in body
    assert f'value="{REPLICAS}" >' in body
    assert "Deployment/shop-online pods restart" in text(dialog)
    assert answer.headers["HX-Redirect"] == "/clusters/shop-online"
    assert (pending(online, layout.OUTPUT), released(online, layout.OUTPUT)) == ({"image": "library/shop:v1"}, {"image": "library/shop:v0"})
    assert pending(online)["app"]["spec"]["replicas"] == 5


def test_chosen_keys_change_what_is_shown_and_what_is_promoted(online: Cluster, admin: Client) -> None:
    shown = admin.get("/clusters/shop-online/promote", {"source": "shop-test", "chose": "1", "key": REPLICAS}, headers=HTMX)

    sent(admin, "/clusters/shop-online/promote", source="shop-test", chose="1", key=REPLICAS, title="Fewer")

    assert [file.name for file in shown.context["files"]] == ["application.yaml"]
    assert (pending(online)["app"]["spec"]["replicas"], pending(online, layout.OUTPUT)["image"]) == (1, "library/shop:v0")


def test_pending_edits_that_a_promotion_overwrites_are_named(online: Cluster, admin: Client, ann: Actor) -> None:
    replicas(online, 7, ann)

    image_alone = sheet(admin, "/clusters/shop-online/promote?source=shop-test")
    both = sheet(admin, f"/clusters/shop-online/promote?source=shop-test&chose=1&key={REPLICAS}")

    assert ("Pending edits here are overwritten" in text(image_alone), f"are overwritten: {REPLICAS}" in text(both)) == (False, True)


def test_an_sre_promotes_images_and_no_config(online: Cluster, browser: Browser) -> None:
    sre = browser("sre")

    dialog = sheet(sre, "/clusters/shop-online/promote?source=shop-test")
    refused = sent(sre, "/clusters/shop-online/promote", source="shop-test", key=REPLICAS)
    done = sent(sre, "/clusters/shop-online/promote", source="shop-test", key=IMAGE)

    assert f'value="{REPLICAS}" disabled' in dialog.content.decode()
    assert (refused.status_code, done.status_code) == (403, 204)
    assert pending(online)["app"]["spec"]["replicas"] == 5


def test_nothing_is_promoted_from_where_nothing_runs(cluster: Cluster, make_cluster: MakeCluster, admin: Client) -> None:
    make_cluster("other")

    dialog = sheet(admin, "/clusters/other/promote?source=shop-test")
    answer = sent(admin, "/clusters/other/promote", source="shop-test", key=IMAGE)

    assert ("nothing runs in shop-test" in text(dialog), "Promote</button>" in dialog.content.decode()) == (True, False)
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("given", "status"),
    [({}, 400), ({"source": "shop-test"}, 400), ({"source": "none", "key": IMAGE}, 404), ({"source": "shop-test", "key": "x"}, 400)],
)
def test_rubbish_is_promoted_nowhere(online: Cluster, admin: Client, given: dict[str, str], status: int) -> None:
    before = pending(online, layout.OUTPUT)

    assert sent(admin, "/clusters/shop-online/promote", **given).status_code == status
    assert pending(online, layout.OUTPUT) == before


def test_a_lone_cluster_has_nothing_to_promote_from(deployed: Cluster, admin: Client) -> None:
    assert "no other cluster to promote from" in text(sheet(admin, "/clusters/shop-test/promote"))


def test_the_source_is_the_environment_before(online: Cluster, admin: Client) -> None:
    assert sheet(admin, "/clusters/shop-online/promote").context["source"].name == "shop-test"


# -- config by environment


def test_the_config_is_saved_by_environment(application: Application, browser: Browser) -> None:
    environment, developer = Environment.objects.create(name="online"), browser("developer")
    page = developer.get("/applications/shop/config?environment=online")

    answer = developer.post(
        "/applications/shop/config", {"text": "deployment:\n  app:\n    port: 9000 # theirs\n", "environment": "online", "seen": field(page, "seen")}
    )

    assert "online has no config of its own yet" in text(page)
    assert answer.headers["Location"] == "/applications/shop/config?environment=online"
    assert (configs.read(application, environment).config, configs.read(application, None).config) == ({"app": {"port": 9000}}, {})
    assert "port: 9000 # theirs" in developer.get("/applications/shop/config?environment=online").content.decode()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("deployment:\n  app:\n    port: 0\n", "/app/port"),
        ("deployment: [", "application.yaml"),
        ("other: 1\n", "reaches no chart"),
        ("just words", "application.yaml"),
    ],
)
def test_a_config_that_does_not_fit_is_refused_with_what_was_typed(application: Application, admin: Client, written: str, problem: str) -> None:
    page = admin.get("/applications/shop/config")

    preview = sent(admin, "/applications/shop/config/preview", text=written, environment="")
    answer = admin.post("/applications/shop/config", {"text": written, "title": "Typed", "seen": field(page, "seen")})

    assert (answer.status_code, problem in text(answer), 'value="Typed"' in answer.content.decode()) == (400, True, True)
    assert (preview.status_code, problem in text(preview)) == (200, True)
    assert written.strip() in answer.content.decode()
    assert configs.read(application, None).config == {}


def test_somebody_who_saved_first_is_not_overwritten(application: Application, admin: Client, ann: Actor) -> None:
    seen = field(admin.get("/applications/shop/config"), "seen")
    configured(application, 8000, ann)

    answer = admin.post("/applications/shop/config", {"text": "deployment:\n  app:\n    port: 9000\n", "seen": seen})

    body = answer.content.decode()
    assert (answer.status_code, "Somebody else saved in the meantime" in text(answer)) == (412, True)
    assert ("port: <del>8000</del>" in body, "port: <ins>9000</ins>" in body) == (True, True)
    assert field(answer, "seen") == configs.read(application, None).revision
    assert configs.read(application, None).config == {"app": {"port": 8000}}


def test_a_preview_changes_nothing(application: Application, admin: Client) -> None:
    before = configs.read(application, None).revision

    part = sent(admin, "/applications/shop/config/preview", text="deployment:\n  app:\n    port: 9000\n")
    whole = admin.post("/applications/shop/config", {"text": "deployment:\n  app:\n    port: 9000\n", "preview": "1"})

    assert ("port: 9000" in text(part), "port: 9000" in text(whole)) == (True, True)
    assert configs.read(application, None).revision == before


def test_who_may_not_edit_reads_the_config_only(application: Application, browser: Browser) -> None:
    guest = browser("guest")

    page = guest.get("/applications/shop/config")

    assert (" readonly" in page.content.decode(), "Save" in text(page)) == (True, False)
    assert guest.post("/applications/shop/config", {"text": "deployment: {}"}).status_code == 403
    assert guest.post("/applications/shop/config/preview", {"text": "deployment: {}"}).status_code == 403


def test_an_environment_that_is_none_is_refused(application: Application, admin: Client) -> None:
    assert admin.get("/applications/shop/config?environment=mars").status_code == 400
    assert admin.post("/applications/shop/config", {"text": "deployment: {}", "environment": "mars"}).status_code == 400


# -- brought to clusters


def test_one_edit_of_each_chosen_cluster(make_cluster: MakeCluster, admin: Client, ann: Actor) -> None:
    one, two = make_cluster("one"), make_cluster("two")
    configured(one.application, 9000, ann)

    dialog = sheet(admin, "/applications/shop/bring")
    answer = sent(admin, "/applications/shop/bring", cluster="one", prefer="cluster", title="Ports")

    assert dialog.content.decode().count("application.yaml: deployment.app.port") == 2
    assert answer.headers["HX-Redirect"] == "/applications/shop"
    assert "one has it as edit" in text(admin.get("/applications/shop"))
    assert (pending(one)["app"]["port"], "port" in pending(two)["app"]) == (9000, False)


@pytest.mark.parametrize(("prefer", "stays"), [("cluster", 8000), ("application", 9000)])
def test_clashes_are_listed_with_both_values_and_decided(cluster: Cluster, admin: Client, ann: Actor, prefer: str, stays: int) -> None:
    edit.patch_config(cluster, {"app": {"port": 8000}}, actor=ann, title="", seen=None)
    configured(cluster.application, 9000, ann)

    dialog = sheet(admin, "/applications/shop/bring")
    sent(admin, "/applications/shop/bring", cluster="shop-test", prefer=prefer)

    assert "application.yaml: deployment.app.port 8000 9000" in text(dialog)
    assert 'value="shop-test" checked' not in dialog.content.decode()
    assert pending(cluster)["app"]["port"] == stays


def test_nobody_brings_to_clusters_of_others(cluster: Cluster, admin: Client, browser: Browser, ann: Actor) -> None:
    configured(cluster.application, 9000, ann)
    till = Application.objects.create(name="till", group=cluster.application.group, template=cluster.application.template, ready=True)
    guest = browser("guest")

    dialog = sheet(guest, "/applications/shop/bring")
    refused = sent(guest, "/applications/shop/bring", cluster="shop-test", prefer="cluster")
    stray = sent(admin, f"/applications/{till}/bring", cluster="shop-test", prefer="cluster")
    nothing = sent(admin, "/applications/shop/bring", prefer="cluster")

    assert "You may not edit this cluster" in text(dialog)
    assert [answer.status_code for answer in (refused, stray, nothing)] == [403, 400, 400]
    assert "port" not in pending(cluster)["app"]


def test_where_all_have_it_that_is_said(cluster: Cluster, admin: Client) -> None:
    assert "All clusters have it already" in text(sheet(admin, "/applications/shop/bring"))


# -- described, moved, deleted


def test_an_application_is_described_with_its_tags(application: Application, browser: Browser) -> None:
    developer = browser("developer")

    answer = sent(developer, "/applications/shop/describe", description="Sells", priority="P1", tags="team=web, beta")

    application.refresh_from_db()
    assert answer.headers["HX-Redirect"] == "/applications/shop"
    assert (application.description, application.priority, tags.of(application)) == ("Sells", "P1", {"team": "web", "beta": ""})
    assert 'value="beta, team=web"' in sheet(developer, "/applications/shop/describe").content.decode()


@pytest.mark.parametrize("wrong", [{"priority": "P9"}, {"tags": "a b=c"}, {"description": "x" * 600}])
def test_what_cannot_be_said_is_refused_with_what_was_typed(application: Application, admin: Client, wrong: dict[str, str]) -> None:
    answer = sent(admin, "/applications/shop/describe", **{"description": "Typed", "priority": "P1", "tags": "", **wrong})

    application.refresh_from_db()
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (400, True)
    assert (application.description, application.priority, tags.of(application)) == ("", "P3", {})


def test_an_application_moves_where_one_may_edit(application: Application, browser: Browser, ann: Actor) -> None:
    other = groups.create("other", parent=None, description="", private=False, actor=ann)
    maintainer = browser("maintainer")

    refused = sent(maintainer, "/applications/shop/move", group="other")
    Membership.objects.create(user=get_user_model().objects.get(username="a-maintainer"), role="developer", group=other)
    moved = sent(maintainer, "/applications/shop/move", group="other")

    assert (refused.status_code, 'value="other"' in refused.content.decode(), moved.status_code) == (403, True, 204)
    assert Application.objects.get(name="shop").group == other


def test_an_application_with_clusters_is_not_deleted_and_names_them(cluster: Cluster, admin: Client) -> None:
    dialog, answer = sheet(admin, "/applications/shop/delete"), sent(admin, "/applications/shop/delete")

    assert ("shop-test" in text(dialog), "Delete application" in text(dialog)) == (True, False)
    assert (answer.status_code, "delete them first: shop-test" in text(answer)) == (409, True)


def test_a_deleted_application_is_shown_without_actions_and_restored(application: Application, admin: Client) -> None:
    sent(admin, "/applications/shop/delete")

    page = admin.get("/applications/shop")
    edited = sent(admin, "/applications/shop/describe", description="x", priority="P1")
    listed = admin.get("/applications").context["applications"]
    deleted = admin.get("/applications?archived=true")
    restored = admin.post("/applications/shop/restore")

    assert ("This application was deleted" in text(page), "/describe" in page.content.decode(), edited.status_code, listed) == (True, False, 409, [])
    assert "shop deleted" in text(deleted)
    assert restored.headers["Location"] == "/applications/shop"
    assert Application.objects.get(name="shop").archived_at is None


def test_restoring_takes_the_right_to_delete(application: Application, admin: Client, browser: Browser) -> None:
    sent(admin, "/applications/shop/delete")

    assert browser("developer").post("/applications/shop/restore").status_code == 403


# -- where it is seen


def test_a_cluster_leads_to_its_application_and_group(deployed: Cluster, admin: Client) -> None:
    page, home = (admin.get(address).content.decode() for address in ("/clusters/shop-test", "/"))

    assert [link in body for body in (page, home) for link in ('href="/applications/shop"', 'href="/groups/shops"')] == [True] * 4


def test_a_private_group_is_a_name_and_no_link_for_who_sees_its_application_only(application: Application, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)

    body = browser("developer").get("/applications/shop").content.decode()

    assert ("shops" in body, 'href="/groups/shops"' in body) == (True, False)
