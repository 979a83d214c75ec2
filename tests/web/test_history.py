"""The commits of a cluster: listed, shown, and an earlier config as a new edit."""

from typing import Any

import pytest
from django.test import Client

from horizon.access.permissions import Actor
from horizon.delivery import ci
from horizon.delivery.models import Pipelinerun
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Event
from horizon.inventory.repositories import cluster_repository
from horizon.web.clusters import history as web_history
from tests.fixtures import deploy, pending, replicas
from tests.web.conftest import HTMX, Browser, field, text

PAGE = "/clusters/shop-test/history"


def restored(client: Client, sha: str, seen: str, **given: Any) -> Any:
    return client.post(f"{PAGE}/{sha}/restore", {"seen": seen, **given}, headers=HTMX)


@pytest.fixture
def edited(deployed: Cluster, ann: Actor) -> list[str]:
    """The edits of a deployed cluster: two replicas, then three."""
    return [replicas(deployed, count, ann).sha for count in (2, 3)]


# -- the list


def test_commits_are_listed_newest_first_with_who_and_what(edited: list[str], admin: Client) -> None:
    answer = admin.get(PAGE)

    shown = [event.sha for event in answer.context["events"]]
    said = text(answer)
    assert shown[:2] == edited[::-1]
    assert said.index("3 replicas pending now edit ann") < said.index("2 replicas edit ann")
    assert "released now release" in said


def test_one_kind_is_listed_alone(edited: list[str], admin: Client) -> None:
    kinds = {kind: {event.action for event in admin.get(PAGE, {"kind": kind}).context["events"]} for kind in ("edit", "release", "foreign", "odd")}

    assert kinds == {"edit": {"edit"}, "release": {"release"}, "foreign": set(), "odd": {"edit", "release"}}
    assert "No such commits" in text(admin.get(PAGE, {"kind": "foreign"}))


def test_the_list_goes_on_and_rubbish_begins_it_anew(edited: list[str], admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_history, "_SIZE", 1)
    newest = Event.objects.get(sha=edited[1])

    assert [event.sha for event in admin.get(PAGE, {"before": newest.pk}).context["events"]] == [edited[0]]
    assert [event.sha for event in admin.get(PAGE, {"before": "x" * 30}).context["events"]] == [edited[1]]


def test_a_commit_that_somebody_pushed_by_git_is_listed(deployed: Cluster, admin: Client, ann: Actor) -> None:
    repository = cluster_repository(deployed)
    head = repository.refs.read()[layout.GITOPS]
    files = {**repository.files(head), "README.md": b"by hand\n"}
    commit = repository.commit_object(head)
    sha = repository.commit(repository.write(files), parents=[head], author=ann.author, message="By hand", now=commit.committed_datetime)
    repository.move({layout.GITOPS: (head, sha)})

    assert next(event.sha for event in admin.get(PAGE).context["events"]) == sha


# -- one commit


def test_a_commit_shows_what_it_did_to_files_and_objects(edited: list[str], admin: Client) -> None:
    part = admin.get(f"{PAGE}/{edited[1]}", headers=HTMX)
    page = admin.get(f"{PAGE}/{edited[1]}")

    assert ("<html" in part.content.decode(), "<html" in page.content.decode()) == (False, True)
    for answer in (part, page):
        assert ("<del>2</del>" in answer.content.decode(), "<ins>3</ins>" in answer.content.decode()) == (True, True)
        assert "Deployment/shop-test changed" in text(answer)


def test_a_release_names_its_run(deployed: Cluster, admin: Client) -> None:
    run = Pipelinerun.objects.get(cluster=deployed)

    assert f"Deploy #{run.pk}" in text(admin.get(f"{PAGE}/{deployed.master}"))


def test_the_first_commit_says_that_there_was_nothing_before(deployed: Cluster, admin: Client) -> None:
    repository = cluster_repository(deployed)
    first = list(repository.first_parents(deployed.master))[-1].hexsha

    assert "the repository was empty before" in text(admin.get(f"{PAGE}/{first}"))
    assert "yet" in text(admin.get(f"{PAGE}/{first}/restore", headers=HTMX))


