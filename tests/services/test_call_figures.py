"""Tests of the figures of calls: what was handed in, by month, office and field, beside plain counting (docs/domain.md §14.5)."""

from __future__ import annotations

import datetime
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from targets.actions import compute_period
from targets.models import FigureResult
from tests.factories import make_call, make_organization, make_period, make_place, make_proposal

pytestmark = pytest.mark.django_db


def test_proposals_and_claims_count_in_the_month_they_were_handed_in(place, period):
    venture = make_call(place.county)
    claim = make_call(place.county, kind="claim", field="sports")
    june, may = datetime.date(2018, 6, 12), datetime.date(2018, 5, 31)
    for day, state in ((june, "submitted"), (june, "chosen"), (june, "withdrawn"), (may, "submitted")):
        make_proposal(venture, make_organization(place.county), 1_000, submitted_on=day, state=state)
    make_proposal(claim, make_organization(place.county), submitted_on=june)
    compute_period(period)
    found = FigureResult.objects.of_period(period)
    values = {
        (each.division.code, each.code, each.part): (each.numerator, each.numerator_year)
        for each in found.filter(code__in=("proposals", "claims")).select_related("division")
    }
    for division in (place.county.code, place.city.code):
        assert values[division, "proposals", ""] == (2, 3)
        assert values[division, "proposals", "elderly"] == (2, 3)
        assert values[division, "claims", "sports"] == (1, 1)
    assert (place.other_county.code, "proposals", "") not in values, "who has called for nothing has not reported 0"


_states = st.sampled_from(["submitted", "shortlisted", "chosen", "refused", "withdrawn"])
_proposals = st.lists(
    st.tuples(
        st.sampled_from(["venture", "claim"]),
        st.sampled_from(["elderly", "culture"]),
        st.sampled_from(["county", "other_county", "city"]),
        st.dates(datetime.date(2018, 5, 25), datetime.date(2018, 7, 5)),
        _states,
    ),
    max_size=12,
)


@pytest.mark.one_database
@given(_proposals)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_figures_are_those_of_plain_counting(rows):
    with transaction.atomic():
        place, period = make_place(), make_period("2018-06")
        organization = make_organization(place.county, credit_status="normal")
        for kind, field, where, day, state in rows:
            call = make_call(getattr(place, where), kind=kind, field=field)
            make_proposal(call, organization, submitted_on=day, state=state)
        compute_period(period)
        expected: Counter[tuple[str, str, str]] = Counter()
        for kind, field, where, day, state in rows:
            if (day.year, day.month) != (2018, 6) or state == "withdrawn":
                continue
            code = "proposals" if kind == "venture" else "claims"
            for area in {where, "city"}:
                expected[getattr(place, area).code, code, field] += 1
        stored = FigureResult.objects.of_period(period).filter(code__in=("proposals", "claims")).exclude(part="")
        counted = {
            (each.division.code, each.code, each.part): int(each.numerator)
            for each in stored.select_related("division")
            if each.numerator
        }
        assert counted == dict(expected)
        transaction.set_rollback(True)
