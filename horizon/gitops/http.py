"""A repository over Git's smart HTTP, read only, protocol 0 and 2.

References are answered in process; `git upload-pack` is started for real fetches only. Source: git's `gitprotocol-http` and
`gitprotocol-v2` documents.
"""

import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO

from horizon.errors import Invalid, Unavailable
from horizon.gitops.layout import MASTER
from horizon.gitops.repository import PLATFORM, Repository

MAX_REQUEST = 1024 * 1024
"""Bytes of a fetch request once unpacked: a list of wanted and known commits."""
_CHUNK = 65_536
_FETCH_LIMIT = "120"
_CONFIG = {
    "safe.directory": "*",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "uploadpack.allowReachableSHA1InWant": "true",
}
_FLUSH, _DELIMITER = b"0000", b"0001"
_SIZE = re.compile(b"[0-9a-fA-F]{4}")


def environment(protocol: str = "") -> dict[str, str]:
    """What a git child may see: none of the host's configuration, only ours."""
    given = {
        f"GIT_CONFIG_{kind}_{place}": text for place, pair in enumerate(_CONFIG.items()) for kind, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"}
    return {**base, **given, "GIT_CONFIG_COUNT": str(len(_CONFIG)), **({"GIT_PROTOCOL": protocol} if protocol else {})}


def is_version_2(protocol: str) -> bool:
    """Whether a `Git-Protocol` header asks for version 2."""
    return "version=2" in protocol.split(":")


def advertisement(repository: Repository, protocol: str) -> bytes:
    """The answer to `GET info/refs?service=git-upload-pack`."""
    service = _line(b"# service=git-upload-pack\n") + _FLUSH
    if is_version_2(protocol):
        return service + _capabilities_2()
    refs = repository.refs.read()
    head = _head(repository)
    lines = [(refs[head], "HEAD")] if head in refs else []
    lines += [(sha, name) for name, sha in sorted(refs.items())]
    if not lines:
        lines = [("0" * 40, "capabilities^{}")]
    capabilities = _capabilities_0() + f" symref=HEAD:{head}".encode()
    first, *rest = [f"{sha} {name}".encode() for sha, name in lines]
    return service + _line(first + b"\0" + capabilities + b"\n") + b"".join(_line(line + b"\n") for line in rest) + _FLUSH


def fetch(repository: Repository, body: IO[bytes], *, protocol: str, packed: bool) -> Iterator[bytes]:
    """The answer to `POST git-upload-pack`; `packed` says that the body is gzip-encoded.

    Raises `Invalid` for a body that is none, before the first chunk.
    """
    request = _body(body, packed=packed)
    packets = list(_packets(request))
    if is_version_2(protocol) and packets[0] == b"command=ls-refs":
        return iter([_ls_refs(repository, packets)])
    return _upload_pack(repository.path, request, protocol)


def _body(body: IO[bytes], *, packed: bool) -> bytes:
    raw = body.read(MAX_REQUEST + 1)
    request = _unpacked(raw) if packed else raw
    if len(raw) > MAX_REQUEST or len(request) > MAX_REQUEST:
        raise Invalid("the request's body is too large", code="too_large")
    return request


def _unpacked(raw: bytes) -> bytes:
    """At most one byte more than may be. Raises `Invalid`."""
    unpacker = zlib.decompressobj(31)
    try:
        request = unpacker.decompress(raw, MAX_REQUEST + 1)
    except zlib.error as error:
        raise Invalid("the request's body is not gzip", code="body") from error
    if not unpacker.eof and len(request) <= MAX_REQUEST:
        raise Invalid("the request's body is cut off", code="body")
    return request


def _upload_pack(path: Path, request: bytes, protocol: str) -> Iterator[bytes]:
    """Git's answer. It is started by whoever reads it, so that nobody leaves it behind."""
    command = ["timeout", _FETCH_LIMIT, "git", "upload-pack", "--stateless-rpc", str(path)]
    with tempfile.TemporaryFile() as spool:
        spool.write(request)
        spool.seek(0)
        # Not in the worker's group: a stop of the server ends it by its pipe.
        child = subprocess.Popen(command, stdin=spool, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(protocol))
    with child:
        try:
            while chunk := child.stdout.read1(_CHUNK):  # type: ignore[union-attr]
                yield chunk
        finally:
            # Also reached when the client goes away in the middle.
            child.terminate()


@cache
def _capabilities_2() -> bytes:
    """The version 2 advertisement, which does not depend on the repository."""
    return _advertised("version=2")


@cache
def _capabilities_0() -> bytes:
    """The version 0 capabilities that depend on no repository."""
    first = _advertised("").split(b"\n", 1)[0]
    words = first.partition(b"\0")[2].split()
    return b" ".join(word for word in words if not word.startswith(b"symref="))


def _advertised(protocol: str) -> bytes:
    """What git itself says of a scratch repository; one without a branch says nothing in version 0."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scratch.git")
        with Repository.created(path, head=MASTER) as scratch:
            sha = scratch.commit(scratch.write({}), parents=[], author=PLATFORM, message="Scratch", now=datetime.fromtimestamp(0, UTC))
            scratch.move({MASTER: (None, sha)})
        command = ["git", "upload-pack", "--stateless-rpc", "--http-backend-info-refs", str(path)]
        done = subprocess.run(command, capture_output=True, env=environment(protocol), check=False)
    if done.returncode:
        raise Unavailable("git upload-pack does not start", code="git")
    return done.stdout


def _ls_refs(repository: Repository, packets: list[bytes]) -> bytes:
    arguments = packets[packets.index(_DELIMITER) + 1 :] if _DELIMITER in packets else []
    prefixes = tuple(argument[len(b"ref-prefix ") :] for argument in arguments if argument.startswith(b"ref-prefix ")) or (b"",)
    refs, head = repository.refs.read(), _head(repository)
    lines = []
    if head in refs and b"HEAD".startswith(prefixes):
        lines.append(f"{refs[head]} HEAD" + (f" symref-target:{head}" if b"symrefs" in arguments else ""))
    lines += [f"{sha} {name}" for name, sha in sorted(refs.items()) if name.encode().startswith(prefixes)]
    return b"".join(_line(line.encode() + b"\n") for line in lines) + _FLUSH


def _head(repository: Repository) -> str:
    return (repository.path / "HEAD").read_text().removeprefix("ref: ").strip()


def _line(content: bytes) -> bytes:
    return b"%04x" % (len(content) + 4) + content


def _packets(request: bytes) -> Iterator[bytes]:
    """The request's pkt-lines, at least one; flush, delimiter and end as they are. Raises `Invalid`."""
    place = 0
    while place < len(request) or not place:
        head = request[place : place + 4]
        size = int(head, 16) if _SIZE.fullmatch(head) else 3
        if size == 3 or place + size > len(request):
            raise Invalid("the request's body is no git packet", code="body")
        yield request[place + 4 : place + size].rstrip(b"\n") if size > 3 else head
        place += max(size, 4)
