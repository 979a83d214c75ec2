"""`/healthz`: what a load balancer asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import django
django.setup()
from django.test import RequestFactory
from horizon.urls import healthz
print(healthz(RequestFactory().get("/healthz")).status_code)
"""


@pytest.mark.django_db
def test_health_needs_no_sign_in(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_is_503_while_the_database_does_not_answer(tmp_path: Path) -> None:
    nobody = f"postgres://horizon:secret@127.0.0.1:{free_port()}/horizon"
    changed = {"DJANGO_SETTINGS_MODULE": "horizon.settings", "PYTHONPATH": str(ROOT), "HORIZON_DATA": str(tmp_path), "DATABASE_URL": nobody}

    asked = subprocess.run([sys.executable, "-c", ASK], env={**os.environ, **changed}, check=True, capture_output=True, text=True)

    assert asked.stdout == "503\n"
