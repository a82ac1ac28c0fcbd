"""Results of a month for its own counties and for those of today, from the same communities (docs/domain.md §3)."""

from __future__ import annotations

import datetime
import io
import json
from collections import defaultdict
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Community, CrosswalkRow, Division
from periods.models import ReportingPeriod
from targets.actions import compute_period
from targets.current_boundaries import is_of_another_map, measures_in_current_boundaries, results_in_current_boundaries
from targets.models import DivisionMeasure, Target, TargetResult
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_place,
    make_posting,
    make_profile,
    make_user,
    make_worker,
)
from tests.queries import queries_of, writes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 11, 23)
# The months before, of and after the change.
BEFORE, ON, AFTER = "2018-10", "2018-11", "2018-12"
COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown", "gap")


def apply(place):
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))


def computed(month):
    period = make_period(month)
    compute_period(period)
    return period


def then(period):
    """Return stored results by target and division code."""
    rows = TargetResult.objects.for_period(period).reporting()
    return {(row.target.code, row.division.code): row for row in rows}


def now(period):
    return {(row.target.code, row.division.code): row for row in results_in_current_boundaries(period)}


def counts(result):
    return {name: getattr(result, name) for name in COUNTS}


def added(*results):
    return {name: sum(getattr(result, name) for result in results) for name in COUNTS}


@pytest.fixture
def suburb(place):
    """Create 郊区, an urban district with a street of one urban and one rural community."""
    county = make_division("140411", "郊区", place.city, is_urban_district=True)
    street = make_division("140411001", "长北街道办事处", county)
    make_community(street, "长北社区居委会", residents=900)
    make_community(street, "小村村委会", kind="rural", residents=3_500)
    return county


@pytest.fixture
def merged(place, suburb):
    """Merge 城区 and 郊区 into 潞州区, with facts of every register in both, and some in 襄垣县."""
    street = Division.objects.by_code("140411001")
    for community, area in zip(place.communities, (600, 400, 500), strict=True):
        make_facility(community, area=area)
        make_organization(community)
        make_worker(community)
    make_worker(place.street)
    for community in Community.objects.filter(town=street):
        make_facility(community, area=100)
        make_worker(community)
    for _ in range(2):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    make_organization(suburb, registration="registered", is_social_work_agency=True)
    make_profile(place.villages[0], residents=3_000)
    make_organization(place.villages[0])
    change("merge", place.county, "140403", "潞州区")
    change("merge", suburb, "140403", "潞州区")
    change("rename", place.other_county, "140407", "襄垣区")
    apply(place)
    return Division.objects.by_code("140403")


def test_a_merged_county_has_the_sum_of_its_parts_in_a_month_before(merged):
    period = computed(BEFORE)
    was, is_now = then(period), now(period)
    for target in Target.objects.filter(plan__code="2020", level="community"):
        parts = was[target.code, "140402"], was[target.code, "140411"]
        assert counts(is_now[target.code, "140403"]) == added(*parts), target.code
        assert counts(is_now[target.code, "140407"]) == counts(was[target.code, "140423"])
        assert counts(is_now[target.code, "140400"]) == counts(was[target.code, "140400"])
    facilities = is_now["urban_facility_area", "140403"]
    assert (facilities.judged, facilities.met, facilities.rate) == (6, 2, Decimal("0.3333"))
    assert {code for _, code in is_now} == {"140400", "140403", "140407"}
    assert {code for _, code in was} == {"140400", "140402", "140411", "140423"}


@pytest.mark.parametrize("month", [ON, AFTER])
def test_from_the_month_of_the_change_on_then_is_now(merged, month):
    period = computed(month)
    was, is_now = then(period), now(period)
    assert {key: counts(row) for key, row in was.items()} == {key: counts(row) for key, row in is_now.items()}
    assert not is_of_another_map(period)


def test_a_month_before_is_of_another_map(merged):
    assert is_of_another_map(computed(BEFORE))


