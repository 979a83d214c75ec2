"""A cluster's config in the browser: drawn, previewed, saved, and both edits where two people saved at once."""

from typing import Any

import pytest
from django.test import Client

from horizon.access.permissions import Actor
from horizon.delivery import edit, form
from horizon.gitops import layout
from horizon.inventory.models import Cluster
from tests.fixtures import deploy, pending, replicas
from tests.web.conftest import Browser
from tests.web.island import given, post

PAGE = "/clusters/shop-test/form"


def config(count: int = 1, **app: Any) -> dict[str, Any]:
    return {"app": {"spec": {"replicas": count}, **app}}


@pytest.fixture
def drawn(cluster: Cluster, admin: Client) -> dict[str, Any]:
    """What the page gives to the form."""
    return given(admin.get(PAGE))


# -- the page


def test_page_gives_both_schemas_the_pending_data_and_its_revision(cluster: Cluster, drawn: dict[str, Any]) -> None:
    expected = form.of_cluster(cluster)

    assert (drawn["schema"], drawn["ui"]) == (expected.schemas.schema, expected.schemas.ui)
    assert (drawn["config"], drawn["revision"], drawn["editable"]) == (config(), expected.revision, True)


def test_drafts_are_kept_by_person_and_cluster(cluster: Cluster, admin: Client, browser: Browser) -> None:
    things = {given(person.get(PAGE))["thing"] for person in (admin, browser("developer"))}

    assert things == {f"ann/cluster/{cluster.pk}", f"a-developer/cluster/{cluster.pk}"}


def test_page_names_what_sre_decides(cluster: Cluster, ann: Actor, admin: Client) -> None:
    edit.edit(cluster, edit.put_section(layout.SRE, "deployment", {"app": {"port": 9000}}), actor=ann, title="Override")

    decided = given(admin.get(PAGE))["decided"]

    assert {"path": ["app", "port"], "file": "sre.yaml", "owner": "SRE", "value": 9000} in decided


def test_who_may_not_edit_reads_the_reason(cluster: Cluster, browser: Browser) -> None:
    seen = {role: given(browser(role).get(PAGE)) for role in ("guest", "sre", "developer")}

    assert {role: page["editable"] for role, page in seen.items()} == {"guest": False, "sre": False, "developer": True}
    assert "developer" in seen["guest"]["reason"]


def test_a_deleted_cluster_is_only_looked_at(cluster: Cluster, ann: Actor, admin: Client) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(archived_at=cluster.created_at)

    page = given(admin.get(PAGE))

    assert (page["editable"], "deleted" in page["reason"]) == (False, True)
    assert post(admin, page["urls"]["save"], {"config": config(4)}, **{"If-Match": page["revision"]}).status_code == 409


# -- the preview


def test_preview_shows_objects_with_their_impact_and_saves_nothing(drawn: dict[str, Any], admin: Client, cluster: Cluster) -> None:
    answer = post(admin, drawn["urls"]["preview"], {"config": config(4)})

    changed = {item["object"]: (item["impact"], item["fields"]) for item in answer.data["objects"]}
    assert changed["Deployment/shop-test"] == ("changed", [{"path": "spec.replicas", "before": 1, "after": 4}])
    assert [item["file"] for item in answer.data["files"]] == ["application.yaml"]
    assert form.of_cluster(cluster).revision == drawn["revision"]


def test_preview_compares_with_what_is_released_if_asked(cluster: Cluster, ann: Actor, admin: Client) -> None:
    deploy(cluster, ann)
    replicas(cluster, 3, ann)
    url = given(admin.get(PAGE))["urls"]["preview"]

    against = {word: post(admin, url, {"config": config(4), "against": word}).data["objects"] for word in ("pending", "released")}

    fields = {word: [field for item in objects for field in item["fields"] if field["path"] == "spec.replicas"] for word, objects in against.items()}
    before = {word: [field["before"] for field in found] for word, found in fields.items()}
    assert before == {"pending": [3], "released": [1]}


def test_errors_of_the_schema_come_with_pointers(drawn: dict[str, Any], admin: Client) -> None:
    for step in ("preview", "save"):
        answer = post(admin, drawn["urls"][step], {"config": config(-1, port="x")}, **{"If-Match": drawn["revision"]})

        assert (answer.status_code, answer.data["code"], answer.data["details"]["file"]) == (400, "schema", "application.yaml")
        assert [error["pointer"] for error in answer.data["details"]["errors"]] == ["/app/port", "/app/spec/replicas"]


# -- saving


