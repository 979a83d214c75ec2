"""Repositories behind Git's own HTTP program on loopback, and addresses that answer as no Git server should."""

import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class GitServer:
    """A folder of repositories and where it answers. `answers` takes the place of Git at addresses that begin so; `asked` is what was asked for."""

    root: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def publish(self, files: Mapping[str, bytes], *, name: str = "templates", tag: str = "v1") -> str:
        """Commit these files as the whole content, tag the commit, and give the repository's address."""
        path = self.root / f"{name}.git"
        if not path.exists():
            self.git(name, "init", "--quiet", "--bare", str(path))
        entries = [f"100644 {self.blob(name, content)}\t{file}" for file, content in files.items()]
        return self.tag(name, tag, entries)

    def tag(self, name: str, tag: str, entries: list[str]) -> str:
        """Tag a commit of these entries as `git update-index --index-info` reads them."""
        index = self.root / f"{name}.index"
        index.unlink(missing_ok=True)
        self.git(name, "update-index", "--index-info", given="".join(f"{entry}\n" for entry in entries).encode(), GIT_INDEX_FILE=str(index))
        tree = self.git(name, "write-tree", GIT_INDEX_FILE=str(index))
        commit = self.git(name, "-c", "user.name=a", "-c", "user.email=a@example.test", "commit-tree", "-m", tag, tree)
        self.git(name, "update-ref", f"refs/tags/{tag}", commit)
        return f"{self.url}/{name}.git"

    def blob(self, name: str, content: bytes) -> str:
        return self.git(name, "hash-object", "-w", "--stdin", given=content)

    def git(self, name: str, *arguments: str, given: bytes = b"", **environment: str) -> str:
        known = {**os.environ, "GIT_DIR": str(self.root / f"{name}.git"), "GIT_CONFIG_GLOBAL": "/dev/null", **environment}
        return subprocess.run(["git", *arguments], input=given, capture_output=True, check=True, env=known).stdout.decode().strip()


@contextmanager
def serving(root: Path, *, certificate: Path | None = None) -> Iterator[GitServer]:
    """Serve on a free port until the end; over TLS where there is a file with a certificate and its key."""
    served = GitServer(root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": served}))
    served.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield served
    served.closing.set()
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: GitServer

    def do_GET(self) -> None:
        self.served.asked.append(self.path)
        for start, answer in self.served.answers.items():
            if self.path.startswith(start):
                answer(self)
                return
        self._answer_by_git()

    do_POST = do_GET

    def _answer_by_git(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.served.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        head, _, content = subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=False, env=asked).stdout.partition(
            b"\r\n\r\n"
        )
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        respond(self, int(headers.pop("Status", "200").split()[0]), content, **headers)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def respond(handler: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str) -> None:
    """One whole answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
