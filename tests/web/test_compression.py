"""Static files are sent compressed to who can read that, and are the same files."""

import gzip
from pathlib import Path

from django.test import Client

from horizon.web import compression

FILES = Path(compression.__file__).parent / "static"


def sent(path: str, encoding: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    answer = Client().get(f"/static/{path}", headers={"Accept-Encoding": encoding, **headers})
    return answer.getvalue(), dict(answer.headers)


def test_a_text_is_compressed_and_the_same() -> None:
    body, headers = sent("web/form.js", "gzip, br")

    assert gzip.decompress(body) == (FILES / "web/form.js").read_bytes()
    assert (headers["Content-Encoding"], headers["Content-Length"], headers["Vary"]) == ("gzip", str(len(body)), "Accept-Encoding")
    assert len(body) < 250_000


def test_who_cannot_read_it_gets_the_file_as_it_is() -> None:
    body, headers = sent("web/app.css", "identity")

    assert body == (FILES / "web/app.css").read_bytes()
    assert "Content-Encoding" not in headers
    assert headers["Vary"] == "Accept-Encoding"


def test_what_is_compressed_already_is_left_alone() -> None:
    body, headers = sent("web/fonts/geist.woff2", "gzip")

    assert body == (FILES / "web/fonts/geist.woff2").read_bytes()
    assert "Content-Encoding" not in headers


def test_a_part_of_a_file_is_a_part_of_the_file() -> None:
    body, headers = sent("web/app.css", "gzip", Range="bytes=0-9")

    assert body == (FILES / "web/app.css").read_bytes()[:10]
    assert "Content-Encoding" not in headers


def test_what_the_browser_has_is_not_sent_again() -> None:
    seen = sent("web/app.css", "gzip")[1]["ETag"]

    answer = Client().get("/static/web/app.css", headers={"Accept-Encoding": "gzip", "If-None-Match": seen})

    assert (answer.status_code, answer.getvalue()) == (304, b"")


def test_pages_are_not_compressed(admin: Client) -> None:
    answer = admin.get("/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
