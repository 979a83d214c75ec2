"""Deploy and rollback in Git: what lands on `master`, and how `gitops` takes it in (DESIGN section 5).

Each plan writes objects only; nothing has happened until the caller moves the branches, in one step, inside the repository's lock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from git import Commit

from horizon.errors import Conflict, Invalid
from horizon.gitops import layout
from horizon.gitops.change import Change, Clash, Key, apply, change, overlap
from horizon.gitops.refs import Move
from horizon.gitops.repository import PLATFORM, Author, Files, Repository, message, trailers


class MasterMoved(Conflict):
    """`master` holds something that this run's source does not know: shipping it would take that back."""

    code = "master_moved"


@dataclass(frozen=True)
class Signature:
    """Who ships what and when, for the commits of one pipelinerun."""

    pipelinerun: str
    author: Author
    title: str
    now: datetime
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """Where the branches go. `lost` are pending edits that the result does not hold, `parked` the sha where all of them still are."""

    revision: str
    moves: Mapping[str, Move]
    lost: tuple[Clash, ...] = ()
    parked: str | None = None


def landed(repository: Repository, pipelinerun: str, *, base: str) -> str | None:
    """The commit that this pipelinerun has made on `master` after `base`, if it has."""
    return repository.find(layout.PIPELINERUN_TRAILER, pipelinerun, start=_tips(repository)[0], stop=base)


def ship_all(repository: Repository, signature: Signature, *, source: str, base: str) -> Plan:
    """Release the source's whole tree: what `git merge --no-ff` of it gives. Raises `MasterMoved`."""
    master, gitops = _tips(repository)
    for commit in _since(repository, master, base):
        if not _known(repository, commit, source):
            raise _moved(commit)
    return _merge(repository, signature, source=source, master=master, gitops=gitops)


def ship_alone(repository: Repository, signature: Signature, *, source: str, base: str, keys: frozenset[Key] | None) -> Plan:
    """Release what one edit did, or with `keys` those keys as `source` has them, and nothing else. Raises `MasterMoved`."""
    master, gitops = _tips(repository)
    before = repository.files(master)
    wanted, parent = edit_change(repository, source), repository.commit_object(source).parents[0].hexsha
    if keys is not None:
        wanted, parent = change(before, repository.files(source)).only(keys), master
    touched = wanted.keys() if keys is None else keys
    for commit in _since(repository, master, base):
        if overlap(touched, _keys(repository, commit)) and not _known(repository, commit, source):
            raise _moved(commit)
    tree = repository.write(apply(wanted, before).files)
    if tree == repository.tree(source) and repository.tree(parent) == repository.tree(master):
        return _merge(repository, signature, source=source, master=master, gitops=gitops)
    if tree == repository.tree(master):
        return Plan(master, {})
    revision = _commit(repository, signature, tree, [master], Source=source)
    taken_in = _commit(repository, signature, repository.tree(gitops), [gitops, revision])
    return Plan(revision, {layout.MASTER: (master, revision), layout.GITOPS: (gitops, taken_in)})


def edit_change(repository: Repository, source: str) -> Change:
    """What one edit did to its parent's tree."""
    return change(repository.files(repository.commit_object(source).parents[0].hexsha), repository.files(source))


def alone_tree(repository: Repository, *, source: str, keys: frozenset[Key] | None) -> Files:
    """The tree that shipping one edit alone would release now."""
    before = repository.files(_tips(repository)[0])
    wanted = edit_change(repository, source) if keys is None else change(before, repository.files(source)).only(keys)
    return apply(wanted, before).files


def restored(repository: Repository, *, target: str, keep: frozenset[str]) -> Files:
    """The tree of an earlier revision with the files to keep as `master` has them."""
    now, files = repository.files(_tips(repository)[0]), repository.files(target)
    held = {file: content for file, content in now.items() if file in keep}
    return {**{file: content for file, content in files.items() if file not in keep}, **held}


