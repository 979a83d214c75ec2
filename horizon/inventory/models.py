"""The records: what exists, where it belongs, and what was last read of Git and of the region."""

from django.db import models
from django.db.models import Q


class Group(models.Model):
    """A folder of applications. `path` is unique and addresses it: `payments/checkout`.

    `hidden` says whether it or a group above it is `private`; `tree.hide` keeps it so.
    """

    name = models.CharField(max_length=63)
    path = models.CharField(max_length=512, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    private = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    description = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("path",)
        constraints = [models.CheckConstraint(condition=Q(private=False) | Q(hidden=True), name="private_is_hidden")]

    def __str__(self) -> str:
        return self.path


class Environment(models.Model):
    """A label with an order: dev, test, pre, online…"""

    name = models.CharField(max_length=63, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Region(models.Model):
    """One Kubernetes cluster and the engine that delivers to it."""

    name = models.CharField(max_length=63, unique=True)
    engine = models.CharField(max_length=20, default="local")
    base_registry = models.CharField(max_length=255, blank=True)
    ingress_domain = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A Helm chart with a form; its releases are its versions."""

    name = models.CharField(max_length=63, unique=True)
    description = models.CharField(max_length=512, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ReleaseState(models.TextChoices):
    """Which releases a person is offered."""

    RECOMMENDED = "recommended"
    OFFERED = "offered"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class TemplateRelease(models.Model):
    """One immutable version of a template, with its archive; never deleted.

    `source` says where it was imported from: a bundled `folder`, the digest of an `upload`, or `url`, `tag`, `path` and `commit`.
    """

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=64)
    chart_version = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    archive = models.BinaryField()
    archive_digest = models.CharField(max_length=64)
    description = models.CharField(max_length=512, blank=True)
    state = models.CharField(max_length=20, choices=ReleaseState.choices, default=ReleaseState.OFFERED)
    created_by = models.CharField(max_length=150, blank=True)
    source = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("template__name", "-id")
        constraints = [
            models.UniqueConstraint(fields=("template", "version"), name="one_release_a_version"),
            models.UniqueConstraint(fields=("template",), condition=Q(state="recommended"), name="one_recommended_release"),
        ]

    def __str__(self) -> str:
        return f"{self.template.name} {self.version}"


class Priority(models.TextChoices):
    """How much depends on an application."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Application(models.Model):
    """One service; its default configuration lies in a Git repository of its own."""

    name = models.CharField(max_length=63, unique=True)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="applications")
    description = models.CharField(max_length=512, blank=True)
    priority = models.CharField(max_length=2, choices=Priority.choices, default=Priority.P3)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="applications")
    ready = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


LISTED = ("application", "environment", "region", "release", "sync", "health", "pending", "ready", "archived_at")
"""What lists of clusters are filtered by."""


def _listed(*fields: str, name: str = "", only: Q | None = None) -> models.Index:
    """Rows in this order, with all that a list filters by: a page and a count with any filters are read from one index alone."""
    rest = (field for field in LISTED if field not in fields)
    return models.Index(fields=[*fields, *rest], name=f"clusters_by_{name or fields[0]}", condition=only)


class Cluster(models.Model):
    """One deployment of an application. Git is the truth: the shas and what follows from them are what was last read there.

    The indexes below begin with the references: one of a reference alone would be taken for them and read row by row.
    `ready` is false while the repository is being made; one with `archived_at` was deleted, and can be restored until it is purged.
    What the region showed last stands in `sync` to `objects`, as old as `observed_at`.
    """

    name = models.CharField(max_length=63, unique=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="clusters", db_index=False)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="clusters", db_index=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="clusters", db_index=False)
    release = models.ForeignKey(TemplateRelease, on_delete=models.PROTECT, related_name="clusters", db_index=False)
    namespace = models.CharField(max_length=63)
    description = models.CharField(max_length=512, blank=True)
    ready = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    copied_from = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    gitops = models.CharField(max_length=40, blank=True)
    master = models.CharField(max_length=40, blank=True)
    pending = models.BooleanField(default=True)
    image = models.CharField(max_length=512, blank=True)

    sync = models.CharField(max_length=20, default="NotDeployed")
    health = models.CharField(max_length=20, default="Unknown")
    revision = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    objects_seen = models.JSONField(default=list)
    observed_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ("name",)
        indexes = [
            _listed("name"),
            _listed("created_at", "name"),
            *(_listed(field, "name") for field in ("application", "environment", "region", "release", "sync", "health")),
            # With the name, which searches look into: their counts would read row by row without it.
            _listed("sync", "health", "pending", "name", name="state"),
            _listed("name", name="pending", only=Q(pending=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A label on exactly one application or cluster: a key, and a value that may be empty."""

    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="tags")
    cluster = models.ForeignKey(Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=63)
    value = models.CharField(max_length=63, blank=True)

    class Meta:
        ordering = ("key",)
        constraints = [
            models.CheckConstraint(
                condition=Q(application__isnull=False, cluster__isnull=True) | Q(application__isnull=True, cluster__isnull=False),
                name="tag_of_one_thing",
            ),
            models.UniqueConstraint(fields=("application", "key"), name="a_key_once_an_application"),
            models.UniqueConstraint(fields=("cluster", "key"), name="a_key_once_a_cluster"),
        ]
        indexes = [models.Index(fields=("key", "value", "cluster", "application"), name="tags_by_key")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}" if self.value else self.key


class Event(models.Model):
    """Who did what to which thing, when, from where, in the order in which it was seen. Events of commits are written from Git, once a commit.

    `thing` is its kind and name at that time, and stays when the row of the thing goes.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    title = models.CharField(max_length=512, blank=True)
    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="events")
    application = models.ForeignKey(Application, null=True, on_delete=models.SET_NULL, related_name="events")
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.SET_NULL, related_name="events")
    sha = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
    address = models.CharField(max_length=64, blank=True)
    thing = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("cluster", "sha"), condition=~Q(sha=""), name="one_event_a_commit")]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.title}"
