"""What the batch page shows of a batch's rows: tabs, pages, values in words."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.paginator import Page
from django.db.models import QuerySet

from changzhi_portal.paging import ForgivingPaginator
from changzhi_portal.personal import Sealed
from changzhi_portal.sheets.register import RegisterSheet
from uploads.models import UploadBatch, UploadRow
from uploads.staging import CLEARED

ROWS_A_PAGE = 50
Outcome = UploadRow.Outcome


class Tab(NamedTuple):
    """One kind of rows: its name in the address, its title, the number of rows."""

    name: str
    title: str
    number: int


def tabs_of(batch: UploadBatch) -> list[Tab]:
    """The tabs of a checked batch, what needs attention first."""
    return [
        Tab("errors", "错误", batch.errors),
        Tab("warnings", "提醒", batch.warnings),
        Tab("new", "新增", batch.new),
        Tab("changed", "修改", batch.changed),
        Tab("unchanged", "未变", batch.unchanged),
    ]


def rows_under(batch: UploadBatch, tab: str) -> QuerySet[UploadRow]:
    """The rows of one tab in the order of the file."""
    rows = batch.staged_rows.order_by("position")
    if tab == "errors":
        return rows.filter(outcome=Outcome.ERROR)
    if tab == "warnings":
        return rows.filter(has_warning=True)
    return rows.filter(outcome={"new": Outcome.NEW, "changed": Outcome.CHANGED}.get(tab, Outcome.UNCHANGED))


def page_under(batch: UploadBatch, tab: Tab, number: Any) -> Page:
    """One page of a tab. Its length is the batch's counter, so that 100,000 rows need not be counted again."""
    paginator = ForgivingPaginator(rows_under(batch, tab.name), ROWS_A_PAGE)
    paginator.count = tab.number
    return paginator.get_page(number)


def values_in_words(row: UploadRow, sheet: type[RegisterSheet]) -> list[tuple[str, str]]:
    """Header and value of each cell that says something; personal values masked."""
    shown = []
    cleared = row.values.get(CLEARED, [])
    for column in sheet.columns:
        if column.field in cleared:
            shown.append((column.header, "清空"))
        elif column.field in row.values:
            value = column.from_json(row.values[column.field])
            shown.append((column.header, str(value) if isinstance(value, Sealed) else column.written(value)))
    return shown
