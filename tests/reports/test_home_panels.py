"""Tests of the briefings on the home page: what waits for the bureau, what leaders open, what counties are told."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from periods.models import ReportingPeriod
from reports.models import Briefing
from targets.actions import compute_period
from tests.factories import make_facility
from tests.pages import markup_of
from tests.queries import queries_of
from tests.reports.briefings import figures, make_briefing, make_issued

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Stage, State = Briefing.Stage, Briefing.State


def home_of(browser) -> str:
    return markup_of(browser.get(reverse("home")))


def test_the_bureau_sees_what_waits_for_review_approval_and_issue_and_what_failed(
    place, officer, administrator, leader, signed_in
):
    make_briefing(place.city, "2018-05")
    make_briefing(place.county, "2018-05", stage=Stage.REVIEWED)
    make_briefing(place.other_county, "2018-05", stage=Stage.APPROVED)
    failed = make_briefing(place.city, "2018-06", state=State.FAILED, message="缺字体。")
    for user in (officer, administrator):
        shown = home_of(signed_in(user))
        for stage in ("draft", "reviewed", "approved"):
            assert f'{reverse("reports:briefings")}?stage={stage}"><b>1</b>' in shown
        assert "没有生成1期" in shown and failed.get_absolute_url() in shown and "缺字体。" in shown
    assert "待签发" not in home_of(signed_in(leader))


def test_the_panel_is_not_there_without_anything_to_do_and_its_queries_do_not_grow(place, officer, signed_in):
    browser = signed_in(officer)
    assert 'id="briefings-waiting"' not in home_of(browser)
    make_briefing(place.city, "2018-05")
    few = len(queries_of(lambda: home_of(browser)))
    for month in ("2018-03", "2018-04"):
        make_briefing(place.city, month, state=State.FAILED, message="缺字体。")
    assert len(queries_of(lambda: home_of(browser))) == few


def test_a_leader_opens_the_page_or_the_pdf(place, leader, signed_in):
    issued = make_issued(place.city, figures=figures())
    shown = home_of(signed_in(leader))
    assert f'href="{reverse("reports:briefing", args=[issued.ref])}"' in shown
    assert f'href="{reverse("reports:briefing_pdf", args=[issued.ref])}"' in shown


def test_a_county_without_issues_is_told_that_the_city_issues_its_own(place, clerk, leader, officer, signed_in):
    address = reverse("reports:briefings")
    assert "市局印发本区的简报后会出现在这里" in markup_of(signed_in(clerk).get(address))
    assert "市局印发简报后会出现在这里" in markup_of(signed_in(leader).get(address))
    assert "还没有简报，生成后会出现在这里" in markup_of(signed_in(officer).get(address))


def test_rates_of_an_open_month_say_how_many_counties_have_not_reported(
    place, period, administrator, leader, signed_in
):
    make_facility(place.communities[0])
    compute_period(period)
    assert "2018年6月还有2个县（市、区）没有上报，数据还会变。" in home_of(signed_in(leader))
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state="locked", locked_at=timezone.now(), locked_by=administrator
    )
    assert "数据还会变" not in home_of(signed_in(leader))
