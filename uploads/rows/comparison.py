"""Comparing rows with the register, and counting their outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from uploads.models import UploadRow
from uploads.rows.raw_cells import NOT_KEPT

Outcome = UploadRow.Outcome


def compare_rows(rows: list[RegisterRow], sheet: RegisterSheet, context: CheckContext) -> None:
    """Let the register check the rows, and add to each problem the header and the value of its cell."""
    sheet.check(rows, context)
    name_columns(rows, sheet)


def name_columns(rows: Iterable[RegisterRow], sheet: RegisterSheet) -> None:
    """Add to each problem of the rows the header and the value of its cell."""
    columns = {column.field: column for column in sheet.columns}
    for row in rows:
        for problem in row.problems:
            column = columns.get(problem.field)
            if column is not None and not problem.column:
                problem.column = column.header
                problem.value = _shown_value(column, row)


def _shown_value(column: Column, row: RegisterRow) -> str:
    """Return the cell as written if the row still has it, else its cleaned value as text."""
    if row.raw is not None and column.field in row.columns:
        cell = row.raw[row.columns[column.field]]
        if cell is not NOT_KEPT:
            return column.shown(cell)
    return column.written(row.get(column.field))


def outcome_of(row: RegisterRow) -> str:
    """Return what committing the row would do, a value of `UploadRow.Outcome`."""
    if row.has_error:
        return Outcome.ERROR
    if row.is_new:
        return Outcome.NEW
    return Outcome.CHANGED if row.writes else Outcome.UNCHANGED


def count_outcomes(rows: Sequence[RegisterRow]) -> dict[str, int]:
    """Return the counters of a batch by name: rows, new, changed, unchanged, errors, warnings (each counts rows)."""
    outcomes = [outcome_of(row) for row in rows]
    return {
        "rows": len(rows),
        "new": outcomes.count(Outcome.NEW),
        "changed": outcomes.count(Outcome.CHANGED),
        "unchanged": outcomes.count(Outcome.UNCHANGED),
        "errors": outcomes.count(Outcome.ERROR),
        "warnings": sum(row.has_warning for row in rows),
    }


def count_problems(rows: Sequence[RegisterRow]) -> dict[str, int]:
    """Return how many rows have each kind of problem, by code."""
    return dict(Counter(code for row in rows if row.problems for code in {problem.code for problem in row.problems}))
