"""The environment of a test process, made before the settings are read: its own data folder, and `helm` where it was unpacked."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DATA = Path(tempfile.mkdtemp(prefix="horizon-test-"))
HELM = Path(__file__).resolve().parent.parent / ".venv" / "test-bin" / "helm"

atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ["HORIZON_DATA"] = str(DATA)
if HELM.exists():
    os.environ.setdefault("HELM_BIN", str(HELM))
