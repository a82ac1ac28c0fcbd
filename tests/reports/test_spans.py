"""Tests of the issues of a quarter and of a year: what they compare with, their numbers, best practice, what changed."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from changzhi_portal.refusals import InvalidError
from reports import words
from reports.actions import prepare_briefing, print_queued, printing
from reports.briefing.overview import OVERVIEW
from reports.briefing.progress import PROGRESS
from reports.issue import issue_text
from reports.plain_text import plain_text
from reports.stored_figures import TrendPoint
from submissions.briefing import ReportingOver, _over_in_words
from targets.pace import Outlook
from tests.factories import make_facility, make_period
from tests.reports.briefings import CITY, division, figures, target
from tests.reports.situations import moving

pytestmark = pytest.mark.one_database


def texts_of(values):
    return [getattr(block, "text", "") or getattr(block, "caption", "") for block in PROGRESS.blocks(None, values)]


def of_quarter(*divisions, **changes):
    row = target(
        span="quarter",
        change_on_last_month=2.4,
        divisions=[replace(each, span="quarter") for each in divisions]
        or [
            division("140402", "城区", 57, 38, change_on_last_month=3.5),
            division("140423", "襄垣县", 8, 4, change_on_last_month=1.0),
        ],
        trend=(TrendPoint("2018-04", 61.0), TrendPoint("2018-05", 61.4), TrendPoint("2018-06", 62.7)),
        **changes,
    )
    return figures(span="quarter", targets=[row])


# --- Words ---


def test_a_quarter_is_compared_with_the_end_of_the_quarter_before():
    values = of_quarter()
    assert words.title(values) == "2018年第2季度全市“三社联动”目标完成情况"
    overview = "".join(words.overview(values))
    assert "较上季度末提高2.4个百分点" in overview and "上月" not in overview
    said = words.target_sentences(values.targets[0], CITY)
    assert "较上季度末提高2.4个百分点" in said[0] and "上月" not in "".join(said)


def test_a_year_is_compared_with_the_end_of_the_year_before():
    values = figures(span="year", period="2018-12", targets=[target(span="year", change_on_last_month=-0.4)])
    assert words.title(values) == "2018年全市“三社联动”目标完成情况"
    assert "较上年末下降0.4个百分点" in "".join(words.overview(values))


def test_another_plan_or_standard_since_then_is_said_of_the_quarter():
    changed = of_quarter(standard_last_month="≥400㎡")
    assert "本季度标准由≥400㎡调整为≥500㎡，与上季度末不可比" in words.target_sentences(changed.targets[0], CITY)[0]


def test_who_came_furthest_is_named_with_the_rise_and_where_it_has_come_to():
    assert (
        "城市社区设施面积：提高较多的依次是城区（提高3.5个百分点，达到66.7%）、襄垣县（提高1.0个百分点，达到50.0%）。"
        in texts_of(of_quarter())
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((3.5, 0.0), "城市社区设施面积：只有城区（提高3.5个百分点，达到66.7%）有提高。"),
        ((3.5, 3.5), "城市社区设施面积：提高最多的是城区、襄垣县（各提高3.5个百分点）。"),
        ((-1.0, None), "本季度没有可比的提高。"),
    ],
)
def test_ties_a_single_riser_and_no_riser_have_sentences_of_their_own(changes, said):
    rows = [
        division(code, name, judged, met, change_on_last_month=change)
        for (code, name, judged, met), change in zip(
            [("140402", "城区", 57, 38), ("140423", "襄垣县", 8, 4)], changes, strict=True
        )
    ]
    assert said in texts_of(of_quarter(*rows))


def test_a_months_issue_has_no_such_section():
    assert PROGRESS.blocks(None, figures()) == ()


def test_the_table_has_each_month_of_a_quarter_and_the_ends_of_a_years_quarters():
    [table] = [block for block in PROGRESS.blocks(None, of_quarter()) if hasattr(block, "rows")]
    assert [column.title for column in table.columns] == ["目标", "4月", "5月", "6月", "较上季度末增减"]
    assert [cell.text for cell in table.rows[0]] == ["城市社区设施面积", "61.0%", "61.4%", "62.7%", "+2.4"]
    year = figures(span="year", period="2018-12", targets=[target(span="year")])
    [table] = [block for block in PROGRESS.blocks(None, year) if hasattr(block, "rows")]
    assert [column.title for column in table.columns][1:5] == ["3月", "6月", "9月", "12月"]
    headings = [PROGRESS.blocks(None, each)[0].text for each in (of_quarter(), year)]
    assert headings == ["逐月变化", "各季度末情况"]


def test_the_mean_progress_says_over_how_many_months_it_is_counted():
    """A change since the end of last year may be +0.67 while the last six months brought nothing."""
    standing = moving(Outlook.STANDSTILL, progress=0.0)
    year = figures(span="year", targets=[target(span="year", change_on_last_month=0.67, pace=standing)])
    [table] = [block for block in OVERVIEW.blocks(None, year) if hasattr(block, "rows")]
    cells = {column.title: cell.text for column, cell in zip(table.columns, table.rows[0], strict=True)}
    assert (cells["较上年末"], cells["近6个月月均"]) == ("+0.7", "0")


def test_the_reports_of_a_quarter_are_counted_together():
    over = ReportingOver("2018-04", "2018-06", 3, 39, 35, (("襄垣县", 2), ("沁县", 1)), (("武乡县", 1),))
    assert _over_in_words(over, CITY) == [
        "2018年4月至2018年6月，全市应上报39次，按时上报35次，迟报3次（襄垣县2次、沁县1次），"
        "未上报或退回后未重报1次（武乡县1次）；按时上报率89.7%。"
    ]
    assert _over_in_words(replace(over, on_time=39, late=(), missing=()), CITY) == [
        "2018年4月至2018年6月，全市应上报39次，全部按时上报。"
    ]


# --- Through the real path ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("month", "span", "numbers"),
    [
        ("2017-12", "quarter", (4, 1)),
        ("2018-03", "quarter", (1, 2)),
        ("2018-06", "quarter", (2, 3)),
        ("2017-12", "year", (1, 1)),
        ("2020-12", "year", (1, 4)),
    ],
)
def test_quarters_and_years_have_series_of_numbers_of_their_own(place, month, span, numbers):
    period = make_period(month)
    briefing = prepare_briefing(period=period, division=place.city, by=None, span=span, queue=False)
    assert (briefing.issue_number, briefing.total_number) == numbers
    monthly = prepare_briefing(period=period, division=place.city, by=None, queue=False)
    assert monthly.pk != briefing.pk and monthly.number_line != briefing.number_line


@pytest.mark.django_db
def test_a_quarter_begins_with_its_last_month_alone(place):
    with pytest.raises(InvalidError, match="季末"):
        prepare_briefing(period=make_period("2018-05"), division=place.city, by=None, span="quarter", queue=False)


@pytest.mark.django_db
def test_a_quarters_issue_is_measured_against_the_month_before_it(place, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "files_of", lambda briefing, issue: {"pdf": b"%PDF-1.7"})
    make_facility(place.communities[0], area=600)
    opened = datetime.date(2018, 5, 1)
    make_facility(place.communities[1], area=600, opened_on=opened)
    for month in ("2018-03", "2018-04", "2018-05", "2018-06"):
        period = make_period(month)
        print_queued(prepare_briefing(period=period, division=place.city, by=None, queue=False).pk)
    quarter = prepare_briefing(period=period, division=place.city, by=None, span="quarter", queue=False)
    printed = print_queued(quarter.pk)
    monthly = prepare_briefing(period=period, division=place.city, by=None, queue=False).stored_figures
    of_quarter_, of_month = printed.stored_figures.targets[0], monthly.targets[0]
    assert of_month.change_on_last_month == 0
    assert of_quarter_.change_on_last_month > 0
    assert of_quarter_.percent == of_month.percent
    text = plain_text(issue_text(printed))
    assert "较上季度末提高" in text and "逐月变化" in text and "2018年4月至2018年6月" in text
    assert printed.number_line == "季度专刊第2期（总第3期）"