def roll_back(
    repository: Repository,
    signature: Signature,
    *,
    target: str,
    keep: frozenset[str],
    pending: "Pending",
) -> Plan:
    """Revert every commit after `target`, an earlier or later revision of `master`; pending edits stay pending."""
    master, gitops = _tips(repository)
    files = restored(repository, target=target, keep=keep)
    tree = repository.write(files)
    revision = master
    if tree != repository.tree(master):
        reverted = "\n".join(f"This reverts commit {commit.hexsha}." for commit in repository.first_parents(master, stop=target))
        revision = _commit(repository, signature, tree, [master], body=reverted)
    kept, lost, parked = pending.kept(repository, files, master=master, gitops=gitops)
    moves = {
        layout.MASTER: (master, revision),
        **_gitops_after(repository, signature, repository.write(kept), gitops=gitops, master=master, revision=revision),
    }
    return Plan(revision, {ref: move for ref, move in moves.items() if move[0] != move[1]}, lost, parked)


@dataclass(frozen=True)
class Pending:
    """What a rollback does with edits that were not released yet."""

    accept: Callable[[Files], bool]
    """Whether a tree validates and renders."""
    prefer: bool = False
    """Where both touched a key, the pending value wins instead of the restored one."""
    discard: str | None = None
    """Drop what was pending at this revision, as the person saw it; what came later stays pending."""

    def kept(self, repository: Repository, files: Files, *, master: str, gitops: str) -> tuple[Files, tuple[Clash, ...], str | None]:
        """The tree with pending edits on top of the restored `files`, what of them is lost, and where the lost ones still are."""
        pending, wanted = self._pending(repository, master=master, gitops=gitops)
        dropped = _all(change(repository.files(master), repository.files(self.discard))) if self.discard else ()
        if not wanted:
            return files, dropped, gitops if dropped else None
        try:
            applied = apply(wanted, files, prefer_tree=not self.prefer)
        except Invalid:
            # A foreign hand may have put there what the platform can read but not write.
            return files, _all(pending), gitops
        if not self.accept(applied.files):
            return files, _all(pending), gitops
        lost = dropped + (() if self.prefer else applied.clashes)
        return applied.files, lost, gitops if lost else None

    def _pending(self, repository: Repository, *, master: str, gitops: str) -> tuple[Change, Change]:
        """All that is pending, and what of it is to stay so."""
        pending = change(repository.files(master), repository.files(gitops))
        if self.discard is None:
            return pending, pending
        later = change(repository.files(self.discard), repository.files(gitops)).keys()
        return pending, pending.only(later)


def _all(wanted: Change) -> tuple[Clash, ...]:
    edits = [Clash(item.file, edit.path, edit.after, edit.before) for item in wanted.files for edit in item.edits]
    edits += [Clash(item.file, (), None, None) for item in wanted.files if not item.edits]
    return tuple(edits + ([Clash(layout.CHART, (), wanted.unit[1].template, wanted.unit[0].template)] if wanted.unit else []))


def diverged(repository: Repository, *, gitops: str) -> bool:
    """Whether a foreign hand moved or removed a branch: `gitops` lost what it was known to be at, or `master` holds what `gitops` does not."""
    refs = repository.refs.read()
    if not {layout.MASTER, layout.GITOPS} <= refs.keys():
        return True
    master, head = refs[layout.MASTER], refs[layout.GITOPS]
    return not repository.is_ancestor(master, head) or (repository.holds(gitops) and not repository.is_ancestor(gitops, head))


