"""What a change of communities within a month does to the pages of that month: numbers before it, who left, what is entered."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import User
from communities.models import Community, Facility, RecordMove, ServicePoint
from communities.monthly.month import read_month
from communities.monthly.progress import communities_to_enter, lines_of
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting
from targets.actions import compute_period
from targets.standing import CommunityStandings
from tests.communities.monthly import of, save
from tests.communities.test_monthly_entry import undo_newest
from tests.communities.test_village_changes import merge, noted
from tests.factories import Place, make_facility, make_organization, make_period, make_point, make_profile, make_worker
from tests.pages import markup_of

pytestmark = pytest.mark.django_db
BEFORE = datetime.date(2018, 1, 1)
PART = "140423100250"
# Registers whose records are facts of their community and follow nobody.
STAYING = {"制度文件"}


@pytest.fixture
def period() -> ReportingPeriod:
    return make_period("2018-06")


@pytest.fixture
def whole(place: Place) -> Community:
    """Let a village have two facilities, organizations, workers and points; it is 700 people, its neighbour 900."""
    whole, other = place.villages
    for name in ("一号", "二号"):
        make_facility(whole, f"{name}服务站", area=100, opened_on=BEFORE)
        make_organization(whole, f"{name}演示协会", registration="filed", credit_code="", established_on=BEFORE)
        make_worker(whole, posting={"started_on": BEFORE})
        make_point(whole, f"{name}便民点", opened_on=BEFORE)
    for village, residents in ((whole, 700), (other, 900)):
        make_profile(village, as_of=datetime.date(2018, 3, 31), residents=residents)
    return whole


def split(whole: Community, admin: User) -> Community:
    """Give a facility, an organization, a worker and a point to a new village."""
    models = (Facility, SocialOrganization, Posting, ServicePoint)
    given = {m._meta.label_lower: [m.objects.filter(community=whole).order_by("pk")[0].pk] for m in models}
    noted("split", whole, whole.code, whole.name)
    noted("split", whole, PART, "新垴头村委会", records=given)
    apply_division_changes(by=admin)
    return Community.objects.get(code=PART)


def numbers_in_list(community: Community, user: User, period: ReportingPeriod) -> set[tuple[int, int]]:
    lines = lines_of(communities_to_enter(user, period), period)
    (line,) = [each for each in lines if each["community"] == community]
    return {(now, before) for title, now, before in line["numbers"] if title not in STAYING}


def numbers_on_page(community: Community, user: User, period: ReportingPeriod) -> set[tuple[int, int]]:
    groups = read_month(community, period, user).groups
    return {(group.now, group.before) for group in groups if group.register.title not in STAYING}


@pytest.mark.parametrize("numbers", [numbers_in_list, numbers_on_page])
def test_what_left_counts_for_last_month_where_it_was(place, whole, admin, officer, period, numbers):
    part = split(whole, admin)
    assert numbers(whole, officer, period) == {(1, 2)}
    assert numbers(part, officer, period) == {(1, 0)}
    may, july = make_period("2018-05"), make_period("2018-07")
    assert numbers(whole, officer, may) == {(2, 2)}
    assert numbers(part, officer, may) == {(0, 0)}
    assert numbers(whole, officer, july) == numbers(part, officer, july) == {(1, 1)}


@pytest.mark.parametrize("numbers", [numbers_in_list, numbers_on_page])
def test_what_came_and_left_within_a_month_counts_for_neither_day(place, whole, admin, officer, period, numbers):
    other = place.villages[1]
    part = split(whole, admin)
    merge(part, other, day=datetime.date(2018, 6, 20))
    apply_division_changes(by=admin)
    assert numbers(whole, officer, period) == {(1, 2)}
    assert numbers(other, officer, period) == {(1, 0)}


def test_what_left_is_shown_as_being_elsewhere_to_whom_that_place_lies_open(place, whole, admin, officer, period):
    split(whole, admin)

    def shown(user: User) -> list[str]:
        rows = [row for group in read_month(whole, period, user).groups for row in group.rows if not row.values]
        return [row.status for row in rows]

    assert shown(officer) == ["现在不在本社区"] * 4
    ServicePoint.objects.filter(community__code=PART).update(community=place.communities[0])
    Facility.objects.filter(community__code=PART).update(community=place.communities[0])
    Posting.objects.filter(community__code=PART).update(community=place.communities[0])
    SocialOrganization.objects.filter(community__code=PART).update(community=place.communities[0])
    assert shown(officer) == ["现在不在本社区"] * 4
    officer.division = place.rural_town
    assert shown(officer) == []
    assert numbers_on_page(whole, officer, period) == {(1, 2)}


def test_the_communitys_page_names_what_left(place, whole, admin, officer, period):
    part = split(whole, admin)
    for month in ("2018-05", "2018-06"):
        compute_period(make_period(month))
    told = {each.change_in_words for each in CommunityStandings(whole, officer).each}
    gone = SocialOrganization.objects.get(community=part)
    assert f"减少1个：划出{gone.name}" in told
    assert sum("划出" in sentence for sentence in told) == 2, told
    assert not any("登记内容有更正" in sentence or "停止" in sentence for sentence in told)
    RecordMove.objects.update(to_community=place.communities[0])
    SocialOrganization.objects.filter(pk=gone.pk).update(community=place.communities[0])
    officer.division = place.rural_town
    told = {each.change_in_words for each in CommunityStandings(whole, officer).each}
    assert "减少1个：划出其他单位" in told
    assert not any(gone.name in sentence for sentence in told)


def test_a_population_written_by_a_merger_is_no_entry_until_somebody_alters_it(place, whole, admin, officer, period):
    stays = place.villages[1]
    merge(whole, stays)
    apply_division_changes(by=admin)

    def state() -> tuple[bool, bool]:
        found = communities_to_enter(officer, period).get(pk=stays.pk)
        return found.has_figures, found.is_entered

    assert state() == (False, False)
    client = Client()
    client.force_login(officer)
    index = f"{reverse('communities:monthly')}?division={place.rural_town.code}"
    listed = markup_of(client.get(index))
    assert "待填" in listed and "已填</span>" not in listed
    assert "+700" in listed and "沿用" not in listed
    save(client, stays, of(stays, "communities", residents="1601"))
    assert state() == (True, True)
    undo_newest(officer)
    assert state() == (False, False)


def test_a_population_counted_on_the_day_of_a_merger_is_an_entry(place, whole, admin, officer, period):
    stays = place.villages[1]
    make_profile(stays, as_of=datetime.date(2018, 6, 15), residents=950)
    merge(whole, stays, residents=1_600)
    apply_division_changes(by=admin)
    assert communities_to_enter(officer, period).get(pk=stays.pk).has_figures
