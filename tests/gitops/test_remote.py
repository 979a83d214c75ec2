"""Fetching a tag from repositories that mean well and from servers that do not."""

import os
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from horizon.catalog.renderer import Renderer
from horizon.errors import HorizonError, Invalid, Unavailable
from horizon.gitops import remote
from horizon.gitops.remote import Source
from tests.catalog.charts import chart, config_map
from tests.services.git_server import GitServer, respond, serving

FILES = {"shop/Chart.yaml": b"name: shop\n", "shop/templates/a.yaml": b"a: 1\n", "shop/.hidden/x": b"x", "README.md": b"# All\n"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as served:
        yield served


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where fetched things lie meanwhile; nothing may stay there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def fetch(url: str, *, tag: str = "v1", folder: str = "", max_files: int = 100, max_bytes: int = 1024 * 1024) -> remote.Fetched:
    return remote.fetch(Source(url, tag, folder), max_files=max_files, max_bytes=max_bytes)


def refusal(url: str, **given: object) -> HorizonError:
    with pytest.raises(HorizonError) as caught:
        fetch(url, **given)
    return caught.value


def test_a_folder_of_a_tag_is_fetched(server: GitServer) -> None:
    url = server.publish(FILES)

    fetched = fetch(url, folder="/shop/")

    assert dict(fetched.files) == {"Chart.yaml": b"name: shop\n", "templates/a.yaml": b"a: 1\n"}
    assert fetched.commit == server.git("templates", "rev-parse", "v1")


def test_a_whole_repository_is_fetched_as_the_tag_has_it(server: GitServer) -> None:
    url = server.publish({"Chart.yaml": b"old\n", "empty": b"", "crlf": b"a\r\nb\n\n"})
    server.publish({"Chart.yaml": b"new\n"}, tag="releases/v2")

    assert dict(fetch(url).files) == {"Chart.yaml": b"old\n", "empty": b"", "crlf": b"a\r\nb\n\n"}
    assert dict(fetch(url, tag="releases/v2").files) == {"Chart.yaml": b"new\n"}


def test_an_annotated_tag_is_fetched(server: GitServer) -> None:
    url = server.publish(FILES)
    server.git("templates", "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "one", "annotated", "v1")

    assert fetch(url, tag="annotated") == fetch(url)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"tag": "v9"}, "git_tag"),
        ({"tag": "main"}, "git_tag"),
        ({"tag": "-v"}, "git_tag"),
        ({"tag": "--upload-pack=touch x"}, "git_tag"),
        ({"tag": "a..b"}, "git_tag"),
        ({"tag": "v1:refs/heads/x"}, "git_tag"),
        ({"tag": "a b"}, "git_tag"),
        ({"tag": "v1\0"}, "git_tag"),
        ({"tag": ""}, "git_tag"),
        ({"tag": "x" * 1000}, "git_tag"),
        ({"folder": "nothing"}, "git_path"),
        ({"folder": "shop/Chart.yaml"}, "git_path"),
        ({"folder": "../shop"}, "git_path"),
        ({"folder": "shop/../shop"}, "git_path"),
        ({"folder": ".hidden"}, "git_path"),
        ({"folder": "shop\\templates"}, "git_path"),
        ({"folder": "shop\0"}, "git_path"),
        ({"folder": "shop//templates"}, "git_path"),
    ],
)
def test_what_is_not_there_or_no_plain_name_is_refused(server: GitServer, given: dict[str, str], code: str) -> None:
    url = server.publish(FILES)
    server.git("templates", "update-ref", "refs/heads/main", "v1")

    assert refusal(url, **given).code == code


def test_a_tag_that_names_no_commit_is_refused(server: GitServer) -> None:
    url = server.publish(FILES)
    server.git("templates", "update-ref", "refs/tags/blob", server.blob("templates", b"x"))

    assert refusal(url, tag="blob").code == "git_tag"


@pytest.mark.parametrize(("mode", "word"), [("120000", "a link"), ("160000", "a submodule")])
def test_links_and_submodules_are_refused(server: GitServer, mode: str, word: str) -> None:
    url = server.publish(FILES)
    sha = server.git("templates", "rev-parse", "v1") if mode == "160000" else server.blob("templates", b"/etc/passwd")
    server.tag("templates", "v1", [f"{mode} {sha}\tshop/x"])

    error = refusal(url)

    assert (error.code, error.details["file"]) == ("archive_link", "shop/x")
    assert word in error.message


