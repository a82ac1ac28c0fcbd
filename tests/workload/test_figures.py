"""Tests of the figures of burden relief on their rows, with worked examples to the digit (docs/domain.md §11.5)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from changzhi_portal.figures import Figure, declared_figures
from communities.models import Community, Division
from periods.workdays import deadline, workdays_between
from tests.factories import Place, make_community, make_work_item
from workload import indicators
from workload.models import WorkItem

pytestmark = pytest.mark.django_db
JUNE = (datetime.date(2018, 6, 1), datetime.date(2018, 6, 30))
MAY_AND_JUNE = (datetime.date(2018, 5, 1), datetime.date(2018, 6, 30))


def total(figure: Figure, days: tuple[datetime.date, datetime.date], part: str = "") -> tuple[Decimal, Decimal]:
    """Return the sums of numerators and denominators of all rows, or of one part."""
    rows = [row for row in figure.rows(*days) if not part or row["part"] == part]
    numerators = sum((Decimal(row["numerator"]) for row in rows), Decimal(0))
    return numerators, sum((Decimal(row.get("denominator", 1)) for row in rows), Decimal(0))


def decided(division: Division, submitted: datetime.date, day: datetime.date, **fields: Any) -> WorkItem:
    return make_work_item(
        division,
        submitted_on=submitted,
        due_on=deadline(submitted, 15),
        decided_on=day,
        decided_in=workdays_between(submitted, day),
        **fields,
    )


def test_two_decisions_of_14_and_16_working_days_are_half_on_time_and_15_days_on_average(place: Place) -> None:
    in_time = decided(place.county, datetime.date(2018, 6, 4), datetime.date(2018, 6, 25))
    late = decided(place.county, datetime.date(2018, 5, 7), datetime.date(2018, 5, 29))
    assert (in_time.decided_in, late.decided_in) == (14, 16)
    on_time, decisions = total(indicators.DECIDED_ON_TIME, MAY_AND_JUNE)
    assert round(100 * on_time / decisions, 1) == Decimal("50.0")
    days, decisions = total(indicators.DECISION_DAYS, MAY_AND_JUNE)
    assert days / decisions == Decimal("15.0")
    assert total(indicators.DECISION_DAYS, JUNE) == (14, 1)


def test_decisions_are_told_apart_by_their_outcome_also_when_they_have_ended_since(place: Place) -> None:
    first, last = datetime.date(2018, 6, 4), datetime.date(2018, 6, 8)
    decided(place.county, first, last)
    decided(place.county, first, last, state="ended", valid_to=datetime.date(2018, 7, 1))
    decided(place.county, first, last, state="refused")
    make_work_item(place.county)  # listed without an application
    assert total(indicators.DECISIONS, JUNE, "approved")[0] == 2
    assert total(indicators.DECISIONS, JUNE, "refused")[0] == 1
    assert set(indicators.DECISIONS.parts) == {"approved", "refused"}


def test_items_800_for_all_and_1200_for_urban_give_1280_a_community(place: Place) -> None:
    """Two urban and three rural communities: 2 × 2,000 + 3 × 800 = 6,400 yuan, ÷ 5 = 1,280.00."""
    Community.objects.filter(pk__in=[each.pk for each in (*place.communities[2:], *place.other_communities)]).delete()
    make_community(place.rural_town, kind="rural")
    make_work_item(place.city, yearly_funds=Decimal(800), applies_to="all")
    make_work_item(place.city, yearly_funds=Decimal(1_200), applies_to="urban")
    make_work_item(place.city, yearly_funds=Decimal(9_999), state="refused", submitted_on=JUNE[0], due_on=JUNE[1])
    rows = list(indicators.FUNDS_PER_COMMUNITY.rows(*JUNE))
    assert len(rows) == 5 == Community.objects.count()
    assert sum(Decimal(row["numerator"]) for row in rows) == 6_400
    assert Decimal(6_400) / len(rows) == Decimal("1280.00")


def test_the_items_of_a_county_and_street_pay_their_own_communities_alone(place: Place) -> None:
    make_work_item(place.county, yearly_funds=Decimal(100))
    make_work_item(place.other_street, yearly_funds=Decimal(10))
    make_work_item(place.county, yearly_funds=Decimal(1_000), valid_to=JUNE[1])  # has ended that day
    funds = {row["community_id"]: row["numerator"] for row in indicators.FUNDS_PER_COMMUNITY.rows(*JUNE)}
    assert {funds[each.pk] for each in place.communities} == {100}
    assert {funds[each.pk] for each in place.other_communities} == {110}
    assert {funds[each.pk] for each in place.villages} == {0}


def test_items_in_force_are_counted_once_each_by_their_list(place: Place) -> None:
    make_work_item(place.city)
    make_work_item(place.county, listed_as="lawful")
    make_work_item(place.county, valid_from=datetime.date(2018, 7, 1))
    make_work_item(place.county, state="draft")
    figure = indicators.ITEMS_IN_FORCE
    assert figure.applies_below
    assert sorted((row["division_id"], row["part"]) for row in figure.rows(*JUNE)) == sorted(
        [(place.city.pk, "assisting"), (place.county.pk, "lawful")]
    )


def test_help_with_money_is_counted_among_all_help(place: Place) -> None:
    make_work_item(place.county)
    make_work_item(place.county, yearly_funds=None, listed_as="admitted")
    make_work_item(place.county, yearly_funds=None, listed_as="lawful")
    assert total(indicators.FUNDED_ITEMS, JUNE) == (1, 2)


def test_an_item_that_was_approved_later_was_not_in_force_before(place: Place) -> None:
    decided(place.county, datetime.date(2018, 6, 4), datetime.date(2018, 7, 2), valid_from=JUNE[0])
    assert total(indicators.ITEMS_IN_FORCE, JUNE)[0] == 0


def test_every_figure_of_the_app_is_declared_and_moves_make_no_month_stale() -> None:
    own = [
        figure for figure in declared_figures() if figure.clause == "四（一）4" and figure in vars(indicators).values()
    ]
    assert [figure.code for figure in own] == [
        "work_items",
        "funded",
        "funds_per_community",
        "item_decisions",
        "item_on_time",
        "item_days",
    ]
    assert all(figure.is_daily for figure in own)


def test_a_county_without_an_item_has_not_reported(place: Place) -> None:
    make_work_item(place.county)
    assert [row["division_id"] for row in indicators.ITEMS_IN_FORCE.reported(JUNE[1])] == [place.county.pk]
    assert not indicators.DECISIONS.reported(JUNE[1]).exists()
