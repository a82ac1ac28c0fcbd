"""Tests of the pages of briefings: who sees which, who may print, and the download of the PDF."""

from __future__ import annotations

import re
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.urls import reverse

from accounts.models import Role
from changzhi_portal import jobs
from periods.models import ReportingPeriod
from reports import actions
from reports.models import Briefing, BriefingFile
from targets.actions import compute_period
from tests.factories import home_of, make_facility, make_user
from tests.pages import markup_of
from tests.queries import queries_of
from tests.reports.briefings import figures, make_briefing, make_issued

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = Briefing.State


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def printed(place):
    """Create the city's issued briefing of June 2018."""
    return make_issued(place.city, figures=figures(), pdf=b"%PDF-1.7 city")


def page(client, name, *arguments, **query):
    return client.get(reverse(f"reports:{name}", args=arguments), query)


def text_of(response):
    return re.sub(r"\s+", "", markup_of(response))


# --- The list and the button ---


def test_the_list_shows_the_issues_of_the_own_area(place, printed, officer, leader, clerk, signed_in):
    make_issued(place.county)
    make_issued(place.other_county)
    for user in (officer, leader):
        assert {row.record.division for row in page(signed_in(user), "briefings").context["table"].rows} == {
            place.city,
            place.county,
            place.other_county,
        }
    assert [row.record.division for row in page(signed_in(clerk), "briefings").context["table"].rows] == [place.county]


def test_the_list_can_be_searched_by_county(place, printed, officer, signed_in):
    make_briefing(place.county)
    rows = page(signed_in(officer), "briefings", q="城区").context["table"].rows
    assert [row.record.division for row in rows] == [place.county]


def test_the_lists_queries_do_not_grow_with_its_rows(place, printed, officer, signed_in):
    browser = signed_in(officer)
    page(browser, "briefings")
    few = len(queries_of(lambda: page(browser, "briefings")))
    for month in ("2018-01", "2018-02", "2018-03", "2018-04", "2018-05"):
        make_briefing(place.city, month)
    assert len(queries_of(lambda: page(browser, "briefings"))) == few


def test_only_the_bureau_sees_the_button(place, period, officer, leader, clerk, auditor, signed_in):
    assert "生成简报" in page(signed_in(officer), "briefings").content.decode()
    for user in (leader, clerk, auditor):
        assert "生成简报" not in page(signed_in(user), "briefings").content.decode()


def test_the_button_queues_the_issue_and_shows_its_progress(
    place, period, officer, signed_in, django_capture_on_commit_callbacks
):
    with patch.object(jobs, "enqueue") as enqueue, django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(officer).post(
            reverse("reports:print_briefing"), {"period": period.pk, "division": place.city.ref}, follow=True
        )
    briefing = Briefing.objects.get()
    enqueue.assert_called_once()
    assert (briefing.state, briefing.printed_by, briefing.division) == (State.QUEUED, officer, place.city)
    assert answer.redirect_chain == [(reverse("reports:briefing", args=[briefing.ref]), 302)]
    assert "等待生成" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.LEADER, Role.AUDITOR])
def test_other_roles_cannot_ask_for_an_issue(place, period, signed_in, role):
    where = home_of(role, place)
    sent = {"period": period.pk, "division": place.county.ref}
    answer = signed_in(make_user(role, where)).post(reverse("reports:print_briefing"), sent)
    assert answer.status_code == 403
    assert not Briefing.objects.exists()


def test_a_wrong_choice_is_said_in_a_sentence_and_nothing_is_made(place, period, officer, signed_in):
    browser = signed_in(officer)
    for sent, sentence in (
        ({}, "请选择统计月。"),
        ({"period": period.pk, "division": "no-such"}, "没有这个区划，请重新选择。"),
        ({"period": 987654, "division": place.city.ref}, "没有这个统计月，请重新选择。"),
        ({"period": period.pk, "division": place.street.ref}, "没有这个区划，请重新选择。"),
        ({"period": period.pk, "division": place.city.ref, "edition": "x"}, "没有这一版简报。"),
    ):
        answer = browser.post(reverse("reports:print_briefing"), sent)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert not Briefing.objects.exists()


def test_from_the_button_to_the_pdf(place, period, officer, signed_in):
    """The test does the worker's part: its transaction never commits, so no message is sent."""
    make_facility(place.communities[0], area=100)
    browser = signed_in(officer)
    browser.post(reverse("reports:print_briefing"), {"period": period.pk, "division": place.city.ref})
    briefing = Briefing.objects.get()
    actions.print_briefing(briefing.pk)
    shown = text_of(page(browser, "briefing", briefing.ref))
    assert "草稿" in shown
    assert "2018年6月全市“三社联动”目标完成情况" in shown
    pdf = page(browser, "briefing_pdf", briefing.ref)
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")


