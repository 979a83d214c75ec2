"""The doorbell: Celery tells a worker to look into the database, which alone knows what there is to do (DESIGN.md section 4)."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.settings")

app = Celery("horizon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery's current app belongs to one thread; the web process rings from 128 of them.
app.set_default()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Leave logging as the settings made it: Celery sets up its own only where nobody answers this signal."""
