"""Releases come in over REST, from Git and as archives; what is refused leaves nothing behind; states decide what people are offered."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from horizon.access import groups, tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.api import parsers
from horizon.catalog import archive
from horizon.catalog.renderer import Renderer
from horizon.delivery import create, templates
from horizon.gitops import remote
from horizon.inventory.models import Cluster, Event, Template, TemplateRelease
from tests.api.conftest import Call, caller
from tests.catalog.charts import SCHEMA, tgz
from tests.fixtures import MakeCluster, deploy, replicas
from tests.services.git_server import GitServer, serving

MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata:\n  value: %b\n"
Upload = Callable[..., Any]


def files(changed: dict[str, bytes | None] | None = None, *, version: str = "v1.0.0") -> dict[str, bytes]:
    """A small template; None takes a file away."""
    wanted: dict[str, bytes | None] = {
        "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: {version}\ndescription: A shop\n".encode(),
        "schema/application.schema.json": SCHEMA,
        "templates/map.yaml": MAP % b"one",
        **(changed or {}),
    }
    return {path: content for path, content in wanted.items() if content is not None}


def packed(changed: dict[str, bytes | None] | None = None, *, version: str = "v1.0.0") -> bytes:
    return archive.pack(files(changed, version=version), "shop")


def rendering(action: bytes) -> bytes:
    return packed({"templates/map.yaml": MAP % action})


def counts() -> tuple[int, ...]:
    return Template.objects.count(), TemplateRelease.objects.count(), Event.objects.count()


@pytest.fixture
def upload(secret: str) -> Upload:
    """Send an archive as ann."""

    def send(data: bytes, kind: str = "application/gzip") -> Any:
        answer = Client(headers={"Authorization": f"Bearer {secret}"}).generic("POST", "/api/v1/templates", data, content_type=kind)
        answer.data = json.loads(answer.content)
        return answer

    return send


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[GitServer]:
    """A Git server that the installation allows."""
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as served:
        settings.HORIZON_TEMPLATE_SOURCES = ["https://", served.url]
        yield served


# -- coming in


def test_an_uploaded_archive_becomes_a_release(upload: Upload) -> None:
    answer = upload(packed())

    assert answer.status_code == 201, answer.data
    assert (answer.data["template"], answer.data["version"], answer.data["state"]) == ("shop", "v1.0.0", "recommended")
    assert bytes(TemplateRelease.objects.get().archive) != b""


def test_a_tag_of_a_repository_becomes_a_release(call: Call, server: GitServer) -> None:
    url = server.publish({f"charts/shop/{path}": content for path, content in files().items()})

    answer = call("post", "templates", {"url": url, "tag": "v1", "path": "charts/shop"})

    assert answer.status_code == 201, answer.data
    assert (answer.data["template"], answer.data["version"]) == ("shop", "v1.0.0")


def test_all_ways_give_the_same_release(upload: Upload, call: Call, server: GitServer) -> None:
    url = server.publish(files())

    first, second = upload(packed()), call("post", "templates", {"url": url, "tag": "v1"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.data == second.data
    assert Event.objects.filter(action="import release").count() == 1


def test_an_import_leaves_an_event_that_says_from_where(call: Call, server: GitServer) -> None:
    url = server.publish(files())

    call("post", "templates", {"url": url, "tag": "v1"})

    event = Event.objects.get(action="import release")
    assert (event.actor, event.title) == ("ann", "Import release shop v1.0.0")
    assert event.details["source"] == {"url": url, "tag": "v1", "path": "", "commit": server.git("templates", "rev-parse", "v1")}


def test_only_administrators_import(db: None, server: GitServer) -> None:
    bob = get_user_model().objects.create_user("bob")
    call = caller(tokens.create(bob, name="t", scope=Scope.WRITE)[1])

    answer = call("post", "templates", {"url": f"{server.url}/templates.git", "tag": "v1"})

    assert (answer.status_code, server.asked) == (403, [])


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_git_or_helm_work(call: Call, server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for place, name in ((remote, "fetch"), (templates.release, "check")):
        monkeypatch.setattr(place, name, noting(getattr(place, name), seen))

    answer = call("post", "templates", {"url": server.publish(files()), "tag": "v1"})

    assert answer.status_code == 201
    assert seen == [False, False]


def noting(function: Callable[..., Any], seen: list[bool]) -> Callable[..., Any]:
    def noted(*arguments: Any, **given: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return function(*arguments, **given)

    return noted


# -- refusals


def link(kind: bytes) -> bytes:
    member = tarfile.TarInfo("shop/link")
    member.type, member.linkname = kind, "/etc/passwd"
    return tgz(("shop/Chart.yaml", files()["Chart.yaml"]), member)


def member(name: str) -> bytes:
    return tgz(("shop/Chart.yaml", files()["Chart.yaml"]), (name, b"x"))


def with_nul_in_a_name() -> bytes:
    """A name in a PAX header, which has no end sign."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        header = tarfile.TarInfo("shop/a")
        header.pax_headers = {"path": "shop/a\0b"}
        tar.addfile(header)
    return gzip.compress(stream.getvalue(), mtime=0)


