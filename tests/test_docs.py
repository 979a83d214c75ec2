"""The documentation is true: its tree, routes, settings and examples are those of the code."""

import ast
import json
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver

from horizon.access import links, tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.api import errors as api_errors
from horizon.api import urls
from horizon.delivery.models import FINAL, Pipelinerun
from horizon.inventory.models import Cluster, Environment, Region, TemplateRelease
from tests.catalog.charts import documented
from tests.fixtures import MakeCluster, carry, deploy
from tests.services.git_server import serving

ROOT = Path(__file__).resolve().parents[1]
README, CI, API, ARCHITECTURE = (ROOT / name for name in ("README.md", "docs/ci.md", "docs/api.md", "docs/architecture.md"))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_ENVIRONMENT = re.compile(r"\$\{\{ *([\w.]+) *\}\}|\$\{?(\w+)\}?")


def blocks(text: str, language: str) -> list[str]:
    return [body for found, body in _FENCE.findall(text) if found == language]


def section(text: str, heading: str) -> str:
    return text.split(f"\n{heading}\n")[1].split("\n## ")[0]


# -- the tree


def documented_tree() -> list[str]:
    folder, found = "", []
    for line in blocks(section(ARCHITECTURE.read_text(), "## The tree"), "")[0].splitlines():
        if not line.startswith(" "):
            folder = line.strip()
            continue
        name, meaning = line.split(maxsplit=1)
        assert meaning
        found.append(folder + name)
    return found


def test_every_file_is_in_the_tree_once() -> None:
    written = documented_tree()

    code = [path for path in (ROOT / "horizon").rglob("*.py") if path.name != "__init__.py" and "migrations" not in path.parts]

    assert sorted(written) == sorted(path.relative_to(ROOT).as_posix() for path in code)


