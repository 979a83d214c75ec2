"""A cluster's page and its dialogs: what is shown, what is sent, and what is refused with what was typed."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from horizon.access.permissions import Actor
from horizon.delivery import launch
from horizon.delivery.models import Pipelinerun
from horizon.inventory.models import Cluster
from horizon.web.clusters import runs as web_runs
from tests.fixtures import carry, deploy, pending, released, replicas
from tests.web.conftest import HTMX, Browser, field, text

PAGE = "/clusters/shop-test"


def shown(client: Client, action: str, **query: Any) -> Any:
    """The dialog as htmx asks for it."""
    answer = client.get(f"{PAGE}/{action}", query, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    return answer


def sent(client: Client, action: str, **given: Any) -> Any:
    return client.post(f"{PAGE}/{action}", given, headers=HTMX)


def confirmed(client: Client, dialog: Any, **given: Any) -> Any:
    """Press deploy in a dialog that was shown."""
    return sent(client, "deploy", source=field(dialog, "source"), base=field(dialog, "base"), **given)


def last_run() -> Pipelinerun:
    return Pipelinerun.objects.order_by("-pk")[0]


# -- the page


def test_before_the_first_deploy_the_page_says_what_it_would_make(cluster: Cluster, admin: Client) -> None:
    said = text(admin.get(PAGE))

    assert "Not deployed" in said
    assert "Deployment/shop-test new" in said
    assert "the first deploy releases all files" in said
    assert f"{PAGE}/rollback" not in admin.get(PAGE).content.decode()


def test_the_page_says_what_runs_and_what_is_pending(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)

    answer = admin.get(PAGE)

    said = text(answer)
    assert "Synced Healthy region local, engine local, seen" in said
    assert deployed.revision[:8] in said
    assert "library/shop:v1" in said
    assert "1 key waits for a deploy" in said
    assert "Deployment/shop-test changed" in said
    assert ("replicas: <del>1</del>" in answer.content.decode(), "replicas: <ins>3</ins>" in answer.content.decode()) == (True, True)


def test_drift_is_shown_by_object_and_field(deployed: Cluster, admin: Client) -> None:
    file = next(path for path in Path(settings.HORIZON_DATA).rglob("regions/**/*.yaml") if "kind: Deployment" in path.read_text())
    live = yaml.safe_load(file.read_text())
    live["spec"]["replicas"] = 9
    file.write_text(yaml.safe_dump(live))

    said = text(admin.get(PAGE))

    assert "Out of sync" in said
    assert "Deployment/shop-test" in said
    assert "spec.replicas 1 9" in said
    assert "As YAML: what is wanted, and what is live" in said
    page = admin.get(PAGE).content.decode()
    assert ("replicas: <del>1</del>" in page, "replicas: <ins>9</ins>" in page) == (True, True)
    assert page.count('class="code old del"') == 1


def test_a_run_is_followed_step_by_step(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    launch.deploy(deployed, launch.Order(ann, title="Two replicas"))

    waiting = admin.get(PAGE)
    carry(deployed)
    done = admin.get(PAGE)

    assert ('hx-trigger="news, every 2s"' in waiting.content.decode(), waiting.content.decode().count('class="step waiting"')) == (True, 4)
    assert ('hx-trigger="news, every 20s"' in done.content.decode(), done.content.decode().count('class="step ok"')) == (True, 4)


def test_asked_again_the_page_answers_only_what_changed(deployed: Cluster, admin: Client, ann: Actor) -> None:
    seen = admin.get(PAGE).context["seen"]

    same = admin.get(f"{PAGE}/overview", {"seen": seen}, headers=HTMX)
    replicas(deployed, 2, ann)
    other = admin.get(f"{PAGE}/overview", {"seen": seen}, headers=HTMX)

    assert (same.headers["HX-Reswap"], "hx-swap-oob" in same.content.decode(), "<h1>" in same.content.decode()) == ("none", True, False)
    assert ("HX-Reswap" in other.headers, "1 key" in text(other)) == (False, True)


def test_a_run_that_failed_is_named_with_its_reason(deployed: Cluster, admin: Client, ann: Actor) -> None:
    Pipelinerun.objects.filter(cluster=deployed).update(state="failed", healthy_at=None, message="not healthy within 600 s")
    Path(settings.HORIZON_DATA, "regions").rename(Path(settings.HORIZON_DATA, "gone"))

    said = text(admin.get(PAGE))

    assert "which did not become healthy: roll back or deploy again" in said
    assert "not healthy within 600 s" in said


def test_a_deleted_cluster_is_shown_without_actions(deployed: Cluster, admin: Client, ann: Actor) -> None:
    launch.delete(deployed, launch.Order(ann))
    carry(deployed)

    answer = admin.get(PAGE)

    assert "This cluster was deleted." in text(answer)
    assert f"{PAGE}/deploy" not in answer.content.decode()
    assert sent(admin, "free").status_code == 409


def test_the_page_costs_the_same_after_many_runs(deployed: Cluster, admin: Client, ann: Actor) -> None:
    admin.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        admin.get(PAGE)
    for count in (2, 3, 4):
        replicas(deployed, count, ann)
        deploy(deployed, ann)
    admin.get(PAGE)

    with CaptureQueriesContext(connection) as many:
        admin.get(PAGE)

    assert len(many) == len(few)


# -- deploy


def test_a_deploy_ships_what_was_shown_and_goes_to_the_page(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    developer = browser("developer")
    replicas(deployed, 3, ann)
    dialog = shown(developer, "deploy")
    replicas(deployed, 4, ann)

    answer = confirmed(developer, dialog, title="Three", reason="Friday")
    carry(deployed)

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, PAGE)
    assert (last_run().title, last_run().reason, last_run().created_by) == ("Three", "Friday", "a-developer")
    assert released(deployed)["app"]["spec"]["replicas"] == 3
    assert pending(deployed)["app"]["spec"]["replicas"] == 4


def test_a_deploy_that_is_out_of_date_shows_the_difference_now_and_keeps_what_was_typed(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    dialog = shown(admin, "deploy")
    deploy(deployed, ann)
    replicas(deployed, 4, ann)

    answer = confirmed(admin, dialog, title="Typed")

    assert answer.status_code == 412
    assert "Something was released since you looked." in text(answer)
    assert 'value="Typed"' in answer.content.decode()
    assert ("<del>3</del>" in answer.content.decode(), "<ins>4</ins>" in answer.content.decode()) == (True, True)
    assert confirmed(admin, answer).status_code == 204
    assert last_run().source == field(answer, "source")


def test_a_deploy_without_an_image_says_so_in_the_dialog(make_cluster: Any, admin: Client) -> None:
    make_cluster(image="")

    answer = confirmed(admin, shown(admin, "deploy"))

    assert (answer.status_code, "image" in text(answer)) == (400, True)
    assert not Pipelinerun.objects.exists()


def test_a_deploy_of_nothing_says_that_it_heals_drift(deployed: Cluster, admin: Client) -> None:
    assert "Nothing is pending." in text(shown(admin, "deploy"))


@pytest.mark.parametrize(("ticked", "asked"), [({"overtake": "on"}, True), ({}, False)])
def test_a_second_deploy_may_wait_or_not(deployed: Cluster, admin: Client, ann: Actor, ticked: dict[str, str], asked: bool) -> None:
    replicas(deployed, 2, ann)
    running = launch.deploy(deployed, launch.Order(ann)).run
    Pipelinerun.objects.filter(pk=running.pk).update(state="running")
    replicas(deployed, 3, ann)
    dialog = shown(admin, "deploy")

    answer = confirmed(admin, dialog, **ticked)

    running.refresh_from_db()
    assert f"Do not wait for run #{running.pk}" in text(dialog)
    assert (answer.status_code, running.superseded_by == last_run()) == (204, asked)


def test_without_scripts_the_dialog_is_a_page_and_its_form_leads_back(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    page = admin.get(f"{PAGE}/deploy")

    answer = admin.post(f"{PAGE}/deploy", {"source": field(page, "source"), "base": field(page, "base")})

    assert "<html" in page.content.decode()
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)


# -- restart, free, cancel


def test_a_restart_ships_alone_and_says_what_stays_pending(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    dialog = shown(admin, "restart")

    answer = sent(admin, "restart", title="Wake up")
    carry(deployed)

    assert "application.yaml: deployment.app.spec.replicas" in text(dialog)
    assert (answer.status_code, last_run().title, last_run().state) == (204, "Wake up", "ok")
    assert released(deployed)["app"]["spec"]["replicas"] == 1
    assert f"Run #{last_run().pk} ships alone: 1 pending key stays pending." in text(admin.get(PAGE))


def test_freeing_names_the_objects_and_removes_them(deployed: Cluster, admin: Client) -> None:
    admin.get(PAGE)
    dialog = shown(admin, "free")

    sent(admin, "free")
    carry(deployed)

    assert "Deployment/shop-test" in text(dialog)
    assert "Nothing is live." in text(admin.get(PAGE))


def test_a_queued_run_is_cancelled(deployed: Cluster, admin: Client, ann: Actor) -> None:
    run = launch.deploy(deployed, launch.Order(ann)).run

    dialog = admin.get(f"/runs/{run.pk}/cancel", headers=HTMX)
    answer = admin.post(f"/runs/{run.pk}/cancel", headers=HTMX)

    run.refresh_from_db()
    assert "It has not begun: nothing changes." in text(dialog)
    assert (answer.status_code, answer.headers["HX-Redirect"], run.state) == (204, PAGE, "cancelled")
    assert "the run has ended already" in text(admin.post(f"/runs/{run.pk}/cancel", follow=True))


# -- roll back


@pytest.fixture
def twice(deployed: Cluster, ann: Actor) -> Cluster:
    """Two releases: one replica, then two."""
    replicas(deployed, 2, ann)
    deploy(deployed, ann)
    return deployed


def test_a_rollback_shows_the_last_healthy_run_and_goes_back_to_it(twice: Cluster, admin: Client) -> None:
    first = Pipelinerun.objects.order_by("pk")[0]
    dialog = shown(admin, "rollback")

    answer = sent(admin, "rollback", pipelinerun=first.pk, pending="keep")
    carry(twice)

    assert dialog.context["chosen"] == first
    assert ("<del>2</del>" in dialog.content.decode(), "<ins>1</ins>" in dialog.content.decode()) == (True, True)
    assert (answer.status_code, last_run().target, last_run().state) == (204, first, "ok")
    assert released(twice)["app"]["spec"]["replicas"] == 1


@pytest.mark.parametrize(("choice", "left"), [("keep", 1), ("prefer", 7), ("discard", 1)])
def test_pending_edits_are_kept_preferred_or_discarded(twice: Cluster, admin: Client, ann: Actor, choice: str, left: int) -> None:
    replicas(twice, 7, ann)
    dialog = shown(admin, "rollback")

    sent(admin, "rollback", pipelinerun=dialog.context["chosen"].pk, pending=choice)
    carry(twice)

    assert "the restored value wins: application.yaml: deployment.app.spec.replicas" in text(dialog)
    assert released(twice)["app"]["spec"]["replicas"] == 1
    assert pending(twice)["app"]["spec"]["replicas"] == left


def test_another_run_is_chosen_and_one_that_never_was_healthy_needs_a_yes(twice: Cluster, admin: Client, ann: Actor) -> None:
    replicas(twice, 3, ann)
    deploy(twice, ann)
    second = Pipelinerun.objects.order_by("pk")[1]
    Pipelinerun.objects.filter(pk=second.pk).update(healthy_at=None)

    dialog = shown(admin, "rollback", pipelinerun=second.pk, title="Typed before", pending="discard")
    refused = sent(admin, "rollback", pipelinerun=second.pk, pending="keep", reason="Typed")
    taken = sent(admin, "rollback", pipelinerun=second.pk, pending="keep", confirm="on")

    assert "This run was never seen healthy." in text(dialog)
    assert 'value="Typed before"' in dialog.content.decode()
    assert (refused.status_code, "never seen healthy" in text(refused), 'value="Typed"' in refused.content.decode()) == (409, True, True)
    assert (taken.status_code, last_run().target) == (204, second)


def test_overrides_are_restored_by_who_may_override_with_a_reason(twice: Cluster, browser: Browser) -> None:
    first = Pipelinerun.objects.order_by("pk")[0]
    given = {"pipelinerun": first.pk, "pending": "keep", "restore_overrides": "on"}
    developer, sre = browser("developer"), browser("sre")

    assert "Restore sre.yaml" not in text(shown(developer, "rollback"))
    assert sent(developer, "rollback", **given).status_code == 403
    assert "Restore sre.yaml" in text(shown(sre, "rollback"))
    assert sent(sre, "rollback", **given).status_code == 400
    assert sent(sre, "rollback", **given, reason="A bad override").status_code == 204


def test_without_an_earlier_release_there_is_nothing_to_go_back_to(deployed: Cluster, admin: Client) -> None:
    dialog = shown(admin, "rollback")

    assert "There is no earlier release to go back to." in text(dialog)
    assert "<button" not in dialog.content.decode()


@pytest.mark.parametrize(
    "given", [{}, {"pipelinerun": "x", "pending": "keep"}, {"pipelinerun": 99, "pending": "keep"}, {"pipelinerun": 1, "pending": "burn"}]
)
def test_a_rollback_that_no_form_of_ours_sends_is_refused(twice: Cluster, admin: Client, given: dict[str, Any]) -> None:
    before = Pipelinerun.objects.count()

    assert sent(admin, "rollback", **given).status_code in (400, 404)
    assert Pipelinerun.objects.count() == before


# -- runs


def test_a_run_shows_its_steps_and_what_it_changed(twice: Cluster, admin: Client) -> None:
    answer = admin.get(f"/runs/{last_run().pk}")

    assert answer.content.decode().count('class="step ok"') == 4
    assert ("<del>1</del>" in answer.content.decode(), "<ins>2</ins>" in answer.content.decode()) == (True, True)


def test_a_failed_run_runs_again(twice: Cluster, admin: Client) -> None:
    failed = last_run()
    Pipelinerun.objects.filter(pk=failed.pk).update(state="failed")

    answer = admin.post(f"/runs/{failed.pk}/again")

    assert "Run again" in text(admin.get(f"/runs/{failed.pk}"))
    assert answer.headers["Location"] == f"/runs/{last_run().pk}"
    assert (last_run().source, last_run().state) == (failed.source, "queued")


def test_runs_are_listed_newest_first_and_by_cluster(twice: Cluster, admin: Client) -> None:
    newest, first = Pipelinerun.objects.order_by("-pk")

    assert [run.pk for run in admin.get("/runs").context["runs"]] == [newest.pk, first.pk]
    assert [run.pk for run in admin.get(f"/runs?before={newest.pk}").context["runs"]] == [first.pk]
    assert list(admin.get("/runs?cluster=other").context["runs"]) == []
    assert "No run is like that" in text(admin.get("/runs?cluster=other"))


def test_runs_are_narrowed_by_state_action_and_person(twice: Cluster, admin: Client) -> None:
    newest, first = Pipelinerun.objects.order_by("-pk")
    Pipelinerun.objects.filter(pk=first.pk).update(state="failed", action="restart", created_by="bob")

    found = {
        query: [run.pk for run in admin.get(f"/runs?{query}").context["runs"]] for query in ("state=failed", "action=deploy", "person=bob&state=ok")
    }

    assert found == {"state=failed": [first.pk], "action=deploy": [newest.pk], "person=bob&state=ok": []}
    assert admin.get("/runs?state=odd").status_code == 400
    assert f'href="{PAGE}/history/{newest.source}"' in admin.get("/runs").content.decode()


def test_going_on_in_the_list_of_runs_keeps_what_it_is_narrowed_to(twice: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_runs, "_SIZE", 1)

    address = admin.get("/runs?state=ok&cluster=shop-test").context["older"]

    assert "state=ok" in address
    assert len(admin.get(f"/runs{address}").context["runs"]) == 1


def test_before_any_run_the_list_says_what_one_is(cluster: Cluster, admin: Client) -> None:
    assert "No runs yet" in text(admin.get("/runs"))


def test_a_guest_may_not_end_a_run_nor_run_it_again(deployed: Cluster, browser: Browser, ann: Actor) -> None:
    guest, run = browser("guest"), last_run()
    queued = launch.deploy(deployed, launch.Order(ann)).run

    assert [guest.post(f"/runs/{key}/{action}").status_code for key, action in ((queued.pk, "cancel"), (run.pk, "again"))] == [403, 403]
    queued.refresh_from_db()
    assert (queued.state, Pipelinerun.objects.count()) == ("queued", 2)
