"""Reading pages and files of lists in tests: as rows of words that look the same wherever they stand."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from changzhi_portal.display import DASH
from changzhi_portal.pages.exported import ExportedPage
from tests.addresses import addresses

FORMATS = ("xlsx", "csv", "json")
_NUMBER = re.compile(r"[-−]?\d[\d,]*(\.\d+)?")


def exported_pages() -> dict[str, type[ExportedPage]]:
    """Return every page that shows a list, by the name of its address."""
    found = {name: getattr(pattern.callback, "view_class", None) for name, pattern in addresses()}
    return {name: page for name, page in found.items() if isinstance(page, type) and issubclass(page, ExportedPage)}


# --- Files ---


def export(browser: Client, address: str, query: str = "", file_format: str = "xlsx") -> Any:
    """Return the answer to a button of the menu 导出."""
    return browser.post(reverse("exports:new"), {"list": address, "query": query, "format": file_format})


def content_of(answer: Any) -> bytes:
    """Return a file that was sent."""
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content)


def table_of(data: bytes, file_format: str) -> tuple[list[str], list[list[Any]]]:
    """Return headers and rows of a file, with values of the types that it has."""
    if file_format == "xlsx":
        headers, *rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        return [str(header) for header in headers], rows
    if file_format == "csv":
        assert data.startswith(b"\xef\xbb\xbf")
        headers, *lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        return [_unmarked(header) for header in headers], [[_unmarked(cell) for cell in line] for line in lines]
    read = json.loads(data)
    names = [column["name"] for column in read["columns"]]
    return [column["header"] for column in read["columns"]], [[row[name] for name in names] for row in read["rows"]]


def _unmarked(cell: str) -> str:
    return cell.removeprefix("'")


# --- Words ---


def words(value: Any) -> str:
    """Return a value as the same words, whether a page or a file of any format shows it."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.time() != datetime.time() else f"{value:%Y-%m-%d}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = " ".join(str(value).split())
    if _NUMBER.fullmatch(text):
        return format(Decimal(text.replace(",", "").replace("−", "-")).normalize(), "f")
    moment = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):\d\d(\+08:00)?", text)
    return f"{moment[1]} {moment[2]}" if moment else text


# --- Pages ---


class _Cells(HTMLParser):
    """The cells of the first table of a page whose cells are labelled."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[str] = []
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.cell = None if "pick" in (given.get("class") or "") else []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self.cell is not None:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


def rows_on_page(answer: Any) -> list[list[str]]:
    """Return the cells of the list on a page, as text; [] where it shows none."""
    markup = answer.content.decode()
    start = markup.find("<tbody>", max(0, markup.find('id="result"')))
    if start < 0:
        return []
    cells = _Cells()
    cells.feed(markup[start : markup.index("</tbody>", start)])
    return [row for row in cells.rows if row]


def rows_over_pages(browser: Client, address: str) -> list[list[str]]:
    """Return the cells of the first table of a page over all its pages, as text; of a page that is no list page."""
    rows: list[list[str]] = []
    for number in range(1, 50):
        answer = browser.get(address, {"page": number})
        rows += rows_on_page(answer)
        page = answer.context.get("page")
        if page is None or not page.has_next():
            return rows
    raise AssertionError(f"{address} has too many pages.")


def rows_on_all_pages(browser: Client, address: str, query: str = "") -> list[list[str]]:
    """Return the words of the cells over all pages of a list; a period of days is two of them."""
    return [row for page in _pages(browser, address, query) for row in page]


def _pages(browser: Client, address: str, query: str) -> Iterator[list[list[str]]]:
    number = 1
    while True:
        answer = browser.get(f"{address}?view=none&{query}&page={number}")
        assert answer.status_code == 200
        table = answer.context["table"]
        spans = [hasattr(column.column, "exported_parts") for column in table.columns]
        yield [_with_two_days(row, spans) for row in rows_on_page(answer)]
        if not table.page.has_next():
            return
        number += 1


def _with_two_days(row: list[str], spans: list[bool]) -> list[str]:
    cells: list[str] = []
    for text, is_span in zip(row, spans, strict=True):
        if is_span:
            first, _, last = text.removesuffix(" 起").partition(" 至 ")
            cells += [words(first), words(last)]
        else:
            cells.append(words(text))
    return cells
