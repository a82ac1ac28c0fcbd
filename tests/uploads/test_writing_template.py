"""Tests of templates: formats, drop-downs, notes, the version, and no data of another office."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from accounts.models import User
from changzhi_portal.refusals import NotAllowedError
from changzhi_portal.registers.registry import register_named
from tests.factories import make_facility, make_organization, make_period, make_worker
from tests.uploads.samples import REGISTERS
from uploads import template_stamp
from uploads.reading.grid import Grid
from uploads.reading.layout import is_problem_list, lay_out
from uploads.reading.months import month_in
from uploads.reading.workbook import read_workbook
from uploads.writing.template import REQUIRED_MARK, write_export, write_template

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def template(register: str, user: User, *, filled: bool = True) -> Workbook:
    return load_workbook(io.BytesIO(template_bytes(register, user, filled=filled)))


def template_bytes(register: str, user: User, *, filled: bool = True) -> bytes:
    sheet = register_named(register)()
    return write_template(sheet, division=user.division, period=make_period(), by=user, filled=filled)


def drop_downs(book: Workbook, page: Any) -> dict[str, list[str]]:
    """Return the choices of the drop-downs by header, including those on the hidden sheet."""
    found = {}
    for rule in page.data_validations.dataValidation:
        column = next(iter(rule.sqref.ranges)).min_col
        source = rule.formula1
        if source.startswith('"'):
            words = source.strip('"').split(",")
        else:
            name, cells = book.defined_names[source.removeprefix("=")].attr_text.split("!")
            words = [cell.value for row in book[name.strip("'")][cells.replace("$", "")] for cell in row]
        found[page.cell(3, column).value.rstrip(REQUIRED_MARK)] = words
    return found


@pytest.mark.parametrize("register", REGISTERS)
def test_a_template_names_office_month_and_version_and_says_how_to_fill_each_column(register, place, clerk):
    book, sheet = template(register, clerk), register_named(register)
    page = book.worksheets[0]
    assert page["A1"].value == f"城区{sheet.title}登记表（2018年6月）"
    assert "填报单位：城区" in page["A2"].value
    assert template_stamp.version_in(page["E2"].value) == template_stamp.TEMPLATE_VERSION
    assert [cell.value for cell in page[3]] == [
        f"{column.header}{REQUIRED_MARK if column.required else ''}" for column in sheet.columns
    ]
    assert all(cell.comment for cell in page[3])
    required = {cell.value.rstrip(REQUIRED_MARK) for cell in page[3] if "必填" in cell.comment.text}
    assert required == {column.header for column in sheet.columns if column.required}
    assert len({cell.fill.fgColor.rgb for cell in page[3]}) == (2 if required else 1)
    assert page.freeze_panes.endswith("4")
    assert page.auto_filter.ref.startswith("A3:")
    assert book["字典"].sheet_state == "hidden" if "字典" in book.sheetnames else register == "projects"
    assert [row[0].value for row in book["填表说明"].rows if row[0].value][-1] == sheet.columns[-1].header


def test_the_demo_says_that_its_data_are_invented(place, clerk, settings):
    settings.DEMO = True
    assert template("facilities", clerk).worksheets[0]["A1"].value.endswith("（演示数据）")


def test_codes_and_numbers_of_people_keep_their_digits_in_new_rows(place, clerk):
    page = template("workers", clerk, filled=False).worksheets[0]
    formats = {
        page.cell(3, column).value.rstrip(REQUIRED_MARK): page.cell(100, column).number_format
        for column in range(1, 20)
    }
    assert formats["记录编号"] == formats["身份证号"] == formats["社区代码"] == formats["联系电话"] == "@"
    assert formats["到岗日期"] == "yyyy-mm-dd"


def test_drop_downs_offer_the_choices_and_the_offices_own_places(place, clerk, street_clerk):
    book = template("facilities", clerk)
    lists = drop_downs(book, book.worksheets[0])
    assert lists["设施类型"] == ["综合服务设施", "活动场所", "公益性服务设施"]
    assert lists["县（市、区）"] == ["城区"]
    assert lists["街道（乡镇）"] == ["东街街道办事处", "西街街道办事处"]
    assert lists["社区名称"] == [c.name for c in (*place.communities, *place.other_communities)]
    assert "功能" not in lists  # takes several values
    own = template("facilities", street_clerk)
    assert drop_downs(own, own.worksheets[0])["街道（乡镇）"] == ["东街街道办事处"]
    assert drop_downs(own, own.worksheets[0])["县（市、区）"] == ["城区"]


def test_an_empty_template_has_no_record_and_a_filled_one_only_the_offices_own(place, clerk):
    make_facility(place.communities[0], "城区的")
    make_facility(place.villages[0], "襄垣的")
    names = {cell.value for row in template("facilities", clerk).worksheets[0].rows for cell in row}
    assert "城区的" in names
    assert "襄垣的" not in names
    empty = template("facilities", clerk, filled=False).worksheets[0]
    assert not any(cell.value for row in empty.iter_rows(min_row=4) for cell in row)


def test_nobody_gets_another_offices_template_or_export(place, clerk, street_clerk):
    sheet = register_named("facilities")()
    for user, division in ((clerk, place.other_county), (clerk, place.city), (street_clerk, place.county)):
        with pytest.raises(NotAllowedError):
            write_template(sheet, division=division, period=make_period(), by=user, filled=False)
        with pytest.raises(NotAllowedError):
            write_export(sheet, division=division, by=user)


def test_personal_data_leave_masked_and_formulas_leave_as_text(place, clerk):
    worker = make_worker(place.communities[0], name='=HYPERLINK("http://x")', phone="19900001234")
    for data in (
        template_bytes("workers", clerk),
        write_export(register_named("workers")(), division=clerk.division, by=clerk).data,
    ):
        page = load_workbook(io.BytesIO(data)).worksheets[0]
        values = {page.cell(3, cell.column).value.rstrip(REQUIRED_MARK): cell for cell in page[4]}
        assert values["身份证号"].value == str(worker.id_number)
        assert "*" in values["身份证号"].value
        assert values["联系电话"].value == "199****1234"
        assert (values["姓名"].data_type, values["姓名"].value) == ("s", '=HYPERLINK("http://x")')


def test_the_query_count_of_an_export_does_not_grow_with_its_rows(place, clerk, django_assert_num_queries):
    sheet = register_named("organizations")()
    for number in range(30):
        make_organization(place.communities[number % 3])
    with django_assert_num_queries(5):
        write_export(sheet, division=clerk.division, by=clerk)


@pytest.mark.parametrize("filled", [True, False])
def test_only_the_registers_own_sheet_of_a_template_is_read(filled, place, clerk, tmp_path):
    for number, register in enumerate(REGISTERS):
        make_facility(place.communities[0])
        make_organization(place.communities[0])
        make_worker(place.communities[0])
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(template_bytes(register, clerk, filled=filled))
        grids = read_workbook(path, file_name=path.name)
        names = [grid.name for grid in grids]
        assert names == [register_named(register).title, template_stamp.GUIDE_SHEET]
        others = [register_named(name)() for name in REGISTERS if name != register]
        grids[0].rows = [*grids[0].rows, ["", *["x"] * 9]]
        layouts, wrong = lay_out(grids, register_named(register)(), others=others)
        assert ([layout.name for layout in layouts], wrong) == ([names[0]], [])
        assert layouts[0].unknown == []
        assert template_stamp.version_in(layouts[0].title) == template_stamp.TEMPLATE_VERSION
        assert str(month_in(layouts[0].title)) == "2018-06-01"


def test_a_template_of_an_older_version_is_recognised_and_read(place, clerk, send, client):
    row = {
        "社区名称": "和平社区",
        "设施名称": "党群服务中心",
        "设施类型": "综合服务设施",
        "面积": 520,
        "启用日期": "2016-05-01",
    }
    answer = send("facilities", clerk, [row], title="城区服务设施登记表（2018年6月） 模板版本：0")
    assert (answer["new"], answer["errors"]) == (1, 0)
    assert "旧版模板" in _page_of(client, clerk)
    send("facilities", clerk, [row], title=f"城区（2018年6月） {template_stamp.version_stamp()}")
    assert "旧版模板" not in _page_of(client, clerk)


def _page_of(client: Any, user: User) -> str:
    client.force_login(user)
    batch = user.batches.order_by("-pk").first()
    return client.get(f"/uploads/{batch.ref}/").content.decode()


def test_a_version_is_no_month_and_a_month_is_no_version():
    assert month_in(template_stamp.version_stamp()) is None
    assert template_stamp.version_in("2018年6月") is None
    assert template_stamp.version_in("模板版本：3") == 3


def test_an_offices_own_sheet_called_like_our_list_is_read():
    assert not is_problem_list(Grid(template_stamp.PROBLEM_SHEET, [["社区名称", "户数"], ["和平社区", 3]]))
    assert is_problem_list(Grid(template_stamp.PROBLEM_SHEET, [[f"{template_stamp.PROBLEM_HEADING}：错误1个"]]))
