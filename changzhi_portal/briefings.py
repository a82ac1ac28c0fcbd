"""What a briefing (简报) consists of, and what an app adds to it in `<app>/briefing.py`, found by discovery.

A section or an annex is declared once. Its figures are computed when an issue is drafted and stored with the issue as
JSON; its blocks are made from the stored figures alone, so that page, PDF, .docx and .xlsx say the same at any time.
The same blocks are laid out by each of the four.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple, TypeAlias, TypeVar

from cattrs import Converter

Span: TypeAlias = Literal["month", "quarter", "year"]


class Term(NamedTuple):
    """What an issue's time is called in its sentences, by what it covers; `months` is how long that is."""

    this: str  # 本月
    last: str  # 上月
    since: str  # 本月起: what begins a change
    both: str  # 两月
    months: int


TERMS: Final[Mapping[str, Term]] = {
    "month": Term("本月", "上月", "本月起", "两月", 1),
    "quarter": Term("本季度", "上季度末", "本季度", "两期", 3),
    "year": Term("本年度", "上年末", "本年度", "两期", 12),
}
Stored = TypeVar("Stored")
_FEW_ROWS = 10


# --- Blocks: what a section consists of ---


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of body text; `code` names what a person may add a remark to, such as a target.

    A remark is printed in 楷体, as all that a person has typed beside the generated text.
    """

    layout: ClassVar[str] = "paragraph"
    text: str
    code: str = ""
    is_remark: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading （一）… within a section. It is numbered where it is laid out; `code` as that of a paragraph."""

    layout: ClassVar[str] = "heading"
    text: str
    code: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table. `group` is the heading above it that it shares with its neighbours; `width` is in mm."""

    title: str
    kind: Literal["text", "number", "label"] = "text"
    group: str = ""
    width: float | None = None

    @property
    def full_title(self) -> str:
        """Return the title with the shared heading, for where there is one line only: 达标数：合计."""
        return f"{self.group}：{self.title}" if self.group else self.title


@dataclass(frozen=True)
class Cell:
    """A cell: its text as printed; `number` for a spreadsheet, `share` (0 to 1) for a bar in it, `url` for the page.

    `is_short` marks a figure that falls short, `is_total` the cells of a row of totals.
    """

    text: str
    number: float | None = None
    is_short: bool = False
    share: float | None = None
    url: str = ""
    is_total: bool = False

    @property
    def bar_width(self) -> str:
        """Return the length of the bar for an SVG: 62.7%."""
        return f"{100 * (self.share or 0):.1f}%"


class ColumnGroup(NamedTuple):
    """A cell of the first line of a table's head: its title, how many columns it spans, and the first of these."""

    title: str
    columns: int
    is_shared: bool
    column: Column


@dataclass(frozen=True)
class Table:
    """A table under its caption; each row has one cell for each column. `is_dense`: small type, for long or wide ones."""

    layout: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_dense: bool = False

    @property
    def has_few_rows(self) -> bool:
        """Return whether a phone shows each row as a card; a longer table is scrolled."""
        return len(self.rows) <= _FEW_ROWS

    @property
    def groups(self) -> list[ColumnGroup]:
        """Return the cells of the first line of the head: a shared heading, or a column alone, which has two lines."""
        groups: list[ColumnGroup] = []
        for column in self.columns:
            if column.group and groups and groups[-1].title == column.group:
                groups[-1] = groups[-1]._replace(columns=groups[-1].columns + 1)
            else:
                groups.append(ColumnGroup(column.group or column.title, 1, bool(column.group), column))
        return groups

    @property
    def grouped_columns(self) -> list[Column]:
        """Return the columns below shared headings: the second line of the head; [] if there is none."""
        return [column for column in self.columns if column.group]

    @property
    def labelled_rows(self) -> list[list[tuple[Column, Cell]]]:
        """Return the rows, each cell with its column."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Chart:
    """A chart as SVG of our own under its caption; `text` says in words what it shows, for those who cannot see it.

    `svg` is as wide as the text block of a page; `narrow_svg` shows the same on the screen of a phone.
    """

    layout: ClassVar[str] = "chart"
    caption: str
    svg: str
    text: str
    narrow_svg: str = ""


Block: TypeAlias = Paragraph | Heading | Table | Chart


# --- What an app declares ---


@dataclass(frozen=True)
class IssueOf:
    """What an issue is of: a division (`communities.Division`) and a month (`periods.ReportingPeriod`), the last of its span."""

    period: Any
    division: Any
    span: Span = "month"


class Change(NamedTuple):
    """One corrected figure: its label, and its old and new text; "" where there was or is none."""

    label: str
    old: str
    new: str

    def in_words(self) -> str:
        """Return 达标数由96个更正为97个."""
        if not self.old:
            return f"{self.label}{self.new}"
        return f"{self.label}由{self.old}更正为{self.new}" if self.new else f"{self.label}{self.old}"


@dataclass(frozen=True, eq=False, kw_only=True)
class _Part:
    """What sections and annexes have in common.

    `figures` returns what is stored with the issue as JSON, or None if there is nothing to say; without it the part has
    no figures of its own. `blocks` makes the part's blocks of that (None: nothing is stored) and of all figures of the
    issue (`reports.stored_figures.BriefingFigures`). `changes` compares what two editions store, for 更正说明;
    without it differences are not corrections.
    """

    code: str
    title: str
    position: int
    blocks: Callable[[Any, Any], tuple[Block, ...]]
    figures: Callable[[IssueOf], Any] | None = None
    changes: Callable[[Any, Any], Iterable[Change]] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class BriefingSection(_Part):
    """A section of the body. Sections are printed by `position` and numbered without gaps; one without blocks is left out.

    `corrected_as` is what 更正说明 calls it, behind 全市.

    `must_do` returns what must happen next month, a line each, for the summary page; `caveats` what one must know before
    comparing the figures, a sentence each, for that page and the overview. Both get what `blocks` gets.
    """

    caveats: Callable[[Any, Any], tuple[str, ...]] | None = None
    corrected_as: str = ""
    must_do: Callable[[Any, Any], tuple[str, ...]] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class BriefingAnnex(_Part):
    """An annex (附件): on pages of its own behind the body, numbered by `position` when there are several."""


# --- Figures as JSON ---


def make_converter() -> Converter:
    """Return a converter between dataclasses of figures and plain JSON values: tuples are lists, whole numbers stay whole."""
    converter = Converter(unstruct_collection_overrides={tuple: list})
    # 500 and 500.0 differ in JSON; the type is kept, so that printing again gives the same text.
    converter.register_structure_hook(float, lambda value, _: value if isinstance(value, int | float) else float(value))
    return converter


_CONVERTER = make_converter()


def to_stored(figures: Any) -> Any:
    """Return a dataclass of a section's figures as plain JSON values."""
    return _CONVERTER.unstructure(figures)


def from_stored(stored: Any, kind: type[Stored]) -> Stored:
    """Return the dataclass that `to_stored` wrote."""
    return _CONVERTER.structure(stored, kind)
