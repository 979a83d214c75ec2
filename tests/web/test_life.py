"""A cluster copied, described, deleted, restored and purged, and pending edits taken back: what is shown, who may, what is done."""

import re
from typing import Any

import pytest
from django.test import Client

from horizon.access.permissions import Actor
from horizon.delivery import edit, launch, tags
from horizon.delivery.models import Pipelinerun
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Environment, Event
from horizon.web.policy import POLICY
from tests.fixtures import carry, pending, released, replicas
from tests.web.conftest import HTMX, Browser, field, text

PAGE = "/clusters/shop-test"
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
MAY = {
    "about": {"developer", "maintainer", "owner"},
    "copy": {"developer", "maintainer", "owner"},
    "discard": {"developer", "maintainer", "owner"},
    "delete": {"maintainer", "owner"},
}
GONE = ("restore", "purge")
ROLES = ("guest", "developer", "sre", "maintainer", "owner")


def shown(client: Client, action: str, **query: Any) -> Any:
    answer = client.get(f"{PAGE}/{action}", query, headers=HTMX)
    assert (answer.status_code, "<html" in answer.content.decode()) == (200, False)
    return answer


def sent(client: Client, action: str, **given: Any) -> Any:
    return client.post(f"{PAGE}/{action}", given, headers=HTMX)


@pytest.fixture
def gone(deployed: Cluster, ann: Actor) -> Cluster:
    """A cluster that was deleted."""
    launch.delete(deployed, launch.Order(ann))
    carry(deployed)
    return deployed


# -- who may


@pytest.mark.parametrize("action", MAY)
def test_a_dialog_opens_for_those_who_may_do_what_it_does(deployed: Cluster, browser: Browser, action: str) -> None:
    opened = {role for role in ROLES if browser(role).get(f"{PAGE}/{action}").status_code == 200}

    assert opened == MAY[action]


@pytest.mark.parametrize("action", MAY)
def test_what_one_may_not_do_is_refused_and_not_offered(deployed: Cluster, browser: Browser, ann: Actor, action: str) -> None:
    replicas(deployed, 3, ann)
    sre = browser("sre")

    answer = sent(sre, action, name="shop-test", environment="test", region="local", keys="x", seen="y")

    assert answer.status_code == 403
    assert f'"{PAGE}/{action}"' not in sre.get(PAGE).content.decode()
    assert (Cluster.objects.count(), Pipelinerun.objects.count()) == (1, 1)


