"""Refusing a file whose tables cannot be read: none is the register's, or a column is missing, double or in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.header_search import LAST_FIRST_ROW
from uploads.reading.headers import normal_header
from uploads.reading.refusal import FileRefusedError
from uploads.reading.tables import FEWEST_FIELDS, Table, column_of_table_beside


class UnreadTable(Protocol):
    """What a refusal says of a table that was not read (`layout.WrongSheet`)."""

    register: str
    title: str
    between: tuple[str, ...]


def no_table(register: RegisterSheet, wrong: Sequence[UnreadTable], lost: str) -> FileRefusedError:
    """Return the refusal of a file without a table of the register; `lost` stands where its Chinese was, if that is lost."""
    if wrong:
        title = wrong[0].title
        return FileRefusedError(
            "wrong_register",
            f"这像是“{title}”的表，不是“{register.title}”的表，请改在“{title}”中上传，或换成正确的文件",
            cure=f"This looks like the register {wrong[0].register!r}, not {register.name!r}.",
        )
    if lost:
        return _lost(lost)
    known = "、".join(f"“{column.header}”" for column in register.columns if column.required or column.is_key)
    return FileRefusedError(
        "header_not_found",
        f"前{LAST_FIRST_ROW}行里没有找到“{register.title}”表的表头（如{known}），请下载模板，按模板的列名填写后上传",
        cure=f"None of the first {LAST_FIRST_ROW} rows holds the headers of {register.name!r}; use the template.",
    )


def _lost(lost: str) -> FileRefusedError:
    """Return the refusal of a file of whose Chinese a program has left only `lost`."""
    return FileRefusedError(
        "unreadable_file",
        f"表里的汉字在保存时已经丢失，只剩下“{lost}”，无法恢复，"
        "请用原来的程序打开汉字还在的原文件，另存为“Excel工作簿（.xlsx）”再上传",
        cure="The Chinese text was lost when the file was saved. Save the original as .xlsx.",
    )


def not_recognised(unread: Sequence[UnreadTable], lost: str) -> FileRefusedError:
    """Return the refusal of a file in which no register was recognised; `lost` as in `no_table`."""
    between = next((wrong.between for wrong in unread if wrong.between), ())
    if between:
        return FileRefusedError(
            "wrong_register",
            f"这个文件像是“{'”的表，又像“'.join(between)}”的表，看不出是哪一张，请选定登记表",
            cure="Several registers fit the file about equally; name one.",
            can_be_mapped=False,
        )
    if lost:
        return _lost(lost)
    return FileRefusedError(
        "header_not_found",
        f"前{LAST_FIRST_ROW}行里没有找到任何一张登记表的表头，认不出是什么表，请选定登记表，或者按模板的列名填好后重新上传",
        cure=f"None of the first {LAST_FIRST_ROW} rows holds the headers of a register; name it, or use the template.",
        can_be_mapped=False,
    )


def _place(table: Table) -> str:
    """Return where a table is, for the beginning of a sentence; "" for the only table of a file without sheets."""
    sheet = f"工作表“{table.grid.name}”" if table.grid.name else ""
    row = "" if table.is_only else f"第{table.header.first + 1}行起的表"
    return f"{sheet}{row}的" if sheet or row else ""


def require_one_table(table: Table) -> None:
    """Raise FileRefusedError when two tables are side by side.

    Either several columns occur twice, with different values; or another table of places is beyond a blank column.
    """
    if (name := column_of_table_beside(table)) is not None:
        raise FileRefusedError(
            "header_not_found",
            f"{_place(table)}右边隔开一列还有一张表（从“{name}”列起），左右并排的表读不到，"
            "请把右边的表剪切到左边表的下面，或另存一个文件，再重新上传",
            cure="Two tables are side by side. Move the right one below the left one.",
            can_be_mapped=False,
        )
    twice = [
        columns[0].text
        for columns in table.header.doubts.values()
        if len(columns) >= 2 and len({normal_header(column.text) for column in columns}) < len(columns)
    ]
    if len(twice) >= FEWEST_FIELDS:
        names = "".join(f"“{name}”" for name in twice[:2])
        raise FileRefusedError(
            "header_not_found",
            f"{_place(table)}表头里{names}等列出现了两次，像是左右并排的两张表，右边的表读不到，"
            "请把右边的表剪切到左边表的下面，再重新上传",
            cure="Two tables are side by side. Move the right one below the left one.",
            can_be_mapped=False,
        )


def require_choice(register: RegisterSheet, table: Table) -> None:
    """Raise FileRefusedError (missing_column) when several columns may be the same field, and nothing says which."""
    sentences = []
    for name, columns in table.header.doubts.items():
        title = register.column(name).header
        letters = "和".join(cell_address(1, column.index)[:-1] + "列" for column in columns)
        texts = "和".join(f"“{column.text}”" for column in columns)
        if len({normal_header(column.text) for column in columns}) < len(columns):
            sentences.append(
                f"{letters}的列名一样（“{columns[0].text}”），看不出哪一列是“{title}”，请手工对应，或在文件里只留一列"
            )
        else:
            sentences.append(f"{letters}（{texts}）都可能是“{title}”，看不出该读哪一列，请手工对应，或在文件里只留一列")
    if sentences:
        raise FileRefusedError(
            "missing_column",
            f"{_place(table)}{'；'.join(sentences)}",
            cure=f"Several columns may be the same one: {', '.join(table.header.doubts)}. Map them by hand.",
        )


def require_columns(register: RegisterSheet, table: Table) -> None:
    """Raise FileRefusedError (missing_column) unless all required and identifying columns are there."""
    fields = set(table.header.fields.values())
    missing = [column for column in register.columns if column.required and column.field not in fields]
    names = [f"“{column.header}”" for column in missing]
    names += [name for name in lacking_names(register, fields) if name not in names]
    if not names:
        return
    labels = table.header.labels()
    former = [f"“{labels[index].text}”" for index, name in table.header.earlier.items() if name not in fields]
    remark = f"（{'、'.join(former)}不是本期的数，没有读取）" if former else ""
    for index, (_, unit) in table.header.other_units.items():
        remark += f"（表上面写的单位是“{unit}”，“{labels[index].text}”没有读取，请换算后填写）"
    raise FileRefusedError(
        "missing_column",
        f"{_place(table)}表头缺少{'、'.join(names)}列{remark}，请补上后重新上传；只是列名不同的，按模板改列名，或者手工对应",
        cure=f"Required columns are missing: {', '.join(names)}.",
    )


def lacking_names(register: RegisterSheet, fields: set[str]) -> list[str]:
    """Return the missing columns that would identify a record; none when records can be identified."""
    if any(fields.issuperset(group) for group in register.identifying):
        return []
    nearest = min(register.identifying, key=lambda group: len(set(group) - fields))
    return [f"“{register.column(name).header}”" for name in nearest if name not in fields]
