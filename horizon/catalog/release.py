"""A release: one immutable version of a template, which is a Helm chart with the schemas that draw and check its form.

The same files give the same release everywhere: its digest is of paths and contents, and the version that a cluster depends on ends in that digest.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from horizon import helmyaml
from horizon.catalog import archive, clock, fetching, schema
from horizon.errors import Invalid

CHART, VALUES, README = "Chart.yaml", "values.yaml", "README.md"
SCHEMA, UI_SCHEMA = "schema/application.schema.json", "schema/application.ui.schema.json"
PIPELINE_SCHEMA, OUTPUT_SCHEMA = "schema/pipeline.schema.json", "schema/output.schema.json"
SUFFIX = 8
"""Hex digits of the digest that a chart's version carries, where that many make a legal version."""

_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?")
_RESERVED = frozenset(("global", "tags"))
"""Names that mean something else to Helm at the top of an umbrella chart's values."""
_NUMBER, _IDENTIFIER = r"(?:0|[1-9][0-9]*)", r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?")
_MAX_VERSION = 40
_DIGESTED = re.compile(r"(?P<version>.+)-(?P<suffix>[0-9a-f]{8,64})")
_PLACE = re.compile(r"preview/charts/[^/\s]+/(?P<place>[^\s:]+(?::[0-9]+)*)")
_VERSION_LINE = re.compile(r"^version[ \t]*:.*$", re.MULTILINE)


class Renders(Protocol):
    """What `check` needs of a renderer."""

    def render(self, chart: Mapping[str, bytes], values: list[str], *, name: str, namespace: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Release:
    """What the platform knows of one version of a template, and the archive that every cluster's repository carries."""

    name: str
    version: str
    chart_version: str
    digest: str
    archive: bytes
    description: str
    readme: str
    schema: dict[str, Any]
    ui_schema: dict[str, Any]
    pipeline_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    values: dict[str, Any]


def load_folder(path: Path) -> Release:
    """Read a template's folder (DESIGN.md section 6); hidden files do not belong to it. Raises `Invalid`."""
    return load(archive.read_folder(path))


def load_archive(data: bytes) -> Release:
    """Read a packaged chart; `load_archive(release.archive)` gives an equal release. Raises `Invalid`."""
    return load(archive.unpack(data))


def load(files: Mapping[str, bytes]) -> Release:
    """Read a template's files by path. Raises `Invalid`."""
    read = {path: part(files) for path, part in _parts(files).items()}
    chart, version, digest = read[CHART]
    chart_version = _chart_version(version, digest)
    packed = {**files, CHART: _with_version(files[CHART], chart_version)}
    return Release(
        name=chart["name"],
        version=version,
        chart_version=chart_version,
        digest=digest,
        archive=archive.pack(packed, chart["name"]),
        description=str(chart.get("description") or ""),
        readme=files.get(README, b"").decode(errors="replace"),
        schema=read[SCHEMA],
        ui_schema=read.get(UI_SCHEMA, {}),
        pipeline_schema=read.get(PIPELINE_SCHEMA),
        output_schema=read.get(OUTPUT_SCHEMA),
        values=read.get(VALUES, {}),
    )


def refusals(files: Mapping[str, bytes]) -> dict[str, Invalid]:
    """Why `load` would refuse these files: by file, the first reason in each."""
    found = {}
    for path, part in _parts(files).items():
        try:
            part(files)
        except Invalid as error:
            found[path] = error
    return found


def check(release: Release, renderer: Renders) -> list[dict[str, Any]]:
    """Refuse a chart that does not render with its defaults, or not the same at every time; give its objects. Raises `Invalid`, or `Unavailable`."""
    objects = _render(release, release.archive, renderer)
    _refuse_varying(objects, _render(release, release.archive, renderer))
    _refuse_varying(objects, _elsewhen(release, renderer))
    return objects


def place(error: Invalid) -> str:
    """The file, and the line where Helm says it, at which a render failed; empty where that is not known."""
    found = _PLACE.search(str(error.details.get("helm", ""))) or _PLACE.search(error.message)
    return found["place"] if found else ""


def in_archive(file: str) -> tuple[str, str, str]:
    """Name, version and chart version in an archive's `<name>-<chart version>`; of anything else, parts that fit no release.

    No name holds a dot, no version a dash before its first dot, no digest a dash: there is one way to part them.
    """
    before, dot, after = file.partition(".")
    name, _, number = before.rpartition("-")
    chart_version = f"{number}{dot}{after}"
    return name, chart_version.rpartition("-")[0], chart_version


def newer(version: str, than: str) -> bool:
    """Whether a release's version comes after another's (Semantic Versioning 2.0.0, section 11)."""
    return _precedence(version) > _precedence(than)


def prerelease(version: str) -> bool:
    """Whether a version says of itself that it is not final, as `v1.0.0-rc.1` does."""
    return "-" in version


def _precedence(version: str) -> tuple[Any, ...]:
    numbers, _, before = version.removeprefix("v").partition("-")
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".")] if before else []
    return [int(number) for number in numbers.split(".")], not before, parts


