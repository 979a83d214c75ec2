"""New applications and clusters in the browser."""

from typing import Any

import pytest
from django.test import Client

from horizon.access import groups
from horizon.access.models import Membership
from horizon.access.permissions import Actor
from horizon.catalog.schema import check_schema, problems
from horizon.delivery import application as configs
from horizon.delivery.rendering import render
from horizon.engines.objects import label
from horizon.gitops import layout
from horizon.gitops.repository import Repository
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, ReleaseState, Template, TemplateRelease
from horizon.inventory.repositories import application_repository, cluster_repository
from tests.fixtures import MakeCluster, pending, released
from tests.web.conftest import Browser, signed_in, text
from tests.web.island import get, given, post

NEW = {"name": "till", "group": "shops", "template": "deployment", "priority": "P1", "config": {"app": {"port": 9000}}}
IN_TEST = {"name": "shop-test", "environment": "test", "region": "local", "release": "v0.0.1", "image": "library/shop:v2"}


@pytest.fixture
def places(db: None) -> None:
    """Two environments, two regions."""
    for position, name in enumerate(("test", "online")):
        Environment.objects.update_or_create(name=name, defaults={"position": position})
    for name in ("local", "north"):
        Region.objects.get_or_create(name=name)


# -- an application


def test_questions_about_an_application_are_a_schema_that_its_own_answers_fit(application: Application, admin: Client) -> None:
    asked = given(admin.get("/new/application"))["about"]

    check_schema(asked["schema"])
    assert problems(asked["schema"], {**asked["data"], "name": "till"}) == []
    assert asked["data"] == {"group": "shops", "priority": "P3", "template": "deployment"}


def test_a_template_that_nobody_uses_is_not_chosen_for_a_person(deployment: TemplateRelease, ann: Actor, admin: Client) -> None:
    groups.create("shops", parent=None, description="", private=False, actor=ann)

    assert "template" not in given(admin.get("/new/application"))["about"]["data"]


def test_start_is_the_form_of_the_recommended_release(application: Application, admin: Client) -> None:
    url = given(admin.get("/new/application"))["urls"]["start"]

    answer = get(admin, f"{url}?template=deployment")

    assert (answer.data["template"], answer.data["release"], answer.data["config"]) == ("deployment", "v0.0.1", {})
    assert "app" in answer.data["schema"]["properties"]


def test_preview_of_an_application_is_yaml_of_its_objects(application: Application, admin: Client) -> None:
    answer = post(admin, "/new/application/preview", NEW)

    manifests = {item["object"]: item["text"] for item in answer.data["manifests"]}
    assert "containerPort: 9000" in manifests["Deployment/till"]


def test_an_application_is_made_and_leads_to_its_first_cluster(application: Application, admin: Client) -> None:
    answer = post(admin, "/new/application/save", NEW)

    made = Application.objects.get(name="till")
    assert (answer.status_code, answer.data["url"]) == (201, "/new/cluster/till")
    assert (made.group.path, made.priority, configs.read(made, None).config) == ("shops", "P1", {"app": {"port": 9000}})


def test_refusals_name_the_field(application: Application, admin: Client) -> None:
    taken = post(admin, "/new/application/save", {**NEW, "name": "shop"})
    named = post(admin, "/new/application/save", {**NEW, "name": "Shop"})
    nowhere = post(admin, "/new/application/save", {**NEW, "group": "none"})
    wrong = post(admin, "/new/application/save", {**NEW, "config": {"app": {"port": 0}}})
    empty = post(admin, "/new/application/save", {**NEW, "name": ""})

    assert [(answer.status_code, answer.data["details"].get("field")) for answer in (taken, named, nowhere)] == [
        (409, "name"),
        (400, "name"),
        (400, "group"),
    ]
    assert [error["pointer"] for error in wrong.data["details"]["errors"]] == ["/app/port"]
    assert (empty.status_code, empty.data["details"]["errors"]) == (400, [{"pointer": "/name", "message": "is required"}])
    assert Application.objects.count() == 1


def test_a_person_is_offered_the_groups_where_they_may_make_one(application: Application, browser: Browser, ann: Actor) -> None:
    inner = groups.create("inner", parent=application.group, description="", private=False, actor=ann)
    groups.create("other", parent=None, description="", private=False, actor=ann)
    person = browser("")
    Membership.objects.create(user_id=person.session["_auth_user_id"], role="developer", group=inner)

    asked = given(person.get("/new/application"))["about"]

    assert asked["schema"]["properties"]["group"]["enum"] == ["shops/inner"]
    assert post(person, "/new/application/save", NEW).status_code == 403
    assert post(person, "/new/application/save", {**NEW, "group": "shops/inner"}).status_code == 201


