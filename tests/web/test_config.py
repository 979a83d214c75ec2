"""A config as its file: previewed as one writes, saved as an edit, never over somebody else's unseen."""

from typing import Any

import pytest
from django.test import Client

from horizon.access.permissions import Actor
from horizon.delivery import edit
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Event
from horizon.inventory.repositories import cluster_repository
from tests.fixtures import pending, replicas
from tests.web.conftest import HTMX, Browser, field, text

PAGE = "/clusters/shop-test/config"
WRITTEN = "# ours\r\ndeployment:\r\n  app:\r\n    spec:\r\n      replicas: 3 # three\r\n"


def file_of(cluster: Cluster) -> str:
    repository = cluster_repository(cluster)
    return repository.files(repository.refs.read()[layout.GITOPS])[layout.APPLICATION].decode()


def saved(client: Client, page: Any, written: str, **given: Any) -> Any:
    return client.post(PAGE, {"text": written, "seen": field(page, "seen"), **given})


def test_what_is_written_is_saved_letter_by_letter_as_an_edit(cluster: Cluster, browser: Browser) -> None:
    developer = browser("developer")

    answer = saved(developer, developer.get(PAGE), WRITTEN, title="Three")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/clusters/shop-test")
    assert file_of(cluster) == WRITTEN.replace("\r\n", "\n")
    assert "it waits for a deploy" in text(developer.get("/clusters/shop-test"))
    last = Event.objects.order_by("-pk")[0]
    assert (last.title, last.actor, last.address) == ("Three", "a-developer", "127.0.0.1")


def test_a_preview_shows_files_and_objects_and_saves_nothing(deployed: Cluster, admin: Client) -> None:
    before = file_of(deployed)

    answer = admin.post(f"{PAGE}/preview", {"text": WRITTEN}, headers=HTMX)

    assert (answer.status_code, "<html" in answer.content.decode()) == (200, False)
    assert "Deployment/shop-test changed" in text(answer)
    assert "<ins>3 # three</ins>" in answer.content.decode()
    assert file_of(deployed) == before


def test_without_scripts_the_preview_is_the_page_with_what_was_typed(deployed: Cluster, admin: Client) -> None:
    answer = saved(admin, admin.get(PAGE), WRITTEN, preview="1")

    assert "Deployment/shop-test changed" in text(answer)
    assert "replicas: 3 # three" in answer.content.decode()
    assert pending(deployed)["app"]["spec"]["replicas"] == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("deployment: {app: {spec: {replicas: many}}}", "/app/spec/replicas"),
        ("deployment:\n  - [", "application.yaml"),
        ("deployment: {}\nother: 1\n", "reaches no chart"),
        ("- a list\n", "application.yaml"),
    ],
)
def test_what_does_not_fit_is_told_where_and_nothing_typed_is_lost(cluster: Cluster, admin: Client, written: str, said: str) -> None:
    before = file_of(cluster)

    previewed = admin.post(f"{PAGE}/preview", {"text": written}, headers=HTMX)
    answer = saved(admin, admin.get(PAGE), written, title="Typed")

    assert (previewed.status_code, said in text(previewed)) == (200, True)
    assert (answer.status_code, said in text(answer)) == (400, True)
    assert (written.splitlines()[0] in answer.content.decode(), 'value="Typed"' in answer.content.decode()) == (True, True)
    assert file_of(cluster) == before


