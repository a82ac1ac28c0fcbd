"""Tests of 四、填报情况: who reported the month, in figures and text."""

import datetime

import pytest
from django.utils import timezone

from changzhi_portal.briefings import to_stored
from reports.figures import briefing_figures
from reports.issue import issue_markup, issue_text
from submissions.actions import accept_submission, return_submission, submit_month
from submissions.briefing import OwnReport, Reporting, ReportingOver, paragraphs, reporting_figures
from targets.actions import compute_period
from tests.factories import make_division, make_period
from tests.queries import exactly
from tests.reports.briefings import CITY, COUNTY, division, figures, issue, made, target
from tests.submissions.reporting import settle

pytestmark = pytest.mark.one_database


def reporting(**changes):
    """Return June 2018 with four counties, one of each standing."""
    values = {
        "period": "2018-06",
        "counted_on": "2018-07-06",
        "due_on": "2018-07-05",
        "expected": 4,
        "on_time": ["城区"],
        "late": ["郊区"],
        "returned": ["襄垣县"],
        "missing": ["沁县"],
        "again": [],
        "completeness": 50.0,
        "timeliness": 25.0,
        "own": None,
    }
    return made(Reporting, {**values, **changes})


def own(**changes):
    """Return the report of 襄垣县, on time and accepted."""
    values = {"standing": "on_time", "is_accepted": True, "submitted_on": "2018-07-03", "times_returned": 0}
    return OwnReport(**{**values, **changes})


def test_on_time_late_returned_and_missing_are_named():
    assert paragraphs(reporting(), CITY) == [
        "2018年6月应上报4个县（市、区），2018年7月5日截止。截至2018年7月6日，按时上报1个，迟报1个（郊区），"
        "退回后尚未重新上报1个（襄垣县），未上报1个（沁县）；上报率50.0%，按时上报率25.0%。"
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"on_time": list("甲乙丙丁"), "late": [], "returned": [], "missing": []}, "4个县（市、区）全部按时上报。"),
        ({"on_time": [], "late": [], "returned": [], "missing": list("甲乙丙丁")}, "截至2018年7月6日，均未上报。"),
    ],
)
def test_when_all_stand_alike_one_word_says_it(changes, expected):
    (paragraph,) = paragraphs(reporting(**changes), CITY)
    assert paragraph == f"2018年6月应上报4个县（市、区），2018年7月5日截止。{expected}"


def test_who_had_to_correct_a_report_is_told_apart():
    assert (
        paragraphs(reporting(again=["城区", "郊区"]), CITY)[1]
        == "其中，城区、郊区2个县（市、区）经退回修改后重新上报。"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (own(), "全县2018年6月于2018年7月3日按时上报（2018年7月5日截止），市局已接收。"),
        (
            own(standing="late", submitted_on="2018-07-08", is_accepted=False, times_returned=2),
            "全县2018年6月于2018年7月8日迟报（2018年7月5日截止），其间退回修改2次，市局正在审核。",
        ),
        (own(standing="missing"), "截至2018年7月6日，全县2018年6月尚未上报（2018年7月5日截止）。"),
        (own(standing="returned"), "全县2018年6月上报被退回，截至2018年7月6日尚未重新上报（2018年7月5日截止）。"),
    ],
)
def test_a_countys_edition_says_how_the_county_itself_did(values, expected):
    assert paragraphs(reporting(expected=1, own=values), COUNTY) == [expected]


def test_a_month_that_nobody_had_to_report_has_no_paragraph():
    assert paragraphs(reporting(expected=0), CITY) == []


# --- Whose figures are not this month's ---
ALL = ["城区", "郊区", "襄垣县", "沁县", "武乡县"]
CAVEATS = {
    "all have reported": ({"missing": [], "returned": []}, ""),
    "one is missing": ({"missing": ["武乡县"], "returned": []}, "武乡县本月未上报，其数据为以前登记的，比较时请注意。"),
    "one was returned": (
        {"missing": [], "returned": ["沁县"]},
        "沁县本月上报被退回后未重新上报，其数据未经审核，比较时请注意。",
    ),
    "one of each": (
        {"missing": ["武乡县"], "returned": ["沁县"]},
        "武乡县本月未上报，其数据为以前登记的；沁县本月上报被退回后未重新上报，其数据未经审核，比较时请注意。",
    ),
    "two are missing": (
        {"missing": ["沁县", "武乡县"], "returned": []},
        "沁县、武乡县本月未上报，其数据均为以前登记的，比较时请注意。",
    ),
    "many are missing": (
        {"missing": ALL[:4], "returned": []},
        "城区、郊区、襄垣县等4个县（市、区）本月未上报，其数据均为以前登记的，比较时请注意。",
    ),
    "nobody has reported": (
        {"missing": ALL, "returned": []},
        "5个县（市、区）本月均未上报，其数据均为以前登记的，比较时请注意。",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), CAVEATS.values(), ids=CAVEATS)
