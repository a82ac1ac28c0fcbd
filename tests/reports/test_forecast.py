"""Tests of the pace as text and in the tables of the briefing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from changzhi_portal.briefings import Paragraph
from periods.models import month_after, parse_month
from reports import forecast
from reports.forecast import RequiredRow
from reports.issue import issue_text
from reports.progress import progress_figures
from reports.stored_figures import Progress
from targets.models import Target, TargetPlan
from targets.series import Trend
from tests.reports.briefings import COUNTY, division, figures, issue, made, target

pytestmark = pytest.mark.one_database

END = "2020-12-31"
PLAN = {"title": "2020年目标方案", "document": "长民发〔2017〕138号", "ends_on": END}


def moving(outlook: str = "too_late", **changes: Any) -> Progress:
    """Return a progress of 0.43 points a month over six, with 1.25 needed for 30 months."""
    pace = {
        "outlook": outlook,
        "progress": 0.43,
        "months_counted": 6,
        "attained_in": {"too_late": "2025-03", "in_time": "2020-06"}.get(outlook),
        "needed": None if outlook in {"done", "overdue", "unknown"} else 1.25,
        "months_left": 30,
        **changes,
    }
    return made(Progress, {"change_on_last_month": 1.3, "pace": pace})


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (moving("in_time"), "近6个月月均提高0.43个百分点，按当前进度预计2020年6月完成。"),
        (
            moving("too_late"),
            "近6个月月均提高0.43个百分点，按当前进度2020年底前无法完成（预计2025年3月完成）；要在2020年底前完成，每月需提高1.25个百分点。",
        ),
        (
            moving("too_late", progress=0.0, attained_in=None),
            "近6个月月均变化不足0.01个百分点，按当前进度2020年底前无法完成；要在2020年底前完成，每月需提高1.25个百分点。",
        ),
        (
            moving("backwards", progress=-0.2, months_counted=1),
            "近1个月下降0.20个百分点，按当前进度2020年底前无法完成；要在2020年底前完成，每月需提高1.25个百分点。",
        ),
        (
            moving("standstill", progress=0.0),
            "近6个月没有变化，按当前进度2020年底前无法完成；要在2020年底前完成，每月需提高1.25个百分点。",
        ),
        (moving("no_pace", progress=None, months_counted=0), "要在2020年底前完成，每月需提高1.25个百分点。"),
        (moving("done"), "目标已完成。"),
        (moving("overdue"), "2020年底的期限已到，目标尚未完成。"),
        (moving("unknown"), ""),
        (Progress(), ""),
    ],
)
def test_a_pace_reads_as_officials_write(progress, expected):
    assert forecast.pace_sentence(progress, END) == expected


@pytest.mark.parametrize(
    ("progress", "cells"),
    [
        (moving("in_time"), ("+0.43", "2020年6月", "1.25")),
        (moving("too_late"), ("+0.43", "无法按期", "1.25")),
        (moving("backwards", progress=-0.2), ("−0.20", "无法按期", "1.25")),
        (moving("standstill", progress=0.0), ("0", "无法按期", "1.25")),
        (moving("no_pace", progress=None), ("—", "—", "1.25")),
        (moving("done"), ("+0.43", "已完成", "已完成")),
        (moving("overdue"), ("+0.43", "逾期", "逾期")),
        (moving("unknown", progress=None), ("—", "—", "—")),
        (Progress(), ("—", "—", "—")),
    ],
)
def test_a_pace_in_the_cells_of_a_table(progress, cells):
    assert (forecast.progress_cell(progress), forecast.outlook_cell(progress), forecast.needed_cell(progress)) == cells


def test_a_mean_moves_in_its_own_unit():
    progress = replace(moving("in_time"), change_unit="㎡/百户")
    assert forecast.pace_sentence(progress, END) == "近6个月月均提高0.43平方米/百户，按当前进度预计2020年6月完成。"


@pytest.mark.parametrize(
    ("day", "expected"), [("2020-12-31", "2020年底"), ("2020-06-30", "2020年6月底"), ("2020-12-30", "2020年12月30日")]
)
def test_when_a_plan_is_due(day, expected):
    assert forecast.until(day) == expected


def test_the_next_steps_say_what_is_needed_and_what_will_not_do():
    behind = target(short_name="甲", **vars(moving("too_late")))
    on_time = target(short_name="乙", **vars(moving("in_time", needed=0.5)))
    done = target(short_name="丙", **vars(moving("done")))
    assert forecast.next_steps(figures(plan=PLAN, targets=[behind, on_time, done])) == [
        "距2020年底还有30个月。全市要按期完成，甲、乙每月需分别提高1.25、0.50个百分点。"
        "按当前进度，乙可按期完成，甲无法按期完成，须加快进度。"
    ]
    assert forecast.next_steps(figures(plan=PLAN, targets=[done])) == []
    assert forecast.next_steps(figures()) == [], "figures stored before there was a pace"


def test_the_required_pace_stands_county_by_county():
    rows = [
        division("140402", "城区", 57, 38, **vars(moving("too_late", needed=1.12))),
        division("140423", "襄垣县", 8, 8, **vars(moving("done"))),
        division("140424", "屯留县", 0, 0, **vars(moving("unknown"))),
    ]
    other = [division("140423", "襄垣县", 8, 4, **vars(moving("in_time", needed=1.67)))]
    table = forecast.required_table(
        figures(
            plan=PLAN,
            targets=[
                target(divisions=rows, **vars(moving())),
                target(short_name="乙", divisions=other, **vars(moving())),
                target(short_name="丙", divisions=[rows[1]], **vars(moving("done"))),
                target(short_name="丁", level="county", divisions=rows, **vars(moving())),
            ],
        )
    )
    assert [column.short_name for column in table.targets] == ["城市社区设施面积", "乙"]
    assert table.rows == (
        RequiredRow("城区", ("1.12", "—")),
        RequiredRow("襄垣县", ("已完成", "1.67")),
    )


def test_the_issue_has_its_next_steps_before_what_a_person_typed():
    rows = [division("140423100", "古韩镇", 8, 4, **vars(moving()))]
    found = figures(plan=PLAN, division=COUNTY, targets=[target(divisions=rows, **vars(moving()))])
    text = issue_text(issue(figures=found, next_steps="召开推进会。"))
    last = text.sections[-1]
    assert last.title == "下步工作"
    computed, typed, table = last.blocks
    assert computed.text.startswith("距2020年底还有30个月。全县要按期完成，城市社区设施面积每月需提高1.25个百分点。")
    assert typed == Paragraph("召开推进会。")
    assert table.caption == "各街道（乡镇）按期完成目标每月需提高的百分点（至2020年底）"
    overview, targets = text.sections[:2]
    said = [block.text for block in targets.blocks if isinstance(block, Paragraph)]
    assert said[-1].startswith("近6个月月均提高0.43个百分点")
    (row,) = overview.blocks[-1].rows
    assert [cell.text for cell in row[-2:]] == ["+0.43", "无法按期"]


# --- From a trend to figures ---


def trend(*values: str, aggregate: str = "each", **fields: Any) -> Trend:
    """Return a trend until June 2018 whose last months have these figures."""
    june = parse_month("2018-06")
    plan = TargetPlan(ends_on=parse_month("2020-12").replace(day=31))
    asked = Target(plan=plan, aggregate=aggregate, at_least=30, unit="㎡", **fields)
    months = {month_after(june, index + 1 - len(values)): Fraction(value) for index, value in enumerate(values)}
    return Trend(asked, june, months)


def test_changes_are_differences_of_what_is_printed():
    """62.745…% prints as 62.7, 61.25 as 61.3: a reader finds 1.4, though the exact difference rounds to 1.5."""
    found = progress_figures(trend("61.25", "9600/153"))
    assert found.change_on_last_month == 1.4
    assert found.change_on_year_before is None
    assert found.change_unit == ""


def test_what_is_needed_is_rounded_up_and_the_progress_to_the_nearest():
    found = progress_figures(trend("60", "62.745")).pace
    assert found.progress == 2.75
    assert found.needed == 1.25  # 37.255 in 30 months: 1.2418…
    assert (found.outlook, found.attained_in, found.months_left) == ("in_time", "2019-08", 30)


def test_a_mean_keeps_its_unit():
    found = progress_figures(trend("20", "20.5", aggregate="mean", per="100_households"))
    assert (found.change_on_last_month, found.change_unit) == (0.5, "㎡/百户")
    assert found.pace.attained_in == "2020-01"
