"""From one decision about a report to the next report that waits."""

import pytest

from submissions.actions import submit_month
from submissions.report_status import review_queue
from tests.factories import make_division, make_user
from tests.pages import markup_of
from tests.submissions.reporting import make_due

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FIRST, SECOND = "/submissions/201806-140402/", "/submissions/201806-140423/"


def test_each_decision_leads_to_the_next_county_that_waits(place, due, clerk, other_clerk, officer, signed_in):
    county = make_division("140499", "演示县", place.city)
    reports = [(place.county, clerk), (place.other_county, other_clerk), (county, make_user("district_clerk", county))]
    for reporting, user in reports:
        submit_month(period=due, county=reporting, by=user)
    browser = signed_in(officer)
    assert "还有2个县（市、区）待审核" in markup_of(browser.get(FIRST))
    done = browser.post(FIRST, {"step": "accepted", "steps_seen": "1"}, follow=True)
    assert done.redirect_chain[-1][0] == f"{SECOND}?next"
    page = markup_of(done)
    assert "还有2个县（市、区）待审核，下面是襄垣县2018年6月的上报" in page
    assert 'tabindex="-1" autofocus' in page, "the keyboard goes on at the decision"
    done = browser.post(f"{SECOND}?next", {"step": "returned", "steps_seen": "1", "note": "请核对"}, follow=True)
    assert done.redirect_chain[-1][0] == "/submissions/201806-140499/?next"
    done = browser.post(done.redirect_chain[-1][0], {"step": "accepted", "steps_seen": "1"}, follow=True)
    assert done.redirect_chain[-1][0] == "/submissions/?period=2018-06"
    assert "没有别的县（市、区）待审核了" in markup_of(done)


def test_the_last_of_the_list_leads_back_to_the_first_and_other_areas_are_left_out(
    place, due, clerk, other_clerk, officer, signed_in
):
    first = submit_month(period=due, county=place.county, by=clerk)
    second = submit_month(period=due, county=place.other_county, by=other_clerk)
    assert review_queue(second, officer).next == first
    assert review_queue(second, clerk).next == first and review_queue(first, clerk).number == 0


def test_a_month_before_comes_first(place, due, clerk, officer, signed_in):
    before = make_due("2018-05")
    june = submit_month(period=due, county=place.county, by=clerk)
    may = submit_month(period=before, county=place.county, by=clerk)
    assert review_queue(may, officer).next == june and review_queue(june, officer).next == may


def test_a_refused_decision_stays_on_its_page(place, due, clerk, other_clerk, officer, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    submit_month(period=due, county=place.other_county, by=other_clerk)
    browser = signed_in(officer)
    browser.post(FIRST, {"step": "accepted", "steps_seen": "1"})
    again = browser.post(FIRST, {"step": "accepted", "steps_seen": "1"})
    assert again.status_code == 409 and "又有了新的变化" in markup_of(again)
