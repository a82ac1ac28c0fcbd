"""Tests of the figures of a briefing against the rows that they are counted from."""

import datetime
import json
from decimal import Decimal

import pytest

from accounts.actions import apply_division_changes
from changzhi_portal.briefings import to_stored
from changzhi_portal.refusals import InvalidError, StaleError
from communities.models import Community, Division
from periods.models import ReportingPeriod
from reports.figures import briefing_figures, issuing_office
from reports.ranking import order_of
from reports.stored_figures import Farthest, PaceFigures, ShortfallCell, TrendPoint, Workforce, from_json, to_json
from services.briefing import purchase_figures
from services.models import ServiceProject
from targets.actions import compute_period
from targets.models import DivisionMeasure, TargetResult
from targets.pace import Outlook
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_user,
    make_worker,
)
from tests.queries import queries_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def measured(place, period):
    """Create facts of every kind in 城区 and 襄垣县, measured in May and June; two facilities and a worker are new in June."""
    june = datetime.date(2018, 6, 10)
    make_facility(place.communities[0], area="499.99")
    make_facility(place.communities[1], area=600)
    make_facility(place.communities[2], area=520, opened_on=june)
    make_facility(place.other_communities[0], area=800, opened_on=june)
    for _ in range(10):
        make_organization(place.communities[0])
    for number in range(6):
        make_worker(place.communities[1], posting={"started_on": june} if number == 5 else None)
    make_worker(place.street)
    make_profile(place.villages[0], residents=3_000)
    make_organization(place.villages[0])
    make_worker(place.villages[0])
    make_facility(place.villages[0])
    for _ in range(4):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    compute_period(make_period("2018-05"))
    compute_period(period)
    return place


def target_of(figures, code):
    return next(target for target in figures.targets if target.code == code)


def test_every_count_is_that_of_the_result(measured, period):
    figures = briefing_figures(period, measured.city)
    assert [target.code for target in figures.targets] == [
        "urban_facility_area",
        "urban_org_count",
        "rural_org_count",
        "urban_professionals",
        "rural_professionals",
        "district_agencies",
    ]
    for target in figures.targets:
        result = TargetResult.objects.get(period=period, division=measured.city, target__code=target.code)
        for name in ("judged", "met", "over", "unmet", "not_applicable", "unknown"):
            assert getattr(target, name) == getattr(result, name), (target.code, name)
        assert target.gap == float(result.gap)
        assert target.rate == (None if result.rate is None else float(result.rate))


def test_the_facility_target_of_the_city(measured, period):
    """Five urban communities of 城区: 499.99 falls short by a hundredth, 600, 520 and 800 reach, one has none."""
    area = target_of(briefing_figures(period, measured.city), "urban_facility_area")
    assert (area.judged, area.met, area.unmet, area.percent) == (5, 3, 2, 60.0)
    assert area.gap == 500.01
    assert area.change_on_last_month == 40.0
    assert area.change_on_year_before is None
    assert [(row.code, row.judged, row.met) for row in area.divisions] == [
        ("140402", 5, 3),
        ("140423", 0, 0),
    ]
    assert [row.name for row in area.farthest.rows] == ["参府社区居委会", "和平社区居委会"]
    assert [row.missing for row in area.farthest.rows] == [500, 0.01]


def test_units_over_the_bound_count_as_reached(measured, period):
    professionals = target_of(briefing_figures(period, measured.city), "urban_professionals")
    assert (professionals.met, professionals.over, professionals.unmet) == (0, 1, 4)
    assert professionals.percent == 20.0
    assert professionals.change_on_last_month == 0.0  # five in May, six in June: both count


def test_a_target_for_districts_gives_each_districts_own_figure(measured, period):
    agencies = target_of(briefing_figures(period, measured.city), "district_agencies")
    assert [(row.code, row.value) for row in agencies.divisions] == [("140402", 4)]
    assert agencies.farthest is None


def test_the_annex_lists_urban_communities_that_miss_any_target_with_all_their_figures(measured, period):
    shortfalls = briefing_figures(period, measured.city).shortfalls
    assert shortfalls.targets == ("urban_facility_area", "urban_org_count", "urban_professionals")
    rows = {row.name: row.figures for row in shortfalls.rows}
    assert list(rows) == ["和平社区居委会", "东关社区居委会", "下东社区居委会", "上党门社区居委会", "参府社区居委会"]
    assert rows["和平社区居委会"] == {
        "urban_facility_area": ShortfallCell(value=499.99, is_short=True),
        "urban_org_count": ShortfallCell(value=10, is_short=False),
        "urban_professionals": ShortfallCell(value=0, is_short=True),
    }


def test_a_community_that_meets_everything_is_not_in_the_annex(place, period):
    for community in (*place.communities, *place.other_communities):
        make_facility(community, area=500)
        for _ in range(10):
            make_organization(community)
        for _ in range(2):
            make_worker(community)
    compute_period(period)
    assert briefing_figures(period, place.city).shortfalls.rows == ()


