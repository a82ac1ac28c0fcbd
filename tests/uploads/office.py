"""Helpers that upload as an office does: a workbook with a header and rows, sent through the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from accounts.models import User
from tests.uploads.samples import upload

Rows = list[dict[str, Any]]
Send = Callable[..., dict[str, Any]]


def write_workbook(path: Path, rows: Rows, *, title: str = "") -> Path:
    """Write a workbook whose first sheet has a title (if given), the headers of the first row's keys, and the rows."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        top = 0
        if title:
            sheet.write_string(0, 0, title)
            top = 1
        headers = list(rows[0])
        sheet.write_row(top, 0, headers)
        for line, row in enumerate(rows, start=top + 1):
            sheet.write_row(line, 0, [row.get(header, "") for header in headers])
    return path


@pytest.fixture
def send(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Send:
    """Return a function that uploads rows for a user and returns the command's output, its exit status as `status`."""
    count = iter(range(1_000))

    def send_rows(register: str, user: User, rows: Rows, *, title: str = "", **options: Any) -> dict[str, Any]:
        path = write_workbook(tmp_path / f"演示数据{next(count)}.xlsx", rows, title=title)
        answer, status = upload(capsys, register, path, user, **options)
        return answer | {"status": status}

    return send_rows


def codes_of(answer: dict[str, Any]) -> list[str]:
    """Return the problem codes of an answer, in order."""
    return [problem["code"] for problem in answer["problems"]]
