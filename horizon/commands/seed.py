"""What a new installation starts with; a second call changes nothing that is there."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser

from horizon.access import groups, tokens
from horizon.access.permissions import Actor
from horizon.access.policy import Scope
from horizon.delivery import create, templates
from horizon.inventory.models import Application, Cluster, Environment, Group, Region, Template

ENVIRONMENTS = ("local", "dev", "test", "pre", "online")
_LOCAL_REGISTRY, _LOCAL_DOMAIN = "registry.local", "local.test"


def seed() -> list[str]:
    """Templates, environments, a region, an administrator and a demo; what a person should read, line by line."""
    said = templates.import_folder(settings.HORIZON_TEMPLATES)
    for position, name in enumerate(ENVIRONMENTS):
        Environment.objects.get_or_create(name=name, defaults={"position": position})
    region = Region.objects.get_or_create(name="local", defaults={"base_registry": _LOCAL_REGISTRY, "ingress_domain": _LOCAL_DOMAIN})[0]
    if not get_user_model().objects.filter(is_superuser=True).exists():
        admin, password, token = _administrator()
        file = _keep(settings.HORIZON_DATA / "admin", password=password, token=token)
        said.append(f"Sign in as admin with the password {password} (kept in {file}, with a token for tools)")
        _demo(Actor(admin), region)
    return said


def _administrator() -> tuple[AbstractBaseUser, str, str]:
    password = secrets.token_urlsafe(12)
    admin = get_user_model().objects.create_superuser("admin", "admin@localhost", password)
    return admin, password, tokens.create(admin, name="tools", scope=Scope.WRITE)[1]


def _keep(file: Path, *, password: str, token: str) -> Path:
    """Write the administrator's secrets where only the owner of the data folder reads them."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"user=admin\npassword={password}\ntoken={token}\n")
    return file


def _demo(actor: Actor, region: Region) -> None:
    """A group, an application and a cluster to look at; left out where the template could not be imported."""
    template = Template.objects.filter(name="deployment").first()
    if template is None or Group.objects.exists():
        return
    group = groups.create("demo", parent=None, description="Something to look at", private=False, actor=actor)
    new = create.NewApplication("hello", group, template, description="A web service", config={"app": {"spec": {"replicas": 1}}})
    application = Application.objects.filter(name="hello").first() or create.application(new, actor=actor)
    if not Cluster.objects.filter(name="hello-local").exists():
        local = Environment.objects.get(name="local")
        create.cluster(create.NewCluster("hello-local", application, local, region, image="library/hello:v1"), actor=actor)
