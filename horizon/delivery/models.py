"""Pipelineruns: what was asked, what was pinned, how far it came, and who carries it now."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from horizon.inventory.models import Cluster


class State(models.TextChoices):
    """queued -> running -> ok | failed | cancelled; queued -> cancelled. Final states never change."""

    QUEUED = "queued"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (State.QUEUED, State.RUNNING)
FINAL = (State.OK, State.FAILED, State.CANCELLED)


class Action(models.TextChoices):
    """What a run does to its cluster."""

    DEPLOY = "deploy"
    RESTART = "restart"
    ROLLBACK = "rollback"
    FREE = "free"
    DELETE = "delete"


class StepName(models.TextChoices):
    """The steps of runs; `STEPS` says which run has which, in their order."""

    PREFLIGHT = "preflight"
    MERGE = "merge"
    SYNC = "sync"
    WATCH = "watch"
    REMOVE = "remove"
    ARCHIVE = "archive"


_RELEASE = (StepName.PREFLIGHT, StepName.MERGE, StepName.SYNC, StepName.WATCH)
STEPS: dict[str, tuple[StepName, ...]] = {
    Action.DEPLOY: _RELEASE,
    Action.RESTART: _RELEASE,
    Action.ROLLBACK: _RELEASE,
    Action.FREE: (StepName.REMOVE,),
    Action.DELETE: (StepName.REMOVE, StepName.ARCHIVE),
}
SHIPPING = (Action.DEPLOY, Action.RESTART)
"""The actions that ship edits."""


class Pipelinerun(models.Model):
    """One deploy, restart, rollback, free or delete of one cluster.

    `source` is the `gitops` sha that was reviewed, `base` the `master` sha it was compared with, `revision` the `master` sha that shipped.
    `alone` ships only what the edit `source` did, or only `keys` as `source` has them. A worker holds the run while `lease_until` is ahead
    of the database's clock; `attempt` fences one that lost it. `tries` counts claims at the present step.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="pipelineruns")
    action = models.CharField(max_length=10, choices=Action.choices)
    title = models.CharField(max_length=255)
    reason = models.TextField(blank=True)
    created_by = models.CharField(max_length=150)
    created_by_email = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    source = models.CharField(max_length=40)
    base = models.CharField(max_length=40)
    revision = models.CharField(max_length=40, blank=True)
    alone = models.BooleanField(default=False)
    keys = models.JSONField(null=True)
    target = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="rolled_back_by")
    options = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    step = models.CharField(max_length=10, choices=StepName.choices, default=StepName.PREFLIGHT)
    message = models.TextField(blank=True)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="supersedes")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    healthy_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("cluster",), condition=Q(state="running"), name="one_running_run_a_cluster")]
        indexes = [
            models.Index(fields=("cluster", "state"), name="run_by_cluster_and_state"),
            models.Index(fields=("cluster", "revision"), name="run_by_revision"),
            models.Index(fields=("state", "id"), name="runs_by_state"),
            models.Index(fields=("created_by", "id"), name="runs_by_person"),
            models.Index(fields=("state",), condition=Q(state__in=("queued", "running")), name="active_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk} of {self.cluster}"


class Step(models.Model):
    """One step of a run with its times and what it said."""

    pipelinerun = models.ForeignKey(Pipelinerun, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=10, choices=StepName.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("pipelinerun", "name"), name="a_step_once_a_run")]

    def __str__(self) -> str:
        return f"{self.name} of {self.pipelinerun}"


class Request(models.Model):
    """A call that must happen once, under its `Idempotency-Key`: written before anything is done, answered together with the run.

    `gitops` and `base` are where the branches stood at the first try: a repeat finds its own edit after them.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.PositiveBigIntegerField(default=0)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    gitops = models.CharField(max_length=40)
    base = models.CharField(max_length=40)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "token", "cluster", "key"), name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.key} on {self.cluster}"


class CiCall(models.Model):
    """One call of CI to a cluster, refused or not, and what it was answered; a cluster keeps the last ones.

    Of what was posted only the image, the commit and the names of keys are kept: the rest may hold what nobody else should read.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="ci_calls")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=150)
    token = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=64, blank=True)
    image = models.CharField(max_length=512, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    keys = models.JSONField(default=list)
    deploy = models.CharField(max_length=5, default="false")
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    revision = models.CharField(max_length=40, blank=True)
    pipelinerun = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.status} to {self.actor} for {self.cluster}"
