"""Succession: what operates in a division goes to its successor when the division closes (docs/domain.md §3.10).

An app says in `<app>/succession.py` what of it moves, and how:

    POINTS = Succession("服务站点", _move_points)

    def _move_points(handover: Handover) -> list[str]:
        ...
        handover.log.append(change_of(point, division=successor.pk, before=…, after=…))
        return ["城区西街街道办事处“便民服务点”转到潞州区西街街道办事处"]

`accounts.actions.apply_division_changes` calls every declaration in the transaction of the change, in the order of the
apps, after divisions and communities have moved and before the users do. What is logged in `handover.log` is in the change
set of the change, so that undoing the change brings it back: a move must log every column that it writes. Facts (what was
decided, counted, paid) keep their division; only what goes on working moves.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from changzhi_portal.discovery import instances_in
from changzhi_portal.rights import Actor


@dataclass(slots=True)
class Handover:
    """The changes of one day, as a succession sees them.

    `plan` is the applied `communities.divisionchanges.ChangePlan`. `log` takes a `changelog.actions.LoggedChange` for every
    record that a succession writes.
    """

    plan: Any
    by: Actor
    log: list[Any] = field(default_factory=list)
    _replaced: dict[str, dict[int, Any]] = field(default_factory=dict)

    @property
    def day(self) -> datetime.date:
        """Return the day from which the changes hold."""
        day: datetime.date = self.plan.effective_on
        return day

    def successors(self) -> dict[int, Any]:
        """Return the successor of each division that closes, by the key of the closing one.

        Of a division that is split it is the one that gets most of its communities.
        """
        return {move.old.pk: move.successor for move in self.plan.closing}

    def replace(self, ended: Model, by: Model) -> None:
        """Note that a record has ended and another of its model goes on in its place, for the apps to the right."""
        self._replaced.setdefault(ended._meta.label_lower, {})[ended.pk] = by

    def replaced(self, model: type[Model]) -> dict[int, Any]:
        """Return the records that go on in the place of those of a model that have ended, by the key of the latter."""
        return self._replaced.get(model._meta.label_lower, {})


@dataclass(frozen=True)
class Succession:
    """What of an app goes to the successor: how people call it, and the function that moves it.

    `move(handover)` writes and logs, set-based, and returns a Chinese sentence for each thing that people should know of.
    """

    title: str
    move: Callable[[Handover], list[str]]


def declared_successions() -> tuple[Succession, ...]:
    """Return the successions of all apps, in the apps' order."""
    return instances_in("succession", Succession)


def move_to_successors(handover: Handover) -> list[str]:
    """Move what operates in the divisions that close, and return what was moved, in sentences. Must run in a transaction."""
    if not handover.plan.closing:
        return []
    return [f"{each.title}：{sentence}" for each in declared_successions() for sentence in each.move(handover)]
