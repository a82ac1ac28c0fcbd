"""Tests of the form of one row: what it shows of the row and its problems."""

from __future__ import annotations

import re

import pytest

from tests.communities.test_sheets import facility_row
from tests.orgs.test_sheets import row as organization_row
from tests.queries import exactly
from tests.services.test_sheets import row as project_row
from tests.uploads.row_forms import THREE_WRONG, FormFields, address_of, form_of, sent, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_the_cells_with_a_problem_come_first_each_with_what_is_wrong(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    fields = form_of(signed_in(clerk), batch)
    shown = [name.removeprefix("text-") for name in fields.attributes if name.startswith("text-")]
    assert shown == ["kind", "area", "opened_on", "county", "town", "community_name", "community_code", "name"]
    for name, wrong in (("kind", "只能填"), ("area", "应填数字"), ("opened_on", "没有这一天")):
        assert wrong in fields.described(f"text-{name}")
        assert fields.attributes[f"text-{name}"]["aria-invalid"] == "true"
    assert "aria-invalid" not in fields.attributes["text-name"]
    assert [name for name, given in fields.attributes.items() if "autofocus" in given] == ["text-kind"]


def test_a_doubtful_cell_is_described_but_not_called_wrong(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row()])
    fields = form_of(signed_in(clerk), batch)
    assert "只有年月" in fields.described("text-opened_on")
    assert "aria-invalid" not in fields.attributes["text-opened_on"]


def test_a_choice_that_nobody_knows_stays_the_first_option(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(设施类型="车库", 产权="自有")])
    fields = form_of(signed_in(clerk), batch)
    assert fields.options["text-kind"] == ["车库", "", "综合服务设施", "活动场所", "公益性服务设施"]
    assert fields.sent["text-kind"] == "车库"
    assert fields.options["text-tenure"] == ["", "自有", "租赁", "借用", "共建", "清空"], (
        "an optional one can be cleared"
    )
    assert fields.sent["text-tenure"] == "自有"


def test_yes_and_no_and_words_for_none_of_them_are_chosen_as_the_file_has_them(send, clerk, signed_in):
    row = organization_row("和平社区", 民办社工机构="有", 枢纽型="否")
    fields = form_of(signed_in(clerk), sent(send, clerk, [row], register="organizations"))
    assert (fields.sent["text-is_social_work_agency"], fields.sent["text-hub_kind"]) == ("是", "否")


def test_money_is_labelled_with_the_files_unit_and_shown_in_it(send, clerk, signed_in):
    row = {name.replace("预算金额（元）", "预算金额（万元）"): value for name, value in project_row().items()}
    batch = sent(send, clerk, [row | {"预算金额（万元）": 12.5}], register="projects")
    answer = signed_in(clerk).get(address_of(batch), {"row": 1})
    assert ">预算金额（万元） <" in words_of(answer)
    fields = FormFields(answer.content.decode())
    assert fields.sent["text-budget"] == "12.5"
    modes = {name: fields.attributes[f"text-{name}"].get("inputmode") for name in ("budget", "starts_on", "name")}
    assert modes == {"budget": "decimal", "starts_on": "numeric", "name": None}


def test_an_office_chooses_from_its_own_places_when_one_is_not_found(send, clerk, signed_in, place):
    batch = sent(send, clerk, [facility_row("没有的社区"), facility_row()])
    browser = signed_in(clerk)
    page = words_of(browser.get(address_of(batch), {"row": 1}))
    words = re.findall(r'<option value="([^"]*)"', page.split('id="words-community_name"')[1].split("</datalist>")[0])
    assert words == [community.name for community in (*place.communities, *place.other_communities)]
    assert "<datalist" not in words_of(browser.get(address_of(batch), {"row": 2}))


def test_a_column_that_the_file_lacks_is_told_with_what_to_do(send, clerk, signed_in):
    row = organization_row(管理方式="登记")
    del row["统一社会信用代码"]
    batch = sent(send, clerk, [row], register="organizations")
    assert batch.errors == 1
    page = words_of(signed_in(clerk).get(address_of(batch), {"row": 1}))
    assert "。文件里没有“统一社会信用代码”列，请在文件里补上这一列后重新上传。" in page


def test_the_page_of_a_row_costs_the_same_queries_for_any_number_of_rows_and_faults(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(设施名称=f"活动室{n}", **THREE_WRONG) for n in range(60)])
    browser = signed_in(clerk)
    form_of(browser, batch)
    with exactly(3):  # the user, the batch, the row
        form_of(browser, batch, 30)
