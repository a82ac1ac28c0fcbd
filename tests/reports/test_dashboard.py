"""Tests of the dashboard and the key rates of the home page, with figures computed by the engine."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from communities.models import Community
from targets.actions import compute_period
from targets.models import CommunityMeasure, TargetResult
from tests.factories import (
    make_change_set,
    make_community,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_worker,
)
from tests.pages import markup_of
from tests.queries import exactly

pytestmark = pytest.mark.one_database

DASHBOARD = "/dashboard/"


@pytest.fixture
def figures(place, period):
    """Create 城区: one of five communities has 500 m², one has 380, the others none; 襄垣县 has reported nothing."""
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    make_facility(place.communities[0], area="500")
    make_facility(place.communities[1], area="379.5")
    for _ in range(12):
        make_organization(place.communities[0])
    make_worker(place.communities[0])
    compute_period(period)
    return period


def text_of(answer):
    return re.sub("<[^>]*>", "", markup_of(answer))


def cards_of(answer):
    return {card.target.code: card for card in answer.context["cards"]}


@pytest.mark.django_db
def test_a_card_says_rate_gap_unknown_and_what_is_asked(figures, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD)
    card = cards_of(answer)["urban_facility_area"]
    assert (str(card.percentage), card.result.reached, card.result.judged) == ("20.0", 1, 5)
    assert card.gap == "1,620.5㎡"
    assert card.bounds == "≥500㎡"
    text = text_of(answer)
    assert "达标 1 / 5，缺口 1,620.5㎡" in text
    unknown = cards_of(answer)["rural_org_count"].result
    assert (unknown.judged, unknown.unknown) == (2, 2)
    assert "未知 2" in text
    assert "计算于" in text


@pytest.mark.django_db
def test_large_numbers_are_written_alike_on_the_whole_page(figures, place, officer, signed_in):
    TargetResult.objects.filter(target__code="urban_facility_area", division=place.city).update(
        judged=3_446, met=1_337, unmet=2_109, gap=1_620
    )
    answer = signed_in(officer).get(DASHBOARD)
    text = text_of(answer)
    assert "达标 1,337 / 3,446，缺口 1,620㎡" in text
    assert "测评城市社区 3,446个：达标1,337，未达标2,109" in text
    assert 'class="count">2,109</span>' in markup_of(answer)
    assert "3446" not in text and "2109" not in text
    assert "1,337 / 3,446" in text_of(signed_in(officer).get("/"))


@pytest.mark.django_db
def test_the_list_names_who_falls_short_the_farthest_first_with_links(figures, place, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD, {"target": "urban_facility_area"})
    short = [measure.name for measure in answer.context["page"]]
    assert short[-1] == "东关社区居委会"
    assert len(short) == 4
    text = answer.content.decode()
    assert reverse("communities:community_detail", args=[place.communities[1].ref]) in text
    assert "120.5" in text
    assert reverse("communities:community_detail", args=[place.communities[0].ref]) not in text


@pytest.mark.django_db
def test_communities_that_cannot_be_judged_have_a_list_of_their_own(figures, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD, {"target": "rural_org_count", "list": "unknown"})
    assert {measure.name for measure in answer.context["page"]} == {"西垴头村委会", "栗家岭村委会"}


@pytest.mark.django_db
def test_the_chart_names_the_counties_and_leads_to_their_dashboards(figures, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD, {"target": "urban_facility_area"})
    chart, tiles = answer.context["chart"], answer.context["tiles"]
    for picture in (chart, tiles):
        assert "城区" in picture
        assert "division=140402&amp;period=2018-06&amp;target=urban_facility_area" in picture
    assert "20.0%（1/5）" in chart
    assert 'style="' not in answer.content.decode()


@pytest.mark.django_db
def test_a_county_sees_its_own_figures_and_its_towns(figures, clerk, signed_in):
    answer = signed_in(clerk).get(DASHBOARD)
    assert answer.context["division"].code == "140402"
    text = answer.content.decode()
    assert "东街街道办事处" in answer.context["chart"]
    for hidden in ("襄垣县", "古韩镇", "西垴头", "长治市</option>"):
        assert hidden not in text


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["140423", "140423100", "140400", "nothing"])
def test_a_county_that_asks_for_another_finds_nothing(code, figures, clerk, signed_in):
    assert signed_in(clerk).get(DASHBOARD, {"division": code}).status_code == 404


@pytest.mark.django_db
def test_the_city_reaches_counties_and_towns(figures, officer, signed_in):
    browser = signed_in(officer)
    assert cards_of(browser.get(DASHBOARD, {"division": "140402"}))["urban_org_count"].result.judged == 5
    street = browser.get(DASHBOARD, {"division": "140402001"})
    assert cards_of(street)["urban_org_count"].result.judged == 3
    assert street.context["chart"] == ""


@pytest.mark.django_db
def test_a_target_of_counties_lists_counties(figures, officer, clerk, signed_in):
    for user in (officer, clerk):
        answer = signed_in(user).get(DASHBOARD, {"target": "district_agencies"})
        assert [county.division.name for county in answer.context["counties"]] == ["城区"]
        assert "未达标" in answer.content.decode()


@pytest.mark.django_db
def test_a_later_change_of_the_registers_is_announced(figures, officer, clerk, signed_in):
    browser = signed_in(officer)
    assert "系统正在重新测算" not in browser.get(DASHBOARD).content.decode()
    make_change_set(clerk)
    assert "系统正在重新测算" in browser.get(DASHBOARD).content.decode()


@pytest.mark.django_db
def test_the_change_on_last_month_is_told_in_percentage_points(figures, place, officer, signed_in):
    make_facility(place.communities[2], area="600", opened_on=make_period("2018-07").month)
    compute_period(make_period("2018-07"))
    card = cards_of(signed_in(officer).get(DASHBOARD))["urban_facility_area"]
    assert (str(card.percentage), card.trend) == ("40.0", "较上月提高20.0个百分点")
    before = signed_in(officer).get(DASHBOARD, {"period": "2018-06"})
    assert str(cards_of(before)["urban_facility_area"].percentage) == "20.0"


@pytest.fixture
def a_year_later(figures, place):
    """Measure July 2018 with one more facility, so 40 %, and June 2019 without a change."""
    make_facility(place.communities[2], area="600", opened_on=make_period("2018-07").month)
    for month in ("2018-07", "2019-06"):
        compute_period(make_period(month))


@pytest.mark.django_db
def test_a_card_says_how_fast_it_moves_and_where_that_leads(a_year_later, officer, signed_in):
    browser = signed_in(officer)
    asked = {"target": "urban_facility_area"}
    july = browser.get(DASHBOARD, {**asked, "period": "2018-07"})
    card = july.context["card"]
    assert (card.outlook, card.is_behind) == ("按当前进度预计2018年10月完成", False)
    assert "近1个月提高20.00个百分点，按当前进度预计2018年10月完成。" in markup_of(july)
    later = browser.get(DASHBOARD, {**asked, "period": "2019-06"})
    card = later.context["card"]
    assert (card.trend, card.on_year_before) == ("", "同比提高20.0个百分点")
    assert card.pace.startswith("近12个月月均提高1.67个百分点，按当前进度2020年底前无法完成（预计2022年6月完成）")
    assert card.is_behind


@pytest.mark.django_db
def test_every_county_has_its_line_and_its_own_pace(a_year_later, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD, {"target": "urban_facility_area", "period": "2018-07"})
    rows = {row.result.division.name: row for row in answer.context["rows"]}
    urban = rows["城区"]
    assert (urban.rate, urban.change_on_last_month, urban.mean, urban.outlook, urban.needed) == (
        "40.0%", "+20.0", "+20.00", "2018年10月", "2.07",
    )  # fmt: skip
    assert rows["襄垣县"].outlook == "—"
    assert "division=140402" in urban.url
    assert "分区划进度" in answer.content.decode()


@pytest.mark.django_db
def test_the_trend_is_drawn_and_stands_in_a_table_as_well(a_year_later, clerk, signed_in):
    answer = signed_in(clerk).get(DASHBOARD, {"target": "urban_facility_area", "period": "2019-06"})
    assert [(f"{each.month:%Y-%m}", each.rate) for each in answer.context["months"]] == [
        ("2019-06", "40.0%"), ("2018-07", "40.0%"), ("2018-06", "20.0%"),
    ]  # fmt: skip
    text = answer.content.decode()
    assert "<title>城区城市社区设施面积逐月达标率</title>" in text
    assert "<title>2018年6月：20.0%</title>" in text
    assert "<summary>看数据：逐月</summary>" in text
    first = signed_in(clerk).get(DASHBOARD, {"target": "urban_facility_area", "period": "2018-06"})
    assert first.context["trend"] == ""


@pytest.mark.django_db
def test_a_target_of_whole_districts_has_no_table_of_paces(a_year_later, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD, {"target": "district_agencies", "period": "2018-07"})
    assert answer.context["rows"] == []


@pytest.mark.django_db
def test_a_month_without_figures_says_so_and_a_wrong_month_what_is_wrong(period, officer, signed_in):
    browser = signed_in(officer)
    for asked in ({}, {"period": "2018-06"}, {"period": "2017-12"}):
        page = browser.get(DASHBOARD, asked).content.decode()
        assert "还没有测算结果" in page
        assert "<select" not in page, "there is no month to choose"
    wrong = browser.get(DASHBOARD, {"period": "2018-13"})
    assert wrong.status_code == 422
    assert "统计月“2018-13”不对，应写成2018-06这样的年月。" in wrong.content.decode()


@pytest.mark.django_db
def test_the_dashboard_costs_the_same_queries_however_many_communities(figures, place, officer, signed_in):
    browser = signed_in(officer)

    def look():
        with exactly(QUERIES):
            assert browser.get(DASHBOARD, {"target": "urban_facility_area"}).status_code == 200

    look()
    for _ in range(40):
        make_community(place.street)
    compute_period(figures)
    assert CommunityMeasure.objects.count() > 40
    look()


# User; period; map of the month; choice of divisions; cards; what kept trends depend on (computations, changes of
# divisions); their trends; divisions below for every target; the next step (month in hand, its reports, counties);
# computation; workforce; trends of the divisions below; periods; list.
QUERIES = 17


@pytest.mark.django_db
def test_everybody_finds_the_own_rates_on_the_home_page(figures, officer, clerk, leader, signed_in):
    for user, judged in ((officer, 5), (clerk, 5), (leader, 5)):
        panels = signed_in(user).get("/").context["panels"]
        (rates,) = [panel for panel in panels if "cards" in panel]
        assert rates["cards"][0].result.judged == judged
        assert rates["division"] == user.division


@pytest.mark.django_db
def test_a_community_page_says_how_it_stands(figures, place, leader, clerk, signed_in):
    address = reverse("communities:community_detail", args=[place.communities[1].ref])
    for user in (leader, clerk):
        text = " ".join(signed_in(user).get(address).content.decode().split())
        assert "达标情况" in text
        assert "379.5㎡" in text
        assert "120.5㎡" in text
    hidden = signed_in(leader).get(address).content.decode()
    for closed in ("社会组织 <span", "在岗社会工作者", "变更记录"):
        assert closed not in hidden
