"""Reading a file into cleaned rows: read it, find the register's table, clean every cell."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from changzhi_portal.personal_numbers import kinds_in, mask_slipped_numbers
from changzhi_portal.registers.context import ROWS_BETWEEN_REPORTS
from changzhi_portal.registers.problems import Level, Problem, cell_address
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from changzhi_portal.registers.rows import RegisterRow
from uploads.column_mapping import TEACHABLE, masked_names, plausible_headers, samples_of
from uploads.progress import Reporter
from uploads.reading.grid import Grid
from uploads.reading.layout import SheetLayout, WrongSheet, lay_out
from uploads.reading.months import month_in, title_month
from uploads.reading.recognition import Recogniser
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook
from uploads.rows.cleaning import RowCleaner
from uploads.template_stamp import version_in


@dataclass(slots=True)
class FileContent:
    """The content of a file.

    `problems` are those of headers and sheets; rows have their own. `mapping` is that of `UploadBatch.mapping`. `month`
    is the first day of the month in a title. `skipped` counts totals, repeated headers and footers.
    """

    rows: list[RegisterRow] = field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    mapping: list[dict[str, Any]] = field(default_factory=list)
    month: datetime.date | None = None


def read_grids(path: Path, file_name: str, report: Reporter) -> list[Grid]:
    """Return the visible sheets of a file. Raises FileRefusedError, also for a personal number in a sheet's name."""
    report.step("读取文件")
    grids = read_workbook(path, file_name=file_name)
    _refuse_personal_names(grids)
    return grids


def content_of(
    grids: Sequence[Grid],
    sheet: RegisterSheet,
    remembered: Mapping[str, str],
    report: Reporter,
    *,
    month: datetime.date | None,
    today: datetime.date,
    recogniser: Recogniser | None = None,
    names_unread: bool = True,
) -> FileContent:
    """Return the cleaned rows of the register `sheet` in a file, not yet compared with the registers.

    `remembered` is the office's own mapping, normalised header → field. `month` is the month chosen by the user; by
    default the month in the title decides which of several columns are this month's, else that of `today`. With a
    `recogniser` the register was recognised, not chosen: tables of other registers have batches of their own. Without
    `names_unread` tables that were not read are not named, as another batch of the file names them. Raises
    FileRefusedError.
    """
    others = [other() for other in registers() if other.name != sheet.name]
    try:
        layouts, wrong_sheets = lay_out(
            grids, sheet, others=others, remembered=remembered, month=month, today=today, recogniser=recogniser
        )
    except FileRefusedError as refused:
        if refused.problem_code in TEACHABLE and refused.can_be_mapped:
            refused.headers = plausible_headers(
                grids, sheet, others, remembered, month=month, today=today, recogniser=recogniser
            )
        raise
    content = FileContent(skipped=sum(layout.skipped for layout in layouts))
    content.month = next(filter(None, (month_in(layout.title) for layout in layouts)), None)
    content.problems = [_wrong_sheet(wrong) for wrong in wrong_sheets if names_unread or wrong.is_of_this_register]
    total = sum(len(layout.rows) for layout in layouts)
    report.step("整理数据", total)
    for layout in layouts:
        content.problems += _other_month(layout, sheet, month)
        content.problems += _headings_of_others(layout)
        content.problems += _unknown_columns(layout)
        content.mapping.append(_mapping_of(layout, sheet))
        cleaner = RowCleaner(sheet, layout.columns)
        for raw in layout.rows:
            content.rows.append(cleaner.clean(raw))
            if len(content.rows) % ROWS_BETWEEN_REPORTS == 0:
                report(len(content.rows), total)
    return content


def _refuse_personal_names(grids: Iterable[Grid]) -> None:
    """Raise FileRefusedError for a sheet whose name contains a personal number: rows and problems say their sheet."""
    kinds = dict.fromkeys(kind for grid in grids for kind in kinds_in(grid.name or ""))
    if kinds:
        raise FileRefusedError(
            "personal_text",
            f"有的工作表名称里有{'和'.join(kinds)}，请给工作表改个名称，保存后再上传",
            cure="A sheet's name contains an ID or mobile number; rename the sheet.",
        )


def _wrong_sheet(wrong: WrongSheet) -> Problem:
    return Problem("wrong_register", wrong.message, Level.WARNING, sheet=wrong.sheet)


def _other_month(layout: SheetLayout, sheet: RegisterSheet, month: datetime.date | None) -> list[Problem]:
    """Return a warning if a table without 数据日期 calls its figures those of another month than was chosen."""
    written = title_month(layout.own_title)
    is_dated = any(column.field == sheet.day_field for column in layout.columns)
    if not sheet.has_dated_figures or is_dated or month is None or written is None or written == month:
        return []
    message = f"标题写的是{written:%Y}年{written.month}月，选的是{month.year}年{month.month}月；数据将记在所选的月份，请核对是不是上错了文件"
    return [Problem("other_month", message, Level.WARNING, sheet=layout.name)]


def _headings_of_others(layout: SheetLayout) -> list[Problem]:
    """Return a warning for each heading that says of the rows below what their own columns do not say."""
    return [
        Problem(
            "heading_not_read",
            "小标题不读取，下面的行照常读取；已注销、停用、离岗的请在各行填相应日期，还没有的和不报的行请删去",
            Level.WARNING,
            sheet=layout.name,
            cell=cell_address(number, 0),
            value=mask_slipped_numbers(text),
        )
        for number, text in layout.headings
    ]


def _unknown_columns(layout: SheetLayout) -> list[Problem]:
    return [
        Problem(
            "unknown_column",
            layout.reasons.get(address, "没有对应的列，这一列没有读取"),
            Level.WARNING,
            sheet=layout.name,
            cell=address,
            column=mask_slipped_numbers(header),
            value=header,
        )
        for address, header in layout.unknown
    ]


def _mapping_of(layout: SheetLayout, sheet: RegisterSheet) -> dict[str, Any]:
    """Return one table's entry of `UploadBatch.mapping`, which the page shows and later checks use to find cells."""
    samples = samples_of((row.values for row in layout.rows), layout.headers, sheet)
    return {
        "sheet": layout.name,
        "template": version_in(layout.title),
        "header_rows": [layout.first_header_row, layout.last_header_row],
        "last_row": layout.last_row,
        "samples": samples,
        "columns": [
            {"field": c.field, "header": mask_slipped_numbers(c.header), "index": c.index}
            | ({} if c.multiplier == 1 else {"multiplier": str(c.multiplier)})
            for c in layout.columns
        ],
        "unknown": [mask_slipped_numbers(header) for _, header in layout.unknown],
        "ignored": [mask_slipped_numbers(header) for header in layout.ignored],
        **({"names": masked_names(layout.names)} if layout.names else {}),
        **({"depends_on_month": True} if layout.depends_on_month else {}),
    }