def test_what_does_not_fit_names_the_field_of_the_form_and_leads_to_it(cluster: Cluster, admin: Client) -> None:
    wrong = {"text": "deployment: {app: {spec: {replicas: many}}}"}

    answer = admin.post(f"{PAGE}/preview", wrong, headers=HTMX)

    assert "Replicas, /app/spec/replicas" in text(answer)
    assert 'href="/clusters/shop-test/form#/app/spec/replicas"' in answer.content.decode()


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("deployment: {app: {spec: {replicas: many}}}", 'data-at="/deployment/app/spec/replicas" data-line=""'),
        ("deployment:\n  app: [\n", 'data-at="" data-line="3"'),
        ("deployment: !secret x\n", 'data-at="" data-line="1"'),
        ("deployment: {}\nbe/side: 1\n", 'data-at="/be~1side" data-line=""'),
        ("- a list\n", 'data-at="" data-line=""'),
    ],
)
def test_the_editor_is_told_the_place_of_a_problem(cluster: Cluster, admin: Client, written: str, place: str) -> None:
    answer = admin.post(f"{PAGE}/preview", {"text": written}, headers=HTMX)

    assert place in answer.content.decode()


@pytest.mark.parametrize("address", [PAGE, "/applications/shop/config"])
def test_the_editor_comes_over_a_text_area_that_does_without_it(cluster: Cluster, admin: Client, address: str) -> None:
    page = admin.get(address).content.decode()

    assert '<label class="sr" for="text">The config as YAML</label><textarea' in page
    assert '<script type="module" src="/static/web/editor' in page


@pytest.mark.parametrize("address", ["/", "/clusters/shop-test", "/clusters/shop-test/form", "/applications/shop", "/new/cluster/shop"])
def test_the_editor_is_loaded_only_where_it_is_used(cluster: Cluster, admin: Client, address: str) -> None:
    assert "web/editor" not in admin.get(address).content.decode()


def test_what_is_no_field_of_the_form_leads_nowhere(cluster: Cluster, admin: Client) -> None:
    answer = admin.post(f"{PAGE}/preview", {"text": "deployment:\n  - ["}, headers=HTMX)

    assert "/form#" not in answer.content.decode()


def test_somebody_else_saved_first_and_nothing_is_lost(cluster: Cluster, admin: Client, ann: Actor) -> None:
    page = admin.get(PAGE)
    replicas(cluster, 7, ann)

    refused = saved(admin, page, WRITTEN, title="Typed")

    assert (refused.status_code, "Somebody else saved in the meantime." in text(refused)) == (412, True)
    assert pending(cluster)["app"]["spec"]["replicas"] == 7
    assert ("replicas: 3 # three" in refused.content.decode(), "<del>7</del>" in refused.content.decode()) == (True, True)
    assert saved(admin, refused, WRITTEN).status_code == 302
    assert pending(cluster)["app"]["spec"]["replicas"] == 3


def test_a_restart_in_between_does_not_refuse_a_config(deployed: Cluster, admin: Client) -> None:
    page = admin.get(PAGE)
    admin.post("/clusters/shop-test/restart")

    assert saved(admin, page, WRITTEN).status_code == 302


def test_the_same_again_is_no_edit(cluster: Cluster, admin: Client) -> None:
    page, before = admin.get(PAGE), cluster_repository(cluster).refs.read()

    saved(admin, page, file_of(cluster))

    assert cluster_repository(cluster).refs.read() == before
    assert "That is what was there already." in text(admin.get("/clusters/shop-test"))


def test_a_guest_reads_it_and_may_not_write(cluster: Cluster, browser: Browser) -> None:
    guest = browser("guest")
    page = guest.get(PAGE)

    assert "You may read this config." in text(page)
    assert "readonly" in page.content.decode()
    assert "Save the edit" not in page.content.decode()
    assert saved(guest, page, WRITTEN).status_code == 403
    assert guest.post(f"{PAGE}/preview", {"text": WRITTEN}, headers=HTMX).status_code == 403


def test_keys_that_a_later_file_decides_are_listed(cluster: Cluster, admin: Client, ann: Actor) -> None:
    edit.edit(cluster, edit.put_text(layout.SRE, "deployment:\n  app:\n    spec:\n      replicas: 7\n"), actor=ann, title="Override")

    page = text(admin.get(PAGE))

    assert "deployment.app.spec.replicas SRE sre.yaml 7" in page
