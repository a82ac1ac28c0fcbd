"""The formats, and that they are those of django-import-export."""

from __future__ import annotations

import datetime
import io
import json
import tracemalloc
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import tablib
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from import_export.formats.base_formats import Format
from import_export.resources import Resource

from changzhi_portal.pages.exported import ExportedColumn, ShownList
from exports.formats import FORMATS, Head
from exports.formats.base import number_text
from exports.resources import resource_of
from tests.exports.files import table_of

HEAD = Head("演示*表", ["a", "b"], ["甲", "乙"], datetime.datetime(2018, 7, 3, 9, 15, tzinfo=datetime.UTC))


def written(file_format: str, rows, head: Head = HEAD) -> bytes:
    file = io.BytesIO()
    FORMATS[file_format]().write(head, iter(rows), file)
    return file.getvalue()


def test_each_format_is_one_of_the_library_and_writes_its_datasets():
    dataset = tablib.Dataset(["=1", 2], headers=["甲", "乙"])
    for name, kind in FORMATS.items():
        form = kind()
        assert isinstance(form, Format)
        assert form.can_export()
        assert form.get_extension() == name
        headers, rows = table_of(form.export_data(dataset), name)
        assert headers == ["甲", "乙"]
        assert [str(value).removesuffix(".0") for value in rows[0]] == ["=1", "2"]


def test_a_list_is_a_resource_of_the_library_whose_hooks_run_and_whose_own_export_agrees():
    columns = (
        ExportedColumn("name", "名称", lambda row: row["n"]),
        ExportedColumn("fields", "数", lambda row: row["m"]),
    )
    resource = resource_of(ShownList("表", "表", columns, [{"n": "甲", "m": 1}, {"n": "乙", "m": Decimal("2.50")}], 2))
    assert isinstance(resource, Resource)
    called = []
    resource.before_export = lambda queryset, **_: called.append("before")
    resource.after_export = lambda queryset, dataset, **_: called.append("after")
    assert list(resource.stream()) == [["甲", 1], ["乙", Decimal("2.50")]]
    assert called == ["before", "after"]
    assert [list(row) for row in resource.export()] == [["甲", 1], ["乙", Decimal("2.50")]]
    assert (resource.get_export_headers(), resource.keys) == (["名称", "数"], ["name", "fields"])


ACTIVE = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "'=1", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0")


@pytest.mark.parametrize("text", ACTIVE)
def test_a_text_like_a_formula_is_a_text(text):
    [cell] = openpyxl.load_workbook(io.BytesIO(written("xlsx", [[text, None]]))).active["A2:A2"][0]
    assert cell.data_type == "s"
    sheet = zipfile.ZipFile(io.BytesIO(written("xlsx", [[text, None]]))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet.lower().replace(b"hyperlink(", b"")
    line = written("csv", [[text, None]]).decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('"').startswith("'")
    assert json.loads(written("json", [[text, None]]))["rows"] == [{"a": text, "b": None}]


@given(
    st.lists(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2))
)
def test_nothing_is_lost_in_csv_but_one_apostrophe_in_front(rows):
    _, found = table_of(written("csv", rows), "csv")
    assert found == rows


def test_csv_is_as_in_rfc_4180_with_a_mark_of_utf_8():
    assert written("csv", [['甲,"乙"', "二\n行"], ["", None]]) == (
        b"\xef\xbb\xbf" + '甲,乙\r\n"甲,""乙""","二\n行"\r\n,\r\n'.encode()
    )


def test_numbers_days_and_moments_are_written_as_they_are():
    moment = datetime.datetime(2018, 7, 3, 1, 15, 30, tzinfo=datetime.UTC).astimezone(timezone.get_default_timezone())
    row = [
        -5,
        Decimal("1234567.50"),
        datetime.date(2018, 7, 3),
        moment,
        True,
        Decimal("1E+3"),
        10**17,
        datetime.date(1899, 1, 1),
    ]
    head = Head("表", list("abcdefgh"), list("abcdefgh"), moment)
    assert written("csv", [row], head).decode().splitlines()[1] == (
        "-5,1234567.50,2018-07-03,2018-07-03 09:15:30,是,1000,100000000000000000,1899-01-01"
    )
    assert list(json.loads(written("json", [row], head))["rows"][0].values()) == [
        -5, "1234567.50", "2018-07-03", "2018-07-03T09:15:30+08:00", True, "1000", 10**17, "1899-01-01",
    ]  # fmt: skip
    cells = openpyxl.load_workbook(io.BytesIO(written("xlsx", [row], head))).active[2]
    assert [cell.value for cell in cells] == [
        -5, 1234567.5, datetime.datetime(2018, 7, 3), datetime.datetime(2018, 7, 3, 9, 15, 30), "是", 1000,
        "100000000000000000", "1899-01-01",
    ]  # fmt: skip


def test_a_text_too_long_for_a_cell_says_that_it_was_cut():
    cell = openpyxl.load_workbook(io.BytesIO(written("xlsx", [["长" * 40_000, "b"]]))).active["A2"].value
    assert len(cell) == 32_767
    assert cell.endswith("（太长，没有写完）")


def test_rows_are_written_as_they_come_and_not_held():
    """A million rows in memory would be some hundred MB; what a format holds is measured while it writes."""
    for name in FORMATS:
        tracemalloc.start()
        file = open("/dev/null", "wb") if name != "xlsx" else io.BytesIO()  # noqa: SIM115
        peak = _peak_while(name, ([f"第{number}行", number] for number in range(20_000)), file)
        tracemalloc.stop()
        file.close()
        assert peak < 3_000_000, name


def _peak_while(name: str, rows, file) -> int:
    FORMATS[name]().write(HEAD, rows, file)
    return tracemalloc.get_traced_memory()[1]


@pytest.mark.parametrize(
    ("stored", "written"),
    [("134.950000000000", "134.95"), ("520.50", "520.50"), ("100.000000000000", "100.00"), ("0.333333333333", "0.333333333333"),
     ("0.125000", "0.125"), ("5", "5"), ("1E+3", "1000"), ("0E-12", "0.00")],
)  # fmt: skip
def test_a_number_that_a_database_has_computed_is_written_without_a_tail_of_zeros(stored, written):
    assert number_text(Decimal(stored)) == written
