"""Values and sentences as a page writes them, and that none of them stands where it cannot be translated."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from horizon.inventory.models import Cluster
from horizon.web import words
from horizon.web.templatetags.horizon import shortened, written
from tests.web.island import given

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "horizon" / "web" / "templates").rglob("*.html"))
SOURCES = sorted(path for path in (ROOT / "frontend" / "src").rglob("*.js*"))
NAMES = frozenset(("Horizon", "application.yaml", "default", "deploy:", "danger", "UTC"))
"""What is the same in every language: our name, files, branches, keys of an interface, units, values that a template hands on."""
EXAMPLES = frozenset(("https://git.example.com/platform/templates.git", "shop-v1.0.0", "charts/shop", "team=payments, beta", "payments"))

_TAG = re.compile(r"\{%\s*(comment|blocktranslate)\b.*?\{%\s*end\1\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_MARKUP = re.compile(r"<(script|style|svg)\b.*?</\1>|<!.*?>|<[^>]*>", re.DOTALL)
_READ = r"title|aria-label|placeholder|alt|label|data-copied|data-lead|data-keys"
_ATTRIBUTE = re.compile(rf'\b(?:{_READ})="([^"]*[A-Za-z]{{2}}[^"]*)"')
_WORD = re.compile(r"[A-Za-z]{2}")
_SPOKEN = re.compile(r"\b(?:t|parts)\(\s*'((?:[^'\\]|\\.)*)'\s*[,)]")
_CALL = re.compile(r"(?<!function )\b(?:t|parts)\(")
_JSX_TEXT = re.compile(r">([^<>{}=;()&|]*[A-Za-z]{2}[^<>{}=;()&|]*)<")
_JSX_MARKUP = re.compile(r"<[a-zA-Z].*?>[^;]*?</\w+>", re.DOTALL)
_JSX_ATTRIBUTE = re.compile(rf"\b(?:{_READ}|empty|heading|says)=(?:\"[^\"]*[A-Za-z]{{2}}[^\"]*\"|\{{['`])")


def bare(template: str) -> set[str]:
    """Words of a template that no translation reaches."""
    text = _TAG.sub(" ", template)
    lines = _MARKUP.sub("\n", text).splitlines()
    return {" ".join(line.replace("·", " ").split()) for line in lines if _WORD.search(line)} | set(_ATTRIBUTE.findall(text))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "true"),
        (3, "3"),
        ({"a": {"b": True}}, "a:\n  b: true"),
        ([{"name": "x"}], "- name: x"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_is_written_as_in_a_file(value: Any, text: str) -> None:
    assert written(value) == text


def test_a_sentence_names_revisions_as_people_do() -> None:
    assert shortened(f"3 files as revision {'0a' * 20} wants.") == "3 files as revision 0a0a0a0a wants."
    assert shortened(f"sha256:{'0a' * 32}") == f"sha256:{'0a' * 32}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_can_be_translated(template: Path) -> None:
    assert bare(template.read_text()) <= NAMES | EXAMPLES


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Not marked</p>", {"Not marked"}),
        ('<p title="Not marked">{{ name }} {# a note #}</p>', {"Not marked"}),
        ("{% if a %}yes{% endif %}", {"yes"}),
        ('{% translate "Marked" %}{% blocktranslate %}Marked, too{% endblocktranslate %} · 3', set()),
    ],
)
def test_a_word_outside_the_tags_is_found(template: str, found: set[str]) -> None:
    assert bare(template) == found


def spoken(source: str) -> list[str]:
    """The words that a source of the island asks for."""
    return [word.replace("\\'", "'") for word in _SPOKEN.findall(source)]


def test_the_island_says_exactly_what_the_server_gives() -> None:
    asked = {word for path in SOURCES for word in spoken(path.read_text())}

    assert asked == set(words.WORDS)


@pytest.mark.parametrize("source", [path for path in SOURCES if path.name != "words.js"], ids=lambda path: path.name)
def test_words_of_the_island_are_written_out_where_they_are_asked_for(source: Path) -> None:
    text = source.read_text()

    assert len(_CALL.findall(text)) == len(spoken(text))


@pytest.mark.parametrize("source", [path for path in SOURCES if path.suffix == ".jsx"], ids=lambda path: path.name)
def test_the_island_holds_no_word_beside_these(source: Path) -> None:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", source.read_text(), flags=re.DOTALL)

    texts = [found.strip() for markup in _JSX_MARKUP.findall(text) for found in _JSX_TEXT.findall(markup)]

    assert (texts, _JSX_ATTRIBUTE.findall(text)) == ([], [])


def test_a_page_gives_the_island_its_words_in_the_readers_language(cluster: Cluster, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    english = given(admin.get("/clusters/shop-test/form"))["words"]
    monkeypatch.setattr(words, "gettext", lambda word: {"Start over": "Von vorn"}.get(word, word))

    translated = given(admin.get("/clusters/shop-test/form"))["words"]

    assert (english, translated) == ({}, {"Start over": "Von vorn"})
