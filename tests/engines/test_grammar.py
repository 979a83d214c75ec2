"""The written forms of quantities and schedules."""

from decimal import Decimal

import pytest

from horizon.engines.cron import schedule_problem
from horizon.engines.grammar import label_key_problem, port_name_problem, quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("500m", "0.5"),
        ("1Gi", "1073741824"),
        ("1.5Ki", "1536"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("-2k", "-2000"),
        ("3n", "0.000000003"),
        (2, "2"),
        (0.1, "0.1"),
    ],
)
def test_a_quantity_is_a_number(text, number):
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "banana", "1GB", "1 Gi", "1K", "1mi", "e3", "1e", "--1", "١", "1\n", "1e999999999", True, None, [], "0x1"])
def test_what_is_no_quantity_is_none(text):
    assert quantity(text) is None


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-23/2 1,15 JAN-dec sun", "0 0 ? * 0-6", "5/10 * * * *", "@daily", "@every 1h30m", "  0  0 * * * ", "59 23 31 12 6"],
)
def test_a_schedule_is_accepted(schedule):
    assert schedule_problem(schedule) is None


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "*/0 * * * *", "5-1 * * * *", "a * * * *", "1- * * * *",
     ", * * * *", "@noon", "@every", "@every 5", "TZ=UTC * * * * *", "-1 * * * *", "١ * * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_a_reason(schedule):
    assert schedule_problem(schedule)


@pytest.mark.parametrize("key", ["a", "a.io/b", "A_b.c-d"])
def test_a_key_of_a_label_is_accepted(key):
    assert label_key_problem(key) is None


@pytest.mark.parametrize("key", ["", "/a", "a/", "a/b/c", "-a", "a" * 64, f"{'a' * 254}/b"])
def test_what_is_no_key_of_a_label_is_refused(key):
    assert label_key_problem(key)


@pytest.mark.parametrize("name", ["1", "a--b", "-a", "a-", "A", ""])
def test_what_is_no_name_of_a_port_is_refused(name):
    assert port_name_problem(name)
