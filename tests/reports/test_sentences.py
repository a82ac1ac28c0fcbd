"""Every situation of a briefing with the exact sentence that is written about it (docs/domain.md §7.4).

To be read as tables: what is the case, the figures, the sentence.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports import forecast, words
from reports.stored_figures import ChangedDivisions, Edition, PaceFigures
from services.briefing import Purchases, PurchaseShare
from services.briefing import paragraphs as purchase_paragraphs
from submissions.briefing import paragraphs as reporting_paragraphs
from targets.pace import Outlook
from tests.reports.briefings import CITY, COUNTY, division, farthest, figures, made
from tests.reports.situations import moving, places, units
from tests.reports.test_reporting import reporting

pytestmark = pytest.mark.one_database

URBAN_DISTRICT = Edition(code="140402", name="城区", level="county", office="长治市城区民政局")
STAFF = {"at_least": 2, "at_most": 5, "unit": "名"}
AGENCIES = {"level": "county", "kind": "", "urban_districts_only": True, "unit": "家", "at_least": 3, "at_most": 5}
VILLAGES = {"kind": "rural", "minimum_population": 3000, "unit": "个", "at_least": 5}
SHARE = {"aggregate": "coverage", "coverage_at_least": 80}
MEAN = {"aggregate": "mean", "value": 9.4, "unit": "个", "at_least": 10, "change_unit": "个", "verdict": "unmet"}
RATIO = {"aggregate": "mean", "level": "division", "kind": "", "per": "100_households", "at_least": 30} | {
    "value_unit": "㎡/百户",
    "change_unit": "㎡/百户",
}


def agencies(*values: float | None):
    """Return a row for each urban district with its number of agencies; None: not reported."""
    names = (("140402", "城区"), ("140411", "郊区"), ("140481", "潞城区"))
    return [
        division(code, name, 1, int(value is not None and value >= 3), value=value, unknown=int(value is None))
        for (code, name), value in zip(names, values, strict=False)
    ]


# --- How a target stands ---
STANDS = {
    "some reached, first month": (
        units(153, 96),
        "全市参评城市社区153个，达标96个，达标率62.7%；未达标57个，共缺4,560平方米。",
    ),
    "risen": (
        units(153, 96, change_on_last_month=1.3),
        "全市参评城市社区153个，达标96个，达标率62.7%，较上月提高1.3个百分点；未达标57个，共缺4,560平方米。",
    ),
    "fallen, but above last year": (
        units(153, 96, change_on_last_month=-0.4, change_on_year_before=2.0),
        "全市参评城市社区153个，达标96个，达标率62.7%，较上月下降0.4个百分点，同比提高2.0个百分点；"
        "未达标57个，共缺4,560平方米。",
    ),
    "unchanged": (
        units(153, 96, change_on_last_month=0.0, change_on_year_before=0.0),
        "全市参评城市社区153个，达标96个，达标率62.7%，与上月持平，同比持平；未达标57个，共缺4,560平方米。",
    ),
    "a change too small to print is none": (
        units(153, 96, change_on_last_month=0.04, change_on_year_before=-0.04),
        "全市参评城市社区153个，达标96个，达标率62.7%，与上月持平，同比持平；未达标57个，共缺4,560平方米。",
    ),
    "last month missing, last year known": (
        units(153, 96, change_on_year_before=5.2),
        "全市参评城市社区153个，达标96个，达标率62.7%，同比提高5.2个百分点；未达标57个，共缺4,560平方米。",
    ),
    "all have reached it": (
        units(153, 153, change_on_last_month=0.7),
        "全市参评城市社区153个，全部达标，达标率100.0%，较上月提高0.7个百分点。",
    ),
    "all but one of thousands": (
        units(3446, 3445, change_on_last_month=0.0),
        "全市参评城市社区3,446个，达标3,445个，达标率99.9%，与上月持平；仅1个未达标，还缺80平方米。",
    ),
    "one of two is not": (
        units(2, 1),
        "全市参评城市社区2个，达标1个，达标率50.0%；未达标1个，还缺80平方米。",
    ),
    "one of thousands": (
        units(3446, 1),
        "全市参评城市社区3,446个，达标1个，达标率0.1%；未达标3,445个，共缺275,600平方米。",
    ),
    "nobody has reached it": (
        units(8, 0, change_on_last_month=0.0),
        "全市参评城市社区8个，均未达标，达标率0.0%，与上月持平；共缺640平方米。",
    ),
    "nobody yet, some not reported": (
        units(8, 0, unknown=3),
        "全市参评城市社区8个，尚无达标的，达标率0.0%；未达标5个，共缺400平方米；数据未报、暂不能判定的3个，计入参评。",
    ),
    "nobody has reported": (
        units(8, 0, unknown=8, change_on_last_month=-40.0),
        "全市参评城市社区8个，数据均未报，暂不能判定。",
    ),
    "all reported ones have reached it": (
        units(8, 5, unknown=3),
        "全市参评城市社区8个，达标5个，达标率62.5%；数据未报、暂不能判定的3个，计入参评。",
    ),
    "one short, one not reported": (
        units(10, 8, unknown=1, divisions=places((4, 5), (4, 5, 1))),
        "全市参评城市社区10个，达标8个，达标率80.0%；未达标1个，还缺80平方米；"
        "数据未报、暂不能判定的1个（在郊区），计入参评。",
    ),
    "one county missing": (
        units(20, 12, unknown=8, divisions=places((12, 12), (0, 8, 8)), change_on_last_month=-5.0),
        "全市参评城市社区20个，达标12个，达标率60.0%，较上月下降5.0个百分点；"
        "数据未报、暂不能判定的8个（均在郊区），计入参评，拉低达标率。",
    ),
    "nothing is judged": (units(0, 0), "全市本月没有参评的城市社区。"),
    "small communities are not judged": (
        units(276, 97, unknown=74, not_applicable=3166, **VILLAGES),
        "全市参评3,000人以上的农村社区276个，达标97个，达标率35.1%；未达标105个，共缺8,400个；"
        "数据未报、暂不能判定的74个，计入参评；不足3,000人、不参评的3,166个。",
    ),
    "some above the range": (
        units(100, 80, over=10, **STAFF),
        "全市参评城市社区100个，达标90个（其中超过5名的10个），达标率90.0%；未达标10个，共缺800名。",
    ),
    "all above the range": (
        units(5, 0, over=5, **STAFF),
        "全市参评城市社区5个，全部达标（均超过5名），达标率100.0%。",
    ),
    "one unit: reached": (units(1, 1, change_on_last_month=0.0), "全市参评城市社区1个，已达标。"),
    "one unit: newly reached": (units(1, 1, change_on_last_month=100.0), "全市参评城市社区1个，本月新达标。"),
    "one unit: no longer": (
        units(1, 0, change_on_last_month=-100.0),
        "全市参评城市社区1个，由上月达标转为未达标，还缺80平方米。",
    ),
    "one unit: above the range": (units(1, 0, over=1, **STAFF), "全市参评城市社区1个，已达标（超过5名）。"),
    "one unit: not reported": (units(1, 0, unknown=1), "全市参评城市社区1个，数据未报，暂不能判定。"),
    "the standard was raised this month": (
        units(153, 40, standard_last_month="≥400㎡"),
        "全市参评城市社区153个，达标40个，达标率26.1%；未达标113个，共缺9,040平方米；"
        "本月起标准由≥400㎡调整为≥500㎡，与上月不可比。",
    ),
    "what counts has changed this month": (
        units(153, 40, standard_last_month="≥500㎡"),
        "全市参评城市社区153个，达标40个，达标率26.1%；未达标113个，共缺9,040平方米；"
        "本月起测评口径有调整，与上月不可比。",
    ),
    "a share is asked and not reached": (
        units(100, 70, verdict="unmet", **SHARE),
        "全市参评城市社区100个，达标70个，达标率70.0%，距80%的要求还差10.0个百分点；未达标30个，共缺2,400平方米。",
    ),
    "a share is asked and reached": (
        units(100, 85, verdict="met", **SHARE),
        "全市参评城市社区100个，达标85个，达标率85.0%，已达到80%的要求；未达标15个，共缺1,200平方米。",
    ),
    "a share is asked, and those not reported decide": (
        units(100, 70, unknown=30, verdict="unknown", **SHARE),
        "全市参评城市社区100个，达标70个，达标率70.0%，能否达到80%的要求暂不能判定；"
        "数据未报、暂不能判定的30个，计入参评。",
    ),
    "a share is missed by less than what is printed": (
        units(10_000, 7_996, verdict="unmet", **SHARE),
        "全市参评城市社区10,000个，达标7,996个，达标率80.0%，略低于80%的要求；未达标2,004个，共缺160,320平方米。",
    ),
    "a mean, risen": (
        units(1, 0, **{**MEAN, "gap": 12}, change_on_last_month=0.2),
        "全市城市社区平均为9.4个，未达到平均≥10个的目标，较上月提高0.2个；按目标共缺12个。",
    ),
    "a mean, unchanged as printed": (
        units(1, 0, **{**MEAN, "gap": 12}, change_on_last_month=0.004),
        "全市城市社区平均为9.4个，未达到平均≥10个的目标，与上月持平；按目标共缺12个。",
    ),
    "a mean that is missed by less than what is printed": (
        units(1, 0, **{**MEAN, "value": 9.996, "gap": 1}),
        "全市城市社区平均为10个，略低于平均≥10个的目标；按目标共缺1个。",
    ),
    "a mean of which a part is not reported": (
        units(1, 0, unknown=1, **{**MEAN, "verdict": "unknown"}),
        "全市城市社区平均为9.4个，部分社区数据未报，暂不能判定。",
    ),
    "a mean that is not known": (
        units(1, 0, unknown=1, **{**MEAN, "value": None, "verdict": "unknown"}),
        "全市城市社区数据未报全，平均数暂不能测算。",
    ),
    "a ratio of the whole area": (
        units(1, 1, value=31.2, verdict="met", change_on_last_month=-0.25, **RATIO),
        "全市为31.2平方米/百户，已达到每百户≥30㎡的目标，较上月下降0.25平方米/百户。",
    ),
    "whole districts": (
        units(3, 1, unknown=1, **{**AGENCIES, "gap": 1}, divisions=agencies(4, 2, None)),
        "全市参评市辖区3个，达标1个，达标率33.3%；未达标1个，还缺1家；数据未报、暂不能判定的1个（在潞城区），计入参评。",
    ),
}


@pytest.mark.parametrize(("target", "sentence"), STANDS.values(), ids=STANDS)
def test_how_a_target_stands(target, sentence):
    asked = "目标为“城市社区综合服务设施面积达到500平方米以上”（文件第三部分）。"
    assert words.target_sentences(target, CITY)[0] == asked + sentence


def test_a_district_reads_its_own_number_of_agencies_in_its_edition():
    own = units(1, 0, **{**AGENCIES, "gap": 1}, divisions=agencies(2))
    stands, order = words.target_sentences(own, URBAN_DISTRICT)
    assert stands.endswith("。全区现有2家，尚未达标，还缺1家。")
    assert order == ""


def test_the_figures_of_districts_and_who_has_not_reported():
    three = units(3, 1, unknown=1, **{**AGENCIES, "gap": 1}, divisions=agencies(4, 2, None))
    assert words.target_sentences(three, CITY)[1] == "其中，城区4家、郊区2家；潞城区数据未报。"


# --- Who leads and who lags: (reached, judged, unknown) of 城区、郊区、长治县、襄垣县、屯留县、平顺县、黎城县、… ---
TENTHS = [(tenth, 10) for tenth in range(10)]
ORDER = {
    "a single county": ([(1, 2)], ""),
    "no county judges anything": ([(0, 0), (0, 0)], ""),
    "two": ([(2, 3), (1, 2)], "城区达标率66.7%，居前；郊区达标率50.0%，居后。"),
    "two, one has reached it": ([(1, 2), (2, 2)], "郊区全部达标，居前；城区达标率50.0%，居后。"),
    "two, one has nothing": ([(1, 2), (0, 2)], "城区达标率50.0%，居前；郊区达标率0.0%，居后。"),
    "two alike": ([(1, 2), (2, 4)], "城区、郊区达标率相同，均为50.0%。"),
    "two, both have reached it": ([(2, 2), (3, 3)], "城区、郊区均已全部达标。"),
    "two, both have nothing": ([(0, 2), (0, 3)], "城区、郊区均无达标的城市社区。"),
    "two, one not reported": ([(1, 2), (0, 3, 3)], ""),
    "three": ([(3, 5), (2, 5), (1, 5)], "达标率居前的是城区（60.0%），居后的是长治县（20.0%）。"),
    "three, two share the first place": (
        [(3, 5), (3, 5), (1, 5)],
        "达标率居前的是城区（60.0%）、郊区（60.0%），居后的是长治县（20.0%）。",
    ),
    "ten": (
        TENTHS,
        "达标率居前的是武乡县（90.0%）、长子县（80.0%）、壶关县（70.0%），"
        "居后的是城区（0.0%）、郊区（10.0%）、长治县（20.0%）。",
    ),
    "all alike": ([(1, 5)] * 3, "3个县（市、区）达标率相同，均为20.0%。"),
    "all have reached it": ([(5, 5)] * 13, "13个县（市、区）均已全部达标。"),
    "all have nothing": ([(0, 5)] * 13, "13个县（市、区）均无达标的城市社区。"),
    "all but one have reached it": ([(5, 5)] * 11 + [(4, 5)], "除沁源县（80.0%）外，其余11个县（市、区）已全部达标。"),
    "one has reached it": (
        [(5, 5), (4, 5), (3, 5), (2, 5), (1, 5)],
        "城区已全部达标，其次是郊区（80.0%），居后的是屯留县（20.0%）、襄垣县（40.0%）。",
    ),
    "two have reached it": (
        [(5, 5), (5, 5), (2, 5), (1, 5)],
        "城区、郊区已全部达标，居后的是襄垣县（20.0%）、长治县（40.0%）。",
    ),
    "three have reached it": (
        [(5, 5)] * 3 + [(2, 5), (1, 5)],
        "城区、郊区、长治县等3个县（市、区）已全部达标，居后的是屯留县（20.0%）、襄垣县（40.0%）。",
    ),
    "three share the third place": (
        [(9, 10), (8, 10), (7, 10), (7, 10), (7, 10), *((part, 20) for part in range(1, 6))],
        "达标率居前的是城区（90.0%）、郊区（80.0%），以及长治县、襄垣县、屯留县（均为70.0%），"
        "居后的是平顺县（5.0%）、黎城县（10.0%）、壶关县（15.0%）。",
    ),
    "four share the third place": (
        [(9, 10), (8, 10), *[(7, 10)] * 4, *((part, 20) for part in range(1, 7))],
        "达标率居前的是城区（90.0%）、郊区（80.0%），居后的是黎城县（5.0%）、壶关县（10.0%）、长子县（15.0%）。",
    ),
    "three share the last place but one": (
        [*((part, 20) for part in range(19, 15, -1)), *[(2, 3)] * 3, (1, 2)],
        "达标率居前的是城区（95.0%）、郊区（90.0%）、长治县（85.0%），"
        "居后的是壶关县（50.0%），以及屯留县、平顺县、黎城县（均为66.7%）。",
    ),
    "three share the last place": (
        [*((part, 10) for part in range(9, 5, -1)), *[(1, 2)] * 3],
        "达标率居前的是城区（90.0%）、郊区（80.0%）、长治县（70.0%），居后的是屯留县、平顺县、黎城县（均为50.0%）。",
    ),
    "six lead and six lag": (
        [(9, 10)] * 6 + [(1, 10)] * 6,
        "达标率居前的是6个县（市、区）（均为90.0%），居后的是6个县（市、区）（均为10.0%）。",
    ),
    "one not reported": (
        [(4, 5), (3, 5), (2, 5), (0, 5, 5)],
        "达标率居前的是城区（80.0%），居后的是长治县（40.0%）；襄垣县数据未报，不参加排名。",
    ),
    "more than half not reported": (
        [(4, 5), (3, 5), (2, 5), (1, 5, 3)],
        "达标率居前的是城区（80.0%），居后的是长治县（40.0%）；襄垣县数据过半未报，不参加排名。",
    ),
    "the others have reached it": (
        [(5, 5), (4, 4), (3, 3), (0, 5, 5)],
        "3个县（市、区）均已全部达标；襄垣县数据未报，不参加排名。",
    ),
    "nearly all is not all": ([(30_000, 30_000), (29_999, 30_000)], "城区全部达标，居前；郊区达标率99.9%，居后。"),
}


@pytest.mark.parametrize(("counts", "sentence"), ORDER.values(), ids=ORDER)
def test_who_leads_and_who_lags(counts, sentence):
    rows = places(*counts)
    judged, reached, unknown = (sum(getattr(row, name) for row in rows) for name in ("judged", "reached", "unknown"))
    if judged:
        target = units(judged, reached, unknown=unknown, divisions=rows)
        assert words.target_sentences(target, CITY)[1] == sentence


# --- The whole: changes of all targets ---
A, B, C = (replace(units(100, 50, short_name=name), pace=PaceFigures(**moving(Outlook.TOO_LATE))) for name in "甲乙丙")
FIRST = PaceFigures(**moving(Outlook.NO_PACE, progress=None, months_counted=0))


def changed(*changes: float | None):
    """Return a target for each change on last month."""
    return [replace(each, change_on_last_month=change) for each, change in zip((A, B, C), changes, strict=False)]


PLAN = {"title": "2020年目标方案", "document": "长民发〔2017〕138号", "ends_on": "2020-12-31"}
MERGED = [
    ChangedDivisions(("城区", "郊区"), "合并为", ("潞州区",)),
    ChangedDivisions(("长治县",), "更名为", ("上党区",)),
]
OVERVIEW = {
    "all have risen": (
        {"targets": changed(1.0, 2.0, 0.1)},
        "甲、乙、丙3项目标的达标率均为50.0%。与上月相比，3项目标均有提高。",
    ),
    "all have fallen": (
        {"targets": changed(-1.0, -2.0)},
        "甲、乙2项目标的达标率均为50.0%。与上月相比，2项目标均有下降。",
    ),
    "all are unchanged": (
        {"targets": changed(0.0, 0.0)},
        "甲、乙2项目标的达标率均为50.0%。与上月相比，2项目标均持平。",
    ),
    "one of each": (
        {"targets": changed(1.0, -1.0, 0.0)},
        "甲、乙、丙3项目标的达标率均为50.0%。与上月相比，1项提高、1项下降（乙）、1项持平。",
    ),
    "one cannot be compared": (
        {"targets": changed(1.0, 0.0, None)},
        "甲、乙、丙3项目标的达标率均为50.0%。与上月相比，1项提高、1项持平，另有1项与上月不可比。",
    ),
    "a single target": ({"targets": changed(1.3)}, "甲达标率为50.0%。较上月提高1.3个百分点。"),
    "a single target of a single unit": (
        {"targets": [units(1, 1, short_name="甲", change_on_last_month=100.0)]},
        "甲达标率为100.0%。",
    ),
    "first month": (
        {"targets": [replace(A, pace=FIRST), replace(B, pace=FIRST)]},
        "甲、乙2项目标的达标率均为50.0%。本月为首次测评，没有以前月份可比。",
    ),
    "last month missing": ({"targets": [A, B]}, "甲、乙2项目标的达标率均为50.0%。上月没有可比数据，不作环比。"),
    "the plan changed": (
        {"targets": [A, B], "plan": {**PLAN, "title": "2025年目标方案", "title_last_month": "2020年目标方案"}},
        "甲、乙2项目标的达标率均为50.0%。本月起按《2025年目标方案》测评，上月按《2020年目标方案》测评，两月不可比。",
    ),
    "all standards changed": (
        {"targets": [replace(A, standard_last_month="≥400㎡")]},
        "甲达标率为50.0%。本月起测评标准有调整，与上月不可比。",
    ),
    "counties merged this month": (
        {"targets": changed(1.3), "changed_divisions": MERGED},
        "甲达标率为50.0%。较上月提高1.3个百分点。"
        "本月城区、郊区合并为潞州区，长治县更名为上党区；与以前月份的比较均按调整后的区划计算。",
    ),
    "everything has been reached": (
        {"targets": [units(5, 5, short_name="甲"), units(9, 9, short_name="乙")]},
        "甲、乙2项目标全部达标。",
    ),
    "one register not reported": (
        {"targets": [units(100, 50, short_name="甲"), units(9, 0, unknown=9, short_name="乙")]},
        "甲达标率为50.0%。乙数据未报，暂不能判定。",
    ),
    "nothing reported": (
        {"targets": [units(8, 0, unknown=8, short_name="甲"), units(9, 0, unknown=9, short_name="乙")]},
        "甲、乙数据均未报，暂不能判定。",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), OVERVIEW.values(), ids=OVERVIEW)
def test_the_whole(changes, sentence):
    said = words.overview(figures(**{"plan": PLAN, **changes}))[0]
    assert said.split("。", 1)[1] == sentence


WORKFORCE = {
    "all professionals": ((12, 12, 100.0, 10), "全市在岗社会工作者12人，较上月增加2人，均为社会工作专业人才。"),
    "no professional": ((12, 0, 0.0, 12), "全市在岗社会工作者12人，与上月持平，尚无社会工作专业人才。"),
    "nearly all": (
        (3000, 2999, 99.9, 3001),
        "全市在岗社会工作者3,000人，较上月减少1人，其中社会工作专业人才2,999人，占比99.9%。",
    ),
    "nobody any more": ((0, 0, None, 3), "全市在岗社会工作者0人，较上月减少3人。"),
    "not reported": ((None, None, None, 3), "全市尚未上报社会工作者名册。"),
}


@pytest.mark.parametrize(("counts", "sentence"), WORKFORCE.values(), ids=WORKFORCE)
def test_the_workers(counts, sentence):
    names = ("workers", "professionals", "percent", "last_month_workers")
    assert words.overview(figures(workforce=dict(zip(names, counts, strict=True))))[1] == sentence


# --- What is to do ---
TOO_LATE = PaceFigures(**moving(Outlook.TOO_LATE, needed=1.25))
OVERDUE = PaceFigures(**moving(Outlook.OVERDUE, months_left=0))
NEXT = {
    "open": (
        [replace(A, pace=TOO_LATE)],
        "距2020年底还有30个月。全市要按期完成，甲每月需提高1.25个百分点。按当前进度，甲无法按期完成，须加快进度。",
    ),
    "the plan has ended": ([replace(A, pace=OVERDUE)], "2020年底的期限已到，甲尚未完成，须限期补齐。"),
    "the plan has ended for two": (
        [replace(A, pace=OVERDUE), replace(B, pace=OVERDUE)],
        "2020年底的期限已到，甲、乙2项目标尚未完成，须限期补齐。",
    ),
    "whole districts have no points a month": (
        [units(3, 1, short_name="社工机构", **{**AGENCIES, "gap": 3}, pace=TOO_LATE)],
        "社工机构尚有2个市辖区未达标，共缺3家。",
    ),
    "one unit has no points a month": ([units(1, 0, short_name="甲", pace=TOO_LATE)], "甲尚未达标，缺80平方米。"),
}


@pytest.mark.parametrize(("targets", "sentence"), NEXT.values(), ids=NEXT)
def test_what_is_to_do(targets, sentence):
    assert forecast.next_steps(figures(plan=PLAN, targets=targets)) == [sentence]


def test_one_unit_has_no_pace_in_points_either():
    assert forecast.target_pace(units(1, 0, pace=TOO_LATE), "2020-12-31") == ""
    assert forecast.target_pace(units(1, 1, pace=moving(Outlook.DONE)), "2020-12-31") == "目标已完成。"


# --- Who is farthest ---
FAR = [farthest("和平社区居委会", 0, 500), farthest("东关社区居委会", 120.5, 379.5)]
HEPING = "城区东街街道办事处和平社区居委会（现有0平方米，还缺500平方米）"
DONGGUAN = "城区东街街道办事处东关社区居委会（现有120.5平方米，还缺379.5平方米）"
SHORT = {
    "the only one": (
        units(9, 8, farthest={"missing": 500, "number": 0, "rows": FAR[:1]}),
        f"城市社区设施面积未达标的只有{HEPING}。",
    ),
    "all of them": (
        units(9, 7, farthest={"missing": 500, "number": 0, "rows": FAR}),
        f"城市社区设施面积未达标的是{HEPING}、{DONGGUAN}。",
    ),
    "the first of many": (
        units(9, 3, farthest={"missing": 500, "number": 0, "rows": FAR}),
        f"城市社区设施面积缺口最大的依次是{HEPING}、{DONGGUAN}。",
    ),
    "one far before the others": (
        units(9, 3, farthest={"missing": 500, "number": 0, "rows": FAR[:1]}),
        f"城市社区设施面积缺口最大的是{HEPING}。",
    ),
}


@pytest.mark.parametrize(("target", "sentence"), SHORT.values(), ids=SHORT)
def test_who_is_farthest(target, sentence):
    assert words.shortcoming(target, CITY) == sentence


# --- Reports and purchases ---
def test_nobody_was_on_time():
    (said,) = reporting_paragraphs(
        reporting(
            on_time=[],
            late=["城区", "郊区", "襄垣县", "沁县"],
            returned=[],
            missing=[],
            timeliness=0.0,
            completeness=100.0,
        ),
        CITY,
    )
    assert said.endswith(
        "截至2018年7月6日，尚无按时上报的，迟报4个（城区、郊区、襄垣县、沁县）；上报率100.0%，按时上报率0.0%。"
    )


def bought(budget: float, contract: float, paid: float, *shares: tuple[str, int, float, float]) -> Purchases:
    """Return purchases by source, all for all residents."""
    rows = tuple(PurchaseShare(*share) for share in shares)
    number = sum(row.projects for row in rows)
    return made(Purchases, vars(Purchases(number, budget, contract, paid, rows, ())))


BOUGHT = {
    "nothing paid yet": (
        bought(300_000, 200_000, 0, ("一般公共预算", 2, 300_000, 100.0)),
        [
            "截至6月30日，全县执行期在2018年内、已经开始的购买服务项目2个，预算30万元，合同金额20万元，尚未拨付。",
            "按资金来源分，全部为一般公共预算。",
        ],
    ),
    "no money is known": (
        bought(0, 0, 0, ("一般公共预算", 2, 0, 0.0), ("慈善资金", 1, 0, 0.0)),
        [
            "截至6月30日，全县执行期在2018年内、已经开始的购买服务项目3个，预算为零，尚无合同金额，尚未拨付。",
            "按资金来源分，一般公共预算、慈善资金分别为2个、1个。",
        ],
    ),
}


@pytest.mark.parametrize(("purchases", "sentences"), BOUGHT.values(), ids=BOUGHT)
def test_what_was_bought(purchases, sentences):
    assert purchase_paragraphs(purchases, COUNTY, "2018-06-30") == sentences


def test_the_tables_have_sixty_situations_and_more():
    assert sum(map(len, (STANDS, ORDER, OVERVIEW, WORKFORCE, NEXT, SHORT, BOUGHT))) >= 60