def test_divisions_that_are_no_more_are_marked_where_an_issue_is_begun(place, period, officer, signed_in):
    place.other_county.valid_to = "2018-11-23"
    place.other_county.save()
    shown = page(signed_in(officer), "briefings").content.decode()
    assert f"{place.other_county}（已撤并）" in shown and f"{place.county}（已撤并）" not in shown


# --- One issue ---


def test_the_files_and_the_check_are_linked_at_the_top(place, printed, leader, signed_in):
    BriefingFile.objects.create(briefing=printed, kind="xlsx", name="x.xlsx", sha256="0" * 64, size=1)
    shown = page(signed_in(leader), "briefing", printed.ref).content.decode()
    actions = shown[: shown.index('class="card facts"')]
    assert "下载PDF" in actions and "数据表（Excel）" in actions
    assert reverse("reports:verify_code", args=[printed.code]) in shown


def test_the_page_shows_the_very_figures_the_pdf_was_printed_from(place, period, printed, officer, signed_in):
    """The page shows the printed figures and not newer ones of the month, so that page and paper agree."""
    make_facility(place.communities[0])
    compute_period(period)
    shown = text_of(page(signed_in(officer), "briefing", printed.ref))
    assert "城市社区设施面积的达标率" not in shown
    assert "城市社区设施面积达标率为62.7%。" in shown
    assert "达标96个，达标率62.7%，较上月提高1.3个百分点" in shown
    assert "附件未达标城市社区名单" in shown
    assert "共1个社区（截至" in shown


def test_an_empty_list_offers_neither_an_upload_nor_a_month_that_is_not_there(place, officer, signed_in):
    ReportingPeriod.objects.all().delete()
    empty = page(signed_in(officer), "briefings").content.decode()
    assert "还没有简报" in empty
    assert "上传表格" not in empty and "生成简报" not in empty


def test_progress_is_asked_for_every_second_and_ends_with_the_whole_page(place, officer, signed_in):
    briefing = make_briefing(place.city)
    Briefing.objects.update(state=State.PRINTING, step="正在绘图和排版")
    browser = signed_in(officer)
    whole = page(browser, "briefing", briefing.ref).content.decode()
    address = reverse("reports:briefing_progress", args=[briefing.ref])
    assert f'hx-get="{address}?after={quote("正在绘图和排版")}"' in whole and 'hx-trigger="every 1s"' in whole
    part = browser.get(address, headers={"HX-Request": "true"})
    assert "正在绘图和排版" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert '<div id="announcer" hx-swap-oob="innerHTML">正在绘图和排版</div>' in part.content.decode()
    Briefing.objects.update(state=State.FAILED, message="缺字体。")
    assert browser.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert browser.get(address).status_code == 302, "without htmx the address leads to the page"


def test_a_failed_issue_says_why_and_offers_to_try_again(place, officer, leader, signed_in):
    briefing = make_briefing(place.city)
    Briefing.objects.update(state=State.FAILED, message="打印简报所需的字体没有安装。")
    shown = page(signed_in(officer), "briefing", briefing.ref).content.decode()
    assert "打印简报所需的字体没有安装。" in shown
    assert "重新生成" in shown
    assert "打开PDF" not in shown
    assert page(signed_in(leader), "briefing", briefing.ref).status_code == 404


# --- The PDF ---


def test_the_pdf_opens_in_the_browser_and_downloads_under_a_name_people_know(printed, leader, signed_in):
    browser = signed_in(leader)
    shown = page(browser, "briefing_pdf", printed.ref)
    assert b"".join(shown.streaming_content) == b"%PDF-1.7 city"
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith("inline;")
    assert shown["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" not in shown, "it would keep the browser's own viewer from loading"
    saved = page(browser, "briefing_pdf", printed.ref, download="")
    assert saved["Content-Disposition"].startswith("attachment;")
    assert "2018%E5%B9%B46%E6%9C%88" in saved["Content-Disposition"]
    saved.close()


@pytest.mark.parametrize("name", ["briefing", "briefing_progress", "briefing_pdf"])
def test_an_issue_of_another_area_does_not_exist(name, place, printed, clerk, other_clerk, signed_in):
    county = make_issued(place.county)
    for user, briefing in ((clerk, printed), (other_clerk, county)):
        assert page(signed_in(user), name, briefing.ref).status_code == 404
    assert page(signed_in(clerk), name, county.ref).status_code in {200, 302}


def test_an_issue_without_a_file_leads_to_its_page(place, officer, signed_in):
    briefing = make_briefing(place.city)
    answer = page(signed_in(officer), "briefing_pdf", briefing.ref)
    assert (answer.status_code, answer["Location"]) == (302, reverse("reports:briefing", args=[briefing.ref]))
