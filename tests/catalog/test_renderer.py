"""Helm in processes of its own: right answers, and no chart that can do harm."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from horizon import helmyaml
from horizon.catalog import archive
from horizon.catalog.renderer import Renderer
from horizon.errors import Invalid, Unavailable
from tests.catalog.charts import ROOT, chart, config_map

GOOD = chart({"a.yaml": config_map("good", value="{{ .Values.value | quote }}")}, values=b"value: preset\n")


def render(renderer: Renderer, files: dict[str, bytes], *values: str) -> list[dict]:
    return renderer.render(files, values, name="demo", namespace="shop-1")


def refusal(renderer: Renderer, files: dict[str, bytes], *values: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        render(renderer, files, *values)
    return caught.value


def value(objects: list[dict]) -> str:
    return objects[0]["data"]["value"]


@pytest.fixture
def fragile():
    """A renderer of a test's own, to be broken."""
    own = Renderer(timeout=3, memory=2 * 1024**3, children=1)
    yield own
    own.close()


def test_a_chart_renders_with_its_defaults(renderer):
    assert value(render(renderer, GOOD)) == "preset"


def test_later_value_files_win_key_by_key(renderer):
    files = chart({"a.yaml": config_map("good", value="{{ toJson .Values.map | quote }}")})

    objects = render(renderer, files, "app: {map: {a: 1, b: {c: 1, d: 1}, list: [1, 2]}}", "app: {map: {b: {c: 2}, list: [3]}}", "")

    assert value(objects) == '{"a":1,"b":{"c":2,"d":1},"list":[3]}'


def test_a_null_takes_a_default_away(renderer):
    files = chart({"a.yaml": config_map("good", value='{{ hasKey .Values "gone" | quote }}')}, values=b"gone: 1\n")

    assert value(render(renderer, files, "app: {gone: null}")) == "false"


def test_values_are_read_as_helm_reads_them(renderer):
    assert renderer.read_values("a: 012\nb: y\nc: 28992e35\nd: 12:30:45") == {"a": 10, "b": True, "c": 2.8992e39, "d": "12:30:45"}


@pytest.mark.parametrize("text", ["- a", "a: [", "a: .nan", "a: \x01", "a: 1\0", "a: \ud800", "a: " + "[" * 9000 + "]" * 9000])
def test_what_is_no_map_of_plain_values_is_refused(renderer, text):
    with pytest.raises(Invalid) as caught:
        renderer.read_values(text)

    assert caught.value.code == "render_failed"


def test_a_bad_value_file_is_named_by_its_number(renderer):
    assert refusal(renderer, GOOD, "app: {}", "a: [").message.startswith("Value file 2: This is not valid YAML")


def test_objects_come_in_the_order_of_helm(renderer):
    pods = b"\n---\n".join(b"apiVersion: v1\nkind: Pod\nmetadata: {name: %b}" % name for name in (b"b", b"a"))
    templates = {"1.yaml": b"apiVersion: x/v1\nkind: Zoo\nmetadata: {name: z}", "2.yaml": pods, "3.yaml": config_map("c", a="b")}

    objects = render(renderer, chart(templates))

    assert [(one["kind"], one["metadata"]["name"]) for one in objects] == [("ConfigMap", "c"), ("Pod", "a"), ("Pod", "b"), ("Zoo", "z")]


def test_notes_and_empty_documents_are_no_objects(renderer):
    templates = {
        "NOTES.txt": b"Thank you: [",
        "empty.yaml": b"{{ if false }}x{{ end }}",
        "comment.yaml": b"---\n# nothing\n---\n\n",
        "a.yaml": config_map("a"),
    }

    assert len(render(renderer, chart(templates))) == 1


def test_custom_resource_definitions_of_a_chart_are_among_the_objects(renderer):
    definition = b"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: shops.example.com}\n"
    packed = archive.pack({"Chart.yaml": b"apiVersion: v2\nname: app\nversion: 1.0.0\n", "crds/shop.yaml": definition}, "app")

    objects = render(renderer, {**GOOD, "charts/app-1.0.0.tgz": packed})

    assert [one["kind"] for one in objects] == ["CustomResourceDefinition"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (b'{{ fail "no: not so" }}', "no: not so"),
        (b'{{ required "set an image" .Values.image }}', "set an image"),
        (b'{{ include "none" . }}', 'template: no template "none" associated with template "gotpl"'),
        (b"{{ .Values.a.b.c }}", "nil pointer evaluating interface {}.b"),
        (b"{{ .Values.a | nothing }}", 'function "nothing" not defined'),
        (b"{{ index .Values.a 3 }}", "error calling index: index of untyped nil"),
    ],
)
def test_the_message_is_the_last_clause_of_helms(renderer, template, message):
    error = refusal(renderer, chart({"a.yaml": template}))

    assert (error.code, error.message) == ("render_failed", message)
    assert message in error.details["helm"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (b"- a", "This YAML is no map"),
        (b"text", "This YAML is no map"),
        (b"a: [", "This is not valid YAML"),
        (b"kind: Pod\nmetadata: {name: a}", "an object has no apiVersion"),
        (b"apiVersion: v1\nmetadata: {name: a}", "an object has no kind"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: {generateName: a}", "an object has no metadata.name"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: a", "an object has no metadata.name"),
        (
            b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop-1}",
            "Pod a is rendered twice",
        ),
    ],
)
def test_output_that_is_no_object_is_refused_with_its_path(renderer, template, message):
    error = refusal(renderer, chart({"a.yaml": template}))

    assert error.code == "render_failed"
    assert error.message.startswith(f"demo/charts/app/templates/a.yaml: {message}")


