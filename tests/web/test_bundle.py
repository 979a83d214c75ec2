"""The committed bundles of form and editor are those that their sources give, seen without Node: their headers carry the digest of the sources."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES, BUILT = ROOT / "frontend", ROOT / "horizon" / "web" / "static" / "web"
_HEAD = re.compile(rb"/\* Built by make frontend\. sources sha256:([0-9a-f]{64}) body sha256:([0-9a-f]{64}) \*/\n")
SCRIPTS = ("form.js", "editor.js")
FILES = (*SCRIPTS, "form-style.css")


def digest_of_sources() -> str:
    """As `frontend/build.mjs` makes it: every path and its bytes, in the order of the paths."""
    paths = [path for path in (SOURCES / "src").rglob("*") if path.is_file()]
    paths += [SOURCES / name for name in ("build.mjs", "package.json", "package-lock.json")]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(SOURCES).as_posix(), path) for path in paths):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read(file: str) -> tuple[str, str, bytes]:
    """A built file: the digests in its header, and its body."""
    content = (BUILT / file).read_bytes()
    head = _HEAD.match(content)
    assert head, f"{file} has no header: build it with make frontend"
    return head[1].decode(), head[2].decode(), content[head.end() :]


@pytest.mark.parametrize("file", FILES)
def test_bundle_was_built_from_these_sources(file: str) -> None:
    built_from, _body, _content = read(file)

    assert built_from == digest_of_sources(), "the sources changed: run make frontend and commit what it built"


@pytest.mark.parametrize("file", FILES)
def test_bundle_was_not_changed_by_hand(file: str) -> None:
    _sources, body, content = read(file)

    assert body == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("file", SCRIPTS)
def test_bundle_evaluates_nothing(file: str) -> None:
    _sources, _body, content = read(file)

    assert re.findall(rb"new Function\(|(?<![\w.$])eval\(", content) == []


def test_licences_name_every_package_that_is_imported() -> None:
    wanted = json.loads((SOURCES / "package.json").read_text())["dependencies"]

    texts = "\n".join((BUILT / name.replace(".js", ".licences.txt")).read_text() for name in SCRIPTS)
    noted = dict(re.findall(r"^(\S+) (\d\S*): \S+$", texts, re.MULTILINE))

    assert wanted.items() <= noted.items()


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    package, lock = (json.loads((SOURCES / name).read_text()) for name in ("package.json", "package-lock.json"))

    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for kind in ("dependencies", "devDependencies") for version in package[kind].values())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert [name for name, entry in lock["packages"].items() if name and "integrity" not in entry] == []
