"""The flows in small: what `delivery` does with a repository, without rows. Doing one twice does it once."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from horizon.errors import Unavailable
from horizon.gitops import layout, maintenance, release
from horizon.gitops.change import Key
from horizon.gitops.http import environment
from horizon.gitops.refs import RefMoved
from horizon.gitops.repository import Author, Files, Repository, message

ANN = Author("ann", "ann@example.test")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

FILES: Files = {
    "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - name: web\n    version: v1-aaaaaaaa\n    repository: x\n",
    "charts/web-v1-aaaaaaaa.tgz": b"\x1f\x8b\x00\xff one",
    "application.yaml": b"web:\n  replicas: 1\n  envs:\n  - name: A\n    value: one\n",
    "pipeline-output.yaml": b"web: {}\n",
    "sre.yaml": b"web: {}\n",
    "system/horizon.yaml": b"web:\n  horizon:\n    priority: P1\n    template:\n      name: web\n      release: v1\n",
}
KEEP_PENDING = release.Pending(accept=lambda files: True)


def git(repository: Repository | Path, *arguments: str, check: bool = True) -> str:
    """What the stock program says."""
    path = repository if isinstance(repository, Path) else repository.path
    people = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in (("NAME", "bob"), ("EMAIL", "bob@example.test"))}
    done = subprocess.run(["git", "-C", str(path), *arguments], capture_output=True, text=True, env={**environment(), **people}, check=False)
    if check and done.returncode:
        raise AssertionError(f"git {arguments}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def fsck(repository: Repository) -> str:
    """What `git fsck --strict` has to complain about."""
    done = subprocess.run(
        ["git", "-C", str(repository.path), "fsck", "--strict", "--no-dangling", "--no-progress"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    return f"{done.returncode} {done.stdout}{done.stderr}" if done.returncode or "error" in done.stderr else ""


def tips(repository: Repository) -> tuple[str, str]:
    """Where `master` and `gitops` are."""
    refs = repository.refs.read()
    return refs[layout.MASTER], refs[layout.GITOPS]


def create(path: Path) -> None:
    """A cluster's repository, all of it pending."""
    with Repository.created(path, head=layout.MASTER) as made:
        root = made.commit(made.write({}), parents=[], author=ANN, message=message("Nothing is released yet"), now=NOW)
        sha = made.commit(made.write(FILES), parents=[root], author=ANN, message=message("Create"), now=NOW)
        made.move({layout.MASTER: (None, root), layout.GITOPS: (None, sha)})


def edit(repository: Repository, changed: Mapping[str, bytes], *, now: datetime = NOW) -> str:
    """Commit files on `gitops`; the same content is no second commit."""
    with repository.locked():
        head = tips(repository)[1]
        files = repository.files(head)
        wanted: Files = {**files, **changed}
        if wanted == files:
            return head
        sha = repository.commit(repository.write(wanted), parents=[head], author=ANN, message=message("Edit"), now=now)
        repository.move({layout.GITOPS: (head, sha)})
    return sha


def sizes(**values: object) -> Mapping[str, bytes]:
    """An `application.yaml` that holds these keys."""
    return {layout.APPLICATION: "".join(["web:\n", *(f"  {key}: {value}\n" for key, value in sorted(values.items()))]).encode()}


def signature(run: str) -> release.Signature:
    """Ann ships."""
    return release.Signature(run, ANN, f"Run {run}", NOW)


def deploy(repository: Repository, run: str, *, source: str | None = None, base: str | None = None) -> str:
    """Ship all of `source`; a run that has landed is found."""
    with repository.locked():
        master, gitops = tips(repository)
        found = release.landed(repository, run, base=base or master)
        if found:
            return found
        plan = release.ship_all(repository, signature(run), source=source or gitops, base=base or master)
        repository.move(plan.moves)
    return plan.revision


def deploy_alone(repository: Repository, run: str, *, source: str, base: str | None = None, keys: frozenset[Key] | None = None) -> str:
    """Ship one edit."""
    with repository.locked():
        base = base or tips(repository)[0]
        found = release.landed(repository, run, base=base)
        if found:
            return found
        plan = release.ship_alone(repository, signature(run), source=source, base=base, keys=keys)
        repository.move(plan.moves)
    return plan.revision


def roll_back(
    repository: Repository,
    run: str,
    *,
    target: str,
    base: str | None = None,
    keep: frozenset[str] = frozenset(),
    pending: release.Pending = KEEP_PENDING,
) -> release.Plan:
    """Go back to a revision."""
    with repository.locked():
        found = release.landed(repository, run, base=base or tips(repository)[0])
        if found:
            return release.Plan(found, {})
        plan = release.roll_back(repository, signature(run), target=target, keep=keep, pending=pending)
        repository.move(plan.moves)
    return plan


