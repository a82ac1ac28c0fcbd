"""Merges, renames, recodes and splits: dated, applied once, and nothing of the past re-parented (domain.md §3)."""

from __future__ import annotations

import datetime
import io
import itertools
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.actions import apply_division_changes
from accounts.models import Role, User
from changelog.history import history_of
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.errors import PortalError
from changzhi_portal.records import BEGINNING
from communities.actions import load_divisions
from communities.divisionchanges import plan_changes
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.reference import listed_communities
from tests.factories import make_community, make_division, make_facility, make_period, make_user, make_worker
from tests.queries import queries_of, writes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 11, 23)
EVE = DAY - datetime.timedelta(days=1)


def change(kind, old, code, name, *, day=DAY):
    """A change that is known and not applied yet."""
    return DivisionChange.objects.create(
        kind=kind,
        level=old.level,
        effective_on=day,
        from_code=old.code,
        from_name=old.name,
        to_code=code,
        to_name=name,
        source="演示",
    )


def goes(community, code, name="", town=""):
    """A row of the crosswalk; without a code it says that no counterpart is known."""
    return CrosswalkRow.objects.create(
        effective_on=DAY,
        from_code=community.code,
        from_name=community.name,
        to_code=code,
        to_name=(name or community.name) if code else "",
        to_town_name=town,
    )


def place_of(community, day):
    """County, town, code and name that a community had on a day."""
    placement = CommunityPlacement.objects.in_effect_on(day).select_related("town__parent").get(community=community)
    return placement.town.parent.name, placement.town.name, placement.code, placement.name


def assert_sound():
    """What must hold of the whole map, whatever has been applied."""
    for community in Community.objects.select_related("town__parent"):
        stretches = list(community.placements.order_by("valid_from"))
        assert stretches[0].valid_from == BEGINNING or stretches[0].valid_from >= DAY
        for earlier, later in itertools.pairwise(stretches):
            assert earlier.valid_to == later.valid_from, "no day without a place, none with two"
        last = stretches[-1]
        assert last.valid_to is None
        assert (community.town_id, community.code, community.name) == (last.town_id, last.code, last.name)
        assert community.town.valid_to is None
        assert community.town.parent.valid_to is None
        assert community.code.startswith(community.town.code)
        for stretch in stretches:
            town = Division.objects.get(pk=stretch.town_id)
            assert town.valid_from <= stretch.valid_from, "belongs to a town that did not stand yet"
            assert town.valid_to is None or (stretch.valid_to and stretch.valid_to <= town.valid_to)
    for division in Division.objects.select_related("parent", "successor"):
        above = division.successor or division.parent
        assert division.path == f"{above.path if above else ''}{division.code}/"
        if division.valid_to is None and division.level == "town":
            assert division.parent.valid_to is None
            assert division.code.startswith(division.parent.code)


@pytest.fixture
def admin(place):
    return make_user(Role.BUREAU_ADMIN, place.city, "bureau")


# --- The shipped changes in the real city ---


@pytest.fixture
def changed_city(city):
    """The real city after the changes of 23 November 2018. Gives what was applied."""
    (applied,) = apply_division_changes(by=make_user(Role.BUREAU_ADMIN, city, "bureau"))
    return applied


def test_the_real_city_has_the_counties_of_today(changed_city):
    counties = Division.objects.counties().standing()
    assert set(counties.values_list("code", "name")) >= {
        ("140403", "潞州区"),
        ("140404", "上党区"),
        ("140405", "屯留区"),
        ("140406", "潞城区"),
    }
    assert counties.count() == 13
    assert not counties.filter(name__in=["城区", "郊区", "长治县", "屯留县", "潞城市"]).exists()
    urban = counties.filter(is_urban_district=True).values_list("name", flat=True)
    assert set(urban) == {"潞州区", "上党区", "屯留区", "潞城区"}


def test_the_map_of_the_day_before_is_what_it_was(changed_city):
    before = Division.objects.in_effect_on(EVE)
    assert before.counties().count() == 14
    assert before.towns().count() == 166
    listed = {(place.code, place.name) for place in listed_communities()}
    assert set(CommunityPlacement.objects.in_effect_on(EVE).values_list("code", "name")) == listed
    for town in before.towns().select_related("parent"):
        assert town.code.startswith(town.parent.code), "nothing re-parents the past"


