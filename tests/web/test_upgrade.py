"""A cluster goes to another release by a dialog."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installed
from django.test import Client

from horizon.access.permissions import Actor
from horizon.catalog.release import load_folder
from horizon.delivery import edit, releases, templates
from horizon.gitops import layout
from horizon.inventory.models import Cluster, ReleaseState, TemplateRelease
from horizon.inventory.repositories import cluster_repository
from tests.fixtures import deploy, pending, replicas
from tests.web.conftest import HTMX, Browser, field, text

DIALOG = "/clusters/shop-test/upgrade"


@pytest.fixture
def stricter(deployment: TemplateRelease, tmp_path: Path) -> TemplateRelease:
    """A release that no longer knows `strategy`, wants at most two replicas, and has a default more."""
    folder = tmp_path / "deployment"
    shutil.copytree(installed.HORIZON_TEMPLATES / "deployment", folder)
    chart, schema, values = folder / "Chart.yaml", folder / "schema/application.schema.json", folder / "values.yaml"
    chart.write_text(chart.read_text().replace("v0.0.1", "v0.0.2"))
    data = json.loads(schema.read_text())
    del data["properties"]["app"]["properties"]["strategy"]
    data["properties"]["app"]["properties"]["spec"]["properties"]["replicas"]["maximum"] = 2
    schema.write_text(json.dumps(data))
    values.write_text(values.read_text() + "\nsurprise: 1\n")
    return templates.import_release(load_folder(folder))


def shown(dialog: Any) -> dict[str, str]:
    """What a dialog sends back of what it shows."""
    return {"release": "v0.0.2", "seen": field(dialog, "seen"), "shown": field(dialog, "shown")}


def test_the_clusters_page_leads_there(deployed: Cluster, admin: Client) -> None:
    page = admin.get("/clusters/shop-test").content.decode()

    assert f'hx-get="{DIALOG}"' in page
    assert 'href="/templates/deployment/v0.0.1"' in page


def test_without_another_release_it_says_so(deployed: Cluster, admin: Client) -> None:
    answer = admin.get(DIALOG)

    assert (answer.status_code, "There is no other release to go to." in text(answer)) == (200, True)
    assert "Save the upgrade" not in text(answer)


def test_it_shows_files_objects_dropped_keys_and_new_defaults(deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor) -> None:
    edit.patch_config(deployed, {"app": {"strategy": {"maxSurge": "50%"}}}, actor=ann, title="", seen=None)

    answer = admin.get(DIALOG, headers=HTMX)

    said = text(answer)
    assert "It is on deployment v0.0.1." in said
    for part in ("Chart.yaml", "system/horizon.yaml", "/app/strategy", "/surprise", "Deployment/shop-test", "v0.0.2 · Recommended"):
        assert part in said
    assert "<html" not in answer.content.decode()


def test_saving_makes_it_one_pending_edit_that_a_deploy_ships(deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor) -> None:
    dialog = admin.get(DIALOG)
    seen = field(dialog, "seen")

    answer = admin.post(DIALOG, {**shown(dialog), "title": "To the strict one"}, headers=HTMX)

    repository = cluster_repository(deployed)
    head = repository.commit_object(repository.refs.read()[layout.GITOPS])
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/clusters/shop-test")
    assert (head.summary, head.author.name, head.parents[0].hexsha) == ("To the strict one", "ann", seen)
    assert pending(deployed, layout.HORIZON)["horizon"]["template"]["release"] == "v0.0.2"
    assert "it waits for a deploy" in text(admin.get("/clusters/shop-test"))
    deploy(deployed, ann)
    deployed.refresh_from_db()
    assert deployed.release == stricter
    assert "It is on deployment v0.0.2." in text(admin.get(DIALOG))


def test_values_that_the_release_refuses_are_named_and_can_be_changed_along_with_it(
    deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor
) -> None:
    replicas(deployed, 5, ann)

    refused = admin.get(DIALOG)
    fits = admin.post(DIALOG, {"look": "1", "release": "v0.0.2", "config": "app:\n  spec:\n    replicas: 2\n"})
    saved = admin.post(DIALOG, {**shown(fits), "config": "app:\r\n  spec:\r\n    replicas: 2\r\n"})

    assert "/app/spec/replicas" in text(refused)
    assert "replicas: 5" in refused.content.decode()
    assert ("Save the upgrade" in text(refused), "Save the upgrade" in text(fits)) == (False, True)
    assert saved.status_code == 302
    assert pending(deployed)["app"]["spec"]["replicas"] == 2


@pytest.mark.parametrize("config", ["app: [", "- a", "app:\n  port: 0\n", "a: &a [*a]"])
def test_rubbish_is_refused_with_what_was_typed(deployed: Cluster, stricter: TemplateRelease, admin: Client, config: str) -> None:
    head = cluster_repository(deployed).refs.read()
    dialog = admin.get(DIALOG)

    looked = admin.post(DIALOG, {"look": "1", "release": "v0.0.2", "config": config})
    saved = admin.post(DIALOG, {**shown(dialog), "config": config})

    assert (looked.status_code, saved.status_code) == (200, 409)
    for answer in (looked, saved):
        assert "Save the upgrade" not in text(answer)
        assert config.splitlines()[0] in answer.content.decode().replace("&amp;", "&")
    assert cluster_repository(deployed).refs.read() == head


def test_who_saved_meanwhile_is_not_overwritten(deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor) -> None:
    dialog = admin.get(DIALOG)
    replicas(deployed, 2, ann)

    answer = admin.post(DIALOG, {**shown(dialog), "title": "Kept"})

    assert (answer.status_code, "Somebody else saved in the meantime." in text(answer)) == (412, True)
    assert 'value="Kept"' in answer.content.decode()
    assert field(answer, "seen") != field(dialog, "seen")
    assert pending(deployed, layout.HORIZON)["horizon"]["template"]["release"] == "v0.0.1"


@pytest.mark.parametrize("release", ["v9", "v0.0.1", "<b>", "x" * 100])
def test_a_release_that_is_no_choice_is_refused(deployed: Cluster, stricter: TemplateRelease, admin: Client, release: str) -> None:
    answers = [admin.get(DIALOG, {"release": release}), admin.post(DIALOG, {"release": release, "seen": "0" * 40, "shown": "0"})]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert "<b>" not in answers[0].content.decode()


def test_a_retired_release_is_no_choice(deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor, deployment: TemplateRelease) -> None:
    releases.change_state(deployment, ReleaseState.RECOMMENDED, actor=ann)
    releases.change_state(stricter, ReleaseState.DEPRECATED, actor=ann)
    deprecated = text(admin.get(DIALOG))
    releases.change_state(stricter, ReleaseState.RETIRED, actor=ann)

    assert "This release is on its way out." in deprecated
    assert "There is no other release to go to." in text(admin.get(DIALOG))


@pytest.mark.parametrize("role", ["guest", "sre"])
def test_who_may_not_edit_looks_and_is_told_why(deployed: Cluster, stricter: TemplateRelease, browser: Browser, role: str) -> None:
    person = browser(role)

    looked = person.get(DIALOG)
    done = person.post(DIALOG, shown(looked))

    assert "To make it takes one of the roles developer, maintainer and owner." in text(looked)
    assert "Save the upgrade" not in text(looked)
    assert done.status_code == 403
    assert pending(deployed, layout.HORIZON)["horizon"]["template"]["release"] == "v0.0.1"


def test_only_what_was_shown_is_saved(deployed: Cluster, stricter: TemplateRelease, admin: Client) -> None:
    head = cluster_repository(deployed).refs.read()
    dialog = admin.get(DIALOG)

    unseen = admin.post(DIALOG, {**shown(dialog), "config": "app:\n  port: 9000\n"})
    after = cluster_repository(deployed).refs.read()
    saved = admin.post(DIALOG, {**shown(unseen), "config": "app:\n  port: 9000\n"})

    assert (unseen.status_code, "You chose something else since you looked." in text(unseen)) == (409, True)
    assert "Save the upgrade" in text(unseen)
    assert after == head
    assert saved.status_code == 302
    assert pending(deployed) == {"app": {"port": 9000}}


def test_the_config_as_it_fits_is_there_to_be_changed(deployed: Cluster, stricter: TemplateRelease, admin: Client, ann: Actor) -> None:
    edit.patch_config(deployed, {"app": {"strategy": {"maxSurge": "50%"}}}, actor=ann, title="", seen=None)

    plain = admin.get(DIALOG)
    asked = admin.get(DIALOG, {"look": "config", "release": "v0.0.2"})
    saved = admin.post(DIALOG, {**shown(asked), "config": "app:\n  spec:\n    replicas: 1\n"})

    assert "app:\n  spec:\n    replicas: 1\n</textarea>" in asked.content.decode()
    assert "<textarea" not in plain.content.decode()
    assert saved.status_code == 302
    assert pending(deployed) == {"app": {"spec": {"replicas": 1}}}
