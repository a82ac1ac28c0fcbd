"""Every number of dashboard, home page, matrix, report and briefing opens a list of exactly so many."""

from __future__ import annotations

import html
import re

import pytest

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Community, Division
from reports.figures import briefing_figures
from targets.actions import compute_period
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_posting,
    make_profile,
    make_user,
    make_worker,
)
from tests.reports.briefings import make_briefing

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
THEN, AFTER = "2018-10", "2018-12"
_LINK = re.compile(r'<a\b[^>]*href="(/results/\?[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_COUNT = re.compile(r"(?:未达标 )?([\d,]+)")


@pytest.fixture
def merged(place):
    """Merge 城区 and 郊区 into 潞州区 after 2018-10, with units of every verdict; return 潞州区."""
    suburb = make_division("140411", "郊区", place.city, is_urban_district=True)
    other = make_community(make_division("140411001", "长北街道办事处", suburb), "长北社区居委会")
    for community in Community.objects.exclude(pk=place.communities[2].pk):
        make_profile(community, residents=3_200)
    make_profile(place.villages[0], residents=900, as_of="2018-09-30")
    make_facility(place.communities[0], area=500)
    make_facility(other, area=380)
    for _ in range(11):
        make_organization(place.communities[0])
    for number in range(6):
        make_worker(place.communities[number % 2])
    for _ in range(4):
        make_worker(place.communities[0])
    for old in (place.county, suburb):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    for month in ("2018-09", THEN, AFTER):
        compute_period(make_period(month))
    return Division.objects.by_code("140403")


def lists_of(answer):
    """Return the address and the number of every link to a list of results; None where the text is no count."""
    found = {}
    for address, text in _LINK.findall(answer.content.decode()):
        shown = " ".join(re.sub("<[^>]*>", "", text).split())
        number = _COUNT.fullmatch(shown)
        found[html.unescape(address)] = int(number[1].replace(",", "")) if number else None
    return found


def listed(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, address
    counties = answer.context["counties"]
    return len(counties) if counties is not None else answer.context["table"].paginator.count


def assert_each_number_is_of_its_list(browser, page):
    links = lists_of(page)
    for address, number in links.items():
        count = listed(browser, address)
        assert number is None or count == number, address
    return {address: number for address, number in links.items() if number is not None}


@pytest.mark.parametrize("boundaries", ["", "now"])
@pytest.mark.parametrize("target", ["urban_professionals", "rural_org_count"])
def test_numbers_of_the_dashboard_open_their_lists(merged, officer, signed_in, boundaries, target):
    browser = signed_in(officer)
    asked = {"period": THEN, "target": target} | ({"divisions": boundaries} if boundaries else {})
    page = browser.get("/dashboard/", asked)
    followed = assert_each_number_is_of_its_list(browser, page)
    assert len(followed) > 15
    assert all(f"period={THEN}" in address for address in followed)
    assert all(("boundaries=now" in address) == bool(boundaries) for address in followed)
    county = {"division": "140403" if boundaries else "140402"}
    assert assert_each_number_is_of_its_list(browser, browser.get("/dashboard/", asked | county))


@pytest.mark.parametrize(
    "asked", [{"period": THEN}, {"period": THEN, "divisions": "now"}, {"period": AFTER, "division": "140403"}]
)
def test_numbers_of_the_matrix_open_their_lists(merged, officer, signed_in, asked):
    browser = signed_in(officer)
    assert len(assert_each_number_is_of_its_list(browser, browser.get("/matrix/", asked))) > 10


@pytest.mark.parametrize(("month", "code"), [(THEN, "140402"), (THEN, ""), (AFTER, "140403"), (AFTER, "140423")])
def test_the_numbers_of_workers_open_those_at_post_there_in_that_month(merged, place, officer, signed_in, month, code):
    mover = make_worker(place.communities[0], posting={"ended_on": "2018-11-30", "is_newest": False})
    make_posting(mover, place.villages[0], started_on="2018-12-01")
    leaver = make_worker(place.villages[0])
    leaver.postings.update(ended_on="2018-12-15")
    for measured in (THEN, AFTER):
        compute_period(make_period(measured))
    browser = signed_in(officer)
    page = browser.get("/dashboard/", {"period": month} | ({"division": code} if code else {}))
    workforce = page.context["workforce"]
    for address, number in (("workers", workforce.workers), ("professionals", workforce.professionals)):
        listed = getattr(page.context["workforce_lists"], address)
        assert html.escape(listed) in page.content.decode()
        assert browser.get(listed).context["table"].paginator.count == number, listed


def test_a_leader_who_sees_no_registers_gets_no_link_to_the_workers(merged, leader, signed_in):
    page = signed_in(leader).get("/dashboard/", {"period": AFTER}).content.decode()
    assert "其中专业人才" in page
    assert "/workers/" not in page


def test_numbers_of_the_home_page_and_of_a_report_open_their_lists(merged, officer, signed_in):
    browser = signed_in(officer)
    assert assert_each_number_is_of_its_list(browser, browser.get("/"))
    clerk = signed_in(make_user(Role.DISTRICT_CLERK, merged))
    assert assert_each_number_is_of_its_list(clerk, clerk.get("/submissions/201812-140403/"))
    assert assert_each_number_is_of_its_list(clerk, clerk.get("/submissions/201810-140402/"))


def test_a_leader_of_a_county_follows_the_numbers_of_the_own_county_only(merged, place, signed_in):
    browser = signed_in(make_user(Role.LEADER, merged))
    for page in ("/", "/matrix/", f"/dashboard/?period={AFTER}", f"/compare/?before={THEN}&period={AFTER}"):
        answer = browser.get(page)
        assert "襄垣" not in answer.content.decode(), page
        assert_each_number_is_of_its_list(browser, answer)
    for address in ("/matrix/?division=140423", "/compare/?division=140423", "/matrix/?division=140400"):
        assert browser.get(address).status_code == 404, address


@pytest.mark.parametrize("month", [THEN, AFTER])
def test_numbers_of_a_briefing_open_their_lists(merged, place, officer, signed_in, month):
    browser = signed_in(officer)
    period = make_period(month)
    for division in (place.city, place.other_county):
        figures = briefing_figures(period, division)
        briefing = make_briefing(division, month, figures=figures)
        page = browser.get(f"/briefings/{briefing.ref}/")
        assert assert_each_number_is_of_its_list(browser, page), division


def test_numbers_of_reports_list_the_counties_they_count(merged, officer, signed_in):
    browser = signed_in(officer)
    page = browser.get("/submissions/", {"period": AFTER}).content.decode()
    links = re.findall(r'href="([^"]*status=[^"]*)"[^>]*><b>(\d+)</b>', page)
    assert links, "every status that occurs is linked"
    for address, number in links:
        rows = browser.get("/submissions/" + html.unescape(address)).context["rows"]
        assert len(rows) == int(number)
