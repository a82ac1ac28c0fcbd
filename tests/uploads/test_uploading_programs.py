"""Tests of uploading files of other programs: checked, marked and sent back (see test_reading_programs)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from communities.models import Division
from tests.factories import Place, make_community
from tests.uploads import old_workbooks, workbooks
from tests.uploads.office import codes_of
from tests.uploads.old_workbooks import indented, with_backslashes, with_names
from tests.uploads.reading import (
    ZERO,
)
from tests.uploads.samples import SAMPLES, clerk_of, needs_samples, upload
from tests.uploads.workbooks import record, xls_formula
from uploads.models import UploadBatch
from uploads.reading.passwords import DEFAULT_PASSWORD
from uploads.writing.annotated import annotated_workbook

pytestmark = pytest.mark.one_database
FOUND = SAMPLES / "found"


# --- Through the whole upload ---


def community_rows(place: Place) -> list[list[Any]]:
    community = make_community(place.street, "演示社区居委会", residents=100, households=50)
    return [["社区名称", "社区代码", "户数", "常住人口"], [community.name, community.code, 60, 120]]


Maker = Callable[[Path, list[list[Any]]], Path]
READ: dict[str, Maker] = {
    "jexcelapi": lambda path, rows: workbooks.make_xls(
        path, {"社区": rows}, book_records=record(0x42, struct.pack("<H", 1252))
    ),
    "excel95": lambda path, rows: old_workbooks.make_xls95(path, "社区", rows, code_page=936, encoding="gbk"),
    "indented": lambda path, rows: old_workbooks.make_ods_of_xml(path, rows, indented),
    "protected": lambda path, rows: old_workbooks.make_encrypted_xls(path, rows, DEFAULT_PASSWORD),
    "protected-xlsx": lambda path, rows: old_workbooks.make_encrypted_xlsx(path, rows, DEFAULT_PASSWORD),
    "flat": lambda path, rows: old_workbooks.make_flat_ods(path, rows),
    "backslashes": lambda path, rows: with_names(path, rows, with_backslashes),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", READ)
def test_an_office_may_send_any_of_them(
    kind: str, place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = READ[kind](tmp_path / "演示.xls", community_rows(place))
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, answer["rows"], answer["changed"], answer["problems"]) == (0, 1, 1, [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", READ)
def test_each_of_them_comes_back_with_its_problems_marked(
    kind: str, place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, row = community_rows(place)
    path = READ[kind](tmp_path / "演示.xls", [header, [*row[:3], "很多"]])
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (1, ["bad_number"])
    book = openpyxl.load_workbook(annotated_workbook(UploadBatch.objects.get(pk=answer["batch"]), by=clerk))
    assert book.worksheets[1]["D2"].comment is not None


@pytest.mark.django_db
def test_a_formula_that_was_not_computed_is_an_error_of_its_row(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, row = community_rows(place)
    path = workbooks.make_xls(tmp_path / "a.xls", {"一": [header, [*row[:3], xls_formula(ZERO, flags=2)]]})
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (1, ["bad_formula"])
    assert answer["problems"][0]["cell"] == "D2"


@pytest.mark.django_db
def test_a_row_of_formulas_that_were_not_computed_is_an_error_wherever_it_is(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    for row in [*community_rows(place), ["=A2", "=B2", "=C2", "=D2"]]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    answer, status = upload(capsys, "communities", tmp_path / "a.xlsx", clerk)
    assert (status, answer["rows"], answer["errors"]) == (1, 2, 1)
    assert {(each["cell"], each["code"]) for each in answer["problems"]} >= {
        ("A3", "bad_formula"),
        ("D3", "bad_formula"),
    }


# The shared samples: name, rows, and the cells that no program has computed or that failed.
SHARED_READ = {
    "04a_unicode_codepage_1252.xls": 2,
    "04b_excel95_gbk.xls": 2,
    "jxl_codepage_1252.xls": 2,
    "11_indented.ods": 2,
    "sheetjs_pretty.ods": 2,
    "gnumeric_formats.xls": 3,
}
SHARED_ERRORS = {"10_errors_without_addresses.xlsx": 4, "poi_formulas.xls": 3, "xlsxwriter_formulas.xlsx": 3}


@needs_samples
@pytest.mark.django_db
@pytest.mark.parametrize("name", [*SHARED_READ, *SHARED_ERRORS, "04d_no_container.xls", "flat.fods"])
def test_a_shared_sample_is_read_rightly(name: str, city: Division, capsys: pytest.CaptureFixture[str]) -> None:
    answer, _ = upload(capsys, "communities", FOUND / name, clerk_of("140423"), period="2018-06")
    codes = codes_of(answer)
    if name in SHARED_READ:
        assert answer["rows"] == SHARED_READ[name]
        assert not {"header_not_found", "bad_number", "bad_date", "unknown_place"}.intersection(codes)
    elif name in SHARED_ERRORS:
        assert codes.count("bad_formula") == SHARED_ERRORS[name]
    elif name == "04d_no_container.xls":
        assert codes == ["unsupported_format"]
        assert "另存为" in answer["problems"][0]["message"]
    else:
        assert answer["rows"] in (2, 3)  # 汇总 is no row