@pytest.mark.parametrize("sha", ["0" * 40, "odd", "..", "a" * 41])
def test_a_commit_that_is_none_is_not_found(deployed: Cluster, admin: Client, sha: str) -> None:
    assert {admin.get(f"{PAGE}/{sha}{rest}").status_code for rest in ("", "/restore")} == {404}


# -- restoring a config


def test_an_earlier_config_becomes_a_new_edit_and_other_files_stay(edited: list[str], browser: Browser, deployed: Cluster, ann: Actor) -> None:
    ci.post(deployed, ci.Post({"image": "library/shop:v2"}, whole=False), actor=ann)
    developer = browser("developer")
    dialog = developer.get(f"{PAGE}/{edited[0]}/restore", headers=HTMX)

    answer = restored(developer, edited[0], field(dialog, "seen"))

    assert ("<del>3</del>" in dialog.content.decode(), "<ins>2</ins>" in dialog.content.decode()) == (True, True)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/clusters/shop-test")
    assert (pending(deployed)["app"]["spec"]["replicas"], pending(deployed, layout.OUTPUT)["image"]) == (2, "library/shop:v2")
    last = Event.objects.order_by("-pk")[0]
    assert (last.title, last.actor, last.action) == (f"Restore the config of {edited[0][:8]}", "a-developer", "edit")


def test_somebody_else_saved_first_and_is_not_overwritten(edited: list[str], admin: Client, deployed: Cluster, ann: Actor) -> None:
    dialog = admin.get(f"{PAGE}/{edited[0]}/restore", headers=HTMX)
    replicas(deployed, 7, ann)

    refused = restored(admin, edited[0], field(dialog, "seen"), title="Typed")
    again = restored(admin, edited[0], field(refused, "seen"), title="Typed")

    assert (refused.status_code, "Somebody else saved in the meantime." in text(refused)) == (412, True)
    assert ("<del>7</del>" in refused.content.decode(), 'value="Typed"' in refused.content.decode()) == (True, True)
    assert (again.status_code, pending(deployed)["app"]["spec"]["replicas"]) == (204, 2)


def test_a_config_that_is_the_same_now_is_not_restored(edited: list[str], admin: Client) -> None:
    dialog = admin.get(f"{PAGE}/{edited[1]}/restore", headers=HTMX)

    assert "there is nothing to restore" in text(dialog)
    assert "<button" not in dialog.content.decode()


def test_a_config_that_fits_no_more_says_why(edited: list[str], admin: Client, deployed: Cluster, ann: Actor) -> None:
    repository = cluster_repository(deployed)
    head = repository.refs.read()[layout.GITOPS]
    bad = {**repository.files(head), layout.APPLICATION: b"deployment:\n  app:\n    spec:\n      replicas: many\n"}
    commit = repository.commit_object(head)
    sha = repository.commit(repository.write(bad), parents=[head], author=ann.author, message="Bad", now=commit.committed_datetime)

    dialog = admin.get(f"{PAGE}/{sha}/restore", headers=HTMX)
    answer = restored(admin, sha, head)

    assert ("/app/spec/replicas" in text(dialog), "<button" in dialog.content.decode()) == (True, False)
    assert (answer.status_code, "/app/spec/replicas" in text(answer)) == (400, True)
    assert repository.refs.read()[layout.GITOPS] == head


def test_a_guest_reads_the_history_and_restores_nothing(edited: list[str], browser: Browser) -> None:
    guest = browser("guest")

    assert guest.get(f"{PAGE}/{edited[0]}").status_code == 200
    assert "Restore this config" not in text(guest.get(f"{PAGE}/{edited[0]}"))
    assert (guest.get(f"{PAGE}/{edited[0]}/restore").status_code, restored(guest, edited[0], edited[1]).status_code) == (403, 403)


def test_what_a_run_released_stays_in_the_list(deployed: Cluster, admin: Client, ann: Actor) -> None:
    replicas(deployed, 2, ann)
    deploy(deployed, ann)

    assert len(admin.get(PAGE, {"kind": "release"}).context["events"]) == 2
