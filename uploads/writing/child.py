"""Child process that marks one workbook: `python -m uploads.writing.child LIMITS NAME PATH`.

It reads the problems and the corrected cells from standard input (`orders`), and writes the marked .xlsx to standard
output. A file that cannot be marked within the limits ends with another status than 0. It imports neither Django nor
changzhi_portal, and it may be killed at any time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from uploads.reading.child import SheetWriter, limit_resources, raw_sheets
from uploads.reading.grid import Grid, Limits, NotReadableError
from uploads.writing.marked import mark_workbook
from uploads.writing.orders import Orders, read_orders
from uploads.writing.rebuilt import rebuild_workbook
from uploads.writing.xml_text import UnusualWorkbookError

_REFUSED: Final = 2  # exit status
_ZIP: Final = b"PK\x03\x04"


def main(arguments: Sequence[str]) -> int:
    """Mark the workbook and return the exit status."""
    limits = Limits(**json.loads(arguments[0]))
    limit_resources(limits)
    try:
        orders = read_orders(sys.stdin.buffer)
        with open(arguments[2], "rb") as file:
            _write(file, Path(arguments[2]), arguments[1], orders, limits, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except NotReadableError as refusal:
        print(refusal.reason, file=sys.stderr)
        return _REFUSED
    return 0


def _write(file: IO[bytes], path: Path, name: str, orders: Orders, limits: Limits, target: IO[bytes]) -> None:
    """Write the marked workbook: marked in place if it can be, else rebuilt from its cells (ADR 0006)."""
    if file.read(len(_ZIP)) == _ZIP:
        try:
            mark_workbook(file, target, orders)
            return
        except (UnusualWorkbookError, NotReadableError) as reason:
            print(f"rebuilt: {reason}", file=sys.stderr)
    target.seek(0)
    target.truncate()
    file.seek(0)
    collector = _Collector(limits)
    for sheet in raw_sheets(file, path, name, limits):
        collector.write(sheet)
    rebuild_workbook(collector.grids, orders, target)


class _Collector(SheetWriter):
    """Writer that keeps the sheets as grids."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(sys.stdout.buffer, limits)
        self.grids: list[Grid] = []
        self._kept: list[Sequence[object]] = []

    def put(self, value: object) -> None:
        """Keep a batch of rows, or make a grid of those since the last end of a sheet."""
        if isinstance(value, list):
            self._kept += value
        elif isinstance(value, tuple):
            _, name, merged, is_delimited = value
            self.grids.append(Grid(name, self._kept, merged, is_delimited))
            self._kept = []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