def test_every_row_of_the_crosswalk_has_come_true_and_no_community_is_lost(changed_city):
    assert Community.objects.standing().count() == 3_606
    now = dict(CommunityPlacement.objects.in_effect_on(DAY).values_list("community_id", "code"))
    then = dict(CommunityPlacement.objects.in_effect_on(EVE).values_list("code", "community_id"))
    assert len(now) == len(set(now.values())) == 3_606
    for row in CrosswalkRow.objects.exclude(to_code=""):
        assert now[then[row.from_code]] == row.to_code
    assert_sound()


def test_towns_whose_number_changed_keep_their_communities(changed_city):
    community = Community.objects.get(code="140403011001")
    assert place_of(community, EVE)[:3] == ("郊区", "长北街道办事处", "140411001001")
    assert place_of(community, DAY)[:3] == ("潞州区", "长北街道办事处", "140403011001")


def test_a_village_that_moved_or_was_renamed_with_the_change_is_the_same_one(changed_city):
    moved = Community.objects.get(placements__code="140402009210")
    assert place_of(moved, DAY) == ("潞州区", "太行西街街道办事处", "140403007201", "屈家庄村委会")
    renamed = Community.objects.get(placements__code="140481101200")
    assert place_of(renamed, EVE)[3] == "北村委会"
    assert place_of(renamed, DAY)[2:] == ("140406101200", "子北村委会")
    to_new_town = Community.objects.get(placements__code="140421406201")
    assert place_of(to_new_town, DAY)[:3] == ("上党区", "信义管委会", "140404407201")


def test_a_village_without_a_counterpart_stays_with_its_town_or_as_it_was(changed_city):
    with_town = Community.objects.get(placements__code="140402009200")
    assert place_of(with_town, DAY) == ("潞州区", "常青街道办事处", "140403009200", "新华村委会")
    elsewhere = Community.objects.get(code="140429100202")
    assert elsewhere.placements.count() == 1
    assert (len(changed_city.plan.without_counterpart), len(changed_city.plan.untouched)) == (6, 102)


def test_the_scope_of_a_new_county_reaches_its_past(changed_city):
    county = Division.objects.by_code("140403")
    assert Community.objects.within(county).count() == 83 + 143
    old = CommunityPlacement.objects.in_effect_on(EVE).within(county)
    assert set(old.values_list("town__parent__name", flat=True)) == {"城区", "郊区"}
    assert Division.objects.within(county).filter(name__in=["城区", "郊区"]).count() == 2


def test_applying_reads_the_same_and_writes_in_batches_however_many_communities_there_are(place, admin):
    change("rename", place.other_county, "140407", "襄垣区")
    small = queries_of(lambda: apply_division_changes(by=admin))
    make_more(place)
    change("recode", Division.objects.by_code("140402"), "140409", "城区")
    large = queries_of(lambda: apply_division_changes(by=admin))
    assert len(large) - len(writes_of(large)) == len(small) - len(writes_of(small))
    # SQLite takes a thousand values a statement.
    assert len(writes_of(large)) <= len(writes_of(small)) + 20, "two hundred communities more"


def make_more(place):
    for number in range(40):
        town = make_division(f"1404021{number:02d}", f"演示第{number}镇", place.county)
        for _ in range(5):
            make_community(town)


def test_loading_again_after_the_change_brings_nothing_back(changed_city):
    assert load_divisions().is_empty


# --- Applied once, by the right person, and written down ---


def test_a_second_run_says_that_there_is_nothing_to_do(city):
    admin = make_user(Role.BUREAU_ADMIN, city, "bureau")
    first, second = io.StringIO(), io.StringIO()
    call_command("apply_division_changes", as_="bureau", stdout=first)
    state = {model: list(model.objects.order_by("pk").values()) for model in (Division, Community, CommunityPlacement)}
    call_command("apply_division_changes", as_="bureau", stdout=second)
    assert "5 counties and 59 towns closed" in first.getvalue()
    assert "nothing to do" in second.getvalue()
    assert {model: list(model.objects.order_by("pk").values()) for model in state} == state
    assert ChangeSet.objects.count() == 1
    assert set(DivisionChange.objects.values_list("applied_by", flat=True)) == {admin.pk}


