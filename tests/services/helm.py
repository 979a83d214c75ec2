"""`python -m tests.services.helm <file>`: unpack the helm program that tests compare with. Never fails: without it they are skipped."""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

LOCK = Path("requirements-helm.txt")


def main(program: Path) -> None:
    """Put the program where it is wanted, unless it is there and newer than its lock."""
    if program.exists() and program.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    with tempfile.TemporaryDirectory(prefix="horizon-helm-") as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        done = subprocess.run([*install, "--target", folder, "-r", str(LOCK)], check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"no helm program (tests that need it are skipped): {done.stderr.strip()[-300:]}")
            return
        data = unpack(Path(folder))
    program.parent.mkdir(parents=True, exist_ok=True)
    draft = program.with_suffix(".new")
    draft.write_bytes(data)
    draft.chmod(0o755)
    _take(draft, program)


def unpack(folder: Path) -> bytes:
    """Give the program from an installed wheel: in it a `.jsii.tgz`, in it `layer.zip`, in it `helm/helm`."""
    package = next(folder.glob("**/lambda-layer-kubectl*.jsii.tgz"))
    with tarfile.open(package) as archive:
        layer = next(member for member in archive if member.name.endswith("layer.zip"))
        stream = archive.extractfile(layer)
        assert stream is not None
        with zipfile.ZipFile(io.BytesIO(stream.read())) as content:
            return content.read("helm/helm")


def _take(draft: Path, program: Path) -> None:
    try:
        subprocess.run([draft.absolute(), "version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        draft.unlink()
        print(f"no helm program (tests that need it are skipped): it does not run here: {error}")
        return
    draft.replace(program)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
