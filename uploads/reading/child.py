"""Child process that reads one file: `python -m uploads.reading.child LIMITS NAME PATH`.

It writes pickles of plain values to standard output: lists of rows; after the rows of a sheet ("sheet", name, merged,
is_delimited); at the end ("end",) or ("refused", reason, values). It imports neither Django nor changzhi_portal, so it starts in a
tenth of a second, and it may be killed at any time.
"""

from __future__ import annotations

import datetime
import json
import pickle
import re
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from uploads.reading import excel, markup, texts
from uploads.reading.grid import CellError, Limits, NotReadableError, RawSheet, is_error_text
from uploads.reading.sniffing import Kind, kind_of

_BATCH: Final = 1_000
_NOTHING: Final = " \t\r\n\v\f\u3000\xa0\u200b\ufeff"
# First characters of blanks, failed formulas and durations.
_SUSPECT: Final = frozenset(["", "#", "E", "P", *_NOTHING])
_DURATION: Final = re.compile(r"PT(\d{1,6})H(?:(\d{1,2})M)?(?:\d{1,2}(?:[.,]\d+)?S)?")  # as OpenDocument writes one
_LONGEST_NAME: Final = 100  # characters of a sheet's name; Excel allows 31
_NO_CELLS: Final[tuple[object, ...]] = ()


def main(arguments: Sequence[str]) -> None:
    """Read the file and write the answer to standard output."""
    limits = Limits(**json.loads(arguments[0]))
    limit_resources(limits)
    answer = sys.stdout.buffer
    writer = SheetWriter(answer, limits)
    try:
        with open(arguments[2], "rb") as file:
            for sheet in raw_sheets(file, Path(arguments[2]), arguments[1], limits):
                writer.write(sheet)
        pickle.dump(("end",), answer)
    except NotReadableError as refusal:
        pickle.dump(("refused", refusal.reason, refusal.values), answer)
    except MemoryError:
        pickle.dump(("refused", "memory", {}), answer)
    answer.flush()


def limit_resources(limits: Limits) -> None:
    """Limit the memory and the processor time of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def raw_sheets(file: IO[bytes], path: Path, name: str, limits: Limits) -> Iterable[RawSheet]:
    """Return the visible sheets of a file; `path` is that of `file`, `name` its name at the office.

    Raises NotReadableError.
    """
    kind = kind_of(file)
    if kind == Kind.ZIP:
        return excel.zipped_sheets(file, path, limits)
    if kind == Kind.COMPOUND:
        return excel.compound_sheets(file.read(), path, limits)
    if kind == Kind.FLAT_OPENDOCUMENT:
        return excel.flat_sheets(file.read(), limits)
    if kind == Kind.HTML:
        return [markup.html_sheet(file.read(), limits)]
    if kind == Kind.SPREADSHEETML:
        return markup.spreadsheetml_sheets(file.read(), limits)
    rows = texts.delimited_rows(file.read(), is_named_csv=name.lower().endswith(".csv"))
    return [RawSheet(None, rows, is_delimited=True)]


class _Texts(dict[str, str]):
    """Cache from raw to cleaned cell text: blanks become "", failed formulas a CellError, equal texts one object.

    NUL is removed: old .xls files may contain it, and databases refuse it. A new cache is made for each batch of rows,
    so that it does not keep the texts of a whole file in memory.
    """

    def __missing__(self, text: str) -> str:
        value = text.replace("\0", "")
        if value[:1] in _SUSPECT:
            value = _suspect(value)
        self[text] = value
        return value


class SheetWriter:
    """Writer of sheets in batches of rows, so that the child never holds a second copy of a sheet."""

    def __init__(self, answer: IO[bytes], limits: Limits) -> None:
        self._answer = answer
        self._limits = limits
        self._rows = 0

    def write(self, sheet: RawSheet) -> None:
        """Write a sheet without the blank rows at its end.

        Raises NotReadableError when it has too many rows or columns.
        """
        batch: list[Sequence[object]] = []
        blank = 0
        for row in self._cleaned(sheet.rows):
            if not row:
                blank += 1
                continue
            self._rows += 1
            if self._rows > self._limits.rows:
                raise NotReadableError("rows", rows=self._limits.rows)
            batch.extend([_NO_CELLS] * blank)
            blank = 0
            batch.append(row)
            if len(batch) >= _BATCH:
                self.put(batch)
                batch = []
        if batch:
            self.put(batch)
        name = sheet.name and sheet.name.replace("\0", "")[:_LONGEST_NAME]
        self.put(("sheet", name, sheet.merged, sheet.is_delimited))

    def put(self, value: object) -> None:
        """Write a batch of rows, or the end of a sheet."""
        pickle.dump(value, self._answer, protocol=5)

    def _cleaned(self, rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
        """Yield the rows with blank texts as ""; a row without any value as an empty one."""
        known = _Texts()
        for number, raw in enumerate(rows, start=1):
            row: list[object] = [
                known[cell] if type(cell) is str else cell if type(cell) is float else _plain(cell) for cell in raw
            ]
            if len(row) > self._limits.columns:
                while row and row[-1] == "":
                    row.pop()
                if len(row) > self._limits.columns:
                    raise NotReadableError("columns", columns=self._limits.columns)
            if number % _BATCH == 0:
                known = _Texts()
            yield row if row.count("") < len(row) else _NO_CELLS


def _plain(cell: object) -> object:
    """Return a cell as one of the types that `Grid` allows; a duration as hours and minutes, as Excel shows it."""
    if isinstance(cell, datetime.timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return "" if cell is None else cell


def _suspect(text: str) -> str:
    if not text.strip(_NOTHING):
        return ""
    if duration := _DURATION.fullmatch(text):
        return f"{int(duration[1])}:{int(duration[2] or 0):02}"
    return CellError(text) if is_error_text(text) else text


if __name__ == "__main__":
    main(sys.argv[1:])
