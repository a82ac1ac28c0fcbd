"""The rows on the page of a batch: tabs, filters, pages, values as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.paginator import Page

from changzhi_portal.names import fold
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.personal import Sealed
from changzhi_portal.registers.problems import CODE_TITLES, Level
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from uploads.column_mapping import header_in_unit, unit_of_file
from uploads.models import UploadBatch, UploadRow
from uploads.models.row import UploadRowQuerySet
from uploads.rows.file_columns import FileColumns
from uploads.rows.row_cells import text_of_cell
from uploads.rows.staged import CLEARED
from uploads.unmentioned_records import describe_record, unmentioned_page

ROWS_A_PAGE = 50
LONGEST_SEARCH = 50
Outcome = UploadRow.Outcome
UndoOutcome = UploadRow.UndoOutcome
State = UploadBatch.State
UNMENTIONED = "absent"
WITH_PROBLEMS = frozenset({"errors", "warnings"})
UNDONE = {"reversed": UndoOutcome.REVERSED, "kept": UndoOutcome.KEPT, "failed": UndoOutcome.FAILED}


class Tab(NamedTuple):
    """One kind of rows: its name in the URL, its title, the number of rows."""

    name: str
    title: str
    number: int


class RowFilter(NamedTuple):
    """The filters of a tab's rows: text in the record's name, one kind of problem."""

    text: str = ""
    code: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str], tab: Tab) -> RowFilter:
        """Return the filters of a query string; a kind of problem only in tabs that list problems."""
        code = query.get("code", "") if tab.name in WITH_PROBLEMS else ""
        return cls(fold(query.get("q", "").strip())[:LONGEST_SEARCH], code if code in CODE_TITLES else "")


class ProblemLine(NamedTuple):
    """A problem with its column's header; if its cell can be corrected in the page, also what that takes, else "".

    `header` has the file's unit, in which a correction is read; `unit` is "" where it is the register's.
    """

    problem: dict[str, Any]
    header: str
    field: str = ""
    text: str = ""  # "" of personal ones, which are typed anew
    unit: str = ""
    can_keep_registered: bool = False  # by 不改, as of `RowCell.can_keep_registered`


def tabs_of(batch: UploadBatch) -> list[Tab]:
    """Return the tabs of a batch, first those that need attention."""
    if batch.state == State.UNDONE:
        return [
            Tab("kept", "保留", batch.undo_kept),
            Tab("failed", "未能撤销", batch.undo_failed),
            Tab("reversed", "已撤销", batch.undo_reversed),
        ]
    numbers = batch.to_decide
    written = [
        Tab("new", "新增", numbers["new"]),
        Tab("changed", "修改", numbers["changed"]),
        Tab("unchanged", "未变", numbers["unchanged"]),
    ]
    if numbers["left_out"]:
        written.append(Tab("left-out", "不入库的", numbers["left_out"]))
    errors = "没有入库的" if batch.state == State.COMMITTED else "错误"
    doubtful = [Tab("errors", errors, numbers["errors"]), Tab("warnings", "提醒", numbers["warnings"])]
    if batch.state == State.COMMITTED:
        return [*written, *doubtful]
    is_preview = batch.state == State.CHECKED and not batch.has_written
    absent = [Tab(UNMENTIONED, "文件中没有的", batch.unmentioned)] if is_preview else []
    return [*doubtful, *written, *absent]


def chosen_tab(tabs: list[Tab], name: str) -> Tab:
    """Return the tab of that name, else the first that has rows."""
    named = next((tab for tab in tabs if tab.name == name), None)
    return named or next((tab for tab in tabs if tab.number and tab.name != UNMENTIONED), tabs[0])


def rows_of_tab(batch: UploadBatch, tab: str) -> UploadRowQuerySet:
    """Return the rows of one tab in the order of the file."""
    rows = batch.open_rows.in_file_order()
    if tab in UNDONE:
        return rows.filter(undo_outcome=UNDONE[tab])
    if tab == "warnings":
        return rows.with_warning()
    outcomes = {
        "errors": Outcome.ERROR,
        "new": Outcome.NEW,
        "changed": Outcome.CHANGED,
        "left-out": Outcome.LEFT_OUT,
    }
    return rows.with_outcome(outcomes.get(tab, Outcome.UNCHANGED))


def filtered_rows(batch: UploadBatch, tab: Tab, row_filter: RowFilter) -> UploadRowQuerySet:
    """Return the rows of a tab that its filters leave, in the order of the file."""
    rows = rows_of_tab(batch, tab.name)
    if row_filter.text:
        rows = rows.named(row_filter.text)
    if row_filter.code:
        rows = rows.with_problem_code(row_filter.code)
    return rows


def next_row_with_problem(batch: UploadBatch, query: Mapping[str, str], position: int) -> UploadRow | None:
    """Return the row to correct after the one at `position`: the next of the list of `query`, then again from its top.

    The list is that of the errors, unless the query names the tab of the warnings; its filters hold. None when no row
    is left.
    """
    name = "warnings" if query.get("tab") == "warnings" else "errors"
    tab = next(tab for tab in tabs_of(batch) if tab.name == name)
    rows = filtered_rows(batch, tab, RowFilter.from_query(query, tab))
    found: UploadRow | None = rows.filter(position__gt=position).first() or rows.first()
    return found


def page_of_tab(batch: UploadBatch, tab: Tab, row_filter: RowFilter, number: Any) -> Page:
    """Return one page of a tab.

    The batch's counter gives the length of the tab, so that 100,000 rows need not be counted; only a narrowed tab is.
    """
    rows = filtered_rows(batch, tab, row_filter)
    paginator = ForgivingPaginator(rows, ROWS_A_PAGE)
    if not any(row_filter):
        paginator.count = tab.number
    return paginator.get_page(number)


def preview_of(batch: UploadBatch, sheet: RegisterSheet, query: Mapping[str, str], user: Actor) -> dict[str, Any]:
    """Return the context of `uploads/rows.html`: the tabs, the chosen tab's page and rows, and its filters."""
    tabs = tabs_of(batch)
    tab = chosen_tab(tabs, query.get("tab", ""))
    row_filter = RowFilter.from_query(query, tab)
    context: dict[str, Any] = {"tabs": tabs, "tab": tab, "row_filter": row_filter, "codes": _codes_of(batch, tab)}
    context |= {"says_more": False, "lines_on_page": ""}
    number = query.get("page", 1)
    if tab.name == UNMENTIONED:
        page = unmentioned_page(batch, sheet, user, text=row_filter.text, page=number, size=ROWS_A_PAGE)
        return context | {"page": page, "rows": [describe_record(record, sheet) for record in page]}
    page = page_of_tab(batch, tab, row_filter, number)
    says_more = tab.name in {"new", "changed"} and any(row.also for row in page)
    rows = _lines_of(page, batch, tab, sheet)
    return context | {"page": page, "rows": rows, "lines_on_page": _count_in_words(rows, tab), "says_more": says_more}


