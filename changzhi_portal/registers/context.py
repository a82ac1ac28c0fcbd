"""What the check of rows needs to know besides the rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.thresholds import DEFAULTS, Thresholds

ROWS_BETWEEN_REPORTS = 500


@dataclass(slots=True)
class CheckContext:
    """For whom, for which month and how rows are checked.

    `scope_path` and `division` are the office's. `day` is the last day of the month that the rows count for.
    `may_alter_locked` is true once the bureau has given a reason for altering figures of `locked_months`. `locking` is
    true in the transaction that writes, where the records to change are held (see `lock`). `progress(done, total)` may
    be called now and then. `thresholds` are those of the month.
    """

    scope_path: str
    division: Any
    day: datetime.date
    today: datetime.date
    locked_months: frozenset[datetime.date] = frozenset()
    may_alter_locked: bool = False
    locking: bool = False
    thresholds: Thresholds = DEFAULTS
    progress: Callable[[int, int], None] = lambda done, total: None

    def lock(self, queryset: models.QuerySet) -> models.QuerySet:
        """Return the queryset, reading FOR NO KEY UPDATE while writing (a plain read on SQLite, whose writer is alone).

        Keys stay, so other registers may refer to the records meanwhile, and neither commit waits for the other.
        """
        return queryset.select_for_update(of=("self",), no_key=True) if self.locking else queryset

    def passing(self, rows: Sequence[RegisterRow], *, half: int) -> Iterator[RegisterRow]:
        """Yield the rows, reporting how far the check is: rows are gone through twice, `half` is 0 or 1.

        Without it a large file would show no sign of life while it is compared, and be taken for lost. A commit reports
        its slices itself.
        """
        total = len(rows)
        for number, row in enumerate(rows, start=1):
            if number % ROWS_BETWEEN_REPORTS == 0 and not self.locking:
                self.progress((half * total + number) // 2, total)
            yield row
