"""JSON of a batch for other programs (docs/spreadsheets.md §6.2)."""

from __future__ import annotations

from typing import Any

from changzhi_portal.registers.problems import Level, Problem
from uploads.models import UploadBatch
from uploads.reading.refusal import FileRefusedError


def describe_batch(batch: UploadBatch) -> dict[str, Any]:
    """Return a batch as `upload --json` prints it: counters and every problem."""
    problems = [*batch.problems, *_growth_as_problem(batch)]
    for row_problems in batch.staged_rows.with_problems().in_file_order().values_list("problems", flat=True):
        problems += row_problems
    return (
        {"batch": batch.pk, "register": batch.register or UploadBatch.RECOGNISED, "state": str(batch.state)}
        | {name: getattr(batch, name) for name in UploadBatch.COUNTERS}
        | {"problems": problems}
    )


def _growth_as_problem(batch: UploadBatch) -> list[dict[str, Any]]:
    """Return the question about multiplied records as a problem of the file: an error until it is confirmed."""
    if not batch.growth:
        return []
    level = Level.ERROR if batch.state == UploadBatch.State.CHECKED else Level.WARNING
    question = f"{batch.growth_question}，请核对；确实如此的，入库时要另外确认"
    return [Problem("unusual_growth", question, level).as_json()]


def describe_refusal(refused: FileRefusedError, *, register: str, file_name: str) -> dict[str, Any]:
    """Return the JSON of a file that was too large to be received, for which there is no batch."""
    return (
        {"batch": None, "register": register, "state": str(UploadBatch.State.REJECTED)}
        | dict.fromkeys(UploadBatch.COUNTERS, 0)
        | {"problems": [refused.as_problem(file_name)]}
    )