def _parts(files: Mapping[str, bytes]) -> dict[str, Callable[[Mapping[str, bytes]], Any]]:
    """How each file that the platform reads is read; others are Helm's."""
    needed: dict[str, Callable[[Mapping[str, bytes]], Any]] = {CHART: _identified, SCHEMA: lambda found: _schema(found, SCHEMA)}
    optional: dict[str, Callable[[Mapping[str, bytes]], Any]] = {
        VALUES: lambda found: _yaml(found, VALUES),
        UI_SCHEMA: lambda found: _json(found, UI_SCHEMA),
        PIPELINE_SCHEMA: lambda found: _schema(found, PIPELINE_SCHEMA),
        OUTPUT_SCHEMA: lambda found: _schema(found, OUTPUT_SCHEMA),
    }
    others = {fetching.SCHEMA: fetching.refuse, **{path: part for path, part in optional.items() if path in files}}
    return {**needed, **others}


def _identified(files: Mapping[str, bytes]) -> tuple[dict[str, Any], str, str]:
    """`Chart.yaml`, the version that its author gave, and the digest of everything."""
    chart = _chart(files)
    version, digest = _identity(files, chart["version"])
    return chart, version, digest


def _chart(files: Mapping[str, bytes]) -> dict[str, Any]:
    chart = _yaml(files, CHART)
    name, version = chart.get("name"), chart.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
        raise Invalid(f"{CHART}: the name {str(name)[:80]!r} must be at most 40 lower-case letters, digits and hyphens.", code="chart_name")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise Invalid(f"{CHART}: the version {str(version)[:80]!r} must be like v1.2.3 or 1.2.3-rc.1.", code="chart_version")
    if chart.get("apiVersion") != "v2" or chart.get("type", "application") != "application":
        raise Invalid(f"{CHART}: a template is a chart with apiVersion v2 and type application.", code="chart_type")
    _refuse_missing_dependencies(files, chart)
    return chart


def _refuse_missing_dependencies(files: Mapping[str, bytes], chart: Mapping[str, Any]) -> None:
    for dependency in chart.get("dependencies") or ():
        name = str(dependency.get("name") if isinstance(dependency, dict) else dependency)
        if f"charts/{name}/{CHART}" not in files and not any(path.startswith(f"charts/{name}-") for path in files):
            raise Invalid(f"{CHART}: the dependency {name[:80]!r} is not in the folder charts/.", code="chart_dependency")


def _identity(files: Mapping[str, bytes], stated: str) -> tuple[str, str]:
    """The version as its author wrote it, and the digest. A version that we made ourselves ends in the digest of the files with the author's."""
    made = _DIGESTED.fullmatch(stated)
    if made and _VERSION.fullmatch(made["version"]):
        digest = _digest(files, made["version"])
        if _chart_version(made["version"], digest) == stated:
            return made["version"], digest
    if len(stated) > _MAX_VERSION:
        raise Invalid(f"{CHART}: a version has at most {_MAX_VERSION} characters.", code="chart_version")
    return stated, _digest(files, stated)


