"""三、联动工作 of an issue: which parts it has, what is stored of the month's figures, and what is corrected."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest

from changzhi_portal.briefings import Heading, IssueOf, Paragraph, Table, from_stored, to_stored
from changzhi_portal.linked.declared import LinkedPart, declared_works
from changzhi_portal.linked.stored import LinkedFigures
from communities.models import Division
from reports.briefing.linked import linked_figures
from reports.corrections import corrections_between
from reports.figures import briefing_figures
from reports.issue import issue_text
from reports.stored_figures import from_json, to_json
from targets.actions import compute_period
from targets.models import FigureResult
from tests.factories import make_community, make_division, make_facility, make_period
from tests.queries import queries_of
from tests.reports.briefings import issue
from tests.reports.linked import linked
from tests.reports.situations import CITY_NAMES
from tests.reports.whole_issues import COUNTY, TOWNS, whole
from tests.targets.measured import lock

FEW = CITY_NAMES[:5]
EVERY = ["party", "deliberation", "convenience", "culture", "elderly"]


def section_of(figures, code="linked"):
    return next((each for each in issue_text(issue(figures=figures)).sections if each.code == code), None)


def headings(section):
    return [f"{number}{block.text}" for number, block in section.numbered_blocks if isinstance(block, Heading)]


# --- What is printed ---


@pytest.mark.one_database
def test_purchases_are_a_part_of_the_section_as_they_were():
    section = section_of(whole(names=FEW))
    assert (section.number, section.title) == ("三", "联动工作")
    assert headings(section) == ["（一）平台与减负", "（二）社会组织与购买服务", "（三）社工人才", "（四）经费与推广"]
    before = section_of(whole(names=FEW, has_linked=False), "services")
    assert (before.number, before.title) == ("三", "购买服务")
    purchases = [block.text for block in before.blocks]
    assert purchases == [block.text for block in section.blocks if block.text in purchases]
    assert section_of(whole(names=FEW), "services") is None


@pytest.mark.one_database
def test_parts_without_anything_to_say_are_left_out_and_the_numbers_close_up():
    made = whole(names=FEW)
    nothing = to_stored(linked([("140402", "城区")], missing=["城区"]))
    section = section_of(replace(made, sections={**made.sections, "linked": nothing}))
    assert headings(section) == ["（一）社会组织与购买服务"]
    bare = {"linked": to_stored(LinkedFigures())}
    assert section_of(replace(made, sections=bare)) is None


@pytest.mark.one_database
def test_what_is_stored_reads_and_prints_the_same_again():
    made = whole(names=FEW)
    again = from_json(json.loads(json.dumps(to_json(made))))
    assert again == made
    assert section_of(again) == section_of(made)


@pytest.mark.one_database
def test_the_annex_has_every_figure_by_county_and_says_who_has_not_reported():
    stored = to_stored(linked([("140402", "城区"), ("140423", "襄垣县")], missing=["襄垣县"]))
    made = whole(names=FEW)
    made = replace(made, sections={**made.sections, "linked": stored})
    annex = next(each for each in issue_text(issue(figures=made)).annexes if each.code == "linked_figures")
    tables = {table.caption.partition("（")[0]: table for table in annex.blocks if isinstance(table, Table)}
    kinds = [
        "社区组织体系和服务设施",
        "进社区工作事项",
        "社区减负",
        "居民满意度",
        "社会组织培育",
        "购买服务",
        "社区活动",
        "社会工作人才、居民骨干",
        "社区发展规划、经费支付、制度保障、宣传与案例",
    ]
    assert list(tables) == kinds
    table = tables["社区组织体系和服务设施"]
    assert [column.title for column in table.columns][:2] == ["县（市、区）", "组织健全的社区"]
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["全市合计"] == rows["城区"] == ["75.0%", "91.7%", "41.7%", "40.0%", "600.00"]
    assert set(rows["襄垣县"]) == {"未填报"}
    # What nobody has reported has no column.
    titles = [column.title for column in tables["社区减负"].columns]
    assert "会议（次）" in titles and "检查考评（次）" not in titles


@pytest.mark.one_database
def test_an_issue_without_figures_has_no_annex_of_them():
    codes = {each.code for each in issue_text(issue(figures=whole(names=FEW, has_linked=False))).annexes}
    assert "linked_figures" not in codes


@pytest.mark.one_database
def test_a_countys_edition_is_by_town():
    section = section_of(whole(names=TOWNS, edition=COUNTY))
    texts = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    assert texts[0].startswith("全县填报组织体系的社区132个")
    assert not any("覆盖" in text for text in texts)


@pytest.mark.one_database
def test_corrected_figures_are_named_with_the_counties_that_differ():
    old = whole(names=FEW)
    stored = json.loads(json.dumps(old.sections["linked"]))
    bodies = stored["works"][0]["figures"][0]
    bodies |= {"numerator": 46, "value": 76.7}
    bodies["places"]["140402"] = 83.3
    new = replace(old, sections={**old.sections, "linked": stored})
    [correction] = corrections_between(old, new)
    assert correction.in_words() == "全市联动工作：组织健全的社区占比由75.0%更正为76.7%，城区的数据相应更正"


@pytest.mark.one_database
def test_an_edition_from_before_corrects_nothing_of_the_section():
    old = whole(names=FEW, has_linked=False)
    assert corrections_between(old, whole(names=FEW)) == []


@pytest.mark.one_database
def test_each_work_has_a_part_and_figures_of_its_own():
    works = declared_works()
    codes = [shown.figure.code for work in works for shown in work.figures]
    assert len(codes) == len(set(codes))
    assert {work.part for work in works} == {
        LinkedPart.RELIEF,
        LinkedPart.ORGANIZATIONS,
        LinkedPart.TALENT,
        LinkedPart.SUPPORT,
    }
    assert all(1 <= sum(shown.is_key for shown in work.figures) <= 3 for work in works)


# --- What is stored ---


@pytest.fixture
def measured(place):
    """May and June: facilities of 城区, one more in June; 襄垣县 has reported nothing."""
    first, second, _ = place.communities
    make_facility(first, functions=EVERY)
    may, june = make_period("2018-05"), make_period("2018-06")
    compute_period(may)
    make_facility(second, area=80, functions=["culture"], opened_on=datetime.date(2018, 6, 10), construction_mode="new")
    compute_period(june)
    return june


def of(period, division, span="month"):
    return {each.code: each for each in linked_figures(IssueOf(period, division, span)).figures}


@pytest.mark.django_db
def test_the_figures_of_the_month_are_stored_with_their_change(place, measured):
    covered = of(measured, place.city)["facility_cover"]
    assert (covered.numerator, covered.denominator, covered.value, covered.change) == (2, 5, 40, 20)
    assert (covered.counties, covered.counties_before) == (1, None)
    assert covered.places == {"140402": 40}
    opened = of(measured, place.city)["area_opened"]
    assert (opened.value, opened.change) == (80, 80)
    assert {part: area for part, area in opened.parts.items() if area} == {"筹资新建": 80}
    assert not of(measured, place.city)["signs"].is_reported
    assert of(measured, place.county)["five_functions"].places == {"140402001": 33.3, "140402002": 0}


@pytest.mark.django_db
def test_a_longer_time_has_flows_since_january_and_stocks_since_its_beginning(place, measured):
    make_facility(place.communities[2], area=30, opened_on=datetime.date(2018, 2, 1), functions=["culture"])
    for month in ("2018-03", "2018-05"):
        compute_period(make_period(month))
    compute_period(measured)
    quarter = of(measured, place.city, "quarter")
    assert (quarter["area_opened"].value, quarter["area_opened"].change) == (110, None)
    # In March two of five communities had a facility, in June three.
    assert (quarter["facility_cover"].value, quarter["facility_cover"].change) == (60, 20)
    assert of(measured, place.city)["area_opened"].value == 80


@pytest.mark.django_db
def test_a_county_that_reports_for_the_first_time_is_no_change(place, measured):
    make_facility(place.villages[0], functions=["culture"], opened_on=datetime.date(2018, 6, 1))
    compute_period(measured)
    covered = of(measured, place.city)["facility_cover"]
    assert (covered.value, covered.change) == (42.9, None)
    assert (covered.counties, covered.counties_before) == (2, 1)


@pytest.mark.django_db
def test_an_issue_of_a_locked_month_keeps_its_figures(place, measured, officer):
    before = of(measured, place.city)
    lock(measured, officer)
    make_facility(place.communities[2], functions=EVERY)
    assert of(measured, place.city) == before
    stored = briefing_figures(measured, place.city).sections["linked"]
    assert {each.code: each for each in from_stored(stored, LinkedFigures).figures} == before


@pytest.mark.django_db
@pytest.mark.one_database
def test_the_number_of_queries_is_fixed(place, measured):
    def asked():
        return len(queries_of(lambda: linked_figures(IssueOf(measured, place.city))))

    assert asked() == QUERIES
    for number in range(3):
        county = make_division(f"14043{number}", f"演示{number}县", place.city)
        town = make_division(f"14043{number}100", "古韩镇", county)
        make_facility(make_community(town), functions=EVERY)
    compute_period(measured)
    assert len(of(measured, place.city)["facility_cover"].places) == 4
    assert FigureResult.objects.of_period(measured).filter(division__level=Division.Level.COUNTY).count() > 4
    assert asked() == QUERIES


# Divisions below; figures of the month; versions of the two months; figures of the month before.
QUERIES = 4
