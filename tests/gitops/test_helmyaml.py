"""YAML is read as Helm reads it, and what is written Helm reads back; Helm itself is the judge."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import helmyaml
from horizon.catalog.renderer import Renderer
from horizon.errors import Invalid

_HARD = [*" \n\t\r-:#'\"\\|>{}[],&*!%@`=<~?+._ae01xobEyN", "\x85", "\u2028", "\u2029", "\ufeff", "\x1b", "\x7f", "é", "😀", "<<", "0x", ": ", " #"]
HARD_TEXTS = st.lists(st.sampled_from(_HARD), max_size=8).map("".join)
TEXTS = st.one_of(HARD_TEXTS, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12))
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
DATA = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=30,
)
TRAPS = """
NO on y n Y N yes Yes off OFF true True TRUE tRue 012 0o14 0O14 0b101 0x1F 0X1f 08 09 1e3 1E3 1.10 1. .5 . .. + +1 -1
+.5 -.5 1_000 1__0 _1 1_ 0_ 0x_1 2023-01-06 2023-01-06T18:28:49Z 12:30:45 190:20:30 1:2 28992e35 28992d8f 1e400 -1e400 ~
null Null NULL nUll = << 0 00 0.0 -0 +0 1e 1e+ e1 0x 0b 0o 0xg 0b2 0o8 -0x1F +0b1 -012 1.5e3 1.e3 .e3 1.2.3
9007199254740993 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809 inf nan Infinity
.Inf1 0777 0o777 123456789012345678901234567890 1,000 5m 100Mi 1/2
"""


@pytest.fixture(scope="module")
def helm() -> Iterator[Renderer]:
    """Helm's own reader."""
    renderer = Renderer(children=1)
    yield renderer
    renderer.close()


def _as_helm(value: Any) -> Any:
    """Numbers as Helm carries them; the text of each leaf tells 1 from true."""
    if isinstance(value, dict):
        return {key: _as_helm(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_helm(item) for item in value]
    return ("number", float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _tokens(count: int) -> list[str]:
    chance = random.Random(2026)  # noqa: S311 - a fixed series
    digits = "0123456789"
    alphabets = (digits, "01_.", f"{digits}abcdefx.", f"{digits}eE+-._", f"{digits}+-.:", "yYnNoOeEsSfFtTruaAlL~", "0oxb1278_-", "=<~.-+infNA")
    made = ("".join(chance.choices(chance.choice(alphabets), k=chance.randint(1, 8))) for _ in range(count))
    return [token for token in made if not token.endswith(":") and token[:2] not in ("- ", "? ") and token not in ("-", "---", "...")]


@pytest.mark.parametrize("indented", [False, True])
@settings(max_examples=400, deadline=None)
@given(data=DATA)
def test_helm_reads_what_was_written(helm: Renderer, indented: bool, data: Any) -> None:
    text = helmyaml.write({"k": data}, indented_lists=indented)

    assert _as_helm(helm.read_values(text)) == _as_helm({"k": data})
    assert _as_helm(helmyaml.read(text)) == _as_helm({"k": data})


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=40, unique=True))
def test_helm_reads_any_key_that_was_written(helm: Renderer, keys: list[str]) -> None:
    data = {key: place for place, key in enumerate(keys)}

    text = helmyaml.write({"k": data})

    assert _as_helm(helm.read_values(text)) == _as_helm({"k": data})


@pytest.mark.parametrize("place", range(4))
def test_a_token_is_read_as_helm_reads_it(helm: Renderer, place: int) -> None:
    tokens = _tokens(12_000)[place::4]
    finite = [token for token in tokens if not helmyaml._NOT_FINITE.fullmatch(token)]
    text = "".join(f"k{number}: {token}\n" for number, token in enumerate(finite))

    ours, theirs = helmyaml.read(text), helm.read_values(text)

    assert len(ours) > 2_000
    assert {token: _as_helm(ours[key]) for key, token in zip(ours, finite, strict=True)} == {
        token: _as_helm(theirs[key]) for key, token in zip(ours, finite, strict=True)
    }


@pytest.mark.parametrize("token", TRAPS.split())
def test_a_trap_is_read_as_helm_reads_it_and_written_so_that_it_stays_text(helm: Renderer, token: str) -> None:
    text = f"k: {token}\n"

    assert _as_helm(helmyaml.read(text)) == _as_helm(helm.read_values(text))
    assert helm.read_values(helmyaml.write({"k": token, token: ["x", token]})) == {"k": token, token: ["x", token]}


