"""Our chart repository, as stock Helm sees it."""

import functools
import hashlib
import http.server
import subprocess
import threading
from datetime import UTC, datetime, timedelta, timezone

from horizon import helmyaml
from horizon.catalog import release
from horizon.catalog.index import IndexEntry, index
from tests.catalog.charts import TEMPLATES

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def entry(**changes: object) -> IndexEntry:
    given = {"name": "shop", "chart_version": "v0.0.1-ec06d596", "digest_of_archive": "ab" * 32, "created": NOON, "description": "A shop: y"}
    return IndexEntry(**{**given, **changes})


def test_an_entry_says_where_its_archive_is():
    written = helmyaml.read(index([entry()], "https://host/charts/").decode())

    assert written["entries"]["shop"][0]["urls"] == ["https://host/charts/shop-v0.0.1-ec06d596.tgz"]


def test_the_newest_release_comes_first():
    older = entry(chart_version="v0.0.0-11111111", created=NOON - timedelta(days=1))

    written = helmyaml.read(index([older, entry()], "https://host").decode())

    assert [chart["version"] for chart in written["entries"]["shop"]] == ["v0.0.1-ec06d596", "v0.0.0-11111111"]


def test_the_same_entries_in_another_order_give_the_same_bytes():
    entries = [entry(), entry(name="web"), entry(chart_version="v0.0.2-11111111")]

    assert index(entries, "https://host") == index(entries[::-1], "https://host")


def test_times_are_written_in_utc():
    away = NOON.astimezone(timezone(timedelta(hours=8)))

    assert index([entry(created=away)], "https://host") == index([entry()], "https://host")


def test_an_empty_shelf_is_an_index_too():
    assert helmyaml.read(index([], "https://host").decode())["entries"] == {}


def test_stock_helm_pulls_what_we_packed(helm, tmp_path):
    made = release.load_folder(TEMPLATES / "deployment")
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / f"{made.name}-{made.chart_version}.tgz").write_bytes(made.archive)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(shelf))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    digest = hashlib.sha256(made.archive).hexdigest()
    (shelf / "index.yaml").write_bytes(
        index([entry(name=made.name, chart_version=made.chart_version, digest_of_archive=digest, description=made.description)], url)
    )

    command = [helm, "pull", made.name, "--repo", url, "--version", made.chart_version, "--destination", tmp_path]
    homes = {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    subprocess.run(command, check=True, capture_output=True, env=homes)
    server.shutdown()
    server.server_close()

    assert (tmp_path / f"{made.name}-{made.chart_version}.tgz").read_bytes() == made.archive