SCHEMA_FILE = "schema/application.schema.json"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x1f\x8b", "archive_format"),
        (b"PK\x03\x04", "archive_format"),
        (packed()[:100], "archive_format"),
        (gzip.compress(b"no tar" * 200, mtime=0), "archive_format"),
        (member("../../etc/cron.d/x"), "archive_path"),
        (member("/etc/cron.d/x"), "archive_path"),
        (member("shop/../../x"), "archive_path"),
        (member("shop\\..\\x"), "archive_path"),
        (member("shop/a\nb"), "archive_path"),
        (with_nul_in_a_name(), "archive_path"),
        (link(tarfile.SYMTYPE), "archive_link"),
        (link(tarfile.LNKTYPE), "archive_link"),
        (link(tarfile.CHRTYPE), "archive_link"),
        (gzip.compress(b"\0" * (archive.MAX_STREAM + 1)), "archive_size"),
        (packed({f"many/{number}": b"" for number in range(archive.MAX_FILES)}), "archive_size"),
        (packed({"charts/a-1.0.0.tgz": gzip.compress(b"\0" * (archive.MAX_STREAM + 1))}), "archive_size"),
        (packed({"Chart.yaml": None}), "chart_missing"),
        (packed({"Chart.yaml": b"apiVersion: v2\nname: ../x\nversion: v1\n"}), "chart_name"),
        (packed({SCHEMA_FILE: None}), "schema_missing"),
        (packed({SCHEMA_FILE: b'{"type": "strin"}'}), "schema"),
        (packed({SCHEMA_FILE: b'{"$ref": "http://127.0.0.1/x"}'}), "schema_reference"),
        (packed({"values.schema.json": b'{"$ref": "http://127.0.0.1/x"}'}), "schema_reference"),
        (packed({SCHEMA_FILE: b'{"properties": {"a": {"format": "password"}}}'}), "schema_secret"),
        (packed({SCHEMA_FILE: b'{"properties": {"a": {"writeOnly": true}}}'}), "schema_secret"),
        (rendering(b'{{ required "say how large" .Values.size }}'), "render_failed"),
        (rendering(b"{{ .Values.a.b.c }}"), "render_failed"),
        (rendering(b"{{ no such function }}"), "render_failed"),
        (packed({"templates/map.yaml": b"just: a map\n"}), "render_failed"),
        (packed({"templates/a.yaml": b'{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'}), "render_failed"),
        (rendering(b"{{ randAlphaNum 9 }}"), "release_varies"),
        (rendering(b'{{ shuffle "ab" }}'), "release_varies"),
        (rendering(b'{{ (genSelfSignedCert "a" nil nil 1).Cert | b64enc }}'), "release_varies"),
        (rendering(b'{{ now | date "2006" | quote }}'), "release_varies"),
        (rendering(b'{{ ago (toDate "2006" "2005") }}'), "release_varies"),
    ],
)
def test_a_bad_archive_is_refused_with_the_reason_and_leaves_nothing(upload: Upload, data: bytes, code: str) -> None:
    before = counts()

    answer = upload(data)

    assert (answer.status_code, answer.data["code"]) == (400, code), answer.data
    assert answer.data["message"]
    assert counts() == before


