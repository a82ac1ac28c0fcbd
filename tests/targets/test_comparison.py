"""Tests of comparing two months: the movements that SQL finds are those of the rule, for any figures."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Role
from targets.comparison import Comparison, Movement, movement_between, totals
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Target
from tests.factories import make_community, make_division, make_period, make_place, make_user

CODES = ("urban_facility_area", "urban_professionals", "rural_org_count")
unit = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["urban", "rural"]),
        "residents": st.sampled_from([None, 2_999, 3_000]),
        "area": st.sampled_from([None, 0, 499, 500, 620]),
        "number": st.sampled_from([None, 0, 1, 2, 5, 6, 11]),
    }
)
history = st.tuples(st.none() | unit, st.none() | unit)


def measure(period, community, figures):
    return CommunityMeasure(
        period=period,
        community=community,
        code=community.code,
        name=community.name,
        town=community.town,
        county=community.town.parent,
        kind=figures["kind"],
        residents=figures["residents"],
        facility_area=figures["area"],
        organizations_registered=figures["number"],
        organizations_filed=figures["number"] and 0,
        organizations_guided=figures["number"] and 0,
        professionals_degree_only=figures["number"],
        professionals_assistant=figures["number"] and 0,
        professionals_social_worker=figures["number"] and 0,
        professionals_senior=figures["number"] and 0,
    )


class Movements(TestCase):
    """Property tests, each example in a transaction of its own."""

    def setUp(self):
        self.place = make_place()
        self.months = (make_period("2018-05"), make_period("2018-06"))
        self.officer = make_user(Role.BUREAU_OFFICER, self.place.city, username="compares")

    @given(st.lists(history, min_size=1, max_size=10))
    @settings(max_examples=10)
    def test_the_movements_of_a_page_are_those_of_the_rule(self, histories):
        communities = [make_community(self.place.street, f"演示{at}社区居委会") for at, _ in enumerate(histories)]
        rows = [
            measure(period, community, figures)
            for community, both in zip(communities, histories, strict=True)
            for period, figures in zip(self.months, both, strict=True)
            if figures is not None
        ]
        CommunityMeasure.objects.all().delete()
        CommunityMeasure.objects.bulk_create(rows)
        for target in Target.objects.filter(plan__code="2020", plan__is_current=True, code__in=CODES):
            expected = expected_movements(target, self.months)
            comparison = Comparison(self.officer, *self.months, target, target)
            by_county = comparison.counts(self.place.city)
            assert {key: dict(row) for key, row in by_county.items()} == expected["places"], target
            listed = comparison.communities(self.place.city, Movement.values, start=0, stop=100)
            assert {(each.community.pk, each.movement.value) for each in listed} == expected["units"]
            assert comparison.communities(self.place.other_county, Movement.values, start=0, stop=100) == []
            for each in listed[:1]:
                assert comparison.communities(self.place.city, [each.movement], start=0, stop=1), (
                    "one kind of movement is listed alone"
                )


def judged(target, period):
    """Return verdict and figure of every community measured, by its key; of another kind than the target's: exempt."""
    found = dict.fromkeys(measured(period), (Verdict.NOT_APPLICABLE.value, None))
    rows = CommunityMeasure.objects.for_period(period).judged_by(target)
    return found | {row.community_id: (row.verdict, row.value) for row in rows}


def measured(period):
    return CommunityMeasure.objects.for_period(period).values_list("community_id", flat=True)


def expected_movements(target, months):
    before, after = (judged(target, period) for period in months)
    units, places = set(), defaultdict(Counter)
    towns = dict(CommunityMeasure.objects.values_list("community_id", "county_id"))
    for key in before.keys() | after.keys():
        movement = movement_between(*before.get(key, (None, None)), *after.get(key, (None, None)))
        if movement is not None:
            units.add((key, movement.value))
            places[towns[key]][movement.value] += 1
    return {"units": units, "places": {key: dict(row) for key, row in places.items()}}


@pytest.mark.django_db
def test_a_community_of_a_merged_county_is_counted_where_it_lies_and_unseen_elsewhere(place, officer):
    """Judged numbers follow from the movements: judged now = judged before + joined − exempt − gone."""
    other = make_division("140411", "郊区", place.city)
    moved = make_community(make_division("140411001", "长北街道办事处", other), "长北社区居委会")
    months = (make_period("2018-05"), make_period("2018-06"))
    figures = {"kind": "urban", "residents": 3_000, "area": 100, "number": 1}
    CommunityMeasure.objects.bulk_create(
        [
            measure(months[0], moved, figures),
            measure(months[1], moved, {**figures, "area": 500}),
            measure(months[0], place.communities[0], figures),
            measure(months[1], place.communities[1], figures),
        ]
    )
    target = Target.objects.get(plan__code="2020", plan__is_current=True, code="urban_facility_area")
    counts = Comparison(officer, *months, target, target).counts(place.city)
    assert {key: dict(row) for key, row in counts.items()} == {
        other.pk: {"gained": 1},
        place.county.pk: {"gone": 1, "joined": 1},
    }
    total = totals(counts)
    assert 2 + total["joined"] - total["exempt"] - total["gone"] == 2
    clerk = make_user(Role.DISTRICT_CLERK, place.other_county)
    assert Comparison(clerk, *months, target, target).counts(place.city) == {}
    now = Comparison(officer, *months, target, target, current_boundaries=True)
    assert {key: dict(row) for key, row in now.counts(place.city).items()} == {
        other.pk: {"gained": 1},
        place.county.pk: {"gone": 1, "joined": 1},
    }
