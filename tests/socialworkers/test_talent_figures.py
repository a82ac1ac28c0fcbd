"""Tests of the figures of 社会工作人才 and of the page of posts, with the numbers of the paper (docs/domain.md §4.23)."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import User
from changzhi_portal.figures import declared_figure
from periods.models import ReportingPeriod
from socialworkers.posts import filling_posts
from targets.actions import compute_period
from targets.figure_values import value_of
from targets.models import FigureResult
from tests.factories import (
    Place,
    make_community,
    make_division,
    make_hours,
    make_period,
    make_point,
    make_training,
    make_worker,
)

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2018, 6, 30)


@pytest.fixture
def june() -> ReportingPeriod:
    return make_period("2018-06")


def sums(period, code, division, part=""):
    """Return numerator and denominator of the month, or None where there is no row."""
    rows = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part)
    return rows.values_list("numerator", "denominator").first()


def test_fourteen_of_forty_community_workers_are_professionals(place: Place, june: ReportingPeriod) -> None:
    for number in range(40):
        level = "assistant" if number < 13 else "none"
        make_worker(place.communities[number % 3], level=level, has_social_work_degree=number == 13)
    make_worker(place.street)  # of the station: no community worker
    make_worker(place.communities[0], posting={"ended_on": JUNE})
    compute_period(june)
    assert sums(june, "conversion", place.county) == (14, 40)
    result = FigureResult.objects.of_period(june).of_division(place.city).of_figure("conversion").get()
    assert value_of(declared_figure("conversion"), result.numerator, result.denominator) == Decimal("35.0")
    assert sums(june, "conversion", place.other_county) is None, "not reported"


def test_four_of_six_posts_are_filled(place: Place, june: ReportingPeriod, officer: User, signed_in) -> None:
    a, b = place.communities[:2]
    make_point(a, functions=["social_work"], posts=2)
    make_point(place.street, functions=["social_work"], posts=3)
    make_point(place.other_communities[0], posts=1)
    make_point(a, posts=9, closed_on=datetime.date(2018, 6, 1))
    make_point(b, posts=None)
    for where in (a, a, place.street, place.other_communities[0]):
        make_worker(where)
    make_worker(b)  # sets no post
    make_worker(a, level="none")
    make_worker(place.street, posting={"ended_on": datetime.date(2018, 6, 1)})
    compute_period(june)
    assert sums(june, "posts_filled", place.county) == sums(june, "posts_filled", place.city) == (4, 6)
    assert sums(june, "posts_filled", place.street) == (3, 5)
    page = signed_in(officer).get(reverse("socialworkers:post_list"))
    rows = [(row.record.name, row.record.posts_set, row.record.posts_filled, row.record.posts_vacant)
            for row in page.context["table"].rows]  # fmt: skip
    assert rows == [("东街街道办事处", 5, 3, 2), ("西街街道办事处", 1, 1, 0)]
    assert "60.0%" in page.content.decode() and "100.0%" in page.content.decode()
    vacant = signed_in(officer).get(reverse("socialworkers:post_list"), {"vacant": "yes"})
    assert [row.record.name for row in vacant.context["table"].rows] == ["东街街道办事处"]


def test_the_station_of_a_closed_town_fills_the_posts_of_what_stands_there(place: Place) -> None:
    old = make_division("140402003", "北街街道办事处", place.county)
    make_worker(old)
    make_point(place.street, posts=2)
    assert not filling_posts(JUNE).exists()
    old.successor, old.valid_to = place.street, datetime.date(2018, 6, 1)
    old.prepare_keys()
    old.save()
    assert filling_posts(JUNE).count() == 1


def test_people_trained_and_hired_are_those_of_the_month(place: Place, june: ReportingPeriod) -> None:
    for ends_on, people in (("2018-06-01", 40), ("2018-06-30", 12), ("2018-05-31", 100), ("2018-07-01", 7)):
        make_training(place.county, ends_on=datetime.date.fromisoformat(ends_on), community_workers=people)
    make_training(place.city, ends_on=JUNE, party_members=30, service_staff=5)
    for started_on, way in (("2018-06-01", "open_recruitment"), ("2018-06-30", ""), ("2018-05-31", "election")):
        day = datetime.date.fromisoformat(started_on)
        make_worker(place.communities[0], posting={"started_on": day, "recruited_by": way})
    compute_period(june)
    assert sums(june, "trained", place.county)[0] == 52
    assert sums(june, "trained", place.city)[0] == 87
    assert sums(june, "trained", place.city, "party_members")[0] == 30
    assert sums(june, "trained", place.county, "community_workers")[0] == 52
    assert sums(june, "hired", place.county)[0] == 2
    assert (
        sums(june, "hired", place.county, "open_recruitment")[0] == sums(june, "hired", place.county, "unknown")[0] == 1
    )
    assert sums(june, "hired", place.county, "election")[0] == 0


def test_holders_on_course_are_counted_among_those_whose_registration_is_known(place: Place, june) -> None:
    until = datetime.date(2020, 6, 30)
    on_course = make_worker(place.communities[0], registered_until=until)
    make_hours(on_course, make_training(place.county, hours=Decimal(40)))
    make_worker(place.communities[1], registered_until=until)
    make_worker(place.communities[1])  # the registration is not known
    make_worker(place.communities[1], registered_until=until, posting={"ended_on": JUNE})
    compute_period(june)
    assert sums(june, "hours_ok", place.county) == (1, 2)
    assert sums(june, "hours_ok", place.other_street) == (0, 0)


def test_the_posts_of_a_community_and_its_people_count_where_it_lay(place: Place, june: ReportingPeriod) -> None:
    community = make_community(place.other_street, "演示新社区居委会")
    make_point(community, posts=1)
    make_worker(community)
    compute_period(june)
    assert sums(june, "posts_filled", place.other_street) == (1, 1)
