"""Tests of 经费对账: what adds up in a month and what does not, and that the sums are those of the payments."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from services.models import Payment, ServiceProject
from services.reconciliation import ProjectLine, reconcile
from tests.factories import Place, make_payment, make_project, make_user
from tests.queries import queries_of
from tests.services.test_figures import small_city

pytestmark = pytest.mark.django_db
FIRST, LAST = datetime.date(2018, 6, 1), datetime.date(2018, 6, 30)
Source = ServiceProject.FundingSource


def line_of(project: ServiceProject, user: User) -> ProjectLine:
    return next(line for line in reconcile(user, FIRST, LAST).projects if line.project == project)


def project_of(place: Place, paid: float | None, **fields: Any) -> ServiceProject:
    said = None if paid is None else Decimal(str(paid))
    return make_project(place.county, paid=said, **{"contract_amount": Decimal(100_000), **fields})


def test_what_agrees_to_the_fen_adds_up(place: Place, clerk: User) -> None:
    project = project_of(place, 0.3)
    for amount in (0.1, 0.2):
        make_payment(place.county, amount, project=project)
    line = line_of(project, clerk)
    assert (line.by_month, line.in_month, line.difference, line.remark) == (Decimal("0.30"), Decimal("0.30"), 0, "相符")
    quiet = line_of(project_of(place, None, contract_amount=None), clerk)
    assert (quiet.difference, quiet.remark) == (None, "相符"), "nothing was paid, and nothing is said"


@pytest.mark.parametrize(
    ("paid", "payments", "told"),
    [
        (None, [50], "项目没有填已拨付"),
        (50, [], "有已拨付，没有登记支付"),
        (80, [50], "支付少30元：还有凭证没有登记，或者已拨付多填"),
        (50, [50, 30], "支付多30元：已拨付没有更新"),
    ],
)
def test_what_differs_says_why(paid: float | None, payments: list[int], told: str, place: Place, clerk: User) -> None:
    project = project_of(place, paid)
    for amount in payments:
        make_payment(place.county, amount, project=project)
    assert line_of(project, clerk).reasons == [told]


def test_what_was_paid_later_explains_a_month_of_before(place: Place, clerk: User) -> None:
    project = project_of(place, 80)
    make_payment(place.county, 50, project=project)
    make_payment(place.county, 30, project=project, paid_on=datetime.date(2018, 7, 5))
    assert line_of(project, clerk).reasons == ["其余30元是以后月份支付的"]


def test_another_source_and_more_than_the_contract_are_told(place: Place, clerk: User) -> None:
    project = project_of(place, 120, contract_amount=Decimal(100), funding_source=Source.GENERAL_BUDGET)
    make_payment(place.county, 120, project=project, source=Source.LOTTERY)
    assert line_of(project, clerk).reasons == [
        "支付超过合同金额20元",
        "项目的资金来源是一般公共预算，支付里有福彩公益金",
    ]


def test_what_another_office_has_paid_counts_and_is_not_shown(place: Place, clerk: User, officer: User) -> None:
    project = project_of(place, 80)
    make_payment(place.county, 50, project=project)
    make_payment(place.city, 30, project=project)
    assert line_of(project, clerk).remark == "相符（含其他单位支付30元）"
    assert line_of(project, officer).remark == "相符"


def test_sources_add_up_to_the_total(place: Place, clerk: User) -> None:
    project = project_of(place, 80, funding_source=Source.LOTTERY)
    make_payment(place.county, 50, project=project, source=Source.LOTTERY)
    make_payment(place.county, 40, source=Source.CHARITY, paid_on=datetime.date(2018, 2, 1))
    make_payment(place.other_county, 7_000)
    lottery, charity, total = sorted(
        reconcile(clerk, FIRST, LAST).sources, key=lambda line: ["福彩公益金", "慈善资金", "合计"].index(line.label)
    )
    assert (lottery.in_month, lottery.in_year, lottery.of_projects, lottery.difference) == (50, 50, 50, -30)
    assert (charity.in_month, charity.in_year, charity.payments) == (0, 40, 0)
    assert (total.in_month, total.in_year, total.said, total.difference) == (50, 90, 80, -30)


def test_the_page_shows_what_is_open_first_and_goes_out_as_a_file(place: Place, clerk: User, signed_in: Any) -> None:
    good, bad = project_of(place, 50), project_of(place, 70)
    for project in (good, bad):
        make_payment(place.county, 50, project=project)
    browser = signed_in(clerk)
    address = reverse("services:reconciliation")
    page = browser.get(address, {"period": "2018-06"}).content.decode()
    assert '共2个项目，<b class="doubt">1个对不上</b>' in page
    assert page.index(bad.name) < page.index(good.name)
    narrowed = browser.get(address, {"period": "2018-06", "only": "open"}).content.decode()
    assert bad.name in narrowed and good.name not in narrowed


def test_the_number_of_queries_does_not_grow(place: Place, clerk: User) -> None:
    few = len(queries_of(lambda: reconcile(clerk, FIRST, LAST)))
    for _ in range(4):
        make_payment(place.county, 50, project=project_of(place, 50))
    assert len(queries_of(lambda: reconcile(clerk, FIRST, LAST))) == few


PAID = st.tuples(
    st.integers(0, 2),  # which project; 2 is none
    st.integers(1, 10**10),
    st.sampled_from(list(Source)),
    st.dates(datetime.date(2018, 5, 20), datetime.date(2018, 7, 10)),
    st.sampled_from(["county", "street", "city"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paid=st.lists(PAID, max_size=12))
def test_every_sum_is_that_of_the_payments(paid: list[Any], db: None) -> None:
    Payment.objects.all().delete()
    ServiceProject.objects.all().delete()
    place = small_city()
    user = User.objects.filter(username="对账").first() or make_user(Role.DISTRICT_CLERK, place.county, username="对账")
    projects = [project_of(place, 5), project_of(place, None)]
    for which, fen, source, day, where in paid:
        project = projects[which] if which < 2 else None
        make_payment(getattr(place, where), Decimal(fen) / 100, source=source, paid_on=day, project=project)
    found = reconcile(user, FIRST, LAST)
    for which, project in enumerate(projects):
        own = [each for each in paid if each[0] == which and each[3] <= LAST]
        line = next(line for line in found.projects if line.project == project)
        assert line.by_month == sum((Decimal(each[1]) / 100 for each in own), Decimal(0))
        assert line.in_month == sum((Decimal(each[1]) / 100 for each in own if each[3] >= FIRST), Decimal(0))
        assert line.of_others == sum((Decimal(each[1]) / 100 for each in own if each[4] == "city"), Decimal(0))
    seen = [each for each in paid if each[4] != "city" and FIRST <= each[3] <= LAST]
    whole = [line for line in found.sources if line.label == "合计"]
    assert (whole[0].in_month if whole else 0) == sum((Decimal(each[1]) / 100 for each in seen), Decimal(0))