def _digest(files: Mapping[str, bytes], version: str) -> str:
    """Of sorted paths and contents, each with its length before it, so that no two sets of files are written alike."""
    canonical = {**files, CHART: _with_version(files[CHART], version)}
    digest = hashlib.sha256()
    for path in sorted(canonical):
        for part in (path.encode(), canonical[path]):
            digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()


def _chart_version(version: str, digest: str) -> str:
    """The version that clusters depend on. Eight digits alone, the first a zero, would be no legal identifier: then one more is taken."""
    candidates = (f"{version}-{digest[:length]}" for length in range(SUFFIX, len(digest) + 1))
    return next(candidate for candidate in candidates if _VERSION.fullmatch(candidate))


def _with_version(chart: bytes, version: str) -> bytes:
    """Write another version into a `Chart.yaml` and leave everything else as its author wrote it."""
    text = chart.decode()
    changed, count = _VERSION_LINE.subn(f"version: {version}", text)
    if count != 1 or helmyaml.read(changed) != {**helmyaml.read_map(text), "version": version}:
        raise Invalid(f"{CHART}: the version must stand on a line of its own, once.", code="chart_version")
    return changed.encode()


def _schema(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    loaded = _json(files, path)
    try:
        schema.check_schema(loaded)
        _refuse_secrets(loaded)
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}", code=error.code, details=error.details) from error
    return loaded


def _refuse_secrets(loaded: Mapping[str, Any]) -> None:
    for part in schema.subschemas(loaded):
        if part.get("format") in ("secret", "password") or part.get("writeOnly") is True or part.get("x-secret") is True:
            name = str(part.get("title") or "a field")
            raise Invalid(f"{name[:80]!r} is a secret, and secrets cannot be kept encrypted yet: refer to one by its name.", code="schema_secret")


def _json(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    try:
        loaded = json.loads(_text(files, path), parse_constant=_refuse_constant)
        # Whoever asks for the schema gets it as JSON again: no infinity, no half of a character.
        json.dumps(loaded, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{path} is not JSON: {error}.", code="schema") from error
    if not isinstance(loaded, dict):
        raise Invalid(f"{path} must hold a JSON object.", code="schema")
    return loaded


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _yaml(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    text = _text(files, path)
    try:
        loaded = helmyaml.read_map(text)
        helmyaml.refuse_unwritable(loaded)
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}", code="chart_format", details=error.details) from error
    return loaded


def _text(files: Mapping[str, bytes], path: str) -> str:
    if path not in files:
        raise Invalid(f"The template has no {path}.", code="schema_missing" if path == SCHEMA else "chart_missing")
    try:
        return files[path].decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8 text.", code="chart_format") from error


def _render(release: Release, packed: bytes, renderer: Renders) -> list[dict[str, Any]]:
    """Render as a cluster would: the archive as the one dependency of an umbrella chart, and no values."""
    dependency = {"name": release.name, "version": release.chart_version, "repository": ""}
    umbrella = {"apiVersion": "v2", "name": "preview", "version": "1.0.0", "dependencies": [dependency]}
    chart = {CHART: helmyaml.write(umbrella).encode(), f"charts/{release.name}-{release.chart_version}.tgz": packed}
    return renderer.render(chart, [], name="preview", namespace="preview")


def _elsewhen(release: Release, renderer: Renders) -> list[dict[str, Any]]:
    """What it renders to on another day, where nothing is drawn by chance."""
    packed = archive.pack(clock.stopped(archive.unpack(release.archive)), release.name)
    try:
        return _render(release, packed, renderer)
    except Invalid as error:
        if error.code != "render_failed":
            raise
        raise Invalid("The chart draws something by chance, or from the time.", code="release_varies", details=error.details) from error


def _refuse_varying(objects: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    if other != objects:
        raise Invalid(f"The chart renders differently every time: {_difference(objects, other)}.", code="release_varies")


def _difference(objects: list[dict[str, Any]], other: list[dict[str, Any]]) -> str:
    for one, two in zip(objects, other, strict=False):
        if one != two:
            return f"{one['kind']} {one['metadata']['name']}"
    return "the number of its objects"
