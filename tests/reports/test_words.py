"""Tests of the written Chinese of a briefing, for every combination of figures."""

from dataclasses import replace

import pytest

from changzhi_portal.phrases import plain_number, ten_thousand_yuan, whole_of
from reports import words
from reports.stored_figures import Edition, Farthest, Progress
from services.briefing import Purchases, paragraphs
from targets.wording import bound_text, units_text
from tests.reports.briefings import CITY, COUNTY, NO_PURCHASES, division, farthest, figures, made, target

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (1.3, "较上月提高1.3个百分点"),
        (-0.4, "较上月下降0.4个百分点"),
        (10.0, "较上月提高10.0个百分点"),
        (0, "与上月持平"),
        (0.0, "与上月持平"),
        (-0.0, "与上月持平"),
        (None, ""),
    ],
)
def test_the_change_on_last_month_in_words(change, expected):
    assert words.change_on_last_month(change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [(5.2, "同比提高5.2个百分点"), (-0.1, "同比下降0.1个百分点"), (0.0, "同比持平"), (None, "")],
)
def test_the_change_on_the_year_before_in_words(change, expected):
    assert words.change_on_year_before(change) == expected


@pytest.mark.parametrize(
    ("change", "expected"), [(1.3, "+1.3"), (-0.4, "−0.4"), (0.0, "持平"), (-0.0, "持平"), (None, "—")]
)
def test_the_change_in_a_table_cell(change, expected):
    assert words.change_cell(Progress(), change) == expected


def test_the_change_of_a_mean_has_the_decimals_of_the_mean():
    assert words.change_cell(Progress(change_unit="个"), 0.04) == "+0.04"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(500, "500"), (500.0, "500"), (12817.84, "12,817.84"), (0.5, "0.5"), (0, "0"), (100, "100"), (1.005, "1.01")],
)
def test_a_figure_has_no_idle_zeros_and_keeps_those_that_count(value, expected):
    assert plain_number(value) == expected


@pytest.mark.parametrize(
    ("yuan", "expected"),
    [
        (55_797_600, "5,579.76万元"),
        (10_000, "1万元"),
        (12_350, "1.24万元"),
        (100, "0.01万元"),
        (99.5, "99.5元"),
        (0, "0万元"),
    ],
)
def test_money_is_given_in_ten_thousands(yuan, expected):
    assert ten_thousand_yuan(yuan) == expected


@pytest.mark.parametrize(
    ("level", "name", "expected"),
    [
        ("city", "长治市", "全市"),
        ("county", "襄垣县", "全县"),
        ("county", "潞城市", "全市"),
        ("county", "城区", "全区"),
        ("county", "山西长治高新技术产业园区", "全区"),
    ],
)
def test_an_edition_calls_its_own_area_as_it_is_called_there(level, name, expected):
    assert whole_of(Edition(code="", name=name, level=level, office="")) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "≥500㎡"),
        ({"at_least": 2, "at_most": 5, "unit": "名"}, "2—5名"),
        ({"at_least": 1.5, "unit": "名"}, "≥1.5名"),
    ],
)
def test_what_a_target_asks_fits_a_table_cell(changes, expected):
    assert bound_text(target(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "城市社区"),
        ({"kind": "rural", "minimum_population": 3000}, "3,000人以上的农村社区"),
        ({"kind": "rural"}, "农村社区"),
        ({"kind": ""}, "社区"),
        ({"level": "county", "kind": "", "urban_districts_only": True}, "市辖区"),
        ({"level": "county", "kind": ""}, "县（市、区）"),
    ],
)
def test_what_a_target_judges(changes, expected):
    assert units_text(target(**changes)) == expected


@pytest.mark.parametrize(("clause", "expected"), [("三", "文件第三部分"), ("四（三）3", "文件第四部分（三）3")])
def test_where_a_target_stands_in_its_document(clause, expected):
    assert words.clause_in_words(clause) == expected


def test_the_title_names_the_county_in_its_own_edition():
    assert words.title(figures()) == "2018年6月全市“三社联动”目标完成情况"
    assert words.title(figures(division=COUNTY)) == "2018年6月襄垣县“三社联动”目标完成情况"


