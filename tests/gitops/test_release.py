"""Deploy and rollback against what stock `git merge` and `git revert` make of the same commits, and against a model of the rules."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from horizon.errors import StaleRevision
from horizon.gitops import layout, release
from horizon.gitops.release import MasterMoved
from horizon.gitops.repository import Repository
from tests.gitops.flows import ANN, FILES, KEEP_PENDING, NOW, deploy, deploy_alone, edit, fsck, git, roll_back, signature, sizes, tips

_IMAGE = layout.OUTPUT


def _image(tag: str) -> dict[str, bytes]:
    return {_IMAGE: f"web:\n  image: {tag}\n".encode()}


def _value(repository: Repository, file: str, sha: str) -> bytes:
    return repository.files(sha)[file]


@pytest.fixture
def peer(tmp_path: Path) -> Callable[[Repository], Path]:
    """Make a person's clone with a work tree, up to date and on `master`."""
    path = tmp_path / "peer"

    def cloned(repository: Repository) -> Path:
        if not path.exists():
            git(tmp_path, "clone", "-q", str(repository.path), str(path))
        git(path, "fetch", "-q", "--prune")
        git(path, "checkout", "-q", "--detach", "origin/master")
        return path

    return cloned


Peer = Callable[[Repository], Path]


def _foreign(repository: Repository, branch: str, files: dict[str, bytes], *, note: str = "by hand", now: datetime = NOW) -> str:
    """A commit that somebody put on a branch with other tools."""
    head = git(repository, "rev-parse", branch)
    tree = repository.write({**repository.files(head), **files})
    sha = repository.commit(tree, parents=[head], author=ANN, message=note, now=now)
    if not note:
        sha = git(repository, "commit-tree", tree, "-p", head, "-F", "/dev/null")
    git(repository, "update-ref", branch, sha)
    return sha


# Deploy, all


def test_the_first_deploy_ships_everything(repository: Repository) -> None:
    _, gitops = tips(repository)

    revision = deploy(repository, "one")

    assert repository.files(revision) == FILES
    assert git(repository, "rev-list", "--parents", "-1", revision).split()[2] == gitops
    assert tips(repository) == (revision, revision)


def test_a_commit_says_run_and_source(repository: Repository) -> None:
    _, gitops = tips(repository)

    revision = deploy(repository, "one")

    assert git(repository, "log", "-1", "--format=%(trailers:key=Pipelinerun,valueonly)%(trailers:key=Source,valueonly)", revision).split() == [
        "one",
        gitops,
    ]


def test_a_later_edit_stays_pending(repository: Repository) -> None:
    source = edit(repository, sizes(replicas=2))
    later = edit(repository, sizes(replicas=9))

    revision = deploy(repository, "one", source=source)

    assert _value(repository, layout.APPLICATION, revision) == sizes(replicas=2)[layout.APPLICATION]
    assert repository.tree(tips(repository)[1]) == repository.tree(later)


def test_the_same_content_twice_is_no_second_commit(repository: Repository) -> None:
    first = deploy(repository, "one")

    second = deploy(repository, "two")

    assert second == first == tips(repository)[0]


def test_a_run_finds_the_commit_that_it_has_made(repository: Repository) -> None:
    base, source = tips(repository)
    first = deploy(repository, "one", source=source, base=base)
    edit(repository, sizes(replicas=2))
    deploy(repository, "two")

    again = deploy(repository, "one", source=source, base=base)

    assert again == first


def test_a_title_or_reason_cannot_pass_for_another_run(repository: Repository) -> None:
    base, source = tips(repository)
    forged = replace(signature("one"), title="x\n\nPipelinerun: two", reason="fine\n\nPipelinerun: two\nSource: " + source)
    with repository.locked():
        repository.move(release.ship_all(repository, forged, source=source, base=base).moves)

    assert release.landed(repository, "two", base=base) is None
    assert release.landed(repository, "one", base=base) == tips(repository)[0]


