"""Stock `git` over HTTP against a small server on loopback, and bodies that no git would send."""

import gzip
import io
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from horizon.errors import Invalid
from horizon.gitops import http, layout
from horizon.gitops.repository import Repository, message
from tests.gitops.flows import ANN, NOW, deploy, edit, git, sizes, tips

PROTOCOLS = ["0", "2"]


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Served:
    """A repository and its address; `packed` counts the bodies that came gzip-encoded."""

    repository: Repository
    url: str = ""
    packed: int = 0
    protocols: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Answer as the platform does."""
        protocol = environ.get("HTTP_GIT_PROTOCOL", "")
        self.protocols.append(protocol)
        if environ["REQUEST_METHOD"] == "GET":
            assert parse_qs(environ["QUERY_STRING"]) == {"service": ["git-upload-pack"]}
            start_response("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")])
            return iter([http.advertisement(self.repository, protocol)])
        packed = environ.get("HTTP_CONTENT_ENCODING") == "gzip"
        self.packed += packed
        body = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Content-Type", "application/x-git-upload-pack-result")])
        return http.fetch(self.repository, body, protocol=protocol, packed=packed)


@pytest.fixture
def served(repository: Repository) -> Iterator[Served]:
    """The repository on a port of its own."""
    deploy(repository, "one")
    edit(repository, sizes(replicas=2))
    app = Served(repository)
    with make_server("127.0.0.1", 0, app, handler_class=_Silent) as server:
        app.url = f"http://127.0.0.1:{server.server_port}/shop.git"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield app
        server.shutdown()
        thread.join()


def _line(content: bytes) -> bytes:
    return b"%04x" % (len(content) + 4) + content


def _fetched(repository: Repository, body: bytes, *, protocol: str = "version=2", packed: bool = False) -> bytes:
    return b"".join(http.fetch(repository, io.BytesIO(body), protocol=protocol, packed=packed))


def _ls_refs(*arguments: bytes) -> bytes:
    return _line(b"command=ls-refs\n") + b"0001" + b"".join(_line(argument + b"\n") for argument in arguments) + b"0000"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_clone_has_both_branches_and_checks_out_what_is_released(served: Served, tmp_path: Path, protocol: str) -> None:
    git(tmp_path, "-c", f"protocol.version={protocol}", "clone", "-q", served.url, "clone")

    master, gitops = tips(served.repository)
    assert git(tmp_path / "clone", "rev-parse", "HEAD", "origin/master", "origin/gitops").split() == [master, master, gitops]
    assert git(tmp_path / "clone", "status", "--short") == ""
    assert served.protocols[0] == ("version=2" if protocol == "2" else "")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_references_are_what_git_itself_would_list(served: Served, protocol: str) -> None:
    listed = git(served.repository, "-c", f"protocol.version={protocol}", "ls-remote", "--symref", served.url)

    assert listed == git(served.repository, "ls-remote", "--symref", str(served.repository.path))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_clone_follows_what_happens_later(served: Served, tmp_path: Path, protocol: str) -> None:
    git(tmp_path, "-c", f"protocol.version={protocol}", "clone", "-q", served.url, "clone")
    revision = deploy(served.repository, "two")

    git(tmp_path / "clone", "-c", f"protocol.version={protocol}", "fetch", "-q")

    assert git(tmp_path / "clone", "rev-parse", "origin/master", "origin/gitops").split() == [revision, revision]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_exact_commit_that_is_no_tip_is_fetched_shallow(served: Served, tmp_path: Path, protocol: str) -> None:
    released = tips(served.repository)[0]
    edit(served.repository, sizes(replicas=3))
    deploy(served.repository, "two")
    git(tmp_path, "init", "-q", "clone")

    git(tmp_path / "clone", "-c", f"protocol.version={protocol}", "fetch", "-q", "--depth", "1", served.url, released)

    assert git(tmp_path / "clone", "rev-list", "FETCH_HEAD") == released
    assert git(tmp_path / "clone", "show", "FETCH_HEAD:application.yaml") == served.repository.files(released)[layout.APPLICATION].decode().strip()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fetch_that_knows_much_comes_packed_and_is_answered(served: Served, tmp_path: Path, protocol: str) -> None:
    git(tmp_path, "clone", "-q", served.url, "clone")
    for turn in range(60):
        git(tmp_path / "clone", "commit", "-q", "--allow-empty", "-m", f"of my own {turn}")
    new = edit(served.repository, sizes(replicas=7))

    git(tmp_path / "clone", "-c", f"protocol.version={protocol}", "fetch", "-q")

    assert served.packed
    assert git(tmp_path / "clone", "rev-parse", "origin/gitops") == new


def test_annotated_tags_come_with_a_clone(served: Served, tmp_path: Path) -> None:
    git(served.repository, "tag", "-a", "v1", "-m", "first", layout.MASTER)
    git(served.repository, "pack-refs", "--all")

    git(tmp_path, "clone", "-q", served.url, "clone")

    assert git(tmp_path / "clone", "rev-parse", "v1^{commit}") == tips(served.repository)[0]


def test_references_are_answered_without_a_process(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    warm = [http.advertisement(repository, protocol) for protocol in ("", "version=2")]
    monkeypatch.setattr(subprocess, "Popen", None)

    again = [http.advertisement(repository, protocol) for protocol in ("", "version=2")]
    listed = _fetched(repository, _ls_refs(b"symrefs", b"ref-prefix refs/heads/", b"ref-prefix HEAD"))

    master, gitops = tips(repository)
    assert again == warm
    lines = (f"{master} HEAD symref-target:{layout.MASTER}\n", f"{gitops} {layout.GITOPS}\n", f"{master} {layout.MASTER}\n")
    assert listed == b"".join(_line(line.encode()) for line in lines) + b"0000"


def test_only_the_references_asked_for_are_listed(repository: Repository) -> None:
    listed = _fetched(repository, _ls_refs(b"ref-prefix refs/heads/git"))

    assert listed == _line(f"{tips(repository)[1]} {layout.GITOPS}\n".encode()) + b"0000"


@pytest.mark.parametrize("protocol", ["", "version=2"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"rubbish!",
        b"0x1fcommand=ls-refs",
        b" 14command=ls-refs",
        b"-001",
        b"0003",
        b"ffff",
        b"0014command=ls",
        b"00",
        _ls_refs()[:-2],
        b"\xff" * 99,
    ],
)
def test_a_body_that_is_none_is_refused(repository: Repository, protocol: str, body: bytes) -> None:
    with pytest.raises(Invalid):
        http.fetch(repository, io.BytesIO(body), protocol=protocol, packed=False)


@pytest.mark.parametrize("body", [b"", b"no gzip", gzip.compress(_ls_refs(), mtime=0)[:-6], gzip.compress(b"rubbish!", mtime=0)], ids=len)
def test_a_packed_body_that_is_none_is_refused(repository: Repository, body: bytes) -> None:
    with pytest.raises(Invalid):
        http.fetch(repository, io.BytesIO(body), protocol="version=2", packed=True)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(repository: Repository) -> None:
    bomb = gzip.compress(b"0" * 200_000_000, 1)
    before = time.process_time()

    with pytest.raises(Invalid, match="too large"):
        http.fetch(repository, io.BytesIO(bomb), protocol="version=2", packed=True)

    assert time.process_time() - before < 0.5


def test_a_body_without_end_is_refused(repository: Repository) -> None:
    with open("/dev/zero", "rb") as endless, pytest.raises(Invalid, match="too large"):
        http.fetch(repository, endless, protocol="version=2", packed=False)


def test_a_prefix_that_is_no_text_matches_nothing(repository: Repository) -> None:
    assert _fetched(repository, _ls_refs(b"ref-prefix \xff\xfe")) == b"0000"


@pytest.mark.parametrize("seed", range(3))
def test_random_bodies_never_break_the_server(repository: Repository, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a fixed series
    valid = _ls_refs(b"symrefs", b"ref-prefix refs/heads/")

    for _ in range(300):
        body = bytearray(valid)
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        with suppress(Invalid):
            http.fetch(repository, io.BytesIO(bytes(body)), protocol="version=2", packed=False)


@pytest.fixture
def large(repository: Repository) -> bytes:
    """A request for all of a repository that does not fit into a pipe."""
    head = tips(repository)[1]
    noise = repository.write({"noise": Random(1).randbytes(8_000_000)})  # noqa: S311 - a fixed series
    sha = repository.commit(noise, parents=[head], author=ANN, message=message("Noise"), now=NOW)
    repository.move({layout.GITOPS: (head, sha)})
    return _line(b"command=fetch") + b"0001" + _line(f"want {sha}\n".encode()) + _line(b"done\n") + b"0000"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """The children that were started."""
    children: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return children


def _gits(repository: Repository) -> list[str]:
    """Processes, dead or alive, that serve the repository."""
    done = subprocess.run(["ps", "-eo", "stat,args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if str(repository.path) in line]


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_a_client_that_goes_away_leaves_no_process(repository: Repository, large: bytes, started: list[Any], chunks: int) -> None:
    answer = http.fetch(repository, io.BytesIO(large), protocol="version=2", packed=False)
    for _ in range(chunks):
        next(answer)

    answer.close()  # type: ignore[attr-defined]

    assert len(started) == (1 if chunks else 0)
    assert all(child.returncode is not None for child in started)
    for _ in range(100):
        if not _gits(repository):
            break
        time.sleep(0.02)
    assert _gits(repository) == []


def test_a_fetch_that_ends_leaves_no_process(repository: Repository, large: bytes, started: list[Any]) -> None:
    answer = _fetched(repository, large)

    assert len(answer) > 8_000_000
    assert [child.returncode for child in started] == [0]
    assert _gits(repository) == []
