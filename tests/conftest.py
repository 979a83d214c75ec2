"""What every test may rely on, and the rule that a full check skips nothing."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from xdist.scheduler import LoadScopeScheduling

from tests.fixtures import ann, application, bundled, cluster, deployed, deployment, make_cluster, own_data

__all__ = ["ann", "application", "bundled", "cluster", "deployed", "deployment", "make_cluster", "own_data"]

_skipped: list[str] = []
_TOGETHER = ("tests/browser/", "tests/commands/test_up.py", "tests/test_tour.py")
"""Tests that share a running platform."""


class _Scheduling(LoadScopeScheduling):
    """Runs those in one process each, every other test where there is room. `--dist loadgroup` of xdist 3.8 does nothing under pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in _TOGETHER if nodeid.startswith(start)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How tests are given to the processes."""
    return _Scheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hash passwords fast: signing in is no subject of most tests."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and "needs_argocd" not in report.keywords:
        _skipped.append(f"{report.nodeid}: {_reason(report)}")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(f"{report.nodeid}: {_reason(report)}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped and _is_full_check() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and _is_full_check():
        terminalreporter.section("skipped, which CI=true does not allow", red=True)
        for line in _skipped:
            terminalreporter.write_line(line)


def _is_full_check() -> bool:
    return os.environ.get("CI") == "true"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
