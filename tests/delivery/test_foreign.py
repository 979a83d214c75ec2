"""Commits that people make with stock git: shown, taken in, never lost, and never a fault of ours (DESIGN 3.4, section 4)."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from horizon.access import tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.delivery import edit, launch, status, sweeping
from horizon.delivery.models import Pipelinerun, State
from horizon.gitops import layout
from horizon.inventory.models import Cluster, Event
from horizon.inventory.repositories import cluster_repository
from tests.api.conftest import Call, caller
from tests.fixtures import carry, deploy, pending, released, replicas

BRANCHES = ["master", "gitops"]


@dataclass(frozen=True)
class Clone:
    """What eve has on her machine."""

    folder: Path
    origin: Path

    def git(self, *arguments: str, strict: bool = True) -> str:
        identity = ["-c", "user.name=eve", "-c", "user.email=eve@example.test", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not strict, done.stderr
        return done.stdout.strip()

    def put(self, branch: str, files: dict[str, str | bytes], *options: str) -> str:
        """Commit files on the branch as it is now, and push them; the sha."""
        self.git("fetch", "-q", "origin")
        self.git("checkout", "-q", "-B", branch, f"origin/{branch}")
        for file, content in files.items():
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git(*options, "commit", "-q", "-m", "By hand")
        self.git("push", "-q", "origin", branch)
        return self.git("rev-parse", "HEAD")

    def put_replicas(self, branch: str, count: int) -> str:
        """Change the number of replicas on the branch."""
        return self.put(branch, {layout.APPLICATION: f"deployment:\n  app:\n    spec:\n      replicas: {count}\n"})


@pytest.fixture
def eve(deployed: Cluster, tmp_path: Path) -> Clone:
    """Somebody who works with stock git on the repository of a cluster whose first run is healthy."""
    origin = cluster_repository(deployed).path
    subprocess.run(["git", "clone", "-q", str(origin), str(tmp_path / "clone")], check=True, capture_output=True)
    return Clone(tmp_path / "clone", origin)


@pytest.fixture
def api(ann: Actor) -> Call:
    """The API as ann."""
    return caller(tokens.create(ann.user, name="tests", scope=Scope.WRITE)[1])


def contains(cluster: Cluster, branch: str, sha: str) -> bool:
    """Whether a branch has the commit in its history, as stock git sees it."""
    path = cluster_repository(cluster).path
    return subprocess.run(["git", "merge-base", "--is-ancestor", sha, branch], cwd=path, check=False).returncode == 0


# Shown


@pytest.mark.parametrize("push", [True, False])
def test_a_foreign_commit_on_master_is_shown_with_its_author(deployed: Cluster, eve: Clone, push: bool) -> None:
    if push:
        sha = eve.put_replicas("master", 5)
    else:
        sha = eve.git("commit-tree", "-p", "HEAD", "-m", "By hand", "HEAD^{tree}")
        eve.git("push", "-q", "origin", f"{sha}:refs/heads/aside")
        subprocess.run(["git", "update-ref", layout.MASTER, sha], cwd=eve.origin, check=True)

    seen = status.status(deployed)

    assert (seen["sync"], seen["behind"], seen["master"]) == ("OutOfSync", True, sha)
    assert seen["notices"] == [f"master was moved by eve, not by a run: {sha[:8]} (By hand); a deploy releases it or what is pending on it"]


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_foreign_commit_leaves_one_event_of_its_author(deployed: Cluster, eve: Clone, branch: str) -> None:
    sha = eve.put_replicas(branch, 5)

    status.status(deployed)
    sweeping.sweep()

    event = Event.objects.get(cluster=deployed, sha=sha)
    assert (event.actor, event.action, event.title) == ("eve", "foreign", "By hand")


def test_the_sweep_notices_what_nobody_looked_at(deployed: Cluster, eve: Clone) -> None:
    sha = eve.put_replicas("master", 5)

    sweeping.sweep()

    deployed.refresh_from_db()
    assert (deployed.master, contains(deployed, "gitops", sha)) == (sha, True)


# Taken in


def test_an_edit_takes_a_foreign_release_into_what_is_pending(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    port(deployed, ann, 9090)
    sha = eve.put_replicas("master", 5)

    title = edit.patch_config(deployed, {"app": {"envs": [{"name": "A", "value": "1"}]}}, actor=ann, title="", seen=None)

    assert pending(deployed)["app"] == {"spec": {"replicas": 5}, "port": 9090, "envs": [{"name": "A", "value": "1"}]}
    assert contains(deployed, title.sha, sha)


def port(cluster: Cluster, actor: Actor, number: int) -> None:
    edit.patch_config(cluster, {"app": {"port": number}}, actor=actor, title="", seen=None)


def test_a_deploy_releases_a_foreign_commit_and_what_is_pending(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    port(deployed, ann, 9090)
    sha = eve.put_replicas("master", 5)

    run = deploy(deployed, ann)

    seen = status.status(deployed)
    assert (run.state, seen["sync"], seen["behind"], seen["notices"]) == (State.OK, "Synced", False, [])
    assert released(deployed)["app"] == {"spec": {"replicas": 5}, "port": 9090}
    assert contains(deployed, "master", sha)


def test_a_deploy_of_nothing_but_a_foreign_commit_brings_it_to_the_region(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    sha = eve.put_replicas("master", 5)

    run = deploy(deployed, ann)

    assert (run.state, run.revision, status.status(deployed)["revision"]) == (State.OK, sha, sha)


def test_a_pending_edit_of_the_same_key_stays_pending(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    eve.put_replicas("master", 5)

    status.status(deployed)

    assert (released(deployed)["app"]["spec"]["replicas"], pending(deployed)["app"]["spec"]["replicas"]) == (5, 3)


def test_a_file_that_a_foreign_hand_adds_is_kept(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    eve.put("master", {"README.md": "Ours\n", "notes/logo.bin": bytes(range(256))})

    replicas(deployed, 3, ann)
    deploy(deployed, ann)

    files = cluster_repository(deployed).files(deployed.master)
    assert (files["README.md"], files["notes/logo.bin"]) == (b"Ours\n", bytes(range(256)))


def test_a_foreign_edit_is_pending_and_ships(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    sha = eve.put_replicas("gitops", 5)
    port(deployed, ann, 9090)

    run = deploy(deployed, ann)

    assert run.state == State.OK
    assert released(deployed)["app"] == {"spec": {"replicas": 5}, "port": 9090}
    assert contains(deployed, "master", sha)


def test_a_pinned_run_does_not_ship_over_a_foreign_release(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    port(deployed, ann, 9090)
    run = launch.deploy(deployed, launch.Order(ann)).run
    sha = eve.put_replicas("master", 5)

    carry(deployed)

    run.refresh_from_db()
    assert (run.state, run.message) == (State.CANCELLED, f"master moved: it now holds {sha[:8]} (By hand), which this run does not know")
    assert (deployed.master, pending(deployed)["app"]) == (sha, {"spec": {"replicas": 5}, "port": 9090})


def test_a_merge_by_a_person_is_clean(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    port(deployed, ann, 9090)
    eve.put_replicas("master", 5)
    status.status(deployed)
    eve.git("fetch", "-q")

    eve.git("checkout", "-q", "-B", "master", "origin/master")
    eve.git("merge", "-q", "--no-ff", "-m", "By hand", "origin/gitops")
    eve.git("push", "-q", "origin", "master")
    run = deploy(deployed, ann)

    assert (run.state, run.revision) == (State.OK, eve.git("rev-parse", "HEAD"))
    assert released(deployed)["app"] == {"spec": {"replicas": 5}, "port": 9090}


# Never lost


def test_edits_that_a_forced_push_dropped_are_in_the_history_again(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    before = deployed.gitops
    lost = replicas(deployed, 3, ann).sha
    eve.git("push", "-q", "--force", "origin", f"{before}:gitops")
    assert not contains(deployed, "gitops", lost)

    status.status(deployed)

    assert contains(deployed, "gitops", lost)
    assert pending(deployed)["app"]["spec"]["replicas"] == 1
    assert deploy(deployed, ann).state == State.OK


def test_a_forced_push_of_both_branches_loses_nothing(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    lost = replicas(deployed, 3, ann).sha
    eve.git("checkout", "-q", "--orphan", "new")
    eve.git("commit", "-q", "-m", "A new start")
    eve.git("push", "-q", "--force", "origin", "new:gitops", "new:master")

    replicas(deployed, 4, ann)

    assert [contains(deployed, "gitops", sha) for sha in (lost, eve.git("rev-parse", "new"))] == [True, True]
    assert deploy(deployed, ann).state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 4


def test_a_master_that_was_set_back_is_shown_and_released_again(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    first = deployed.master
    replicas(deployed, 3, ann)
    second = deploy(deployed, ann)
    eve.git("push", "-q", "--force", "origin", f"{first}:master")

    seen = status.status(deployed)
    again = deploy(deployed, ann)

    assert (seen["sync"], seen["behind"]) == ("OutOfSync", True)
    assert (again.state, released(deployed)["app"]["spec"]["replicas"]) == (State.OK, 3)
    assert contains(deployed, "gitops", second.revision)


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_that_was_removed_comes_back(deployed: Cluster, eve: Clone, ann: Actor, branch: str) -> None:
    kept = replicas(deployed, 3, ann)
    subprocess.run(["git", "update-ref", "-d", f"refs/heads/{branch}"], cwd=eve.origin, check=True)

    status.status(deployed)

    assert contains(deployed, branch, kept.sha if branch == "gitops" else kept.master)
    assert deploy(deployed, ann).state == State.OK


# Clear errors

BROKEN: dict[str, str | bytes] = {
    "open": "deployment: {",
    "tab": "deployment:\n\tapp: 1\n",
    "list": "- 1\n",
    "bytes": b"deployment: \xff\xfe\n",
    "word": "x",
}
FILES = [layout.APPLICATION, layout.OUTPUT, layout.SRE, layout.CHART, layout.RESTART]


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", sorted(BROKEN))
def test_broken_files_are_clear_errors_and_no_faults(deployed: Cluster, eve: Clone, api: Call, branch: str, file: str, content: str) -> None:
    eve.put(branch, {file: BROKEN[content]})
    path, before = "clusters/shop-test", Pipelinerun.objects.count()

    seen = {call: api("get", f"{path}/{call}") for call in ("status", "diff", "config", "pipeline", "history", "resources", "output")}
    writes = [
        api("patch", f"{path}/config", {"app": {"port": 9090}}),
        api("put", f"{path}/config", {"app": {"port": 9090}}, If_Match=deployed.gitops),
        api("post", f"{path}/diff", {"patch": {"app": {"port": 9090}}}),
        api("post", f"{path}/pipelineruns", {"action": "deploy"}),
        api("post", f"{path}/pipelineruns", {"action": "restart"}),
        api("post", f"{path}/image", {"image": "library/shop:v2", "deploy": True}),
    ]

    assert [seen[call].status_code for call in ("status", "diff", "history", "resources")] == [200] * 4
    assert file in str(seen["diff"].data["errors"])
    assert all(answer.status_code in (200, 400) for answer in seen.values())
    refused = [answer for answer in writes if answer.status_code != 412]
    assert len(refused) >= 5
    assert all(answer.status_code in (400, 409) and file in answer.data["message"] and answer.data["code"] for answer in refused), [
        (answer.status_code, answer.data) for answer in refused
    ]
    assert Pipelinerun.objects.count() == before


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_file_that_its_author_mended_works_again(deployed: Cluster, eve: Clone, ann: Actor, api: Call, branch: str) -> None:
    eve.put(branch, {layout.APPLICATION: "deployment: {"})
    assert api("post", "clusters/shop-test/pipelineruns", {"action": "deploy"}).status_code == 400

    eve.put_replicas(branch, 5)
    replicas(deployed, 6, ann)

    assert deploy(deployed, ann).state == State.OK
    assert released(deployed)["app"]["spec"]["replicas"] == 6


def test_a_file_that_broke_while_a_run_waited_stops_no_run(deployed: Cluster, eve: Clone, ann: Actor) -> None:
    replicas(deployed, 3, ann)
    run = launch.deploy(deployed, launch.Order(ann)).run
    eve.put("gitops", {layout.APPLICATION: "deployment: {"})

    carry(deployed)

    run.refresh_from_db()
    assert (run.state, released(deployed)["app"]["spec"]["replicas"]) == (State.OK, 3)


STRANGE: dict[str, list[str]] = {
    "an unknown encoding": ["-c", "i18n.commitEncoding=no-such-encoding"],
    "another encoding": ["-c", "i18n.commitEncoding=latin1"],
    "an author of many words": ["-c", f"user.name={'é' * 400}"],
}


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("kind", sorted(STRANGE))
def test_strange_commits_are_no_faults(deployed: Cluster, eve: Clone, api: Call, ann: Actor, branch: str, kind: str) -> None:
    eve.put(branch, {"README.md": kind}, *STRANGE[kind])

    answers = [api("get", f"clusters/shop-test/{call}") for call in ("status", "diff", "history", "config")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert deploy(deployed, ann).state == State.OK


@pytest.mark.parametrize("branch", BRANCHES)
def test_files_that_are_no_files_are_no_faults(deployed: Cluster, eve: Clone, api: Call, ann: Actor, branch: str) -> None:
    eve.git("checkout", "-q", "-B", branch, f"origin/{branch}")
    (eve.folder / "link").symlink_to("Chart.yaml")
    (eve.folder / "name\n\udcff".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")).write_text("x")
    eve.git("add", "--all")
    eve.git("update-index", "--add", "--cacheinfo", f"160000,{deployed.master},module")
    eve.git("commit", "-q", "-m", "By hand")
    eve.git("push", "-q", "origin", branch)

    answers = [api("get", f"clusters/shop-test/{call}") for call in ("status", "diff", "history", "config")]

    assert [answer.status_code for answer in answers] == [200] * 4
    replicas(deployed, 3, ann)
    assert deploy(deployed, ann).state == State.OK
