"""People, a template, an application and clusters, made by the platform's own flows on real repositories."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from horizon.access import groups
from horizon.access.permissions import Actor
from horizon.catalog.release import Release, load_folder
from horizon.delivery import create, edit, launch, templates
from horizon.delivery.models import Pipelinerun
from horizon.delivery.run import advance
from horizon.gitops import layout, values
from horizon.gitops.repository import Repository
from horizon.inventory.models import Application, Cluster, Environment, Region, TemplateRelease
from horizon.inventory.repositories import cluster_repository


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Every test has repositories and regions of its own: ids begin anew with each test."""
    settings.HORIZON_DATA = tmp_path / "data"
    settings.HORIZON_DATA.mkdir()
    yield
    shutil.rmtree(settings.HORIZON_DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def bundled() -> Release:
    """The bundled template `deployment`."""
    return load_folder(settings.HORIZON_TEMPLATES / "deployment")


@pytest.fixture
def deployment(db: None, bundled: Release) -> TemplateRelease:
    """The bundled template's release, imported."""
    return templates.import_release(bundled)


@pytest.fixture
def ann(db: None) -> Actor:
    """An administrator."""
    return Actor(get_user_model().objects.create_superuser("ann", "ann@example.test", "secret of ann"))


@pytest.fixture
def application(deployment: TemplateRelease, ann: Actor) -> Application:
    """An application with an empty default config."""
    group = groups.create("shops", parent=None, description="", private=False, actor=ann)
    return create.application(create.NewApplication("shop", group, deployment.template), actor=ann)


MakeCluster = Callable[..., Cluster]


@pytest.fixture
def make_cluster(application: Application, ann: Actor) -> MakeCluster:
    """Make a cluster of the application."""
    environment, _ = Environment.objects.get_or_create(name="test")
    region, _ = Region.objects.get_or_create(name="local")

    def make(name: str = "shop-test", **given: Any) -> Cluster:
        given = {"image": "library/shop:v1", "config": {"app": {"spec": {"replicas": 1}}}, **given}
        return create.cluster(create.NewCluster(name, application, environment, region, **given), actor=ann)

    return make


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """A cluster with an image, nothing released."""
    return make_cluster()


@pytest.fixture
def deployed(cluster: Cluster, ann: Actor) -> Cluster:
    """A cluster whose first run is healthy."""
    deploy(cluster, ann)
    return cluster


def replicas(cluster: Cluster, count: int, actor: Actor) -> edit.Edited:
    """Edit the number of replicas."""
    return edit.patch_config(cluster, {"app": {"spec": {"replicas": count}}}, actor=actor, title=f"{count} replicas", seen=None)


def deploy(cluster: Cluster, actor: Actor, **given: Any) -> Pipelinerun:
    """Deploy all that is pending and carry the run to its end."""
    run = launch.deploy(cluster, launch.Order(actor), **given).run
    carry(cluster)
    run.refresh_from_db()
    return run


def roll_back(cluster: Cluster, actor: Actor, target: Pipelinerun | None = None, *, reason: str = "", **options: Any) -> Pipelinerun:
    """Roll back and carry the run to its end."""
    run = launch.rollback(cluster, launch.Order(actor, reason=reason), target=target, options=launch.Rollback(**options)).run
    carry(cluster)
    run.refresh_from_db()
    return run


def carry(cluster: Cluster) -> None:
    """Do what a worker does when the doorbell rings."""
    advance(cluster.pk)
    cluster.refresh_from_db()


def released(cluster: Cluster, file: str = layout.APPLICATION) -> dict[str, Any]:
    """What `master` holds of a file, under the template's key."""
    return _section(cluster, layout.MASTER, file)


def pending(cluster: Cluster, file: str = layout.APPLICATION) -> dict[str, Any]:
    """What `gitops` holds of a file, under the template's key."""
    return _section(cluster, layout.GITOPS, file)


def _section(cluster: Cluster, ref: str, file: str) -> dict[str, Any]:
    repository = cluster_repository(cluster)
    return values.section(repository.files(repository.refs.read()[ref]), file, "deployment")


def tree(repository: Repository, revision: str) -> str:
    """The id of a revision's tree."""
    return repository.tree(revision)
