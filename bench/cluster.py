"""A cluster's repository as the platform makes it, and the platform's own operations on it, without rows, schema or rendering."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from horizon import helmyaml
from horizon.catalog.release import Release, load_folder
from horizon.gitops import layout, maintenance, release
from horizon.gitops.repository import Author, Files, Repository, message

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ROOT / "tests" / "formats"
ANN = Author("Ann Example", "ann@example.test")
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_KEEP_PENDING = release.Pending(accept=lambda files: True)
_HORIZON = {"application": "demo", "clusterID": 1, "cluster": "demo", "template": {"name": "deployment", "release": "v0.0.1"}, "priority": "P1"}


def template() -> Release:
    """The bundled template `deployment`."""
    return load_folder(ROOT / "templates_repo" / "deployment")


def tree() -> Files:
    """The published files of a cluster, with the template's archive."""
    files = {path.relative_to(FORMATS).as_posix(): path.read_bytes() for path in FORMATS.rglob("*.yaml")}
    shipped = template()
    chart = helmyaml.read_map(files[layout.CHART].decode())
    chart["dependencies"][0]["version"] = shipped.chart_version
    return {
        **files,
        layout.CHART: helmyaml.write(chart).encode(),
        layout.HORIZON: helmyaml.write({shipped.name: {"horizon": _HORIZON}}).encode(),
        f"{layout.CHARTS}{shipped.name}-{shipped.chart_version}.tgz": shipped.archive,
    }


def create(path: Path) -> None:
    """A new cluster: nothing released, all files pending."""
    with Repository.created(path, head=layout.MASTER) as made:
        root = made.commit(made.write({}), parents=[], author=ANN, message=message("Nothing is released yet"), now=_BEGINNING)
        first = made.commit(made.write(tree()), parents=[root], author=ANN, message=message("Create cluster demo"), now=_BEGINNING)
        made.move({layout.MASTER: (None, root), layout.GITOPS: (None, first)})


def built(turn: int) -> bytes:
    """What CI posts after a build: a new image from a commit that nobody could guess."""
    commit = f"{random.Random(turn).getrandbits(160):040x}"
    source = {"branch": "main", "commitID": commit, "url": "https://git.example.test/demo.git"}
    return helmyaml.write({"deployment": {"image": f"library/demo:v{turn}", "git": source}}).encode()


def edit(path: Path, turn: int, *, file: str, content: bytes) -> str:
    """Change one file on `gitops`."""
    repository = Repository(path)
    with repository.locked():
        head = repository.refs.read()[layout.GITOPS]
        wanted = {**repository.files(head), file: content}
        sha = repository.commit(repository.write(wanted), parents=[head], author=ANN, message=message("Post an image"), now=_at(turn))
        repository.move({layout.GITOPS: (head, sha)})
    return sha


def deploy(path: Path, turn: int, *, source: str) -> str:
    """Release all of `source`, as the worker's merge does: look for the run's own commit first."""
    repository, signature = Repository(path), _signature(turn, "Deploy")
    with repository.locked():
        base = repository.refs.read()[layout.MASTER]
        found = release.landed(repository, signature.pipelinerun, base=base)
        if found:
            return found
        plan = release.ship_all(repository, signature, source=source, base=base)
        repository.move(plan.moves)
    return plan.revision


def edit_and_deploy(path: Path, turn: int) -> str:
    """Take a new image in and release it."""
    return deploy(path, turn, source=edit(path, turn, file=layout.OUTPUT, content=built(turn)))


def roll_back(path: Path, turn: int, *, target: str) -> str:
    """Go back to an earlier revision; pending edits stay pending."""
    repository = Repository(path)
    with repository.locked():
        plan = release.roll_back(repository, _signature(turn, "Roll back"), target=target, keep=frozenset((layout.SRE,)), pending=_KEEP_PENDING)
        repository.move(plan.moves)
    return plan.revision


def commit_nothing(path: Path, turn: int) -> str:
    """The least that a write can be: one commit of the tree that is there, and one move of a branch."""
    repository = Repository(path)
    with repository.locked():
        head = repository.refs.read()[layout.GITOPS]
        sha = repository.commit(repository.tree(head), parents=[head], author=ANN, message=message("Nothing"), now=_at(turn))
        repository.move({layout.GITOPS: (head, sha)})
    return sha


def revision(path: Path, *, back: int) -> str:
    """The revision that was released so many runs ago."""
    repository = Repository(path)
    return next(islice(repository.first_parents(repository.refs.read()[layout.MASTER]), back, None)).hexsha


def released(path: Path) -> tuple[str, str]:
    """The ids of the trees that both branches hold."""
    repository = Repository(path)
    refs = repository.refs.read()
    return repository.tree(refs[layout.MASTER]), repository.tree(refs[layout.GITOPS])


def maintain(path: Path) -> bool:
    """Do what the platform's sweep does; whether there was enough to pack."""
    repository = Repository(path)
    due = maintenance.loose_objects(repository) > maintenance.LOOSE_OBJECTS
    if due:
        maintenance.pack(repository)
    return due


def _signature(turn: int, title: str) -> release.Signature:
    return release.Signature(str(uuid.UUID(int=random.Random(f"{title}{turn}").getrandbits(128))), ANN, title, _at(turn))


def _at(turn: int) -> datetime:
    return _BEGINNING + timedelta(minutes=turn)
