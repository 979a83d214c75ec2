"""A release: the same everywhere, and nothing in it that could harm."""

import gzip
import json
import os
import subprocess
import tarfile

import pytest

from horizon.catalog import archive, release
from horizon.errors import Invalid
from tests.catalog.charts import TEMPLATES, tgz

CHART = b"apiVersion: v2\nname: shop\nversion: v0.0.1\n"


def refusal(call, *arguments) -> Invalid:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return caught.value


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


def test_two_loads_give_the_same_bytes(folder):
    path = folder()

    first = release.load_folder(path)
    for file in path.rglob("*"):
        os.utime(file, (1, 1))

    assert release.load_folder(path) == first


def test_the_archive_gives_the_release_it_was_made_from(folder):
    made = release.load_folder(folder())

    read = release.load_archive(made.archive)

    assert read == made


def test_the_version_of_the_chart_ends_in_its_digest(folder):
    made = release.load_folder(folder())

    inner = archive.unpack(made.archive)["Chart.yaml"].decode()

    assert made.version == "v0.0.1"
    assert made.chart_version == f"v0.0.1-{made.digest[:8]}"
    assert f"version: {made.chart_version}\n" in inner


def test_the_rest_of_a_release_is_read_from_its_files(folder):
    made = release.load_folder(
        folder({"schema/application.ui.schema.json": b'{"ui:order": ["a"]}', "schema/output.schema.json": b'{"required": ["image"]}'})
    )

    assert (made.name, made.description, made.readme, made.values) == ("shop", "A shop", "# Shop\n", {"size": 1})
    assert (made.schema, made.ui_schema) == ({"type": "object"}, {"ui:order": ["a"]})
    assert (made.pipeline_schema, made.output_schema) == (None, {"required": ["image"]})


@pytest.mark.parametrize("changed", [{"values.yaml": b"size: 2\n"}, {"README.md": b"# shop\n"}, {"templates/more.yaml": b""}])
def test_any_other_content_is_another_digest(folder, changed):
    before = release.load_folder(folder())

    after = release.load_folder(folder(changed))

    assert after.digest != before.digest
    assert after.chart_version != before.chart_version


def test_another_version_of_the_same_files_is_another_digest(folder):
    before = release.load_folder(folder())

    after = release.load_folder(folder(version="v0.0.2"))

    assert after.digest != before.digest


def test_a_version_that_only_looks_like_ours_is_the_authors(folder):
    made = release.load_folder(folder(version="1.0.0-ec06d596"))

    assert made.version == "1.0.0-ec06d596"
    assert release.load_archive(made.archive) == made


def test_hidden_files_do_not_belong_to_a_release(folder):
    before = release.load_folder(folder())

    after = release.load_folder(folder({".git/HEAD": b"x", ".DS_Store": b"x"}))

    assert after == before


@pytest.mark.parametrize(
    ("digest", "version"),
    [("ec06d596" + "0" * 56, "v0.0.1-ec06d596"), ("0123456789a" + "0" * 53, "v0.0.1-0123456789a"), ("12345678" + "0" * 56, "v0.0.1-12345678")],
)
def test_a_chart_version_is_always_a_legal_one(digest, version):
    assert release._chart_version("v0.0.1", digest) == version


