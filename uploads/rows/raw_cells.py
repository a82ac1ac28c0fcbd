"""Raw cells that are stored with a staged row, so that the row can be checked again without its file.

Only cells with a problem are stored, as the others are given by their cleaned value. Text of personal columns is stored
as ciphertext (docs/domain.md §9.1).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from changzhi_portal.personal import Place, decrypt, encrypt
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.registers.cleaning import as_text
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.rows import LONGEST_VALUE, RegisterRow
from uploads.places import cell_of
from uploads.reading.grid import CellError, RefusedCell, UnpairedQuote

SEALED = "sealed"  # the key of a ciphertext
NOT_KEPT = None  # in `RegisterRow.raw` of a restored row, a cell that had no problem

_KINDS: dict[str, Any] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "error": CellError,
    "refused": lambda stored: RefusedCell(*stored),
    "quote": lambda stored: UnpairedQuote(*stored),
}


def as_json(cell: Any, column: Column, row: Place) -> Any:
    """Return a cell for `UploadRow.raw`: encrypted in a personal column, and if it contains a personal number.

    `row` is where the row is stored, to which the ciphertext is bound.
    """
    plain = _plain(cell)
    text = as_text(plain) if isinstance(plain, str | int | float) else str(cell) if isinstance(cell, str) else ""
    # A cell that is longer than any may be is the rest of a damaged file: no need to look for numbers in it.
    has_slipped = len(text) > LONGEST_VALUE or mask_slipped_numbers(text) != text
    if not column.is_personal and not has_slipped:
        return plain
    return {SEALED: encrypt(json.dumps(plain), cell_of(row, column.field))}


def from_json(stored: Any, place: Place) -> Any:
    """Return the cell that `as_json` has stored at a place (`cell_of`)."""
    if not isinstance(stored, dict):
        return stored
    ((kind, value),) = stored.items()
    return from_json(json.loads(decrypt(value, place)), place) if kind == SEALED else _KINDS[kind](value)


def _plain(cell: Any) -> Any:
    """Return the cell as a JSON value; a kind that JSON cannot tell from text is stored with it."""
    if isinstance(cell, CellError):
        return {"error": str(cell)}
    if isinstance(cell, RefusedCell):
        return {"refused": [str(cell), cell.reason]}
    if isinstance(cell, UnpairedQuote):
        return {"quote": [str(cell), cell.line]}
    if isinstance(cell, datetime.datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, datetime.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, datetime.time):
        return {"time": cell.isoformat()}
    return cell


def cells_with_problems(row: RegisterRow, columns: Mapping[str, Column], place: Place) -> dict[str, Any]:
    """Return the cells of a row to store at a place, by field, as JSON."""
    if row.raw is None:
        return {}
    kept: dict[str, Any] = {}
    for name in {problem.field for problem in row.problems} & row.columns.keys():
        cell = row.raw[row.columns[name]]
        if cell is not NOT_KEPT:
            kept[name] = as_json(cell, columns[name], place)
    return kept


def restored(kept: Mapping[str, Any], positions: Mapping[str, int], place: Place) -> list[Any] | None:
    """Return `RegisterRow.raw` of a row restored from staging at a place; None if no cell was stored."""
    if not kept:
        return None
    cells = [NOT_KEPT] * (max(positions.values()) + 1)
    for name, stored in kept.items():
        cells[positions[name]] = from_json(stored, cell_of(place, name))
    return cells
