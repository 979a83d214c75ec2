"""Making applications and clusters: the row first (the repository needs its id), then Git whole, then the row is ready (DESIGN 3.1, 3.2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon import helmyaml
from horizon.access.events import record
from horizon.access.permissions import Actor
from horizon.delivery import ci, edit, records, rendering
from horizon.engines.objects import compare_manifests
from horizon.errors import Conflict, HorizonError, Invalid
from horizon.gitops import layout, values
from horizon.gitops.diff import diff
from horizon.gitops.repository import Files, Repository, message
from horizon.inventory import names
from horizon.inventory.ledger import refresh
from horizon.inventory.models import Application, Cluster, Environment, Group, Priority, Region, ReleaseState, Template, TemplateRelease
from horizon.inventory.repositories import application_repository, cluster_repository, path_of

_HALF_MADE_AGE = timedelta(minutes=2)
_LONGEST_NAMESPACE = 63


@dataclass(frozen=True)
class NewApplication:
    """What a person says of a new application."""

    name: str
    group: Group
    template: Template
    description: str = ""
    priority: str = Priority.P3
    config: Mapping[str, Any] = field(default_factory=dict)
    pipeline: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewCluster:
    """What a person says of a new cluster; `release` defaults to the recommended one, `config` is merged over the application's."""

    name: str
    application: Application
    environment: Environment
    region: Region
    release: TemplateRelease | None = None
    description: str = ""
    namespace: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""
    like: Cluster | None = None
    """The cluster whose pending form data, pipeline and output it starts with, instead of the application's."""


def application(new: NewApplication, *, actor: Actor) -> Application:
    """Make an application with its repository. Raises `Invalid` for bad input, `Conflict` for a name that is taken."""
    files = application_files(new)
    row = Application(name=new.name, group=new.group, template=new.template, description=new.description[:512], priority=new.priority)
    _insert(row)
    with Repository.created(path_of("applications", row.pk), head=layout.DEFAULT) as repository:
        _first_commit(repository, files, actor, ref=layout.DEFAULT, title=f"Create application {new.name}")
    _ready(row, actor, action="create")
    return row


def cluster(new: NewCluster, *, actor: Actor) -> Cluster:
    """Make a cluster with its repository, nothing released. Raises `Invalid` for bad input, `Conflict` for a name that is taken."""
    row = _row(new)
    copied, start = _start(new)
    _insert(row)
    files = _files(row, start, new)
    try:
        rendering.check(files, row)
    except HorizonError:
        Cluster.objects.filter(pk=row.pk, ready=False).delete()
        raise
    with Repository.created(path_of("clusters", row.pk), head=layout.MASTER) as repository:
        _first_commits(repository, files, actor, title=f"Create cluster {new.name}")
    row.copied_from = copied
    _ready(row, actor, action="create")
    refresh(row, address=actor.address)
    output = _output(new)
    if output:
        ci.post(row, ci.Post(output, whole=False), actor=actor)
        row.refresh_from_db()
    return row


def application_files(new: NewApplication) -> Files:
    """The files that the application would have. Raises `Invalid` for bad input, `Conflict` where its template has no release to use."""
    names.checked(new.name, what="an application")
    if new.priority not in Priority.values:
        raise Invalid(f"{str(new.priority)[:20]!r} is no priority: use P0 to P3", code="priority", details={"field": "priority"})
    files = {layout.APPLICATION: _yaml({new.template.name: dict(new.config)}), layout.PIPELINE: _yaml({"pipeline": dict(new.pipeline)})}
    rendering.check_form(files, rendering.release_from(bytes(recommended(new.template).archive)))
    return files


def refuse_taken(kind: type[Application] | type[Cluster], name: str) -> None:
    """Say before it is tried that a name is taken; what is made meanwhile is refused by the database. Raises `Conflict`."""
    if kind._default_manager.filter(name=name, ready=True).exists():
        raise _taken(name)


def previewed(new: NewCluster) -> list[rendering.Manifest]:
    """The manifests that the cluster would have; nothing is made. Raises as `cluster` does, but for the name's being taken."""
    return rendered(new)[1]


def rendered(new: NewCluster) -> tuple[Files, list[rendering.Manifest]]:
    """The files that the cluster would have, and the manifests. Raises as `previewed` does."""
    row = _row(new)
    row.pk = 0
    files, output = _files(row, _start(new)[1], new), _output(new)
    if output:
        files = edit.merge_section(layout.OUTPUT, row.release.template.name, output)(files)
    return files, rendering.check(files, row)


def like(source: Cluster, *, name: str, environment: Environment, region: Region, **other: Any) -> NewCluster:
    """A cluster to make like another; what is not said is as there."""
    held = {"release": source.release, "description": source.description}
    return NewCluster(name, source.application, environment, region, like=source, **{**held, **other})


def compared(new: NewCluster, source: Cluster) -> dict[str, Any]:
    """What a copy would have that its source has not pending: `files`, and its `objects`, all new. Raises as `previewed` does."""
    files, manifests = rendered(new)
    return {
        "files": [asdict(item) for item in diff(_pending(source), files)],
        "objects": [asdict(item) for item in compare_manifests([], manifests, namespace=_namespace(new))],
    }