def test_stock_helm_accepts_the_archive(helm, tmp_path):
    made = release.load_folder(TEMPLATES / "deployment")
    path = tmp_path / "chart.tgz"
    path.write_bytes(made.archive)

    shown = subprocess.run([helm, "show", "chart", path], capture_output=True, text=True, check=True)

    assert f"version: {made.chart_version}" in shown.stdout


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"Chart.yaml": None}, "chart_missing"),
        ({"schema/application.schema.json": None}, "schema_missing"),
        ({"schema/application.schema.json": b"{"}, "schema"),
        ({"schema/application.schema.json": b'{"minimum": NaN}'}, "schema"),
        ({"schema/application.schema.json": b"[" * 100_000}, "schema"),
        ({"schema/application.schema.json": b'{"default": 1e999}'}, "schema"),
        ({"schema/application.ui.schema.json": b'{"title": "\\ud800"}'}, "schema"),
        ({"schema/application.schema.json": b"[]"}, "schema"),
        ({"schema/application.schema.json": b'{"type": "strin"}'}, "schema"),
        ({"schema/output.schema.json": b'{"type": "strin"}'}, "schema"),
        ({"schema/application.schema.json": b'{"$ref": "https://example.com/s.json"}'}, "schema_reference"),
        ({"schema/application.schema.json": b'{"properties": {"a": {"pattern": "("}}}'}, "schema_pattern"),
        ({"schema/application.schema.json": b'{"properties": {"a": {"format": "password"}}}'}, "schema_secret"),
        ({"schema/application.schema.json": b'{"properties": {"a": {"items": {"format": "secret"}}}}'}, "schema_secret"),
        ({"schema/application.schema.json": b'{"if": true, "then": {"properties": {"a": {"writeOnly": true}}}}'}, "schema_secret"),
        ({"schema/application.schema.json": b'{"$ref": "#/kept/elsewhere", "kept": {"elsewhere": {"x-secret": true}}}'}, "schema_secret"),
        ({"schema/pipeline.schema.json": b'{"properties": {"a": {"x-secret": true}}}'}, "schema_secret"),
        ({"Chart.yaml": b"apiVersion: v2\nname: Shop\nversion: v0.0.1\n"}, "chart_name"),
        ({"Chart.yaml": b"apiVersion: v2\nname: global\nversion: v0.0.1\n"}, "chart_name"),
        ({"Chart.yaml": b"apiVersion: v2\nname: ../shop\nversion: v0.0.1\n"}, "chart_name"),
        ({"Chart.yaml": b"apiVersion: v2\nname: shop\n"}, "chart_version"),
        ({"Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.0\n"}, "chart_version"),
        ({"Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 01.0.0\n"}, "chart_version"),
        ({"Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.0.0+build\n"}, "chart_version"),
        ({"Chart.yaml": b"{apiVersion: v2, name: shop, version: 1.0.0}\n"}, "chart_version"),
        ({"Chart.yaml": b"apiVersion: v1\nname: shop\nversion: 1.0.0\n"}, "chart_type"),
        ({"Chart.yaml": CHART + b"type: library\n"}, "chart_type"),
        ({"Chart.yaml": CHART + b"dependencies:\n- name: common\n  version: 1.0.0\n"}, "chart_dependency"),
        ({"Chart.yaml": b"- a\n"}, "chart_format"),
        ({"Chart.yaml": CHART + b'description: "a\\0b"\n'}, "chart_format"),
        ({"Chart.yaml": b"a: [\n"}, "chart_format"),
        ({"Chart.yaml": b"\xff"}, "chart_format"),
        ({"values.yaml": b"- a\n"}, "chart_format"),
        ({"large": b"x" * (archive.MAX_UNPACKED + 1)}, "archive_size"),
        ({f"many/{number}": b"" for number in range(archive.MAX_FILES)}, "archive_size"),
    ],
)
def test_a_folder_that_is_no_template_is_refused(folder, files, code):
    path = folder(files)

    assert refusal(release.load_folder, path).code == code


def test_a_link_in_a_folder_is_refused(folder):
    path = folder()
    (path / "templates" / "link.yaml").symlink_to("/etc/passwd")

    assert refusal(release.load_folder, path).code == "archive_link"


def test_a_linked_subfolder_is_refused(folder):
    path = folder()
    (path / "more").symlink_to("/etc")

    assert refusal(release.load_folder, path).code == "archive_link"


def test_a_special_file_in_a_folder_is_refused_without_waiting_for_it(folder):
    path = folder()
    os.mkfifo(path / "pipe")

    assert refusal(release.load_folder, path).code == "archive_link"


@pytest.mark.parametrize("name", ["../x", "shop/../x", "/shop/x", "shop//x", "shop/./x", "shop/a\\b", "shop/a\nb", "C:/x", "shop/..", "shop"])
def test_a_path_that_leads_out_is_refused(name):
    data = tgz(("shop/Chart.yaml", CHART), (name, b"x"))

    assert refusal(release.load_archive, data).code == "archive_path"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE])
def test_a_member_that_is_no_plain_file_is_refused(kind):
    data = tgz(("shop/Chart.yaml", CHART), link("shop/x", kind))

    assert refusal(release.load_archive, data).code in ("archive_link", "archive_format")


