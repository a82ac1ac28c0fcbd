"""Tests of mergers, splits and closings of communities: places, records, population, months, and taking them back."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes, undo_division_changes
from changelog.actions import undo_merge
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.registry import register_named
from communities.actions import change_set_of
from communities.divisionchanges import plan_changes
from communities.models import Community, CommunityProfile, DivisionChange, Facility, RecordMove
from communities.monthly.month import read_month
from communities.monthly.progress import communities_to_enter, lines_of
from socialworkers.models import Posting
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure
from targets.standing import CommunityStandings
from tests.communities.changes import change, goes
from tests.factories import (
    make_community,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_worker,
)
from tests.quality import refs_found_by
from tests.socialworkers.test_merging import merge as merge_workers
from tests.targets.measured import figures_of, lock

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 15)


def noted(kind, old, code="", name="", **fields):
    """Create a noted change of a community."""
    return DivisionChange.objects.create(
        kind=kind,
        level="village",
        effective_on=fields.pop("day", DAY),
        from_code=old.code if old is not None else "",
        from_name=old.name if old is not None else "",
        to_code=code,
        to_name=name,
        source="演示",
        **fields,
    )


def merge(old, into, **fields):
    return noted("merge", old, into.code, into.name, **fields)


@pytest.fixture
def facts(place):
    """Let two villages have one of everything; a facility of each has the same name."""
    gone, stays = place.villages
    for village, residents in ((gone, 700), (stays, 900)):
        make_facility(village, "便民服务中心", area=100, opened_on=datetime.date(2018, 1, 1))
        make_organization(village, registration="filed", credit_code="", established_on=datetime.date(2018, 1, 1))
        make_worker(village, posting={"started_on": datetime.date(2018, 1, 1)})
        make_profile(village, as_of=datetime.date(2018, 3, 31), residents=residents, households=residents // 3)
    return make_project(place.other_county, gone)


def measured(month):
    period = make_period(month)
    compute_period(period)
    return {m.community.name: m for m in CommunityMeasure.objects.for_period(period).select_related("community")}


def test_a_village_merged_into_another_leaves_from_its_day_and_everything_counts_for_the_other(place, facts, admin):
    gone, stays = place.villages
    merge(gone, stays)
    apply_division_changes(by=admin)
    gone.refresh_from_db()
    assert (gone.closed_on, gone.successor) == (DAY, stays)
    after = measured("2018-06")
    assert gone.name not in after
    merged = after[stays.name]
    assert (merged.facility_area, merged.organizations_filed, merged.workers, merged.residents) == (200, 2, 2, 1600)
    assert merged.households == 533
    before = measured("2018-05")
    for village, residents in ((gone, 700), (stays, 900)):
        was = before[village.name]
        assert (was.facility_area, was.organizations_filed, was.workers, was.residents) == (100, 1, 1, residents)
    assert facts.communities.filter(pk=stays.pk).exists()
    assert facts.communities.filter(pk=gone.pk).exists(), "the past of the project stays"
    assert set(Facility.objects.filter(community=stays).values_list("name", flat=True)) == {
        "便民服务中心",
        "便民服务中心（原西垴头村委会）",
    }


def test_the_sums_of_the_county_are_the_same_before_and_after(place, facts, admin):
    def sums():
        return list(
            DivisionMeasure.objects.filter(period__in=periods)
            .order_by("period__month", "division__code")
            .values_list("division__code", "workers", "community_workers", "figures")
        )

    periods = [make_period("2018-05"), make_period("2018-06")]
    for period in periods:
        compute_period(period)
    then = sums()
    merge(*place.villages)
    apply_division_changes(by=admin)
    for period in periods:
        compute_period(period)
    assert sums() == then


def test_a_locked_month_shows_no_difference_after_a_later_merger(place, facts, admin, officer):
    from revisions.actions import compare_locked
    from revisions.models import LockedChange

    period = make_period("2018-05")
    compute_period(period)
    lock(period, officer)
    frozen = figures_of(period)
    merge(*place.villages)
    apply_division_changes(by=admin)
    compare_locked(period)
    assert figures_of(period) == frozen
    assert not LockedChange.objects.exists()


def test_a_population_newly_given_is_not_added_to(place, facts, admin):
    merge(*place.villages, households=500, residents=1500)
    apply_division_changes(by=admin)
    assert measured("2018-06")[place.villages[1].name].residents == 1500


def test_only_the_residents_newly_given_leave_the_households_added_up(place, facts, admin):
    merge(*place.villages, residents=1500)
    apply_division_changes(by=admin)
    merged = measured("2018-06")[place.villages[1].name]
    assert (merged.residents, merged.households) == (1500, 533)


def test_a_part_of_a_split_keeps_no_households_of_the_whole(place, facts, admin):
    whole = place.villages[0]
    noted("split", whole, whole.code, whole.name, residents=300)
    noted("split", whole, "140423100250", "新垴头村委会", residents=400)
    apply_division_changes(by=admin)
    profiles = CommunityProfile.objects.filter(as_of=DAY).values_list("residents", "households")
    assert set(profiles) == {(300, None), (400, None)}


def test_a_population_counted_since_stays(place, facts, admin):
    make_profile(place.villages[1], as_of=datetime.date(2018, 6, 30), residents=1555)
    merge(*place.villages)
    apply_division_changes(by=admin)
    assert measured("2018-06")[place.villages[1].name].residents == 1555


def test_two_villages_become_a_new_one(place, facts, admin):
    first, second = place.villages
    for village in (first, second):
        noted("merge", village, "140423100250", "新合村委会")
    apply_division_changes(by=admin)
    new = Community.objects.get(code="140423100250")
    assert set(Community.objects.filter(successor=new)) == {first, second}
    after = measured("2018-06")
    assert (after["新合村委会"].workers, after["新合村委会"].residents) == (2, 1600)
    assert {first.name, second.name} & set(after) == set()


def test_a_split_sends_each_record_where_it_says(place, facts, admin):
    whole = place.villages[0]
    facility = Facility.objects.get(community=whole)
    noted("split", whole, whole.code, whole.name, residents=300, households=100)
    noted(
        "split",
        whole,
        "140423100250",
        "新垴头村委会",
        residents=400,
        households=130,
        records={"communities.facility": [facility.pk]},
    )
    apply_division_changes(by=admin)
    after = measured("2018-06")
    assert (after[whole.name].facility_area, after[whole.name].workers, after[whole.name].residents) == (0, 1, 300)
    part = after["新垴头村委会"]
    assert (part.facility_area, part.workers, part.residents) == (100, 0, 400)
    assert measured("2018-05")[whole.name].facility_area == 100


def test_a_closed_village_without_successor_leaves_the_denominators_and_the_county_keeps_its_people(
    place, facts, admin
):
    noted("close", place.villages[0])
    apply_division_changes(by=admin)
    after = measured("2018-06")
    assert place.villages[0].name not in after
    county = DivisionMeasure.objects.get(period__month=datetime.date(2018, 6, 1), division=place.other_county)
    assert county.workers == 2


def test_a_merger_can_be_undone_while_nothing_builds_on_it(place, facts, admin):
    period = make_period("2018-06")
    compute_period(period)
    before = figures_of(period)
    change_ = merge(*place.villages)
    apply_division_changes(by=admin)
    compute_period(period)
    assert figures_of(period) != before
    change_.refresh_from_db()
    undo_division_changes(change_set=change_set_of(change_), by=admin)
    compute_period(period)
    assert figures_of(period) == before
    assert not RecordMove.objects.exists()
    assert Facility.objects.filter(name="便民服务中心").count() == 2
    change_.refresh_from_db()
    assert change_.applied_at is None
    apply_division_changes(by=admin)
    assert Community.objects.current().count() == 6


def test_undoing_a_split_into_a_new_village_that_has_been_measured_removes_it(place, facts, admin):
    whole = place.villages[0]
    first = noted("split", whole, "140423100251", "东垴头村委会", residents=300)
    noted("split", whole, "140423100252", "西新村委会", residents=400)
    apply_division_changes(by=admin)
    measured("2018-06")
    first.refresh_from_db()
    undo_division_changes(change_set=change_set_of(first), by=admin)
    whole.refresh_from_db()
    assert (whole.closed_on, whole.successor) == (None, None)
    assert not Community.objects.filter(code__in=["140423100251", "140423100252"]).exists()
    assert measured("2018-06")[whole.name].workers == 1


def test_a_later_merger_of_the_successor_prevents_the_undoing(place, facts, admin):
    merge(*place.villages)
    apply_division_changes(by=admin)
    change_ = DivisionChange.objects.get()
    third = make_community(place.rural_town, "第三村委会")
    merge(place.villages[1], third, day=DAY + datetime.timedelta(days=3))
    apply_division_changes(by=admin)
    with pytest.raises(InvalidError, match="又有改动"):
        undo_division_changes(change_set=change_set_of(change_), by=admin)
    assert ChangeSet.objects.filter(reverses__isnull=False).count() == 0


def test_the_crosswalk_of_a_towns_change_may_merge_villages(place, facts, admin):
    gone, stays = place.villages
    day = datetime.date(2018, 11, 23)
    change("rename", place.rural_town, place.rural_town.code, "古韩新镇")
    goes(gone, stays.code, stays.name)
    apply_division_changes(by=admin)
    gone.refresh_from_db()
    assert (gone.closed_on, gone.successor) == (day, stays)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: merge(p.villages[0], p.communities[0]), "不能归入其他县"),
        (lambda p: noted("close", make_community(p.rural_town, closed_on=DAY)), "撤销，不能再变更|没有代码"),
        (lambda p: noted("merge", p.villages[0], p.villages[1].code, "别的村"), "现在是“栗家岭村委会”，不是“别的村”"),
        (lambda p: [merge(p.villages[0], p.villages[1]), merge(p.villages[1], p.villages[0])], "当日也要变更"),
        (lambda p: noted("rename", p.villages[0], "14042310", "短村"), "应为12位数字"),
        (lambda p: noted("found", None, "140423999201", "空村"), "不存在"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_one_sentence(place, admin, make, said):
    make(place)
    plan = plan_changes(list(DivisionChange.objects.all()))
    assert len(set(plan.problems)) == len(plan.problems)
    with pytest.raises(InvalidError, match=said):
        apply_division_changes(by=admin)
    assert not Community.objects.filter(closed_on__isnull=False, successor__isnull=False).exists()


def test_a_village_already_merged_or_its_successor_closed_is_said(place, facts, admin):
    merge(*place.villages)
    apply_division_changes(by=admin)
    later = DAY + datetime.timedelta(days=5)
    extra = make_community(place.rural_town, "第三村委会")
    first = merge(place.villages[0], extra, day=later)
    with pytest.raises(InvalidError, match="“西垴头村委会”已于2018-06-15撤销，不能再变更"):
        apply_division_changes(by=admin)
    first.delete()
    merge(extra, place.villages[0], day=later)
    with pytest.raises(InvalidError, match="“西垴头村委会”已于2018-06-15撤销，不能承接别的社区"):
        apply_division_changes(by=admin)


@pytest.mark.parametrize("day", [DAY, datetime.date(2018, 5, 10)])
def test_a_successor_does_not_go_on_to_a_third_on_the_day_or_before(place, facts, admin, day):
    gone, stays = place.villages
    third = make_community(place.rural_town, "第三村委会")
    merge(gone, stays)
    apply_division_changes(by=admin)
    merge(stays, third, day=day)
    with pytest.raises(InvalidError, match=r"“栗家岭村委会”在2018-06-15已承接或转出别的记录.*改用2018-06-15以后的日期"):
        apply_division_changes(by=admin)
    assert measured("2018-06")[stays.name].residents == 1600


def test_a_village_that_gave_records_away_later_does_not_close_before(place, facts, admin):
    whole, third = place.villages
    facility = Facility.objects.get(community=whole)
    noted("split", whole, whole.code, whole.name)
    noted("split", whole, "140423100250", "新村", records={"communities.facility": [facility.pk]})
    apply_division_changes(by=admin)
    merge(whole, third, day=datetime.date(2018, 5, 10))
    with pytest.raises(InvalidError, match="已承接或转出别的记录"):
        apply_division_changes(by=admin)


def test_a_day_in_a_locked_month_is_refused(place, facts, admin, officer):
    lock(make_period("2018-07"), officer)
    merge(*place.villages)
    with pytest.raises(InvalidError, match="2018年7月已锁定，社区的合并"):
        apply_division_changes(by=admin)


def test_postings_that_had_ended_stay_where_they_were(place, facts, admin):
    gone = place.villages[0]
    ended = make_worker(gone, posting={"ended_on": datetime.date(2018, 2, 1)})
    merge(*place.villages)
    apply_division_changes(by=admin)
    assert Posting.objects.get(worker=ended).community == gone


def test_the_history_of_a_record_does_not_offer_to_undo_the_merger_that_moved_it(place, facts, admin, officer, client):
    gone, stays = place.villages
    merge(gone, stays)
    apply_division_changes(by=admin)
    client.force_login(officer)
    for record in (*Facility.objects.filter(community=stays), stays, gone):
        assert "/undo/" not in client.get(record.get_absolute_url()).content.decode()


def test_a_posting_copied_by_merging_two_workers_counts_for_earlier_months_where_it_did(place, facts, admin, officer):
    gone, stays = place.villages
    ended = {"started_on": datetime.date(2018, 1, 1), "ended_on": datetime.date(2018, 6, 18)}
    twice = make_worker(gone, "张演示", posting=ended)
    kept = make_worker(stays, "张演示", posting={"started_on": datetime.date(2018, 6, 20)})
    merge(gone, stays)
    apply_division_changes(by=admin)

    def counted():
        month = measured("2018-05")
        return month[gone.name].workers, month[stays.name].workers

    assert counted() == (2, 1)
    merge_workers(kept, twice, officer)
    assert Posting.objects.filter(worker=kept, community=stays).count() == 2
    assert counted() == (2, 1)
    moves = RecordMove.objects.count()
    undo_merge(register=register_named("workers")(), ref=twice.ref, by=officer)
    assert RecordMove.objects.count() == moves - 1
    assert counted() == (2, 1)


def test_the_checks_of_the_month_before_a_merger_see_the_facilities_where_they_were(place, admin):
    gone, stays = place.communities[:2]
    for community in place.communities:
        make_facility(community, area=600)
    compute_period(make_period("2018-05"))
    compute_period(make_period("2018-06"))
    merge(gone, stays, day=datetime.date(2018, 7, 1))
    apply_division_changes(by=admin)
    for month in ("2018-06", "2018-07"):
        for rule in ("urban_without_facility", "facility_area_jumped"):
            assert not refs_found_by(rule, place.city, month) & {gone.ref, stays.ref}, (month, rule)


def test_what_came_by_a_merger_is_not_counted_for_last_month_and_is_said_to_have_come(place, facts, admin, officer):
    gone, stays = place.villages
    period = make_period("2018-06")
    merge(gone, stays)
    apply_division_changes(by=admin)
    for month in ("2018-05", "2018-06"):
        compute_period(make_period(month))
    (line,) = [each for each in lines_of(communities_to_enter(officer, period), period) if each["community"] == stays]
    assert {(now, before) for title, now, before in line["numbers"] if title in {"服务设施", "社会组织"}} == {(2, 1)}
    groups = {group.register.title: group for group in read_month(stays, period, officer).groups}
    assert (groups["服务设施"].now, groups["服务设施"].before) == (2, 1)
    told = {each.change_in_words for each in CommunityStandings(stays, officer).each}
    assert {sentence.partition("并入")[0] for sentence in told if "并入" in sentence} == {"增加1个：", "增加1名："}