def test_a_template_that_never_ends_is_refused(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = Renderer(timeout=1, children=1)
    monkeypatch.setattr(templates, "renderer", impatient)

    answer = upload(rendering(b"{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"))

    impatient.close()
    assert (answer.status_code, answer.data["code"]) == (400, "render_timeout"), answer.data
    assert counts()[:2] == (0, 0)


def test_a_template_that_calls_itself_by_tpl_is_refused(upload: Upload) -> None:
    answer = upload(packed({"templates/a.yaml": b"{{ tpl .Values.t . }}", "values.yaml": b"t: '{{ tpl .Values.t . }}'\n"}))

    # Whether memory or time ends first depends on the machine.
    assert answer.status_code == 400
    assert answer.data["code"] in ("render_crashed", "render_timeout")
    assert counts()[:2] == (0, 0)


def test_an_archive_that_is_too_large_is_refused_before_it_is_read(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "MAX_ARCHIVE", 100)

    answer = upload(packed())

    assert (answer.status_code, answer.data["code"]) == (413, "too_large")


def test_an_empty_body_is_refused(db: None, secret: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    answer = client.generic("POST", "/api/v1/templates", CONTENT_TYPE="application/gzip")

    assert (answer.status_code, answer.json()["code"]) == (400, "body")
    assert "Content-Length" in answer.json()["message"]


def test_an_archive_of_another_kind_is_refused(upload: Upload) -> None:
    assert upload(packed(), "application/zip").status_code == 415
    assert upload(packed(), "application/json").status_code == 400


def test_an_archive_is_no_body_elsewhere(secret: str) -> None:
    answer = Client(headers={"Authorization": f"Bearer {secret}"}).generic("POST", "/api/v1/groups", packed(), content_type="application/gzip")

    assert answer.status_code == 415


def test_a_version_with_other_content_is_refused(upload: Upload) -> None:
    first = upload(packed())
    before = counts()

    answer = upload(packed({"README.md": b"# Another\n"}))

    assert (answer.status_code, answer.data["code"]) == (409, "release_changed")
    assert answer.data["details"]["held"] == first.data["digest"]
    assert counts() == before


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "http://git.example.com/x"}, "git_source"),
        ({"url": "file:///etc"}, "git_url"),
        ({"url": "ext::sh -c date"}, "git_url"),
        ({"url": "https://a:b@git.example.com/x"}, "git_url"),
        ({"url": 7}, "body"),
        ({"tag": "v9"}, "git_tag"),
        ({"tag": "--help"}, "git_tag"),
        ({"path": "../x"}, "git_path"),
        ({"path": "nothing"}, "git_path"),
        ({"surprise": 1}, "body"),
        ({"tag": None}, "body"),
    ],
)
def test_a_bad_source_is_refused_and_leaves_nothing(call: Call, server: GitServer, changed: dict[str, Any], code: str) -> None:
    url = server.publish(files())
    before = counts()

    answer = call("post", "templates", {"url": url, "tag": "v1", "path": "", **changed})

    assert (answer.status_code, answer.data["code"]) == (400, code), answer.data
    assert counts() == before


def test_links_in_a_repository_are_refused(call: Call, server: GitServer) -> None:
    url = server.publish(files())
    server.tag("templates", "v1", [f"120000 {server.blob('templates', b'/etc/passwd')}\ttemplates/map.yaml"])

    answer = call("post", "templates", {"url": url, "tag": "v1"})

    assert (answer.status_code, answer.data["code"]) == (400, "archive_link")


def test_what_a_repository_holds_is_checked_like_an_archive(call: Call, server: GitServer) -> None:
    url = server.publish(files({"templates/map.yaml": MAP % b"{{ uuidv4 }}"}))

    answer = call("post", "templates", {"url": url, "tag": "v1"})

    assert (answer.status_code, answer.data["code"], counts()[:2]) == (400, "release_varies", (0, 0))


def test_a_server_out_of_reach_may_be_there_later(call: Call, settings: Any) -> None:
    settings.HORIZON_TEMPLATE_SOURCES = ["http://127.0.0.1:1"]

    answer = call("post", "templates", {"url": "http://127.0.0.1:1/x.git", "tag": "v1"})

    assert (answer.status_code, answer.data["code"]) == (503, "git_unreachable")


# -- states


def states(call: Call) -> dict[str, str]:
    return {found["version"]: found["state"] for found in call("get", "templates/shop").data["releases"]}


def test_a_later_release_takes_the_recommendation_and_others_do_not(upload: Upload, call: Call) -> None:
    for version in ("v1.9.0", "v1.10.0", "v1.9.1", "v2.0.0-rc.1"):
        assert upload(packed(version=version)).status_code == 201

    assert states(call) == {"v1.9.0": "offered", "v1.10.0": "recommended", "v1.9.1": "offered", "v2.0.0-rc.1": "offered"}


def test_recommending_a_release_takes_it_from_the_other(upload: Upload, call: Call) -> None:
    upload(packed(version="v1.0.0"))
    upload(packed(version="v1.1.0"))

    answer = call("patch", "templates/shop/releases/v1.0.0", {"state": "recommended"})

    assert (answer.status_code, answer.data["state"]) == (200, "recommended")
    assert states(call) == {"v1.0.0": "recommended", "v1.1.0": "offered"}
    event = Event.objects.get(action="change release")
    assert {key: event.details[key] for key in ("release", "before", "after", "instead_of")} == {
        "release": "v1.0.0",
        "before": "offered",
        "after": "recommended",
        "instead_of": "v1.1.0",
    }


@pytest.mark.parametrize("state", ["offered", "deprecated", "retired"])
def test_the_recommended_release_stays_until_another_one_is(upload: Upload, call: Call, state: str) -> None:
    upload(packed())

    answer = call("patch", "templates/shop/releases/v1.0.0", {"state": state})

    assert (answer.status_code, answer.data["code"]) == (409, "recommended")
    assert states(call) == {"v1.0.0": "recommended"}