def test_odd_output_is_taken_apart_as_the_stock_program_does(renderer, helm, tmp_path):
    odd = (
        b"# first\n---\n\n---  # a comment\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  pem: |\n    -----BEGIN\n    ---\n"
        b"  kept: |+\n    x\n\n\n"
        b"---\napiVersion: example.com/v1\nkind: Zoo\nmetadata: {name: z}\nspec: {mode: 0644, big: 1e6, is: off, twice: 1, twice: 2, half: .5}\n"
        b'---\n{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "annotations": {"helm.sh/hook": "test"}}}\n---\n'
    )
    files = chart({"odd.yaml": odd, "tests/t.yaml": config_map("t", value="{{ .Release.Namespace }}")})
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    command = [helm, "template", "demo", str(tmp_path), "--namespace", "shop-1", "--include-crds"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    stock = [one for one in yaml.load_all(printed, Loader=helmyaml.Loader) if one]
    named = {(one["kind"], one["metadata"]["name"]): one for one in render(renderer, files)}
    assert named == {(one["kind"], one["metadata"]["name"]): one for one in stock}


def test_a_dependency_that_is_not_there_is_refused(renderer):
    files = {"Chart.yaml": GOOD["Chart.yaml"]}

    assert refusal(renderer, files).message == "Chart.yaml depends on app 1.0.0, which is not in charts/."


def test_a_broken_archive_is_refused(renderer):
    assert refusal(renderer, {**GOOD, "charts/app-1.0.0.tgz": b"no archive"}).code == "render_failed"


def test_too_much_output_is_refused(renderer):
    files = chart({"a.yaml": b'{{ range until 200 }}# {{ repeat 40000 "x" }}\n{{ end }}'})

    assert "5 MiB" in refusal(renderer, files).message


def test_a_few_lines_that_unfold_to_too_much_are_refused(renderer):
    lines = [f"v{n}: &v{n} [{', '.join([f'*v{n - 1}'] * 9 if n else ['x' * 1000] * 9)}]" for n in range(5)]
    files = chart({"a.yaml": "\n".join(["apiVersion: v1\nkind: Pod\nmetadata: {name: a}", *lines]).encode()})

    assert refusal(renderer, files).code == "render_failed"


def test_a_condition_of_one_render_does_not_reach_the_next(renderer):
    files = chart({"a.yaml": config_map("a")}, extra=b"  condition: app.enabled\n")

    counts = [len(render(renderer, files, f"app: {{enabled: {enabled}}}")) for enabled in ("false", "true", "false", "true")]

    assert counts == [0, 1, 0, 1]


def test_an_endless_chart_is_stopped_and_the_next_render_works(fragile):
    fragile._timeout = 1
    endless = chart({"a.yaml": b"{{ range $a := until 10000 }}{{ range $b := until 10000 }}{{ if eq $a -1 }}x{{ end }}{{ end }}{{ end }}"})
    begin = time.monotonic()

    error = refusal(fragile, endless)

    assert error.code == "render_timeout"
    assert time.monotonic() - begin < 3
    fragile._timeout = 10
    assert value(render(fragile, GOOD)) == "preset"


def test_a_chart_that_calls_itself_is_contained_and_the_next_render_works():
    roomy = Renderer(timeout=30, children=1)
    endless = chart({"a.yaml": b"{{ tpl .Values.t . }}"}, values=b't: "{{ tpl .Values.t . }}"\n')

    error = refusal(roomy, endless)

    assert (error.code, error.message) == ("render_crashed", "The chart cannot be rendered: it calls itself without end.")
    assert value(render(roomy, GOOD)) == "preset"
    roomy.close()


def test_a_chart_that_eats_memory_is_contained_and_the_next_render_works(fragile):
    fragile._timeout = 30
    greedy = chart({"a.yaml": b"{{ range until 300000000 }}{{ . }}{{ end }}"})

    error = refusal(fragile, greedy)

    assert (error.code, error.message) == ("render_crashed", "The chart cannot be rendered: it needs too much memory.")
    assert value(render(fragile, GOOD)) == "preset"


def test_a_child_that_was_killed_in_between_is_replaced(fragile):
    render(fragile, GOOD)
    os.kill(fragile._children[0]._process.pid, signal.SIGKILL)
    fragile._children[0]._process.wait()

    assert value(render(fragile, GOOD)) == "preset"


def test_a_caller_that_is_interrupted_leaves_no_answer_behind(fragile, monkeypatch):
    render(fragile, GOOD, "app: {value: first}")

    def interrupted(pipe: int, deadline: float) -> dict:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("horizon.catalog.process._receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            render(fragile, GOOD, "app: {value: second}")

    assert value(render(fragile, GOOD, "app: {value: third}")) == "third"


def test_sixteen_threads_each_get_their_own_answer(renderer):
    def ask(number: int) -> bool:
        files = chart({"a.yaml": config_map("a", value=f'"{{{{ .Values.value }}}} of {number % 5}"')})
        return value(render(renderer, files, f"app: {{value: {number}}}")) == f"{number} of {number % 5}"

    with ThreadPoolExecutor(16) as pool:
        right = list(pool.map(ask, range(320)))

    assert all(right)


def test_a_caller_that_finds_no_free_child_is_told_so():
    busy = Renderer(timeout=0.1, children=1)
    held = busy._take()

    with pytest.raises(Unavailable) as caught:
        render(busy, GOOD)

    assert caught.value.code == "render_busy"
    busy._free.put(held)


def test_a_renderer_that_cannot_start_is_unavailable_and_says_why(fragile, monkeypatch):
    monkeypatch.setattr("horizon.catalog.process._ROOT", "/")
    monkeypatch.delenv("PYTHONPATH", raising=False)

    with pytest.raises(Unavailable, match="No module named"):
        render(fragile, GOOD)

    monkeypatch.undo()
    assert value(render(fragile, GOOD)) == "preset"


def test_an_archive_is_sent_to_a_child_once(fragile):
    render(fragile, GOOD)

    assert fragile._children[0]._news(dict.fromkeys(fragile._children[0]._held, b""))["new"] == {}


def test_a_child_does_not_keep_archives_without_end(fragile, monkeypatch):
    monkeypatch.setattr("horizon.catalog.process.MAX_HELD", 3000)

    answers = [value(render(fragile, chart({"a.yaml": config_map("a", value=f"v{number}", pad=os.urandom(400).hex())}))) for number in range(8)]

    assert answers == [f"v{number}" for number in range(8)]
    assert sum(fragile._children[0]._held.values()) < 3000


def test_a_child_is_replaced_after_its_lifetime(fragile, monkeypatch):
    monkeypatch.setattr("horizon.catalog.process.LIFETIME", 2)
    pids = []

    for _ in range(4):
        render(fragile, GOOD)
        pids.append(fragile._children[0]._process.pid)

    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_fork_uses_children_of_its_own(renderer):
    render(renderer, GOOD)
    parents = {child._process.pid for child in renderer._children if child._process}

    pid = os.fork()
    if pid == 0:
        right = value(render(renderer, GOOD)) == "preset"
        own = {child._process.pid for child in renderer._children if child._process}
        renderer.close()
        os._exit(0 if right and not own & parents else 1)
    _, status = os.waitpid(pid, 0)

    assert status == 0
    assert value(render(renderer, GOOD)) == "preset"


def test_no_child_outlives_its_parent_even_in_the_middle_of_a_render():
    script = (
        "import os, threading, time\n"
        "from horizon.catalog.renderer import Renderer\n"
        "from tests.catalog.charts import chart\n"
        "renderer = Renderer(timeout=60, children=1)\n"
        "renderer.versions()\n"
        "slow = chart({'a.yaml': b'{{ range $a := until 10000 }}{{ range $b := until 10000 }}{{ end }}{{ end }}'})\n"
        "threading.Thread(target=lambda: renderer.render(slow, [], name='a', namespace='b'), daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "print(renderer._children[0]._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )

    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert gone_within(int(printed), 5)


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_helm_is_never_loaded_into_the_parent():
    script = (
        "import sys\n"
        "from horizon.catalog import index, release, renderer, schema\n"
        "renderer.Renderer(children=1).versions()\n"
        "sys.exit('helm_python' in sys.modules)\n"
    )

    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_a_child_sees_nothing_of_the_parents_environment(fragile, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "not for charts")

    render(fragile, GOOD)

    with open(f"/proc/{fragile._children[0]._process.pid}/environ") as file:
        assert "DATABASE_URL" not in file.read()


def test_a_closed_renderer_leaves_no_process(fragile):
    render(fragile, GOOD)
    pid = fragile._children[0]._process.pid

    fragile.close()

    assert gone_within(pid, 0.1)


def test_closing_waits_for_a_render_that_is_under_way(fragile):
    answers = []
    slow = chart({"a.yaml": b"{{ range until 100000 }}{{ end }}" + config_map("a", value="done")})
    thread = threading.Thread(target=lambda: answers.append(value(render(fragile, slow))))
    render(fragile, GOOD)

    thread.start()
    time.sleep(0.02)
    fragile.close()
    thread.join()

    assert answers == ["done"]


def test_the_versions_that_charts_see_are_known(renderer):
    assert set(renderer.versions()) == {"helm", "kubernetes"}
    assert all(version.startswith("v") for version in renderer.versions().values())
