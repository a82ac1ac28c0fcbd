"""Finding the columns of a staged row's cells in its file: each table of a sheet has its own (`UploadBatch.mapping`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

_ONE: Final = Decimal(1)


class FileColumns:
    """The mapped columns of a file by sheet and row.

    A sheet may have several tables, one below the other; an entry of the mapping gives the last row of each. Mappings
    stored before that have one table a sheet and no last row.
    """

    def __init__(self, mapping: Iterable[Mapping[str, Any]]) -> None:
        self._tables: dict[str, list[tuple[float, dict[str, dict[str, Any]], dict[str, int]]]] = {}
        for part in mapping:
            columns = {column["field"]: column for column in part["columns"]}
            positions = {name: column["index"] for name, column in columns.items()}
            last_row = part.get("last_row", float("inf"))
            self._tables.setdefault(part["sheet"] or "", []).append((last_row, columns, positions))

    def columns(self, sheet: str | None, row: int) -> dict[str, dict[str, Any]]:
        """Return the columns of a row by field, as `UploadBatch.mapping` has them; none for an unknown sheet."""
        return self._table(sheet, row)[0]

    def positions(self, sheet: str | None, row: int) -> dict[str, int]:
        """Return the index of each column of a row by field."""
        return self._table(sheet, row)[1]

    def multiplier(self, sheet: str | None, row: int, field: str) -> Decimal:
        """Return the factor that converts a cell's figure to the register's unit."""
        return Decimal(self.columns(sheet, row).get(field, {}).get("multiplier", _ONE))

    def _table(self, sheet: str | None, row: int) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
        tables = self._tables.get(sheet or "", [])
        for last_row, columns, positions in tables:
            if row <= last_row:
                return columns, positions
        return tables[-1][1:] if tables else ({}, {})
