"""A target of a figure of divisions wherever a target is shown: dashboard, matrix, briefing, county's month (docs/domain.md §5.13)."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest

from changzhi_portal.briefings import Paragraph
from periods.models import ReportingPeriod
from reports.figures import briefing_figures
from reports.files import issue_workbook
from reports.forecast import next_steps, target_pace
from reports.issue import issue_text
from reports.models import Briefing
from reports.standing import Standing, standing_of_number
from reports.stored_figures import from_json, to_json
from reports.summary import summary_of
from reports.unit_lists import check_lists, issue_lists
from reports.words import overview, target_sentences
from targets.actions import compute_period
from targets.actions.planning import change_target
from targets.models import TargetPlan
from targets.pace import Outlook
from tests.factories import make_facility, make_period
from tests.pages import markup_of
from tests.reports.briefings import CITY
from tests.targets import figures_declared as declared
from tests.targets.figure_targets import CODE, figure_target, unsaved
from tests.targets.measured import lock

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
DASHBOARD = f"/dashboard/?period=2018-06&target={CODE}"


@pytest.fixture
def months(place, declare_figures):
    """In May one community of the five of 城区 is covered, in June two (40.0 %); 襄垣县 has a facility that is closed, 0.0 %."""
    declare_figures(declared.COVERED)
    make_facility(place.communities[0])
    make_facility(place.communities[1], opened_on=datetime.date(2018, 6, 2))
    make_facility(place.villages[0], closed_on=datetime.date(2018, 5, 1))
    figure_target(at_least="30")
    months = [make_period(month) for month in ("2018-05", "2018-06")]
    for month in months:
        compute_period(month)
    return months[1]


def text_of(answer):
    return "".join(re.sub("<[^>]*>", "", markup_of(answer)).split())


def target_of(figures):
    return next(target for target in figures.targets if target.code == CODE)


def sentences_of(period, division):
    figures = briefing_figures(period, division)
    return "".join(target_sentences(target_of(figures), figures.division))


# --- Pages ---


def test_the_dashboard_has_the_divisions_own_figure_and_how_many_counties_reach(months, place, officer, signed_in):
    answer = signed_in(officer).get(DASHBOARD)
    card = answer.context["card"]
    assert (card.target.code, card.result.judged, card.result.reached) == (CODE, 2, 1)
    own = card.result.value
    text = text_of(answer)
    assert f"长治市本月指标covered{own:.1f}%，要求≥30%。" in text
    assert "达标1/2，未达标1" in text
    assert "缺口0" not in text
    assert "超上限" not in text.split("（四（一）2）")[1].split("各县")[0]
    assert (card.pace, card.outlook, card.is_behind) == ("", "", False)
    assert card.progress.pace.outlook == Outlook.NO_PACE
    assert "40.0%" in text and "0.0%" in text, "the bars have each county's figure"
    assert "下限" in text
    assert "设施覆盖" in answer.context["overview"].behind


def test_the_dashboard_of_a_target_with_an_upper_bound_alone_draws_it(months, place, officer, signed_in):
    figure_target(at_most="25", code="at_most_alone")
    compute_period(months)
    answer = signed_in(officer).get("/dashboard/?period=2018-06&target=at_most_alone")
    text = text_of(answer)
    assert "≤25%" in text
    assert "上限" in text
    counties = {each.division.name: each.verdict for each in answer.context["counties"]}
    assert counties == {"城区": "unmet", "襄垣县": "met"}


def test_a_county_without_a_figure_reads_so_in_the_chart(place, period, declare_figures, officer, signed_in):
    declare_figures(declared.COVERED)
    make_facility(place.communities[0])
    figure_target(at_least="20")
    compute_period(period)
    assert "未填报" in text_of(signed_in(officer).get(DASHBOARD))


def test_a_countys_dashboard_has_its_own_result(months, place, clerk, signed_in):
    answer = signed_in(clerk).get(DASHBOARD)
    assert "城区本月指标covered40.0%" in text_of(answer)


def test_the_matrix_has_the_figure_of_each_county_and_no_outlook(months, officer, signed_in):
    matrix = signed_in(officer).get("/matrix/?period=2018-06").context["matrix"]
    cells = {
        row.division.code: next(cell for cell in row.cells if cell and cell.target.code == CODE) for row in matrix.rows
    }
    assert (cells["140402"].figure, cells["140402"].status.word, cells["140402"].place) == ("40.0%", "已完成", "第1")
    assert (cells["140402"].on_last_month, cells["140423"].figure) == ("+20", "0.0%")
    assert (cells["140423"].status.word, cells["140423"].place) == ("未完成", "第2")
    assert (cells["140400"].figure, cells["140400"].status.word) == ("50.0%", "未完成")


def test_of_a_target_that_limits_the_lowest_county_is_first(months, officer, signed_in):
    figure_target(at_most="50", code="at_most_alone")
    compute_period(months)
    matrix = signed_in(officer).get("/matrix/?period=2018-06").context["matrix"]
    cells = {
        row.division.code: next(cell for cell in row.cells if cell and cell.target.code == "at_most_alone")
        for row in matrix.rows
    }
    assert (cells["140423"].place, cells["140402"].place) == ("第1", "第2")
    assert cells["140400"].status.word == "已完成"


def test_two_months_compared_say_which_county_newly_reaches(months, officer, signed_in):
    answer = signed_in(officer).get(f"/compare/?before=2018-05&period=2018-06&target={CODE}&movement=gained")
    assert answer.status_code == 200
    assert "城区" in text_of(answer)


def test_a_countys_month_has_its_own_figure_with_the_change(months, clerk, signed_in):
    text = text_of(signed_in(clerk).get("/submissions/201806-140402/"))
    assert "设施覆盖" in text
    assert "40.0%" in text
    assert "+20.0个百分点" in text


def test_a_county_that_falls_short_has_no_sum_of_points_in_its_month(months, other_clerk, signed_in):
    for address in ("/submissions/201806-140423/", "/report-forms/201806-140423/", "/"):
        answer = signed_in(other_clerk).get(address)
        assert answer.status_code == 200, address
        assert ">0%<" not in markup_of(answer)


# --- Words ---


def test_the_briefing_has_one_sentence_with_the_own_figure_and_that_of_each_county(months, place):
    figures = briefing_figures(months, place.city)
    target = target_of(figures)
    said = "".join(target_sentences(target, figures.division))
    assert f"全市指标covered为{target.value:.1f}%，参评县（市、区）2个，达标1个，达标率50.0%" in said
    assert "未达标1个" in said
    assert "缺" not in said
    assert "其中，城区40.0%、襄垣县0.0%。" in said
    assert target_pace(target, figures.plan.ends_on) == ""
    assert not any("设施覆盖" in sentence for sentence in next_steps(figures))
    assert "设施覆盖" in "".join(overview(figures))


def test_a_countys_edition_says_its_own_figure_and_whether_it_reaches(months, place):
    assert "全区指标covered为40.0%，本月新达标。" in sentences_of(months, place.county)
    assert "全县指标covered为0.0%，尚未达标。" in sentences_of(months, place.other_county)


def test_the_unreported_are_named_and_never_zero(place, period, declare_figures):
    declare_figures(declared.COVERED)
    make_facility(place.communities[0])
    figure_target(at_most="30")
    compute_period(period)
    said = sentences_of(period, place.city)
    assert "数据未报、暂不能判定的1个（在襄垣县），计入参评" in said
    assert "其中，城区20.0%；襄垣县数据未报。" in said
    assert "数据未报，暂不能判定" in sentences_of(period, place.other_county)


def test_a_county_with_nothing_to_divide_by_is_not_judged(place, period, declare_figures):
    declare_figures(declared.MEAN_AREA)
    make_facility(place.communities[0], closed_on=datetime.date(2018, 5, 31))
    make_facility(place.villages[0], area=80)
    figure_target("mean_area", at_least="80", unit="㎡")
    compute_period(period)
    assert "全区本月没有可以计算指标mean_area的数。" in sentences_of(period, place.county)
    said = sentences_of(period, place.city)
    assert (
        "全市指标mean_area为80平方米，参评县（市、区）1个，已达标" in said
        or "全市指标mean_area为80平方米，已达标" in said
    )
    assert "本月没有可以计算的数、不参评的1个" in said


@pytest.mark.parametrize("whose", ["city", "county", "other_county"])
def test_the_whole_issue_is_put_into_words_with_its_lists_and_files(months, place, whose):
    division = getattr(place, whose)
    figures = briefing_figures(months, division)
    assert from_json(to_json(figures)) == figures
    lists = issue_lists(months, division)
    check_lists(lists, figures)
    briefing = Briefing(period=months, division=division, figures=to_json(figures), issue_number=6, total_number=44)
    briefing.issued_on = months.as_of
    issue = issue_text(briefing)
    text = "".join(block.text for section in issue.sections for block in section.blocks if isinstance(block, Paragraph))
    assert "指标covered" in text
    [of_target] = (each for each in summary_of(figures).figures if each.name == "设施覆盖")
    assert (of_target.standard, of_target.outlook, of_target.to_do) == ("≥30%", "—", "—")
    assert issue_workbook(issue, lists).startswith(b"PK")


def test_another_upper_bound_makes_the_months_incomparable(months, place, officer, administrator):
    assert target_of(briefing_figures(months, place.city)).standard_last_month == ""
    lock(ReportingPeriod.objects.get(month=datetime.date(2018, 5, 1)), officer)
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    change_target(plan=plan, code=CODE, values={"at_most": Decimal(50)}, reason="加上限", by=administrator)
    compute_period(months)
    target = target_of(briefing_figures(months, place.city))
    assert (target.standard_last_month, target.change_on_last_month) == ("≥30%", None)
    assert "本月起标准由≥30%调整为30—50%，与上月不可比" in "".join(target_sentences(target, CITY))


# --- The word of a county's figure ---


@pytest.mark.parametrize(
    ("at_least", "at_most", "value", "word"),
    [
        ("95", None, "95", Standing.REACHED),
        ("95", None, "76", Standing.NEAR),
        ("95", None, "75.9", Standing.SHORT),
        ("95", None, "40", Standing.FAR),
        (None, "2", "2", Standing.REACHED),
        (None, "2", "2.5", Standing.NEAR),
        (None, "2", "4", Standing.SHORT),
        (None, "2", "4.1", Standing.FAR),
        (None, "0", "0.1", Standing.FAR),
        (None, "0", "0", Standing.REACHED),
        ("2", "5", "5.1", Standing.NEAR),
        ("2", "5", None, Standing.UNKNOWN),
    ],
)
def test_the_word_compares_with_the_bound_that_is_missed(at_least, at_most, value, word):
    number = None if value is None else Decimal(value)
    assert standing_of_number(unsaved(at_least=at_least, at_most=at_most), number) is word
