"""The row of an edit: what a form or the API says of one record, read as a batch of one row without a file.

`changelog.actions` checks such a row and carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from changzhi_portal.records import Record
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.columns import CLEAR, Column, PersonalColumn
from changzhi_portal.registers.problems import Problem
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow, read_input


def row_of_input(register: RegisterSheet, given: Mapping[str, Any], record: Record | None = None) -> RegisterRow:
    """Return the row for values by field: text as a form sends it, or Python values as the API gives them.

    A field that is not given stays as it is. A blank one empties what `record` holds; of a new record it says nothing.
    Personal data stay as they are for the mask that was shown in their place, and for 不改. Values that cannot be read are problems of the
    row. Raises InvalidError for a field that the register does not have.
    """
    columns = {column.field: column for column in register.columns if column.field != "ref"}
    unknown = sorted(given.keys() - columns.keys())
    if unknown:
        raise InvalidError(
            f"{register.title}没有“{'、'.join(unknown)}”这一项。",
            cure=f"{register.name} has no field {', '.join(unknown)}. Its fields: {', '.join(columns)}.",
            field=unknown[0],
        )
    # In the order of the columns, as problems are listed.
    ordered = [name for name in columns if name in given]
    row = RegisterRow({} if record is None else {"ref": record.ref}, columns=dict.fromkeys(ordered, 0))
    for name in ordered:
        reading = read_input(columns[name], given[name])
        row.take(name, reading)
        if reading.is_blank and _empties(columns[name], given[name], record):
            row.values[name] = CLEAR
    return row


def _empties(column: Column, blank: Any, record: Record | None) -> bool:
    """Tell whether a blank value empties something of the record.

    Blank place columns leave a record where it is, as in a spreadsheet; a key that the record never had is not taken away.
    """
    if record is None or column.model is None:
        return False
    if isinstance(column, PersonalColumn) and column.means_no_change(blank):
        return False
    return not (column.is_key and column.model is type(record) and not getattr(record, column.attribute))


def problems_by_field(row: RegisterRow) -> dict[str, list[Problem]]:
    """Return the problems of a row by the field that they belong to; under "" those of no single field."""
    found: dict[str, list[Problem]] = {}
    for problem in row.problems:
        found.setdefault(problem.field, []).append(problem)
    return found
