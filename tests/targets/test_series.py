"""Monthly series of a division across gaps, plan versions and changes of divisions."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.cache import caches
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.actions import apply_division_changes
from communities.models import CrosswalkRow, Division
from targets.actions import compute_period
from targets.models import Target, TargetPlan, TargetResult
from targets.pace import Outlook
from targets.series import Trend, goal_of, trends_until
from tests.communities.changes import change
from tests.factories import make_division, make_facility, make_organization, make_period, make_user
from tests.queries import exactly, queries_of

pytestmark = pytest.mark.django_db
MERGED = datetime.date(2018, 11, 23)


@pytest.fixture
def area() -> Target:
    return Target.objects.select_related("plan").get(code="urban_facility_area")


def put(
    month: str, target: Target, division: Division, met: int, judged: int, *, over: int = 0, unknown: int = 0, **fields
):
    """Create a result with these counts; the remaining units are unmet."""
    return TargetResult.objects.create(
        period=make_period(month),
        target=target,
        division=division,
        judged=judged,
        met=met,
        over=over,
        unmet=judged - met - over - unknown,
        unknown=unknown,
        not_applicable=0,
        gap=0,
        **fields,
    )


def trend(month: str, target: Target, division: Division, **asked) -> Trend:
    found = trends_until(make_period(month), targets=[target], divisions=[division], **asked)
    return found[target.pk, division.pk]


def test_the_figures_are_exact_percentages_and_only_of_months_until_now(place, area):
    put("2018-04", area, place.city, 20, 60, over=1)
    put("2018-05", area, place.city, 0, 0)
    put("2018-06", area, place.city, 40, 60)
    put("2018-07", area, place.city, 60, 60)
    put("2018-06", area, place.county, 1, 60)
    found = trend("2018-06", area, place.city)
    assert found.figures == {
        datetime.date(2018, 4, 1): Fraction(2100, 60),
        datetime.date(2018, 5, 1): None,
        datetime.date(2018, 6, 1): Fraction(4000, 60),
    }
    assert found.change_on_last_month is None
    assert found.pace.progress == Fraction(1900, 120)
    assert found.pace.outlook == Outlook.IN_TIME


def test_a_month_of_which_most_is_unknown_has_no_figure(place, area):
    put("2018-04", area, place.city, 0, 60, unknown=31)
    put("2018-05", area, place.city, 20, 60, unknown=30)
    put("2018-06", area, place.city, 30, 60)
    found = trend("2018-06", area, place.city)
    assert found.figures[datetime.date(2018, 4, 1)] is None
    assert found.pace.months_counted == 1
    assert trend("2018-04", area, place.city).pace.outlook == Outlook.UNKNOWN


def test_a_merged_county_goes_on_where_its_predecessors_ended(place, area):
    suburb = make_division("140411", "郊区", place.city)
    put("2018-10", area, place.county, 30, 57)
    put("2018-10", area, suburb, 10, 23)
    put("2018-10", area, place.other_county, 8, 8)
    put("2018-10", area, place.city, 48, 88)
    merged = make_division("140403", "潞州区", place.city, valid_from=MERGED)
    for old in (place.county, suburb):
        old.valid_to, old.successor = MERGED, merged
        old.prepare_keys()
        old.save()
    put("2018-11", area, merged, 44, 80)
    found = trend("2018-11", area, merged)
    assert found.figures[datetime.date(2018, 10, 1)] == Fraction(4000, 80)
    assert found.change_on_last_month == 5
    assert trend("2018-10", area, suburb).now == Fraction(1000, 23)


def test_a_division_that_took_in_another_has_its_own_figures_in_the_months_before(place, area):
    """襄垣县 takes in 城区: before that each has its own trend, afterwards that of 襄垣县 continues both."""
    put("2018-09", area, place.county, 10, 30)
    put("2018-09", area, place.other_county, 4, 10)
    put("2018-10", area, place.county, 15, 30)
    put("2018-10", area, place.other_county, 5, 10)
    place.county.valid_to, place.county.successor = MERGED, place.other_county
    place.county.prepare_keys()
    place.county.save()
    put("2018-11", area, place.other_county, 22, 40)
    both = [place.county, place.other_county]
    found = trends_until(make_period("2018-10"), targets=[area], divisions=both)
    assert [found[area.pk, county.pk].now for county in both] == [50, 50]
    assert found[area.pk, place.other_county.pk].change_on_last_month == 10
    assert trend("2018-10", area, place.other_county).now == 50
    afterwards = trend("2018-11", area, place.other_county)
    assert (afterwards.now, afterwards.figures[datetime.date(2018, 10, 1)]) == (55, 50)
    assert afterwards.figures[datetime.date(2018, 9, 1)] == 35


def _merge(place, *old: Division) -> Division:
    """Replace the counties by 潞州区; their towns continue."""
    merged = make_division("140403", "潞州区", place.city, valid_from=MERGED, is_urban_district=True)
    for county in old:
        county.valid_to, county.successor = MERGED, merged
        county.prepare_keys()
        county.save()
        for town in county.children.all():
            town.parent = county
            town.prepare_keys()
            town.save()
    return merged


def test_what_a_merged_county_had_before_is_judged_together(place):
    """Two agencies in each of two districts: neither reached three, but the merged district had four."""
    suburb = make_division("140411", "郊区", place.city, is_urban_district=True)
    for county in (place.county, suburb):
        for _ in range(2):
            make_organization(county, registration="registered", is_social_work_agency=True)
    compute_period(make_period("2018-10"))
    merged = _merge(place, place.county, suburb)
    compute_period(make_period("2018-11"))
    agencies = Target.objects.select_related("plan").get(code="district_agencies", plan__is_current=True)
    assert trend("2018-11", agencies, merged).figures == {
        datetime.date(2018, 10, 1): 100,
        datetime.date(2018, 11, 1): 100,
    }
    assert trend("2018-10", agencies, suburb).now == 0
    assert trend("2018-11", agencies, place.city).change_on_last_month == 100, "the city's past stays as it was then"


def test_what_a_merged_county_takes_in_later_is_no_part_of_its_past_until_then(place, area):
    """城区 (one of five) becomes 潞州区 in November; 襄垣县 (neither of two) joins it in December."""
    make_facility(place.communities[0], area=500)
    for community in place.villages:
        community.kind = "urban"
        community.save()
        make_facility(community, area=100)
    compute_period(make_period("2018-10"))
    for old, day in ((place.county, MERGED), (place.other_county, datetime.date(2018, 12, 10))):
        change("merge", old, "140403", "潞州区", day=day)
    apply_division_changes(by=make_user("bureau_admin", place.city))
    merged = Division.objects.by_code("140403")
    compute_period(make_period("2018-11"))
    compute_period(make_period("2018-12"))
    october = datetime.date(2018, 10, 1)
    assert trend("2018-11", area, merged).figures[october] == 20
    assert trend("2018-12", area, merged).figures[october] == Fraction(100, 7)


def test_a_past_month_is_added_up_once_and_again_when_it_was_computed_again(place, area):
    october = make_period("2018-10")
    make_facility(place.communities[0], area=500)
    compute_period(october)
    merged = _merge(place, place.county)
    compute_period(make_period("2018-11"))
    asked = {"targets": [area], "divisions": [merged]}
    november = make_period("2018-11")
    first = queries_of(lambda: trends_until(november, **asked))
    with exactly(5):
        found = trends_until(november, **asked)
    assert len(first) > 5
    assert found[area.pk, merged.pk].figures[october.month] == 20
    make_facility(place.communities[1], area=500)
    compute_period(october)
    assert trend("2018-11", area, merged).figures[october.month] == 40


def test_months_kept_are_added_up_anew_when_communities_have_changed_towns(place, area):
    """No division opens or closes with such a change."""
    make_facility(place.communities[0], area=500)
    compute_period(make_period("2018-10"))
    administrator = make_user("bureau_admin", place.city)
    change("recode", place.other_street, "140402003", "中街街道办事处")
    apply_division_changes(by=administrator)
    street = Division.objects.by_code("140402003")
    compute_period(make_period("2018-11"))
    assert trend("2018-11", area, street).figures[datetime.date(2018, 10, 1)] == 0
    day = datetime.date(2018, 11, 30)
    for code, name in (("140402001", "东街街道办事处"), ("140402003", "中街街道办事处")):
        change("split", place.street, code, name, day=day)
    community = place.communities[0]
    CrosswalkRow.objects.create(
        effective_on=day,
        from_code=community.code,
        from_name=community.name,
        to_code="140402003009",
        to_name=community.name,
    )
    apply_division_changes(by=administrator)
    assert trend("2018-11", area, street).figures[datetime.date(2018, 10, 1)] == Fraction(100, 3)


def test_a_cache_that_is_away_costs_time_and_nothing_else(place, area, monkeypatch, caplog):
    make_facility(place.communities[0], area=500)
    compute_period(make_period("2018-10"))
    merged = _merge(place, place.county)
    compute_period(make_period("2018-11"))

    def away(*_args, **_options):
        raise RedisError("connection refused")

    monkeypatch.setattr(type(caches["kept"]), "get", away, raising=False)
    monkeypatch.setattr(type(caches["kept"]), "set", away, raising=False)
    assert trend("2018-11", area, merged).figures[datetime.date(2018, 10, 1)] == 20
    assert "cannot be read" in caplog.text


def test_a_clause_is_followed_through_the_versions_of_its_plan(place, area):
    put("2018-05", area, place.city, 10, 50)
    plan = TargetPlan.objects.get(pk=area.plan_id)
    TargetPlan.objects.filter(pk=plan.pk).update(is_current=False)
    plan.pk, plan.version, plan.is_current, plan.reason = None, 2, True, "试改"
    plan._state.adding = True
    TargetPlan.objects.bulk_create([_made(plan, place)])
    newer = Target.objects.get(pk=area.pk)
    newer.pk, newer.plan = None, TargetPlan.objects.get(code=plan.code, version=2)
    newer._state.adding = True
    newer.save()
    put("2018-06", newer, place.city, 15, 50)
    assert trend("2018-06", newer, place.city).change_on_last_month == 10


def _made(plan: TargetPlan, place) -> TargetPlan:
    plan.made_by, plan.made_at = make_user("bureau_admin", place.city), timezone.now()
    return plan


def test_a_mean_stands_by_itself_and_is_unknown_while_a_community_is(place):
    mean = Target.objects.select_related("plan").get(code="urban_org_mean")
    assert goal_of(mean) == 10
    put("2021-04", mean, place.city, 0, 1, value=Decimal("8.25"), verdict="unmet")
    put("2021-05", mean, place.city, 0, 1, unknown=1, value=Decimal("9.00"), verdict="unknown")
    put("2021-06", mean, place.city, 0, 1, value=Decimal("8.75"), verdict="unmet")
    found = trend("2021-06", mean, place.city)
    assert found.is_mean
    assert found.figures[datetime.date(2021, 5, 1)] is None
    assert (found.now, found.pace.progress) == (Fraction("8.75"), Fraction(1, 4))
    assert found.pace.attained_in == datetime.date(2021, 11, 1)


def test_a_coverage_is_reached_at_the_share_that_is_asked(place):
    coverage = Target.objects.select_related("plan").get(code="rural_facility_coverage")
    put("2021-05", coverage, place.city, 70, 100, value=Decimal(70), verdict="unmet")
    put("2021-06", coverage, place.city, 80, 100, value=Decimal(80), verdict="met")
    assert goal_of(coverage) == 80
    assert trend("2021-06", coverage, place.city).pace.outlook == Outlook.DONE


def test_all_trends_come_from_one_query_and_only_from_what_may_be_read(place, area, clerk):
    for month in ("2018-04", "2018-05", "2018-06"):
        for division in (place.city, place.county, place.other_county):
            put(month, area, division, 1, 2)
    targets = list(Target.objects.filter(plan=area.plan, is_scored=True).select_related("plan"))
    divisions = [place.city, place.county, place.other_county]
    period = make_period("2018-06")
    with exactly(1):
        found = trends_until(period, targets=targets, divisions=divisions)
    assert len(found) == len(targets) * 3
    assert all(found[area.pk, division.pk].now == 50 for division in divisions)
    seen = trends_until(period, targets=[area], divisions=divisions, results=TargetResult.objects.visible_to(clerk))
    assert seen[area.pk, place.county.pk].now == 50
    assert seen[area.pk, place.other_county.pk].figures == {}
    assert trends_until(period, targets=[], divisions=divisions) == {}
