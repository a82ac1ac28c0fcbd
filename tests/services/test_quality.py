"""Tests of the quality rules of purchased-service projects."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from services.models import ServiceProject
from tests.factories import make_project
from tests.quality import found_by, refs_found_by

pytestmark = pytest.mark.django_db
RULES = (
    "signed_after_end",
    "contract_over_budget",
    "paid_over_contract",
    "project_past_its_end",
    "signed_after_start",
    "contract_missing",
    "project_twice",
)


def _signed(place, **fields) -> ServiceProject:
    """Create a project with a contract that runs from January to December 2018."""
    values = {"contract_amount": Decimal(90_000), "paid": Decimal(45_000), "signed_on": datetime.date(2017, 12, 20)}
    return make_project(place.county, **{**values, **fields})


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, None),
        ({"contract_amount": Decimal(100_000)}, None),
        ({"contract_amount": Decimal("100000.01")}, "contract_over_budget"),
        ({"paid": Decimal("90000.01")}, "paid_over_contract"),
        ({"paid": None}, None),
        ({"signed_on": datetime.date(2018, 1, 1)}, None),
        ({"signed_on": datetime.date(2018, 1, 2)}, "signed_after_start"),
        ({"signed_on": datetime.date(2018, 12, 31)}, "signed_after_start"),
        ({"signed_on": datetime.date(2019, 1, 1)}, "signed_after_end"),
        ({"ends_on": datetime.date(2018, 6, 30)}, None),
        ({"ends_on": datetime.date(2018, 6, 29)}, "project_past_its_end"),
        ({"ends_on": datetime.date(2018, 6, 29), "status": "accepted"}, None),
        ({"ends_on": datetime.date(2018, 6, 29), "status": "terminated"}, None),
        ({"signed_on": None}, "contract_missing"),
        ({"signed_on": None, "contract_amount": None, "paid": None, "status": "procuring"}, None),
        ({"contract_amount": None, "status": "accepted"}, "contract_missing"),
    ],
)
def test_a_project_is_found_by_the_rule_that_speaks_of_it_and_by_no_other(place, fields, rule):
    project = _signed(place, **fields)
    found = {code: refs_found_by(code, place.county) for code in RULES}
    assert {code: refs for code, refs in found.items() if refs} == ({rule: {project.ref}} if rule else {})


def test_one_project_under_two_numbers_is_found(place):
    twins = [_signed(place, name="演示助老项目"), _signed(place, name="演示助老项目")]
    _signed(place, name="演示助老项目", starts_on=datetime.date(2018, 2, 1))
    assert refs_found_by("project_twice", place.city) == {project.ref for project in twins}


def test_a_project_lies_in_its_division_and_says_the_money_in_yuan(place):
    _signed(place, contract_amount=Decimal("123456.78"))
    (finding,) = found_by("contract_over_budget", place.county)
    assert finding.place == "城区"
    assert finding.message == "合同金额123,456.78元超过预算100,000元，请核对单位和金额。"
    assert found_by("contract_over_budget", place.other_county) == []