def test_a_path_given_twice_is_refused():
    data = tgz(("shop/Chart.yaml", CHART), ("shop/Chart.yaml", CHART))

    assert refusal(release.load_archive, data).code == "archive_path"


def test_a_second_top_folder_is_refused():
    data = tgz(("shop/Chart.yaml", CHART), ("other/values.yaml", b""))

    assert refusal(release.load_archive, data).code == "archive_format"


def test_a_gzip_bomb_is_refused_before_it_unfolds():
    data = gzip.compress(b"\0" * (archive.MAX_STREAM + 1))

    assert refusal(release.load_archive, data).code == "archive_size"


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"PK" + data, lambda data: b"", lambda data: gzip.compress(b"no tar" * 200)]
)
def test_a_damaged_archive_is_refused(folder, damage):
    made = release.load_folder(folder())

    assert refusal(release.load_archive, damage(made.archive)).code == "archive_format"


def test_an_archive_made_by_tar_is_accepted(folder, tmp_path):
    path = folder()

    subprocess.run(["tar", "czf", tmp_path / "by-tar.tgz", "-C", path.parent, f"./{path.name}"], check=True)

    assert release.load_archive((tmp_path / "by-tar.tgz").read_bytes()) == release.load_folder(path)


def test_the_bundled_template_passes_the_check(renderer):
    made = release.load_folder(TEMPLATES / "deployment")

    release.check(made, renderer)


@pytest.mark.parametrize(
    "expression",
    [
        "randAlphaNum 8",
        "uuidv4",
        'now | date "2006"',
        "now | unixEpoch",
        '(genSelfSignedCert "a" nil nil 1).Cert | b64enc',
        'tpl "{{ randAscii 9 | b64enc }}" .',
    ],
)
def test_a_chart_that_renders_differently_is_refused(folder, renderer, expression):
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata:\n  value: {{{{ {expression} | quote }}}}\n"
    made = release.load_folder(folder({"templates/map.yaml": template.encode()}))

    error = refusal(release.check, made, renderer)

    assert error.code == "release_varies"
    assert "ConfigMap shop" in error.message


def test_a_chart_that_only_speaks_of_now_is_accepted(folder, renderer):
    template = b'{{/* now */}}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: now}\ndata:\n  now: {{ "right now" | quote }}\n'
    made = release.load_folder(folder({"templates/map.yaml": template}))

    release.check(made, renderer)


def test_a_chart_that_needs_more_than_its_defaults_is_refused(folder, renderer):
    made = release.load_folder(folder({"templates/map.yaml": b'{{ required "set an image" .Values.image }}'}))

    error = refusal(release.check, made, renderer)

    assert (error.code, error.message) == ("render_failed", "set an image")


@pytest.mark.parametrize("expression", ['shuffle "ab"', "randInt 0 2", "randNumeric 1", 'ago (toDate "2006" "2005")', 'tpl "{{ randInt 0 2 }}" .'])
def test_chance_is_refused_even_where_luck_makes_renders_alike(folder, renderer, expression):
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata:\n  value: {{{{ {expression} | quote }}}}\n"
    made = release.load_folder(folder({"templates/map.yaml": template.encode()}))

    assert {refusal(release.check, made, renderer).code for _ in range(3)} == {"release_varies"}


@pytest.mark.parametrize("text", ['"{{ now | date \\"2006\\" }}"', '`{{ now | date "2006" }}`', '"{{ now | date `2006` }}"', ".Values.text"])
def test_a_clock_inside_a_quoted_template_is_refused(folder, renderer, text):
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata:\n  value: {{{{ tpl {text} . | quote }}}}\n"
    values = b"text: '{{ now | date \"2006\" }}'\n"
    made = release.load_folder(folder({"templates/map.yaml": template.encode(), "values.yaml": values}))

    assert refusal(release.check, made, renderer).code == "release_varies"


@pytest.mark.parametrize("expression", ['"{{ randInt }}"', "`now`", ".Values.now", '"a \\"now\\" b"'])
def test_words_of_chance_in_plain_text_are_accepted(folder, renderer, expression):
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata:\n  value: {{{{ {expression} | quote }}}}\n"
    made = release.load_folder(folder({"templates/map.yaml": template.encode(), "values.yaml": b"now: later\n"}))

    assert [found["metadata"]["name"] for found in release.check(made, renderer)] == ["shop"]


