"""A batch as other programs read it."""

from __future__ import annotations

from typing import Any

from uploads.models import UploadBatch
from uploads.reading.refusal import FileRefusedError

COUNTERS = ("rows", "new", "changed", "unchanged", "skipped", "errors", "warnings")


def describe_batch(batch: UploadBatch) -> dict[str, Any]:
    """A batch as `upload --json` prints it (docs/spreadsheets.md §6): counters and every problem."""
    problems = list(batch.problems)
    for row_problems in batch.staged_rows.exclude(problems=[]).order_by("position").values_list("problems", flat=True):
        problems += row_problems
    return (
        {"batch": batch.pk, "register": batch.register, "state": str(batch.state)}
        | {name: getattr(batch, name) for name in COUNTERS}
        | {"problems": problems}
    )


def describe_refusal(refused: FileRefusedError, *, register: str, file_name: str) -> dict[str, Any]:
    """The same of a file that was not even taken in, being too large: there is no batch."""
    return (
        {"batch": None, "register": register, "state": str(UploadBatch.State.REJECTED)}
        | dict.fromkeys(COUNTERS, 0)
        | {"problems": [refused.as_problem(file_name)]}
    )
