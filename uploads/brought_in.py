"""Whether a county has brought in a register for a month: as a whole, or town by town (docs/domain.md §6.12)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads.models.batch import UploadBatchQuerySet


class BroughtIn(NamedTuple):
    """What a county's offices have brought in of one register.

    `at` is when they did last, None for never. Unless the county `is_done`, `towns_done` of its `towns` have done so.
    """

    at: datetime.datetime | None
    is_done: bool
    towns_done: int
    towns: int

    @property
    def is_partly(self) -> bool:
        """Return whether some of its towns have brought it in, but not all."""
        return self.at is not None and not self.is_done


@dataclass(frozen=True)
class MonthOfOffices:
    """When each office last brought in each register of a month, and the towns where communities lie, by path."""

    newest: Mapping[tuple[str, str], datetime.datetime]
    towns: Sequence[str]

    @classmethod
    def of(cls, reported: UploadBatchQuerySet, period: ReportingPeriod, user: Actor) -> MonthOfOffices:
        """Return the month in the user's scope; `reported` are its uploads that count, in that scope. Two queries."""
        return cls(reported.newest_by_office(), list(user.visible_towns(period.as_of).values_list("path", flat=True)))

    def of_county(self, path: str, register: str) -> BroughtIn:
        """Return what the county at `path` has brought in itself: done by the county's upload, or by all of its towns."""
        below = {
            office: at for (office, name), at in self.newest.items() if name == register and office.startswith(path)
        }
        towns = [town for town in self.towns if town.startswith(path)]
        done = sum(town in below for town in towns)
        is_done = path in below or (bool(towns) and done == len(towns))
        return BroughtIn(max(below.values(), default=None), is_done, done, len(towns))