def test_json_alone_stands_on_standard_output(city):
    make_user(Role.BUREAU_ADMIN, city, "bureau")
    answers = []
    for _ in range(2):
        output = io.StringIO()
        call_command("apply_division_changes", as_="bureau", json=True, stdout=output)
        answers.append(json.loads(output.getvalue())["applied"])
    (applied,), again = answers
    assert again == []
    assert (applied["effective_on"], applied["communities"], applied["new_communities"]) == ("2018-11-23", 988, 0)
    assert len(applied["changes"]) == 5
    assert {"from_code": "140411001", "to_code": "140403011"}.items() <= next(
        d for d in applied["divisions"] if d["from_code"] == "140411001"
    ).items()


@pytest.mark.parametrize("role", [Role.BUREAU_OFFICER, Role.AUDITOR, Role.LEADER])
def test_nobody_but_the_administrator_applies_a_change(place, role):
    user = make_user(role, place.city, "other")
    change("rename", place.other_county, "140407", "襄垣区")
    with pytest.raises(PortalError, match="市局管理员"):
        apply_division_changes(by=user)
    with pytest.raises(CommandError, match="bureau_admin") as refusal:
        call_command("apply_division_changes", as_="other")
    assert refusal.value.returncode == 3
    assert not DivisionChange.objects.filter(applied_at__isnull=False).exists()


def test_an_unknown_user_is_refused():
    with pytest.raises(CommandError, match="no active user") as refusal:
        call_command("apply_division_changes", as_="nobody")
    assert refusal.value.returncode == 3


def test_a_change_whose_day_has_not_come_waits(place, admin):
    change("rename", place.other_county, "140407", "襄垣区", day=datetime.date(2090, 1, 1))
    assert apply_division_changes(by=admin) == []
    place.other_county.refresh_from_db()
    assert place.other_county.valid_to is None


def test_only_the_changes_asked_for_are_applied(place, admin):
    asked = change("rename", place.other_county, "140407", "襄垣区")
    other = change("rename", place.county, "140409", "东城区")
    (applied,) = apply_division_changes(by=admin, changes=[asked])
    other.refresh_from_db()
    assert list(applied.plan.changes) == [asked]
    assert other.applied_at is None


def test_history_tells_what_became_of_a_community_and_its_county(place, admin, officer):
    change("rename", place.other_county, "140407", "襄垣区")
    apply_division_changes(by=admin)
    village = Community.objects.get(pk=place.villages[0].pk)
    (entry,) = history_of(village, officer, limit=10)
    said = {change.label: (change.old, change.new) for change in entry.changes}
    assert said["社区代码"] == ("140423100200", "140407100200")
    assert entry.made_by == str(admin)
    logged = ChangeRecord.objects.filter(change_set__summary__contains="襄垣县→襄垣区")
    assert set(logged.values_list("model", flat=True)) == {
        "communities.division",
        "communities.community",
        "communities.communityplacement",
        "communities.divisionchange",
    }
    assert logged.filter(model="communities.division", kind="created").count() == 2


def test_nothing_is_written_when_a_change_does_not_fit(place, admin):
    good = change("rename", place.other_county, "140407", "襄垣区")
    bad = change("rename", place.county, "140409", "东城区")
    DivisionChange.objects.filter(pk=bad.pk).update(from_name="西城区")
    before = list(Division.objects.order_by("pk").values())
    with pytest.raises(PortalError, match=r"代码140402现在是“城区”，不是“西城区”"):
        apply_division_changes(by=admin)
    good.refresh_from_db()
    assert good.applied_at is None
    assert list(Division.objects.order_by("pk").values()) == before
    assert not ChangeSet.objects.exists()


# --- People ---


def test_people_keep_working_in_the_successor_and_see_its_past(
    place, admin, clerk, street_clerk, other_clerk, signed_in
):
    facility = make_facility(place.communities[0])
    change("merge", place.county, "140403", "潞州区")
    (applied,) = apply_division_changes(by=admin)
    for user in (clerk, street_clerk, other_clerk):
        user.refresh_from_db()
    assert (clerk.division.name, clerk.division.level) == ("潞州区", "county")
    assert street_clerk.division.full_name == "潞州区东街街道办事处"
    assert other_clerk.division == place.other_county
    assert applied.users == 2
    assert type(facility).objects.visible_to(street_clerk).get() == facility
    assert Division.objects.visible_to(clerk).filter(pk=place.county.pk).exists()
    assert signed_in(clerk).get("/").status_code == 200
    moved = ChangeRecord.objects.get(model="accounts.user", object_id=clerk.pk)
    assert (moved.before, moved.after) == ({"division": place.county.pk}, {"division": clerk.division_id})


