"""The records: what exists, where it belongs, and what was last read of Git and of the region."""

from django.db import models
from django.db.models import Q


class Group(models.Model):
    """A folder of applications. `path` is unique and addresses it: `payments/checkout`."""

    name = models.CharField(max_length=63)
    path = models.CharField(max_length=512, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    private = models.BooleanField(default=False)
    description = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("path",)

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
    """One immutable version of a template, with its archive; never deleted."""

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=64)
    chart_version = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    archive = models.BinaryField()
    archive_digest = models.CharField(max_length=64)
    description = models.CharField(max_length=512, blank=True)
    state = models.CharField(max_length=20, choices=ReleaseState.choices, default=ReleaseState.OFFERED)
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


class Cluster(models.Model):
    """One deployment of an application. Git is the truth: the shas and what follows from them are what was last read there.

    `ready` is false while the repository is being made; one with `archived_at` was deleted, and can be restored until it is purged.
    What the region showed last stands in `sync` to `objects`, as old as `observed_at`.
    """

    name = models.CharField(max_length=63, unique=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="clusters")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="clusters")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="clusters")
    release = models.ForeignKey(TemplateRelease, on_delete=models.PROTECT, related_name="clusters")
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
        indexes = [models.Index(fields=("application", "environment"), name="cluster_by_application")]

    def __str__(self) -> str:
        return self.name


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