def outward(reference: str) -> bytes:
    return json.dumps({"properties": {"size": {"$ref": reference}}}).encode()


@pytest.mark.parametrize("reference", ["http://127.0.0.1:1/x", "file:///etc/passwd", "other.json"])
def test_a_schema_of_values_that_helm_would_fetch_is_refused(folder, reference):
    path = folder({"values.schema.json": outward(reference)})

    assert refusal(release.load_folder, path).code == "schema_reference"


def test_a_dialect_that_helm_would_fetch_is_refused(folder):
    path = folder({"values.schema.json": b'{"$schema": "http://127.0.0.1:1/x"}'})

    assert refusal(release.load_folder, path).code == "schema_reference"


def test_a_schema_of_values_that_stays_in_its_file_is_accepted(folder, renderer):
    schema = (
        b'{"$schema": "http://json-schema.org/draft-07/schema#", "$defs": {"a": {"type": "integer"}}, "properties": {"size": {"$ref": "#/$defs/a"}}}'
    )
    made = release.load_folder(folder({"values.schema.json": schema}))

    assert len(release.check(made, renderer)) == 1


def nested(files: dict[str, bytes]) -> bytes:
    return archive.pack({"Chart.yaml": b"apiVersion: v2\nname: inner\nversion: 1.0.0\n", **files}, "inner")


def test_a_schema_of_values_in_a_packed_chart_is_refused_as_well(folder):
    deeper = nested({"charts/inner-1.0.0.tgz": nested({"values.schema.json": outward("http://127.0.0.1:1/x")})})

    error = refusal(release.load_folder, folder({"charts/inner-1.0.0.tgz": deeper}))

    assert (error.code, error.details["file"]) == ("schema_reference", "charts/inner-1.0.0.tgz/charts/inner-1.0.0.tgz/values.schema.json")


def test_packed_charts_that_are_large_together_are_refused(folder):
    large = nested({"large": b"\0" * (archive.MAX_UNPACKED // 2)})

    error = refusal(release.load_folder, folder({f"charts/inner-1.0.{number}.tgz": large for number in range(3)}))

    assert error.code == "archive_size"


def test_refusals_name_every_file_that_is_wrong(folder):
    path = folder({"Chart.yaml": b"a: [\n", "values.yaml": b"- a\n", "schema/output.schema.json": b"{", "schema/application.schema.json": None})

    found = release.refusals(archive.read_folder(path))

    codes = {file: error.code for file, error in found.items()}
    assert codes == {
        "Chart.yaml": "chart_format",
        "values.yaml": "chart_format",
        "schema/output.schema.json": "schema",
        "schema/application.schema.json": "schema_missing",
    }


def test_a_folder_that_cannot_be_read_is_refused(folder, monkeypatch):
    path = folder()
    monkeypatch.setattr(archive.os, "open", denied)

    error = refusal(release.load_folder, path)

    assert (error.code, error.message) == ("archive_format", "template cannot be read: Permission denied.")


def denied(*arguments: object) -> int:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("version", "than"),
    [
        ("v1.10.0", "v1.9.9"),
        ("2.0.0", "v1.0.0"),
        ("v1.0.0", "v1.0.0-rc.1"),
        ("v1.0.0-rc.10", "v1.0.0-rc.9"),
        ("v1.0.0-rc.1.a", "v1.0.0-rc.1"),
        ("v1.0.0-a", "v1.0.0-9"),
    ],
)
def test_versions_have_an_order(version, than):
    assert release.newer(version, than)
    assert not release.newer(than, version)
    assert not release.newer(version, version)


# -- charts by their names


@pytest.mark.parametrize(
    ("name", "version", "chart_version"),
    [
        ("shop", "v1.0.0", "v1.0.0-ec06d596"),
        ("shop-2", "1.0.0-rc.1", "1.0.0-rc.1-ec06d596"),
        ("a-1", "1.0.0-b-c.d-e", "1.0.0-b-c.d-e-0123456789"),
        ("shop-v1", "v0.0.1--", "v0.0.1---ec06d596"),
    ],
)
def test_an_archives_name_is_parted_in_the_one_way_that_there_is(name: str, version: str, chart_version: str) -> None:
    assert release.in_archive(f"{name}-{chart_version}") == (name, version, chart_version)