def test_somebody_who_may_not_sign_in_any_more_moves_as_well(place, admin, clerk):
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    change("rename", place.county, "140409", "东城区")
    apply_division_changes(by=admin)
    clerk.refresh_from_db()
    assert clerk.division.name == "东城区"


# --- The four kinds, in general ---


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
    with pytest.raises(PortalError, match="重名的“和平社区居委会”"):
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
    with pytest.raises(PortalError, match="拆分后“东关社区居委会”、“下东社区居委会”归哪里没有写明"):
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


def test_a_new_town_without_a_name_is_refused(place, admin):
    change("rename", place.county, "140409", "东城区")
    CrosswalkRow.objects.create(effective_on=DAY, to_code="140409003001", to_name="新城社区居委会")
    with pytest.raises(PortalError, match="140409003没有写名称"):
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
    with pytest.raises(PortalError):
        apply_division_changes(by=admin)


def test_what_has_moved_since_the_day_keeps_its_own_history(place, admin):
    """A change that is applied late meets communities that have moved or come into being since its day."""
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
    with pytest.raises(PortalError, match="按生效日期先后应用"):
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
    with pytest.raises(PortalError, match=said):
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


# --- Changes that come as lists ---

CHANGES = "kind,level,effective_on,from_code,from_name,to_code,to_name,source\n"
ROWS = "effective_on,from_code,from_name,to_code,to_name,to_town_name\n"


def apply_lists(folder, changes, rows=None):
    (folder / "changes.csv").write_text(CHANGES + changes, encoding="utf-8-sig")
    options = {"changes": folder / "changes.csv"}
    if rows is not None:
        (folder / "rows.csv").write_text(ROWS + rows, encoding="utf-8")
        options["crosswalk"] = folder / "rows.csv"
    output = io.StringIO()
    call_command("apply_division_changes", as_="bureau", json=True, stdout=output, **options)
    return json.loads(output.getvalue())["applied"]


def test_a_split_that_comes_as_a_list_is_noted_and_applied(place, admin, tmp_path):
    changes = (
        "split,town,2019-05-01,140402001,东街街道办事处,140402001,东街街道办事处,演示\n"
        "split,town,2019-05-01,140402001,东街街道办事处,140402003,新街街道办事处,演示\n"
    )
    rows = "2019-05-01,140402001003,下东社区居委会,140402003001,下东社区居委会,\n"
    (applied,) = apply_lists(tmp_path, changes, rows)
    assert applied["communities"] == 1
    assert place_of(place.communities[2], datetime.date(2019, 5, 1))[1:3] == ("新街街道办事处", "140402003001")
    assert apply_lists(tmp_path, changes, rows) == [], "the same list again"
    assert DivisionChange.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fusion,town,2019-05-01,140402001,东街,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-15-01,140402001,东街,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-05-01,140402001,,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-05-01,140402999,没有的街道,140402003,新街,演示\n", "140402999"),
    ],
)
def test_a_list_that_cannot_be_leaves_nothing_behind(place, admin, tmp_path, line, said):
    with pytest.raises(CommandError, match=said) as refusal:
        apply_lists(tmp_path, line)
    assert refusal.value.returncode == 3
    assert not DivisionChange.objects.exists()


def test_a_list_without_its_columns_or_its_file_is_refused(place, admin, tmp_path):
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for name, said in (("wrong.csv", "columns missing"), ("none.csv", "not a readable")):
        with pytest.raises(CommandError, match=said):
            call_command("apply_division_changes", as_="bureau", changes=tmp_path / name)
    with pytest.raises(CommandError, match="goes with --changes"):
        call_command("apply_division_changes", as_="bureau", crosswalk=tmp_path / "wrong.csv")


def test_a_crosswalk_that_sends_a_community_two_ways_is_refused(place, admin, tmp_path):
    changes = "rename,town,2019-05-01,140402001,东街街道办事处,140402003,新街街道办事处,演示\n"
    row = "2019-05-01,140402001003,下东社区居委会,14040200300{},下东社区居委会,\n"
    with pytest.raises(CommandError, match="contradict"):
        apply_lists(tmp_path, changes, row.format(1) + row.format(2))
    assert not DivisionChange.objects.exists()
