"""Templates and releases in the browser: who uses them, their forms tried out, their states, and how they come in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installed
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.catalog import archive
from horizon.inventory.models import Cluster, Event, Group, Template, TemplateRelease
from horizon.web.catalogue import catalogue, readme
from tests.catalog.charts import documented
from tests.fixtures import MakeCluster
from tests.services.git_server import GitServer, serving
from tests.web.conftest import HTMX, Browser, text
from tests.web.island import get, given, post

RELEASE = "/templates/deployment/v0.0.1"
NOBODY = "http://127.0.0.1:1"
"""An address at which no server listens."""


def packed(version: str = "v0.1.0", **changed: bytes) -> bytes:
    """The documented template `page` as an archive."""
    files = documented()
    chart = files["Chart.yaml"].replace(b"v0.1.0", version.encode())
    return archive.pack({**files, "Chart.yaml": chart, **{path.replace("__", "/"): content for path, content in changed.items()}}, "page")


def send(browser: Client, data: bytes, **headers: str) -> Any:
    """Upload an archive as the page's form does."""
    return browser.post("/new/template/upload", {"archive": SimpleUploadedFile("page.tgz", data)}, headers=headers)


# -- the list


def test_a_card_says_what_a_template_is_and_how_many_clusters_use_it(make_cluster: MakeCluster, admin: Client) -> None:
    make_cluster("shop-one")
    gone = make_cluster("shop-gone")
    Cluster.objects.filter(pk=gone.pk).update(archived_at=gone.created_at)

    said = text(admin.get("/templates"))

    assert "A stateless service." in said
    assert "v0.0.1 recommended 1 cluster" in said


def test_without_templates_an_administrator_is_led_to_the_import_and_others_are_told_who_does_it(ann: Actor, admin: Client, client: Client) -> None:
    from_admin = admin.get("/templates").content.decode()
    ann.user.is_superuser = False
    ann.user.save()

    assert "No templates yet" in from_admin
    assert from_admin.count('href="/new/template"') == 2
    said = admin.get("/templates")
    assert "An administrator imports the first one." in text(said)
    assert "/new/template" not in said.content.decode()


def test_templates_are_searched_once_there_are_many(deployment: TemplateRelease, admin: Client) -> None:
    few = admin.get("/templates").content.decode()
    for number in range(catalogue._MANY):
        Template.objects.create(name=f"more-{number}", description="Counts 100% of sheep")

    many, found = admin.get("/templates").content.decode(), admin.get("/templates", {"search": "100% OF"})
    none = admin.get("/templates", {"search": "wolves"})

    assert ("data-search" in few, "data-search" in many) == (False, True)
    assert ("more-3" in text(found), "deployment" in text(found)) == (True, False)
    assert "Nothing is like that" in text(none)
    assert 'value="wolves"' in none.content.decode()


