"""`python -m bench [--quick] [NAME...]`: run benchmarks and print one table; exit status 1 when a bound does not hold."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import deploys, lists, pages, preview, rollback, size, table
from bench.lab import FULL, QUICK, Lab
from bench.measure import flush_time
from bench.preview import NoProgram

BENCHMARKS: dict[str, Callable[[Lab], list[table.Row]]] = {
    "deploy": deploys.against_peers,
    "preview": preview.against_the_program,
    "history": deploys.late_against_early,
    "rollback": rollback.over_many_runs,
    "size": size.on_disk,
    "lists": lists.at_two_sizes,
    "pages": pages.in_the_browser,
}


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for in a temporary folder; the exit status."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="horizon-bench-") as folder:
        lab = Lab(Path(folder), QUICK if asked.quick else FULL)
        print(_machine(lab.folder), flush=True)
        try:
            rows = [row for name in asked.names or BENCHMARKS for row in BENCHMARKS[name](lab)]
        except NoProgram as error:
            print(error, file=sys.stderr)
            return 1
    print("\n".join([table.text(rows, judged=not asked.quick), *lab.notes]))
    return 0 if asked.quick or all(row.holds for row in rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks, each figure beside a peer's or a floor of the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help=f"one of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, no bound judged: shows that everything runs")
    return parser


def _machine(folder: Path) -> str:
    """What the figures depend on, in general words."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.system()}, Python {python}, git {git}; a small file is durable in {flush_time(folder):.2f} ms"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
