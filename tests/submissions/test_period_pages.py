"""Pages of the calendar: the list, one month with its actions, and 锁定后变动."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from changelog.models import ChangeRecord
from periods.models import ReportingPeriod
from revisions.actions import compare_locked
from revisions.models import LockedChange, LockedComparison
from submissions.actions import lock_period, reopen_period
from targets.actions import compute_period
from targets.models import CommunityMeasure, Computation
from tests.factories import make_change_set, make_facility, make_organization, make_period, make_profile, make_worker
from tests.pages import markup_of
from tests.queries import queries_of
from tests.revisions.edits import Office

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def page(name, *arguments):
    return reverse(name, args=arguments)


def text_of(answer):
    return markup_of(answer)


@pytest.fixture
def at(signed_in):
    """Return a function that requests a URL as a user and gives the page's text."""

    def open_page(user, address, status=200):
        answer = signed_in(user).get(address)
        assert answer.status_code == status
        return text_of(answer)

    return open_page


@pytest.fixture
def locked(place, period, administrator):
    for community in (*place.communities, *place.villages):
        make_facility(community, "综合楼", area=480)
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    return period


# --- The list ---


def test_every_month_stands_in_the_list_with_state_dates_and_reports(place, period, administrator, leader, at):
    make_period("2018-05")
    lock_period(period=period, by=administrator)
    shown = at(leader, page("submissions:periods"))
    assert shown.index("2018年6月") < shown.index("2018年5月")
    for words in ("已锁定", "填报中", "2018-07-05", "2018-07-15", "0 / 2", "尚未测算", str(administrator)):
        assert words in shown
    assert page("submissions:period", "2018-06") in shown


def test_the_list_says_when_figures_are_stale(place, period, administrator, at):
    compute_period(period)
    assert "之后有改动" not in at(administrator, page("submissions:periods"))
    make_change_set(administrator)
    assert "之后有改动" in at(administrator, page("submissions:periods"))


def test_an_empty_calendar_says_so(place, administrator, at):
    assert "还没有统计月" in at(administrator, page("submissions:periods"))


def test_the_number_of_queries_does_not_grow_with_months(place, administrator, signed_in):
    browser = signed_in(administrator)
    compute_period(make_period("2018-01"))
    few = queries_of(lambda: browser.get(page("submissions:periods")))
    for month in range(2, 12):
        period = make_period(f"2018-{month:02d}")
        lock_period(period=period, by=administrator)
    assert len(queries_of(lambda: browser.get(page("submissions:periods")))) == len(few)


def test_the_menu_leads_to_the_months(administrator, at):
    assert f'href="{page("submissions:periods")}"' in at(administrator, reverse("menu_group", args=["tasks"]))


# --- One month ---


def test_only_the_administrator_finds_the_buttons(place, period, administrator, officer, clerk, at):
    address = page("submissions:period", "2018-06")
    assert page("submissions:period_lock", "2018-06") in at(administrator, address)
    assert page("submissions:period_dates", "2018-06") in at(administrator, address)
    for user in (officer, clerk):
        assert page("submissions:period_lock", "2018-06") not in at(user, address)
        for name in ("submissions:period_lock", "submissions:period_reopen", "submissions:period_dates"):
            at(user, page(name, "2018-06"), status=403)
    lock_period(period=period, by=administrator)
    assert page("submissions:period_reopen", "2018-06") in at(administrator, address)
    assert page("submissions:period_lock", "2018-06") not in at(administrator, address)


@pytest.mark.parametrize("month", ["2018-07", "2018-13", "june"])
def test_a_month_that_is_not_in_the_calendar_is_not_found(place, period, administrator, at, month):
    for name in ("submissions:period", "submissions:period_lock", "revisions:changes"):
        at(administrator, page(name, month), status=404)


def test_the_bureau_computes_a_month_at_once(place, period, officer, clerk, signed_in):
    make_facility(place.communities[0], area=600)
    answer = signed_in(officer).post(page("submissions:period_compute", "2018-06"), follow=True)
    assert "已按现在的登记表重新测算" in text_of(answer)
    assert CommunityMeasure.objects.for_period(period).get(community=place.communities[0]).facility_area == 600
    assert signed_in(clerk).post(page("submissions:period_compute", "2018-06")).status_code == 403


