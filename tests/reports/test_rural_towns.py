"""Tests of 附件2 农村社区分乡镇配备情况: its figures against the registers, its totals, and what is corrected in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from changzhi_portal.briefings import from_stored, to_stored
from reports.briefing.rural_towns import RURAL_TOWNS, RuralTowns, TownCounts
from reports.figures import briefing_figures
from reports.issue import issue_text
from targets.actions import compute_period
from tests.factories import make_organization, make_profile, make_worker
from tests.reports.briefings import issue
from tests.reports.whole_issues import COUNTY, TOWNS, whole

pytestmark = pytest.mark.one_database


def annex_of(made):
    return next(annex for annex in issue_text(issue(figures=made)).annexes if annex.code == "rural_towns").blocks[0]


def texts(row):
    return [cell.text for cell in row]


@pytest.mark.django_db
def test_a_town_has_the_counts_of_its_rural_communities(place, period):
    first, second = place.villages
    make_profile(first, residents=3_000)
    make_profile(second, residents=2_999)
    for _ in range(5):
        make_organization(first)
    make_worker(second)
    compute_period(period)
    figures = briefing_figures(period, place.city)
    (town,) = from_stored(figures.sections["rural_towns"], RuralTowns).rows
    assert town.communities == 2
    assert town.counts["rural_org_count"] == TownCounts(judged=1, reached=1, unknown=0, total=5)
    assert town.counts["rural_professionals"] == TownCounts(judged=2, reached=1, unknown=0, total=1)
    rural = next(target for target in figures.targets if target.code == "rural_professionals")
    assert (rural.judged, rural.reached) == (2, 1), "the annex adds up to the target"
    own = briefing_figures(period, place.other_county).sections.get("rural_towns")
    mine = briefing_figures(period, place.county).sections.get("rural_towns")
    assert [bool(own), bool(mine)].count(True) == 1, "a county's edition has its own towns only"


def test_totals_are_sums_and_rates_follow_from_them():
    table = annex_of(whole(names=("城区", "郊区")))
    total, *rows = table.rows
    counties = [row for row in rows if row[0].is_total]
    towns = [row for row in rows if not row[0].is_total]
    assert texts(total)[0] == "全市合计"
    assert [row[0].text for row in counties] == ["城区", "郊区"]
    for column in (1, 2, 3, 5, 6, 8):
        assert total[column].number == sum(row[column].number for row in counties)
        assert total[column].number == sum(row[column].number for row in towns)
    assert total[4].number == round(100 * total[3].number / total[2].number, 1)


def test_a_county_has_its_towns_without_totals_of_counties():
    table = annex_of(whole(names=TOWNS, edition=COUNTY))
    assert [row[0].text for row in table.rows] == ["全县合计", *TOWNS]


def test_what_differs_in_the_annex_is_named_and_counted_when_it_is_much():
    stored = whole().sections["rural_towns"]
    towns = from_stored(stored, RuralTowns)

    def with_more(number):
        rows = tuple(
            replace(town, communities=town.communities + 1) if place < number else town
            for place, town in enumerate(towns.rows)
        )
        return to_stored(replace(towns, rows=rows))

    assert RURAL_TOWNS.changes(stored, stored) == []
    (one,) = RURAL_TOWNS.changes(stored, with_more(1))
    assert one.in_words() == f"{towns.rows[0].county}{towns.rows[0].name}的数据相应更正"
    (many,) = RURAL_TOWNS.changes(stored, with_more(6))
    assert many.in_words() == "6个街道（乡镇）的数据相应更正"
