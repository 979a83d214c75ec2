"""The published files, byte for byte."""

from pathlib import Path

import pytest

from horizon import helmyaml
from horizon.gitops import layout
from horizon.gitops.rewrite import rewrite

FORMATS = Path(__file__).resolve().parents[1] / "formats"
PUBLISHED = sorted(path.relative_to(FORMATS).as_posix() for path in FORMATS.rglob("*.yaml"))


def test_every_file_of_the_layout_has_a_published_example_or_a_written_one() -> None:
    assert set(PUBLISHED) <= {layout.CHART, layout.PIPELINE, *layout.VALUE_FILES}
    assert len(PUBLISHED) >= 7


@pytest.mark.parametrize("file", PUBLISHED)
def test_the_same_data_leaves_a_published_file_as_it_is(file: str) -> None:
    text = (FORMATS / file).read_text()

    assert rewrite(text, helmyaml.read_map(text)) == text


@pytest.mark.parametrize("file", PUBLISHED)
def test_a_published_file_is_what_the_platform_writes(file: str) -> None:
    text = (FORMATS / file).read_text()

    assert helmyaml.write(helmyaml.read(text), indented_lists=file == layout.CHART) == text


@pytest.mark.parametrize("file", PUBLISHED)
def test_a_key_that_comes_and_goes_leaves_no_trace(file: str) -> None:
    text = (FORMATS / file).read_text()
    data = helmyaml.read_map(text)

    changed = rewrite(text, {**data, "new": {"deep": ["NO", {"x": None}]}})

    assert changed.startswith(text)
    assert rewrite(changed, data) == text


def test_the_last_file_that_wins_is_the_one_of_the_sre() -> None:
    assert layout.VALUE_FILES[-1] == layout.SRE
    assert layout.OWNERS.keys() == {layout.PIPELINE, *layout.VALUE_FILES}
