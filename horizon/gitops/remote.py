"""The files of a tag in somebody else's repository, fetched without trust.

Git runs as a child that sees no configuration, credentials or hooks of this host, follows no redirect and no submodule, and makes no work tree.
It fetches one commit: a server that speaks Git's old protocol, which could send it on to other addresses, cannot give that and is refused.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from horizon.errors import Invalid, Unavailable
from horizon.gitops.http import environment

TIME_LIMIT = 60.0
"""Seconds for all of it."""
MAX_FETCHED = 64 * 1024 * 1024
"""Bytes of the packed commit: what lies beside the template in its repository is fetched with it."""
_MAX_MEMORY = 1024 * 1024 * 1024

_LONGEST = 500
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[\w.~+-]+)*)/?", re.ASCII
)
_TAG = re.compile(r"\w[\w.+-]*(?:/\w[\w.+-]*)*", re.ASCII)
_FOLDER = re.compile(r"(?:[\w+-][\w .+-]*(?:/[\w+-][\w .+-]*)*)?", re.ASCII)
_PORTS = {"http": "80", "https": "443"}
_LIMITED = 'ulimit -c 0; ulimit -f "$1"; ulimit -v "$2"; shift 2; exec "$@"'
"""POSIX: files in blocks of 512 bytes, memory in KiB."""
_CONFIG = {
    "http.followRedirects": "false",
    "credential.helper": "",
    "core.askPass": "",
    "core.hooksPath": "/dev/null",
    "core.bigFileThreshold": "1m",
    "fetch.unpackLimit": "1",
    "pack.threads": "1",
    "transfer.bundleURI": "false",
}
_GONE = (
    "could not resolve",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "timed out",
    "connection reset",
    "early eof",
    "rpc failed",
)
_TIMED_OUT, _TOO_LARGE = (124, 137), (153, -25)
_PLAIN, _LINK, _SUBMODULE = ("100644", "100755"), "120000", "160000"


@dataclass(frozen=True)
class Source:
    """A folder of a repository at a tag; no folder is the whole repository."""

    url: str
    tag: str
    folder: str = ""


@dataclass(frozen=True)
class Fetched:
    """The files, paths from below the folder and contents as the repository has them, unchecked; hidden ones are left out."""

    commit: str
    files: list[tuple[str, bytes]]


def require_allowed(url: str, prefixes: Sequence[str]) -> None:
    """Let an address pass that begins with one of these, by whole parts; `https://` is every host. Raises `Invalid`."""
    address = _normal(url)
    if not address or url.endswith("://"):
        raise Invalid(
            "the url must be like https://git.example.com/team/templates.git, without a user in it", code="git_url", details={"field": "url"}
        )
    if not any(address.startswith(_normal(prefix) or "\0") for prefix in prefixes):
        message = f"templates come only from {' or '.join(prefixes) or 'uploads'}: upload the archive, or ask whoever runs the platform"
        raise Invalid(message, code="git_source", details={"field": "url"})


def fetch(source: Source, *, max_files: int, max_bytes: int) -> Fetched:
    """The files of a tag. Raises `Invalid` for what is not there or not plain or too large, `Unavailable` for a server that does not answer.

    The caller asks `require_allowed` before. Nothing stays on disk.
    """
    tag, folder = _checked(source)
    with tempfile.TemporaryDirectory(prefix="horizon-fetch-") as home:
        git = _Git(Path(home), source.url.partition(":")[0])
        git.run("init", "--quiet", "--bare", "--template=", str(git.repository))
        git.run("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--", source.url, f"{tag}:{tag}")
        commit = git.run("rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}").decode().strip()
        entries = list(_entries(git.run("ls-tree", "-r", "-z", "--long", "--full-tree", f"{commit}:{folder}"), max_files, max_bytes))
        blobs = _blobs(git.run("cat-file", "--batch", given="".join(f"{sha}\n" for _, sha in entries).encode()))
        return Fetched(commit, list(zip((path for path, _ in entries), blobs, strict=True)))


def _normal(url: str) -> str:
    """An address with its port and an end, so that a beginning of it ends where a part ends; empty for what is none."""
    if url in ("http://", "https://"):
        return url
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    if not found or {".", ".."} & set(found["path"].split("/")):
        return ""
    return f"{found['scheme']}://{found['host'].lower()}:{found['port'] or _PORTS[found['scheme']]}{found['path']}/"


def _checked(source: Source) -> tuple[str, str]:
    tag, folder = source.tag, source.folder.strip("/")
    if len(tag) > _LONGEST or not _TAG.fullmatch(tag) or ".." in tag or tag.endswith((".", ".lock")):
        raise Invalid(f"{tag[:80]!r} is no name of a tag", code="git_tag", details={"field": "tag"})
    if len(folder) > _LONGEST or not _FOLDER.fullmatch(folder):
        raise Invalid(f"{folder[:80]!r} is no plain relative path", code="git_path", details={"field": "path"})
    return f"refs/tags/{tag}", folder


class _Git:
    """Git children in one folder, with one time limit for all of them."""

    def __init__(self, home: Path, scheme: str) -> None:
        self.repository = home / "repository"
        self._ends = time.monotonic() + TIME_LIMIT
        # A folder of its own as home: curl would look for a .netrc in the user's.
        self._environment = {
            **environment(),
            "HOME": str(home),
            "GIT_DIR": str(self.repository),
            "GIT_ALLOW_PROTOCOL": scheme,
            "GIT_TERMINAL_PROMPT": "0",
        }

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git answers. Raises `Invalid`, `Unavailable`."""
        left = max(self._ends - time.monotonic(), 0.1)
        config = [word for key, value in _CONFIG.items() for word in ("-c", f"{key}={value}")]
        limits = [str(MAX_FETCHED // 512), str(_MAX_MEMORY // 1024)]
        # `timeout` ends the whole group: git's own children do the fetching. Files, not pipes: their size has a limit.
        command = ["timeout", "--kill-after=1", f"{left:.1f}", "sh", "-c", _LIMITED, "sh", *limits, "git", *config, *arguments]
        with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as words:
            done = subprocess.run(command, input=given, stdout=answer, stderr=words, env=self._environment, check=False)
            answer.seek(0)
            words.seek(0)
            if done.returncode:
                said = words.read(_LONGEST * 100).decode(errors="replace")
                raise _too_large() if self._full() else _failure(arguments[0], done.returncode, said)
            return answer.read()

    def _full(self) -> bool:
        """Whether a file met its limit: the child that wrote it is killed without a word."""
        return any(path.stat().st_size >= MAX_FETCHED // 512 * 512 for path in self.repository.rglob("*"))


def _failure(step: str, status: int, words: str) -> Invalid | Unavailable:
    """Say why in our own words where we can. What the server wrote (`remote: …`) is left out: it could be anything that is reachable from here."""
    lines = [line.strip() for line in words.splitlines() if line.startswith(("fatal:", "error:"))]
    said = lines[-1].partition(": ")[2][:200] if lines else f"git ended with {status}"
    lowered = words.lower()
    if status in _TIMED_OUT:
        return Unavailable(f"the repository was not fetched within {TIME_LIMIT:g} seconds", code="git_timeout")
    if status in _TOO_LARGE or "file too large" in lowered or "out of memory" in lowered:
        return _too_large()
    if "couldn't find remote ref" in lowered or step == "rev-parse":
        return Invalid("the repository has no such tag, or it names no commit", code="git_tag", details={"field": "tag"})
    if step == "ls-tree":
        return Invalid("the tag has no such folder", code="git_path", details={"field": "path"})
    if any(sign in lowered for sign in _GONE):
        return Unavailable(f"the repository is out of reach: {said}", code="git_unreachable")
    if "could not read username" in lowered or "authentication failed" in lowered:
        said = "it asks for a sign-in, and only public ones are fetched: upload the archive"
    return Invalid(f"the repository is not fetched: {said}", code="git_refused", details={"field": "url"})


def _too_large() -> Invalid:
    return Invalid(f"the tag is larger than {MAX_FETCHED // 1024 // 1024} MiB, or takes too much memory: upload the archive", code="git_size")


def _entries(listed: bytes, max_files: int, max_bytes: int) -> Iterator[tuple[str, str]]:
    """Path and id of every file that is not hidden. Raises `Invalid` before anything large is read."""
    count = total = 0
    for line in filter(None, listed.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, sha, size = head.decode().split()
        path = name.decode(errors="backslashreplace")
        if any(part.startswith(".") for part in path.split("/")):
            continue
        if mode not in _PLAIN:
            raise Invalid(
                f"{path[:80]} is {_SPECIAL.get(mode, 'special')}: only plain files are allowed.", code="archive_link", details={"file": path[:255]}
            )
        count, total = count + 1, total + int(size)
        if count > max_files or total > max_bytes:
            message = f"A template has at most {max_files} files, together at most {max_bytes // 1024 // 1024} MiB: name its folder."
            raise Invalid(message, code="archive_size")
        yield path, sha


_SPECIAL = {_LINK: "a link", _SUBMODULE: "a submodule"}


def _blobs(answer: bytes) -> Iterator[bytes]:
    """The contents in `git cat-file --batch`: each after a line that ends in its size, and before a line break."""
    place = 0
    while place < len(answer):
        line = answer.index(b"\n", place)
        end = line + 1 + int(answer[place:line].rsplit(b" ", 1)[1])
        yield answer[line + 1 : end]
        place = end + 1