def recommended(template: Template) -> TemplateRelease:
    """The release that a new cluster gets: the newest recommended one, else the newest offered. Raises `Conflict`."""
    releases = template.releases.exclude(state__in=(ReleaseState.RETIRED, ReleaseState.DEPRECATED))
    found = releases.filter(state=ReleaseState.RECOMMENDED).order_by("-id").first() or releases.order_by("-id").first()
    if found is None:
        raise Conflict(f"template {template} has no release to use", code="no_release")
    return found


def clear_half_made() -> int:
    """Free the names of things whose making was killed; how many there were."""
    before = timezone.now() - _HALF_MADE_AGE
    count = Cluster.objects.filter(ready=False, created_at__lt=before).delete()[0]
    return count + Application.objects.filter(ready=False, created_at__lt=before).delete()[0]


def cluster_files(row: Cluster, config: Files) -> Files:
    """All files of a new cluster's repository around the developer's own."""
    release, template = row.release, row.release.template.name
    chart = edit.chart_file(row.name, template_name=template, chart_version=release.chart_version, repository=settings.HORIZON_CHART_REPOSITORY)
    return {
        **config,
        layout.CHART: chart,
        f"{layout.CHARTS}{template}-{release.chart_version}.tgz": bytes(release.archive),
        **records.first(row),
        layout.OUTPUT: _yaml({template: {}}),
        layout.RESTART: _yaml({template: {}}),
        layout.SRE: _yaml({template: {}}),
    }


def _row(new: NewCluster) -> Cluster:
    """The row, not saved. Raises `Invalid`, `Conflict`."""
    names.checked(new.name, what="a cluster")
    release = new.release or recommended(new.application.template)
    if release.state == ReleaseState.RETIRED:
        raise Conflict(f"{release} is retired: choose another release", code="retired")
    return Cluster(
        name=new.name,
        application=new.application,
        environment=new.environment,
        region=new.region,
        release=release,
        namespace=_namespace(new),
        description=new.description[:512],
    )


def _files(row: Cluster, start: Files, new: NewCluster) -> Files:
    return cluster_files(row, {**start, layout.APPLICATION: _merged(start, row.release.template.name, new.config)})


def _yaml(data: Mapping[str, Any]) -> bytes:
    return helmyaml.write(dict(data)).encode()


def _start(new: NewCluster) -> tuple[str, Files]:
    """What developers filled in before, and the sha of the application's config that it comes from."""
    if new.like is None:
        return _application_config(new)
    files = _pending(new.like)
    return new.like.copied_from, {file: files[file] for file in (layout.APPLICATION, layout.PIPELINE) if file in files}


def _output(new: NewCluster) -> dict[str, Any]:
    """What CI would post: the image of the form, over what it posted for the cluster that is copied."""
    held = values.section(_pending(new.like), layout.OUTPUT, new.like.release.template.name) if new.like else {}
    return {**held, **({"image": new.image} if new.image else {})}


def _pending(cluster: Cluster) -> Files:
    repository = cluster_repository(cluster)
    return repository.files(repository.refs.read()[layout.GITOPS])


def _application_config(new: NewCluster) -> tuple[str, Files]:
    """The application's config for the environment, or its default, and the sha that it comes from."""
    repository = application_repository(new.application)
    refs = repository.refs.read()
    sha = refs.get(layout.branch(new.environment.name), refs[layout.DEFAULT])
    return sha, repository.files(sha)


def _merged(start: Files, template: str, config: Mapping[str, Any]) -> bytes:
    """The form's data over what the application holds for this template."""
    held = values.section(start, layout.APPLICATION, template)
    return _yaml({template: edit.merge_patch(held, config)})


def _namespace(new: NewCluster) -> str:
    namespace = new.namespace or f"{new.environment.name}-{new.application.group_id}"
    if len(namespace) > _LONGEST_NAMESPACE:
        raise Invalid("the namespace is longer than 63 characters", code="name", details={"field": "namespace"})
    return names.checked(namespace, what="a namespace") if new.namespace else namespace


def _insert(row: Application | Cluster) -> None:
    """Reserve the name; a row that a killed process left half made gives way. Raises `Conflict`."""
    kind = type(row)
    kind._default_manager.filter(name=row.name, ready=False, created_at__lt=timezone.now() - _HALF_MADE_AGE).delete()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise _taken(row.name) from error


def _taken(name: str) -> Conflict:
    return Conflict(f"the name {name} is taken", code="name_taken", details={"field": "name"})


def _first_commit(repository: Repository, files: Files, actor: Actor, *, ref: str, title: str) -> None:
    now = timezone.now()
    sha = repository.commit(repository.write(files), parents=[], author=actor.author, message=message(title), now=now)
    repository.move({ref: (None, sha)})


def _first_commits(repository: Repository, files: Files, actor: Actor, *, title: str) -> None:
    """An empty root on `master`, then everything on `gitops`."""
    now = timezone.now()
    root = repository.commit(repository.write({}), parents=[], author=actor.author, message=message("Nothing is released yet"), now=now)
    sha = repository.commit(repository.write(files), parents=[root], author=actor.author, message=message(title), now=now)
    repository.move({layout.MASTER: (None, root), layout.GITOPS: (None, sha)})


def _ready(row: Application | Cluster, actor: Actor, *, action: str) -> None:
    with transaction.atomic():
        row.ready = True
        row.save()
        record(actor, action, row, title=f"Create {row.name}")
