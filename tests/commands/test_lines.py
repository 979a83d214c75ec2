"""A log record is one line."""

import logging

from horizon.commands.lines import Line


def record(message: str, *arguments: object, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("horizon.delivery", logging.INFO, __file__, 1, message, arguments, info)


def test_line_carries_time_level_and_logger() -> None:
    entry = record("pipelinerun=%d cluster=%s", 12, "shop-test")
    entry.created, entry.msecs = 0.0, 0.0

    line = Line().format(entry)

    assert line == "time=1970-01-01T00:00:00.000Z level=info logger=horizon.delivery pipelinerun=12 cluster=shop-test"


def test_traceback_stays_on_the_line() -> None:
    entry = record("step=merge", error=ValueError("first\nsecond"))

    line = Line().format(entry)

    assert "\n" not in line
    assert line.endswith("error=ValueError: first\\nsecond")