# What children of the nursery do: by name, with texts as arguments


def child_create(path: str) -> None:
    create(Path(path))


def child_edit(path: str, size: str) -> None:
    edit(Repository(Path(path)), sizes(replicas=size))


def child_deploy(path: str, run: str, source: str, base: str) -> None:
    deploy(Repository(Path(path)), run, source=source, base=base)


def child_roll_back(path: str, run: str, target: str, base: str) -> None:
    roll_back(Repository(Path(path)), run, target=target, base=base)


def child_pack(path: str) -> None:
    maintenance.pack(Repository(Path(path)))


def child_count(path: str, times: str) -> None:
    """Add one to a number in a file, over and over."""
    for _ in range(int(times)):
        repository = Repository(Path(path))
        with repository.locked():
            head = tips(repository)[1]
            files = repository.files(head)
            counted = {**files, "count": str(int(files.get("count", b"0")) + 1).encode()}
            sha = repository.commit(repository.write(counted), parents=[head], author=ANN, message=message("Count"), now=NOW)
            repository.move({layout.GITOPS: (head, sha)})


def child_live(path: str, log: str, seed: str) -> None:
    """Edit and deploy until killed; every sha is written to `log` once it has landed."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    repository = Repository(Path(path))
    turn = 0
    while True:
        turn += 1
        sha = edit(repository, sizes(replicas=f"{seed}{turn}"))
        os.write(descriptor, f"{sha}\n".encode())
        if turn % 2:
            os.write(descriptor, (deploy(repository, f"{seed}-{turn}") + "\n").encode())


def child_move_both(path: str, commits: str) -> None:
    """Move both branches through a list of commits, in step."""
    repository = Repository(Path(path))
    shas = Path(commits).read_text().split()
    for old, new in pairwise(shas):
        with repository.locked():
            repository.move({layout.MASTER: (old, new), layout.GITOPS: (old, new)})
    Path(f"{commits}.done").touch()


def child_watch_both(path: str, commits: str) -> None:
    """Read until the mover is done; die when the branches ever differ."""
    repository = Repository(Path(path))
    known = set(Path(commits).read_text().split())
    reads = 0
    while not Path(f"{commits}.done").exists():
        master, gitops = tips(repository)
        if master != gitops or master not in known:
            raise AssertionError(f"half a move was seen: {master} {gitops}")
        reads += 1
    Path(f"{commits}.reads").write_text(str(reads))


def child_foreign(path: str, log: str, name: str, times: str) -> None:
    """Put commits on `gitops` with the stock program, by compare-and-set; log what it says has landed."""
    repository = Repository(Path(path))
    with open(log, "a") as file:
        for turn in range(int(times)):
            old = git(repository, "rev-parse", layout.GITOPS)
            new = git(repository, "commit-tree", f"{old}^{{tree}}", "-p", old, "-m", f"{name} {turn}")
            env = environment()
            if subprocess.run(["git", "-C", path, "update-ref", layout.GITOPS, new, old], env=env, capture_output=True, check=False).returncode == 0:
                print(new, file=file, flush=True)


def child_push(path: str, log: str, name: str, times: str) -> None:
    """Push commits to `gitops` from a clone, as a person does; log what it says has landed."""
    clone = Path(f"{log}.{name}")
    git(Path(path), "clone", "-q", "-b", "gitops", ".", str(clone))
    with open(log, "a") as file:
        for turn in range(int(times)):
            git(clone, "fetch", "-q")
            git(clone, "reset", "-q", "--hard", "origin/gitops")
            git(clone, "commit", "-q", "--allow-empty", "-m", f"{name} {turn}")
            if subprocess.run(["git", "-C", str(clone), "push", "-q"], env=environment(), capture_output=True, check=False).returncode == 0:
                print(git(clone, "rev-parse", "HEAD"), file=file, flush=True)


def child_edits(path: str, log: str, name: str, times: str) -> None:
    """Edit; log what has landed. To be told that the branch moved or the repository is busy counts as refused."""
    with open(log, "a") as file:
        for turn in range(int(times)):
            try:
                sha = edit(Repository(Path(path)), {f"{name}.yaml": f"turn: {turn}\n".encode()})
            except (RefMoved, Unavailable):
                continue
            print(sha, file=file, flush=True)
