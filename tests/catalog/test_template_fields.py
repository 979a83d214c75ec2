"""Every field of every bundled template, generated from schemas and values: it is drawn, checked, explained, and it does something."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon.catalog import schema
from horizon.catalog.renderer import Renderer
from horizon.engines.cron import schedule_problem
from horizon.errors import Invalid
from horizon.gitops import layout
from tests.catalog.cases import NAMES, Case, Objects, cases, load
from tests.catalog.charts import TEMPLATES
from tests.catalog.fields import ITEMS, Path, at, dotted, fields, filled, leaves, pruned, replaced, values_at, without
from tests.catalog.test_bundled_templates import VERSIONS, case_of, refusals, schema_errors

READ = re.compile(r"\.Values((?:\.[A-Za-z]\w*)+)")
WIDGETS = {"textarea"}

each_template = pytest.mark.parametrize("name", NAMES)
each_field = pytest.mark.parametrize(
    ("name", "path"), [pytest.param(name, path, id=f"{name}-{dotted(path)}") for name in NAMES for path in dict(fields(load(name).schema))]
)


def field(name: str, path: Path) -> dict[str, Any]:
    return dict(fields(load(name).schema))[path]


@lru_cache(maxsize=64)
def rendered(renderer: Renderer, case: Case) -> Objects | str:
    """The objects, or the reason why there are none."""
    try:
        return case.render(renderer)
    except Invalid as error:
        return error.message


def holding(name: str, path: Path) -> list[Case]:
    """The value sets in whose form a field is set."""
    return [case for case in cases(name) if values_at(case.form, path)]


# -- what a field does


@each_field
def test_a_field_of_the_form_makes_a_difference(renderer: Renderer, name: str, path: Path) -> None:
    set_there = holding(name, path)

    assert set_there, "no value set has it"
    assert any(rendered(renderer, case.with_form(without(case.form, path))) != rendered(renderer, case) for case in set_there)


def situations(name: str) -> Iterator[Case]:
    """All value sets, and clusters of every size, environment and priority that the preset values name."""
    yield from cases(name)
    full = case_of(name, "full")
    for size in load(name).values["sizes"]:
        yield full.with_values({"app": {"spec": {"resource": size}}})
    for environment, priority in product(("online", "pre", "test"), ("P0", "P1")):
        yield full.with_values({"env": {"environment": environment}, "horizon": {"priority": priority}})


def others(path: Path, value: Any) -> Iterator[dict[str, Any]]:
    """Values in which one is gone, or another."""
    yield at(path, None)
    if isinstance(value, bool):
        yield at(path, not value)
    elif isinstance(value, int | float):
        yield at(path, 2 * value + 1)
    elif isinstance(value, str):
        yield at(path, f"{value}x")


def is_read(renderer: Renderer, case: Case, path: Path) -> bool:
    value = values_at(case.release.values, path)[0]
    return any(rendered(renderer, case.with_values(other)) != rendered(renderer, case) for other in others(path, value))


@each_template
def test_every_value_of_the_chart_makes_a_difference(renderer: Renderer, name: str) -> None:
    """Each is changed in one situation after the other until the objects change."""
    waiting = set(leaves(load(name).values))
    for case in situations(name):
        waiting = {path for path in waiting if not is_read(renderer, case, path)}

    assert sorted(dotted(path) for path in waiting) == []


def known(name: str) -> set[Path]:
    """All paths that have a place: in the chart's values, in the form, in the files of the platform and in what CI posts."""
    release = load(name)
    system = [case.files[file] for case in cases(name) for file in (layout.ENV, layout.HORIZON)]
    paths = {path for values in (release.values, *system) for path in leaves(values)}
    paths |= {path for part in (release.schema, release.output_schema or {}) for path, _ in fields(part)}
    return {path[:length] for path in paths for length in range(1, len(path) + 1)}


def read_in(name: str, pattern: str) -> set[Path]:
    texts = [path.read_text() for path in (TEMPLATES / name / "templates").glob(pattern)]
    return {tuple(found[1].strip(".").split(".")) for text in texts for found in READ.finditer(text)}


@each_template
def test_a_template_reads_nothing_that_has_no_place(name: str) -> None:
    own = read_in(name, "*.yaml") | read_in(name, "_claims.tpl")

    assert own
    assert sorted(dotted(path) for path in own - known(name)) == []


def test_what_only_some_templates_have_a_place_for_is_all_that_the_shared_text_reads() -> None:
    everywhere = set.union(*map(known, NAMES))

    assert read_in("deployment", "_shared.tpl") - everywhere == set()


