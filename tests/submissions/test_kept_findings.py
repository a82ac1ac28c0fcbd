"""Tests of findings kept for pages: they are the same as those asked anew, and change with the registers."""

from __future__ import annotations

import pytest

from submissions.checks import findings_for
from submissions.kept_findings import KeptFindings, kept_findings_for
from tests.factories import make_change_set, make_facility
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_kept_findings_are_those_of_the_registers_for_each_narrowing(place, period, officer):
    make_facility(place.communities[0], area=100, activity_area=250)
    make_facility(place.communities[1], area=30_000)
    make_change_set(officer)
    asked = {"period": period, "division": place.city, "user": officer}
    live = findings_for(**asked)
    for _ in range(2):
        kept = kept_findings_for(**asked)
        assert isinstance(kept, KeptFindings)
        for narrowing in ({}, {"severity": "hard"}, {"severity": "soft"}, {"rule": "facility_too_large"}):
            mine, theirs = kept.narrowed(**narrowing), live.narrowed(**narrowing)
            assert mine.counts() == theirs.counts(), narrowing
            assert mine[0:3] == theirs[0:3], narrowing
            assert mine[1:3] == theirs[1:3], narrowing


def test_a_second_look_asks_no_register_and_a_change_is_seen_at_once(place, period, officer, other_clerk):
    make_facility(place.communities[1], area=30_000)
    make_change_set(officer)
    asked = {"period": period, "division": place.city, "user": officer}
    first = kept_findings_for(**asked)
    number = first.counts()["facility_too_large"]
    first[0:50]

    def look():
        again = kept_findings_for(**asked)
        return again.counts(), again[0:50]

    assert not [query for query in queries_of(look).captured_queries if "communities_facility" in query["sql"]]
    make_facility(place.communities[0], area=40_000)
    make_change_set(officer)
    assert kept_findings_for(**asked).counts()["facility_too_large"] == number + 1
    hidden = kept_findings_for(period=period, division=place.city, user=other_clerk)
    assert hidden.counts()["facility_too_large"] == 0, "another office has a scope of its own"