def test_a_register_nobody_reported_is_unknown_and_not_short(place, period):
    compute_period(period)
    figures = briefing_figures(period, place.city)
    area = target_of(figures, "urban_facility_area")
    assert (area.judged, area.unknown, area.unmet, area.farthest) == (5, 5, 0, None)
    assert figures.shortfalls.rows == ()
    assert figures.workforce.workers is None


def test_a_countys_edition_is_by_town_and_of_that_county_alone(measured, period):
    figures = briefing_figures(period, measured.county)
    area = target_of(figures, "urban_facility_area")
    assert [(row.name, row.judged, row.met) for row in area.divisions] == [
        ("东街街道办事处", 3, 2),
        ("西街街道办事处", 2, 1),
    ]
    assert area.judged == 5
    assert {row.county for row in figures.shortfalls.rows} == {"城区"}
    assert figures.division.office == "长治市城区民政局"


def test_a_countys_edition_is_silent_about_what_is_asked_of_districts_only(measured, period):
    codes = [target.code for target in briefing_figures(period, measured.other_county).targets]
    assert "district_agencies" not in codes
    assert "rural_org_count" in codes
    assert "district_agencies" in [target.code for target in briefing_figures(period, measured.county).targets]


def test_two_towns_one_leads_and_one_lags(measured, period):
    area = target_of(briefing_figures(period, measured.county), "urban_facility_area")
    order = order_of(area.divisions)
    assert [[row.name for row in place] for place in (*order.best, *order.weakest)] == [
        ["东街街道办事处"],
        ["西街街道办事处"],
    ]


def test_where_all_stand_the_same_nobody_leads(place, period):
    for community in (*place.communities, *place.other_communities):
        make_facility(community, area=500)
    compute_period(period)
    area = target_of(briefing_figures(period, place.county), "urban_facility_area")
    order = order_of(area.divisions)
    assert (order.ranked, order.best, order.weakest) == (2, (), ())


def test_more_communities_than_can_be_named_are_counted(place, period):
    make_facility(place.communities[0], area=500)
    for _ in range(3):
        make_community(place.street)
    compute_period(period)
    farthest = target_of(briefing_figures(period, place.city), "urban_facility_area").farthest
    assert farthest == Farthest(missing=500, number=7, rows=())


def test_the_workforce_counts_town_stations_and_compares_with_last_month(measured, period):
    workforce = briefing_figures(period, measured.city).workforce
    measure = DivisionMeasure.objects.get(period=period, division=measured.city)
    assert workforce == Workforce(
        workers=measure.workers,
        professionals=measure.workers,
        percent=100.0,
        last_month_workers=measure.workers - 1,
        trend=(TrendPoint("2018-05", measure.workers - 1), TrendPoint("2018-06", measure.workers)),
    )


def test_a_merged_county_is_compared_with_the_counties_it_continues(measured, period):
    """潞州区 of June continues 城区 and another county of May."""
    merged = make_division(
        "140403", "潞州区", measured.city, is_urban_district=True, valid_from=datetime.date(2018, 6, 1)
    )
    Division.objects.filter(pk=measured.county.pk).update(
        valid_to=datetime.date(2018, 6, 1), successor=merged, path=f"{merged.path}140402/"
    )
    Division.objects.filter(pk=measured.other_county.pk).update(
        valid_to=datetime.date(2018, 6, 1), successor=merged, path=f"{merged.path}140423/"
    )
    for town in (measured.street, measured.other_street, measured.rural_town):
        Division.objects.filter(pk=town.pk).update(parent=merged, path=f"{merged.path}{town.code}/")
    compute_period(period)
    figures = briefing_figures(period, merged)
    area = target_of(figures, "urban_facility_area")
    assert (area.judged, area.percent) == (5, 60.0)
    assert area.change_on_last_month == 40.0
    assert figures.workforce.last_month_workers == figures.workforce.workers - 1


def test_taking_in_another_county_later_changes_no_figure_of_the_months_before(measured, period):
    """城区 is merged with 襄垣县 in November: the issues of June, created again, have the same figures."""
    for division in (measured.county, measured.street, measured.other_county, measured.rural_town):
        make_project(division)
    for month in (make_period("2018-05"), period):
        compute_period(month)
    counties = (measured.county, measured.other_county)
    then = [briefing_figures(period, county) for county in counties]
    change("merge", measured.other_county, "140402", "城区")
    apply_division_changes(by=make_user("bureau_admin", measured.city))
    compute_period(make_period("2018-05"))
    compute_period(period)
    for county, figures in zip(counties, then, strict=True):
        county.refresh_from_db()
        assert briefing_figures(period, county) == figures


# --- Purchases ---


