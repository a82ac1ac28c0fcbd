"""Tests of rows of payments: what a project refuses, whose payment it may be, and what is left when one is taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from services.models import Payment, ServiceProject
from tests.factories import Place, make_payment, make_project, make_review
from tests.services.rows import payment_row
from tests.services.test_sheets import row as project_row
from tests.uploads.office import Send, codes_of
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(place: Place) -> ServiceProject:
    return make_project(place.county, *place.communities[:1], number="YS-1", contract_amount=100_000)


def instalment(number: int, amount: float, **changes: Any) -> dict[str, Any]:
    return payment_row(f"PZ-{number}", **{"项目编号": "YS-1", "期次": number, "金额（元）": amount, **changes})


def messages_of(answer: dict[str, Any]) -> list[str]:
    return [problem["message"] for problem in answer["problems"]]


def test_a_payment_is_the_offices_own_and_may_be_for_a_community(send: Send, clerk: User, place: Place) -> None:
    send("payments", clerk, [payment_row(社区名称="和平社区", 用途="社区经费", 出资方="县财政")], commit="all")
    payment = Payment.objects.get()
    assert (payment.division, payment.used_in, payment.project) == (place.county, place.communities[0], None)
    assert (payment.amount, payment.payer) == (Decimal(50_000), Payment.Payer.COUNTY)
    assert (
        send("payments", clerk, [payment_row(社区名称="和平社区", 用途="社区经费", 出资方="县财政")])["unchanged"] == 1
    )


def test_ten_thousands_and_fen_are_read_exactly(send: Send, clerk: User) -> None:
    row = {("金额（万元）" if name == "金额（元）" else name): value for name, value in payment_row().items()}
    send(
        "payments",
        clerk,
        [row | {"金额（万元）": "3.000001"}, row | {"凭证号": "PZ-2", "金额（万元）": 0.1}],
        commit="all",
    )
    assert list(Payment.objects.order_by("voucher").values_list("amount", flat=True)) == [
        Decimal("30000.01"),
        Decimal("1000.00"),
    ]
    assert Payment.objects.all().total() == Decimal("31000.01")


def test_more_than_the_contract_is_refused_with_the_sum(send: Send, clerk: User, project: ServiceProject) -> None:
    rows = [instalment(1, 40_000), instalment(2, 35_000), instalment(3, 30_000)]
    answer = send("payments", clerk, rows, commit="good")
    assert codes_of(answer) == ["over_budget"]
    assert messages_of(answer) == [
        "连同这一笔，项目累计支付105,000元，超过合同金额100,000元，请核对金额或者先更正合同金额"
    ]
    assert project.payments.all().total() == 75_000


def test_a_file_that_lowers_one_instalment_and_raises_another_is_judged_by_what_it_comes_to(
    send: Send, clerk: User, project: ServiceProject
) -> None:
    send("payments", clerk, [instalment(1, 60_000), instalment(2, 40_000)], commit="all")
    answer = send("payments", clerk, [instalment(2, 50_000), instalment(1, 50_000)], commit="all")
    assert (answer["changed"], answer["errors"]) == (2, 0)
    assert codes_of(send("payments", clerk, [instalment(2, 50_001)])) == ["over_budget"]
    assert project.payments.all().total() == 100_000


def test_an_instalment_is_paid_once(send: Send, clerk: User, project: ServiceProject) -> None:
    send("payments", clerk, [instalment(1, 40_000)], commit="all")
    answer = send("payments", clerk, [payment_row("PZ-9", 项目编号="YS-1", 期次="1", **{"金额（元）": 10})])
    assert messages_of(answer) == ["项目“YS-1”的第1期已经登记过（凭证号PZ-1），请核对期次"]
    twice = send("payments", clerk, [instalment(2, 10), instalment(2, 20) | {"凭证号": "PZ-3"}])
    assert messages_of(twice) == ["项目“YS-1”的第2期已经登记过（凭证号PZ-2），请核对期次"]
    with pytest.raises(IntegrityError), transaction.atomic():
        make_payment(project.division, project=project, instalment=1)


def test_an_instalment_needs_its_project(send: Send, clerk: User) -> None:
    assert codes_of(send("payments", clerk, [payment_row(期次=1)])) == ["required"]


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_is_no_payment(send: Send, clerk: User, amount: int) -> None:
    answer = send("payments", clerk, [payment_row(**{"金额（元）": amount})])
    assert codes_of(answer) in (["bad_number"], ["negative_number"])


def test_a_project_of_another_county_is_not_paid(
    send: Send, clerk: User, other_clerk: User, officer: User, place: Place, project: ServiceProject
) -> None:
    hidden = send("payments", other_clerk, [payment_row(项目编号="YS-1")])
    assert messages_of(hidden) == ["没有编号为“YS-1”的项目，请先登记项目，或者核对编号"]
    told = send("payments", officer, [payment_row(项目编号="YS-1", **{"县（市、区）": "襄垣县"})])
    assert messages_of(told) == ["项目“YS-1”是城区的，没有服务襄垣县的社区，请核对编号，或者由城区登记"]


def test_the_city_and_each_county_that_it_serves_pay_a_project_over_two_counties(
    send: Send, clerk: User, other_clerk: User, officer: User, place: Place
) -> None:
    both = make_project(place.city, place.communities[0], place.villages[0], number="SJ-1", contract_amount=100_000)
    alone = make_project(place.city, place.communities[0], number="SJ-2", contract_amount=100_000)
    for user, voucher in ((clerk, "甲"), (other_clerk, "乙"), (officer, "丙")):
        assert (
            send("payments", user, [payment_row(voucher, 项目编号="SJ-1", **{"金额（元）": 30_000})], commit="all")[
                "new"
            ]
            == 1
        )
    assert both.payments.all().total() == 90_000
    over = send("payments", other_clerk, [payment_row("丁", 项目编号="SJ-1", **{"金额（元）": 10_001})])
    assert codes_of(over) == ["over_budget"], "what the others have paid counts"
    assert codes_of(send("payments", other_clerk, [payment_row("戊", 项目编号="SJ-2")])) == ["bad_choice"]
    assert not alone.payments.exists()


def test_the_last_instalment_before_the_acceptance_is_pointed_out(
    send: Send, clerk: User, project: ServiceProject
) -> None:
    answer = send("payments", clerk, [instalment(1, 60_000), instalment(2, 40_000)])
    assert (answer["errors"], codes_of(answer)) == (0, ["contradicts_project"])
    assert messages_of(answer) == ["这一笔付清了合同金额，项目到这一天还没有验收，请核对"]
    make_review(project, "acceptance", None, reviewed_on="2018-06-12")
    assert codes_of(send("payments", clerk, [instalment(1, 60_000), instalment(2, 40_000)])) == []


def test_a_payment_that_is_taken_back_leaves_the_sums_right(send: Send, clerk: User, project: ServiceProject) -> None:
    send("payments", clerk, [instalment(1, 50_000)], commit="all")
    send("payments", clerk, [instalment(1, 45_000), instalment(2, 30_000)], commit="all")
    assert project.payments.all().total() == 75_000
    batch = UploadBatch.objects.latest("pk")
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == "undone"
    assert project.payments.all().total() == 50_000
    assert codes_of(send("payments", clerk, [instalment(2, 50_001)])) == ["over_budget"]
    assert send("payments", clerk, [instalment(2, 49_999)])["new"] == 1


def test_a_project_with_payments_stays_when_its_upload_is_undone(send: Send, clerk: User, place: Place) -> None:
    send("projects", clerk, [project_row("YS-1", 服务社区="和平社区")], commit="all")
    batch = UploadBatch.objects.latest("pk")
    send("payments", clerk, [payment_row(项目编号="YS-1")], commit="all")
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    undone = actions.undo_batch(batch)
    assert undone.undo_failed == 1
    assert ServiceProject.objects.filter(number="YS-1").exists()
