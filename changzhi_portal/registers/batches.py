"""A batch of rows without a file, which a program sends: what it wants of each record, and what came of it.

The frame cannot import `changelog`, which checks and writes such batches; it finds the writer that `changelog/api.py`
declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from changzhi_portal.registers.problems import Problem
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor

MOST_IN_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class WantedRow:
    """What is wanted of one record: values by field, as `row_of_input` takes them. Without a `ref` a new record.

    `version` is that of the record as the program saw it; `corrects` is that of `changelog.actions.edit_record`. A row
    without values says what the record says already. `refused` is what stands against the row before it is checked.
    """

    values: Mapping[str, Any]
    ref: str = ""
    version: int | None = None
    corrects: bool = False
    refused: Problem | None = None


class Outcome(StrEnum):
    """What came of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    WARNED = "warned"  # has warnings that nobody has confirmed
    STALE = "stale"
    MISSING = "missing"
    LEFT_OUT = "left_out"  # could be written, but others of the batch cannot

    @property
    def is_good(self) -> bool:
        """Whether the row was written, or would be but for others."""
        return self in {Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED}


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row: the record's key, ref and version as they are now, what the check said, what else was done."""

    outcome: Outcome
    key: int | None = None
    ref: str = ""
    version: int | None = None
    problems: Sequence[Problem] = ()
    also: Sequence[str] = ()


class WriteRows(Protocol):
    """The action that checks and writes a batch; see `changelog.actions.write_rows`."""

    def __call__(
        self,
        *,
        register: RegisterSheet,
        rows: Sequence[WantedRow],
        by: Actor,
        keeps_good: bool,
        confirms: bool,
        locked_reason: str = "",
    ) -> list[RowResult]:
        """Return what came of each row, in their order."""


@dataclass(frozen=True, slots=True)
class BatchWriter:
    """Declares the action that writes batches of programs."""

    write: WriteRows
