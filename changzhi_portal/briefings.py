"""What a briefing (简报) consists of, and what an app adds to it in `<app>/briefing.py`, found by discovery.

A section or an annex is declared once. Its figures are computed when an issue is drafted and stored with the issue as
JSON; its blocks are made from the stored figures alone, so that page, PDF, .docx and .xlsx say the same at any time.
The same blocks are laid out by each of the four.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Span: TypeAlias = Literal["month", "quarter", "year"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of body text; `code` names what a person may add a remark to, such as a target."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading （一）… within a section. It is numbered where it is laid out; `code` as that of a paragraph."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table. `group` is the heading above it that it shares with its neighbours; `width` is in mm."""

    title: str
    kind: Literal["text", "number", "label"] = "text"
    group: str = ""
    width: float | None = None


@dataclass(frozen=True)
class Cell:
    """A cell: its text as printed; `number` for a spreadsheet, `share` (0 to 1) for a bar in it, `url` for the page."""

    text: str
    number: float | None = None
    is_short: bool = False
    share: float | None = None
    url: str = ""


@dataclass(frozen=True)
class Table:
    """A table under its caption; each row has one cell for each column."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A chart as SVG of our own under its caption; `text` says in words what it shows, for those who cannot see it."""

    caption: str
    svg: str
    text: str


Block: TypeAlias = Paragraph | Heading | Table | Chart


@dataclass(frozen=True)
class IssueOf:
    """What an issue is of: a division (`communities.Division`) and a month (`periods.ReportingPeriod`), the last of its span."""

    period: Any
    division: Any
    span: Span = "month"


@dataclass(frozen=True, eq=False)
class BriefingSection:
    """A section of the body.

    `figures` returns what is stored as JSON, or None if there is nothing to say; `blocks` makes the section's blocks of
    that and of all figures of the issue (`reports.stored_figures.BriefingFigures`). Sections are printed by `position`
    and numbered without gaps; one without blocks is left out.
    """

    code: str
    title: str
    position: int
    figures: Callable[[IssueOf], Any] | None
    blocks: Callable[[Any, Any], tuple[Block, ...]]


@dataclass(frozen=True, eq=False)
class BriefingAnnex:
    """An annex (附件): as a section, on pages of its own behind the body, numbered by `position` when there are several."""

    code: str
    title: str
    position: int
    figures: Callable[[IssueOf], Any] | None
    blocks: Callable[[Any, Any], tuple[Block, ...]]
