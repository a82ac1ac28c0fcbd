"""Tests of the figures of purchased services and money: the numbers of the paper, and random ones beside plain sums."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changzhi_portal.figures import Figure, declared_figure
from communities.models import Division
from services import indicators
from services.models import Payment, ServiceProject
from targets.actions import compute_period
from targets.figure_values import value_of
from targets.models import FigureResult
from tests.factories import (
    Place,
    credit_code,
    make_organization,
    make_payment,
    make_period,
    make_place,
    make_project,
    make_review,
)

pytestmark = pytest.mark.django_db
JUNE = (datetime.date(2018, 6, 1), datetime.date(2018, 6, 30))
Source = ServiceProject.FundingSource


def total(figure: Figure, days: tuple[datetime.date, datetime.date] = JUNE) -> tuple[Decimal, Decimal]:
    """Return the sums of numerators and denominators of all rows."""
    found = figure.rows(*days)
    rows = [row for each in (found if isinstance(found, tuple) else (found,)) for row in each]
    sums = [
        sum((Decimal(str(row.get(name) or 0)) for row in rows), Decimal(0)) for name in ("numerator", "denominator")
    ]
    return sums[0], sums[1]


def shown(period: Any, code: str, division: Division, part: str = "") -> Decimal | None:
    """Return the printed value of a stored figure."""
    result = FigureResult.objects.of_period(period).of_division(division).of_figure(code).get(part=part)
    return value_of(declared_figure(code), result.numerator, result.denominator)


def test_50000_and_30000_of_a_contract_of_100000_are_80_percent(place: Place, period: Any) -> None:
    project = make_project(place.county, contract_amount=100_000)
    make_payment(place.county, 50_000, project=project, instalment=1, paid_on=datetime.date(2018, 3, 1))
    make_payment(place.county, 30_000, project=project, instalment=2)
    make_payment(place.county, 9_000, project=project, paid_on=datetime.date(2018, 7, 1))
    make_payment(place.county, 7_000)
    make_project(place.county, contract_amount=500_000, status="terminated")
    make_project(place.county, contract_amount=500_000, ends_on=datetime.date(2018, 6, 29))
    assert total(indicators.PAID_RATE) == (80_000, 100_000)
    compute_period(period)
    assert shown(period, "paid_rate", place.county) == Decimal("80.0")
    assert shown(period, "paid_rate", place.city) == Decimal("80.0")
    assert not FigureResult.objects.of_division(place.other_county).of_figure("paid_rate").exists()


def test_social_money_is_10_percent_and_lottery_money_20(place: Place, period: Any) -> None:
    paid = {
        Source.GENERAL_BUDGET: 700_000,
        Source.LOTTERY: 200_000,
        Source.CHARITY: 60_000,
        Source.RESIDENT_UNIT: 25_000,
        Source.DONATION: 15_000,
    }
    for source, amount in paid.items():
        make_payment(place.county, amount, source=source)
    make_payment(place.county, 400_000, source=Source.OTHER, paid_on=datetime.date(2018, 5, 31))
    compute_period(period)
    for division in (place.county, place.city):
        assert shown(period, "social_share", division) == Decimal("10.0")
        assert shown(period, "lottery_share", division) == Decimal("20.0")
        assert shown(period, "funding", division) == 1_000_000
        assert shown(period, "funding", division, Source.LOTTERY) == 200_000
        assert shown(period, "funding", division, Source.OTHER) == 0
    of_year = FigureResult.objects.of_period(period).of_division(place.city).of_figure("funding").get(part="")
    assert of_year.numerator_year == 1_400_000


def test_an_organization_of_the_register_is_known_by_its_code_also_afterwards(place: Place) -> None:
    make_project(place.county, provider_credit_code=credit_code(5))
    make_project(place.county, provider_credit_code=credit_code(6))
    make_project(place.county)
    assert total(indicators.ORG_SHARE) == (0, 3)
    organization = make_organization(place.villages[0], credit_code=credit_code(5), registration="registered")
    make_project(place.county, provider=organization)
    assert total(indicators.ORG_SHARE) == (2, 4)


def test_the_four_groups_are_weighed_by_budget(place: Place) -> None:
    make_project(place.county, budget=Decimal("100.50"), beneficiaries="migrants")
    make_project(place.street, budget=Decimal("99.50"), beneficiaries="special")
    make_project(place.county, budget=Decimal(300), beneficiaries="all")
    assert total(indicators.GROUPS_SHARE) == (200, 500)


def test_reviewed_are_the_projects_that_have_ended_this_year_with_a_final_review(place: Place) -> None:
    may, june = datetime.date(2018, 5, 31), datetime.date(2018, 6, 30)
    first, second = (make_project(place.county, ends_on=day) for day in (may, june))
    make_project(place.county, ends_on=datetime.date(2018, 7, 1))
    make_project(place.county, starts_on=datetime.date(2017, 1, 1), ends_on=datetime.date(2017, 12, 31))
    make_project(place.county, ends_on=may, status="terminated")
    make_review(first, score=70)
    make_review(second, "midterm", 90)
    make_review(second, score=95, reviewed_on=datetime.date(2018, 7, 2))
    assert total(indicators.REVIEWED) == (1, 2)
    assert total(indicators.REVIEWED, (datetime.date(2018, 7, 1), datetime.date(2018, 7, 31))) == (2, 3)


def test_good_is_of_graded_projects_and_the_review_wins(place: Place) -> None:
    graded = make_project(place.county, grade="poor")
    make_review(graded, "midterm", 84, reviewed_on=datetime.date(2018, 5, 1))
    make_review(graded, score=91)
    make_project(place.county, grade="good")
    make_project(place.county, grade="fair")
    make_project(place.county)
    assert total(indicators.GOOD) == (2, 3)
    assert total(indicators.GOOD, (datetime.date(2018, 5, 1), datetime.date(2018, 5, 31))) == (1, 3), "not yet reviewed"


PAID = st.tuples(
    st.integers(1, 10**11),  # fen
    st.sampled_from(list(Source)),
    st.dates(datetime.date(2018, 5, 25), datetime.date(2018, 7, 5)),
    st.sampled_from(["city", "county", "street", "other_county"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paid=st.lists(PAID, max_size=12))
def test_what_was_paid_is_the_sum_of_the_payments_to_the_fen(paid: list[Any], db: None) -> None:
    Payment.objects.all().delete()
    place = small_city()
    for fen, source, day, where in paid:
        make_payment(getattr(place, where), Decimal(fen) / 100, source=source, paid_on=day)
    of_june = [each for each in paid if JUNE[0] <= each[2] <= JUNE[1]]
    for source in Source:
        rows = [row for row in indicators.FUNDING.rows(*JUNE) if row["part"] == source]
        stored = sum((Decimal(str(row["numerator"])).quantize(Decimal("0.01")) for row in rows), Decimal(0))
        assert stored == sum((Decimal(fen) / 100 for fen, of, *_ in of_june if of == source), Decimal(0))
    social, whole = total(indicators.SOCIAL_SHARE)
    assert whole.quantize(Decimal("0.01")) == sum((Decimal(each[0]) / 100 for each in of_june), Decimal(0))
    expected = sum((Decimal(each[0]) / 100 for each in of_june if each[1] in indicators.SOCIAL_SOURCES), Decimal(0))
    assert social.quantize(Decimal("0.01")) == expected


def small_city() -> Place:
    """Return the small city, made once in a test."""
    if not Division.objects.filter(code="140400").exists():
        return make_place()
    return Place(
        **{
            name: Division.objects.get(code=code)
            for name, code in {
                "city": "140400", "county": "140402", "street": "140402001", "other_street": "140402002",
                "other_county": "140423", "rural_town": "140423100",
            }.items()
        },
        communities=(), other_communities=(), villages=(),
    )  # fmt: skip


def test_figures_of_a_month_without_projects_are_unknown(place: Place) -> None:
    period = make_period("2018-06")
    compute_period(period)
    codes = ["paid_rate", "org_share", "four_groups", "reviewed", "good", "funding", "social_share", "lottery_share"]
    assert not FigureResult.objects.filter(code__in=codes).exists()