# --- Paragraphs ---


def test_the_overview_gives_units_rates_and_changes():
    rural = target(
        code="rural_professionals",
        short_name="农村社区专业人才",
        kind="rural",
        judged=3442,
        percent=43.8,
        change_on_last_month=0.0,
    )
    first, second = words.overview(figures(targets=[target(), rural]))
    assert first == (
        "截至2018年6月30日，对照长民发〔2017〕138号，全市共测评城市社区153个、农村社区3,442个。"
        "城市社区设施面积、农村社区专业人才2项目标的达标率分别为62.7%、43.8%。"
        "与上月相比，1项提高、1项持平。"
    )
    assert second == "全市在岗社会工作者4,355人，其中社会工作专业人才2,245人，占比51.5%。"


def test_the_overview_leaves_out_last_month_when_there_was_none():
    first, _ = words.overview(figures(targets=[target(change_on_last_month=None)]))
    assert "上月" not in first
    assert "城市社区设施面积达标率为62.7%。" in first


def test_the_overview_of_a_month_without_any_judged_unit_says_so():
    nothing = target(judged=0, met=0, unmet=0, rate=None, percent=None, change_on_last_month=None)
    first, _ = words.overview(figures(targets=[nothing]))
    assert first == "截至2018年6月30日，对照长民发〔2017〕138号，全市没有参评单位。"


@pytest.mark.parametrize(
    ("before", "expected"),
    [(4343, "较上月增加12人"), (4360, "较上月减少5人"), (4355, "与上月持平")],
)
def test_the_workforce_is_compared_with_last_month(before, expected):
    workforce = {"workers": 4355, "professionals": 2245, "percent": 51.5, "last_month_workers": before}
    assert f"在岗社会工作者4,355人，{expected}，其中" in words.overview(figures(workforce=workforce))[1]


def test_a_workforce_that_was_not_reported_is_no_zero():
    workforce = {"workers": None, "professionals": None, "percent": None, "last_month_workers": None}
    assert words.overview(figures(workforce=workforce))[1] == "全市尚未上报社会工作者名册。"


def test_a_workforce_of_nobody_has_no_share():
    workforce = {"workers": 0, "professionals": 0, "percent": None, "last_month_workers": None}
    assert words.overview(figures(workforce=workforce))[1] == "全市在岗社会工作者0人。"


def test_a_target_says_how_it_stands_and_who_leads_and_lags():
    stands, order = words.target_sentences(target(change_on_year_before=-2.0), CITY)
    assert stands == (
        "目标为“城市社区综合服务设施面积达到500平方米以上”（文件第三部分）。"
        "全市参评城市社区153个，达标96个，达标率62.7%，较上月提高1.3个百分点，同比下降2.0个百分点；"
        "未达标57个，共缺12,817.84平方米。"
    )
    assert order == "城区达标率66.7%，居前；襄垣县达标率50.0%，居后。"


def test_units_over_the_upper_bound_are_shown_apart_and_count_as_met():
    professionals = target(at_least=2, at_most=5, unit="名", met=90, over=15, unmet=48, gap=59, percent=68.6)
    assert "达标105个（其中超过5名的15个），达标率68.6%" in words.target_sentences(professionals, CITY)[0]


def test_unknown_and_small_communities_are_named_and_not_called_unmet():
    rural = target(
        kind="rural",
        minimum_population=3000,
        unit="个",
        judged=276,
        met=97,
        unmet=105,
        gap=256,
        unknown=74,
        not_applicable=3166,
    )
    sentence = words.target_sentences(rural, CITY)[0]
    assert sentence.endswith(
        "未达标105个，共缺256个；数据未报、暂不能判定的74个，计入参评；不足3,000人、不参评的3,166个。"
    )


