"""Tests of the charts of a briefing: bars by division and small lines, the same on paper and on the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from changzhi_portal.briefings import Chart
from reports.charts.divisions import Bar, Line, narrow_bars, wide_bars
from reports.charts.sparkline import sparkline
from reports.issue import issue_text
from reports.stored_figures import TrendPoint
from tests.reports.briefings import division, figures, issue, target
from tests.reports.whole_issues import third_missing, whole

pytestmark = pytest.mark.one_database

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert(1)</script>"&'


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def title(svg: str) -> str:
    return ElementTree.fromstring(svg).find(f"{SVG}title").text or ""


def charts_of(made) -> list[Chart]:
    blocks = [block for section in issue_text(issue(figures=made)).sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, Chart)]


@pytest.mark.parametrize("draw", [wide_bars, narrow_bars])
def test_each_division_has_its_name_and_its_figure(draw):
    svg = draw(
        [Bar("城区", 0.667, "66.7%"), Bar("襄垣县", 0.5, "50.0%")], Line(0.6, "平均60.0%"), "城区66.7%、襄垣县50.0%"
    )
    assert texts(svg) == ["城区", "66.7%", "襄垣县", "50.0%", "平均60.0%"]
    assert title(svg) == "城区66.7%、襄垣县50.0%"


@pytest.mark.parametrize("draw", [wide_bars, narrow_bars])
def test_a_name_cannot_break_out_of_the_picture(draw):
    svg = draw([Bar(HOSTILE[:9], 1.0, HOSTILE)], Line(1.0, HOSTILE), HOSTILE)
    assert "<script" not in svg
    assert title(svg) == HOSTILE
    assert not re.search(r"\sstyle=|\son\w+=|\sid=|href", svg)


def test_thirteen_counties_take_four_lines_of_text():
    bars = [Bar(f"第{number}县", 0.5, "50.0%") for number in range(13)]
    height = float(re.search(r'viewBox="0 0 442 ([\d.]+)"', wide_bars(bars, None, ""))[1])
    assert height <= 4 * 28.95


def test_who_has_not_reported_has_no_bar_of_zero():
    chart = charts_of(whole(counted=third_missing))[0]
    assert "长治县未报" in chart.text
    assert "未报" in texts(chart.svg)
    assert "stroke-dasharray" in chart.svg


def test_the_text_of_a_chart_is_made_of_its_data():
    rows = [division("140402", "城区", 10, 9), division("140423", "襄垣县", 10, 2)]
    (chart,) = charts_of(figures(targets=[target(divisions=rows, judged=20, met=11, percent=55.0)]))
    assert (
        chart.text == "各县（市、区）城市社区设施面积达标率（截至2018年6月30日），全市55.0%：城区90.0%、襄垣县20.0%。"
    )
    assert title(chart.svg) == title(chart.narrow_svg) == chart.text


def test_a_figure_is_not_struck_through_by_the_average():
    svg = wide_bars([Bar("长治县", 0.6, "60.0%"), Bar("平顺县", 1.0, "100.0%")], Line(0.627, "全市62.7%"), "")
    places = {element.text: float(element.get("x")) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    line = float(re.search(r'd="M([\d.]+) [\d.]+V[\d.]+" stroke="#9a3412"', svg)[1])
    assert places["60.0%"] > line


def test_a_single_division_has_no_chart():
    assert charts_of(whole(names=("城区",))) == []


# --- Small lines ---


def points(*values: float | None, anew: int | None = None) -> list[TrendPoint]:
    """Return the months up to June 2018."""
    first = 7 - len(values)
    return [TrendPoint(f"2018-{first + at:02}", value, at == anew) for at, value in enumerate(values)]


def lines(svg: str) -> int:
    return svg.count('stroke-width="1.4"')


def test_a_line_joins_consecutive_months():
    assert lines(sparkline(points(1, 2, 3, 4), month="2018-06", text="", least_range=1)) == 3


def test_a_line_is_interrupted_where_a_month_is_missing_or_the_standard_changed():
    assert lines(sparkline(points(1, None, 3, 4), month="2018-06", text="", least_range=1)) == 1
    assert lines(sparkline(points(1, 2, 3, 4, anew=2), month="2018-06", text="", least_range=1)) == 2
    without_may = [each for each in points(1, 2, 3, 4) if each.month != "2018-05"]
    assert lines(sparkline(without_may, month="2018-06", text="", least_range=1)) == 1


def test_a_single_month_has_no_line():
    assert sparkline(points(50), month="2018-06", text="", least_range=1) == ""


def test_a_change_of_a_hundredth_does_not_look_like_a_leap():
    svg = sparkline(points(50.0, 50.01), month="2018-06", text="", least_range=5)
    heights = [float(y) for y in re.findall(r'd="M[\d.]+ ([\d.]+)L[\d.]+ [\d.]+"', svg)]
    ends = [float(y) for y in re.findall(r'd="M[\d.]+ [\d.]+L[\d.]+ ([\d.]+)"', svg)]
    assert abs(heights[0] - ends[0]) < 0.2
