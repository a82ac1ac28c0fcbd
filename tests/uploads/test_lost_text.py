"""Tests of files whose Chinese text was lost when they were saved: the refusal says so, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.registers.registry import register_named, registers
from tests.factories import Place
from tests.uploads import old_workbooks
from tests.uploads.office import codes_of
from tests.uploads.samples import upload
from uploads.reading.grid import Grid
from uploads.reading.layout import lay_out
from uploads.reading.lost_text import lost_sign
from uploads.reading.refusal import FileRefusedError

pytestmark = pytest.mark.one_database

HEADER = ["序号", "县（市、区）", "街道（乡镇）", "社区名称", "户数", "常住人口", "备注"]
ROWS: list[list[Any]] = [
    ["城区社区统计表（2018年6月）"],
    ["填报单位：民政局", "", "", "单位：人"],
    HEADER,
    [1, "城区", "东街街道", "和平社区", 800, 2400, "PC 3台"],
    [2, "城区", "东街街道", "东关社区", 700, 2100, ""],
]
# What programs and code pages without Chinese make of a text.
WAYS = {
    "?": lambda text: text.encode("ascii", "replace").decode(),  # Gnumeric to Excel 95; a .csv in a Western code page
    "??": lambda text: "".join("??" if ord(each) > 127 else each for each in text),  # a sign for each byte
    "_": lambda text: text.encode("ascii", "replace").decode().replace("?", "_"),  # SheetJS to Excel 95
    "\ufffd": lambda text: text.encode("ascii", "replace").decode().replace("?", "\ufffd"),
    "□": lambda text: text.encode("ascii", "replace").decode().replace("?", "□"),
    "锟斤拷": lambda text: "".join("锟斤拷" if ord(each) > 127 else each for each in text),
}


def spoiled(rows: list[list[Any]], way: str) -> list[list[Any]]:
    return [[WAYS[way](cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def refusal_of(rows: list[list[Any]], register: str = "communities") -> FileRefusedError:
    others = [other() for other in registers() if other.name != register]
    with pytest.raises(FileRefusedError) as refusal:
        lay_out([Grid("?", rows)], register_named(register)(), others=others)
    return refusal.value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first", [0, 2])
def test_a_table_without_its_chinese_is_refused_as_such(way: str, first: int) -> None:
    refusal = refusal_of(spoiled(ROWS, way)[first:])
    assert refusal.problem_code == "unreadable_file"
    assert f"汉字在保存时已经丢失，只剩下“{way[0]}" in str(refusal)
    assert "原文件，另存为" in str(refusal)
    assert refusal.cure.isascii()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("register", [each.name for each in registers()])
def test_no_register_takes_what_is_lost_for_its_columns(register: str, way: str) -> None:
    headers = [column.header for column in register_named(register)().columns]
    assert refusal_of(spoiled([headers, ["和平社区"] * len(headers)], way), register).problem_code == "unreadable_file"


NOT_LOST: dict[str, list[list[Any]]] = {
    "a meeting": [["三社联动工作推进会"], ["时间", "2018年7月3日"], ["备注", "各县区"]],
    "database names": [["created_by_user", "__EMPTY", "community_name"], ["a_b_c", "x__y", "z"]],
    "a form": [["姓名：____", "电话：____"], ["□是 □否", "？？"], ["签字____", "日期____"]],
    "ruled lines": [["Name", "Age"], ["____", "____"], ["Wang", "Li"]],
    "one doubtful word": [["社区", "????"], ["和平", 5]],
    "boxes for a code": [["信用代码"], ["□□□□", "□□□□"], ["法定代表人"], ["（盖章）"]],
    "numbers": [[1, 2, 3], [4, 5, 6]],
}


@pytest.mark.parametrize("name", NOT_LOST)
def test_other_sheets_have_no_header_as_before(name: str) -> None:
    assert refusal_of(NOT_LOST[name]).problem_code == "header_not_found"


@given(rows=st.lists(st.lists(st.text("县区社名称人口户数()1aA*-", min_size=1, max_size=9), min_size=3, max_size=6)))
def test_text_that_is_there_is_never_lost(rows: list[list[str]]) -> None:
    assert lost_sign([Grid(None, rows)]) == ""


@given(
    header=st.lists(st.text("县区社名称人口户数备注", min_size=2, max_size=9), min_size=2, max_size=9),
    way=st.sampled_from(list(WAYS)),
    above=st.integers(0, 14),
)
def test_a_header_of_chinese_words_is_seen_to_be_lost(header: list[str], way: str, above: int) -> None:
    rows: list[list[Any]] = [[] for _ in range(above)]
    assert lost_sign([Grid(None, [*rows, *spoiled([header], way)])]).startswith(way[0])


def test_only_a_file_without_any_table_of_the_register_is_refused() -> None:
    grids = [Grid("????", spoiled(ROWS, "?")), Grid("一", ROWS)]
    layouts, _ = lay_out(grids, register_named("communities")(), others=[])
    assert [layout.name for layout in layouts] == ["一"]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["?", "_"])
def test_an_excel_95_file_without_its_chinese_says_what_to_do(
    way: str, place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = old_workbooks.make_xls95(
        tmp_path / "社区.xls", WAYS[way]("社区"), spoiled(ROWS, way), code_page=1252, encoding="cp1252"
    )
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (2, ["unreadable_file"])
    assert "丢失" in answer["problems"][0]["message"]


@pytest.mark.django_db
def test_a_csv_saved_in_a_western_code_page_says_what_to_do(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "社区.csv"
    path.write_bytes("\r\n".join(",".join(map(str, row)) for row in ROWS).encode("cp1252", "replace"))
    answer, status = upload(capsys, "communities", path, clerk)
    assert (status, codes_of(answer)) == (2, ["unreadable_file"])
    assert "只剩下“??”" in answer["problems"][0]["message"]
