"""Tests of reading a register by increments: a copy stays equal to the database, whatever happens to the records."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from accounts.actions import apply_division_changes
from accounts.models import Role
from changelog.actions import edit_record
from changelog.trail.sealing import seal_waiting
from changzhi_portal.registers.registry import register_named, registers
from tests.api.mirror import Mirror
from tests.changelog.test_merging import merge
from tests.communities.changes import change
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import (
    make_activity,
    make_catalogue_item,
    make_count,
    make_document,
    make_facility,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_user,
    make_work_item,
    make_worker,
)
from tests.queries import queries_of
from tests.uploads.office import send  # noqa: F401  # a fixture
from tests.uploads.test_undo import undo
from workload.models import Assessment

pytestmark = pytest.mark.django_db
NAMES = [register.name for register in registers()]
ADDRESS = "/api/v1/organizations/"


@pytest.fixture
def filled(place):
    """Return the small city with records of each register in two counties."""
    for community in (*place.communities[:2], place.villages[0]):
        make_support(make_organization(community, f"{community.name}合唱队"))
        make_activity(community)
        make_hours(make_worker(community), make_training(community.town.parent))
        make_facility(community)
        make_point(community)
        make_monthly_report(community)
        project = make_project(community.town.parent, community)
        make_catalogue_item(community.town.parent)
        make_review(project)
        make_payment(community.town.parent, project=project)
        make_count(make_survey(community.town.parent), community)
        make_work_item(community.town.parent)
        Assessment.objects.create(community=community, year=2018, work_score=80)
        make_document(community)
    return place


def edit(register, record, by, **values):
    record.refresh_from_db()
    edited = edit_record(
        register=register_named(register)(), values=values, by=by, ref=record.ref, version=record.version
    )
    assert not edited.has_error, edited.problems
    return edited.record


def equal(*mirrors):
    for mirror in mirrors:
        mirror.catch_up()
        assert mirror.rows == mirror.truth()


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_follows_a_county_that_is_renamed(name, filled, clerk, administrator, signed_in):
    mirror = Mirror(signed_in(clerk), name)
    assert mirror.rows
    change("rename", filled.county, "140402", "改名区")
    apply_division_changes(by=administrator)
    equal(mirror)
    assert not mirror.gone


def test_a_copy_follows_uploads_edits_and_undoing(send, filled, clerk, other_clerk, officer, signed_in):  # noqa: F811
    mirrors = [Mirror(signed_in(user), "facilities") for user in (clerk, other_clerk, officer)]
    before = dict(mirrors[0].rows)
    sent = send("facilities", clerk, [facility_row(), facility_row("东关社区")], commit="all")
    equal(*mirrors)
    assert mirrors[0].rows.keys() > before.keys()
    undo(sent, clerk)
    equal(*mirrors)
    assert mirrors[0].rows.keys() == before.keys()
    assert {gone["reason"] for gone in mirrors[0].gone} == {"removed"}
    assert mirrors[1].gone == []  # of another county nothing is told, not even that something was removed


def test_a_copy_follows_figures_that_are_parts_of_a_community(send, filled, clerk, signed_in):  # noqa: F811
    mirror = Mirror(signed_in(clerk), "communities")
    sent = send("communities", clerk, [community_row()], commit="all")
    equal(mirror)
    undo(sent, clerk)
    equal(mirror)


@pytest.mark.parametrize(
    ("moment", "rows"),
    [("0001-01-01T00:00:00+14:00", 1), ("9999-12-31T23:59:59-14:00", 0), ("2018-06-01T08:00:00Z", 1)],
)
def test_any_time_is_a_moment(moment, rows, filled, clerk, signed_in):
    record = make_organization(filled.communities[0], "演示书画社")
    edit("organizations", record, clerk, leader="王某某")
    seal_waiting()
    answer = signed_in(clerk).get(ADDRESS, {"modified_since": moment})
    assert (answer.status_code, len(answer.json()["results"])) == (200, rows)


def test_a_merged_record_says_into_which(filled, clerk, signed_in):
    mirror = Mirror(signed_in(clerk), "organizations")
    kept = make_organization(filled.communities[0], "演示书画社")
    merged = make_organization(filled.communities[0], "演示书画协会")
    for record in (kept, merged):
        edit("organizations", record, clerk, leader="王某某")
    equal(mirror)
    merge(kept, merged, clerk)
    equal(mirror)
    assert mirror.gone == [{"ref": merged.ref, "reason": "merged", "merged_into": kept.ref}]


def test_a_record_that_moves_to_another_county_goes_there(filled, clerk, other_clerk, officer, signed_in):
    moved = make_organization(filled.communities[0], "搬家的队")
    edit("organizations", moved, clerk, leader="王某某")
    here, there = (Mirror(signed_in(user), "organizations") for user in (clerk, other_clerk))
    village = filled.villages[0]
    place = {"county": village.town.parent.name, "town": village.town.name, "community_name": village.name}
    edit("organizations", moved, officer, **place)
    equal(here, there)
    assert [gone["reason"] for gone in here.gone] == ["elsewhere"]
    assert moved.ref in there.rows


def test_a_copy_of_what_filters_find_lets_go_what_they_find_no_longer(filled, clerk, signed_in):
    mirror = Mirror(signed_in(clerk), "organizations", "&category=culture_sports")
    record = make_organization(filled.communities[0], "换类别的队", category="culture_sports")
    edit("organizations", record, clerk, leader="王某某")
    equal(mirror)
    assert record.ref in mirror.rows
    edit("organizations", record, clerk, category="其他")
    equal(mirror)
    assert record.ref not in mirror.rows


def test_nothing_is_told_twice_and_reading_moves_nothing_on(filled, clerk, signed_in):
    mirror = Mirror(signed_in(clerk), "organizations")
    position = mirror.later
    edit("organizations", make_organization(filled.communities[0], "新队"), clerk, leader="王某某")
    mirror.catch_up()
    assert mirror.later != position
    position = mirror.later
    answer = mirror.client.get(position).json()
    assert (answer["results"], answer["gone"], answer["changes"]) == ([], [], position)


def test_a_change_that_is_committed_late_is_not_passed_over(filled, clerk, signed_in):
    client = signed_in(clerk)
    late = make_organization(filled.communities[0], "晚到的队")
    edit("organizations", late, clerk, leader="王某某")
    # It has no seal yet, as while its transaction is still to end.
    first = client.get(f"{ADDRESS}?modified_since=0").json()
    assert first["results"] == []
    seal_waiting()
    then = client.get(first["changes"]).json()
    assert [row["ref"] for row in then["results"]] == [late.ref]


def test_a_time_with_its_zone_begins_with_what_was_changed_then(filled, clerk, signed_in):
    client = signed_in(clerk)
    record = make_organization(filled.communities[0], "有时间的队")
    before = timezone.now()
    edit("organizations", record, clerk, leader="王某某")
    seal_waiting()
    later = before + datetime.timedelta(hours=1)
    for moment, expected in ((before, [record.ref]), (later, [])):
        answer = client.get(ADDRESS, {"modified_since": moment.isoformat()}).json()
        assert [row["ref"] for row in answer["results"]] == expected


@pytest.mark.parametrize("moment", ["", "gestern", "2018-06-01", "2018-06-01T08:00:00", "-1", "99999999", "1e3"])
def test_what_is_no_moment_is_refused(moment, filled, clerk, signed_in):
    answer = signed_in(clerk).get(ADDRESS, {"modified_since": moment})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "modified_since")


def test_an_increment_has_no_order_of_its_own(filled, clerk, signed_in):
    answer = signed_in(clerk).get(ADDRESS, {"modified_since": "0", "sort": "name"})
    assert answer.status_code == 400


def test_a_town_sees_what_leaves_it(filled, clerk, signed_in):
    town = filled.communities[0].town
    user = make_user(Role.STREET_CLERK, town)
    moved = make_organization(filled.communities[0], "搬走的队")
    edit("organizations", moved, clerk, leader="王某某")
    mirror = Mirror(signed_in(user), "organizations")
    other = filled.other_communities[0]
    edit("organizations", moved, clerk, town=other.town.name, community_name=other.name)
    equal(mirror)
    assert [gone["ref"] for gone in mirror.gone] == [moved.ref]


def test_the_number_of_queries_does_not_depend_on_what_has_changed(filled, clerk, signed_in):
    mirror = Mirror(signed_in(clerk), "organizations")
    address = mirror.later.replace("limit=2", "limit=100")
    for number in range(3):
        edit("organizations", make_organization(filled.communities[0], f"新{number}队"), clerk, leader="王某某")
    seal_waiting()
    few = len(queries_of(lambda: mirror.client.get(address)))
    for number in range(3, 9):
        edit("organizations", make_organization(filled.communities[0], f"新{number}队"), clerk, leader="王某某")
    seal_waiting()
    assert len(queries_of(lambda: mirror.client.get(address))) == few <= 12