def test_what_is_lacking_is_said(ann: Actor, application: Application, browser: Browser, admin: Client) -> None:
    no_group, no_environment = browser("guest").get("/new/application"), admin.get("/new/cluster/shop")

    assert "ask for the role developer" in text(no_group)
    assert "no environment yet" in text(no_environment)


# -- a cluster


def test_a_cluster_is_asked_for_with_likely_answers(make_cluster: MakeCluster, places: None, admin: Client) -> None:
    make_cluster()

    page = given(admin.get("/new/cluster/shop"))

    assert page["about"]["data"] == {"environment": "online", "region": "local", "release": "v0.0.1", "name": "shop-online"}
    assert problems(page["about"]["schema"], page["about"]["data"]) == []
    assert page["taken"] == ["shop-test"]


def test_a_cluster_starts_with_what_the_application_holds_for_the_environment(
    application: Application, places: None, ann: Actor, admin: Client
) -> None:
    online = Environment.objects.get(name="online")
    configs.write(application, online, configs.put_config({"app": {"port": 9000}}, application), actor=ann, title="", seen=None)

    starts = {name: get(admin, f"/new/cluster/shop/start?environment={name}&release=v0.0.1").data["config"] for name in ("test", "online")}

    assert starts == {"test": {}, "online": {"app": {"port": 9000}}}


def test_preview_of_a_cluster_shows_it_where_it_will_be_and_makes_nothing(application: Application, places: None, admin: Client) -> None:
    answer = post(admin, "/new/cluster/shop/preview", {**IN_TEST, "config": {"app": {"spec": {"replicas": 4}}}})

    deployment = next(item["text"] for item in answer.data["manifests"] if item["object"] == "Deployment/shop-test")
    assert all(
        part in deployment
        for part in ("replicas: 4", "image: library/shop:v2", "horizon/environment: test", f"namespace: test-{application.group_id}")
    )
    assert not Cluster.objects.exists()


def test_what_is_previewed_is_what_is_made(application: Application, places: None, admin: Client) -> None:
    body = {**IN_TEST, "config": {"app": {"spec": {"replicas": 4}}}}
    before = post(admin, "/new/cluster/shop/preview", body).data["manifests"]

    made = post(admin, "/new/cluster/shop/save", body)

    objects = post(admin, "/clusters/shop-test/form/preview", {"config": body["config"], "against": "released"}).data["objects"]
    assert (made.status_code, made.data["url"]) == (201, "/clusters/shop-test")
    assert sorted(item["object"] for item in before) == sorted(item["object"] for item in objects)


def test_a_cluster_has_exactly_the_config_of_the_form(application: Application, places: None, ann: Actor, admin: Client) -> None:
    held = {"app": {"port": 9000, "health": {"readiness": "/ready", "port": 8081}}}
    configs.write(application, None, configs.put_config(held, application), actor=ann, title="", seen=None)
    wanted = {"app": {"health": {"readiness": "/ready"}, "spec": {"replicas": 2}}}

    post(admin, "/new/cluster/shop/save", {**IN_TEST, "config": wanted})

    cluster = Cluster.objects.get(name="shop-test")
    assert (pending(cluster), pending(cluster, layout.OUTPUT), released(cluster)) == (wanted, {"image": "library/shop:v2"}, {})


def test_refusals_of_a_cluster_name_the_field(make_cluster: MakeCluster, places: None, admin: Client) -> None:
    make_cluster()
    body = {**IN_TEST, "config": {}}

    taken = post(admin, "/new/cluster/shop/save", body)
    nowhere = post(admin, "/new/cluster/shop/save", {**body, "name": "other", "region": "mars"})
    wrong = post(admin, "/new/cluster/shop/save", {**body, "name": "other", "config": {"app": {"spec": {"replicas": "many"}}}})

    assert (taken.status_code, taken.data["details"]) == (409, {"field": "name"})
    assert (nowhere.status_code, nowhere.data["details"]) == (400, {"field": "region"})
    assert wrong.data["details"] == {"file": "application.yaml", "errors": [{"pointer": "/app/spec/replicas", "message": "must be a whole number"}]}
    assert Cluster.objects.count() == 1


def test_a_retired_release_is_offered_to_nobody(application: Application, places: None, admin: Client) -> None:
    TemplateRelease.objects.update(state=ReleaseState.RETIRED)

    assert "no release of a template" in text(admin.get("/new/cluster/shop"))
    assert post(admin, "/new/cluster/shop/save", {**IN_TEST, "config": {}}).status_code == 409


