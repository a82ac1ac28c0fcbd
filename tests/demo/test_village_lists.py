"""Carrying the real communities of 2018 over to the list of 2023, compared with sums made from the lists alone."""

from __future__ import annotations

import csv
import datetime
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.actions import apply_division_changes, undo_division_changes
from accounts.models import Role
from changzhi_portal.bulk import refresh_statistics
from changzhi_portal.refusals import InvalidError
from communities.actions import change_set_of
from communities.models import Community, CommunityPlacement, CommunityProfile, Division, DivisionChange, Facility
from orgs.models import SocialOrganization
from targets.actions import compute_period
from targets.current_boundaries import results_in_current_boundaries
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult
from tests.factories import make_division, make_period, make_user
from tests.targets.measured import figures_of

LISTS = Path(settings.BASE_DIR).parent / "shared" / "data"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.timeout(900),  # real lists: a minute of one processor
    pytest.mark.skipif(
        not LISTS.exists(), reason="the lists of 2018 and 2023 are not beside the clone (../shared/data)"
    ),
]
DAY = datetime.date(2020, 6, 15)
MERGER = datetime.date(2018, 11, 23)


def villages(year):
    with (LISTS / f"divisions_{year}.csv").open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file) if row["level"] == "village"}


def towns_of(year):
    with (LISTS / f"divisions_{year}.csv").open(encoding="utf-8") as file:
        return {row["code"][:9]: row["name"] for row in csv.DictReader(file) if row["level"] == "town"}


def areas(code):
    """Return the area that the facility of a community has: invented, and another one for each."""
    return int(code[6:9]) * 3 + int(code[9:]) % 97 + 1


@pytest.fixture
def city_2018(city):
    """Return the real city after the changes of 2018, limited to that year's communities, with facts everywhere."""
    make_user(Role.BUREAU_ADMIN, city, "bureau")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, city))
    listed = villages(2018)
    gone = Community.objects.exclude(code__in=listed)
    CommunityPlacement.objects.filter(community__in=gone).delete()
    gone.delete()
    there = set(Community.objects.values_list("code", flat=True))
    towns = {division.code: division for division in Division.objects.towns().current()}
    for code, name in towns_of(2018).items():
        if code in towns:
            continue
        county = Division.objects.by_code(code[:6])
        known = Division.objects.towns().current().filter(parent=county, name=name).first()
        if known is not None and known.code in towns_of(2018):  # two that have exchanged their numbers since 2017
            known, name = None, f"{name}（新）"
        if known is not None:
            known.code = code
            known.prepare_keys()
            known.save()
        towns[code] = known or make_division(code, name, county, valid_from=MERGER)
    for code, name in listed.items():
        if code not in there:
            new = Community(town=towns[code[:9]], code=code, name=name, kind="rural" if "2" <= code[9] < "4" else "")
            new.prepare_keys()
            new.save()
            CommunityPlacement.objects.create(
                community=new, town=new.town, code=code, name=name, name_key=new.name_key, valid_from=MERGER
            )
    communities = list(Community.objects.order_by("code"))
    opened = datetime.date(2019, 1, 1)
    facilities = [
        Facility(community=c, name="中心", kind="integrated", area=areas(c.code), opened_on=opened) for c in communities
    ]
    organizations = [
        SocialOrganization(community=c, name="协会", registration="filed", category="other", established_on=opened)
        for c in communities
    ]
    for row in (*facilities, *organizations):
        row.prepare_keys()
    Facility.objects.bulk_create(facilities)
    SocialOrganization.objects.bulk_create(organizations)
    CommunityProfile.objects.bulk_create(
        CommunityProfile(community=c, as_of=opened, residents=areas(c.code) * 2, households=areas(c.code))
        for c in communities
    )
    refresh_statistics(Community, CommunityPlacement, CommunityProfile, Facility, SocialOrganization)
    return {community.code: community.name for community in communities}


def measured(period):
    rows = CommunityMeasure.objects.for_period(period).values_list(
        "code", "facility_area", "organizations_filed", "residents", "households"
    )
    return {code: tuple(None if each is None else int(each) for each in figures) for code, *figures in rows}


def figures_of_parts(codes):
    """Return area, organizations, residents and households of communities together, by their codes of 2018."""
    total = sum(areas(code) for code in codes)
    return total, len(codes), total * 2, total


def test_the_villages_of_2018_become_those_of_2023_and_every_figure_is_the_sum_of_its_parts(city_2018):
    before = city_2018
    may, june = make_period("2020-05"), make_period("2020-06")
    for period in (may, june):
        compute_period(period)
    then, in_may = figures_of(may), measured(may)
    kinds = dict(CommunityMeasure.objects.for_period(may).values_list("code", "kind"))
    totals = dict(DivisionMeasure.objects.for_period(june).values_list("division__code", "workers"))
    call_command("demo_villages", str(LISTS / "divisions_2023.csv"), effective_on=DAY, as_="bureau")

    after = dict(Community.objects.current().values_list("code", "name"))
    assert (len(before), after) == (3558, villages(2023))
    assert len(after) == 2628

    # The oracle: where each code of 2018 goes, from the noted changes alone.
    goes = dict(
        DivisionChange.objects.filter(level="village").exclude(from_code="").values_list("from_code", "to_code")
    )
    parts = defaultdict(list)
    for code in before:
        if goes.get(code, code):
            parts[goes.get(code, code)].append(code)
    compute_period(june)
    now = measured(june)
    expected = {code: figures_of_parts(codes) for code, codes in parts.items()}
    assert {code: figures for code, figures in now.items() if code in expected} == {
        code: figures for code, figures in expected.items() if code in now
    }
    scored = set(Community.objects.current().filter(is_virtual=False).exclude(kind="").values_list("code", flat=True))
    assert set(now) == {code for code in scored if code in expected or "001" <= code[9:] < "400"}
    closed = [code for code in before if goes.get(code) == ""]
    assert [before[code] for code in closed if "虚拟" not in before[code]] == [], (
        "only one that was never scored closes"
    )
    city = DivisionMeasure.objects.for_period(june).get(division__level="city")
    assert city.workers == totals["140400"]

    # The month before is as it was, also when it is measured again; and as it is now it is the same communities elsewhere.
    compute_period(may)
    assert figures_of(may) == then
    by_county = Counter()
    for code, kind in kinds.items():
        if kind == "urban":
            by_county[goes.get(code, code)[:6]] += 1
    as_now = {
        result.division.code: result.judged
        for result in results_in_current_boundaries(may)
        if result.target.code == "urban_facility_area" and result.division.level == "county"
    }
    assert {code: number for code, number in as_now.items() if number} == dict(by_county)
    judged = TargetResult.objects.get(period=june, target__code="urban_facility_area", division__level="city").judged
    assert judged == CommunityMeasure.objects.for_period(june).filter(kind="urban").count()
    assert in_may == {code: figures_of_parts([code]) for code in in_may}

    # A change that has opened towns is not taken back, and that is said.
    change = DivisionChange.objects.filter(effective_on=DAY).first()
    with pytest.raises(InvalidError, match="新设了县（市、区）或街道（乡镇）"):
        undo_division_changes(change_set=change_set_of(change), by=make_user(Role.BUREAU_ADMIN, "140400"))