def test_the_first_page_and_the_overview_say_whose_figures_are_of_before(changes, sentence):
    text = issue_text(issue(figures=figures(reporting=reporting(expected=5, **changes))))
    assert text.summary.caveats == ((sentence,) if sentence else ())
    first = text.sections[0].blocks[0].text
    assert first == sentence if sentence else first.startswith("截至2018年6月30日，对照")
    markup = issue_markup(issue(figures=figures(reporting=reporting(expected=5, **changes))))
    assert ("注意：" in markup) == bool(sentence)


def test_a_county_that_never_reported_has_no_figures_of_before():
    rows = [division("140402", "城区", 57, 38), division("140423", "襄垣县", 8, 0, unknown=8)]
    without = figures(targets=[target(divisions=rows)], reporting=reporting(missing=["襄垣县"], returned=[]))
    assert issue_text(issue(figures=without)).summary.caveats == ("襄垣县本月未上报，数据空缺，比较时请注意。",)


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        ("missing", "全县本月未上报，其数据为以前登记的，比较时请注意。"),
        ("returned", "全县本月上报被退回后未重新上报，其数据未经审核，比较时请注意。"),
    ],
)
def test_a_countys_edition_says_so_of_itself(standing, sentence):
    names = {each: ["襄垣县"] if each == standing else [] for each in ("on_time", "late", "returned", "missing")}
    of_county = reporting(expected=1, own=own(standing=standing), **names)
    assert issue_text(issue(figures=figures(division=COUNTY, reporting=of_county))).summary.caveats == (sentence,)


def test_a_quarters_issue_says_who_has_not_reported_its_last_month():
    over = ReportingOver("2018-04", "2018-06", 3, 12, 11, (), (("沁县", 1),), 4, ("沁县",))
    quarter = figures(span="quarter", reporting=over)
    assert issue_text(issue(figures=quarter, span="quarter")).summary.caveats == (
        "沁县2018年6月未上报，其数据为以前登记的，比较时请注意。",
    )


def test_the_section_stands_between_purchases_and_shortcomings():
    titles = [section.title for section in issue_text(issue(figures=figures(reporting=reporting()))).sections]
    assert titles[:5] == ["总体进展", "分项情况", "购买服务", "填报情况", "主要短板"]


def test_an_issue_from_before_reports_were_kept_is_printed_as_it_was():
    assert "reporting" not in figures().sections
    titles = [section.title for section in issue_text(issue()).sections]
    assert "填报情况" not in titles


@pytest.mark.django_db
def test_the_figures_are_those_of_the_months_reports(place, clerk, other_clerk, officer):
    settle(place)
    period = make_period("2018-06")
    for name in ("演示甲县", "演示乙县"):
        make_division(f"1405{len(name)}{ord(name[2]) % 10}", name, place.city)

    def moment(day):
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))

    first = submit_month(period=period, county=place.county, by=clerk, at=moment(period.due_on))
    return_submission(submission=first, note="请核对", by=officer)
    submit_month(period=period, county=place.county, by=officer)
    accept_submission(submission=first, by=officer)
    submit_month(period=period, county=place.other_county, by=other_clerk, at=moment(period.late_until))
    compute_period(period)
    with exactly(2):
        found = reporting_figures(period, place.city)
    assert (found.expected, found.on_time, found.late) == (4, ("城区",), ("襄垣县",))
    assert sorted(found.missing) == ["演示乙县", "演示甲县"]
    assert (found.returned, found.again) == ((), ("城区",))
    assert (found.completeness, found.timeliness) == (50.0, 25.0)
    assert briefing_figures(period, place.city).sections["reporting"] == to_stored(found)
    edition = reporting_figures(period, place.county)
    assert edition.own == own(submitted_on=period.due_on.isoformat(), times_returned=1)
