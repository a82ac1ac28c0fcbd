"""Tests of merges, renames, recodes and splits of counties and towns, and of their refusals before anything is written."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError
from communities.divisionchanges import plan_changes
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from tests.communities.changes import DAY, EVE, assert_sound, change, goes, place_of
from tests.factories import make_community, make_division, make_period, make_worker
from tests.queries import queries_of, writes_of

pytestmark = pytest.mark.django_db


def test_merging_two_counties_renumbers_towns_that_have_the_same_number(place, admin):
    other = make_division("140423001", "东街街道办事处二", place.other_county)
    community = make_community(other)
    change("merge", place.county, "140403", "潞州区")
    change("merge", place.other_county, "140403", "潞州区")
    (applied,) = apply_division_changes(by=admin)
    county = Division.objects.by_code("140403")
    towns = dict(county.children.values_list("code", "name"))
    assert towns == {
        "140403001": "东街街道办事处",
        "140403002": "西街街道办事处",
        "140403003": "东街街道办事处二",
        "140403100": "古韩镇",
    }
    assert place_of(community, DAY)[:3] == ("潞州区", "东街街道办事处二", "140403003001")
    assert len(applied.plan.opening) == 1 + 4
    assert_sound()


def test_merging_into_a_county_that_goes_on_moves_only_the_other(place, admin):
    change("merge", place.other_county, "140402", "城区")
    (applied,) = apply_division_changes(by=admin)
    place.other_county.refresh_from_db()
    assert place.other_county.successor == place.county
    assert [division.code for division in applied.plan.opening] == ["140402100"]
    assert place_of(place.villages[0], DAY) == ("城区", "古韩镇", "140402100200", "西垴头村委会")
    assert place.communities[0].placements.count() == 1
    assert_sound()


def test_a_county_may_get_another_name_under_its_code(place, admin):
    change("rename", place.other_county, "140423", "襄垣新县")
    apply_division_changes(by=admin)
    old = Division.objects.get(pk=place.other_county.pk)
    new = Division.objects.by_code("140423")
    assert (new.name, old.name, old.successor) == ("襄垣新县", "襄垣县", new)
    assert old.path == "140400/140423/140423/"
    assert place_of(place.villages[0], EVE)[0] == "襄垣县"
    assert place_of(place.villages[0], DAY) == ("襄垣新县", "古韩镇", "140423100200", "西垴头村委会")
    assert_sound()


def test_a_town_may_be_renamed_or_recoded_alone(place, admin):
    change("rename", place.street, "140402001", "和平街道办事处")
    change("recode", place.rural_town, "140423105", "古韩镇")
    apply_division_changes(by=admin)
    assert place_of(place.communities[0], DAY)[1:3] == ("和平街道办事处", "140402001001")
    assert place_of(place.villages[0], DAY)[1:3] == ("古韩镇", "140423105200")
    assert place.other_communities[0].placements.count() == 1
    assert_sound()


def test_a_town_may_go_to_another_county(place, admin):
    change("recode", place.other_street, "140423002", "西街街道办事处")
    apply_division_changes(by=admin)
    assert place_of(place.other_communities[0], DAY)[:3] == ("襄垣县", "西街街道办事处", "140423002001")
    assert_sound()


def test_merging_towns_whose_communities_share_a_name_asks_for_new_names(place, admin):
    make_community(place.other_street, "和平社区居委会")
    change("merge", place.street, "140402003", "中街街道办事处")
    change("merge", place.other_street, "140402003", "中街街道办事处")
    with pytest.raises(InvalidError, match="重名的“和平社区居委会”"):
        apply_division_changes(by=admin)
    goes(place.communities[0], "140402003001", "东和平社区居委会")
    apply_division_changes(by=admin)
    names = Community.objects.within(Division.objects.by_code("140402003")).values_list("name", flat=True)
    assert {"东和平社区居委会", "和平社区居委会"} <= set(names)
    assert_sound()


def test_splitting_a_county_sends_communities_where_the_crosswalk_says(place, admin, clerk, street_clerk):
    change("split", place.county, "140408", "东城区")
    change("split", place.county, "140409", "西城区")
    worker = make_worker(place.county)
    for community in place.communities:
        goes(community, community.code.replace("140402", "140408"))
    for community in place.other_communities:
        goes(community, community.code.replace("140402", "140409"))
    apply_division_changes(by=admin)
    assert place_of(place.communities[0], DAY)[:3] == ("东城区", "东街街道办事处", "140408001001")
    assert place_of(place.other_communities[0], DAY)[:3] == ("西城区", "西街街道办事处", "140409002001")
    clerk.refresh_from_db()
    street_clerk.refresh_from_db()
    assert clerk.division.name == "东城区", "most communities went there"
    assert street_clerk.division.full_name == "东城区东街街道办事处"
    assert type(worker).objects.visible_to(clerk).get() == worker, "facts of the whole county keep their division"
    western = Division.objects.by_code("140409")
    assert CommunityPlacement.objects.in_effect_on(EVE).within(western).count() == 2
    assert_sound()


def test_a_county_that_gives_up_a_part_goes_on(place, admin, clerk):
    change("split", place.county, "140402", "城区")
    change("split", place.county, "140409", "西城区")
    for community in place.other_communities:
        goes(community, community.code.replace("140402", "140409"))
    (applied,) = apply_division_changes(by=admin)
    place.county.refresh_from_db()
    clerk.refresh_from_db()
    assert place.county.valid_to is None
    assert clerk.division == place.county
    assert place_of(place.other_communities[1], DAY)[:3] == ("西城区", "西街街道办事处", "140409002002")
    assert place.communities[0].placements.count() == 1
    assert [move.old for move in applied.plan.closing] == [place.other_street]
    assert_sound()


def test_splitting_a_town_sends_each_community_its_way(place, admin):
    change("split", place.street, "140402001", "东街街道办事处")
    change("split", place.street, "140402003", "新街街道办事处")
    goes(place.communities[2], "140402003001")
    apply_division_changes(by=admin)
    assert place_of(place.communities[2], DAY)[1:3] == ("新街街道办事处", "140402003001")
    assert place.communities[0].placements.count() == 1
    assert_sound()


def test_a_split_that_leaves_a_community_nowhere_is_refused(place, admin):
    change("split", place.street, "140402003", "南街街道办事处")
    change("split", place.street, "140402004", "北街街道办事处")
    goes(place.communities[0], "140402003001")
    with pytest.raises(InvalidError, match="拆分后“东关社区居委会”、“下东社区居委会”归哪里没有写明"):
        apply_division_changes(by=admin)
    goes(place.communities[1], "140402004001")
    goes(place.communities[2], "140402004002")
    apply_division_changes(by=admin)
    place.street.refresh_from_db()
    assert place.street.successor.name == "北街街道办事处"
    assert_sound()


def test_a_community_that_the_crosswalk_says_is_new_appears_on_the_day(place, admin):
    change("rename", place.county, "140409", "东城区")
    new = {
        "effective_on": DAY,
        "to_code": "140409003001",
        "to_name": "新城社区居委会",
        "to_town_name": "新城街道办事处",
    }
    CrosswalkRow.objects.create(**new)
    apply_division_changes(by=admin)
    community = Community.objects.get(code="140409003001")
    assert (community.kind, community.town.full_name) == ("urban", "东城区新城街道办事处")
    assert community.placements.get().valid_from == DAY
    assert_sound()


def test_a_virtual_community_that_gets_a_real_name_is_scored_and_the_reverse(place, admin):
    virtual = make_community(place.street, "城南虚拟社区居委会", is_virtual=True)
    change("rename", place.street, "140402001", "和平街道办事处")
    goes(virtual, virtual.code, "城南社区居委会")
    goes(place.communities[0], place.communities[0].code, "和平虚拟社区居委会")
    apply_division_changes(by=admin)
    found = dict(Community.objects.filter(is_virtual=True).values_list("pk", "name"))
    assert found == {place.communities[0].pk: "和平虚拟社区居委会"}
    record = ChangeRecord.objects.get(model="communities.community", object_id=virtual.pk)
    assert (record.before["is_virtual"], record.after["is_virtual"]) == (True, False)


def test_a_new_town_without_a_name_is_refused(place, admin):
    change("rename", place.county, "140409", "东城区")
    CrosswalkRow.objects.create(effective_on=DAY, to_code="140409003001", to_name="新城社区居委会")
    with pytest.raises(InvalidError, match="140409003没有写名称"):
        apply_division_changes(by=admin)


def test_communities_may_exchange_their_codes(place, admin):
    first, second, _ = place.communities
    change("rename", place.street, "140402001", "和平街道办事处")
    goes(first, second.code)
    goes(second, first.code)
    apply_division_changes(by=admin)
    assert place_of(first, DAY)[2] == "140402001002"
    assert place_of(second, DAY)[2] == "140402001001"
    assert_sound()


def test_a_code_that_another_community_has_is_refused(place, admin):
    change("rename", place.street, "140402001", "和平街道办事处")
    goes(place.communities[0], place.villages[0].code)
    with pytest.raises(InvalidError):
        apply_division_changes(by=admin)


def test_what_has_moved_since_the_day_keeps_its_own_history(place, admin):
    """Apply a change after communities have moved or been created since its day."""
    later = datetime.date(2019, 3, 1)
    moved, came = place.communities[0], make_community(place.street, "新来社区居委会")
    moved.placements.update(valid_to=later)
    CommunityPlacement.objects.create(
        community=moved,
        town=place.other_street,
        code="140402002077",
        name=moved.name,
        name_key=moved.name_key,
        valid_from=later,
    )
    Community.objects.filter(pk=moved.pk).update(town=place.other_street, code="140402002077")
    came.placements.update(valid_from=later)
    change("rename", place.county, "140409", "东城区")
    apply_division_changes(by=admin)
    assert place_of(moved, EVE)[:3] == ("城区", "东街街道办事处", "140402001001")
    assert place_of(moved, DAY)[:3] == ("东城区", "东街街道办事处", "140409001001")
    assert place_of(moved, later)[:3] == ("东城区", "西街街道办事处", "140409002077")
    assert came.placements.get().code == came.code.replace("140402", "140409")
    assert_sound()


def test_changes_of_several_days_are_applied_in_their_order(place, admin):
    change("rename", place.county, "140408", "东城区", day=datetime.date(2018, 1, 1))
    later = DivisionChange.objects.create(
        kind="rename",
        level="county",
        effective_on=DAY,
        from_code="140408",
        from_name="东城区",
        to_code="140409",
        to_name="新城区",
        source="演示",
    )
    first, second = apply_division_changes(by=admin)
    assert (first.plan.effective_on, list(second.plan.changes)) == (datetime.date(2018, 1, 1), [later])
    assert [place_of(place.communities[0], day)[0] for day in (datetime.date(2017, 12, 31), EVE, DAY)] == [
        "城区",
        "东城区",
        "新城区",
    ]
    assert Division.objects.get(pk=place.county.pk).path == "140400/140409/140408/140402/"
    assert_sound()


def test_an_earlier_change_that_comes_after_a_later_one_is_refused(place, admin):
    change("rename", place.county, "140408", "东城区")
    apply_division_changes(by=admin)
    change("rename", Division.objects.by_code("140408"), "140409", "新城区", day=datetime.date(2018, 1, 1))
    with pytest.raises(InvalidError, match="按生效日期先后应用"):
        apply_division_changes(by=admin)


@pytest.mark.parametrize(
    ("kind", "code", "name", "said"),
    [
        ("rename", "14040", "短区", "应为6位数字"),
        ("merge", "140423", "别的县", "已由“襄垣县”使用"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_the_reason(place, admin, kind, code, name, said):
    change(kind, place.county, code, name)
    with pytest.raises(InvalidError, match=said):
        apply_division_changes(by=admin)


def test_planning_writes_nothing_and_says_everything(place, admin):
    change("rename", place.other_county, "140407", "襄垣区")
    goes(place.villages[0], "")
    make_period("2018-12")
    queries = queries_of(lambda: plan_changes(list(DivisionChange.objects.all())))
    plan = plan_changes(list(DivisionChange.objects.all()))
    assert not writes_of(queries)
    assert plan.number_of_communities == 2
    assert [move.code for move in plan.without_counterpart] == ["140407100200"]
    assert plan.problems == []
