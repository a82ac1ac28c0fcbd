"""Targets as text: the complete requirement of the plan pages, and the bound beside a figure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from changzhi_portal.phrases import plain_number
from targets.models import Target
from targets.wording import amount_text, bound_text, requirement_text, spelt_unit, units_text


def target(**values) -> Target:
    return Target(**{"level": "community", "kind": "urban", "at_least": Decimal("500.00"), "unit": "㎡", **values})


@pytest.mark.parametrize(
    ("values", "requirement", "bound"),
    [
        ({}, "≥500㎡", "≥500㎡"),
        ({"at_least": 3_000}, "≥3,000㎡", "≥3,000㎡"),
        ({"at_least": 2, "at_most": 5, "unit": "名"}, "2—5名", "2—5名"),
        ({"at_least": 10, "unit": "个", "aggregate": "mean"}, "平均≥10个", "平均≥10个"),
        ({"at_least": 30, "per": "100_households"}, "每百户≥30㎡", "每百户≥30㎡"),
        ({"at_least": 30, "per": "100_households", "aggregate": "mean"}, "全域每百户≥30㎡", "每百户≥30㎡"),
        (
            {"at_least": 1, "unit": "处", "aggregate": "coverage", "coverage_at_least": Decimal("80.00")},
            "≥80%的社区达到≥1处",
            "≥80%",
        ),
        ({"is_scored": False}, "仅供参考", "≥500㎡"),
    ],
)
def test_a_requirement_and_the_bound_beside_a_figure(values, requirement, bound):
    assert requirement_text(target(**values)) == requirement
    assert bound_text(target(**values)) == bound


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "城市社区"),
        ({"kind": "rural", "minimum_population": 3_000}, "3,000人以上的农村社区"),
        ({"kind": ""}, "社区"),
        ({"level": "county", "kind": ""}, "县（市、区）"),
        ({"level": "county", "kind": "", "urban_districts_only": True}, "市辖区"),
        ({"level": "division", "kind": ""}, "全域"),
    ],
)
def test_the_units_of_a_target(values, expected):
    assert units_text(target(**values)) == expected


def test_amounts_have_separators_and_spell_the_unit_in_sentences():
    assert plain_number(Decimal("12817.840")) == "12,817.84"
    assert spelt_unit("㎡/百户") == "平方米/百户"
    assert amount_text(380.0, "㎡") == "380平方米"
