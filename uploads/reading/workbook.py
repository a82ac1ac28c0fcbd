"""The cells of an uploaded file, read in a child process so that no file can take the worker down."""

from __future__ import annotations

from pathlib import Path

from uploads.reading.grid import CellError, Grid

__all__ = ["CellError", "Grid", "read_workbook"]


def read_workbook(path: Path, *, file_name: str) -> list[Grid]:
    """The visible sheets of a file, in the workbook's order.

    The content decides what it is; `file_name` only hints where content cannot. Raises FileRefused.
    """
    raise NotImplementedError