def test_the_list_asks_the_database_equally_often_whatever_its_length(deployment: TemplateRelease, admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get("/templates").status_code == 200
        assert not [query for query in asked.captured_queries if '"archive"' in query["sql"]]
        return len(asked)

    before = queries()
    for number in range(10):
        template = Template.objects.create(name=f"more-{number}")
        template.releases.create(version="v1.0.0", chart_version="v1.0.0-aaaaaaaa", digest="a", archive=b"", archive_digest="a", state="recommended")

    assert queries() == before


# -- one template, one release


def test_a_template_shows_its_releases_its_readme_and_where_they_came_from(cluster: Cluster, admin: Client) -> None:
    answer = admin.get("/templates/deployment")

    said, html = text(answer), answer.content.decode()
    assert "bundled, " in said
    assert "What it makes" in said
    assert "<td><code>Deployment</code></td>" in html
    assert 'href="/?template=deployment&amp;release=v0.0.1"' in html
    assert 'href="/clusters/shop-test"' in html


def test_clusters_that_one_may_not_see_are_counted_and_not_named(cluster: Cluster, browser: Browser, ann: Actor) -> None:
    groups.change(Group.objects.get(path="shops"), groups.Look("", True), actor=ann)

    stranger = browser("")

    for page in ("/templates/deployment", f"{RELEASE}?show=about"):
        answer = stranger.get(page)
        assert "shop-test" not in answer.content.decode()
        assert "1 more lies where you may not look." in text(answer)


def test_a_release_shows_its_schemas_and_defaults_as_they_are(deployment: TemplateRelease, browser: Browser) -> None:
    said = text(browser("").get(f"{RELEASE}?show=files"))

    for part in ("schema/application.schema.json", "schema/application.ui.schema.json", "schema/output.schema.json", "values.yaml"):
        assert part in said
    assert "&quot;ui:order&quot;" in said
    assert "ephemeralStorage:" in said


@pytest.mark.parametrize(
    "address", ["/templates/none", "/templates/deployment/v9", "/templates/none/v0.0.1", f"{RELEASE}9/start", "/templates/a%00/b"]
)
def test_nothing_there_is_not_found(deployment: TemplateRelease, admin: Client, address: str) -> None:
    assert admin.get(address).status_code == 404


def test_a_release_has_no_other_parts(deployment: TemplateRelease, admin: Client) -> None:
    assert admin.get(f"{RELEASE}?show=all").status_code == 400


# -- the README


def test_a_readme_is_text_that_can_do_nothing() -> None:
    written = """# Top
<script>alert(1)</script> <b onclick="x()">bold</b>

![pixel](https://elsewhere.test/pixel.png) [script](javascript:alert(1)) [beside](../other/README.md) [there](https://there.test/)

| a | b |
|---|---|
| 1 | `<i>` |
"""

    html = readme.shown(written)

    assert "<h3>Top</h3>" in html
    assert "<td><code>&lt;i&gt;</code></td>" in html
    assert '<a href="https://there.test/" rel="noopener noreferrer">there</a>' in html
    assert html.count("<a ") == 1
    assert [tag for tag in ("<script", "<b ", "<img", 'href="javascript', 'README.md"') if tag in html] == []
    assert "beside" in html


# -- the form, tried out


def test_the_form_is_drawn_from_the_releases_own_schemas(deployment: TemplateRelease, browser: Browser) -> None:
    person = browser("")
    page = given(person.get(RELEASE))

    start = get(person, page["urls"]["start"])

    assert page["page"] == "try"
    assert start.data["schema"]["properties"]["app"]["properties"]["port"]["type"] == "integer"
    assert "ui:order" in start.data["ui"]
    assert start.data["output"]["required"] == ["image"]


def test_what_is_tried_is_rendered_and_nothing_is_saved(deployment: TemplateRelease, browser: Browser) -> None:
    person = browser("")

    defaults = post(person, f"{RELEASE}/preview", {"config": {}, "output": {}})
    answer = post(person, f"{RELEASE}/preview", {"config": {"app": {"port": 9000}}, "output": {"image": "library/shop:v7"}})

    manifests = {item["object"]: item["text"] for item in answer.data["manifests"]}
    assert [item["object"] for item in defaults.data["manifests"]] == ["Service/preview", "Deployment/preview"]
    assert "containerPort: 9000" in manifests["Deployment/preview"]
    assert "image: library/shop:v7" in manifests["Deployment/preview"]
    assert Cluster.objects.count() == 0


def test_what_the_schema_refuses_is_said_by_pointer(deployment: TemplateRelease, admin: Client) -> None:
    wrong = post(admin, f"{RELEASE}/preview", {"config": {"app": {"port": 0}}, "output": {}})
    rubbish = [post(admin, f"{RELEASE}/preview", body).status_code for body in (b"{", {"config": []}, {"config": {}}, [])]

    assert (wrong.status_code, wrong.data["details"]["file"]) == (400, "application.yaml")
    assert [error["pointer"] for error in wrong.data["details"]["errors"]] == ["/app/port"]
    assert rubbish == [400] * 4


# -- states


def test_a_state_is_changed_in_a_dialog_that_names_what_it_hits(cluster: Cluster, admin: Client) -> None:
    send(admin, packed("v0.1.0"))
    send(admin, packed("v0.2.0"))

    dialog = admin.get("/templates/page/v0.1.0/state", headers=HTMX)
    done = admin.post("/templates/page/v0.1.0/state", {"state": "recommended"}, headers=HTMX)

    assert "No cluster is on it." in text(dialog)
    assert "in place of v0.2.0" in text(dialog)
    assert "<html" not in dialog.content.decode()
    assert "1 cluster is on it, and goes on in every state." in text(admin.get(f"{RELEASE}/state"))
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, "/templates/page")
    assert dict(TemplateRelease.objects.filter(template__name="page").values_list("version", "state")) == {
        "v0.1.0": "recommended",
        "v0.2.0": "offered",
    }
    assert Event.objects.get(action="change release").details["instead_of"] == "v0.2.0"


def test_the_recommendation_is_not_taken_away_and_the_dialog_says_why(deployment: TemplateRelease, admin: Client) -> None:
    refused = admin.post(f"{RELEASE}/state", {"state": "retired"})
    rubbish = admin.post(f"{RELEASE}/state", {"state": "loved"})

    assert (refused.status_code, rubbish.status_code) == (409, 400)
    assert "recommend another release first" in text(refused)
    assert 'value="retired" checked' in refused.content.decode()
    deployment.refresh_from_db()
    assert deployment.state == "recommended"


