"""YAML as Helm reads it: the one reading of every file, and a writing that Helm reads back as the same data.

Helm reads YAML 1.1 through Go's decoder, with rules that no Python library shares: `y` and `on` are true, `012` is ten, `08` is the float 8,
`1_000` a thousand, `12:30:45` and dates are strings. The scalar rules below follow gopkg.in/yaml.v2 `resolve.go`; a property test holds them
against Helm itself. Data is JSON: maps with string keys, lists, strings, numbers, booleans, null.
"""

import json
import math
import re
from typing import Any, NoReturn

import yaml

from horizon.errors import Invalid

MAX_TEXT = 1024 * 1024
"""Characters of YAML that are read at all: a config is a few hundred lines."""
MAX_NODES = 100_000
"""Values a document may hold once its aliases are expanded."""
MAX_DEPTH = 100
LARGEST_EXACT = 2**53
"""Helm carries numbers as float64: larger integers lose digits."""

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]{0,19}|0))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_SEPARATORS = re.compile("[\x85\u2028\u2029]")
"""Characters that only some YAML readers break lines at."""
_DATE = re.compile(r"[0-9]{4}-[0-9]")
_STR, _INT_TAG, _FLOAT_TAG, _BOOL_TAG, _NULL_TAG = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
_MERGE_TAG, _MAP_TAG, _LIST_TAG = (f"tag:yaml.org,2002:{kind}" for kind in ("merge", "map", "seq"))


def scalar(token: str) -> Any:
    """What Helm makes of an unquoted token: a string, number, boolean or None."""
    if token in _NULL:
        return None
    if token in _TRUE:
        return True
    if token in _FALSE:
        return False
    if _NOT_FINITE.fullmatch(token):
        return math.nan if "a" in token.lower() else math.inf
    return _number(token) if token[0] in "+-.0123456789" else token


def _number(token: str) -> int | float | str:
    if token[0] == "." and not _DOT_FLOAT.fullmatch(token):
        return token
    digits = token.replace("_", "")
    whole = _INT.fullmatch(digits)
    if whole:
        sign, hexadecimal, binary, octal, decimal = whole.groups()
        value = next(int(text, base) for text, base in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)) if text is not None)
        value = -value if sign == "-" else value
        if -(2**63) <= value < 2**64:
            return value
    number = float(digits) if _FLOAT.fullmatch(digits) else math.inf
    return number if math.isfinite(number) else token


def _tag(token: str) -> str:
    if token == "<<":
        return _MERGE_TAG
    match scalar(token):
        case None:
            return _NULL_TAG
        case bool():
            return _BOOL_TAG
        case int():
            return _INT_TAG
        case float():
            return _FLOAT_TAG
    return _STR


