"""`git clone` with a token as password, and stock `helm` on what was cloned."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from horizon.access import tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.delivery.rendering import render
from horizon.gitops import layout
from horizon.inventory.models import Cluster
from horizon.inventory.repositories import cluster_repository
from tests.fixtures import MakeCluster, deploy, replicas

pytestmark = pytest.mark.django_db(transaction=True)

Address = Callable[[Cluster], str]


@pytest.fixture
def address(live_server: Any, secret: str) -> Address:
    """Where a cluster's repository is cloned from by ann."""
    return lambda cluster: f"{live_server.url.replace('://', f'://ann:{secret}@')}/git/clusters/{cluster.pk}.git"


def git(*arguments: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("protocol", ["0", "1", "2"])
def test_a_repository_is_cloned_with_all_that_it_holds(deployed: Cluster, ann: Actor, address: Address, tmp_path: Path, protocol: str) -> None:
    replicas(deployed, 5, ann)
    deployed.refresh_from_db()

    done = git("-c", f"protocol.version={protocol}", "clone", "-q", address(deployed), str(tmp_path / "clone"))

    assert done.returncode == 0, done.stderr
    assert git("rev-parse", "origin/master", "origin/gitops", folder=tmp_path / "clone").stdout.split() == [deployed.master, deployed.gitops]
    held = {path.relative_to(tmp_path / "clone").as_posix() for path in (tmp_path / "clone").rglob("*") if path.is_file()}
    assert {path for path in held if not path.startswith(".git/")} == cluster_repository(deployed).files(deployed.master).keys()


@pytest.mark.parametrize("protocol", ["0", "2"])
def test_a_revision_that_is_no_branch_any_more_is_fetched(deployed: Cluster, ann: Actor, address: Address, tmp_path: Path, protocol: str) -> None:
    first = deployed.master
    replicas(deployed, 5, ann)
    deploy(deployed, ann)
    git("init", "-q", str(tmp_path))

    done = git("-c", f"protocol.version={protocol}", "fetch", "-q", "--depth", "1", address(deployed), first, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert git("rev-parse", "FETCH_HEAD", folder=tmp_path).stdout.strip() == first


def test_nothing_is_pushed(deployed: Cluster, address: Address, tmp_path: Path) -> None:
    git("clone", "-q", address(deployed), str(tmp_path / "clone"))

    done = git("push", "origin", "HEAD:refs/heads/gitops", folder=tmp_path / "clone")

    assert done.returncode != 0
    assert cluster_repository(deployed).head(layout.GITOPS) == deployed.gitops


def test_who_may_not_see_it_may_not_clone_it(deployed: Cluster, make_cluster: MakeCluster, live_server: Any, ann: Actor) -> None:
    other = make_cluster("other")
    bound = tokens.create(ann.user, name="ci", scope=Scope.CI, cluster=deployed)[1]
    urls = [f"{live_server.url.replace('://', f'://x:{secret}@')}/git/clusters/{other.pk}.git" for secret in (bound, "nonsense")]

    answers = [git("ls-remote", url) for url in (*urls, f"{live_server.url}/git/clusters/{other.pk}.git")]

    assert all(answer.returncode for answer in answers)
    assert "not found" in answers[0].stderr
    assert "uthentication failed" in answers[1].stderr


@pytest.mark.skipif(not os.environ.get("HELM_BIN"), reason="the helm program is not here")
def test_stock_helm_renders_a_clone_as_we_do(deployed: Cluster, address: Address, tmp_path: Path) -> None:
    git("clone", "-q", address(deployed), str(tmp_path / "clone"))
    files = [part for file in layout.VALUE_FILES for part in ("-f", str(tmp_path / "clone" / file))]

    command = [os.environ["HELM_BIN"], "template", deployed.name, str(tmp_path / "clone"), "-n", deployed.namespace, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    theirs = {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(done.stdout) if item}
    ours = {(item["kind"], item["metadata"]["name"]): item for item in render(cluster_repository(deployed).files(deployed.master), deployed)}
    assert theirs == ours
