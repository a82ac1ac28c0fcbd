"""A survey in a real browser: from a new one over question sheets and one community's numbers to the results."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from participation.models import Survey, SurveyCount
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_period, make_place, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def clerk() -> Any:
    """Return the clerk of 城区."""
    place = make_place()
    make_period("2018-06")
    return make_user(Role.DISTRICT_CLERK, place.county)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_a_survey_goes_from_the_question_sheet_to_the_results(clerk, enter, screen, scripts):
    page = enter(clerk, "/surveys/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="新增").first.click()
    page.get_by_label("调查名称").fill("2018年居民满意度调查")
    page.get_by_label("开始日期").fill("2018-05-01")
    page.get_by_label("截止日期").fill("2018-06-15")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("调查已保存为草稿")).to_be_visible()
    survey = Survey.objects.get()

    sheets = page.get_by_role("form", name="打印问卷")
    sheets.get_by_label("街道（乡镇）").select_option("东街街道办事处")
    printed = page.request.get(f"/question-sheets/{survey.ref}/?town=140402001")
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")

    page.get_by_role("link", name="开始填报").click()
    page.get_by_role("button", name="开始填报").click()
    expect(page.get_by_text("已开始填报。")).to_be_visible()
    page.get_by_role("link", name=re.compile("填报.*和平社区居委会")).click()
    for label, number in (
        *(("发放（份）", 60), ("非常满意", 20), ("满意", 15), ("基本满意", 10)),
        *(("不满意", 4), ("非常不满意", 1), ("不了解", 3)),
    ):
        page.get_by_label(f"总体：{label}", exact=True).fill(str(number))
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("和平社区居委会的结果已保存。")).to_be_visible()
    assert SurveyCount.objects.get().grades.valid == 50

    page.get_by_role("link", name="结束调查").click()
    page.get_by_role("button", name="结束调查").click()
    expect(page.get_by_text("调查已结束，结果计入统计。")).to_be_visible()
    expect(page.get_by_text("1个社区，有效答卷50份，满意率90.0%，得分79.6")).to_be_visible()