def test_only_administrators_change_states_and_import(cluster: Cluster, browser: Browser) -> None:
    owner = browser("owner")

    answers = [
        owner.get(f"{RELEASE}/state"),
        owner.post(f"{RELEASE}/state", {"state": "deprecated"}),
        owner.get("/new/template"),
        owner.post("/new/template/fetch", {"url": "https://a.test/b.git", "tag": "v1"}),
        send(owner, packed()),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    for page in ("/templates", "/templates/deployment", RELEASE):
        html = owner.get(page).content.decode()
        assert "/state" not in html
        assert "/new/template" not in html
    assert Template.objects.count() == 1


# -- coming in


def test_an_archive_that_is_sent_becomes_a_release_and_the_same_one_twice_is_no_second(deployment: TemplateRelease, admin: Client) -> None:
    first, second = send(admin, packed(), **HTMX), send(admin, packed())

    assert (first.status_code, first.headers["HX-Redirect"]) == (204, "/templates/page/v0.1.0")
    assert (second.status_code, second.headers["Location"]) == (302, "/templates/page/v0.1.0")
    row = TemplateRelease.objects.get(template__name="page")
    assert (row.created_by, set(row.source)) == ("ann", {"upload"})
    assert Event.objects.filter(action="import release", details__template="page").count() == 1
    said = text(admin.get("/templates/page/v0.1.0?show=about"))
    assert "page v0.1.0 is there now: recommended." in said
    assert "was there already, with the same content" in said
    assert "sent by ann" in said


def test_a_refusal_stands_where_it_happened_with_its_reason(deployment: TemplateRelease, admin: Client) -> None:
    send(admin, packed())

    no_archive = send(admin, b"no archive", **HTMX)
    changed = send(admin, packed(templates__more=b"# more\n"), **HTMX)
    broken = send(admin, packed("v0.3.0", **{"schema__application.schema.json": b"{"}))
    nothing = admin.post("/new/template/upload", headers=HTMX)

    assert [answer.status_code for answer in (no_archive, changed, broken, nothing)] == [400, 409, 400, 400]
    assert "archive_format" in text(no_archive)
    assert "<html" not in no_archive.content.decode()
    assert "exists with other content" in text(changed)
    assert "schema/application.schema.json is not JSON" in text(broken)
    assert "Fetch a tag from Git" in text(broken)
    assert "at most 10 MiB" in text(nothing)


def test_a_file_that_is_too_large_is_kept_nowhere(deployment: TemplateRelease, admin: Client) -> None:
    answers = [send(admin, b"\x1f" * size, **HTMX) for size in (archive.MAX_PACKED + 1, installed.FILE_UPLOAD_MAX_MEMORY_SIZE + 1)]

    assert [(answer.status_code, "at most 10 MiB" in text(answer)) for answer in answers] == [(400, True)] * 2


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[GitServer]:
    """A Git server that the installation allows."""
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as served:
        settings.HORIZON_TEMPLATE_SOURCES = [served.url, NOBODY]
        yield served


def test_a_tag_is_fetched_and_the_release_says_from_where(deployment: TemplateRelease, admin: Client, server: GitServer) -> None:
    url = server.publish({f"charts/page/{path}": content for path, content in documented().items()})

    answer = admin.post("/new/template/fetch", {"url": url, "tag": "v1", "path": "charts/page"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/templates/page/v0.1.0")
    said = text(admin.get("/templates/page/v0.1.0?show=about"))
    assert url in said
    assert server.git("templates", "rev-parse", "v1") in said
    assert "from Git v1" in said


def test_a_fetch_that_is_refused_keeps_what_was_typed(deployment: TemplateRelease, admin: Client, server: GitServer) -> None:
    url = server.publish(documented())

    no_tag = admin.post("/new/template/fetch", {"url": url, "tag": "v9", "path": "charts/<page>"})
    elsewhere = admin.post("/new/template/fetch", {"url": "https://elsewhere.test/a.git", "tag": "v1"}, headers=HTMX)
    empty = admin.post("/new/template/fetch", {"url": url}, headers=HTMX)
    down = admin.post("/new/template/fetch", {"url": f"{NOBODY}/a.git", "tag": "v1"}, headers=HTMX)

    assert no_tag.status_code == 400
    for kept in (url, "v9", "charts/&lt;page&gt;"):
        assert f'value="{kept}"' in no_tag.content.decode()
    assert (elsewhere.status_code, "git_source" in text(elsewhere)) == (400, True)
    assert (empty.status_code, "Tag: This field is required." in text(empty)) == (400, True)
    assert down.status_code == 424, "503 would tell the browser that this server is out of reach"
    assert Template.objects.count() == 1


def test_what_an_import_leaves_is_told_by_the_bundled_ones_too(deployment: TemplateRelease) -> None:
    assert (deployment.created_by, deployment.source) == ("Horizon", {"folder": "deployment"})