def test_a_deploy_is_refused_when_master_was_rolled_back_since(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    base = deploy(repository, "two")
    source = edit(repository, _image("v3"))
    roll_back(repository, "three", target=first)
    before = tips(repository)

    with pytest.raises(MasterMoved):
        deploy(repository, "four", source=source, base=base)

    assert tips(repository) == before


@pytest.mark.parametrize(
    "note", ["", "by hand", "by hand\n\nSource: abcd", "by hand\n\nSource: https://example.test", "by hand\n\nSource: " + "a" * 40]
)
def test_a_deploy_is_refused_when_a_foreign_commit_is_on_master(repository: Repository, note: str) -> None:
    base = deploy(repository, "one")
    source = edit(repository, sizes(replicas=2))
    _foreign(repository, layout.MASTER, _image("hotfix"), note=note)

    with pytest.raises(MasterMoved):
        deploy(repository, "two", source=source, base=base)


def test_a_deploy_goes_on_when_master_holds_only_what_its_source_knows(repository: Repository) -> None:
    base = deploy(repository, "one")
    image = edit(repository, _image("v2"))
    source = edit(repository, sizes(replicas=2))
    deploy_alone(repository, "two", source=image)

    revision = deploy(repository, "three", source=source, base=base)

    assert repository.tree(revision) == repository.tree(source)


def test_a_newer_source_on_master_is_not_taken_back(repository: Repository) -> None:
    base = deploy(repository, "one")
    older = edit(repository, sizes(replicas=2))
    edit(repository, sizes(replicas=3))
    deploy(repository, "two")

    with pytest.raises(MasterMoved):
        deploy(repository, "three", source=older, base=base)


def test_a_source_with_a_wrong_clock_is_still_known(repository: Repository) -> None:
    base = deploy(repository, "one")
    image = edit(repository, _image("v2"))
    _foreign(repository, layout.GITOPS, {"notes.md": b"x"}, now=datetime(2019, 1, 1, tzinfo=UTC))
    source = edit(repository, sizes(replicas=2))
    deploy_alone(repository, "two", source=image)

    revision = deploy(repository, "three", source=source, base=base)

    assert repository.tree(revision) == repository.tree(source)


@pytest.mark.parametrize("seed", range(8))
def test_shipping_all_is_what_git_merge_gives(repository: Repository, peer: Peer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a fixed series
    pinned = [(tips(repository)[1], tips(repository)[0])]
    clean = 0

    for turn in range(8):
        sha = edit(repository, {f"{chance.choice('abc')}.yaml": "".join(f"k{n}: {turn}-{chance.randint(0, 9)}\n" for n in range(6)).encode()})
        if chance.random() < 0.3:
            deploy_alone(repository, f"alone-{turn}", source=sha)
        pinned.append((tips(repository)[1], tips(repository)[0]))
        if chance.random() < 0.6:
            source, base = pinned[-chance.randint(1, 2)]
            clone = peer(repository)
            merged = git(clone, "merge", "--no-ff", "-q", "-m", "x", source, check=False)
            judged = git(clone, "rev-parse", "HEAD^{tree}") if "CONFLICT" not in merged else ""
            git(clone, "merge", "--abort", check=False)
            try:
                revision = deploy(repository, f"all-{turn}", source=source, base=base)
            except MasterMoved:
                continue
            if judged:
                clean += 1
                assert repository.tree(revision) == judged

    assert clean
    git(repository, "merge-base", "--is-ancestor", layout.MASTER, layout.GITOPS)


# Deploy, one edit alone


def test_one_edit_ships_only_its_keys_and_the_rest_stays_pending(repository: Repository) -> None:
    deploy(repository, "one")
    edit(repository, sizes(replicas=9, debug="on"))
    alone = edit(repository, _image("v2"))

    revision = deploy_alone(repository, "two", source=alone)

    assert repository.files(revision) == {**FILES, **_image("v2")}
    assert repository.tree(tips(repository)[1]) == repository.tree(alone)


def test_one_key_of_a_file_ships_without_its_neighbours(repository: Repository) -> None:
    deploy(repository, "one")
    edit(repository, sizes(replicas=9))
    alone = edit(repository, sizes(replicas=9, size=5))

    revision = deploy_alone(repository, "two", source=alone)

    assert b"replicas: 1" in _value(repository, layout.APPLICATION, revision)
    assert b"size: 5" in _value(repository, layout.APPLICATION, revision)


def test_edits_alone_queue_up_and_ship_in_order(repository: Repository) -> None:
    base = deploy(repository, "zero")
    sources = [edit(repository, _image(f"v{turn}")) for turn in range(1, 5)]

    revisions = [deploy_alone(repository, f"run-{turn}", source=source, base=base) for turn, source in enumerate(sources)]

    assert [_value(repository, _IMAGE, revision) for revision in revisions] == [_image(f"v{turn}")[_IMAGE] for turn in range(1, 5)]
    assert [commit.hexsha for commit in repository.first_parents(tips(repository)[0], stop=base)] == revisions[::-1]


def test_an_older_image_does_not_ship_over_a_newer_one(repository: Repository) -> None:
    base = deploy(repository, "zero")
    older = edit(repository, _image("v1"))
    newer = edit(repository, _image("v2"))
    deploy_alone(repository, "newer", source=newer, base=base)

    with pytest.raises(MasterMoved):
        deploy_alone(repository, "older", source=older, base=base)

    assert _value(repository, _IMAGE, tips(repository)[0]) == _image("v2")[_IMAGE]


def test_one_edit_ships_when_an_unknown_commit_touched_other_keys(repository: Repository) -> None:
    base = deploy(repository, "zero")
    alone = edit(repository, _image("v1"))
    _foreign(repository, layout.MASTER, {"hotfix.yaml": b"a: 1\n"})

    revision = deploy_alone(repository, "one", source=alone, base=base)

    assert repository.files(revision) == {**FILES, **_image("v1"), "hotfix.yaml": b"a: 1\n"}


def test_one_edit_is_refused_when_an_unknown_commit_touched_its_key(repository: Repository) -> None:
    base = deploy(repository, "zero")
    alone = edit(repository, _image("v1"))
    _foreign(repository, layout.MASTER, _image("hotfix"))

    with pytest.raises(MasterMoved):
        deploy_alone(repository, "one", source=alone, base=base)


def test_an_edit_that_is_all_that_is_pending_is_a_plain_deploy(repository: Repository) -> None:
    deploy(repository, "zero")
    alone = edit(repository, _image("v1"))

    revision = deploy_alone(repository, "one", source=alone)

    assert tips(repository) == (revision, revision)
    assert repository.commit_object(revision).parents[1].hexsha == alone


def test_an_upgrade_ships_alone_before_anything_was_released(repository: Repository) -> None:
    upgraded = {"Chart.yaml": b"name: shop\nversion: 2.0.0\n", layout.HORIZON: FILES[layout.HORIZON].replace(b"v1", b"v2")}
    alone = edit(repository, upgraded)

    revision = deploy_alone(repository, "one", source=alone)

    assert _value(repository, "Chart.yaml", revision) == upgraded["Chart.yaml"]
    assert layout.APPLICATION not in repository.files(revision)


# Rollback


def _reverted(clone: Path, repository: Repository, target: str) -> str:
    """The tree that stock `git revert` makes of all commits on `master` after the target, the newest first."""
    for commit in list(repository.first_parents(tips(repository)[0], stop=target)):
        if repository.tree(commit.hexsha) == repository.tree(commit.parents[0].hexsha):
            continue
        mainline = ["-m", "1"] if len(commit.parents) > 1 else []
        git(clone, "revert", "--no-edit", *mainline, commit.hexsha)
    return git(clone, "rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize("seed", range(6))
def test_a_rollback_is_what_git_revert_gives_and_is_the_targets_tree(repository: Repository, peer: Peer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a fixed series
    released = [deploy(repository, "run-0")]
    for turn in range(1, 6):
        sha = edit(repository, {f"{chance.choice('abc')}.yaml": f"k: {turn}\n".encode()})
        edit(repository, {"other.yaml": f"k: {turn}\n".encode()})
        released.append(deploy_alone(repository, f"run-{turn}", source=sha) if chance.random() < 0.5 else deploy(repository, f"run-{turn}"))
        if chance.random() < 0.3:
            released.append(roll_back(repository, f"back-{turn}", target=chance.choice(released)).revision)
    target = chance.choice(released[:-1])
    judged = _reverted(peer(repository), repository, target)

    plan = roll_back(repository, "last", target=target)

    assert repository.tree(plan.revision) == repository.tree(target) == judged
    assert fsck(repository) == ""


def test_a_rollback_lists_what_it_reverts(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    second = deploy(repository, "two")
    edit(repository, sizes(replicas=3))
    third = deploy(repository, "three")

    revision = roll_back(repository, "four", target=first).revision

    assert [line for line in git(repository, "log", "-1", "--format=%b", revision).splitlines() if "reverts" in line] == [
        f"This reverts commit {third}.",
        f"This reverts commit {second}.",
    ]


def test_kept_files_stay_as_on_master(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, {**sizes(replicas=2), layout.SRE: b"web:\n  oversale: 2\n"})
    deploy(repository, "two")

    revision = roll_back(repository, "three", target=first, keep=frozenset({layout.SRE})).revision

    assert repository.files(revision) == {**FILES, layout.SRE: b"web:\n  oversale: 2\n"}


def test_rolled_back_values_do_not_come_back_with_a_later_deploy(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=66))
    deploy(repository, "two")
    roll_back(repository, "three", target=first)
    edit(repository, _image("v2"))

    revision = deploy(repository, "four")

    assert repository.files(revision) == {**FILES, **_image("v2")}


def test_pending_edits_stay_pending(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    deploy(repository, "two")
    edit(repository, _image("v2"))

    plan = roll_back(repository, "three", target=first)

    assert (plan.lost, plan.parked) == ((), None)
    assert repository.files(tips(repository)[1]) == {**FILES, **_image("v2")}
    assert repository.files(plan.revision) == FILES


def _with_a_clash(repository: Repository) -> tuple[str, str]:
    """The revision to go back to, and `gitops` with an edit of a key that the rollback restores and one of a key that it does not."""
    edit(repository, sizes(replicas=1))
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    deploy(repository, "two")
    edit(repository, sizes(replicas=3, size=7))
    return first, tips(repository)[1]


def test_where_both_touched_a_key_the_restored_value_wins_and_the_other_is_listed(repository: Repository) -> None:
    first, gitops = _with_a_clash(repository)

    plan = roll_back(repository, "three", target=first)

    assert [(clash.file, clash.path, clash.wanted, clash.found) for clash in plan.lost] == [(layout.APPLICATION, ("web", "replicas"), 3, 1)]
    assert plan.parked == gitops
    assert _value(repository, layout.APPLICATION, tips(repository)[1]) == sizes(replicas=1, size=7)[layout.APPLICATION]


def test_the_pending_value_wins_where_it_is_preferred(repository: Repository) -> None:
    first, _ = _with_a_clash(repository)

    plan = roll_back(repository, "three", target=first, pending=replace(KEEP_PENDING, prefer=True))

    assert (plan.lost, plan.parked) == ((), None)
    assert _value(repository, layout.APPLICATION, tips(repository)[1]) == sizes(replicas=3, size=7)[layout.APPLICATION]
    assert _value(repository, layout.APPLICATION, plan.revision) == sizes(replicas=1)[layout.APPLICATION]


def test_discarded_edits_are_gone_and_listed(repository: Repository) -> None:
    first, gitops = _with_a_clash(repository)

    plan = roll_back(repository, "three", target=first, pending=replace(KEEP_PENDING, discard=tips(repository)[1]))

    assert {clash.path for clash in plan.lost} == {("web", "replicas"), ("web", "size")}
    assert plan.parked == gitops
    assert repository.tree(tips(repository)[1]) == repository.tree(plan.revision)


def test_pending_edits_that_no_longer_fit_are_parked(repository: Repository) -> None:
    first, gitops = _with_a_clash(repository)

    plan = roll_back(repository, "three", target=first, pending=release.Pending(accept=lambda files: False))

    assert {clash.path for clash in plan.lost} == {("web", "replicas"), ("web", "size")}
    assert plan.parked == gitops
    assert repository.is_ancestor(gitops, tips(repository)[1])
    assert repository.tree(tips(repository)[1]) == repository.tree(first)


def test_a_pending_value_that_cannot_be_written_does_not_stop_a_rollback(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    deploy(repository, "two")
    gitops = _foreign(repository, layout.GITOPS, dict(sizes(replicas=2, serial=2**60)))

    plan = roll_back(repository, "three", target=first)

    assert repository.tree(plan.revision) == repository.tree(first)
    assert plan.parked == gitops
    assert ("web", "serial") in {clash.path for clash in plan.lost}


def test_rolling_forward_is_a_rollback_to_a_newer_run(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    second = deploy(repository, "two")
    roll_back(repository, "three", target=first)

    plan = roll_back(repository, "four", target=second)

    assert repository.tree(plan.revision) == repository.tree(second)
    assert tips(repository) == (plan.revision, plan.revision)


def test_a_rollback_to_what_is_released_makes_no_commit_on_master(repository: Repository) -> None:
    first = deploy(repository, "one")
    edit(repository, sizes(replicas=2))

    plan = roll_back(repository, "two", target=first)

    assert plan.revision == first == tips(repository)[0]
    assert _value(repository, layout.APPLICATION, tips(repository)[1]) == sizes(replicas=2)[layout.APPLICATION]


def test_after_a_rollback_a_plain_git_merge_by_a_person_is_clean(repository: Repository, peer: Peer) -> None:
    first, _ = _with_a_clash(repository)
    roll_back(repository, "three", target=first)

    clone = peer(repository)
    git(clone, "merge", "--no-ff", "-q", "-m", "by hand", "origin/gitops")

    assert git(clone, "rev-parse", "HEAD^{tree}") == repository.tree(tips(repository)[1])


# Foreign hands


def _known(repository: Repository) -> dict[str, str]:
    master, gitops = tips(repository)
    return {"master": master, "gitops": gitops}


def test_a_foreign_commit_on_master_is_taken_in_and_pending_edits_win_their_keys(repository: Repository) -> None:
    deploy(repository, "one")
    edit(repository, sizes(replicas=5))
    known = _known(repository)
    hotfix = _foreign(repository, layout.MASTER, {**sizes(replicas=7, fix=1), "hotfix.yaml": b"a: 1\n"})

    release.reconcile(repository, now=NOW, **known)

    files = repository.files(tips(repository)[1])
    assert tips(repository)[0] == hotfix
    assert (b"replicas: 5" in files[layout.APPLICATION], b"fix: 1" in files[layout.APPLICATION], files["hotfix.yaml"]) == (True, True, b"a: 1\n")
    assert repository.is_ancestor(hotfix, tips(repository)[1])


@pytest.mark.parametrize("how", ["rewound", "rewritten"])
def test_a_gitops_that_lost_commits_gets_them_back_as_history(repository: Repository, how: str) -> None:
    first = deploy(repository, "one")
    lost = edit(repository, sizes(replicas=5))
    known = _known(repository)
    git(repository, "update-ref", layout.GITOPS, first)
    if how == "rewritten":
        _foreign(repository, layout.GITOPS, _image("forced"))
    tree = repository.tree(tips(repository)[1])

    release.reconcile(repository, now=NOW, **known)

    assert repository.is_ancestor(lost, tips(repository)[1])
    assert repository.tree(tips(repository)[1]) == tree
    assert repository.is_ancestor(*tips(repository))


def test_taking_in_twice_is_taking_in_once(repository: Repository) -> None:
    deploy(repository, "one")
    known = _known(repository)
    _foreign(repository, layout.MASTER, {"hotfix.yaml": b"a: 1\n"})
    git(repository, "update-ref", layout.GITOPS, repository.commit_object(known["gitops"]).parents[1].hexsha)
    release.reconcile(repository, now=NOW, **known)
    once = tips(repository)

    release.reconcile(repository, now=NOW, **known)

    assert tips(repository) == once


def test_a_move_by_somebody_else_between_plan_and_move_is_told(repository: Repository) -> None:
    base, source = tips(repository)
    plan = release.ship_all(repository, signature("one"), source=source, base=base)
    moved = _foreign(repository, layout.GITOPS, {"x": b"1"})

    with repository.locked(), pytest.raises(StaleRevision):
        repository.move(plan.moves)

    assert tips(repository) == (base, moved)


# All of it, against a model


@dataclass
class _Model:
    """What the rules say: the values on `master` and `gitops`, and those of every revision."""

    master: dict[str, int]
    gitops: dict[str, int]
    revisions: dict[str, dict[str, int]] = field(default_factory=dict)

    def roll_back(self, restored: dict[str, int]) -> None:
        """Restore; a pending value stays unless the restored one differs from the one that it was made over."""
        keys = self.master.keys() | self.gitops.keys()
        pending = {key for key in keys if self.gitops.get(key) != self.master.get(key)}
        kept = {key for key in pending if restored.get(key) == self.master.get(key)}
        wanted = {key: self.gitops.get(key) if key in kept else restored.get(key) for key in keys | restored.keys()}
        self.master, self.gitops = dict(restored), {key: value for key, value in wanted.items() if value is not None}


def _read(repository: Repository, sha: str) -> dict[str, int]:
    lines = repository.files(sha).get(layout.APPLICATION, b"").decode().splitlines()[1:]
    return {key.strip(): int(value) for key, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("seed", range(10))
def test_a_random_life_keeps_to_the_rules(repository: Repository, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a fixed series
    edit(repository, sizes(k0=0))
    first = deploy(repository, "first")
    model = _Model({"k0": 0}, {"k0": 0}, {first: {"k0": 0}})

    for turn in range(1, 40):
        do = chance.choice(["edit", "edit", "alone", "all", "back"])
        if do in ("edit", "alone"):
            key = f"k{chance.randint(0, 5)}"
            model.gitops = {**model.gitops, key: turn}
            sha = edit(repository, sizes(**model.gitops))
            if do == "alone":
                model.master = {**model.master, key: turn}
                model.revisions[deploy_alone(repository, f"run-{turn}", source=sha)] = model.master
        elif do == "all":
            model.master = dict(model.gitops)
            model.revisions[deploy(repository, f"run-{turn}")] = model.master
        else:
            target = chance.choice(list(model.revisions))
            model.roll_back(model.revisions[target])
            model.revisions[roll_back(repository, f"run-{turn}", target=target).revision] = model.master
        master, gitops = tips(repository)
        assert (_read(repository, master), _read(repository, gitops)) == (model.master, model.gitops)
        assert repository.is_ancestor(master, gitops)

    git(repository, "merge-base", "--is-ancestor", layout.MASTER, layout.GITOPS)
    assert fsck(repository) == ""
