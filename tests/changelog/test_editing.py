"""Editing one record without a file: the row check of spreadsheets, with problems at fields."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from changelog.actions import check_edit, edit_record, reverse_change_set
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from communities.models import CommunityProfile, GovernanceBody
from notices.models import Notice
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.changelog.editing import CASES, HERE, NUMBER, Case, edit, register_of
from tests.factories import (
    Place,
    make_facility,
    make_organization,
    make_period,
    make_posting,
    make_profile,
    make_project,
    make_worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, period: ReportingPeriod) -> Case:
    found: Case = request.param
    found.prepare(request.getfixturevalue("place"))
    return found


def assert_holds(record: Any, expected: dict[str, Any]) -> None:
    """Check plain attributes and lookups across relations of the record as the database has it."""
    record.refresh_from_db()
    for lookup, value in expected.items():
        if "__" in lookup or lookup not in {f.name for f in record._meta.concrete_fields}:
            assert type(record).objects.filter(pk=record.pk, **{lookup: value}).exists(), lookup
        else:
            assert getattr(record, lookup) == value, lookup


@pytest.mark.parametrize("case", [case for case in CASES if case.new], ids=str, indirect=True)
def test_a_new_record_is_added_and_logged_as_one_change(case: Case, place: Place, clerk: User) -> None:
    case.prepare(place)
    added = edit_record(register=register_of(case), values=case.new, by=clerk)
    assert added.problems == {}
    record = register_of(case).model.objects.get()
    assert added.record == record
    change_set = ChangeSet.objects.get()
    assert (change_set, change_set.made_by, change_set.division) == (added.change_set, clerk, place.county)
    assert change_set.summary.startswith(f"新增{register_of(case).title}：")
    assert record.version == 1


def test_a_change_reaches_the_record_and_its_parts_and_counts_the_version_up(
    case: Case, place: Place, clerk: User
) -> None:
    record = case.make(place)
    done = edit(case, clerk, record, case.change)
    assert not done.has_error
    assert done.record == record
    before = record.version
    assert_holds(record, case.changed)
    assert record.version == before + 1
    assert ChangeSet.objects.get().summary.startswith(f"修改{register_of(case).title}：")


def test_what_says_nothing_new_writes_nothing(case: Case, place: Place, clerk: User) -> None:
    record = case.make(place)
    edit(case, clerk, record, case.change)
    record.refresh_from_db()
    again = edit(case, clerk, record, case.change)
    assert (again.has_error, again.change_set, ChangeSet.objects.count()) == (False, None, 1)
    version = record.version
    record.refresh_from_db()
    assert record.version == version


def test_a_blank_value_empties_the_field_and_an_absent_one_leaves_it(case: Case, place: Place, clerk: User) -> None:
    record = case.make(place)
    assert not edit(case, clerk, record, {case.clear: ""}).has_error
    assert_holds(record, case.cleared)


def test_a_record_is_closed(case: Case, place: Place, clerk: User) -> None:
    record = case.make(place)
    assert not edit(case, clerk, record, case.close).has_error
    assert_holds(record, case.closed)


def test_a_wrong_choice_is_a_problem_of_its_field_and_nothing_is_written(case: Case, place: Place, clerk: User) -> None:
    record = case.make(place)
    refused = edit(case, clerk, record, case.change | case.wrong)
    [name] = case.wrong
    code = "bad_number" if case.register in {"monthly", "assessments"} else "bad_choice"  # which have nothing to choose
    assert [problem.code for problem in refused.problems[name]] == [code]
    assert refused.problems[name][0].column == register_of(case).column(name).header
    assert refused.problems[name][0].cell == ""
    assert (refused.has_error, refused.record, refused.change_set) == (True, None, None)
    assert not ChangeSet.objects.exists()


def test_a_record_of_another_county_is_not_found(case: Case, place: Place, clerk: User) -> None:
    record = case.elsewhere(place)
    with pytest.raises(NotFoundError):
        edit(case, clerk, record, case.change)
    with pytest.raises(NotFoundError):
        check_edit(register=register_of(case), values=case.change, by=clerk, ref=record.ref)


def test_an_edit_of_what_somebody_else_has_changed_meanwhile_is_refused(case: Case, place: Place, clerk: User) -> None:
    record = case.make(place)
    edit(case, clerk, record, case.change)
    with pytest.raises(StaleError):
        edit(case, clerk, record, case.close)
    assert ChangeSet.objects.count() == 1


def test_a_change_of_a_part_alone_is_noticed_too(place: Place, clerk: User, period: ReportingPeriod) -> None:
    for case, values in ((CASES[0], {"groups": 9}), (CASES[3], {"position": "副主任"})):
        record = case.make(place)
        edit(case, clerk, record, values)
        with pytest.raises(StaleError):
            edit(case, clerk, record, case.close)


def test_an_edit_is_taken_back_whole(case: Case, place: Place, clerk: User) -> None:
    record, register = case.make(place), register_of(case)
    values_before = _state(register, clerk, record)
    done = edit(case, clerk, record, case.change)
    record.refresh_from_db()
    version = record.version
    assert _state(register, clerk, record) != values_before
    with transaction.atomic():
        result = reverse_change_set(done.change_set, by=clerk, models_in_order=register.writes_to)
    assert (result.reversed, result.kept, result.failed) == ({1}, {}, {})
    assert _state(register, clerk, record) == values_before
    record.refresh_from_db()
    assert record.version > version


@pytest.mark.parametrize("case", [case for case in CASES if case.new], ids=str, indirect=True)
def test_an_added_record_is_taken_back_and_is_gone(case: Case, place: Place, clerk: User) -> None:
    register = register_of(case)
    case.prepare(place)
    added = edit_record(register=register, values=case.new, by=clerk)
    with transaction.atomic():
        reverse_change_set(added.change_set, by=clerk, models_in_order=register.writes_to)
    assert not any(model.objects.exists() for model in register.writes_to)


def _state(register: RegisterSheet, clerk: User, record: Any) -> dict[str, Any]:
    """Return the record as its template shows it; an empty figure as no figure."""
    rows = {row["ref"]: row for row in register.records(clerk.division.path)}
    return {name: value for name, value in rows[record.ref].items() if value not in (None, "", [])}


def test_a_new_record_must_have_what_the_register_requires(place: Place, clerk: User, period: ReportingPeriod) -> None:
    for case in CASES:
        if case.new:
            register = register_of(case)
            required = {column.field for column in register.columns if column.required}
            bare = {"county": "城区", "community_name": "和平社区"}
            if case.register in {"projects", "work_items", "trainings", "training_records", "catalogue", "reviews"}:
                bare = {}
            refused = edit_record(register=register, values=bare | dict.fromkeys(required, ""), by=clerk)
            assert {name for name, found in refused.problems.items() if found[0].code == "required"} == required


@pytest.mark.parametrize("case", CASES, ids=str, indirect=True)
def test_whoever_adds_what_is_there_already_does_not_change_it_unseen(case: Case, place: Place, clerk: User) -> None:
    if case.new:
        case.prepare(place)
        edit_record(register=register_of(case), values=case.new, by=clerk)
    before = ChangeSet.objects.count()
    values = case.new or HERE | {"note": "x"}
    [key, *_] = [column.field for column in register_of(case).columns if column.is_key and column.field in values]
    refused = edit_record(register=register_of(case), values=values, by=clerk)
    assert [problem.code for problem in refused.problems[key]] == ["conflicting_key"]
    assert "已有" in refused.problems[key][0].message
    assert ChangeSet.objects.count() == before


def test_dates_in_the_wrong_order_are_told_at_the_field_that_was_given(
    place: Place, clerk: User, period: ReportingPeriod
) -> None:
    record = make_organization(place.communities[0], dissolved_on=datetime.date(2018, 1, 1))
    refused = edit_record(
        register=register_named("organizations")(),
        values={"established_on": "2018-02-01"},
        by=clerk,
        ref=record.ref,
        version=record.version,
    )
    assert {name: [p.message for p in found] for name, found in refused.problems.items()} == {
        "established_on": ["注销日期早于成立日期，请核对"]
    }


def test_a_registered_organization_needs_its_code_in_a_form_too(
    place: Place, clerk: User, period: ReportingPeriod
) -> None:
    case = next(case for case in CASES if case.register == "organizations")
    refused = edit_record(register=register_of(case), values=case.new | {"registration": "登记"}, by=clerk)
    assert [problem.code for problem in refused.problems["credit_code"]] == ["required"]


def test_a_mask_in_place_of_personal_data_changes_nothing(place: Place, clerk: User, period: ReportingPeriod) -> None:
    record = make_worker(place.communities[0], phone="19900001111")
    done = edit_record(
        register=register_named("workers")(),
        values={"id_number": str(record.id_number), "phone": "199****1111", "note": "x"},
        by=clerk,
        ref=record.ref,
        version=record.version,
    )
    assert not done.has_error
    record.refresh_from_db()
    assert (record.phone.reveal(), record.note) == ("19900001111", "x")


def test_a_field_that_the_register_does_not_have_is_refused_by_name(
    place: Place, clerk: User, period: ReportingPeriod
) -> None:
    for name in ("nickname", "ref"):
        with pytest.raises(InvalidError, match=name):
            edit_record(register=register_named("workers")(), values={name: "x"}, by=clerk)


def test_whoever_only_reads_may_not_edit(place: Place, leader: User, auditor: User, period: ReportingPeriod) -> None:
    record = make_facility(place.communities[0])
    for user in (leader, auditor):
        with pytest.raises(NotAllowedError):
            edit(CASES[1], user, record, {"note": "x"})


def test_another_office_is_not_reached_by_naming_its_place(place: Place, clerk: User, period: ReportingPeriod) -> None:
    there = {"county": "襄垣县", "town": "古韩镇", "community_name": "西垴头村"}
    refused = edit_record(register=register_named("facilities")(), values=CASES[1].new | there, by=clerk)
    assert refused.problems["county"][0].code == "out_of_scope"


def test_figures_of_a_locked_month_are_the_bureaus_with_a_reason(place: Place, clerk: User, officer: User) -> None:
    case = CASES[0]
    month = make_period("2018-04")
    make_period("2018-06")
    ReportingPeriod.objects.filter(pk=month.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    community = place.communities[0]
    values = {"residents": 2_000, "as_of": "2018-04-30"}
    refused = edit(case, clerk, community, values)
    assert [problem.code for problem in refused.problems["as_of"]] == ["locked_period"]
    with pytest.raises(NotAllowedError):
        edit(case, clerk, community, values, locked_reason="核定")
    done = edit(case, officer, community, values, locked_reason="核定后更正")
    assert [(p.code, str(p.level)) for p in done.problems["as_of"]] == [("locked_period", "warning")]
    assert "核定后更正" in ChangeSet.objects.get().summary
    assert CommunityProfile.objects.get().residents == 2_000


def test_figures_without_a_day_count_for_the_month_that_is_given(place: Place, clerk: User) -> None:
    make_period("2018-06")
    community = place.communities[0]
    make_profile(community, as_of=datetime.date(2018, 4, 30), residents=2_000)
    edit(CASES[0], clerk, community, {"residents": 2_100}, period=make_period("2018-05"))
    assert str(CommunityProfile.objects.order_by("-as_of")[0].as_of) == "2018-05-31"
    assert not GovernanceBody.objects.exists()


def test_a_check_warns_before_anything_is_written(place: Place, clerk: User, period: ReportingPeriod) -> None:
    make_organization(place.communities[0], "演示阳光书画社")
    case = next(case for case in CASES if case.register == "organizations")
    checked = check_edit(register=register_of(case), values=case.new | {"name": "演示阳光书法社"}, by=clerk)
    assert [problem.code for problem in checked.problems["name"]] == ["similar_name"]
    assert (checked.has_error, SocialOrganization.objects.count(), ChangeSet.objects.exists()) == (False, 1, False)


def test_an_office_that_loses_a_person_by_an_edit_is_told(
    place: Place, clerk: User, other_clerk: User, period: ReportingPeriod
) -> None:
    worker = make_worker(place.villages[0], "李演示", id_number=NUMBER)
    case = next(case for case in CASES if case.register == "workers")
    done = edit_record(register=register_of(case), values=case.new, by=clerk)
    assert SocialWorker.objects.get() == worker
    assert Posting.objects.get(is_newest=True).community == place.communities[0]
    notice = Notice.objects.get()
    assert (notice.user, notice.about) == (other_clerk, done.change_set.ref)
    assert "李演示" in notice.text


def test_of_two_communities_a_project_keeps_those_of_others(place: Place, clerk: User, period: ReportingPeriod) -> None:
    project = make_project(place.county, place.communities[0], place.villages[0])
    edit(CASES[4], clerk, project, {"communities": []})
    assert list(ServiceProject.objects.get().communities.all()) == [place.villages[0]]


def test_a_person_who_has_left_is_not_edited_here(place: Place, clerk: User, period: ReportingPeriod) -> None:
    worker = make_worker(place.communities[0], posting={"is_newest": False, "ended_on": datetime.date(2018, 1, 1)})
    make_posting(worker, place.villages[0], started_on=datetime.date(2018, 1, 1))
    with pytest.raises(NotFoundError):
        edit(CASES[3], clerk, worker, {"note": "x"})
