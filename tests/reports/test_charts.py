"""Tests of the charts: links, titles, values, and nothing that the Content-Security-Policy forbids."""

import datetime
import re
from xml.etree import ElementTree

import pytest

from reports.charts import COUNTY_TILES, amount_bars, county_map, rate_bars, trend_lines
from reports.standing import Standing

pytestmark = pytest.mark.one_database

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    {"code": "140402", "name": "城区", "percent": 66.7, "url": "/dashboard/?division=140402&target=a"},
    {"code": "140423", "name": "襄垣县", "percent": 50, "url": "/dashboard/?division=140423"},
    {"code": "140471", "name": "山西长治高新技术产业园区", "percent": None},
]


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def titles(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}title")]


@pytest.mark.parametrize("changed", ["2017", "2018"])
def test_the_counties_of_a_year_stand_on_tiles_of_their_own(changed):
    """Check that divisions share a position only if they did not exist in the same year."""
    only_2017 = {"140402", "140411", "140421", "140424", "140481"}
    only_2018 = {"140403", "140404", "140405", "140406"}
    gone = only_2018 if changed == "2017" else only_2017
    places = [place for code, place in COUNTY_TILES.items() if code not in gone]
    assert len(places) == {"2017": 14, "2018": 13}[changed]
    assert len(places) == len(set(places))


# --- Charts of pages ---

FLUID = [
    {
        **row,
        "url": row.get("url", ""),
        "label": "没有参评单位" if row["percent"] is None else f"{row['percent']:.1f}%（2/3）",
        "standing": standing,
    }
    for row, standing in zip(ROWS, (Standing.SHORT, Standing.FAR, Standing.UNKNOWN), strict=True)
]


def fluid_bars(rows):
    return rate_bars(rows, title="城市社区设施面积", average=None)


def fluid_map(rows):
    return county_map(rows, title="城市社区设施面积")


def words(markup):
    return re.sub(r"<[^>]*>", " ", markup).split()


@pytest.mark.parametrize("draw_page", [fluid_bars, fluid_map])
def test_a_division_is_named_with_figure_and_standing_in_words(draw_page):
    markup = draw_page(FLUID)
    assert {"城区", "襄垣县", "有差距", "差距大", "无数据"} <= set(words(markup))
    assert "66.7%" in markup
    assert "0.0%" not in words(markup), "not judged is no zero"
    assert re.findall(r'href="([^"]*)"', markup) == [
        "/dashboard/?division=140402&amp;target=a",
        "/dashboard/?division=140423",
    ]


@pytest.mark.parametrize("draw_page", [fluid_bars, fluid_map])
def test_a_chart_of_a_page_may_stand_twice_and_holds_nothing_forbidden(draw_page):
    hostile = '</text><script>alert(1)</script>"&'
    markup = draw_page([{**FLUID[0], "name": hostile, "url": '/x?"><script>'}])
    assert not re.search(r"<script|<style|<foreignObject|\sstyle=|\son\w+=|javascript:|\sid=", markup)
    assert "暂无数据" in draw_page([])


def test_bars_begin_with_the_highest_and_end_with_those_without_a_rate():
    rows = [FLUID[2], FLUID[1], FLUID[0]]
    found = re.findall(r'class="bar-name"[^>]*>([^<]*)', fluid_bars(rows))
    assert found == ["城区", "襄垣县", "山西长治高新技术产业园区"]


def test_bars_have_the_length_of_their_rate_and_a_line_at_the_average():
    markup = rate_bars(FLUID, title="达标率", average=62.7)
    assert re.findall(r'class="bar-fill[^>]* width="([^"]*)"', markup) == ["66.7%", "50.0%", "0.0%"]
    assert 'x1="62.7%"' in markup
    assert "平均62.7%" in words(markup)


def test_bars_of_numbers_have_the_minimum_on_their_scale():
    rows = [{**FLUID[0], "value": 2, "label": "2家"}, {**FLUID[1], "value": None, "label": "未填报"}]
    markup = amount_bars(rows, title="城区社工机构", at_least=3.0)
    assert re.findall(r'class="bar-fill[^>]* width="([^"]*)"', markup) == ["60.6%", "0.0%"]
    assert {"2家", "未填报", "下限"} <= set(words(markup))


def test_divisions_without_a_place_of_their_own_stand_below_the_map():
    towns = [{**FLUID[0], "code": f"14040200{number}", "name": f"第{number}街道"} for number in range(6)]
    places = re.findall(r"tile-column-(\d) tile-row-(\d)", fluid_map(towns))
    assert len(set(places)) == 6


# --- Trends ---


def trend(*values: float | None, goal: float = 100, is_percent: bool = True) -> str:
    """Draw a trend from November 2017 on."""
    points = [
        {
            "month": datetime.date(2017 + (10 + index) // 12, (10 + index) % 12 + 1, 1),
            "value": value,
            "label": "—" if value is None else f"{value:.1f}%",
        }
        for index, value in enumerate(values)
    ]
    return trend_lines(points, title="城区设施面积逐月达标率", goal=goal, standard="标准30", is_percent=is_percent)


def test_a_trend_names_every_month_with_its_figure_and_prints_the_first_and_the_last():
    svg = trend(40, 42.5, 45)
    assert {"2017年11月：40.0%", "2017年12月：42.5%", "2018年1月：45.0%"} <= set(titles(svg))
    assert titles(svg)[0] == "城区设施面积逐月达标率"
    assert [text for text in texts(svg) if text.endswith(".0%") or text == "42.5%"] == ["40.0%", "45.0%"]
    assert {"2017-11", "2017-12", "2018-01", "0%", "100%"} <= set(texts(svg))
    assert 'role="img"' in svg


def test_a_trend_leaves_a_gap_where_a_month_has_no_figure():
    whole, broken = trend(40, 41, 42, 43, 44), trend(40, 41, None, 43, 44)
    assert whole.count('class="trend-line"') == 4
    assert broken.count('class="trend-line"') == 2
    assert "2018年1月：—" not in titles(broken)


def test_a_trend_of_months_without_figures_is_not_drawn():
    assert trend(None, None) == ""


def test_a_single_figure_is_a_dot_with_its_number():
    assert texts(trend(40)).count("40.0%") == 1


def test_a_trend_of_a_mean_has_its_goal_on_the_scale():
    svg = trend(18, 20, goal=30, is_percent=False)
    assert not any(text.endswith("%") and "." not in text for text in texts(svg))
    assert "标准30" in texts(svg)


def test_a_long_trend_names_only_as_many_months_as_fit():
    months = [text for text in texts(trend(*range(32))) if re.fullmatch(r"20\d\d-\d\d", text)]
    assert 4 <= len(months) <= 7
    assert months[0] == "2017-11"