class _Resolver:
    """Give every plain scalar the tag that Helm's reader gives it; shared by reading and writing, so that writing quotes what needs it."""

    def resolve(self, kind: type, value: str, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _tag(value) if implicit[0] else _STR
        return _LIST_TAG if kind is yaml.SequenceNode else _MAP_TAG

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing depends on the place in the document."""

    def ascend_resolver(self) -> None:
        """Nothing depends on the place in the document."""


class Loader(_Resolver, yaml.CSafeLoader):
    """PyYAML's fast parser with Helm's scalars."""

    yaml_constructors: dict[str | None, Any] = {}  # type: ignore[misc]


def _construct_scalar(loader: Loader, node: yaml.ScalarNode) -> Any:
    return scalar(node.value)


def _construct_list(loader: Loader, node: yaml.Node) -> list[Any]:
    return loader.construct_sequence(node, deep=True)  # type: ignore[arg-type]


def _construct_map(loader: Loader, node: yaml.Node) -> dict[str, Any]:
    """Key by key as Helm does it: what comes later wins, be it merged or not. PyYAML would write out merges of merges without end."""
    if not isinstance(node, yaml.MappingNode):
        _refuse(loader, node)
    data: dict[str, Any] = {}
    for key, item in node.value:
        value = loader.construct_object(item, deep=True)
        if key.tag == _MERGE_TAG:
            for part in _merged(value, key):
                data.update(part)
        else:
            data[_key(loader.construct_object(key, deep=True))] = value
    return data


def _merged(value: Any, key: yaml.Node) -> list[dict[str, Any]]:
    """The maps behind `<<`, the weakest first."""
    parts = value[::-1] if isinstance(value, list) else [value]
    if not all(isinstance(part, dict) for part in parts):
        raise _at(key, "only maps can be merged")
    return parts


def _refuse(loader: Loader, node: yaml.Node) -> NoReturn:
    raise _at(node, f"the tag {node.tag!r} is not plain configuration")


def _at(node: yaml.Node, wrong: str) -> Invalid:
    line = node.start_mark.line + 1
    return Invalid(f"line {line}: {wrong}", code="yaml", details={"line": line})


for _name in (_INT_TAG, _FLOAT_TAG, _BOOL_TAG, _NULL_TAG):
    Loader.add_constructor(_name, _construct_scalar)
for _name in (_STR, _MERGE_TAG):
    Loader.add_constructor(_name, yaml.SafeLoader.construct_yaml_str)  # type: ignore[type-var]
Loader.add_constructor(_MAP_TAG, _construct_map)
Loader.add_constructor(_LIST_TAG, _construct_list)
Loader.add_constructor(None, _refuse)


def compose(text: str) -> yaml.Node | None:
    """The document's nodes with their places in `text`; None when it is empty.

    Raises `Invalid` for what is no YAML, too large, too deep or more than one document.
    """
    _refuse_hostile(text)
    try:
        return yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise _no_yaml(error) from error


def read(text: str) -> Any:
    """The data Helm would read from `text` (an empty text is None). Raises `Invalid` as `compose` does, and for numbers JSON does not have."""
    _refuse_hostile(text)
    try:
        data = yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader, with Helm's scalars
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _no_yaml(error) from error
    return _Json().convert(data)


def read_map(text: str) -> dict[str, Any]:
    """`read` for a file that must be a map; empty is the empty map. Raises `Invalid`."""
    data = read(text)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Invalid("the YAML must be a map at its top level", code="yaml")
    return data


def _refuse_hostile(text: str) -> None:
    """Bound size and nesting by parser events, before the C composer recurses into them (it would overflow the stack of the whole process)."""
    if len(text) > MAX_TEXT:
        raise Invalid(f"the YAML is {len(text)} characters long, {MAX_TEXT} are read at most", code="too_large")
    depth = 0
    try:
        for place, event in enumerate(yaml.parse(text, Loader=Loader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise Invalid(f"the YAML is nested deeper than {MAX_DEPTH} levels", code="yaml")
            if place > 3 * MAX_NODES:
                raise Invalid(f"the YAML holds more than {MAX_NODES} values", code="yaml")
    except (yaml.YAMLError, ValueError) as error:
        raise _no_yaml(error) from error


def _no_yaml(error: Exception) -> Invalid:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
        return Invalid(f"not valid YAML: line {line}, column {column}: {error.problem}", code="yaml", details={"line": line})
    return Invalid(f"not valid YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}", code="yaml")


class _Json:
    """Turn loaded YAML into JSON data, counting values as if every alias were written out."""

    def __init__(self) -> None:
        self.nodes = 0

    def convert(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Invalid(f"the YAML holds more than {MAX_NODES} values or {MAX_DEPTH} levels once its aliases are expanded", code="yaml")
        if isinstance(value, dict):
            return {key: self.convert(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            raise Invalid("infinity and not-a-number are no values of a configuration", code="yaml")
        return value


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key)
    raise Invalid(f"the key {key!r} is no name: quote it", code="yaml")


class _Dumper(_Resolver, yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


class _IndentedDumper(_Resolver, yaml.SafeDumper):
    """List items indented under their key, the form of a `Chart.yaml`. Only PyYAML's Python emitter can be told."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_str(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    quoted = _tag(value) != _STR or _DATE.match(value) or _LINE_SEPARATORS.search(value)
    style = '"' if quoted else "|" if "\n" in value else None
    return dumper.represent_scalar(_STR, str(value), style=style)


for _dumper in (_Dumper, _IndentedDumper):
    _dumper.add_representer(str, _represent_str)  # type: ignore[arg-type]
    _dumper.add_multi_representer(str, _represent_str)  # type: ignore[arg-type]


def write(data: Any, *, indented_lists: bool = False) -> str:
    """`data` as YAML that Helm reads back as the same data: two spaces, list items not indented unless `indented_lists`, one line a scalar.

    Raises `Invalid` for what YAML or Helm cannot carry: NUL, lone surrogates, integers beyond 2^53, infinity, nesting beyond 100 levels.
    """
    refuse_unwritable(data)
    dumper = _IndentedDumper if indented_lists else _Dumper
    return yaml.dump(data, Dumper=dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=2**31 - 1)


def refuse_unwritable(value: Any, depth: int = 0) -> None:
    """Raise `Invalid` for data that `write` would not carry."""
    if depth > MAX_DEPTH:
        raise Invalid(f"the data is nested deeper than {MAX_DEPTH} levels", code="yaml")
    if isinstance(value, str) and _UNWRITABLE.search(value):
        raise Invalid("text may hold no NUL and no lone surrogates", code="text")
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        raise Invalid(f"{value} is larger than 2^53, where Helm loses digits: write it as text", code="number")
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("infinity and not-a-number are no values of a configuration", code="number")
    for item in (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ():
        refuse_unwritable(item, depth + 1)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same data: `True` is not 1, the order of keys does not count."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
