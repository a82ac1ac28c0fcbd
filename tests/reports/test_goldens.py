"""Whole issues, word for word as they are kept in tests/reports/goldens.

A change of the words is seen here as a difference, read, and then kept on purpose: `RENEW_GOLDENS=1 pytest
tests/reports/test_goldens.py` writes the files anew and fails, so that nobody renews them without noticing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reports.issue import issue_text
from reports.stored_figures import ChangedDivisions
from tests.reports.briefings import issue
from tests.reports.plain_text import text_of
from tests.reports.situations import CITY_NAMES
from tests.reports.whole_issues import COUNTY, TOWNS, ZONE, all_met, nobody, third_missing, whole

pytestmark = pytest.mark.one_database

GOLDENS = Path(__file__).with_name("goldens")
FEW = CITY_NAMES[:5]  # enough for who is ahead and who is behind
MERGED = (
    ChangedDivisions(("城区", "郊区"), "合并为", ("潞州区",)),
    ChangedDivisions(("长治县",), "更名为", ("上党区",)),
)

SITUATIONS = {
    "usual_month": {},
    "first_month": {"names": FEW, "month": "2017-11", "earlier_months": 0},
    "county_missing": {"names": FEW, "counted": third_missing},
    "merger_month": {"names": ("潞州区", "上党区", *CITY_NAMES[3:6]), "month": "2018-11", "changed_divisions": MERGED},
    "plan_changed": {"names": FEW, "earlier_months": 0, "plan_last_month": "2017年目标方案"},
    "nobody_met": {"names": FEW, "counted": nobody},
    "all_met": {"names": FEW, "counted": all_met},
    "county_edition": {"names": TOWNS, "edition": COUNTY},
    "statistical_zone": {"names": TOWNS[:1], "edition": ZONE},
    "plan_ended": {"names": FEW, "month": "2020-12"},
    # What was stored before 联动工作 reads as it did then, with 三、购买服务.
    "before_linked": {"names": FEW, "has_linked": False},
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_whole_issue_reads_as_it_is_kept(name):
    typed = {"commentary": "本月进展平稳。", "next_steps": "请对照名单逐项整改。"}
    text = text_of(issue_text(issue(figures=whole(**SITUATIONS[name]), **typed)))
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("RENEW_GOLDENS"):
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was written anew: read the difference, and run without RENEW_GOLDENS.")
    assert text == path.read_text(encoding="utf-8")


def test_each_kept_issue_is_compared():
    assert {path.stem for path in GOLDENS.glob("*.txt")} == set(SITUATIONS)