def test_a_locked_month_is_not_computed_by_the_button_either(locked, officer, signed_in):
    finished = Computation.objects.get().finished_at
    answer = signed_in(officer).post(page("submissions:period_compute", "2018-06"), follow=True)
    assert "已锁定，数据不再重新计算" in text_of(answer)
    assert Computation.objects.get().finished_at == finished


# --- Locking ---


def test_before_locking_the_page_names_who_is_missing_and_that_it_is_computed_first(place, period, administrator, at):
    shown = at(administrator, page("submissions:period_lock", "2018-06"))
    assert "襄垣县" in shown and "未上报" in shown
    assert "先按现在的登记表重新测算一次" in shown
    compute_period(period)
    assert "先按现在的登记表重新测算一次" not in at(administrator, page("submissions:period_lock", "2018-06"))


def test_locking_by_the_page(place, period, administrator, signed_in):
    answer = signed_in(administrator).post(page("submissions:period_lock", "2018-06"), follow=True)
    assert "锁定，数据从此不变。有2个县（市、区）的上报还没有接收。" in text_of(answer)
    period.refresh_from_db()
    assert period.is_locked
    again = signed_in(administrator).post(page("submissions:period_lock", "2018-06"), follow=True)
    assert "已经锁定，不用再锁" in text_of(again)


def test_a_month_that_has_not_ended_cannot_be_locked_by_the_page(place, administrator, at, signed_in):
    coming = make_period(f"{timezone.localdate() + datetime.timedelta(days=62):%Y-%m}")
    assert "还没有结束" in at(administrator, page("submissions:period_lock", coming.code))
    signed_in(administrator).post(page("submissions:period_lock", coming.code))
    assert not ReportingPeriod.objects.get().is_locked


def test_reopening_takes_a_reason_that_everybody_then_reads(locked, administrator, clerk, signed_in, at):
    browser = signed_in(administrator)
    refused = browser.post(page("submissions:period_reopen", "2018-06"), {"reason": "  "})
    assert refused.status_code == 422
    assert "请写明重新开放的原因" in text_of(refused)
    answer = browser.post(page("submissions:period_reopen", "2018-06"), {"reason": "补报襄垣县设施"}, follow=True)
    assert "已重新开放" in text_of(answer)
    assert "补报襄垣县设施" in at(clerk, page("submissions:period", "2018-06"))
    locked.refresh_from_db()
    assert locked.state == "open"


def test_the_history_shows_every_locking_and_reopening_to_the_bureau(locked, administrator, officer, clerk, at):
    reopen_period(period=locked, by=administrator, reason="第一次更正")
    lock_period(period=locked, by=administrator)
    reopen_period(period=locked, by=administrator, reason="第二次更正")
    shown = at(officer, page("submissions:period", "2018-06"))
    assert "变更记录" in shown
    assert "第一次更正" in shown and "第二次更正" in shown
    assert ChangeRecord.objects.of_object(locked).count() == 4
    assert "第一次更正" not in at(clerk, page("submissions:period", "2018-06"))


def test_other_dates_by_the_page(place, period, administrator, signed_in):
    browser = signed_in(administrator)
    dates = {"opens_on": "2018-06-25", "due_on": "2018-07-10", "late_until": "2018-07-20"}
    assert 'value="2018-07-05"' in text_of(browser.get(page("submissions:period_dates", "2018-06")))
    for wrong, sentence in (
        ({"due_on": "2018-08-01"}, "依次不早于前一个"),
        ({"due_on": ""}, "请填写日期"),
        ({"due_on": "七月五日"}, "应写成2018-07-05"),
    ):
        refused = browser.post(page("submissions:period_dates", "2018-06"), dates | wrong)
        assert refused.status_code == 422
        assert sentence in text_of(refused)
    assert "已保存" in text_of(browser.post(page("submissions:period_dates", "2018-06"), dates, follow=True))
    period.refresh_from_db()
    assert period.due_on == datetime.date(2018, 7, 10)


# --- 锁定后变动 ---


def test_a_month_that_is_open_or_was_never_compared_says_so(place, period, administrator, at):
    address = page("revisions:changes", "2018-06")
    assert "没有锁定" in at(administrator, address)
    lock_period(period=period, by=administrator)
    assert "还没有核对" in at(administrator, address)
    compare_locked(period)
    assert "没有变动" in at(administrator, address)


