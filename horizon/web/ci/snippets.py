"""What one copies into a pipeline: the call for one cluster, in the languages of CI systems. The token is a variable, never in the text."""

from dataclasses import dataclass

from horizon.inventory.models import Cluster

_POST = """\
curl --fail-with-body --retry 5 --retry-connrefused -o posted.json "{origin}/api/v1/clusters/{cluster}/image" \\
  -H "Authorization: Bearer $HORIZON_TOKEN" -H "Idempotency-Key: {key}" -H 'Content-Type: application/json' \\
  -d "{{\\"image\\": \\"$IMAGE\\", \\"deploy\\": true,
       \\"git\\": {{\\"url\\": \\"$GIT_URL\\", \\"commitID\\": \\"$COMMIT\\", \\"branch\\": \\"$BRANCH\\"}}}}" || {{ cat posted.json; exit 1; }}"""

_WAIT = """\
run=$(python3 -c 'import json; print(json.load(open("posted.json"))["pipelinerun"])')
state=queued
while [ "$state" = queued ] || [ "$state" = running ]; do
  curl --fail-with-body --retry 5 --retry-connrefused -o run.json "{origin}/api/v1/pipelineruns/$run?wait=60" \\
    -H "Authorization: Bearer $HORIZON_TOKEN" || exit 1
  state=$(python3 -c 'import json; print(json.load(open("run.json"))["state"])')
done
echo "run $run: $state"
[ "$state" = ok ]"""

_GITHUB = """\
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      HORIZON_TOKEN: ${{{{ secrets.HORIZON_TOKEN }}}}
      IMAGE: {image}:${{{{ github.sha }}}}
      GIT_URL: ${{{{ github.server_url }}}}/${{{{ github.repository }}}}.git
      COMMIT: ${{{{ github.sha }}}}
      BRANCH: ${{{{ github.ref_name }}}}
    steps:
      - name: Deploy to {cluster}
        run: |
{script}
"""

_GITLAB = """\
deploy:
  stage: deploy
  variables:
    IMAGE: {image}:$CI_COMMIT_SHA
    GIT_URL: $CI_PROJECT_URL.git
    COMMIT: $CI_COMMIT_SHA
    BRANCH: $CI_COMMIT_BRANCH
  script:
    - |
{script}
"""


@dataclass(frozen=True)
class Snippet:
    """A text to copy."""

    key: str
    title: str
    text: str


def of(cluster: Cluster, origin: str) -> list[Snippet]:
    """The call as a command, as a job of GitHub Actions and as one of GitLab CI; each fails when the run fails."""
    given = {"origin": origin, "cluster": cluster.name, "image": repository(cluster)}
    github = _script(10, "${{ github.run_id }}-${{ github.run_attempt }}", given)
    return [
        Snippet("curl", "curl", f"{_script(0, '$BUILD_ID', given)}\n"),
        Snippet("github", "GitHub Actions", _GITHUB.format(**given, script=github)),
        Snippet("gitlab", "GitLab CI", _GITLAB.format(**given, script=_script(6, "$CI_JOB_ID", given))),
    ]


def repository(cluster: Cluster) -> str:
    """Where the cluster's images come from: its present image without its tag or digest, else a place in the region's registry."""
    if not cluster.image:
        return f"{cluster.region.base_registry or 'registry.example.com'}/{cluster.application.name}"
    path, slash, name = cluster.image.partition("@")[0].rpartition("/")
    return f"{path}{slash}{name.partition(':')[0]}"


def _script(indent: int, key: str, given: dict[str, str]) -> str:
    text = f"{_POST}\n{_WAIT}".format(**given, key=key)
    return "\n".join(" " * indent + line for line in text.splitlines())