@pytest.mark.parametrize("text", [f"{key}: x\n" for key in ("NO", "on", "y", "012", "0x10", "true", "2023-01-06", "12:30:45", "=", "a-b")])
def test_a_key_is_read_as_helm_reads_it(helm: Renderer, text: str) -> None:
    assert helmyaml.read(text) == helm.read_values(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n<<: {a: 2}\n",
        "<<: {a: 2}\na: 1\n",
        "<<: {a: 1}\n<<: {a: 2}\n",
        "x: &x {a: 1}\nz: &z {a: 2, b: 3}\nw:\n  b: 0\n  <<: [*x, *z]\n  c: 4\n",
        "l: {m: &x {a: {b: 1}}}\nw: {<<: *x}\nv: {<<: *x, a: 2}\n",
        "l:\n- &x {a: 1}\n- {<<: *x}\n- [*x, *x]\n",
        '"<<": {a: 1}\n',
        "a: <<\n",
        "a: 1\na: 2\n",
        "a: !!str 12\nb: !!int '12'\n",
        "a: |+\n x\n\nb: >-\n x\n y\n",
        "a: x\r\nc: z\r\n",
        "a:\n- b\n c\n",
        "\ufeffa: 1\n",
        "%YAML 1.1\n---\na: 1\n...\n",
        "a: " + "1" * 5000 + "\n",
    ],
)
def test_a_document_is_read_as_helm_reads_it(helm: Renderer, text: str) -> None:
    assert _as_helm(helmyaml.read(text)) == _as_helm(helm.read_values(text))


@pytest.mark.parametrize(
    "text", ["a: .inf\n", "a: -.INF\n", "a: .nan\n", "~: a\n", "[a]: b\n", "a: *x\n", "a: &a [*a]\n", "<<: 3\n", "a: b: c\n", "a: \x07\n"]
)
def test_what_helm_refuses_is_refused(helm: Renderer, text: str) -> None:
    with pytest.raises(Invalid):
        helm.read_values(text)

    with pytest.raises(Invalid):
        helmyaml.read(text)


def _merges_of_merges() -> str:
    steps = (f"a{step}: &a{step} {{<<: [{','.join([f'*a{step - 1}'] * 10)}]}}\n" for step in range(1, 10))
    return "a0: &a0 {x: 1, z: 2}\n" + "".join(steps)


HOSTILE = {
    "aliases of aliases": "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)),
    "an alias of itself": "a: &a {b: *a}\n",
    "twice itself": "a: &a [*a, *a]\n",
    "deep lists": "[" * 900_000,
    "deep maps": "{a: " * 200_000,
    "deep dashes": "- " * 500_000,
    "deep keys": "? " * 500_000,
    "many values": "[" + "a," * 500_000 + "]",
    "many lists": "[" + "[]," * 300_000 + "]",
    "many pairs": "k: 1\n" * 200_000,
    "too long": "a" * (helmyaml.MAX_TEXT + 1),
    "two documents": "a: 1\n---\nb: 2\n",
    "NUL": "a: \0\n",
    "a lone surrogate": "a: \ud800\n",
    "a tag of Python": "a: !!python/object/apply:os.system [ls]\n",
    "a list said to be a map": "a: !!map [b]\n",
    "a text said to be a list": "a: !!seq b\n",
    "a list said to be a number": "a: !!int [1]\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_fast(name: str) -> None:
    before = time.process_time()

    with pytest.raises(Invalid):
        helmyaml.read(HOSTILE[name])

    assert time.process_time() - before < 1.5


def test_merges_of_merges_cost_nothing() -> None:
    before = time.process_time()

    data = helmyaml.read(_merges_of_merges())

    assert data["a9"] == {"x": 1, "z": 2}
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    "value",
    ["\0", "\ud800", {"\0": 1}, {"a": ["\udfff"]}, 2**53 + 1, -(2**53) - 1, float("inf"), float("nan"), {"a": [{"b": 2**60}]}],
    ids=repr,
)
def test_what_yaml_cannot_carry_is_not_written(value: Any) -> None:
    with pytest.raises(Invalid):
        helmyaml.write({"k": value})


def test_data_too_deep_is_not_written() -> None:
    deep: Any = "x"
    for _ in range(helmyaml.MAX_DEPTH + 1):
        deep = [deep]

    with pytest.raises(Invalid):
        helmyaml.write(deep)


def test_a_text_of_many_digits_is_written_as_text(helm: Renderer) -> None:
    assert helm.read_values(helmyaml.write({"k": "1" * 5000})) == {"k": "1" * 5000}