@pytest.mark.parametrize("month", [BEFORE, ON, AFTER])
def test_counties_of_today_are_judged_by_what_their_parts_had_together(merged, month):
    """Two agencies of 城区 and one of 郊区 are three of 潞州区; 襄垣区 is judged although 襄垣县 was not."""
    is_now = now(computed(month))
    assert counts(is_now["district_agencies", "140403"]) == dict.fromkeys(COUNTS, 0) | {"judged": 1, "met": 1}
    assert counts(is_now["district_agencies", "140407"]) == dict.fromkeys(COUNTS, 0) | {
        "judged": 1,
        "unmet": 1,
        "gap": 3,
    }
    assert is_now["district_agencies", "140400"].judged == 2


def test_before_the_change_the_counties_of_then_are_judged_apart(merged):
    was = then(computed(BEFORE))
    assert [was["district_agencies", code].gap for code in ("140402", "140411", "140423")] == [1, 2, 0]
    assert was["district_agencies", "140423"].judged == 0


def test_a_county_of_today_is_known_as_soon_as_one_part_has_reported(place, suburb):
    make_worker(place.street)
    change("merge", place.county, "140403", "潞州区")
    change("merge", suburb, "140403", "潞州区")
    apply(place)
    period = computed(BEFORE)
    by_code = {measure.division.code: measure for measure in measures_in_current_boundaries(period)}
    assert (by_code["140403"].workers, by_code["140403"].professionals) == (1, 1)
    assert (by_code["140423"].workers, by_code["140423"].professionals) == (None, None)
    professionals = now(period)["urban_professionals", "140403"]
    assert professionals.unknown == 1, "what 郊区 had not reported then stays unknown"


def test_facts_at_a_split_county_go_with_their_town(place):
    make_worker(place.street)
    make_worker(place.other_street)
    make_worker(place.other_street)
    make_worker(place.county)
    change("split", place.county, "140408", "东城区")
    change("split", place.county, "140409", "西城区")
    for code, communities in (("140408", place.communities), ("140409", place.other_communities)):
        for community in communities:
            CrosswalkRow.objects.create(
                effective_on=DAY,
                from_code=community.code,
                from_name=community.name,
                to_code=community.code.replace("140402", code),
                to_name=community.name,
            )
    apply(place)
    period = computed(BEFORE)
    workers = {measure.division.code: measure.workers for measure in measures_in_current_boundaries(period)}
    assert workers == {"140400": 4, "140408": 2, "140409": 2, "140423": None}
    is_now = now(period)
    assert is_now["urban_facility_area", "140408"].judged == 3
    assert is_now["urban_facility_area", "140409"].judged == 2
    assert is_now["district_agencies", "140409"].unknown == 1


def test_a_town_of_which_a_part_has_gone_to_another_county_is_read_community_by_community(place):
    change("split", place.street, "140402001", "东街街道办事处")
    change("split", place.street, "140423001", "新东街街道办事处")
    gone = place.communities[2]
    make_facility(gone, area=600)
    CrosswalkRow.objects.create(
        effective_on=DAY, from_code=gone.code, from_name=gone.name, to_code="140423001001", to_name=gone.name
    )
    apply(place)
    is_now = now(computed(BEFORE))
    assert (is_now["urban_facility_area", "140402"].judged, is_now["urban_facility_area", "140423"].judged) == (4, 1)
    assert is_now["urban_facility_area", "140423"].met == 1


def test_a_locked_month_is_read_from_its_frozen_figures(merged, place, officer):
    period = computed(BEFORE)
    before = {key: counts(row) for key, row in now(period).items()}
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=officer
    )
    make_facility(place.communities[1], area=9_000)
    queries = queries_of(lambda: now(period))
    assert {key: counts(row) for key, row in now(period).items()} == before
    assert not writes_of(queries)


def test_a_user_is_shown_the_own_area_only(merged, place):
    period = computed(BEFORE)
    clerk = make_user(Role.DISTRICT_CLERK, merged)
    seen = results_in_current_boundaries(period, user=clerk, levels=Division.Level.values)
    assert {result.division.code for result in seen} == {"140403", "140403001", "140403002", "140403003"}


def test_a_month_that_was_never_measured_has_nothing(merged):
    assert results_in_current_boundaries(make_period(BEFORE)) == []


