"""The list of a month's reports, reminders, and the panels of the home page, for each role."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import apply_division_changes
from communities.models import Division
from periods.models import ReportingPeriod
from submissions.actions import return_submission, submit_month
from submissions.models import Reminder
from tests.communities.changes import change
from tests.factories import make_batch, make_division, make_facility, make_period, make_user
from tests.pages import markup_of
from tests.queries import exactly
from tests.submissions.reporting import make_due

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LIST = "/submissions/"
PAGE = "/submissions/201806-140402/"
REMIND = "/submissions/remind/2018-06/"


def text_of(answer):
    return markup_of(answer)


def panel_of(browser, template):
    (panel,) = [each for each in browser.get("/").context["panels"] if each["template_name"] == template]
    return panel


OFFICE, BUREAU = "submissions/office_report_panel.html", "submissions/bureau_reports_panel.html"


# --- The list ---


def test_the_bureau_sees_who_is_missing_late_returned_and_accepted(place, due, clerk, other_clerk, officer, signed_in):
    submission = submit_month(period=due, county=place.county, by=clerk)
    return_submission(submission=submission, note="请核对东街", by=officer)
    make_due(in_days=-1)
    submit_month(period=due, county=place.other_county, by=other_clerk)
    answer = signed_in(officer).get(LIST, {"period": "2018-06"})
    rows = {row["submission"].county.name: row for row in answer.context["rows"]}
    assert rows["襄垣县"]["report_status"] == "late" and rows["城区"]["report_status"] == "returned"
    page = text_of(answer)
    assert "请核对东街" in page
    assert "完整率<b>50.0%</b>，按时率<b>0.0%</b>" in page
    assert rows["城区"]["may_remind"] and not rows["襄垣县"]["may_remind"]


def test_a_clerk_sees_the_own_county_and_its_months(place, due, clerk, signed_in):
    make_period("2018-05")
    make_due(in_days=-1)
    answer = signed_in(clerk).get(LIST)
    assert [row["submission"].county for row in answer.context["rows"]] == [place.county]
    assert [each.period.code for each in answer.context["months"]] == ["2018-06", "2018-05"]
    assert "襄垣县" not in text_of(answer)
    assert "催报</button>" not in text_of(answer)


def test_a_street_has_no_list_of_reports(street_clerk, signed_in):
    assert signed_in(street_clerk).get(LIST).status_code == 403
    assert f'href="{LIST}"' not in signed_in(street_clerk).get("/").content.decode()


def test_a_leader_reads_the_list_without_links_into_it(place, due, leader, signed_in):
    page = text_of(signed_in(leader).get(LIST))
    assert "襄垣县" in page
    assert PAGE not in page


def test_the_list_of_an_empty_portal_and_of_an_unknown_month(place, officer, signed_in):
    assert "还没有统计月" in text_of(signed_in(officer).get(LIST))
    make_period("2018-06")
    assert signed_in(officer).get(LIST, {"period": "2018-06"}).status_code == 200
    assert signed_in(officer).get(LIST, {"period": "2017-01"}).status_code == 404
    assert signed_in(officer).get(LIST, {"period": "何时"}).status_code == 404


def test_the_list_costs_the_same_queries_for_any_number_of_counties(place, due, clerk, officer, signed_in):
    make_period("2018-05")
    submit_month(period=due, county=place.county, by=clerk)
    browser = signed_in(officer)
    # User, months, the month in hand, submissions, counties, months due, submissions of these, reminders.
    with exactly(8):
        browser.get(LIST)
    for number in range(20):
        county = make_division(f"1405{number:02d}", f"演示第{number}县", place.city)
        submit_month(period=due, county=county, by=make_user("district_clerk", county))
    with exactly(8):
        browser.get(LIST)


# --- Reminding ---


def test_the_bureau_reminds_one_or_all_and_is_told_whom(place, due, clerk, other_clerk, officer, signed_in):
    browser = signed_in(officer)
    address = reverse("submissions:submissions_remind")
    one = browser.post(address, {"period": due.pk, "county": place.county.ref}, follow=True)
    assert "已向城区的填报员发出催报通知" in text_of(one)
    assert "催报其余1个" in text_of(one) and "催报其余1个" in text_of(browser.get("/"))
    asked = text_of(browser.get(f"{REMIND}?back=home"))
    assert "今天已催" in asked and f'value="{place.county.ref}"' not in asked, "城区 is not offered again today"
    assert "没有催过" in asked and str(other_clerk) in asked, "襄垣县 has a clerk, and no reminder yet"
    assert Reminder.objects.count() == 1, "nothing is sent before it is confirmed"
    others = browser.post(f"{REMIND}?back=home", {"counties": [place.other_county.ref]}, follow=True)
    assert "已向襄垣县的填报员发出催报通知" in text_of(others)
    assert others.redirect_chain[-1][0] == "/"
    assert "催报其余" not in text_of(browser.get(LIST)) + text_of(browser.get("/")), "nobody is left to remind today"
    assert "没有需要催报的县（市、区）" in text_of(browser.get(REMIND, follow=True))
    assert Reminder.objects.count() == 2
    assert signed_in(clerk).get(REMIND).status_code == 403
    assert signed_in(clerk).post(address, {"period": due.pk}).status_code == 403


def test_only_the_chosen_counties_are_reminded(place, due, clerk, other_clerk, officer, signed_in):
    browser = signed_in(officer)
    nobody = browser.post(REMIND, {})
    assert nobody.status_code == 422 and "请至少选择一个县（市、区）" in text_of(nobody)
    for wrong in ("nowhere", place.street.ref):
        refused = browser.post(REMIND, {"counties": [wrong]})
        assert refused.status_code == 422 and "请看过现在的名单再发" in text_of(refused)
    browser.post(REMIND, {"counties": [place.county.ref]})
    assert [each.county for each in Reminder.objects.all()] == [place.county]
    again = browser.post(REMIND, {"counties": [place.county.ref]})
    assert again.status_code == 422 and "今天已经催过" in text_of(again), "a second press sends nothing"
    assert Reminder.objects.count() == 1


def test_a_locked_month_is_not_reminded(place, due, officer, administrator, signed_in):
    ReportingPeriod.objects.update(state="locked", locked_at=timezone.now(), locked_by=administrator)
    page = signed_in(officer).post(REMIND, {"counties": [place.county.ref]})
    assert page.status_code == 422 and not Reminder.objects.exists()
    assert signed_in(officer).get(reverse("submissions:submissions_remind_all", args=["1999-01"])).status_code == 404


def test_a_county_without_a_clerk_is_named(place, due, officer, signed_in):
    address = reverse("submissions:submissions_remind")
    page = signed_in(officer).post(address, {"period": due.pk, "county": place.county.ref}, follow=True)
    assert "城区没有填报员账号，请电话联系" in text_of(page)


def test_a_reminder_for_what_is_not_there_is_not_found(place, due, officer, signed_in):
    address = reverse("submissions:submissions_remind")
    for asked in ({}, {"period": "9999"}, {"period": due.pk, "county": "nowhere"}, {"period": "六月"}):
        assert signed_in(officer).post(address, asked).status_code == 404


# --- The home page ---


def test_a_clerks_home_page_is_this_months_to_do(place, due, clerk, officer, signed_in):
    make_facility(place.communities[0], area=100, activity_area=250)
    browser = signed_in(clerk)
    page = text_of(browser.get("/"))
    assert "2018年6月上报" in page
    assert "截止，还有3天" in page
    assert "1处必须改正" in page
    assert f'href="{PAGE}"' in page
    (report,) = panel_of(browser, OFFICE)["reports"]
    assert report["checks"]["hard"] == 1


def test_what_an_office_above_has_brought_in_is_done_for_those_below(
    place, due, clerk, street_clerk, officer, signed_in
):
    make_batch(officer, "projects", period=due, state="committed", committed_at="2018-07-03T09:00+08:00")
    make_batch(clerk, "workers", period=due, state="committed", committed_at="2018-07-02T09:00+08:00")
    county, street = (panel_of(signed_in(user), "uploads/office_month_panel.html") for user in (clerk, street_clerk))
    assert (county["done"], street["done"]) == (2, 2)
    by = {line["register"].name: line["from_above"].by for line in street["lines"] if line["from_above"]}
    assert by == {"projects": "市局代报", "workers": "县（市、区）代报"}
    page = text_of(signed_in(clerk).get("/"))
    assert '7月3日 09:00 <span class="quiet">市局代报</span>' in page
    assert 'href="/uploads/template/projects.xlsx?filled=1"' in page, "the month begins with the filled template"


def main_actions(page):
    """Return the texts of the primary buttons."""
    return [part.split(">", 1)[1].split("</a>")[0] for part in page.split('class="btn btn-primary')[1:]]


def test_the_one_action_that_stands_out_is_what_the_clerk_has_to_do_next(place, due, clerk, officer, signed_in):
    browser = signed_in(clerk)
    assert main_actions(text_of(browser.get("/"))) == ["上传表格"]
    for register in ("communities", "facilities", "organizations", "workers", "projects"):
        make_batch(clerk, register, period=due, state="committed", committed_at="2018-07-02T09:00+08:00")
    assert main_actions(text_of(browser.get("/"))) == ["检查并上报"]
    submit_month(period=due, county=place.county, by=clerk)
    assert main_actions(text_of(browser.get("/"))) == []
    assert main_actions(text_of(signed_in(officer).get("/"))) == ["审核上报（1）"]


def test_the_home_page_says_what_was_returned_and_why(place, due, clerk, officer, signed_in):
    submission = submit_month(period=due, county=place.county, by=clerk)
    assert "等待市局审核" in text_of(signed_in(clerk).get("/"))
    return_submission(submission=submission, note="东街的社工少了两名", by=officer)
    page = text_of(signed_in(clerk).get("/"))
    assert "东街的社工少了两名" in page
    assert "改正后重新上报" in page


def test_a_month_in_arrears_is_not_forgotten_when_the_next_one_is_in_hand(place, due, clerk, signed_in):
    make_due("2018-05", in_days=-2, late_days=8)
    make_due("2018-04", in_days=-40, late_days=8)
    overdue = panel_of(signed_in(clerk), OFFICE)["overdue"]
    assert [each["submission"].ref for each in overdue] == ["201805-140402"]


def test_a_street_sees_how_far_its_county_is_and_no_more(place, due, street_clerk, clerk, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    browser = signed_in(street_clerk)
    (report,) = panel_of(browser, OFFICE)["reports"]
    assert report["submission"].county == place.county and report["checks"] is None
    page = text_of(browser.get("/"))
    assert "等待市局审核" in page
    assert PAGE not in page


def test_a_street_sees_how_far_its_county_of_then_is_after_a_merger(place, due, street_clerk, administrator, signed_in):
    change("merge", place.county, "140403", "潞州区")
    change("merge", place.other_county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    street_clerk.refresh_from_db()
    assert street_clerk.division.parent.name == "潞州区"
    (report,) = panel_of(signed_in(street_clerk), OFFICE)["reports"]
    assert report["submission"].ref == "201806-140402"


def test_the_bureaus_home_page_names_who_is_missing_and_what_waits(place, due, clerk, officer, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    browser = signed_in(officer)
    panel = panel_of(browser, BUREAU)
    assert [each["submission"].county.name for each in panel["unreported"]] == ["襄垣县"]
    page = text_of(browser.get("/"))
    assert "审核上报（1）" in page
    assert "催报全部1个" in page


def test_a_demo_of_long_ago_and_a_portal_without_months_have_a_home_page(place, clerk, officer, signed_in):
    for user in (clerk, officer):
        assert signed_in(user).get("/").status_code == 200
    make_period("2018-06")
    assert "请联系市局业务员代为上报" in text_of(signed_in(clerk).get("/"))
    assert "迟报截止日2018年7月15日已过" in text_of(signed_in(officer).get("/"))


def test_a_county_that_has_succeeded_two_reports_both_of_an_older_month(place, due, signed_in):
    day = due.as_of.replace(month=7, day=23)
    successor = make_division("140403", "潞州区", place.city, valid_from=day)
    for county in (place.county, place.other_county):
        Division.objects.filter(pk=county.pk).update(
            valid_to=day, successor=successor, path=f"{successor.path}{county.code}/"
        )
    clerk = make_user("district_clerk", successor)
    browser = signed_in(clerk)
    refs = [report["submission"].ref for report in panel_of(browser, OFFICE)["reports"]]
    assert refs == ["201806-140402", "201806-140423"]
    assert browser.post(PAGE, {"step": "submitted", "steps_seen": "0"}).status_code == 302