def test_too_many_files_are_refused(server: GitServer) -> None:
    url = server.publish(FILES)

    assert refusal(url, max_files=2).code == "archive_size"
    assert len(fetch(url, max_files=3).files) == 3


def test_too_many_bytes_are_refused_before_they_are_read(server: GitServer) -> None:
    url = server.publish({"bomb": b"\0" * 5_000_000})

    assert refusal(url).code == "archive_size"


def test_a_tree_that_unfolds_without_end_is_refused(server: GitServer) -> None:
    url = server.publish({"file": b"x"})
    entry = f"100644 blob {server.blob('templates', b'x')}\tf"
    for _ in range(12):
        tree = server.git("templates", "mktree", given=entry.encode())
        entry = "".join(f"040000 tree {tree}\t{letter}\n" for letter in "abcdefghij")
    commit = server.git("templates", "-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree)
    server.git("templates", "update-ref", "refs/tags/v1", commit)

    assert refusal(url).code == "git_size"


def test_a_pack_that_is_too_large_is_refused(server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_FETCHED", 1024 * 1024)
    url = server.publish({"noise": os.urandom(3_000_000)})

    assert refusal(url).code == "git_size"


def test_a_path_that_is_no_text_stays_one_that_archives_refuse(server: GitServer) -> None:
    url = server.publish(FILES)
    given = b"100644 blob " + server.blob("templates", b"x").encode() + b"\t\xff\0"
    tree = server.git("templates", "mktree", "-z", given=given)
    commit = server.git("templates", "-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree)
    server.git("templates", "update-ref", "refs/tags/v1", commit)

    assert fetch(url).files == [("\\xff", b"x")]


# -- servers that mean no good


def test_a_redirect_is_not_followed(server: GitServer) -> None:
    server.publish(FILES)
    server.answers["/elsewhere"] = lambda handler: respond(handler, 302, Location=server.url + handler.path.replace("/elsewhere", "/templates"))

    assert isinstance(refusal(f"{server.url}/elsewhere.git"), Invalid)
    assert [path for path in server.asked if path.startswith("/templates")] == []


def test_the_old_protocol_is_refused_so_that_nothing_names_other_addresses(server: GitServer) -> None:
    url = server.publish(FILES)
    server.git("templates", "repack", "-adq")
    server.git("templates", "update-server-info")
    repository = server.root / "templates.git"
    (repository / "objects" / "info" / "http-alternates").write_text(f"{server.url}/inside.git/objects\n")
    server.answers["/"] = lambda handler: plain_file(handler, server.root)

    assert isinstance(refusal(url), Invalid)
    assert [path for path in server.asked if "inside" in path] == []


def plain_file(handler: BaseHTTPRequestHandler, root: Path) -> None:
    path = root / handler.path.partition("?")[0].lstrip("/")
    respond(handler, 200, path.read_bytes()) if path.is_file() else respond(handler, 404)


def test_a_server_that_asks_for_a_password_gets_none(server: GitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sent = []
    server.answers["/"] = lambda handler: (sent.append(handler.headers.get("Authorization")), respond(handler, 401, **{"WWW-Authenticate": "Basic"}))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bob password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    error = refusal(f"{server.url}/private.git")

    assert (error.code, set(sent)) == ("git_refused", {None})
    assert "sign-in" in error.message


def test_what_the_server_says_is_not_passed_on(server: GitServer) -> None:
    server.answers["/"] = lambda handler: respond(handler, 404, b"secret of an inner service", **{"Content-Type": "text/plain"})

    error = refusal(f"{server.url}/x.git")

    assert error.code == "git_refused"
    assert "secret" not in error.message


def test_a_server_that_never_answers_is_given_up(server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIME_LIMIT", 1.0)
    server.answers["/"] = lambda handler: server.closing.wait()

    error = refusal(f"{server.url}/slow.git")

    assert isinstance(error, Unavailable)
    assert error.code == "git_timeout"


def test_a_server_that_sends_without_end_is_given_up(server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIME_LIMIT", 1.0)
    server.answers["/"] = lambda handler: drip(handler, server)

    assert refusal(f"{server.url}/slow.git").code == "git_timeout"


def drip(handler: BaseHTTPRequestHandler, server: GitServer) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
    handler.end_headers()
    while not server.closing.wait(0.01):
        try:
            handler.wfile.write(b"001e# service=git-upload-pack\n")
        except OSError:
            return


def test_nobody_listens_there(server: GitServer) -> None:
    error = refusal("http://127.0.0.1:1/x.git")

    assert isinstance(error, Unavailable)
    assert error.code == "git_unreachable"


@pytest.mark.parametrize("url", ["file:///etc", "ext::sh -c date", "ssh://git@localhost/x", "git://localhost/x", "/etc"])
def test_other_transports_are_refused_by_git_too(url: str) -> None:
    with pytest.raises(HorizonError):
        fetch(url)


def test_a_configuration_of_this_host_is_not_read(server: GitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = server.publish(FILES)
    (tmp_path / ".gitconfig").write_text(f'[url "{server.url}/other"]\n\tinsteadOf = {server.url}/templates\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")

    assert len(fetch(url).files) == 3


# -- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for loopback that nobody else has signed, made by Helm."""
    made = b"""{{ $made := genSelfSignedCert "127.0.0.1" (list "127.0.0.1") nil 1 }}{{ print $made.Cert $made.Key | toJson }}"""
    renderer = Renderer(timeout=30, children=1)
    (found,) = renderer.render(chart({"map.yaml": config_map("made", pem=made.decode())}), [], name="made", namespace="made")
    renderer.close()
    (tmp_path / "certificate.pem").write_text(found["data"]["pem"])
    return tmp_path / "certificate.pem"


@pytest.fixture
def secure(tmp_path: Path, certificate: Path) -> Iterator[GitServer]:
    (tmp_path / "secure").mkdir()
    with serving(tmp_path / "secure", certificate=certificate) as served:
        yield served


def test_a_certificate_that_nobody_trusts_is_refused(secure: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = secure.publish(FILES)
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")

    error = refusal(url)

    assert (error.code, secure.asked) == ("git_refused", [])
    assert "certificate" in error.message


def test_a_trusted_certificate_is_accepted(secure: GitServer, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = secure.publish(FILES)
    monkeypatch.setitem(remote._CONFIG, "http.sslCAInfo", str(certificate))

    assert len(fetch(url).files) == 3


# -- addresses


@pytest.mark.parametrize(
    ("url", "prefixes"),
    [
        ("https://git.example.com/a/b.git", ["https://"]),
        ("https://git.example.com/a/b.git/", ["https://git.example.com"]),
        ("https://GIT.example.com:443/a/b.git", ["https://git.example.com/a"]),
        ("http://127.0.0.1:3000/a.git", ["https://", "http://127.0.0.1:3000/"]),
        ("http://internal/a.git", ["http://"]),
    ],
)
def test_addresses_below_an_allowed_beginning_pass(url: str, prefixes: list[str]) -> None:
    remote.require_allowed(url, prefixes)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://git.example.com/team/a.git", "git_source"),
        ("https://git.example.com/teamwork/a.git", "git_source"),
        ("https://git.example.com.evil.test/team/a.git", "git_source"),
        ("https://git.example.com:8443/team/a.git", "git_source"),
        ("https://git.example.com/other/a.git", "git_source"),
        ("https://git.example.com/team/../other/a.git", "git_url"),
        ("https://git.example.com/team/%2e%2e/other", "git_url"),
        ("https://user:secret@git.example.com/team/a.git", "git_url"),
        ("https://git.example.com\\@evil.test/team/a.git", "git_url"),
        ("https://git.example.com/team/a.git?x=1", "git_url"),
        ("https://git.example.com/team/a.git#x", "git_url"),
        ("https://git.example.com/team/a b", "git_url"),
        ("https://git.example.com/team/a\n", "git_url"),
        ("https://", "git_url"),
        ("HTTPS://git.example.com/team/a.git", "git_url"),
        ("file:///etc/passwd", "git_url"),
        ("ssh://git@git.example.com/team/a.git", "git_url"),
        ("git@git.example.com:team/a.git", "git_url"),
        ("ext::sh -c date", "git_url"),
        ("--upload-pack=date", "git_url"),
        ("/etc", "git_url"),
        ("", "git_url"),
        ("https://git.example.com/team/" + "x" * 1000, "git_url"),
    ],
)
def test_other_addresses_are_refused(url: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        remote.require_allowed(url, ["https://git.example.com/team"])

    assert caught.value.code == code


def test_no_beginnings_allow_nothing() -> None:
    with pytest.raises(Invalid):
        remote.require_allowed("https://git.example.com/a.git", [])
