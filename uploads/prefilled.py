"""How many of the cells that an office hands in come prefilled in its templates, in a month in which nothing changes.

The portal counts the templates that it makes. A cell is handed in where it holds something, or where its row should say
something and does not: required columns, and those that a register asks of every row (`asked_fields`). The number that the
system gives a record (记录编号) is nobody's to type and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from changzhi_portal.percent import percent
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from periods.models import ReportingPeriod


@dataclass(frozen=True, slots=True)
class PrefilledCells:
    """The cells of one register's filled template: how many are handed in, and how many of them are there already."""

    title: str
    rows: int
    prefilled: int
    handed_in: int

    @property
    def share(self) -> Decimal | None:
        """Return the share in percent with one decimal; None without cells."""
        return percent(self.prefilled, self.handed_in)


def prefilled_cells(sheet: RegisterSheet, scope_path: str, period: ReportingPeriod) -> PrefilledCells:
    """Return the cells of the register's filled template for the office at a path and a month."""
    asked = {column.field for column in sheet.columns if column.required} | set(sheet.asked_fields)
    counted = [column.field for column in sheet.columns if column.field != "ref"]
    rows = prefilled = handed_in = 0
    for row in sheet.template_rows(scope_path, period.as_of):
        rows += 1
        for field in counted:
            is_there = row.get(field) not in (None, "", [])
            prefilled += is_there
            handed_in += is_there or field in asked
    return PrefilledCells(sheet.title, rows, prefilled, handed_in)


def prefilled_by_register(scope_path: str, period: ReportingPeriod) -> list[PrefilledCells]:
    """Return the cells of every register's template, in the order an office uploads them."""
    return [prefilled_cells(register(), scope_path, period) for register in registers()]


def all_together(registers_counted: Sequence[PrefilledCells]) -> PrefilledCells:
    """Return the cells of all registers together."""
    return PrefilledCells(
        "合计",
        sum(each.rows for each in registers_counted),
        sum(each.prefilled for each in registers_counted),
        sum(each.handed_in for each in registers_counted),
    )
