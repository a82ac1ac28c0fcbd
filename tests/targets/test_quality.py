"""Quality rules that compare with the month before."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from targets.actions import compute_period
from tests.factories import make_facility, make_period
from tests.quality import found_by

pytestmark = pytest.mark.django_db


def _measured_then_changed(place, before: str, now: str) -> None:
    """Create a facility, measure May, and change its area."""
    facility = make_facility(place.communities[0], area=before)
    compute_period(make_period("2018-05"))
    facility.area = Decimal(now)
    facility.save()


@pytest.mark.parametrize(
    ("before", "now", "is_jump"),
    [
        ("200", "299.99", False),
        ("200", "300", True),
        ("200", "100.01", False),
        ("200", "100", True),
        ("60", "20", False),
    ],
)
def test_an_area_that_changed_by_half_since_last_month_is_found(place, before, now, is_jump):
    _measured_then_changed(place, before, now)
    assert bool(found_by("facility_area_jumped", place.city)) is is_jump


def test_a_facility_that_is_gone_counts_as_none_at_all(place):
    make_facility(place.communities[0], area=400, closed_on=datetime.date(2018, 6, 10))
    compute_period(make_period("2018-05"))
    (finding,) = found_by("facility_area_jumped", place.city)
    assert finding.ref == place.communities[0].ref
    assert finding.message == "综合服务设施面积0㎡，上月是400㎡，增减达到50%以上，请核对。"


def test_without_a_month_before_nothing_is_far_from_it(place):
    make_facility(place.communities[0], area=5_000)
    assert found_by("facility_area_jumped", place.city) == []