# -- the last look


def content(answer: Any) -> dict[str, str]:
    """What a review says that the files will hold."""
    assert answer.status_code == 200, answer.data
    assert {item["status"] for item in answer.data["files"]} == {"added"}
    return {item["file"]: "\n".join(line[1:] for line in item["text"].splitlines()[3:]) + "\n" for item in answer.data["files"] if not item["binary"]}


def held(repository: Repository, ref: str) -> dict[str, str]:
    """What they do hold."""
    files = repository.files(repository.refs.read()[ref])
    return {file: content.decode() for file, content in files.items() if not file.endswith(".tgz")}


def test_a_review_of_an_application_shows_what_is_committed(application: Application, admin: Client) -> None:
    review = post(admin, "/new/application/review", NEW)

    assert not Application.objects.filter(name="till").exists()
    post(admin, "/new/application/save", NEW)
    assert content(review) == held(application_repository(Application.objects.get(name="till")), layout.DEFAULT)
    assert any(item["object"] == "Deployment/till" and "containerPort: 9000" in item["text"] for item in review.data["manifests"])


def test_a_review_of_a_cluster_shows_what_is_committed_but_for_its_id(application: Application, places: None, admin: Client) -> None:
    sent = {**IN_TEST, "config": {"app": {"port": 9000}}}

    review = post(admin, "/new/cluster/shop/review", sent)

    assert not Cluster.objects.exists()
    post(admin, "/new/cluster/shop/save", sent)
    made = Cluster.objects.get()
    repository = cluster_repository(made)
    files = repository.files(repository.refs.read()[layout.GITOPS])
    expected = {file: text.replace("clusterID: 0", f"clusterID: {made.pk}") for file, text in content(review).items()}
    assert expected == held(repository, layout.GITOPS)
    assert [item["object"] for item in review.data["manifests"]] == [label(item) for item in render(files, made)]


def test_a_review_is_refused_as_saving_is(make_cluster: MakeCluster, places: None, admin: Client, browser: Browser) -> None:
    make_cluster("shop-test")
    cases = [
        ("application", {**NEW, "name": "shop"}),
        ("application", {**NEW, "group": "none"}),
        ("application", {**NEW, "config": {"app": {"port": 0}}}),
        ("cluster/shop", {**IN_TEST, "config": {}}),
        ("cluster/shop", {**IN_TEST, "name": "shop-two", "config": {"app": {"port": 0}}}),
    ]

    for kind, sent in cases:
        reviewed, saved = (post(admin, f"/new/{kind}/{step}", sent) for step in ("review", "save"))
        assert (reviewed.status_code, reviewed.data) == (saved.status_code, saved.data)
        assert reviewed.status_code in (400, 409)
    guest = browser("guest")
    assert post(guest, "/new/application/review", NEW).status_code == 403
    assert post(guest, "/new/cluster/shop/review", {**IN_TEST, "config": {}}).status_code == 403


# -- who may


def test_roles_that_may_not_edit_make_no_cluster(application: Application, places: None, browser: Browser) -> None:
    statuses = {}
    for role in ("guest", "sre", "developer"):
        person = browser(role)
        calls = [get(person, "/new/cluster/shop/start?environment=test"), post(person, "/new/cluster/shop/preview", {**IN_TEST, "config": {}})]
        statuses[role] = [person.get("/new/cluster/shop").status_code, *(answer.status_code for answer in calls)]

    assert statuses == {"guest": [403] * 3, "sre": [403] * 3, "developer": [200] * 3}
    assert not Cluster.objects.exists()


def test_what_is_private_is_not_there_for_others(application: Application, places: None, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)

    answer = post(browser(""), "/new/cluster/shop/save", {**IN_TEST, "config": {}})

    assert (answer.status_code, answer.data["code"]) == (404, "not_found")


def test_who_is_signed_out_is_told_so(application: Application, places: None, client: Client) -> None:
    answers = [get(client, "/new/application/start?template=deployment"), post(client, "/new/application/preview", NEW)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert client.get("/new/application").headers["Location"] == "/sign-in?next=%2Fnew%2Fapplication"


def test_templates_without_a_usable_release_are_not_offered(application: Application, ann: Actor) -> None:
    Template.objects.create(name="empty")

    asked = given(signed_in(ann.user).get("/new/application"))["about"]

    assert asked["schema"]["properties"]["template"]["enum"] == ["deployment"]