def test_a_target_that_everybody_meets_speaks_of_no_gap_and_nobody_behind():
    counties = [division("140402", "城区", 145, 145), division("140423", "襄垣县", 8, 8)]
    done = target(met=153, unmet=0, gap=0, percent=100.0, rate=1.0, divisions=counties, farthest=None)
    sentence, order = words.target_sentences(done, CITY)
    assert sentence.endswith("达标率100.0%，较上月提高1.3个百分点。")
    assert order == "城区、襄垣县均已全部达标。"
    assert words.shortcoming(done, CITY) == ""


def test_a_target_without_a_judged_unit_says_so():
    nothing = target(judged=0, met=0, unmet=0, rate=None, percent=None)
    assert words.target_sentences(nothing, CITY) == [
        "目标为“城市社区综合服务设施面积达到500平方米以上”（文件第三部分）。全市本月没有参评的城市社区。"
    ]


def test_a_target_for_whole_districts_gives_the_figure_of_each():
    agencies = target(
        level="county",
        kind="",
        urban_districts_only=True,
        unit="家",
        at_least=3,
        at_most=5,
        judged=3,
        met=1,
        over=0,
        unmet=1,
        unknown=1,
        gap=1,
        divisions=[
            division("140402", "城区", 1, 1, value=4),
            division("140411", "郊区", 1, 0, value=2),
            division("140481", "潞城区", 1, 0, value=None),
        ],
    )
    assert words.target_sentences(agencies, CITY)[1] == "其中，城区4家、郊区2家。"


def test_the_farthest_communities_are_named_with_what_they_have_and_lack():
    rows = [farthest("和平社区居委会", 0, 500), farthest("东关社区居委会", 120.5, 379.5)]
    short = target(farthest={"missing": 500, "number": 0, "rows": rows})
    assert words.shortcoming(short, CITY) == (
        "城市社区设施面积缺口最大的依次是城区东街街道办事处和平社区居委会（现有0平方米，还缺500平方米）、"
        "城区东街街道办事处东关社区居委会（现有120.5平方米，还缺379.5平方米）。"
    )
    assert "依次是东街街道办事处和平社区居委会（" in words.shortcoming(short, COUNTY)


def test_when_many_lack_equally_much_the_counties_are_named_instead():
    many = target(
        short_name="农村社区专业人才",
        kind="rural",
        unit="名",
        unmet=1934,
        farthest={"missing": 1, "number": 1934, "rows": []},
        divisions=[
            division("140402", "城区", 30, 30),
            division("140423", "襄垣县", 8, 4),
            division("140421", "长治县", 9, 3),
        ],
    )
    assert words.shortcoming(many, CITY) == (
        "农村社区专业人才未达标的1,934个农村社区均还缺1名，较多的是长治县（6个）、襄垣县（4个）。"
    )
    some = replace(many, farthest=Farthest(missing=2, number=8, rows=()))
    assert words.shortcoming(some, CITY) == (
        "农村社区专业人才未达标的1,934个农村社区中，有8个还缺2名，未达标较多的是长治县（6个）、襄垣县（4个）。"
    )


def test_purchases_give_money_and_shares_by_source_and_by_object():
    purchases = {
        "projects": 3,
        "budget": 1_000_000,
        "contract_amount": 800_000,
        "paid": 55_500,
        "by_funding_source": [
            {"name": "一般公共预算", "projects": 2, "budget": 750_000, "percent": 75.0},
            {"name": "福彩公益金", "projects": 1, "budget": 250_000, "percent": 25.0},
        ],
        "by_beneficiaries": [{"name": "全体居民", "projects": 3, "budget": 1_000_000, "percent": 100.0}],
    }
    assert paragraphs(made(Purchases, purchases), CITY, "2018-06-30") == [
        "截至6月30日，全市执行期在2018年内、已经开始的购买服务项目3个，预算100万元，合同金额80万元，已拨付5.55万元。",
        "按资金来源分，一般公共预算、福彩公益金预算分别为75万元、25万元，占比分别为75.0%、25.0%。按服务对象分，全部为全体居民。",
    ]


def test_no_purchase_is_said_in_words():
    assert paragraphs(made(Purchases, NO_PURCHASES), CITY, "2018-06-30") == [
        "全市没有登记执行期在2018年内、已经开始的购买服务项目。"
    ]
