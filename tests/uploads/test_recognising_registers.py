"""Tests of finding out which register a table belongs to, where the user has chosen none."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.registers.registry import register_named, registers
from tests.factories import (
    Place,
    make_facility,
    make_monthly_report,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_worker,
)
from tests.uploads.samples import SAMPLES, city_files, needs_samples
from uploads.reading.grid import Grid
from uploads.reading.headers import Matcher
from uploads.reading.layout import lay_out, recognised_registers
from uploads.reading.recognition import Recogniser
from uploads.reading.refusal import FileRefusedError
from uploads.reading.workbook import read_workbook
from uploads.writing.template import write_export, write_template

NAMES = [register.name for register in registers()]
COMMUNITY = ["社区名称", "户数", "常住人口"]
FACILITY = ["社区名称", "设施名称", "设施类型", "建筑面积（㎡）", "启用日期"]
WORKER = ["姓名", "身份证号", "社区名称", "职业水平", "到岗日期"]
Remembered = dict[str, dict[str, str]]


def recogniser(remembered: Remembered | None = None) -> Recogniser:
    return Recogniser([register() for register in registers()], remembered or {})


def found_in(*grids: Grid, remembered: Remembered | None = None) -> list[str]:
    return [register.name for register in recognised_registers(grids, recogniser(remembered))]


def table(header: list[str], name: str | None = "Sheet1", *, rows: int = 2, above: tuple[str, ...] = ()) -> Grid:
    """Return a sheet with title lines, a header and rows of invented text."""
    return Grid(name, [*([text] for text in above), header, *(["演示"] * len(header) for _ in range(rows))])


def refusal_of(*grids: Grid) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refusal:
        found_in(*grids)
    return refusal.value


# --- The portal's own workbooks ---


@pytest.fixture
def filled(place: Place, clerk: User) -> None:
    """Create one record of every register in 城区."""
    community = place.communities[0]
    make_profile(community)
    make_facility(community)
    make_organization(community)
    make_worker(community)
    make_project(place.county, community)
    make_monthly_report(community)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["template", "filled template", "export"])
def test_every_workbook_of_ours_is_recognised_as_itself(
    name: str, kind: str, filled: None, clerk: User, tmp_path: Path
) -> None:
    sheet = register_named(name)()
    if kind == "export":
        data = write_export(sheet, division=clerk.division, by=clerk).data
    else:
        is_filled = kind != "template"
        data = write_template(sheet, division=clerk.division, period=make_period(), by=clerk, filled=is_filled)
    path = tmp_path / "演示.xlsx"
    path.write_bytes(data)
    grids = read_workbook(path, file_name=path.name)
    assert found_in(*grids) == [name]
    mixed = random.Random(name)
    for _ in range(20):
        for title in (grids[0].name, "Sheet1", "2018年6月", None):
            order = mixed.sample(range(len(sheet.columns)), len(sheet.columns))
            rows = [[row[index] if index < len(row) else "" for index in order] for row in grids[0].rows]
            assert found_in(Grid(title, rows)) == [name], [rows[2], title]


@given(st.data())
def test_a_table_with_the_required_columns_and_any_others_of_its_register_is_recognised(data: Any) -> None:
    register = data.draw(st.sampled_from(registers()))
    needed = set(data.draw(st.sampled_from(register.identifying)))
    further = data.draw(st.sets(st.sampled_from([column.field for column in register.columns])))
    # A list of names and places alone may be any register's; its own columns tell.
    own = [column.field for column in register.columns if column.required and column.field not in {"county", "town"}]
    fields = needed | set(own) | further | ({"households"} if register.name == "communities" else set())
    columns = data.draw(st.permutations([column for column in register.columns if column.field in fields]))
    header = [data.draw(st.sampled_from([column.header, *column.spellings])) for column in columns]
    assert found_in(table(header)) == [register.name], header


@given(st.data())
def test_some_columns_of_a_register_are_never_taken_for_another_that_knows_fewer_of_them(data: Any) -> None:
    register = data.draw(st.sampled_from(registers()))
    columns = data.draw(st.lists(st.sampled_from(register.columns), min_size=2, unique=True))
    header = [data.draw(st.sampled_from([column.header, *column.spellings])) for column in columns]
    try:
        (found,) = found_in(table(header))
    except FileRefusedError as refusal:
        assert refusal.problem_code in {"header_not_found", "wrong_register"}
        return
    if found != register.name:
        other = Matcher(register_named(found).columns)
        assert all(other.knows(text) for text in header), (found, header)


@given(st.permutations([*FACILITY, "备注"]), st.permutations([*WORKER, "备注"]))
def test_the_same_table_belongs_to_one_register_whichever_is_being_read(first: list[str], second: list[str]) -> None:
    grids = [table(first, "一"), table(second, "二")]
    read: dict[str, list[str]] = {}
    for name in found_in(*grids):
        others = [other() for other in registers() if other.name != name]
        layouts, wrong = lay_out(grids, register_named(name)(), others=others, recogniser=recogniser())
        assert wrong == []
        read[name] = [str(layout.name) for layout in layouts]
    assert read == {"facilities": ["一"], "workers": ["二"]}


# --- Offices' own files ---

CITY = [(register, path) for register, path, _ in city_files()] if SAMPLES.is_dir() else []
MESSY = sorted((SAMPLES / "messy").glob("*.expected.json"))


@needs_samples
@pytest.mark.one_database
@pytest.mark.parametrize(("register", "path"), CITY, ids=str)
def test_a_county_file_is_recognised(register: str, path: Path) -> None:
    assert found_in(*read_workbook(path, file_name=path.name)) == [register]


@needs_samples
@pytest.mark.one_database
@pytest.mark.parametrize("path", MESSY, ids=lambda path: str(path.name))
def test_a_messy_file_is_recognised(path: Path) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))
    file = path.parent / expected["file"]
    assert found_in(*read_workbook(file, file_name=file.name)) == [expected["register"]]


# --- Several registers ---


def test_registers_are_found_in_the_order_of_uploading_whatever_the_order_of_the_sheets() -> None:
    grids = [table(WORKER, "人"), table(FACILITY, "房"), table(COMMUNITY, "村"), table(FACILITY, "房二")]
    assert found_in(*grids) == ["communities", "facilities", "workers"]


def test_tables_of_two_registers_in_one_sheet_are_both_found() -> None:
    rows = [*table(COMMUNITY).rows, [""], ["服务设施"], *table(FACILITY).rows]
    assert found_in(Grid("Sheet1", rows)) == ["communities", "facilities"]


def test_a_blank_template_beside_a_filled_one_is_no_batch() -> None:
    assert found_in(table(COMMUNITY, rows=0), table(FACILITY, "二"), table(WORKER, "三", rows=0)) == ["facilities"]


def test_blank_templates_alone_are_the_first_register() -> None:
    assert found_in(table(FACILITY, rows=0), table(WORKER, "三", rows=0)) == ["facilities"]


# --- What is not decided silently ---


def test_a_table_of_two_registers_is_refused_naming_both() -> None:
    refusal = refusal_of(table([*COMMUNITY, *FACILITY]))
    assert refusal.problem_code == "wrong_register"
    assert "像是“服务设施”的表，又像“社区”的表" in str(refusal)
    assert "请选定登记表" in str(refusal)
    assert not refusal.can_be_mapped


@pytest.mark.parametrize(("name", "register"), [("社区", "communities"), (" 服务设施", "facilities")])
def test_a_sheet_with_the_title_of_one_of_them_says_which(name: str, register: str) -> None:
    assert found_in(table([*COMMUNITY, *FACILITY], name)) == [register]


def test_a_doubtful_table_beside_clear_ones_is_named_and_not_read() -> None:
    grids = [table(WORKER, "人"), table([*COMMUNITY, *FACILITY], "混合")]
    assert found_in(*grids) == ["workers"]
    others = [other() for other in registers() if other.name != "workers"]
    _, wrong = lay_out(grids, register_named("workers")(), others=others, recogniser=recogniser())
    assert [each.message for each in wrong] == [
        "工作表“混合”像是“服务设施”的表，又像“社区”的表，这次没有读取；请选定登记表，另行上传"
    ]


def test_whichever_of_them_the_user_chooses_is_read() -> None:
    mixed = table([*COMMUNITY, *FACILITY])
    for name in ("communities", "facilities"):
        others = [other() for other in registers() if other.name != name]
        layouts, wrong = lay_out([mixed], register_named(name)(), others=others)
        assert (len(layouts), wrong) == (1, [])


@pytest.mark.parametrize(
    "rows",
    [
        [["关于开展检查的通知"], ["各县（市、区）民政局："], ["请于月底前报送。"]],
        [["日期", "温度", "湿度"], ["2018-06-01", 21, 40]],
        [["县（市、区）", "街道（乡镇）", "备注"], ["城区", "东街街道", ""]],
    ],
    ids=["letter", "weather", "places only"],
)
def test_a_file_of_no_register_is_refused_in_one_sentence(rows: list[list[Any]]) -> None:
    refusal = refusal_of(Grid("Sheet1", rows))
    assert refusal.problem_code == "header_not_found"
    assert str(refusal) == (
        "前15行里没有找到任何一张登记表的表头，认不出是什么表，请选定登记表，或者按模板的列名填好后重新上传"
    )


def test_an_empty_workbook_is_empty() -> None:
    assert refusal_of(Grid("Sheet1", [["", ""]])).problem_code == "empty_sheet"


# --- Tables without the column that tells records apart ---

STAFF = ["姓名", "证件", "性别", "岗位", "职业水平", "到岗日期"]  # 证件 is nobody's header


def test_people_whose_number_has_an_unusual_header_are_recognised_so_that_the_column_can_be_mapped() -> None:
    assert found_in(table(STAFF)) == ["workers"]
    assert found_in(table(FACILITY, "房"), table(STAFF, "人")) == ["facilities", "workers"]


def test_such_people_are_no_communities_though_their_community_is_named() -> None:
    places = ["县（市、区）", "街道（乡镇）", "社区名称"]
    assert found_in(table([*places, *STAFF])) == ["workers"]
    assert refusal_of(table([*places, "姓名", "职业水平"])).problem_code == "wrong_register"
    assert found_in(table([*places, "姓名", "职业水平"], "社会工作者")) == ["workers"]


def test_facilities_whose_name_has_another_header_are_no_organizations() -> None:
    header = ["县（市、区）", "街道（乡镇）", "社区名称", "名称", *FACILITY[2:]]
    assert found_in(table(header)) == ["facilities"]


def test_a_summary_beside_a_register_is_no_batch_of_its_own() -> None:
    summary = table(["县（市、区）", "街道（乡镇）", "常住人口", "户数"], "汇总")
    assert found_in(table(FACILITY, "房"), summary) == ["facilities"]


def test_what_an_office_has_mapped_by_hand_tells_the_register_too() -> None:
    header = ["证件", "姓名", "社区名称"]
    assert found_in(table(header), remembered={"workers": {"证件": "id_number"}}) == ["workers"]