def test_what_one_may_do_is_offered(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    replicas(deployed, 3, ann)

    page = browser("owner").get(PAGE).content.decode()

    assert [action for action in MAY if f'"{PAGE}/{action}"' not in page] == []


@pytest.mark.parametrize("action", GONE)
def test_a_deleted_cluster_comes_back_or_goes_by_who_may_delete(gone: Cluster, browser: Browser, action: str) -> None:
    opened = {role for role in ROLES for person in [browser(role)] if person.get(f"{PAGE}/{action}").status_code == 200}

    assert opened == {"maintainer", "owner"}


def test_dialogs_are_pages_without_scripts_under_the_policy(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)

    for action in MAY:
        answer = admin.get(f"{PAGE}/{action}")

        assert (action, answer.headers["Content-Security-Policy"], "<html" in answer.content.decode()) == (action, POLICY, True)
        assert _INLINE.findall(answer.content.decode()) == [], action


def test_a_stranger_does_not_learn_that_there_is_a_private_cluster(deployed: Cluster, browser: Browser) -> None:
    deployed.application.group.private = deployed.application.group.hidden = True
    deployed.application.group.save()
    stranger = browser("")

    assert {stranger.get(f"{PAGE}/{action}").status_code for action in (*MAY, *GONE)} == {404}


# -- discard


def test_all_pending_keys_are_discarded_as_one_edit(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    developer = browser("developer")
    dialog = shown(developer, "discard")

    answer = sent(developer, "discard", keys=dialog.context["keys"], seen=field(dialog, "seen"), title="Back")

    assert ("<del>3</del>" in dialog.content.decode(), "<ins>1</ins>" in dialog.content.decode()) == (True, True)
    assert "Deployment/shop-test changed" in text(dialog)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, PAGE)
    assert pending(deployed) == released(deployed)
    last = Event.objects.order_by("-pk")[0]
    assert (last.title, last.actor) == ("Back", "a-developer")
    assert "1 pending key was discarded." in text(developer.get(PAGE))


@pytest.fixture
def two_pending(deployed: Cluster, ann: Actor) -> Cluster:
    """Two keys are pending."""
    edit.patch_config(deployed, {"app": {"spec": {"replicas": 3}, "port": 9000}}, actor=ann, title="Two", seen=None)
    return deployed


def test_one_of_two_keys_is_discarded_and_the_dialog_says_what_stays(two_pending: Cluster, admin: Client) -> None:
    first = shown(admin, "discard")
    port, count = sorted(first.context["keys"])

    dialog = shown(admin, "discard", keys=port, chosen="1")
    sent(admin, "discard", keys=[port], seen=field(dialog, "seen"))

    assert (first.context["left"], dialog.context["left"]) == ([], [count])
    assert f"These stay pending: {count}" in text(dialog)
    assert "Discard 1 key" in text(dialog)
    assert pending(two_pending)["app"]["spec"]["replicas"] == 3
    assert "port" not in pending(two_pending)["app"]


def test_discarding_shows_the_difference_anew_where_somebody_saved_meanwhile(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    dialog = shown(admin, "discard")
    replicas(deployed, 4, ann)

    answer = sent(admin, "discard", keys=dialog.context["keys"], seen=field(dialog, "seen"), chosen="1", title="Typed")

    assert (answer.status_code, "Somebody saved in the meantime." in text(answer)) == (412, True)
    assert ("<del>4</del>" in answer.content.decode(), 'value="Typed"' in answer.content.decode()) == (True, True)
    assert pending(deployed)["app"]["spec"]["replicas"] == 4


def test_what_is_about_to_ship_is_not_discarded(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    dialog = shown(admin, "discard")
    launch.deploy(deployed, launch.Order(ann))

    answer = sent(admin, "discard", keys=dialog.context["keys"], seen=field(dialog, "seen"), chosen="1")

    assert (answer.status_code, "is about to release" in text(answer)) == (409, True)


def test_nothing_chosen_and_rubbish_are_refused(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    seen = field(shown(admin, "discard"), "seen")

    answers = [sent(admin, "discard", **given) for given in ({"seen": seen, "chosen": "1"}, {"seen": seen, "keys": "odd"}, {})]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "Choose what to discard." in text(answers[0])
    assert pending(deployed)["app"]["spec"]["replicas"] == 3


def test_with_nothing_pending_or_nothing_released_there_is_nothing_to_press(cluster: Cluster, admin: Client, ann: Actor) -> None:
    before = shown(admin, "discard")
    launch.deploy(cluster, launch.Order(ann))
    carry(cluster)
    after = shown(admin, "discard")

    assert ("Nothing was released yet" in text(before), "Nothing is pending." in text(after)) == (True, True)
    assert ("<button" in before.content.decode(), "<button" in after.content.decode()) == (False, False)


# -- copy


def test_a_copy_is_made_with_what_was_prefilled(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    Environment.objects.create(name="online", position=9)
    replicas(deployed, 3, ann)
    edit.edit(deployed, edit.put_text(layout.SRE, "deployment:\n  app:\n    spec:\n      replicas: 7\n"), actor=ann, title="Override")
    developer = browser("developer")
    dialog = shown(developer, "copy")
    given = {name: dialog.context[name] for name in ("environment", "region", "description")}

    answer = sent(developer, "copy", name=dialog.context["named"], **given)

    made = Cluster.objects.get(name="shop-online")
    assert (dialog.context["named"], given["environment"]) == ("shop-online", "online")
    assert "Deployment/shop-online new" in text(dialog)
    assert "sre.yaml" in text(dialog)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/clusters/shop-online")
    assert (made.environment.name, pending(made)["app"]["spec"]["replicas"], pending(made, layout.OUTPUT)["image"]) == (
        "online",
        3,
        "library/shop:v1",
    )
    assert pending(made, layout.SRE) == {}
    assert not Pipelinerun.objects.filter(cluster=made).exists()


def test_another_environment_suggests_another_name_and_leaves_one_that_was_typed(deployed: Cluster, admin: Client) -> None:
    Environment.objects.create(name="online", position=9)

    chosen = shown(admin, "copy", environment="test", name="shop-online")
    typed = shown(admin, "copy", environment="test", name="mine")

    assert (chosen.context["named"], typed.context["named"]) == ("shop-test-2", "mine")


@pytest.mark.parametrize(
    ("given", "status"), [({"name": "shop-test"}, 409), ({"name": "Not a name"}, 400), ({"environment": "nowhere"}, 400), ({"name": ""}, 400)]
)
def test_a_copy_that_cannot_be_says_why_and_keeps_what_was_typed(deployed: Cluster, admin: Client, given: dict[str, str], status: int) -> None:
    answer = sent(admin, "copy", **{"name": "fine", "environment": "test", "region": "local", "description": "Typed", **given})

    assert (answer.status_code, 'value="Typed"' in answer.content.decode()) == (status, True)
    assert Cluster.objects.count() == 1


# -- described and tagged


def test_description_and_tags_are_kept_and_shown(cluster: Cluster, browser: Browser) -> None:
    developer = browser("developer")

    answer = sent(developer, "about", description="The shop", tags="team=web\nprobe, tier=1")

    cluster.refresh_from_db()
    assert (answer.status_code, cluster.description, tags.of(cluster)) == (204, "The shop", {"probe": "", "team": "web", "tier": "1"})
    assert "The shop probe team=web tier=1" in text(developer.get(PAGE))
    assert "team=web" in shown(developer, "about").content.decode()


def test_tags_that_are_none_are_refused_and_nothing_is_kept(cluster: Cluster, admin: Client) -> None:
    answer = sent(admin, "about", description="Typed", tags="not a tag!")

    cluster.refresh_from_db()
    assert (answer.status_code, "is no tag" in text(answer), "not a tag!" in answer.content.decode()) == (400, True, True)
    assert (cluster.description, tags.of(cluster)) == ("", {})


# -- deleted, restored, purged


def test_deleting_names_what_goes_and_takes_the_name_typed(deployed: Cluster, browser: Browser) -> None:
    maintainer = browser("maintainer")
    maintainer.get(PAGE)
    dialog = shown(maintainer, "delete")

    wrong = sent(maintainer, "delete", name="shop", reason="Typed", limit="5")
    right = sent(maintainer, "delete", name="shop-test", limit="5", orphan="on")

    assert "Deployment/shop-test" in text(dialog)
    assert (wrong.status_code, "type the name of the cluster" in text(wrong), 'value="Typed"' in wrong.content.decode()) == (400, True, True)
    run = Pipelinerun.objects.order_by("-pk")[0]
    assert (right.status_code, run.action, run.options["orphan"], run.options["limit"]) == (204, "delete", True, 300)
    carry(deployed)
    assert deployed.archived_at is not None


@pytest.mark.parametrize("limit", ["0", "-1", "1441", "x"])
def test_a_time_limit_that_is_none_is_refused(deployed: Cluster, admin: Client, limit: str) -> None:
    assert sent(admin, "delete", name="shop-test", limit=limit).status_code == 400
    assert Pipelinerun.objects.count() == 1


def test_a_deleted_cluster_is_restored(gone: Cluster, browser: Browser) -> None:
    maintainer = browser("maintainer")
    page = text(maintainer.get(PAGE))

    answer = sent(maintainer, "restore")

    gone.refresh_from_db()
    assert "Purge Restore" in page
    assert (answer.status_code, gone.archived_at) == (204, None)
    assert "Not deployed" in text(maintainer.get(PAGE))


def test_a_purged_cluster_is_gone_for_good(gone: Cluster, browser: Browser) -> None:
    maintainer = browser("maintainer")
    dialog = shown(maintainer, "purge")

    wrong = sent(maintainer, "purge", name="")
    there = Cluster.objects.count()
    right = sent(maintainer, "purge", name="shop-test")

    assert "2 runs with their steps" in text(dialog)
    assert (wrong.status_code, there) == (400, 1)
    assert (right.status_code, right.headers["HX-Redirect"], Cluster.objects.count()) == (204, "/", 0)
    assert "shop-test is gone for good" in text(maintainer.get("/"))


@pytest.mark.parametrize("action", GONE)
def test_what_was_not_deleted_is_neither_restored_nor_purged(deployed: Cluster, admin: Client, action: str) -> None:
    answer = sent(admin, action, name="shop-test")

    assert (answer.status_code, "was not deleted" in text(answer)) == (409, True)
    assert Cluster.objects.count() == 1


@pytest.mark.parametrize("action", MAY)
def test_a_deleted_cluster_is_neither_copied_nor_changed(gone: Cluster, admin: Client, action: str) -> None:
    assert sent(admin, action, name="shop-test").status_code == 409
    assert f'"{PAGE}/{action}"' not in admin.get(PAGE).content.decode()