@pytest.mark.parametrize("path", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = _LINK.findall(path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []


# -- settings


@dataclass(frozen=True)
class Setting:
    """A variable that the settings read, with its default where that is a plain value."""

    name: str
    default: object


def settings_read() -> Iterator[Setting]:
    for node in ast.walk(ast.parse((ROOT / "horizon" / "settings.py").read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            continue
        if node.func.value.id == "env":
            default = next((item.value for item in node.keywords if item.arg == "default"), None)
            assert isinstance(node.args[0], ast.Constant)
            yield Setting(str(node.args[0].value), default.value if isinstance(default, ast.Constant) else None)


def documented_settings() -> dict[str, str]:
    rows = [[cell.strip() for cell in row.split("|")] for row in section(README.read_text(), "## Settings").splitlines() if row.startswith("| `")]
    pairs = [(re.findall(r"`(\w+)`", row[1]), row[2].split(", ")) for row in rows]
    return {name: defaults[place] if len(names) > 1 else ", ".join(defaults) for names, defaults in pairs for place, name in enumerate(names)}


def cell(default: object) -> str:
    """A default as the table writes it."""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_readme_lists_the_settings_and_no_others() -> None:
    read = {setting.name for setting in settings_read()}

    assert documented_settings().keys() == read


def test_readme_has_the_defaults_of_the_settings() -> None:
    written = documented_settings()

    plain = {item.name: cell(item.default) for item in settings_read() if item.default not in (None, "")}

    assert {name: written[name] for name in plain} == plain


def test_first_two_commands_of_the_readme_run_and_test() -> None:
    commands = re.findall(r"^make (\w+)", README.read_text(), re.MULTILINE)

    assert commands[:2] == ["run", "test"]


# -- routes and codes


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for item in patterns:
        address = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, address)
            continue
        view = getattr(item.callback, "view_class", None)
        methods = [name for name in ("get", "put", "post", "patch", "delete") if hasattr(view, name)] if view else ["get"]
        yield from ((method.upper(), re.sub(r"<\w+:(\w+)>", r"{\1}", address)) for method in methods)


def documented_routes() -> list[tuple[str, str]]:
    return re.findall(r"^### `([A-Z]+) (/\S+)`$", API.read_text(), re.MULTILINE)


def test_every_route_is_documented_and_no_other() -> None:
    written = documented_routes()

    assert sorted(written) == sorted(routes(urls.urlpatterns))


def test_statuses_of_errors_are_documented() -> None:
    written = {int(number) for row in re.findall(r"^\| ([\d, ]+) \|", API.read_text(), re.MULTILINE) for number in row.split(", ")}

    assert written >= set(api_errors.STATUS.values())


def test_documented_codes_are_in_the_code() -> None:
    table = API.read_text().split("\n## ")[0]
    written = {code for row in re.findall(r"^\| [\d, ]+ \|.*$", table, re.MULTILINE) for code in re.findall(r"`([a-z_]+)`", row.rsplit("|", 2)[1])}

    source = "\n".join(path.read_text() for path in (ROOT / "horizon").rglob("*.py"))
    framework = {"not_authenticated", "authentication_failed", "method_not_allowed", "not_acceptable", "unsupported_media_type", "throttled"}

    assert {code for code in written - framework if f'"{code}"' not in source} == set()


def test_codes_of_answers_are_documented() -> None:
    rooms = [path for room in ("api", "access", "inventory", "delivery") for path in (ROOT / "horizon" / room).glob("*.py")]
    raised = {code for path in [*rooms, ROOT / "horizon" / "helmyaml.py"] for code in re.findall(r'code="([a-z_]+)"', path.read_text())}

    written = set(re.findall(r"`([a-z_]+)`", "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))))

    assert raised - ENDS_OF_RUNS <= written


ENDS_OF_RUNS = {"time_limit"}
"""Codes that no answer carries: they end a run, which shows the sentence."""


# -- examples


@dataclass
class Caller:
    """Speaks to the API as a program outside does: over HTTP, by a token."""

    client: Client
    token: str

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        given = {"authorization": f"Bearer {self.token}", **headers}
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, path, data, content_type="application/json", headers=given)


@pytest.fixture
def caller(ann: Actor, client: Client) -> Caller:
    return Caller(client, tokens.create(ann.user, name="docs", scope=Scope.WRITE)[1])


def api_examples() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for part in API.read_text().split("\n### `")[1:]:
        method, path = part.split("`", 1)[0].split(" ")
        found += [(method, path, json.loads(body)) for body in blocks(part, "json")]
    return found


def test_routes_that_take_a_body_have_an_example() -> None:
    bare = ("/again", "/cancel", "/favourite", "/git-upload-pack", "/reset", "/restore", "/purge", "/records")

    lacking = [route for route in documented_routes() if route[0] in ("POST", "PUT", "PATCH") and not route[1].endswith(bare)]

    assert set(lacking) == {(method, path) for method, path, _ in api_examples()}


def test_examples_of_the_api_are_accepted_in_their_order(caller: Caller, deployment: TemplateRelease) -> None:
    Environment.objects.create(name="test")
    Region.objects.create(name="local")

    statuses = [(method, path, sent_as_documented(caller, method, path, body)) for method, path, body in api_examples()]

    assert [answer for answer in statuses if answer[2] not in (200, 201, 202, 204)] == []


def sent_as_documented(caller: Caller, method: str, path: str, body: dict[str, Any]) -> int:
    kind = path.split("/")[3]
    address = path.replace("{name}", NAMES.get(kind, "")).replace("{path}", "payments").replace("{version}", "v0.0.1")
    if path == "/api/v1/templates":
        return fetched_as_documented(caller, path, body)
    if kind in ("session", "links", "me"):
        return signed_in_as_documented(path, body)
    if path.endswith("/discard"):
        release(caller, {"app": {"spec": {"replicas": 5}}})
        edit(caller, {"app": {"spec": {"replicas": 6}}})
    if path.endswith("/promote"):
        runs_elsewhere(caller)
    if body.get("action") == "rollback":
        release(caller, {"app": {"port": 9000}})
    seen = caller.send("GET", address).get("ETag") if method == "PUT" else None
    headers = {"if-match": seen} if seen else {}
    answer = caller.send(method, address, body, **headers)
    for cluster in Cluster.objects.filter(ready=True):
        carry(cluster)
    assert failed_runs() == []
    return int(answer.status_code)


NAMES = {
    "applications": "checkout",
    "clusters": "checkout-test",
    "members": "carol",
    "people": "carol",
    "robots": "payments-ci",
    "templates": "deployment",
    "environments": "staging",
    "regions": "north",
}


def signed_in_as_documented(path: str, body: dict[str, Any]) -> int:
    """What a person without a token does: sign in, follow a link, change the password."""
    client, password = Client(), "correct horse battery"
    bob, made = get_user_model().objects.get_or_create(username="bob")
    if made:
        bob.set_password(password)
        bob.save()
    secret = links.issue(bob, actor=Actor(bob)).secret
    if path.endswith("/password"):
        client.login(username="bob", password=password)
    send = client.put if path.endswith("/password") else client.post
    return int(send(path.replace("{secret}", secret), body, content_type="application/json").status_code)


def fetched_as_documented(caller: Caller, path: str, body: dict[str, Any]) -> int:
    """The same call to a server that is there."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, override_settings(HORIZON_TEMPLATE_SOURCES=[server.url]):
        url = server.publish({f"{body['path']}/{file}": content for file, content in documented().items()}, tag=body["tag"])
        return int(caller.send("POST", path, {**body, "url": url}).status_code)


def edit(caller: Caller, patch: dict[str, Any], *, cluster: str = "checkout-test") -> None:
    assert caller.send("PATCH", f"/api/v1/clusters/{cluster}/config", patch).status_code == 200


def runs_elsewhere(caller: Caller) -> None:
    body = {"name": "checkout-dev", "application": "checkout", "environment": "test", "region": "local", "image": "checkout:v7"}
    assert caller.send("POST", "/api/v1/clusters", body).status_code == 201
    release(caller, {"app": {"port": 9001}}, cluster="checkout-dev")


def release(caller: Caller, patch: dict[str, Any], *, cluster: str = "checkout-test") -> None:
    edit(caller, patch, cluster=cluster)
    assert caller.send("POST", f"/api/v1/clusters/{cluster}/pipelineruns", {"action": "deploy"}).status_code == 202
    carry(Cluster.objects.get(name=cluster))


def failed_runs() -> list[str]:
    return [run.message for run in Pipelinerun.objects.exclude(state="ok").filter(state__in=FINAL)]


@pytest.mark.parametrize("path", ["", "/config", "/pipeline", "/diff", "/output", "/status", "/resources", "/history", "/pipelineruns"])
def test_documented_reads_of_a_cluster_answer(caller: Caller, deployed: Cluster, path: str) -> None:
    answer = caller.send("GET", f"/api/v1/clusters/{deployed.name}{path}")

    words = set(re.findall(r"`(\w+)`", described("GET", f"/api/v1/clusters/{{name}}{path}")))

    assert answer.status_code == 200
    assert {word for word in words & ANSWERED if word not in answer.content.decode()} == set()


ANSWERED = {
    *("config", "revision", "shadowed", "base", "source", "files", "keys", "objects", "errors", "output", "sync", "health", "behind", "drift"),
    *("notices", "running", "observed_at", "age_seconds", "gitops", "master", "pending", "repository"),
}


def described(method: str, path: str) -> str:
    return API.read_text().split(f"### `{method} {path}`")[1].split("\n#")[0]


# -- curl


@dataclass(frozen=True)
class Curl:
    """One call as the documentation writes it, once the shell has read it."""

    method: str
    url: str
    headers: Mapping[str, str]
    data: str | None


def shell_texts(path: Path) -> Iterator[str]:
    yield from blocks(path.read_text(), "sh")
    for text in blocks(path.read_text(), "yaml"):
        yield from steps(yaml.safe_load(text))


def steps(data: Any) -> Iterator[str]:
    """The commands of a pipeline's file."""
    for key, value in data.items() if isinstance(data, dict) else ((None, item) for item in data):
        if key == "run" and isinstance(value, str):
            yield value
        elif key == "script":
            yield from value
        elif isinstance(value, dict | list):
            yield from steps(value)


def curls(path: Path) -> list[Curl]:
    lines = [line.strip() for text in shell_texts(path) for line in text.replace("\\\n", " ").splitlines()]
    return [read_curl(line) for line in lines if line.startswith("curl ")]


def read_curl(line: str) -> Curl:
    words = shlex.split(re.split(r" (?:\|\||>|\|) ?", line)[0])
    headers, data, url, method = {}, None, "", ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name.lower()] = value
        elif word == "-d":
            data = next(rest)
        elif word == "-X":
            method = next(rest)
        elif word in ("-o", "--retry"):
            next(rest)
        elif not word.startswith("-"):
            url = word
    return Curl(method or ("POST" if data else "GET"), url, headers, data)


def test_both_pipelines_call_the_script() -> None:
    texts = list(shell_texts(CI))

    assert sum("./deploy.sh checkout-test" in text for text in texts) == 2


@pytest.mark.parametrize(("path", "count"), [(README, 5), (CI, 7)], ids=["README.md", "ci.md"])
def test_curl_lines_are_accepted(path: Path, count: int, caller: Caller, make_cluster: MakeCluster, ann: Actor) -> None:
    cluster = make_cluster("hello-local" if path == README else "checkout-test")
    deploy(cluster, ann)
    given = {"HORIZON_URL": "", "HORIZON_TOKEN": caller.token, "BUILD_ID": "41", "1": cluster.name, "2": "registry.example.com/a:v1", "3": "43"}
    given |= {"IMAGE": "registry.example.com/a:v2", "GIT_URL": "https://git.example.com/a.git", "COMMIT": "28992e35", "BRANCH": "main"}

    answers = [answered(caller, cluster, curl, given) for curl in curls(path)]

    assert len(answers) == count
    assert [answer for answer in answers if answer[1] not in (200, 201, 202)] == []
    assert failed_runs() == []


def answered(caller: Caller, cluster: Cluster, curl: Curl, given: dict[str, str]) -> tuple[str, int]:
    last = str(Pipelinerun.objects.filter(cluster=cluster).values_list("pk", flat=True).first())
    given = {**given, "RUN": last, "run": last}
    headers = {name: expanded(value, given) for name, value in curl.headers.items() if name != "content-type"}
    url, data = expanded(curl.url, given), expanded(curl.data or "", given)
    answer = caller.client.generic(curl.method, url, data.encode(), content_type="application/json", headers=headers)
    carry(cluster)
    return f"{curl.method} {url} {answer.content.decode()[:300]}", answer.status_code


def expanded(text: str, given: Mapping[str, str]) -> str:
    """The text with its variables filled in; one that the documentation does not explain is a KeyError."""
    return _ENVIRONMENT.sub(lambda found: given[found[1] or found[2]], text)
