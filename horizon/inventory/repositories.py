"""Where the repositories lie: by id, so that a re-used name inherits nothing, spread over 256 folders."""

import os
import shutil
from pathlib import Path

from django.conf import settings

from horizon.gitops.repository import Repository
from horizon.inventory.models import Application, Cluster


def cluster_repository(cluster: Cluster) -> Repository:
    """The cluster's own repository."""
    return Repository(path_of("clusters", cluster.pk))


def application_repository(application: Application) -> Repository:
    """The application's repository: a branch per environment."""
    return Repository(path_of("applications", application.pk))


def remove(kind: str, key: int) -> None:
    """Remove a repository for good. Twice is once."""
    path = path_of(kind, key)
    going = path.with_name(f".{path.name}.going")
    if path.exists():
        os.rename(path, going)
    shutil.rmtree(going, ignore_errors=True)


def path_of(kind: str, key: int) -> Path:
    """The folder of the repository of `clusters` or `applications` with this id."""
    folder: Path = settings.HORIZON_DATA / "repositories" / kind / f"{key % 256:02x}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{key}.git"
