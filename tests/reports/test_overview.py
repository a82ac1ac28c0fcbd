"""Tests of the top of the dashboard: the overall line, who is behind, the next step; and of the words of standings."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from communities.models import Community
from reports.next_step import next_step
from reports.standing import Standing, standing_against
from submissions.models import Submission
from targets.actions import compute_period
from tests.factories import make_facility, make_profile
from tests.pages import markup_of
from tests.submissions.reporting import make_due

pytestmark = pytest.mark.one_database

DAY = datetime.date(2018, 7, 2)


@pytest.mark.parametrize(
    ("figure", "word"),
    [
        (100, "达标"),
        (Fraction(799, 10), "有差距"),
        (80, "接近"),
        (50, "有差距"),
        (Decimal("49.9"), "差距大"),
        (0, "差距大"),
    ],
)
def test_a_standing_compares_with_the_goal(figure, word):
    assert standing_against(100, figure).label == word


def test_a_standing_without_a_figure_is_no_gap():
    assert standing_against(Fraction(30), None) is Standing.UNKNOWN
    assert standing_against(Fraction(30), Decimal("24.00")) is Standing.NEAR


@pytest.fixture
def measured(place):
    period = make_due()
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    make_facility(place.communities[0], area=520)
    compute_period(period)
    return period


@pytest.mark.django_db
def test_the_dashboard_begins_with_pace_those_behind_and_the_next_step(measured, officer, signed_in):
    answer = signed_in(officer).get("/dashboard/")
    overview = answer.context["overview"]
    assert overview.total == len(answer.context["cards"])
    assert [each.name for each in overview.lagging] == ["城区"], "襄垣县 is unknown, not behind"
    assert overview.lagging[0].unmet == sum(each.unmet for each in overview.lagging[0].shortfalls) >= 4
    assert all("county=140402" in each.url and "verdict=unmet" in each.url for each in overview.lagging[0].shortfalls)
    assert "division=140402" in overview.lagging[0].url
    text = markup_of(answer)
    assert text.index("总体进展") < text.index("谁落后") < text.index("下一步") < text.index('aria-label="目标"')


@pytest.mark.django_db
def test_a_street_without_divisions_below_sees_its_targets_instead(measured, street_clerk, signed_in):
    overview = signed_in(street_clerk).get("/dashboard/").context["overview"]
    assert not overview.is_by_division
    assert "城市社区设施面积" in {each.name for each in overview.lagging}


@pytest.mark.django_db
def test_the_next_step_is_that_of_the_role(measured, place, officer, clerk, street_clerk, leader):
    assert next_step(officer, DAY).text == "2018年6月还没有上报：城区、襄垣县。"
    assert next_step(officer, DAY).label == "查看并催报"
    assert next_step(clerk, DAY).label == "检查并上报"
    assert next_step(street_clerk, DAY).label == "上传登记表"
    assert next_step(leader, DAY).url == "", "there is no briefing yet"
    Submission.objects.create(
        period=measured,
        county=place.county,
        state="submitted",
        submitted_at=datetime.datetime.now(datetime.UTC),
        submitted_by=clerk,
    )
    assert next_step(officer, DAY).label == "审核上报"
    assert "另有1个没有上报" in next_step(officer, DAY).text
    assert next_step(clerk, DAY).label == "查看上报"
