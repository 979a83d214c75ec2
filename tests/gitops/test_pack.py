"""Packs against stock git: what we write it accepts, what it packs we read, from many threads at once."""

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon.gitops.pack import Pack, packed
from horizon.gitops.repository import Repository
from tests.gitops.flows import edit, git, sizes

BASE = "".join(f"line {number}: {number * 7919}\n" for number in range(2000)).encode()


def named(content: bytes) -> bytes:
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).digest()


@settings(max_examples=30, deadline=None)
@given(st.sets(st.tuples(st.binary(max_size=5), st.sampled_from([1, 4, 900, 5000])), min_size=1, max_size=60))
def test_what_is_written_is_what_git_writes_and_reads_back(seeds: set[tuple[bytes, int]]) -> None:
    contents = {seed * times for seed, times in seeds}
    name, pack, index = packed({named(content): (b"blob", content) for content in contents})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.pack")
        path.write_bytes(pack)
        subprocess.run(["git", "index-pack", "--strict", str(path)], cwd=folder, check=True, capture_output=True)
        opened = Pack(str(path.with_suffix(".idx")))

        assert path.with_suffix(".idx").read_bytes() == index
        assert {opened.read(opened.find(named(content)) or 0) for content in contents} == {(b"blob", content) for content in contents}
        assert opened.find(named(b"nothing of the sort")) is None


@pytest.mark.parametrize("form", [(), ("--no-delta-base-offset",)], ids=["by offset", "by name"])
def test_chains_of_deltas_are_read(repository: Repository, tmp_path: Path, form: tuple[str, ...]) -> None:
    contents = [BASE.replace(b"line 7:", b"row %d:" % number) + b"end\n" * number for number in range(40)]
    names = [repository.store.write(b"blob", content) for content in contents]

    made = subprocess.run(
        ["git", "-C", str(repository.path), "pack-objects", "--window=50", "--depth=50", *form, str(tmp_path / "pack")],
        input="".join(f"{name.hex()} file\n" for name in names),
        capture_output=True,
        text=True,
        check=True,
    )

    index = tmp_path / f"pack-{made.stdout.strip()}.idx"
    opened = Pack(str(index))
    assert "chain length = " in git(repository, "verify-pack", "-v", str(index))
    assert [opened.read(opened.find(name) or 0) for name in names] == [(b"blob", content) for content in contents]


def test_many_threads_read_one_repository(repository: Repository) -> None:
    shas = [edit(repository, sizes(replicas=turn)) for turn in range(2, 40)]
    git(repository, "repack", "-adq")
    wanted = [repository.files(sha) for sha in shas]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda turn: Repository(repository.path).files(shas[turn % len(shas)]), range(20 * len(shas))))

    assert found == wanted * 20


def test_a_large_pack_has_offsets_of_64_bits(repository: Repository, tmp_path: Path) -> None:
    contents = [b"%d" % number * 2000 for number in range(50)]
    names = [repository.store.write(b"blob", content) for content in contents]

    # From this offset on the index is told to use the wide form, as it must beyond 2 GiB.
    made = subprocess.run(
        ["git", "-C", str(repository.path), "pack-objects", "--index-version=2,0x40", str(tmp_path / "pack")],
        input="".join(f"{name.hex()}\n" for name in names),
        capture_output=True,
        text=True,
        check=True,
    )

    opened = Pack(str(tmp_path / f"pack-{made.stdout.strip()}.idx"))
    assert [opened.read(opened.find(name) or 0)[1] for name in names] == contents
