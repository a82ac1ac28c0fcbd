"""The Excel annex of an issue: every printed table, and the full list behind each number, without formulas (docs/domain.md §7.6).

Numbers are cells of their type and shown as they are printed; codes and names are text and stay text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format

from changzhi_portal.briefings import Block, Cell, Column, Table
from changzhi_portal.pages.exported import Value
from communities.models import Community
from exports.formats import MOST_IN_NAME, open_workbook, sheet_name, write_list
from reports.files.front import issued_day, made_at
from reports.files.summary import TITLE, summary_table
from reports.issue import PrintedIssue
from reports.stored_figures import Counts, Number, TargetFigures
from reports.unit_lists import IssueLists, ListedUnit
from targets.judgement import Verdict
from targets.wording import bound_text, units_text

_ABOUT: Final = "说明"
_TOTALS: Final = "总表"
_HOW_TO_READ: Final = (
    "数字与简报正文相同，取自同一次测算。名单列出每个数字背后的全部单位；按平均数考核的目标，名单中的判定是单个社区"
    "与平均要求相比的结果，不计入达标数。空格表示没有数据。"
)
_WIDTH_OF_ABOUT: Final = (18, 90)  # characters
_NARROWEST, _WIDEST = 8, 50
# A printed number: its sign, its digits, its decimals, and its unit: −1.3, 12,817.84, 62.7%.
_PRINTED: Final = re.compile(r"([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(%?)")
_MINUS: Final = "−"
_SHORT_COLOUR: Final = "#FCE4D6"  # of a figure that falls short
_RUNNING: Final = "序号"


class _Printed(NamedTuple):
    """A printed text as the number that Excel shows in the same way, and the number format that does it."""

    number: Decimal
    number_format: str


@dataclass
class _Sheets:
    """The names of the sheets so far, each with what it holds."""

    described: dict[str, str] = field(default_factory=dict)

    def name_for(self, title: str, holds: str) -> str:
        """Return a name that Excel takes and no other sheet has, and note what the sheet holds."""
        base = sheet_name(title) or "表"
        name, number = base, 1
        while name in self.described:  # two tables of one section
            number += 1
            name = f"{base[: MOST_IN_NAME - len(str(number)) - 2]}（{number}）"
        self.described[name] = holds
        return name


def issue_workbook(issue: PrintedIssue, lists: IssueLists, *, code: str = "") -> bytes:
    """Return the workbook of an issue. The same issue, lists and code are the same bytes, in every process."""
    sheets = _Sheets({_ABOUT: "期号、编发单位、各表内容"})
    below = "分乡镇" if lists.is_by_town else "分县"
    # The names of all sheets stand on the first one, so that they are chosen before anything is written.
    totals = sheets.name_for(_TOTALS, f"{issue.scope_name}各项目标的参评、达标、未达标数和达标率")
    by_division = sheets.name_for(
        below, "各项目标下每个" + ("乡镇（街道）" if lists.is_by_town else "县（市、区）") + "的数字"
    )
    printed = [(sheets.name_for(part, f"简报“{part}”：{table.caption}"), table) for part, table in _tables(issue)]
    targets = {target.code: target for target in issue.figures.targets}
    full = []
    for listed in lists.targets:
        target = targets[listed.target]
        name = sheets.name_for(f"名单 {target.short_name}", f"{target.name}：全部{units_text(target)}")
        full.append((name, target, lists.units_of(listed)))

    file = io.BytesIO()
    with open_workbook(file, title=issue.title, made_at=made_at(issue), author=issue.office) as book:
        _write_about(book, issue, sheets, code)
        write_list(
            book,
            totals,
            [*_TOTAL_HEADERS, *_change_headers(issue)],
            (_totals_of(target) for target in issue.figures.targets),
        )
        write_list(
            book, by_division, [*_DIVISION_HEADERS, *_change_headers(issue)], _rows_by_division(issue.figures.targets)
        )
        for name, table in printed:
            _write_table(book, name, table)
        for name, target, units in full:
            write_list(book, name, _list_headers(target), _list_rows(target, units))
    return file.getvalue()


def _tables(issue: PrintedIssue) -> Iterator[tuple[str, Table]]:
    """Yield the tables of the summary, the body and the annexes, each with the title of its part."""
    parts: list[tuple[str, Iterable[Block]]] = [
        (TITLE, [summary_table(issue)]),
        *((section.title, section.blocks) for section in issue.sections),
        *((f"{annex.label} {annex.title}", annex.blocks) for annex in issue.annexes),
    ]
    for title, blocks in parts:
        yield from ((title, block) for block in blocks if isinstance(block, Table))


# --- 说明 ---


def _write_about(book: xlsxwriter.Workbook, issue: PrintedIssue, sheets: _Sheets, code: str) -> None:
    sheet = book.add_worksheet(_ABOUT)
    title = book.add_format({"bold": True, "font_size": 16})
    label = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    link = book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"})
    sheet.set_column(0, 0, _WIDTH_OF_ABOUT[0])
    sheet.set_column(1, 1, _WIDTH_OF_ABOUT[1])
    sheet.write_string(0, 0, issue.title, title)
    row = 1
    for name, value in _about(issue, code):
        sheet.write_string(row, 0, name, label)
        sheet.write_string(row, 1, value, text)
        row += 1
    row += 1
    sheet.write_string(row, 0, "工作表", label)
    sheet.write_string(row, 1, "内容", label)
    for name, holds in sheets.described.items():
        row += 1
        quoted = name.replace("'", "''")
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", link, string=name)
        sheet.write_string(row, 1, holds, text)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)


def _about(issue: PrintedIssue, code: str) -> list[tuple[str, str]]:
    plan = issue.figures.plan
    lines = [
        ("期号", f"{issue.briefing.masthead}{issue.briefing.number_line}"),
        ("编发单位", issue.office),
        ("印发日期", issued_day(issue)),
        ("数据截至", issue.as_of),
        ("目标方案", f"{plan.title}（{plan.document}）" if plan.document else plan.title),
        ("核验码", code),
        ("怎么看", _HOW_TO_READ),
        ("更正原因", issue.correction_reason),
        *(("更正说明", line) for line in issue.corrections),
        ("注意", issue.notice),
    ]
    return [(name, value) for name, value in lines if value]


# --- 总表, 分县 ---

_COUNT_HEADERS: Final = (
    "参评数",
    "达标数",
    "其中超出上限",
    "未达标数",
    "数据未报",
    "不适用",
    "达标率（%）",
    "缺口",
    "平均数、覆盖率或工作指标",
)
_TOTAL_HEADERS: Final = ("目标", "全称", "标准", "参评单位", "单位", *_COUNT_HEADERS)
_DIVISION_HEADERS: Final = ("目标", "区划代码", "名称", *_COUNT_HEADERS)


def _change_headers(issue: PrintedIssue) -> list[str]:
    return [f"较{issue.figures.term.last}增减", "较上年同月增减"]


def _totals_of(target: TargetFigures) -> list[Value]:
    return [
        *(target.short_name, target.name, bound_text(target), units_text(target), target.value_unit),
        *_counts(target),
        _value(target.change_on_last_month),
        _value(target.change_on_year_before),
    ]


def _rows_by_division(targets: Iterable[TargetFigures]) -> Iterator[list[Value]]:
    for target in targets:
        for row in target.divisions:
            changes = (_value(row.change_on_last_month), _value(row.change_on_year_before))
            yield [target.short_name, row.code, row.name, *_counts(row), *changes]


def _counts(counts: Counts) -> list[Value]:
    return [
        *(counts.judged, counts.reached, counts.over, counts.unmet, counts.unknown, counts.not_applicable),
        _value(counts.percent),
        _value(counts.gap),
        _value(counts.value),
    ]


def _value(number: Number | None) -> Value:
    """Return 500 as it is and 62.7 as a decimal, which is shown with the places that it has."""
    return Decimal(str(number)) if isinstance(number, float) else number


# --- The tables as printed ---


def _write_table(book: xlsxwriter.Workbook, name: str, table: Table) -> None:
    """Write a printed table below one line of headings, so that it sorts and filters."""
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#EAF1FB"})
    formats: dict[tuple[str, bool], Format] = {}

    def shown_as(number_format: str, cell: Cell) -> Format:
        key = number_format, cell.is_short
        if key not in formats:
            filled = {"bg_color": _SHORT_COLOUR} if cell.is_short else {}
            formats[key] = book.add_format({"num_format": number_format, **filled})
        return formats[key]

    headers = [_header(column) for column in table.columns]
    for index, header in enumerate(headers):
        sheet.write_string(0, index, header, head)
    for number, row in enumerate(table.rows, start=1):
        for index, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            printed = _printed_number(column, cell)
            if printed is None:
                sheet.write_string(number, index, cell.text, shown_as("@", cell))
            else:
                sheet.write_number(number, index, float(printed.number), shown_as(printed.number_format, cell))
    for index, header in enumerate(headers):
        longest = max([header, *(row[index].text for row in table.rows)], key=_width)
        sheet.set_column(index, index, min(max(_width(longest) + 3, _NARROWEST), _WIDEST))
    sheet.freeze_panes(1, 0)
    if headers:
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(headers) - 1)
    sheet.set_header(f"&C{table.caption.replace('&', '&&')}")
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _header(column: Column) -> str:
    return f"{column.group}：{column.title}" if column.group else column.title


def _printed_number(column: Column, cell: Cell) -> _Printed | None:
    """Return what a cell of a column of numbers shows as a number; None for a text, such as a dash."""
    is_number = column.kind == "number" or column.title == _RUNNING
    found = _PRINTED.fullmatch(cell.text) if is_number else None
    if found is None:
        return None
    sign, whole, decimals, unit = found.groups()
    number = Decimal(f"{'-' if sign in {_MINUS, '-'} else ''}{whole.replace(',', '')}.{decimals or '0'}")
    shape = (
        ("#,##0" if "," in whole else "0")
        + (f".{'0' * len(decimals)}" if decimals else "")
        + (f'"{unit}"' if unit else "")
    )
    signed = f"+{shape};{_MINUS}{shape};{shape}" if sign else shape
    return _Printed(number, signed)


def _width(text: str) -> int:
    """Return how many columns of Latin letters a text takes; a Chinese character takes two."""
    return sum(1 if letter.isascii() else 2 for letter in text)


# --- The lists ---


def _list_headers(target: TargetFigures) -> list[str]:
    figure = f"参评数值（{target.value_unit}）" if target.value_unit else "参评数值"
    missing = f"所缺（{target.unit}）" if target.unit else "所缺"
    judged = [figure, f"判定（{bound_text(target)}）", missing]
    if target.judges_counties:
        return ["区划代码", "名称", *judged]
    kind = [] if target.kind else ["类型"]
    return ["县（市、区）", "乡镇（街道）", "社区代码", "社区名称", *kind, "户数", "常住人口", *judged]


def _list_rows(target: TargetFigures, units: Iterable[ListedUnit]) -> Iterator[list[Value]]:
    labels = {verdict: str(verdict.label) for verdict in Verdict}
    kinds = {kind: str(label) for kind, label in Community.Kind.choices}
    for unit in units:
        judged = (_value(unit.value), labels[unit.verdict], _value(unit.missing))
        if target.judges_counties:
            yield [unit.code, unit.name, *judged]
        else:
            kind = () if target.kind else (kinds[unit.kind],)
            yield [unit.county, unit.town, unit.code, unit.name, *kind, unit.households, unit.residents, *judged]
