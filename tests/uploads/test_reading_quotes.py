"""Tests of quotation marks in .csv and .txt: right ones are read, wrong ones stay in their own row (§3.1)."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts.models import User
from tests.communities.test_sheets import facility_row
from tests.factories import Place, make_facility
from tests.uploads.office import Send
from tests.uploads.samples import upload
from uploads.actions import correct_row
from uploads.models import UploadBatch
from uploads.reading.grid import UnpairedQuote
from uploads.reading.quotes import quoted_rows, split
from uploads.reading.texts import delimited_rows

WIDTH = 6
DELIMITERS = (",", "\t", ";", "|")
# What offices write: plain words, and cells that have to be quoted. At most one delimiter in a cell, so that no line of
# a cell looks like a row of six.
WORDS = (
    "",
    "王桥村",
    "0012",
    " 前空",
    "甲,乙",
    "甲;乙",
    "甲|乙",
    "甲\t乙",
    '活动"室"',
    '"引"',
    '尺寸5"',
    "上行\n下行",
    "上\r\n下",
)


def written(rows: list[list[str]], delimiter: str, ending: str, *, quoting: Any = csv.QUOTE_MINIMAL) -> list[str]:
    """Return the rows as lines of a file."""
    lines = []
    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerow(row)
        lines.append(text.getvalue())
    return lines


def rows_of(length: int, words: tuple[str, ...] = WORDS) -> st.SearchStrategy[list[list[str]]]:
    """Return tables whose every cell names its row and column, with a header of plain words."""
    cells = st.lists(st.lists(st.sampled_from(words), min_size=WIDTH, max_size=WIDTH), min_size=2, max_size=length)
    return cells.map(
        lambda table: [
            [f"列{column}" for column in range(WIDTH)],
            *([f"{word}<{row}.{column}>" for column, word in enumerate(line)] for row, line in enumerate(table)),
        ]
    )


def rows_named_in(cell: object) -> set[str]:
    """Return the rows of a table of `rows_of` whose cells have gone into one cell."""
    return set(re.findall(r"<(\d+)\.", str(cell)))


@given(
    rows_of(6), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
)  # fmt: skip
def test_what_is_quoted_rightly_is_read_as_it_stands(
    rows: list[list[str]], delimiter: str, ending: str, quoting: Any
) -> None:
    text = "".join(written(rows, delimiter, ending, quoting=quoting))
    assert list(quoted_rows(text, delimiter)) == rows


@settings(max_examples=500)
@given(rows_of(6), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]), st.data())
def test_a_stray_quote_anywhere_is_an_error_of_its_row_and_every_other_row_is_read(
    rows: list[list[str]], delimiter: str, ending: str, data: st.DataObject
) -> None:
    lines = written(rows, delimiter, ending)
    struck = data.draw(st.integers(1, len(rows) - 1))
    at = data.draw(st.integers(0, len(lines[struck]) - len(ending)))
    assume(lines[struck][max(at - 1, 0) : at + 1] != "\r\n")  # that would make two line ends of one
    number = "".join(lines[:struck]).count("\n") + 1
    lines[struck] = f'{lines[struck][:at]}"{lines[struck][at:]}'
    read = list(quoted_rows("".join(lines), delimiter))
    assert all(len(rows_named_in(cell)) <= 1 for row in read for cell in row)
    good = [row for row in read if not any(isinstance(cell, UnpairedQuote) for cell in row)]
    # A cell of several lines that is struck may leave its first line, which is then a short row of its own.
    whole = [row for row in good if len(row) == WIDTH]
    assert whole == [row for position, row in enumerate(rows) if position != struck]
    said = [cell.line for row in read for cell in row if isinstance(cell, UnpairedQuote)]
    assert said and number <= said[0] < number + lines[struck].count("\n")


@given(rows_of(6, tuple(word for word in WORDS if "\n" not in word)), st.sampled_from(DELIMITERS), st.data())
def test_two_stray_quotes_never_put_one_rows_cells_into_another(
    rows: list[list[str]], delimiter: str, data: st.DataObject
) -> None:
    lines = written(rows, delimiter, "\n")
    struck = [data.draw(st.integers(1, len(rows) - 1)) for _ in range(2)]
    for line in struck:
        at = data.draw(st.integers(0, len(lines[line]) - 1))
        lines[line] = f'{lines[line][:at]}"{lines[line][at:]}'
    read = list(quoted_rows("".join(lines), delimiter))
    assert all(len(rows_named_in(cell)) <= 1 for row in read for cell in row)
    good = [row for row in read if not any(isinstance(cell, UnpairedQuote) for cell in row)]
    for position, row in enumerate(rows):
        assert row in good or position in struck


def test_a_stray_quote_that_opens_a_cell_with_a_delimiter_still_ends_with_its_row() -> None:
    lines = [
        "甲,乙,丙,丁",
        '"一,1"",二,三,四',
        '五,""六,2",七,八',
        "九,十,三,四",
    ]  # the second line has five fields by itself
    read = list(quoted_rows("\n".join(lines), ","))
    assert [read[0], read[-1]] == [["甲", "乙", "丙", "丁"], ["九", "十", "三", "四"]]
    assert not any("一" in str(cell) and "五" in str(cell) for row in read for cell in row)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('甲,"乙,丙",丁', ["甲", "乙,丙", "丁"]),
        ('甲, "乙,丙" ,丁', ["甲", "乙,丙", "丁"]),
        ('甲,活动"室",丁', ["甲", '活动"室"', "丁"]),
        ('="0012",5,"a""b"', ['="0012"', "5", 'a"b']),
    ],
)
def test_pairs_of_marks_are_no_error(line: str, fields: list[str]) -> None:
    assert [field.value for field in split(line, ",")] == fields
    assert list(quoted_rows(f"a,b,c\n{line}\n", ",")) == [["a", "b", "c"], fields]


def test_a_lone_mark_is_no_sign_for_as_above() -> None:
    rows = list(delimited_rows('村,户数,人口\n甲村,5,6\n乙村,",7\n'.encode(), is_named_csv=True))
    assert rows[1] == ["甲村", "5", "6"]
    assert isinstance(rows[2][1], UnpairedQuote) and rows[2][1] != '"'


def test_a_mark_open_to_the_end_of_a_large_file_costs_no_second_look_at_every_row() -> None:
    lines = ["a,b,c,d", *[f'{number},"x""y,{number},z' for number in range(3_000)]]
    rows = list(quoted_rows("\n".join(lines), ","))
    assert len(rows) == 3_001
    assert all(isinstance(row[1], UnpairedQuote) for row in rows[1:])


# --- Through the real path ---

HEADER = "县（市、区）,街道（乡镇）,社区名称,设施名称,设施类型,建筑面积（㎡）,启用日期,备注"


def line_of(name: str, note: str) -> str:
    return f"城区,东街街道办事处,和平社区,{name},综合服务设施,520,2018-01-05,{note}"


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_open_mark_is_an_error_that_names_its_line(
    ending: str, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "演示.csv"
    lines = [HEADER, line_of("甲站", ""), line_of("乙站", '"见附件'), line_of("丙站", ""), line_of("丁站", "已核")]
    path.write_bytes(ending.join([*lines, ""]).encode("gbk"))
    answer, status = upload(capsys, "facilities", path, clerk)
    assert (answer["rows"], answer["new"], answer["errors"], status) == (4, 3, 1, 1)
    (problem,) = answer["problems"]
    assert (problem["code"], problem["cell"], problem["column"], problem["value"]) == (
        "unpaired_quote", "H3", "备注", '"见附件',
    )  # fmt: skip
    assert "第3行的引号没有成对" in problem["message"]


@pytest.mark.django_db
def test_two_marks_that_close_each_other_are_two_errors(
    clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "演示.csv"
    lines = [HEADER, line_of("甲站", '"党员'), line_of("乙站", ""), line_of("丙站", '群众"'), line_of("丁站", "")]
    path.write_text("\n".join(lines), encoding="utf-8")
    answer, _ = upload(capsys, "facilities", path, clerk)
    assert (answer["rows"], answer["new"], answer["errors"]) == (4, 2, 2)
    assert [problem["cell"] for problem in answer["problems"]] == ["H2", "H4"]
    kept = UploadBatch.objects.get().staged_rows.values_list("values", flat=True)
    assert "乙站" not in str([value.get("note") for value in kept])


@pytest.mark.django_db
def test_the_cell_can_be_mended_in_the_page(
    clerk: User, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], signed_in: Any
) -> None:
    make_facility(place.communities[0], "甲站", area="300")
    path = tmp_path / "演示.csv"
    path.write_text("\n".join([HEADER, line_of("甲站", '"党员'), line_of("乙站", "")]), encoding="utf-8")
    answer, _ = upload(capsys, "facilities", path, clerk)
    batch = UploadBatch.objects.get(pk=answer["batch"])
    marked = signed_in(clerk).get(reverse("uploads:annotated", args=[batch.ref])).getvalue()
    sheets = openpyxl.load_workbook(io.BytesIO(marked)).worksheets
    assert any(
        "第2行的引号" in str(cell.comment and cell.comment.text) for sheet in sheets for row in sheet for cell in row
    )
    correct_row(batch=batch, position=1, texts={"area": "521"}, by=clerk)
    batch.refresh_from_db()
    assert (batch.errors, batch.new) == (1, 1), "the open mark is still there"
    correct_row(batch=batch, position=1, texts={"note": "党员"}, by=clerk)
    batch.refresh_from_db()
    assert (batch.errors, batch.changed, batch.new) == (0, 1, 1)


@pytest.mark.django_db
def test_a_workbook_is_not_concerned(send: Send, clerk: User) -> None:
    answer = send("facilities", clerk, [facility_row() | {"备注": '"见附件'}])
    assert (answer["new"], answer["errors"]) == (1, 0)
