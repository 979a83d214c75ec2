"""`python -m tests.services.debian <program>…`: install programs of Debian that tests use. Never fails: without them those are skipped."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence


class Missing(Exception):
    """A program is not here and cannot be installed."""


def install(package: str) -> None:
    """Install a package of Debian; raise `Missing` with the reason where that is not possible."""
    right = _right_to_install()
    if right is None:
        raise Missing(f"{package} is not installed, and only who may call apt-get, as root or by sudo without a password, may install it")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for argv in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        done = subprocess.run([*right, "apt-get", *argv], env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"{package} is not installed, and apt-get could not install it: {done.stderr.strip()[-300:]}")


def _right_to_install() -> list[str] | None:
    """What comes before apt-get; None where it may not be called."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    asked = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    return ["sudo", "-n"] if asked else None


def main(programs: Sequence[str]) -> None:
    """Install what is missing; each program's package has its name."""
    for program in programs:
        if shutil.which(program):
            continue
        try:
            install(program)
        except Missing as error:
            print(f"no {program} (tests that need it are skipped): {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
