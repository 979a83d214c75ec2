"""A tree is good when its form data fits the schema and Helm renders it; what it renders to is what the region gets."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

from horizon.catalog.release import Release, load_archive
from horizon.catalog.renderer import Renderer
from horizon.catalog.schema import Problem, problems
from horizon.errors import Invalid
from horizon.gitops import layout, values
from horizon.gitops.repository import Files
from horizon.inventory.models import Cluster

renderer = Renderer()
"""One small pool of render children for each process, started when first needed."""

Manifest = dict[str, Any]
T = TypeVar("T")


def template_of(files: Mapping[str, bytes]) -> str:
    """The template's name: the dependency that `Chart.yaml` lists. Raises `Invalid`."""
    found = values.data(files, layout.CHART).get("dependencies")
    if not isinstance(found, list) or not found or not isinstance(found[0], dict) or not isinstance(found[0].get("name"), str):
        raise Invalid("Chart.yaml lists no template as its dependency", code="chart")
    return str(found[0]["name"])


def release_of(files: Mapping[str, bytes]) -> Release:
    """The release that a tree carries in `charts/`. Raises `Invalid`."""
    archives = [content for path, content in files.items() if path.startswith(layout.CHARTS)]
    if len(archives) != 1:
        raise Invalid(f"charts/ must hold the template's archive and nothing else, it holds {len(archives)} files", code="chart")
    return release_from(archives[0])


def release_from(archive: bytes) -> Release:
    """A release read from its archive, kept by content."""
    return _release(hashlib.sha256(archive).digest(), Held(archive))


class Held(Generic[T]):
    """What a cached function is given along: the other arguments tell one call from another, and this is not compared."""

    def __init__(self, content: T) -> None:
        self.content = content

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held)


@lru_cache(maxsize=256)
def _release(digest: bytes, archive: Held[bytes]) -> Release:
    return load_archive(archive.content)


def render(files: Mapping[str, bytes], cluster: Cluster) -> list[Manifest]:
    """The manifests of a cluster's tree, by Helm itself. Raises `Invalid` with Helm's reason, or naming the file that is no YAML."""
    for file in layout.VALUE_FILES:
        values.data(files, file)
    chart = {path: content for path, content in files.items() if layout.is_chart(path)}
    return renderer.render(chart, values.value_texts(files), name=cluster.name, namespace=cluster.namespace)


def check(files: Mapping[str, bytes], cluster: Cluster) -> list[Manifest]:
    """The manifests of a tree whose form data fits its schema. Raises `Invalid` with `details.errors` by JSON pointer."""
    release = release_of(files)
    check_form(files, release)
    for file in layout.VALUE_FILES:
        refuse_stray(values.data(files, file), release.name, file)
    return render(files, cluster)


def check_form(files: Mapping[str, bytes], release: Release) -> None:
    """Hold what developers fill in against the release's schemas. Raises `Invalid` with `details.errors` by JSON pointer."""
    _refuse(problems(release.schema, values.section(files, layout.APPLICATION, release.name)), file=layout.APPLICATION)
    if release.pipeline_schema is not None:
        _refuse(problems(release.pipeline_schema, values.section(files, layout.PIPELINE, "pipeline")), file=layout.PIPELINE)


def check_deployable(files: Mapping[str, bytes], cluster: Cluster) -> list[Manifest]:
    """`check`, and `pipeline-output.yaml` holds what the release needs before a deploy."""
    manifests = check(files, cluster)
    release = release_of(files)
    if release.output_schema is not None:
        _refuse(problems(release.output_schema, values.section(files, layout.OUTPUT, release.name)), file=layout.OUTPUT)
    return manifests


def accepts(files: Files, cluster: Cluster) -> bool:
    """Whether a tree validates and renders."""
    try:
        check(files, cluster)
    except Invalid:
        return False
    return True


def _refuse(found: Sequence[Problem], *, file: str) -> None:
    if found:
        errors = [{"pointer": problem.pointer, "message": problem.message} for problem in found]
        first = f"{found[0].pointer}: {found[0].message}" if found[0].pointer else found[0].message
        raise Invalid(f"{file}: {first}", code="schema", details={"file": file, "errors": errors})


def refuse_stray(data: Mapping[str, Any], template: str, file: str) -> None:
    """Raise `Invalid` for values beside the template's own key: they would silently reach no chart."""
    stray = [key for key in data if key not in (template, "global")]
    if stray:
        raise Invalid(
            f"{file}: {stray[0]!r} reaches no chart: everything belongs under {template!r}", code="stray", details={"file": file, "keys": stray[:20]}
        )
