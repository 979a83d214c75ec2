"""The local engine, made to do what a real region does by itself: refuse, be out of reach, never become healthy, take its time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from horizon.delivery import regions
from horizon.engines.contract import Engine, Health, Observation, Preflight, Refusal, Target
from horizon.errors import Unavailable
from horizon.inventory.models import Cluster

Hook = Callable[[], object]


@dataclass
class Region:
    """What the region does, and what it was asked: `away` names calls that find nobody, `hooks` are called once, before the real work."""

    real: Engine
    refusals: tuple[Refusal, ...] = ()
    health: Health | None = None
    away: frozenset[str] = frozenset()
    hooks: dict[str, Hook] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def leave(self, *calls: str) -> None:
        """From now on these calls find no region, and the others do."""
        self.away = frozenset(calls)

    def effects(self) -> list[str]:
        """The calls that change something, in their order."""
        return [call for call in self.asked if call in ("sync", "terminate", "delete")]

    def preflight(self, target: Target, manifests: Sequence[Mapping[str, Any]]) -> Preflight:
        """See `Engine.preflight`."""
        self._asked("preflight")
        found = self.real.preflight(target, manifests)
        return replace(found, refusals=(*found.refusals, *self.refusals))

    def sync(self, target: Target, revision: str, manifests: Sequence[Mapping[str, Any]], *, operation: str) -> None:
        """See `Engine.sync`."""
        self._asked("sync")
        self.real.sync(target, revision, manifests, operation=operation)

    def observe(self, target: Target, *, now: datetime) -> Observation:
        """See `Engine.observe`."""
        self._asked("observe")
        seen = self.real.observe(target, now=now)
        return replace(seen, health=self.health) if self.health else seen

    def terminate(self, target: Target, *, operation: str) -> None:
        """See `Engine.terminate`."""
        self._asked("terminate")
        self.real.terminate(target, operation=operation)

    def delete(self, target: Target) -> None:
        """See `Engine.delete`."""
        self._asked("delete")
        self.real.delete(target)

    def forget(self, target: Target) -> None:
        """See `Engine.forget`."""
        self._asked("forget")
        self.real.forget(target)

    def _asked(self, call: str) -> None:
        self.asked.append(call)
        hook = self.hooks.pop(call, None)
        if hook:
            hook()
        if call in self.away:
            raise Unavailable("nobody answers", code="region_unreachable")


def wilful_region(cluster: Cluster, patch: pytest.MonkeyPatch) -> Region:
    """Put a region that does as the test says in the place of every cluster's."""
    region = Region(regions.engine(cluster))
    patch.setattr(regions, "engine", lambda cluster: region)
    return region
