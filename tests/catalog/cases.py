"""Value sets of the bundled templates, each with the objects that come out.

`golden/<template>/<case>.yaml` is what a cluster's files hold under the template's name, `<case>.objects.yaml` the objects. After a change of a
template `python -m tests.catalog.cases` writes the objects anew: the review is their diff.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from horizon import helmyaml
from horizon.catalog.release import Release, load_folder
from horizon.catalog.renderer import Renderer
from horizon.gitops import layout
from tests.catalog.charts import TEMPLATES

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("cronjob", "deployment", "statefulset", "worker")

Objects = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Case:
    """What the files of one cluster hold under its template's name."""

    template: str
    name: str
    files: Mapping[str, dict[str, Any]]
    over: tuple[dict[str, Any], ...] = ()
    """Values laid over those of all files."""

    def __str__(self) -> str:
        return f"{self.template}-{self.name}"

    @cached_property
    def release(self) -> Release:
        return load(self.template)

    @property
    def form(self) -> dict[str, Any]:
        return self.files[layout.APPLICATION]

    @property
    def cluster(self) -> str:
        return str(self.files[layout.HORIZON]["horizon"]["cluster"])

    @property
    def namespace(self) -> str:
        return str(self.files[layout.ENV]["env"]["namespace"])

    @property
    def chart(self) -> dict[str, bytes]:
        dependency = {"name": self.template, "version": self.release.chart_version, "repository": "http://charts.test"}
        about = {"apiVersion": "v2", "name": self.cluster, "version": "1.0.0", "dependencies": [dependency]}
        return {layout.CHART: helmyaml.write(about).encode(), f"charts/{self.template}-{self.release.chart_version}.tgz": self.release.archive}

    @property
    def texts(self) -> list[str]:
        """The value files in the order in which they win."""
        given = [self.files.get(file, {}) for file in layout.VALUE_FILES]
        return [helmyaml.write({self.template: values}) for values in (*given, *self.over)]

    def with_form(self, form: dict[str, Any]) -> "Case":
        return replace(self, files={**self.files, layout.APPLICATION: form})

    def with_values(self, values: dict[str, Any]) -> "Case":
        return replace(self, over=(*self.over, values))

    def render(self, renderer: Renderer) -> Objects:
        """The objects as a region gets them. Raises `Invalid`."""
        return renderer.render(self.chart, self.texts, name=self.cluster, namespace=self.namespace)

    @property
    def golden(self) -> Path:
        return GOLDEN / self.template / f"{self.name}.objects.yaml"


@cache
def load(template: str) -> Release:
    return load_folder(TEMPLATES / template)


@cache
def cases(template: str) -> tuple[Case, ...]:
    """All value sets of a template."""
    paths = sorted(path for path in (GOLDEN / template).glob("*.yaml") if not path.name.endswith(".objects.yaml"))
    return tuple(Case(template, path.stem, yaml.safe_load(path.read_text())) for path in paths)


def every_case() -> list[Case]:
    return [case for template in NAMES for case in cases(template)]


def shown(case: Case, objects: Objects) -> str:
    """Objects as they are kept: without the digest in the chart's version, which every change of any file of a template changes."""
    text = helmyaml.write(objects)
    return text.replace(case.release.chart_version, case.release.version)


def main() -> None:
    """Write the objects of every case."""
    renderer = Renderer(timeout=20)
    for case in every_case():
        case.golden.write_text(shown(case, case.render(renderer)))
    renderer.close()


if __name__ == "__main__":
    main()
