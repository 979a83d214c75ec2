"""The same work by other means: libgit2, and GitPython's porcelain in a clone."""

import shutil
from pathlib import Path

import pygit2
from git import Actor, Repo

from bench import cluster
from horizon.gitops import layout

_ANN = pygit2.Signature(cluster.ANN.name, cluster.ANN.email)
_ACTOR = Actor(cluster.ANN.name, cluster.ANN.email)


def durable(path: Path) -> None:
    """Have libgit2 flush what it writes in this repository, references included."""
    pygit2.Repository(str(path)).config["core.fsyncObjectFiles"] = True


def by_pygit2(path: Path, turn: int) -> None:
    """Change one file on `gitops`, then release it: two commits, three moves of references."""
    _pygit2_edit(pygit2.Repository(str(path)), turn)
    _pygit2_deploy(pygit2.Repository(str(path)))


def _pygit2_edit(repository: pygit2.Repository, turn: int) -> None:
    head = repository.references[layout.GITOPS].target
    tree = repository.TreeBuilder(repository[head].tree)
    tree.insert(layout.OUTPUT, repository.create_blob(cluster.built(turn)), pygit2.enums.FileMode.BLOB)
    repository.create_commit(layout.GITOPS, _ANN, _ANN, "Post an image\n", tree.write(), [head])


def _pygit2_deploy(repository: pygit2.Repository) -> None:
    source, master = (repository.references[ref].target for ref in (layout.GITOPS, layout.MASTER))
    revision = repository.create_commit(layout.MASTER, _ANN, _ANN, "Deploy\n", repository[source].tree.id, [master, source])
    repository.references[layout.GITOPS].set_target(revision)


def by_clone(path: Path, turn: int, *, folder: Path) -> None:
    """Clone, edit, commit, push, merge, push: both branches, with the work tree removed at the end. Nothing is flushed to disk."""
    clone = Repo.clone_from(str(path), folder, branch="gitops")
    try:
        Path(folder, layout.OUTPUT).write_bytes(cluster.built(turn))
        clone.index.add([layout.OUTPUT])
        clone.index.commit("Post an image", author=_ACTOR, committer=_ACTOR)
        clone.remote().push("gitops").raise_if_error()
        clone.git.checkout("master")
        clone.git.merge("gitops", "--no-ff", "-m", "Deploy", env=_identity())
        clone.remote().push(["master", "master:gitops"]).raise_if_error()
    finally:
        clone.close()
        shutil.rmtree(folder)


def create_by_push(path: Path, *, folder: Path) -> None:
    """A new cluster's repository as stock git makes it: init, clone, a commit for each branch, push."""
    Repo.init(path, bare=True, initial_branch="master").close()
    clone = Repo.clone_from(str(path), folder)
    try:
        clone.index.commit("Nothing is released yet", author=_ACTOR, committer=_ACTOR)
        clone.git.checkout("-b", "gitops")
        for file, content in cluster.tree().items():
            Path(folder, file).parent.mkdir(exist_ok=True)
            Path(folder, file).write_bytes(content)
        clone.git.add(".")
        clone.index.commit("Create cluster demo", author=_ACTOR, committer=_ACTOR)
        clone.remote().push(["master", "gitops"]).raise_if_error()
    finally:
        clone.close()
        shutil.rmtree(folder)


def _identity() -> dict[str, str]:
    people = {"NAME": cluster.ANN.name, "EMAIL": cluster.ANN.email}
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in people.items()}