def test_the_same_state_again_is_no_change(upload: Upload, call: Call) -> None:
    upload(packed())

    answer = call("patch", "templates/shop/releases/v1.0.0", {"state": "recommended"})

    assert answer.status_code == 200
    assert not Event.objects.filter(action="change release").exists()


@pytest.mark.parametrize(("body", "status"), [({"state": "gone"}, 400), ({}, 400), ({"state": "retired", "version": "v2"}, 400)])
def test_bad_states_are_refused(upload: Upload, call: Call, body: dict[str, str], status: int) -> None:
    upload(packed())

    assert call("patch", "templates/shop/releases/v1.0.0", body).status_code == status
    assert call("patch", "templates/shop/releases/v9", {"state": "retired"}).status_code == 404


def test_a_template_is_described_anew(upload: Upload, call: Call) -> None:
    upload(packed())

    answer = call("patch", "templates/shop", {"description": "Sells things"})

    assert (answer.status_code, answer.data["description"]) == (200, "Sells things")
    event = Event.objects.get(action="edit template")
    assert (event.details["before"], event.details["after"]) == ("A shop", "Sells things")


@pytest.mark.parametrize("path", ["templates/shop", "templates/shop/releases/v1.0.0"])
def test_only_administrators_change_templates(upload: Upload, path: str) -> None:
    upload(packed())
    bob = get_user_model().objects.create_user("bob")

    answer = caller(tokens.create(bob, name="t", scope=Scope.WRITE)[1])("patch", path, {"state": "retired"})

    assert answer.status_code == 403


# -- what states do to clusters


@pytest.fixture
def two(deployment: TemplateRelease, upload: Upload) -> TemplateRelease:
    """A second release of `deployment`, which is then the recommended one."""
    content = dict(archive.unpack(bytes(deployment.archive)))
    content["Chart.yaml"] = content["Chart.yaml"].replace(deployment.chart_version.encode(), b"v0.0.2")
    assert upload(archive.pack(content, "deployment")).status_code == 201
    return TemplateRelease.objects.get(version="v0.0.2")


def test_new_clusters_get_the_recommended_release(make_cluster: MakeCluster, two: TemplateRelease, call: Call) -> None:
    first = make_cluster("one")
    call("patch", "templates/deployment/releases/v0.0.1", {"state": "recommended"})
    second = make_cluster("two")

    assert (first.release.version, second.release.version) == ("v0.0.2", "v0.0.1")


def test_a_retired_release_is_refused_for_a_new_cluster_and_clusters_on_it_go_on(
    cluster: Cluster, two: TemplateRelease, call: Call, ann: Actor
) -> None:
    body = {"name": "late", "application": "shop", "environment": "test", "region": "local", "release": "v0.0.1"}
    assert call("patch", "templates/deployment/releases/v0.0.1", {"state": "retired"}).status_code == 200

    refused = call("post", "clusters", body)
    replicas(cluster, 3, ann)
    run = deploy(cluster, ann)

    assert (refused.status_code, refused.data["code"]) == (409, "retired")
    assert (run.state, cluster.release.version) == ("ok", "v0.0.1")
    assert call("post", "clusters", {**body, "release": "v0.0.2", "config": {"app": {"spec": {"replicas": 1}}}}).status_code == 201


def test_a_deprecated_release_is_given_only_to_who_asks_for_it(make_cluster: MakeCluster, two: TemplateRelease, call: Call) -> None:
    assert call("patch", "templates/deployment/releases/v0.0.1", {"state": "deprecated"}).status_code == 200

    asked = make_cluster("one", release=TemplateRelease.objects.get(version="v0.0.1"))
    silent = make_cluster("two")

    assert (asked.release.version, silent.release.version) == ("v0.0.1", "v0.0.2")


def test_the_clusters_of_a_release_are_those_that_one_may_see(cluster: Cluster, two: TemplateRelease, call: Call, ann: Actor) -> None:
    hidden = groups.create("hidden", parent=None, description="", private=True, actor=ann)
    secret_shop = create.application(create.NewApplication("secret-shop", hidden, two.template), actor=ann)
    create.cluster(create.NewCluster("secret-test", secret_shop, cluster.environment, cluster.region, release=cluster.release), actor=ann)
    bob = caller(tokens.create(get_user_model().objects.create_user("bob"), name="t", scope=Scope.READ)[1])

    path = f"templates/deployment/releases/{cluster.release.version}/clusters"
    mine, bobs = call("get", path), bob("get", path)

    assert [row["name"] for row in mine.data["items"]] == ["secret-test", "shop-test"]
    assert ([row["name"] for row in bobs.data["items"]], bobs.data["total"]) == (["shop-test"], 1)
    assert call("get", "templates/deployment/releases/v0.0.2/clusters").data["items"] == []
    assert call("get", "templates/deployment/releases/v9/clusters").status_code == 404