@each_template
def test_an_sre_sets_nothing_that_has_no_place(name: str) -> None:
    for case in cases(name):
        assert set(case.files.get(layout.SRE, {})) <= set(load(name).values)


# -- defaults, examples and limits


@each_template
def test_a_form_that_nobody_touched_is_an_empty_one(renderer: Renderer, name: str) -> None:
    """A browser sends every default; what comes out is what the chart's own values give."""
    case = case_of(name, "minimal")
    untouched = filled(load(name).schema)

    assert schema.problems(load(name).schema, untouched) == []
    assert case.with_form(untouched).render(renderer) == case.render(renderer)


@each_template
def test_every_default_is_the_chart_s_own(name: str) -> None:
    values = load(name).values
    stated = {path: part["default"] for path, part in fields(load(name).schema) if "default" in part and ITEMS not in path}

    assert {dotted(path): values_at(values, path) for path in stated} == {dotted(path): [value] for path, value in stated.items()}


@each_template
def test_every_value_of_the_form_is_a_default(name: str) -> None:
    """The chart has no opinion that the form does not show."""
    known_fields = dict(fields(load(name).schema))
    own = [path for path in leaves(load(name).values) if path[0] == "app" and values_at(load(name).values, path) not in ([[]], [{}])]

    assert [dotted(path) for path in own if "default" not in known_fields[path]] == []


@each_template
def test_defaults_and_examples_validate(name: str) -> None:
    for part in dict(fields(load(name).schema)).values():
        for value in [*part.get("examples", []), *([part["default"]] if "default" in part else [])]:
            assert schema.problems(part, value) == []


@each_template
def test_the_examples_of_a_form_work(renderer: Renderer, name: str) -> None:
    for example in load(name).schema["examples"]:
        case = case_of(name, "minimal").with_form(example)
        objects = case.render(renderer)

        assert schema.problems(load(name).schema, example) == []
        assert refusals(case, objects) == []
        assert [error for one in objects for error in schema_errors(VERSIONS[-1], one)] == []


def trials(part: dict[str, Any]) -> list[Any]:
    """What a person may enter: every choice, every example, both ends of every range."""
    ends = [part[end] for end in ("minimum", "maximum") if end in part]
    return [*part.get("enum", []), *part.get("examples", []), *ends, *([False, True] if part["type"] == "boolean" else [])]


@each_field
def test_what_a_field_takes_a_region_takes(renderer: Renderer, name: str, path: Path) -> None:
    """In one value set at least; in others the template may say in words why it does not fit the other fields."""
    for value in trials(field(name, path)):
        forms = [(case, pruned(case.release.schema, replaced(case.form, path, value))) for case in holding(name, path)]
        fitting = [case.with_form(form) for case, form in forms if not schema.problems(case.release.schema, form)]

        assert any(is_taken(renderer, case) for case in fitting), f"{value} is taken by no value set"


def is_taken(renderer: Renderer, case: Case) -> bool:
    """Whether there are objects, which a region then takes; without them the template names the field that stands in the way."""
    answer = rendered(renderer, case)
    if isinstance(answer, str):
        assert answer.startswith("app.")
        return False
    assert refusals(case, answer) == []
    return True


@pytest.mark.parametrize(
    ("name", "path"),
    [pytest.param(name, path, id=f"{name}-{dotted(path)}") for name in NAMES for path, part in fields(load(name).schema) if "enum" in part],
)
def test_no_two_choices_are_the_same(renderer: Renderer, name: str, path: Path) -> None:
    choices = field(name, path)["enum"]

    answers = [[rendered(renderer, case.with_form(replaced(case.form, path, choice))) for choice in choices] for case in holding(name, path)]

    assert any(differ(objects) for objects in answers)


def differ(answers: list[Any]) -> bool:
    return all(one != other for place, one in enumerate(answers) for other in answers[:place])


# -- what a person sees


def unclear(part: dict[str, Any]) -> Iterator[str]:
    """What a field keeps from a person who fills it in, and limits that it lacks."""
    yield from (f"it has no {key}" for key in ("title", "type") if not part.get(key))
    if "pattern" in part and "x-message" not in part:
        yield "its pattern is not put into words"
    if part["type"] in ("string", "array") and not {"enum", "maxLength", "maxItems", "pattern"} & set(part):
        yield "it may be of any length"
    if part["type"] == "integer" and not {"minimum", "maximum"} <= set(part):
        yield "its range is open"


@each_template
def test_every_field_is_explained_and_limited(name: str) -> None:
    found = {dotted(path): list(unclear(part)) for path, part in fields(load(name).schema)}

    assert {path: reasons for path, reasons in found.items() if reasons} == {}


