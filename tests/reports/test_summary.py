"""Tests of 一页通: what the first page says follows from the figures, and contradicts nothing."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.briefings import Paragraph
from reports.issue import issue_markup, issue_text
from reports.summary import summary_of
from targets.pace import Outlook
from tests.reports.briefings import division, figures, issue, target
from tests.reports.situations import CITY_NAMES, moving, places, units
from tests.reports.whole_issues import all_met, third_missing, whole

pytestmark = pytest.mark.one_database


def figure_of(one):
    return summary_of(figures(targets=[one])).figures[0]


def late(judged: int, met: int, **changes):
    """Return a target that is too late, with 30 months left."""
    return units(judged, met, pace=moving(Outlook.TOO_LATE, needed=1.25), **changes)


TO_DO = {
    "57 units in 30 months": (late(153, 96), "新增达标2个"),
    "unknown units count as well": (late(153, 96, unknown=40), "新增达标2个"),
    "one unit": (late(1, 0), "补80平方米"),
    "done": (units(5, 5, pace=moving(Outlook.DONE, months_left=30)), "—"),
    "the deadline has come": (units(153, 96, pace=moving(Outlook.OVERDUE, months_left=0)), "新增达标57个"),
    "nothing reported": (late(8, 0, unknown=8), "补报数据"),
    "nothing judged": (late(0, 0), "—"),
    "a share is asked for": (late(100, 70, aggregate="coverage", coverage_at_least=80), "新增达标1个"),
    "a share is asked for and reached": (late(100, 80, aggregate="coverage", coverage_at_least=80), "—"),
    "a mean": (
        late(1, 0, aggregate="mean", value=9.4, change_unit="㎡/百户", value_unit="㎡/百户"),
        "提高1.25平方米/百户",
    ),
    "figures from before the pace": (units(153, 96), "—"),
}


@pytest.mark.parametrize(("one", "expected"), TO_DO.values(), ids=TO_DO)
def test_what_must_happen_next_month(one, expected):
    assert figure_of(one).to_do == expected


@given(st.integers(2, 4000), st.integers(1, 60), st.data())
def test_who_does_what_is_asked_each_month_is_done_in_time(judged, months_left, data):
    met = data.draw(st.integers(0, judged - 1))
    pace = moving(Outlook.TOO_LATE, needed=1.0, months_left=months_left)
    asked = int(
        figure_of(units(judged, met, pace=pace)).to_do.removeprefix("新增达标").removesuffix("个").replace(",", "")
    )
    assert met + asked * months_left >= judged
    assert met + (asked - 1) * months_left < judged, "no more than is needed"


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=6))
def test_nobody_is_both_ahead_and_behind(drawn):
    targets = [target(code=f"t{at}", divisions=places(*((met, 4) for met in row))) for at, row in enumerate(drawn)]
    summary = summary_of(figures(targets=targets))
    ahead = {name for name in CITY_NAMES if name in summary.ahead}
    behind = {name for name in CITY_NAMES if name in summary.behind}
    assert not ahead & behind


def test_who_stands_alike_is_treated_alike():
    row = places((4, 4), (4, 4), (2, 4), (1, 4), (1, 4))
    summary = summary_of(figures(targets=[target(divisions=row)]))
    assert (summary.ahead, summary.behind) == ("城区、郊区（各1项居前）", "襄垣县、屯留县（各1项居后）")


def test_where_all_stand_alike_nobody_is_ahead():
    summary = summary_of(whole(counted=all_met))
    assert (summary.ahead, summary.behind) == ("", "")


def test_who_has_not_reported_is_neither_ahead_nor_behind_and_is_to_report():
    summary = summary_of(whole(counted=third_missing))
    assert summary.unreported == "长治县"
    assert "长治县" not in summary.ahead + summary.behind
    assert summary.must_do == ("督促长治县补报2018年6月数据。",)
    assert summary.next_month == "2018年7月"


def test_the_summary_says_what_the_table_says():
    made = whole()
    summary = summary_of(made)
    table = issue_text(issue(figures=made)).sections[0].blocks[-1]
    for shown, row in zip(summary.figures, table.rows, strict=False):
        assert (shown.name, shown.standard, shown.figure, shown.change, shown.outlook) == tuple(
            row[place].text for place in (0, 1, 7, 8, 11)
        )


def test_a_remark_follows_the_sentences_of_its_target_and_brings_no_markup_in():
    briefing = issue(figures=whole())
    briefing.remarks = {"urban_org_count": "<b>须加快培育。</b>\n请报计划。"}
    blocks = issue_text(briefing).sections[1].blocks
    remarks = [place for place, block in enumerate(blocks) if isinstance(block, Paragraph) and block.is_remark]
    assert [blocks[place].text for place in remarks] == ["<b>须加快培育。</b>", "请报计划。"]
    before = blocks[remarks[0] - 1]
    assert (before.code, before.is_remark) == ("urban_org_count", False)
    assert "<b>须加快" not in issue_markup(briefing)


def test_names_with_markup_are_text_in_charts_tables_and_summary():
    hostile = '<script>alert("甲")</script>'
    rows = [division("140402", hostile, 10, 9), division("140423", "襄垣县", 10, 2)]
    markup = issue_markup(issue(figures=figures(targets=[target(divisions=rows, short_name="<i>设施</i>")])))
    assert "<script" not in markup
    assert "<i>" not in markup


# --- What people write, behind the summary ---


@pytest.mark.parametrize("layout", ["page", "paper"])
def test_each_line_of_a_commentary_is_a_paragraph_between_the_summary_and_the_overview(layout):
    edition = issue(commentary="第一段。\n第二段。")
    on_page = render_to_string("reports/briefing_text.html", {"issue": issue_text(edition)})
    markup = on_page if layout == "page" else issue_markup(edition)
    parts = [markup.index(text) for text in ("一页通", ">按语：第一段。</p>", ">第二段。</p>", "一、总体进展")]
    assert parts == sorted(parts)
