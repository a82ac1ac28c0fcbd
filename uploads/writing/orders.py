"""What a workbook is to be marked with: the problems of its batches, and the cells that were corrected in the pages.

The portal writes them line by line for the child process, so that it never holds all problems of a large file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from uploads.writing.problem_list import Entry, Position, position_of

_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Fix:
    """A cell corrected in the page: its new text. `is_figure` tells that its column has numbers."""

    sheet: str | None
    cell: str
    text: str
    is_figure: bool

    @property
    def position(self) -> Position | None:
        """Return row and column, from 0."""
        return position_of(self.cell)

    @property
    def number(self) -> str:
        """Return the text if it is to be a number cell, else "": 0012, 2.5万 and numbers of text columns stay text."""
        text = self.text.strip()
        return text if self.is_figure and _PLAIN_NUMBER.fullmatch(text) else ""


@dataclass(slots=True)
class Orders:
    """The problems to mark and the corrected cells to write."""

    entries: list[Entry] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)

    def fixes_of(self, sheet: str | None) -> dict[Position, Fix]:
        """Return the corrected cells of a sheet by position."""
        return {fix.position: fix for fix in self.fixes if fix.sheet == sheet and fix.position is not None}


def write_orders(target: IO[bytes], entries: Iterable[Entry], fixes: Iterable[Fix]) -> int:
    """Write one JSON list per line and return how many there are."""
    count = 0
    for line in _lines(entries, fixes):
        target.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        count += 1
    target.flush()
    return count


def _lines(entries: Iterable[Entry], fixes: Iterable[Fix]) -> Iterator[list[object]]:
    for fix in fixes:
        yield ["fix", fix.sheet, fix.cell, fix.text, fix.is_figure]
    for entry in entries:
        level = str(entry.level)
        yield ["problem", level, entry.sheet, entry.cell, entry.column, entry.value, entry.message, entry.register]


def read_orders(source: IO[bytes]) -> Orders:
    """Return what `write_orders` has written."""
    orders = Orders()
    for line in source:
        kind, *values = json.loads(line)
        if kind == "fix":
            orders.fixes.append(Fix(*values))
        else:
            orders.entries.append(Entry(*values))
    return orders
