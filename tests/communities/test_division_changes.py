"""Tests of applying changes of divisions: the merger of 2018 in the real city, rights, repetition, users, the log."""

from __future__ import annotations

import datetime
import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.actions import apply_division_changes
from accounts.models import Role, User
from changelog.history import history_of
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.names import readings
from changzhi_portal.refusals import InvalidError, NotAllowedError
from communities.actions import load_divisions
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.reference import listed_communities
from tests.communities.changes import DAY, EVE, assert_sound, change, place_of
from tests.factories import make_community, make_division, make_facility, make_user
from tests.queries import queries_of, writes_of

pytestmark = pytest.mark.django_db


# --- The shipped changes in the real city ---


@pytest.fixture
def changed_city(city):
    """Apply the changes of 23 November 2018 to the real city and return the result."""
    (applied,) = apply_division_changes(by=make_user(Role.BUREAU_ADMIN, city, "bureau"))
    return applied


def test_the_real_city_has_the_counties_of_today(changed_city):
    counties = Division.objects.counties().current()
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
    assert Community.objects.current().count() == 3_606
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


def test_places_are_found_by_the_pinyin_of_their_new_names(changed_city):
    for model in (Division, Community):
        stale = [row.name for row in model.objects.all() if row.readings != readings(row.name)]
        assert stale == []


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
    # SQLite allows a thousand values per statement.
    assert len(writes_of(large)) <= len(writes_of(small)) + 20, "two hundred communities more"


def make_more(place):
    for number in range(40):
        town = make_division(f"1404021{number:02d}", f"演示第{number}镇", place.county)
        for _ in range(5):
            make_community(town)


def test_loading_again_after_the_change_brings_nothing_back(changed_city):
    assert load_divisions().is_empty


# --- Repetition, rights and the log ---


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
    with pytest.raises(NotAllowedError):
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
    with pytest.raises(InvalidError, match=r"代码140402现在是“城区”，不是“西城区”"):
        apply_division_changes(by=admin)
    good.refresh_from_db()
    assert good.applied_at is None
    assert list(Division.objects.order_by("pk").values()) == before
    assert not ChangeSet.objects.exists()


# --- Users ---


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