def _count_in_words(lines: list[Any], tab: Tab) -> str:
    """Return how many problems or changes a page lists, "" in tabs with one line a row: several may be of one row."""
    if tab.name in WITH_PROBLEMS:
        return f"{len(lines)} 处问题"
    return f"{sum(bool(change['column']) for _, change in lines)} 处改动" if tab.name == "changed" else ""


def _codes_of(batch: UploadBatch, tab: Tab) -> list[tuple[str, str]]:
    """Return the kinds of problems of the batch's rows, as choices."""
    if tab.name not in WITH_PROBLEMS:
        return []
    return [(code, title) for code, title in CODE_TITLES.items() if code in batch.problem_counts]


def _lines_of(rows: Iterable[UploadRow], batch: UploadBatch, tab: Tab, sheet: RegisterSheet) -> list[Any]:
    """Return the lines of a tab's table: (row, problem), (row, change), or (row, its values as text); else the rows."""
    if tab.name in WITH_PROBLEMS:
        return [(row, line) for row in rows for line in problem_lines(row, batch, sheet)]
    if tab.name == "changed":
        return [(row, change) for row in rows for change in changes_of(row)]
    if tab.name in UNDONE or tab.name == "left-out":
        return list(rows)
    return [(row, values_in_words(row, sheet) if tab.name == "new" else []) for row in rows]


def changes_of(row: UploadRow) -> list[dict[str, Any]]:
    """Return the changes of a row with what the row does besides (`also`): beside the change that causes it, or the first.

    A row that only does something besides, such as giving equal figures for another day, has one without a column.
    """
    changes = row.changes or [{"column": "", "old": "", "new": ""}]
    placed = {sentence for change in changes for sentence in change.get("also", ())}
    others = [sentence for sentence in row.also if sentence not in placed]
    return [
        change | {"also": [*([] if number else others), *change.get("also", ())]}
        for number, change in enumerate(changes)
    ]


def problem_lines(row: UploadRow, batch: UploadBatch, sheet: RegisterSheet) -> list[ProblemLine]:
    """Return the problems of a row; one in a cell of the file with what is needed to correct it while it is not written."""
    can_be_changed = row.can_be_changed
    file_columns = FileColumns(batch.mapping)
    positions = file_columns.positions(row.sheet, row.row_number)
    by_header = {column.header: column for column in sheet.columns if column.field in positions}
    lines = []
    for problem in row.problems:
        column = by_header.get(problem["column"])
        if column is None:
            lines.append(ProblemLine(problem, problem["column"]))
            continue
        multiplier = file_columns.multiplier(row.sheet, row.row_number, column.field)
        unit = unit_of_file(multiplier)
        header = header_in_unit(column, unit)
        if can_be_changed:
            text = "" if column.is_personal else text_of_cell(column, row, multiplier)
            keeps = column.is_personal and problem["level"] == Level.ERROR and row.record_id is not None
            lines.append(ProblemLine(problem, header, column.field, text, unit, keeps))
        else:
            lines.append(ProblemLine(problem, header))
    return lines


def values_in_words(row: UploadRow, sheet: RegisterSheet | type[RegisterSheet]) -> list[tuple[str, str]]:
    """Return header and value of each cell that is not blank; personal values masked."""
    shown = []
    cleared = row.values.get(CLEARED, [])
    for column in sheet.columns:
        if column.field in cleared:
            shown.append((column.header, "清空"))
        elif column.field in row.values:
            value = column.from_json(row.values[column.field], row.place)
            shown.append((column.header, str(value) if isinstance(value, Sealed) else column.written(value)))
    return shown
