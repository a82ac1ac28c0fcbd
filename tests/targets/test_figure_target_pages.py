"""Pages of plans and results with a target of a figure of divisions: form, trial, list of results, API."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from changzhi_portal.pages.exported import shown_at
from targets.actions import compute_period
from targets.models import Target
from tests.api.test_registers import rows_of
from tests.factories import make_facility
from tests.pages import markup_of
from tests.targets import figures_declared as declared
from tests.targets.figure_targets import CODE, figure_target

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NEW = "/plans/2020/targets/new/"
FORM = {
    "code": "covered_target",
    "name": "每个县（市、区）的设施覆盖率",
    "short_name": "设施覆盖",
    "clause": "四（一）2",
    "quotation": "",
    "is_scored": "on",
    "level": "county",
    "kind": "",
    "minimum_population": "",
    "indicator": "figure.covered",
    "per": "",
    "aggregate": "each",
    "at_least": "",
    "at_most": "30",
    "coverage_at_least": "",
    "unit": "%",
    "based_on": "1",
}


@pytest.fixture
def measured(place, period, declare_figures):
    """One community of the five of 城区 is covered, 20.0 %; 襄垣县 has reported nothing."""
    declare_figures(declared.COVERED, declared.MEAN_AREA)
    make_facility(place.communities[0], area=90)
    compute_period(period)
    return period


@pytest.fixture
def browser(administrator, signed_in):
    return signed_in(administrator)


def tried(browser, **changes):
    return browser.post(NEW, {**FORM, **changes, "preview": ""})


def text_of(answer):
    return " ".join(re.sub("<[^>]*>", " ", markup_of(answer)).split())


def test_the_form_offers_figures_in_a_group_of_their_own(browser, measured):
    page = markup_of(browser.get(NEW))
    group = page.split('<optgroup label="工作指标">')[1].split("</optgroup>")[0]
    assert '<option value="figure.covered">指标covered（%）</option>' in group
    assert "指标mean_area（㎡）" in group
    assert "社区社会组织数" not in group


def test_a_trial_shows_counties_and_saving_makes_a_target_that_is_judged(browser, measured, place):
    answer = tried(browser)
    rows = {change.division.code: change for change in answer.context["changes"]}
    assert rows["140400"].counts == [("参评", None, 2), ("达标", None, 1), ("未达标", None, 0), ("未知", None, 1)]
    assert rows["140402"].after.verdict == "met"
    saved = browser.post(NEW, {**FORM, "previewed": answer.context["previewed"], "reason": "按会议意见"}, follow=True)
    assert "已保存为第2版" in markup_of(saved)
    page = text_of(browser.get("/plans/2020/"))
    assert "≤30%（每县）" in page
    assert "指标covered" in page
    target = Target.objects.get(plan__version=2, code="covered_target")
    assert (target.at_least, target.at_most) == (None, 30)


@pytest.mark.parametrize(
    ("at_least", "at_most", "words"), [("95", "", "≥95%（每县）"), ("", "2", "≤2%（每县）"), ("2", "5", "2—5%（每县）")]
)
def test_the_plan_says_what_is_asked_of_each_county(browser, measured, at_least, at_most, words):
    figure_target(at_least=at_least or None, at_most=at_most or None)
    assert f"指标covered{words}" in text_of(browser.get("/plans/2020/"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"level": "community"}, "“测评谁”请选县（市、区）"),
        ({"kind": "urban"}, "“社区类型”请选不限"),
        ({"minimum_population": "3000"}, "“人口不少于”请空着"),
        ({"per": "100_households"}, "“怎样折算”请选不折算"),
        ({"aggregate": "mean"}, "“要求谁达到”请选逐个达到"),
        ({"coverage_at_least": "80"}, "“比例”请空着"),
        ({"counted_registration": ["registered"]}, "“指标covered”不分管理方式"),
        ({"at_most": ""}, "至少填一个"),
        ({"at_most": "101"}, "不能超过100"),
        ({"unit": "个"}, "计量单位是“%”"),
        ({"is_scored": ""}, "请勾选“参与测评”"),
    ],
)
def test_what_makes_no_sense_of_a_figure_is_refused_in_one_sentence(browser, measured, changes, words):
    answer = tried(browser, **changes)
    assert answer.status_code == 422
    assert words in markup_of(answer)
    said = [message for messages in answer.context["form"].errors.values() for message in messages]
    assert len(said) == 1, said
    assert not answer.context["previewed"]


# --- Results ---


def test_the_list_of_results_has_each_county_with_how_far_it_is_off(measured, place, officer, signed_in):
    figure_target(at_most="12.5")
    make_facility(place.villages[0], closed_on="2018-05-01")
    compute_period(measured)
    address = f"/results/?target={CODE}"
    page = text_of(signed_in(officer).get(address))
    assert "≤12.5%" in page
    assert "比要求高7.5个百分点" in page
    assert "还缺" not in page.split("2018年6月 · 每个县")[1]
    rows = {
        row[0].division.name: (row[0].value, row[0].verdict)
        for row in signed_in(officer).get(address).context["counties"]
    }
    assert rows == {"城区": (20, "unmet"), "襄垣县": (0, "met")}
    unmet = signed_in(officer).get(f"{address}&verdict=unmet").context["counties"]
    assert [row[0].division.name for row in unmet] == ["城区"]


def test_what_a_county_misses_is_said_in_its_unit_and_the_unreported_are_named_so(measured, officer, signed_in):
    figure_target("mean_area", at_least="100.5", unit="㎡")
    compute_period(measured)
    page = text_of(signed_in(officer).get(f"/results/?target={CODE}"))
    assert "比要求低10.5㎡" in page
    assert "还没有填报" in page


def test_the_file_of_the_list_has_no_column_of_what_is_lacking(measured, officer, signed_in):
    figure_target(at_least="20")
    compute_period(measured)
    listed = shown_at("/results/", f"target={CODE}", officer)
    assert [each.header for each in listed.columns] == ["县（市、区）", "数值（%）", "要求", "结果", "说明"]


def test_the_api_has_the_divisions_own_figure_and_its_verdict(measured, officer, signed_in):
    figure_target(at_least="95")
    compute_period(measured)
    rows = rows_of(signed_in(officer), f"/api/v1/results/?period=2018-06&target={CODE}")
    by_code = {row["division"]: row for row in rows}
    assert (Decimal(by_code["140402"]["value"]), by_code["140402"]["verdict"]) == (20, "unmet")
    assert (by_code["140423"]["value"], by_code["140423"]["verdict"]) == (None, "unknown")
    plan = rows_of(signed_in(officer), "/api/v1/targets/?plan=2020&version=1")
    [target] = (row for row in plan if row["code"] == CODE)
    assert target["indicator"] == "figure.covered"
