"""Names in a repository: branches, files, which file wins, and what moves only as one unit (DESIGN section 3)."""

GITOPS = "refs/heads/gitops"
MASTER = "refs/heads/master"
DEFAULT = "refs/heads/default"

CHART = "Chart.yaml"
CHARTS = "charts/"
APPLICATION = "application.yaml"
PIPELINE = "pipeline.yaml"
OUTPUT = "pipeline-output.yaml"
ENV = "system/env.yaml"
HORIZON = "system/horizon.yaml"
RESTART = "system/restart.yaml"
SRE = "sre.yaml"

VALUE_FILES = (APPLICATION, OUTPUT, ENV, HORIZON, RESTART, SRE)
"""The files that make up the values, in Helm's order: the last one wins."""

OWNERS = {
    APPLICATION: "developer",
    PIPELINE: "developer",
    OUTPUT: "CI",
    ENV: "the platform",
    HORIZON: "the platform",
    RESTART: "the platform",
    SRE: "SRE",
}

PIPELINERUN_TRAILER = "Pipelinerun"
SOURCE_TRAILER = "Source"
REQUEST_TRAILER = "Request"


def branch(name: str) -> str:
    """The full ref of a branch name."""
    return f"refs/heads/{name}"


def readable(path: str) -> str:
    """A path for people and JSON: bytes that are no UTF-8 are shown as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_chart(path: str) -> bool:
    """Whether a file belongs to the chart: `Chart.yaml` and the archives under `charts/`."""
    return path == CHART or path.startswith(CHARTS)
