"""The one interface of every engine, and the words for what it says about live objects (DESIGN 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Sync(StrEnum):
    """Whether the live objects are those of the revision."""

    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"
    NOT_DEPLOYED = "NotDeployed"


class Health(StrEnum):
    """Whether the live objects work."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    DEGRADED = "Degraded"
    MISSING = "Missing"
    UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Target:
    """All that an engine may know about a cluster."""

    cluster: str
    cluster_id: int
    namespace: str
    environment: str
    region: str


@dataclass(frozen=True)
class Refusal:
    """One object that the region would not accept, such as `Deployment/web`; `field` is empty where the whole object is meant."""

    object: str
    field: str
    reason: str


@dataclass(frozen=True)
class Preflight:
    """Whether a region would accept a set of objects: yes if nothing is refused. Notices say what was not checked."""

    refusals: tuple[Refusal, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class FieldDrift:
    """One field that is not as the release wants it; None where it is absent, as Kubernetes reads null."""

    path: str
    wanted: Any
    live: Any


@dataclass(frozen=True)
class LiveObject:
    """One object of a cluster as it is in its region. `text` is the unified diff of its YAML, wanted against live, where both are known."""

    kind: str
    name: str
    namespace: str
    sync: Sync
    health: Health
    message: str
    drift: tuple[FieldDrift, ...]
    group: str = ""
    text: str = ""


@dataclass(frozen=True)
class Observation:
    """What a region held at `observed_at`: the revision that is live, and the last operation given to `sync`."""

    sync: Sync
    health: Health
    revision: str | None
    objects: tuple[LiveObject, ...]
    message: str
    observed_at: datetime
    operation: str | None


class Engine(Protocol):
    """Delivers to one kind of region. Every call raises `Unavailable` when the region cannot be reached, unless it says otherwise.

    A watch over a whole region comes with the first engine that has something to watch.
    """

    def preflight(self, target: Target, manifests: Sequence[Mapping[str, Any]]) -> Preflight:
        """Say what the region would refuse, the live objects' immutable fields included. Changes nothing.

        A region out of reach is a notice: it says nothing about the objects.
        """
        ...

    def sync(self, target: Target, revision: str, manifests: Sequence[Mapping[str, Any]], *, operation: str) -> None:
        """Make the live objects those of `manifests`, and remove the ones that are no longer in it.

        Given the same revision and operation again it finishes what a crash left, or does nothing more. Raises `Conflict` for an operation
        that was terminated or followed by another, `Invalid` for objects that cannot be carried at all.
        """
        ...

    def observe(self, target: Target, *, now: datetime) -> Observation:
        """What is live, compared with what `sync` was given. Changes nothing."""
        ...

    def terminate(self, target: Target, *, operation: str) -> None:
        """Withdraw an operation: one that has not begun never will, one that has ended stays as it is. Twice is once."""
        ...

    def delete(self, target: Target) -> None:
        """Remove the cluster's live objects; operations that were given before never begin any more. Twice is once."""
        ...

    def forget(self, target: Target) -> None:
        """Drop what is still known of a deleted cluster that will never come back. Twice is once."""
        ...