def test_purchases_are_those_that_have_begun_and_run_this_year(place, period):
    make_project(place.county, budget=Decimal("100000.10"), contract_amount=Decimal(90_000), paid=Decimal("0.20"))
    make_project(place.other_county, budget=Decimal("300000.20"), funding_source="lottery", beneficiaries="needy")
    make_project(place.county, starts_on=datetime.date(2018, 7, 1))
    make_project(place.county, starts_on=datetime.date(2017, 1, 1), ends_on=datetime.date(2017, 12, 31))
    last = make_project(
        place.county, starts_on=datetime.date(2017, 1, 1), ends_on=datetime.date(2018, 1, 1), budget=Decimal(0)
    )
    compute_period(period)
    purchases = purchase_figures(place.city, period.as_of)
    assert briefing_figures(period, place.city).sections["services"] == to_stored(purchases)
    assert ServiceProject.objects.filter(pk=last.pk).exists()
    assert purchases.projects == 3
    assert purchases.budget == 400000.3
    assert (purchases.contract_amount, purchases.paid) == (90_000, 0.2)
    assert [(row.name, row.projects, row.budget, row.percent) for row in purchases.by_funding_source] == [
        ("福彩公益金", 1, 300000.2, 75.0),
        ("一般公共预算", 2, 100000.1, 25.0),
    ]
    assert [row.name for row in purchases.by_beneficiaries] == ["困难群众", "全体居民"]


def test_a_countys_purchases_are_its_own(place, period):
    make_project(place.county)
    make_project(place.other_county)
    make_project(place.city)
    compute_period(period)
    assert purchase_figures(place.county, period.as_of).projects == 1
    assert purchase_figures(place.city, period.as_of).projects == 3


# --- Form of the figures ---


def test_the_figures_are_kept_as_plain_json_and_read_again(measured, period):
    for division in (measured.city, measured.county):
        figures = briefing_figures(period, division)
        kept = to_json(figures)
        assert json.loads(json.dumps(kept)) == kept
        assert from_json(kept) == figures


def test_the_same_month_gives_the_same_figures(measured, period):
    first = briefing_figures(period, measured.city)
    compute_period(period)
    assert briefing_figures(period, measured.city) == first


@pytest.mark.parametrize("is_demo", [True, False])
def test_invented_data_are_marked(measured, period, settings, is_demo):
    settings.DEMO = is_demo
    assert briefing_figures(period, measured.city).is_demo is is_demo


def test_the_number_of_queries_does_not_grow_with_communities(measured, period):
    few = len(queries_of(lambda: briefing_figures(period, measured.city)))
    for number in range(25):
        community = make_community(measured.street, residents=4_000)
        make_facility(community, area=100 + number)
        make_community(measured.rural_town, kind=Community.Kind.RURAL, residents=4_000)
    compute_period(period)
    figures = briefing_figures(period, measured.city)
    assert len(figures.shortfalls.rows) == 30
    many = len(queries_of(lambda: briefing_figures(period, measured.city)))
    # One more query for each target that more communities miss equally than can be named.
    assert many <= few + 5
    # Four of them read the figures of 联动工作.
    assert many <= 37


def test_a_month_that_was_never_measured_is_refused(place, period):
    with pytest.raises(StaleError) as refusal:
        briefing_figures(period, place.city)
    assert "manage.py compute --period 2018-06" in refusal.value.cure


def test_a_town_has_no_briefing_of_its_own(measured, period):
    with pytest.raises(InvalidError, match="没有单独的简报"):
        briefing_figures(period, measured.street)


def test_a_county_that_did_not_stand_then_is_refused(measured, period):
    later = make_division("140403", "潞州区", measured.city, valid_from=datetime.date(2018, 11, 23))
    with pytest.raises(InvalidError, match="没有潞州区"):
        briefing_figures(period, later)


@pytest.mark.django_db
def test_who_issues_the_briefing(place):
    assert issuing_office(place.city) == "长治市民政局"
    assert issuing_office(place.other_county) == "襄垣县民政局"
    assert issuing_office(place.county) == "长治市城区民政局"
    zone = make_division("140471", "山西长治高新技术产业园区", place.city, is_statistical=True)
    assert issuing_office(zone) == "长治市民政局"


def test_periods_of_last_month_and_year_before_need_not_exist(place, period):
    compute_period(period)
    assert ReportingPeriod.objects.count() == 1
    for target in briefing_figures(period, place.city).targets:
        assert target.change_on_last_month is None
        assert target.change_on_year_before is None


def test_the_year_before_is_the_same_month(place):
    before, now = make_period("2018-01"), make_period("2019-01")
    make_facility(place.communities[0], area=500)
    compute_period(before)
    make_facility(place.communities[1], area=500, opened_on=datetime.date(2018, 9, 1))
    compute_period(now)
    area = target_of(briefing_figures(now, place.city), "urban_facility_area")
    assert (area.percent, area.change_on_last_month, area.change_on_year_before) == (40.0, None, 20.0)


def test_every_row_has_its_pace(measured, period):
    """40 points since May, the only month before: reached in July; 襄垣县 has no urban community to judge."""
    figures = briefing_figures(period, measured.city)
    assert figures.plan.ends_on == "2020-12-31"
    area = target_of(figures, "urban_facility_area")
    assert area.pace == PaceFigures(
        outlook=Outlook.IN_TIME,
        progress=40.0,
        months_counted=1,
        attained_in="2018-07",
        needed=1.34,
        months_left=30,
    )
    assert [(row.code, row.pace.outlook) for row in area.divisions] == [
        ("140402", "in_time"),
        ("140423", "unknown"),
    ]
