"""Raw cells of a sheet, the result of reading. Imports neither Django nor registers, because the child process uses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

# The texts that spreadsheets show for a failed formula; LibreOffice also shows Err:502 and similar.
ERROR_TEXTS: Final = frozenset(
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED!".split()
)
# The value of a formula without a stored result: a program wrote the file, and no spreadsheet has computed it since.
NOT_COMPUTED: Final = "未计算"

MergedRange = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0
ErrorCells = dict[tuple[int, int], str]  # (row, column), from 0 → what the cell shows


class CellError(str):
    """The text of a cell whose formula has no value: what the cell shows ("#REF!", "#DIV/0!", …), or NOT_COMPUTED."""

    __slots__ = ()


class UnpairedQuote(str):
    """The text of a cell whose quotation marks are wrong, with the number of its `line` in the file.

    It is equal to itself only, so that it is never taken for another text, such as a mark for "as above".
    """

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> UnpairedQuote:
        """Return the text with its line."""
        cell = super().__new__(cls, text)
        cell.line = line
        return cell

    def __reduce__(self) -> tuple[type[UnpairedQuote], tuple[str, int]]:
        return UnpairedQuote, (str(self), self.line)

    # Not those of `object`: these leave the answer to the other text.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = object.__hash__


class RefusedCell(str):
    """The text of a cell that is not to be read, because nothing says where it belongs; `reason` is one of the two below."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, text: str, reason: str) -> RefusedCell:
        """Return the text with its reason."""
        cell = super().__new__(cls, text)
        cell.reason = reason
        return cell


class KeptApart(str):
    """The text of a cell as it is to be read instead of its characters (`biff_texts`)."""

    __slots__ = ()


MERGED_FIGURE: Final = "merged"  # one number in a merged cell beside several records
SURPLUS_FIELDS: Final = "surplus"  # a row of a .csv with more fields than its header: 1,286 without quotation marks


@dataclass(slots=True)
class Grid:
    """One visible worksheet, from Excel's row 1 and column A.

    `name` is None for .csv and HTML, which have no sheets. A cell is str, int, float, bool, datetime.date,
    datetime.datetime, datetime.time, CellError or UnpairedQuote; a blank one is "". Rows may be shorter than the widest one.
    `merged` has 0-based (first row, first column, last row, last column), if the format records merged cells.
    `is_delimited` tells that the rows are those of a delimited text.
    """

    name: str | None
    rows: Sequence[Sequence[object]]
    merged: list[MergedRange] = field(default_factory=list)
    is_delimited: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits beyond which a file is refused as too large."""

    inflated_bytes: int
    rows: int  # of all visible sheets together
    memory_bytes: int
    seconds: int
    sheets: int = 100
    columns: int = 300


class NotReadableError(Exception):
    """A file that cannot be read; `reason` is a key of `refusal.SENTENCES`, `values` fill its sentence."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(slots=True)
class RawSheet:
    """A sheet while it is read: rows as the format gives them; `merged` is complete once the rows are consumed."""

    name: str | None
    rows: Iterable[Sequence[object]]
    merged: list[MergedRange] = field(default_factory=list)
    is_delimited: bool = False


def is_error_text(text: str) -> bool:
    """Return whether a cell's text is that of a failed formula, as for instance a .csv contains it."""
    return text in ERROR_TEXTS or (text.startswith("Err:") and text[4:].isdigit())