def test_what_would_change_stands_there_with_figures_verdicts_results_and_the_edit(locked, place, administrator, at):
    Office(administrator).change(place.communities[0].facilities.get(), area=Decimal(520))
    compare_locked(locked)
    shown = at(administrator, page("revisions:changes", "2018-06"))
    for words in (
        "目标结果的变动",
        "<del>0.0%</del> 改为 <ins>20.0%</ins>",
        "综合服务设施面积（㎡）</span> <del>480</del> 改为 <ins>520</ins>",
        "修改服务设施“",
        "建筑面积（㎡）</span> <del>480.00</del> 改为 <ins>520</ins>",
        str(administrator),
        "和平社区居委会",
    ):
        assert words in shown
    assert "锁定后有变动" in at(administrator, page("submissions:periods"))
    assert "有1个社区、区划的数据会不同" in at(administrator, page("submissions:period", "2018-06"))


def test_a_mean_that_would_be_another_stands_there_itself_and_not_as_a_rate(place, administrator, at):
    for community in place.communities:
        make_facility(community, "综合楼", area=480)
        make_profile(community, households=100, residents=300)
    month = make_period("2021-06")
    lock_period(period=month, by=administrator)
    Office(administrator).change(place.communities[0].facilities.get(), area=Decimal(490))
    compare_locked(month)
    shown = at(administrator, page("revisions:changes", "2021-06"))
    results = shown.split("目标结果的变动</caption>")[1].split("</table>")[0]
    assert "平均数</span> <del>480㎡/百户</del> 改为 <ins>483.33㎡/百户</ins>" in results
    assert "达标率" not in results


def test_an_office_sees_the_changes_of_its_own_area_only(locked, place, administrator, clerk, other_clerk, leader, at):
    office = Office(administrator)
    office.user.division = place.county  # the edits belong to 城区
    office.change(place.communities[0].facilities.get(), area=Decimal(520))
    compare_locked(locked)
    assert "和平社区居委会" in at(clerk, page("revisions:changes", "2018-06"))
    assert "修改服务设施" in at(clerk, page("revisions:changes", "2018-06"))
    assert "没有变动" in at(other_clerk, page("revisions:changes", "2018-06"))
    assert "角色不能打开锁定后变动。" in at(leader, page("revisions:changes", "2018-06"), status=403)


def test_the_page_says_that_registers_have_changed_since_and_compares_at_once(
    locked, place, administrator, officer, clerk, signed_in, at
):
    office = Office(administrator)
    compare_locked(locked)
    office.change(place.communities[0].facilities.get(), area=Decimal(520))
    assert "之后登记表又有改动" in at(officer, page("revisions:changes", "2018-06"))
    answer = signed_in(officer).post(page("revisions:compare", "2018-06"), follow=True)
    assert "已按现在的登记表重新核对" in text_of(answer)
    assert "之后登记表又有改动" not in text_of(answer)
    assert LockedChange.objects.exists()
    assert signed_in(clerk).post(page("revisions:compare", "2018-06")).status_code == 403


def test_a_failed_comparison_is_said(locked, place, administrator, at):
    Office(administrator).change(place.communities[0].facilities.get(), area=Decimal(520))
    compare_locked(locked)
    LockedComparison.objects.update(state="failed")
    shown = at(administrator, page("revisions:changes", "2018-06"))
    assert "最近一次核对出错" in shown
    assert "和平社区居委会" in shown


def test_the_queries_of_the_page_do_not_grow_with_changes(locked, place, administrator, signed_in):
    office, browser = Office(administrator), signed_in(administrator)
    make_organization(place.communities[0])
    worker = make_worker(place.communities[0])
    make_change_set(administrator)
    lock_again(locked, administrator)
    office.change(place.communities[0].facilities.get(), area=Decimal(520))
    office.change(worker, level="senior")
    compare_locked(locked)
    few = queries_of(lambda: browser.get(page("revisions:changes", "2018-06")))
    for community in (*place.communities[1:], *place.villages):
        for area in (490, 500, 530):
            office.change(community.facilities.get(), area=Decimal(area))
    compare_locked(locked)
    assert LockedChange.objects.of_period(locked).communities().count() == 5
    assert len(queries_of(lambda: browser.get(page("revisions:changes", "2018-06")))) == len(few)


def lock_again(period, administrator):
    reopen_period(period=period, by=administrator, reason="更正")
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