def test_save_commits_under_the_title_and_the_person(drawn: dict[str, Any], admin: Client, cluster: Cluster) -> None:
    answer = post(admin, drawn["urls"]["save"], {"config": config(4), "title": "Four"}, **{"If-Match": f'"{drawn["revision"]}"'})

    assert (answer.status_code, answer.data["changed"]) == (200, True)
    assert pending(cluster) == config(4)
    saves = form.merged(cluster, config(4), seen=drawn["revision"]).saves
    assert [(save.sha, save.by, save.title) for save in saves] == [(answer.data["revision"], "ann", "Four")]


def test_save_without_a_revision_overwrites_nobody(drawn: dict[str, Any], admin: Client, cluster: Cluster) -> None:
    answer = post(admin, drawn["urls"]["save"], {"config": config(4)})

    assert (answer.status_code, pending(cluster)) == (428, config())


def test_the_second_of_two_people_sees_both_edits_and_keeps_both(drawn: dict[str, Any], admin: Client, cluster: Cluster, browser: Browser) -> None:
    other, mine = browser("developer"), config(1, port=9000)
    post(other, drawn["urls"]["save"], {"config": config(7)}, **{"If-Match": drawn["revision"]})

    refused = post(admin, drawn["urls"]["save"], {"config": mine}, **{"If-Match": drawn["revision"]})
    merged = post(admin, drawn["urls"]["merge"], {"config": mine, "seen": drawn["revision"]}).data
    saved = post(admin, drawn["urls"]["save"], {"config": merged["config"]}, **{"If-Match": merged["revision"]})

    assert (refused.status_code, refused.data["code"]) == (412, "stale")
    assert [save["by"] for save in merged["saves"]] == ["a-developer"]
    assert (saved.status_code, pending(cluster)) == (200, config(7, port=9000))


def test_a_clash_yields_to_the_other_person_if_asked(drawn: dict[str, Any], admin: Client, cluster: Cluster, ann: Actor) -> None:
    replicas(cluster, 7, ann)
    body = {"config": config(4), "seen": drawn["revision"]}

    clash = post(admin, drawn["urls"]["merge"], body).data
    yielded = post(admin, drawn["urls"]["merge"], {**body, "yielding": [clash["clashes"][0]["key"]]}).data

    assert [(item["mine"], item["theirs"]) for item in clash["clashes"]] == [(4, 7)]
    assert (clash["config"], yielded["config"]) == (config(4), config(7))


# -- whom and what endpoints refuse


def test_roles_that_may_not_edit_change_nothing(drawn: dict[str, Any], browser: Browser, cluster: Cluster) -> None:
    for role in ("guest", "sre"):
        person = browser(role)
        save = post(person, drawn["urls"]["save"], {"config": config(4)}, **{"If-Match": drawn["revision"]})
        merge = post(person, drawn["urls"]["merge"], {"config": config(4), "seen": drawn["revision"]})

        assert (save.status_code, merge.status_code, save.data["code"]) == (403, 403, "forbidden")
    assert pending(cluster) == config()


def test_an_ended_session_is_told_in_json(drawn: dict[str, Any], client: Client) -> None:
    for step in ("preview", "save", "merge"):
        answer = post(client, drawn["urls"][step], {"config": config(4)})

        assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")


def test_a_request_of_another_site_is_refused(drawn: dict[str, Any], ann: Actor, cluster: Cluster) -> None:
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(ann.user)

    answer = post(elsewhere, drawn["urls"]["save"], {"config": config(4)}, **{"If-Match": drawn["revision"]})

    assert (answer.status_code, pending(cluster)) == (403, config())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json"),
        (b"[" * 100_000, "json"),
        (b'{"config": {"a": NaN}}', "json"),
        (b"[]", "body"),
        (b"{}", "body"),
        (b'{"config": []}', "body"),
        (b'{"config": {}, "against": "mars"}', "body"),
        (b'{"config": {}, "against": 5}', "body"),
        (b'{"config": {"a": "\\u0000"}}', "text"),
        (b'{"config": "' + b"x" * 1024 * 1024 + b'"}', "too_large"),
    ],
)
def test_bad_bodies_are_refused(drawn: dict[str, Any], admin: Client, body: bytes, code: str) -> None:
    answer = post(admin, drawn["urls"]["preview"], body)

    assert (answer.status_code, answer.data["code"]) == (400, code)


def test_a_cluster_that_is_not_there_is_404_in_json(admin: Client) -> None:
    answer = post(admin, "/clusters/none/form/preview", {"config": {}})

    assert (answer.status_code, answer.data["code"]) == (404, "not_found")
