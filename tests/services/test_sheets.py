"""Tests of rows of purchased-service projects: money, communities served, whose number it is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from accounts.models import User
from services.models import ServiceProject
from tests.factories import Place, make_project
from tests.uploads.office import Send, codes_of
from tests.uploads.samples import upload

pytestmark = pytest.mark.django_db


def row(number: str = "YS001", **changes: Any) -> dict[str, Any]:
    return {
        "项目编号": number,
        "项目名称": "演示养老服务",
        "购买主体": "演示民政局",
        "承接主体": "演示社会工作服务中心",
        "服务社区": "和平社区、东关社区",
        "服务领域": "社区养老",
        "服务对象": "困难群众",
        "购买方式": "公开招标",
        "资金来源": "福彩公益金",
        "预算金额（元）": 120000,
        "合同金额（元）": 100000,
        "开始日期": "2018-02-01",
        "结束日期": "2018-12-31",
        "状态": "履约中",
    } | changes


def test_a_project_serves_the_communities_it_lists(send: Send, officer: User, place: Place) -> None:
    send("projects", officer, [row()], commit="all")
    project = ServiceProject.objects.get()
    assert project.division == place.city
    assert set(project.communities.all()) == set(place.communities[:2])
    changed = send("projects", officer, [row(服务社区="下东社区")], commit="all")
    assert changed["changed"] == 1
    assert set(project.communities.all()) == {place.communities[2]}
    assert send("projects", officer, [row(服务社区="下东社区")])["unchanged"] == 1


def test_every_unknown_community_of_a_project_is_named(send: Send, officer: User) -> None:
    answer = send("projects", officer, [row(服务社区="和平社区、蓬莱社区、瀛洲社区")])
    assert codes_of(answer) == ["unknown_place", "unknown_place"]


def test_more_than_the_budget_is_pointed_out(send: Send, officer: User) -> None:
    answer = send("projects", officer, [row(**{"合同金额（元）": 130000})])
    assert codes_of(answer) == ["over_budget"]


def test_each_sheet_of_a_workbook_counts_in_its_own_unit(
    tmp_path: Path, officer: User, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "演示项目.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for sheet_name, header, number in (("元", "预算金额（元）", "A1"), ("万元", "预算金额（万元）", "B1")):
            values = row(number, **{"合同金额（元）": ""})
            values = {header if key == "预算金额（元）" else key: value for key, value in values.items()} | {header: 12}
            sheet = book.add_worksheet(sheet_name)
            sheet.write_row(0, 0, list(values))
            sheet.write_row(1, 0, list(values.values()))
    answer, _ = upload(capsys, "projects", path, officer, commit="all")
    assert answer["state"] == "committed"
    budgets = dict(ServiceProject.objects.values_list("number", "budget"))
    assert budgets == {"A1": Decimal(12), "B1": Decimal(120_000)}


def test_two_counties_may_use_the_same_number(send: Send, clerk: User, other_clerk: User) -> None:
    send("projects", clerk, [row(服务社区="和平社区")], commit="all")
    answer = send("projects", other_clerk, [row(服务社区="西垴头村")], commit="all")
    assert answer["new"] == 1
    assert ServiceProject.objects.count() == 2


def test_a_number_in_other_letters_is_the_same_project(send: Send, officer: User) -> None:
    send("projects", officer, [row("CZ-01")], commit="all")
    answer = send("projects", officer, [row("cz－01")], commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    assert ServiceProject.objects.count() == 1


def test_of_two_projects_that_differ_in_letters_only_each_row_finds_its_own(
    send: Send, officer: User, place: Place
) -> None:
    for number in ("CZ-01", "cz-01"):
        make_project(place.city, number=number)
    answer = send("projects", officer, [row("CZ-01", 备注="大写"), row("cz-01", 备注="小写")], commit="all")
    assert (answer["changed"], answer["errors"]) == (2, 0)
    assert dict(ServiceProject.objects.values_list("number", "note")) == {"CZ-01": "大写", "cz-01": "小写"}