def test_the_command_prints_the_counties_of_today(merged):
    def printed(*options):
        output = io.StringIO()
        call_command("compute", "--period", BEFORE, "--json", *options, stdout=output)
        return json.loads(output.getvalue())

    as_then, current_boundaries = printed(), printed("--divisions", "now")
    assert (as_then["divisions"], current_boundaries["divisions"]) == ("then", "now")
    area = current_boundaries["targets"]["urban_facility_area"]
    assert list(area) == ["140400", "140403", "140407"]
    assert area["140400"] == as_then["targets"]["urban_facility_area"]["140400"]
    workers = current_boundaries["targets"]["workforce_total"]
    assert workers["140400"] == as_then["targets"]["workforce_total"]["140400"]
    assert workers["140403"]["workers"] == 6


def test_queries_do_not_grow_with_the_city(place):
    make_worker(place.communities[0])
    change("rename", place.county, "140409", "东城区")
    apply(place)
    period = computed(BEFORE)
    few = len(queries_of(lambda: results_in_current_boundaries(period)))
    for number in range(30):
        make_community(place.rural_town, f"演示{number}村委会", kind="rural")
    compute_period(period)
    assert len(queries_of(lambda: results_in_current_boundaries(period))) == few


# --- The counties add up to the city after any changes of divisions ---

KINDS = ("merge", "into", "rename", "split", "town")


def redraw(place, kinds):
    """Apply changes of these kinds to the small city, as far as they are compatible."""
    county, other = place.county, place.other_county
    if "split" in kinds:
        change("split", county, "140402", "城区")
        change("split", county, "140409", "西城区")
        for community in place.other_communities:
            CrosswalkRow.objects.create(
                effective_on=DAY,
                from_code=community.code,
                from_name=community.name,
                to_code=community.code.replace("140402", "140409"),
                to_name=community.name,
            )
    elif "merge" in kinds:
        change("merge", county, "140403", "潞州区")
        change("merge", other, "140403", "潞州区")
    elif "into" in kinds:
        change("merge", other, "140402", "城区")
    elif "rename" in kinds:
        change("rename", other, "140407", "襄垣区")
    elif "town" in kinds:
        change("recode", place.other_street, "140423002", "西街街道办事处")
    if kinds:
        apply(place)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_counties_always_add_up_to_the_city(data, fresh_place):
    place = fresh_place()
    towns = (place.street, place.other_street, place.rural_town)
    everywhere = [*place.communities, *place.other_communities, *place.villages]
    days = st.dates(datetime.date(2018, 1, 1), datetime.date(2018, 12, 31))
    for community in everywhere:
        if data.draw(st.booleans()):
            make_profile(community, residents=data.draw(st.sampled_from([2_999, 3_000, 5_000])))
        for _ in range(data.draw(st.integers(0, 2))):
            make_facility(community, area=data.draw(st.sampled_from([120, 250, 500])), opened_on=data.draw(days))
        if data.draw(st.booleans()):
            worker = make_worker(None)
            make_posting(worker, community, started_on=data.draw(days))
    for division in (*towns, place.county, place.other_county):
        if data.draw(st.booleans()):
            make_worker(division)
            make_organization(division, registration="registered", is_social_work_agency=True)
    redraw(place, {data.draw(st.sampled_from([*KINDS, ""]))} - {""})
    for month in (BEFORE, ON, AFTER):
        period = computed(month)
        for results in (then(period), now(period)):
            _assert_adds_up(results)
        for target, was in then(period).items():
            is_of_city = target[1] == "140400" and was.target.level == Target.Level.COMMUNITY
            if is_of_city:
                assert counts(now(period)[target]) == counts(was)
        stored = DivisionMeasure.objects.for_period(period).reporting().with_workforce()
        for measures in (list(stored), measures_in_current_boundaries(period)):
            city, *counties = measures
            known = [county.workers for county in counties if county.workers is not None]
            assert (city.workers or 0) == sum(known)


def _assert_adds_up(results):
    summed = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for (target, code), result in results.items():
        if code != "140400":
            for name in COUNTS:
                summed[target][name] += getattr(result, name)
    for target, total in summed.items():
        assert counts(results[target, "140400"]) == total, target


@pytest.fixture
def fresh_place(db):
    """Return a function that creates a new small city for each example of hypothesis."""
    points = []

    def fresh():
        while points:
            transaction.savepoint_rollback(points.pop())
        points.append(transaction.savepoint())
        return make_place()

    return fresh