def reconcile(repository: Repository, *, master: str, gitops: str, now: datetime) -> None:
    """Take in what a foreign hand did since the branches were known to be at `master` and `gitops`; twice is once. Called inside the lock.

    A branch that was removed comes back. A moved `master` is taken into `gitops` as a change (a pending edit of the same key stays pending);
    a `gitops` that lost commits gets them back as history.
    """
    if not diverged(repository, gitops=gitops):
        return
    _bring_back(repository, {layout.MASTER: master, layout.GITOPS: gitops})
    found_master, found_gitops = _tips(repository)
    head = found_gitops
    if repository.holds(gitops) and not repository.is_ancestor(gitops, head):
        note = message("Keep the history that gitops had")
        head = repository.commit(repository.tree(head), parents=[head, gitops], author=PLATFORM, message=note, now=now)
    if not repository.is_ancestor(found_master, head):
        foreign = change(_taken_in(repository, found_master, head), repository.files(found_master))
        files = apply(foreign, repository.files(head), prefer_tree=True).files
        note = message("Take in what was put on master by another hand")
        head = repository.commit(repository.write(files), parents=[head, found_master], author=PLATFORM, message=note, now=now)
    if head != found_gitops:
        repository.move({layout.GITOPS: (found_gitops, head)})


def _bring_back(repository: Repository, known: Mapping[str, str]) -> None:
    refs = repository.refs.read()
    removed: dict[str, Move] = {ref: (None, sha) for ref, sha in known.items() if ref not in refs and repository.holds(sha)}
    if removed:
        repository.move(removed)


def _taken_in(repository: Repository, master: str, gitops: str) -> Files:
    """The newest state of `master` that `gitops` has taken in already."""
    known = (commit.hexsha for commit in repository.first_parents(master) if repository.is_ancestor(commit.hexsha, gitops))
    newest = next(known, None)
    return repository.files(newest) if newest else {}


def _tips(repository: Repository) -> tuple[str, str]:
    refs = repository.refs.read()
    return refs[layout.MASTER], refs[layout.GITOPS]


def _since(repository: Repository, master: str, base: str) -> list[Commit]:
    """Commits on `master` after `base`; all of them when `base` is no longer there."""
    return list(repository.first_parents(master, stop=base))


def _known(repository: Repository, commit: Commit, source: str) -> bool:
    shipped = trailers(str(commit.message)).get(layout.SOURCE_TRAILER)
    return shipped is not None and repository.holds(shipped) and repository.is_ancestor(shipped, source)


def _keys(repository: Repository, commit: Commit) -> frozenset[Key]:
    before = repository.files(commit.parents[0].hexsha) if commit.parents else {}
    return change(before, repository.files(commit.hexsha)).keys()


def _moved(commit: Commit) -> MasterMoved:
    title = str(commit.message).partition("\n")[0]
    return MasterMoved(f"master moved: it now holds {commit.hexsha[:8]} ({title}), which this run does not know", details={"commit": commit.hexsha})


def _merge(repository: Repository, signature: Signature, *, source: str, master: str, gitops: str) -> Plan:
    tree = repository.tree(source)
    if tree == repository.tree(master):
        return Plan(master, {})
    revision = _commit(repository, signature, tree, [master, source], Source=source)
    head = revision if gitops == source else _commit(repository, signature, repository.tree(gitops), [gitops, revision])
    return Plan(revision, {layout.MASTER: (master, revision), layout.GITOPS: (gitops, head)})


def _gitops_after(repository: Repository, signature: Signature, tree: str, *, gitops: str, master: str, revision: str) -> dict[str, Move]:
    if gitops == master and tree == repository.tree(revision):
        return {layout.GITOPS: (gitops, revision)}
    if tree == repository.tree(gitops) and revision == master:
        return {}
    return {layout.GITOPS: (gitops, _commit(repository, signature, tree, [gitops, revision]))}


def _commit(repository: Repository, signature: Signature, tree: str, parents: list[str], *, body: str = "", **values: str) -> str:
    text = "\n\n".join(part for part in (signature.reason, body) if part)
    note = message(signature.title, body=text, **{layout.PIPELINERUN_TRAILER: signature.pipelinerun}, **values)
    return repository.commit(tree, parents=parents, author=signature.author, message=note, now=signature.now)
