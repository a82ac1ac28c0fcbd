"""Problems found in a sheet: one code, one level, one Chinese sentence each (codes: spreadsheets.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """An error keeps its row out; a warning lets it pass."""

    ERROR = "error"
    WARNING = "warning"


WARNING_CODES = frozenset(
    {
        "approximate_date",
        "area_code_unusual",
        "outlier",
        "similar_name",
        "unknown_column",
        "old_place_name",
        "over_budget",
        "wrong_register",  # of one sheet among others; of a whole file it is a refusal
    }
)


def cell_address(row: int, column: int) -> str:
    """A cell as Excel shows it: row from 1, column from 0 (A)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


@dataclass(slots=True)
class Problem:
    """One thing wrong with one cell (or, without `cell`, with a sheet)."""

    code: str
    message: str
    level: Level
    sheet: str | None = None
    cell: str = ""
    field: str = ""
    column: str = ""  # the header, set together with `value` once a row has been checked
    value: str = ""  # as the user wrote it; masked for personal columns

    def as_json(self) -> dict[str, Any]:
        """The shape of `problems` in the page's data and in `upload --json`."""
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "level": str(self.level),
            "message": self.message,
        }


class CellRefused(ValueError):
    """A cell that cannot be read; becomes an error of its row."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A cell that was read, but that the user should look at; becomes a warning of its row."""

    value: Any
    code: str
    message: str
