"""Writes workbooks anew with one Python library: `rewrite.py convert LIBRARY FORMAT JOBS.json`, `rewrite.py version PACKAGE`.

Runs in the virtual environment of scripts/install_interop, without the portal. Every library is used as its manual shows,
with its defaults.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEADER_ROW = 2  # of the portal's workbooks, from 0


def openpyxl_(source: str, target: str, sheet: str, kind: str) -> None:
    """Load and save."""
    import openpyxl

    openpyxl.load_workbook(source).save(target)


def pandas_whole(source: str, target: str, sheet: str, kind: str) -> None:
    """Read every sheet without a header, and write it without one."""
    import pandas

    frames = pandas.read_excel(source, sheet_name=None, header=None, dtype=object)
    if kind == ".xlsx":
        with pandas.ExcelWriter(target) as book:
            for name, frame in frames.items():
                frame.to_excel(book, sheet_name=name, index=False, header=False)
    elif kind == ".csv":
        frames[sheet].to_csv(target, index=False, header=False)
    else:
        frames[sheet].to_html(target, index=False, header=False)


def pandas_table(source: str, target: str, sheet: str, kind: str) -> None:
    """Read the register's sheet from its header on, and write header and rows."""
    import pandas

    frame = pandas.read_excel(source, sheet_name=sheet, header=HEADER_ROW)
    if kind == ".xlsx":
        frame.to_excel(target, index=False)
    elif kind == ".csv":
        frame.to_csv(target, index=False)
    else:
        frame.to_html(target, index=False)


def polars_(source: str, target: str, sheet: str, kind: str) -> None:
    """Read the register's sheet from its header on, and write header and rows."""
    import polars

    frame = polars.read_excel(source, sheet_name=sheet, read_options={"header_row": HEADER_ROW})
    if kind == ".xlsx":
        frame.write_excel(target)
    else:
        frame.write_csv(target)


def xlsxwriter_(source: str, target: str, sheet: str, kind: str) -> None:
    """Write every value with `write`, which decides what it is."""
    import xlsxwriter

    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in _cells(source).items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None:
                        page.write(number, column, value)


def xlwt_(source: str, target: str, sheet: str, kind: str) -> None:
    """Write every value, days with a format."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in _cells(source).items():
        page = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime.date):
                    page.write(number, column, value, day)
                elif value is not None:
                    page.write(number, column, value)
    book.save(target)


def pyexcel_(source: str, target: str, sheet: str, kind: str) -> None:
    """Save the book, or for a .csv the sheet, as another file."""
    import pyexcel

    if kind == ".csv":
        pyexcel.save_as(file_name=source, sheet_name=sheet, dest_file_name=target)
    else:
        pyexcel.get_book(file_name=source).save_as(target)


def tablib_(source: str, target: str, sheet: str, kind: str) -> None:
    """Load the book, or for a single table the sheet, and export it."""
    import tablib

    book = tablib.Databook().load(Path(source).read_bytes(), "xlsx")
    table = next(each for each in book.sheets() if each.title == sheet)
    exported = (book if kind in {".xlsx", ".xls", ".ods"} else table).export(kind.removeprefix("."))
    if isinstance(exported, bytes):
        Path(target).write_bytes(exported)
    else:
        Path(target).write_text(exported, encoding="utf-8", newline="")


def cells(source: str, target: str, sheet: str, kind: str) -> None:
    """Write every sheet's cells as JSON: a number, a text, or {"day": [year, month, day]}."""
    plain = [
        {"name": name, "rows": [[_plain(value) for value in row] for row in rows]}
        for name, rows in _cells(source).items()
    ]
    Path(target).write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")


def _cells(source: str) -> dict[str, list[list[Any]]]:
    import openpyxl

    book = openpyxl.load_workbook(source, data_only=True)
    return {page.title: [[cell.value for cell in row] for row in page.iter_rows()] for page in book.worksheets}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return {"day": [value.year, value.month, value.day]}
    return value


LIBRARIES: dict[str, Callable[[str, str, str, str], None]] = {
    "openpyxl": openpyxl_,
    "pandas, whole sheets": pandas_whole,
    "pandas, header and rows": pandas_table,
    "polars": polars_,
    "XlsxWriter": xlsxwriter_,
    "xlwt": xlwt_,
    "pyexcel": pyexcel_,
    "tablib": tablib_,
    "cells": cells,
}


def main() -> None:
    """Print a version, or convert all jobs; a job that fails is named on standard error and left out."""
    if sys.argv[1] == "version":
        print(importlib.metadata.version(sys.argv[2]))
        return
    _, _, library, kind, jobs = sys.argv
    for job in json.loads(Path(jobs).read_text(encoding="utf-8")):
        try:
            LIBRARIES[library](job["source"], job["target"], job["sheet"], kind)
        except Exception as error:
            print(f"{library} {kind} {job['source']}: {error!r}", file=sys.stderr)


main()
