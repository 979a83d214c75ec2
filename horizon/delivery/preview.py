"""The manifests of a form that nobody has saved, for a cluster that does not exist yet."""

from collections.abc import Mapping
from typing import Any

from horizon import helmyaml
from horizon.delivery import edit
from horizon.delivery.rendering import check_form, release_from, renderer
from horizon.gitops import layout, values
from horizon.inventory.models import TemplateRelease


def preview(row: TemplateRelease, *, config: Mapping[str, Any], output: Mapping[str, Any], name: str, namespace: str) -> dict[str, Any]:
    """The objects as Helm renders them. Raises `Invalid` with errors by pointer, or with Helm's reason."""
    template = row.template.name
    archive = bytes(row.archive)
    horizon = {"cluster": name, "application": name, "clusterID": 0, "template": {"name": template, "release": row.version}, "priority": "P3"}
    env = {"environment": "preview", "region": "preview", "namespace": namespace, "baseRegistry": "", "ingressDomain": ""}
    sections = {layout.APPLICATION: config, layout.OUTPUT: output, layout.ENV: {"env": env}, layout.HORIZON: {"horizon": horizon}}
    files = {file: helmyaml.write({template: dict(data)}).encode() for file, data in sections.items()}
    check_form(files, release_from(archive))
    chart = edit.chart_file(name, template_name=template, chart_version=row.chart_version, repository="")
    umbrella = {layout.CHART: chart, f"{layout.CHARTS}{template}-{row.chart_version}.tgz": archive}
    return {"objects": renderer.render(umbrella, values.value_texts(files), name=name, namespace=namespace)}