def drawn(ui: dict[str, Any], part: dict[str, Any], top: Path = ()) -> Iterator[str]:
    """What is wrong with a UI schema: properties that do not exist, names of choices that do not fit."""
    own = {path[0]: value for path, value in fields(part) if len(path) == 1}
    for key in [*(key for key in ui if not key.startswith("ui:") and key != "items"), *ui.get("ui:order", ())]:
        if key not in own and key != "*":
            yield f"{dotted((*top, key))} is no property"
    if "ui:order" in ui and ui["ui:order"][-1] != "*":
        yield f"{dotted(top)}: the order would leave out a new property"
    if len(ui.get("ui:enumNames", ())) != (len(part.get("enum", ())) if "ui:enumNames" in ui else 0):
        yield f"{dotted(top)} names other choices than there are"
    if ui.get("ui:widget", "textarea") not in WIDGETS:
        yield f"{dotted(top)} has a widget that nobody draws"
    if "items" in ui:
        yield from drawn(ui["items"], part["items"], (*top, ITEMS))
    for key in own.keys() & ui.keys():
        yield from drawn(ui[key], own[key], (*top, key))


@each_template
def test_the_ui_schema_speaks_of_what_there_is(name: str) -> None:
    assert list(drawn(load(name).ui_schema, load(name).schema)) == []


def test_a_ui_schema_that_speaks_of_something_else_would_be_seen() -> None:
    part = {"properties": {"a": {"enum": ["x"]}, "b": {"items": {"properties": {"c": {}}}}}}
    ui = {"ui:order": ["z", "a"], "a": {"ui:enumNames": ["X", "Y"]}, "b": {"items": {"d": {}}}, "e": {"ui:widget": "color"}}

    assert len(list(drawn(ui, part))) == 5


@each_template
def test_the_names_of_the_sizes_tell_the_truth(name: str) -> None:
    sizes = load(name).values["sizes"]
    choices = field(name, ("app", "spec", "resource"))["enum"]
    names = load(name).ui_schema["app"]["spec"]["resource"]["ui:enumNames"]

    told = {choice: re.search(r": ([\d.]+) CPU, (\d+) GiB$", text) for choice, text in zip(choices, names, strict=True)}

    assert choices == [*sizes, "flexible"]
    assert {size: found and (float(found[1]) * 1000, int(found[2]) * 1024) for size, found in told.items() if size != "flexible"} == {
        size: (limits["cpu"], limits["memory"]) for size, limits in sizes.items()
    }


@each_template
def test_the_readme_names_every_field_and_every_value(name: str) -> None:
    named = set(re.findall(r"`([^`\s]+)`", load(name).readme))
    ends = {dotted(path) for path, part in fields(load(name).schema) if part["type"] != "object" and part.get("items", {}).get("type") != "object"}
    values = {path[0] for path in leaves(load(name).values)} - {"app", "image", "git", "env", "horizon", "restartTime"}

    assert sorted((ends | values) - named) == []


# -- schedules


CRON = field("cronjob", ("app", "schedule", "cron"))


@settings(max_examples=100, deadline=None)
@given(st.from_regex(CRON["pattern"].removeprefix("^").removesuffix("$"), fullmatch=True))
def test_a_schedule_of_the_form_is_one_of_kubernetes(text: str) -> None:
    assert schedule_problem(text) in (None, *backwards())


def backwards() -> list[str]:
    """What a pattern cannot see."""
    return [f"the {unit}'s range must not end before it begins" for unit in ("minute", "hour", "day of month", "month", "day of week")]


@pytest.mark.parametrize("text", ["0 3 * * *", "*/15 8-18 * * mon-fri", "0 0 1,15 JAN-MAR/2 *", "59 23 31 12 6", "@daily", "5  4 * * SUN"])
def test_a_schedule_that_people_use_is_accepted(text: str) -> None:
    assert schema.problems(CRON, text) == []


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "@every 1h", "TZ=UTC 0 3 * * *", "0 3 * * *\n"]
)
def test_a_schedule_that_is_none_is_refused(text: str) -> None:
    assert [problem.message for problem in schema.problems(CRON, text)] == [CRON["x-message"]]


@pytest.mark.parametrize("seconds", [1, 9])
def test_a_deadline_that_would_miss_runs_is_refused_in_words(renderer: Renderer, seconds: int) -> None:
    form = {"app": {"schedule": {"startingDeadline": seconds}}}

    answer = rendered(renderer, case_of("cronjob", "minimal").with_form(form))

    assert isinstance(answer, str)
    assert answer.startswith("app.schedule.startingDeadline: at least 10 seconds")
