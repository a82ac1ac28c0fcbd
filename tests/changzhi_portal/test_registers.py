"""Tests of the declaration of a register: what it refuses when it is imported, and what follows from it."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import CheckConstraint, Q, Value

from changzhi_portal.personal import Sealed
from changzhi_portal.registers.columns import CLEAR, Column, IntegerColumn, PhoneColumn, TextColumn
from changzhi_portal.registers.constraints import condition_in_python, row_rules
from changzhi_portal.registers.editing import row_of_input
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import column_for, register_named, registers
from changzhi_portal.registers.rows import RegisterRow
from communities.models import CommunityProfile, Facility, GovernanceBody
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker

# Check constraints without a check of rows, and why.
HELD_BY_DATABASE = {
    "facility_area_not_negative": "cleaning refuses negative numbers",
    "project_money_not_negative": "cleaning refuses negative numbers",
    "organization_in_one_place": "the place columns lead to one place or are refused",
    "point_in_one_place": "the place columns lead to one place or are refused",
    "payment_instalment_of_project": "the sheet says so, because a project is found by its number and no column holds its key",
    "point_has_function": "the column is required, and its cells are not read as an empty list",
    "posting_in_one_place": "the place columns lead to one place or are refused",
    "facility_not_merged_into_itself": "no column writes it: records are merged by changelog.actions.merge",
    "organization_not_merged_into_itself": "no column writes it: records are merged by changelog.actions.merge",
    "worker_not_merged_into_itself": "no column writes it: records are merged by changelog.actions.merge",
    "community_successor_when_closed": "no column writes it: communities are closed by communities.actions.successions",
    "merged_facility_has_ended": "no column writes it: records are merged by changelog.actions.merge",
    "merged_organization_has_ended": "no column writes it: records are merged by changelog.actions.merge",
    "monthly_report_is_first_of_month": "cleaning gives the first day of a month",
    "monthly_count_not_negative": "cleaning refuses negative numbers",
    "monthly_count_kind_known": "each column writes one kind",
    "survey_answers_at_most_sent": "the row check says which numbers, and by the kind of the survey",
    "survey_count_grades_or_chosen": "the row check says which of them the survey takes",
    "work_item_funds_not_negative": "cleaning refuses negative numbers",
    "submitted_work_item_has_limit": "no column writes it: applications are moved by workload.flow",
    "work_item_decided_after_submission": "no column writes it: applications are moved by workload.flow",
    "document_of_one_place": "the place columns lead to one place or are refused",
    "support_not_negative": "cleaning refuses negative numbers",
    "activity_in_one_place": "the place columns lead to one place or are refused",
    "activity_hours_not_negative": "cleaning refuses negative numbers",
    "governance_body_exists_or_number": "each column writes one of the two",
}


def declare(*columns: Column) -> type[RegisterSheet]:
    class Register(RegisterSheet):
        writes_to = (Facility,)

    return type("Declared", (Register,), {"columns": columns})


# --- Invalid declarations ---


def test_a_column_of_a_field_that_the_model_does_not_have_is_refused_where_it_stands():
    with pytest.raises(FieldDoesNotExist, match="nickname"):
        TextColumn(Facility, "nickname", "别名")


def test_two_columns_of_one_field_are_refused():
    with pytest.raises(TypeError, match="two columns"):
        declare(TextColumn(Facility, "name", "名称"), TextColumn(Facility, "name", "别名"))


def test_a_column_of_a_model_that_the_register_does_not_write_is_refused():
    with pytest.raises(TypeError, match="SocialOrganization"):
        declare(TextColumn(SocialOrganization, "name", "名称"))


def test_columns_that_tell_records_apart_in_different_ways_are_refused():
    with pytest.raises(TypeError, match="apart"):
        declare(
            IntegerColumn(Facility, "area", "甲", field="first", where={"kind": "integrated"}),
            IntegerColumn(Facility, "area", "乙", field="second", where={"tenure": "owned"}),
        )


def test_a_text_without_a_field_must_say_how_long_it_may_be():
    with pytest.raises(TypeError, match="max_length"):
        TextColumn(None, "county", "县")


# --- What follows from a declaration ---


@pytest.mark.parametrize("register", registers(), ids=lambda register: register.name)
def test_texts_are_no_longer_than_the_database_holds(register):
    for column in register.columns:
        if isinstance(column, TextColumn) and column.model is not None and not column.is_link:
            assert column.max_length == column.model_field.max_length, column


def test_a_cleared_field_holds_what_an_empty_one_holds():
    empty = {
        (column.model, column.attribute): column.empty()
        for register in registers()
        for column in register.columns
        if column.model is not None and not column.required
    }
    assert empty[SocialOrganization, "is_social_work_agency"] is False
    assert empty[SocialOrganization, "phone"] is None
    assert empty[SocialWorker, "has_social_work_degree"] is None
    assert empty[Facility, "functions"] == []
    assert empty[Facility, "tenure"] == ""
    assert empty[ServiceProject, "paid"] is None


def test_a_cleared_list_is_not_shared_between_records():
    register = register_named("facilities")()
    rows = [RegisterRow({"functions": CLEAR}) for _ in range(2)]
    first, second = (register.given(row, Facility)["functions"] for row in rows)
    assert first == second == []
    assert first is not second


def test_an_attribute_of_a_record_leads_to_its_column():
    party, groups = GovernanceBody(kind="party"), GovernanceBody(kind="groups")
    found = [column_for(party, "exists"), column_for(groups, "number"), column_for(Posting(), "started_on")]
    assert [column.header for column in found if column] == ["社区党组织", "居（村）民小组数", "到岗日期"]
    assert column_for(party, "number") is None
    assert column_for(Posting(), "community_id") is None
    assert column_for(ServiceProject(), "communities").header == "服务社区"


# --- Rules that come from check constraints ---


@pytest.mark.parametrize("register", registers(), ids=lambda register: register.name)
def test_every_check_constraint_is_a_row_check_or_is_known_to_need_none(register):
    for model in register.writes_to:
        checked = {rule.message for rule in row_rules(model)}
        for constraint in model._meta.constraints:
            if isinstance(constraint, CheckConstraint):
                is_checked = str(constraint.violation_error_message).removesuffix("。") in checked
                assert is_checked != (constraint.name in HELD_BY_DATABASE), constraint.name


def _coded() -> list[tuple[Any, CheckConstraint]]:
    return [
        (model, constraint)
        for register in registers()
        for model in register.writes_to
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) and constraint.violation_error_code
    ]


def _values_of(field: Any) -> tuple[Any, ...]:
    """Return values of a field among which a constraint lets some pass and refuses others."""
    if isinstance(field, models.DateField):
        return (None, datetime.date(2007, 12, 31), datetime.date(2018, 1, 1), datetime.date(2018, 1, 2))
    if isinstance(field, models.DecimalField | models.IntegerField):
        return (*((None,) if field.null else ()), 0, 100, 101, 2018)
    return ("", *(value for value, _ in field.flatchoices), "registered", "51140402MJ00000011")


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "constraint"), _coded(), ids=lambda value: getattr(value, "name", ""))
def test_python_judges_a_row_as_the_database_does(model, constraint):
    message = str(constraint.violation_error_message).removesuffix("。")
    [rule] = [rule for rule in row_rules(model) if rule.message == message]
    candidates = {name: _values_of(model._meta.get_field(name)) for name in rule.attributes}
    verdicts = set()
    for values in itertools.product(*candidates.values()):
        row = dict(zip(candidates, values, strict=True))
        in_database = {name: Value(value, model._meta.get_field(name)) for name, value in row.items()}
        # Unknown passes: what the database refuses is what is false.
        expected = constraint.condition.check(in_database)
        assert (rule.holds(model(**row)) is not False) == expected, row
        verdicts.add(expected)
    assert verdicts == {True, False}


def test_a_condition_is_judged_with_unknown_values():
    profile = CommunityProfile(households=5, residents=None)
    assert condition_in_python(Q(residents__gt=3))(profile) is None
    assert condition_in_python(~Q(residents__gt=3))(profile) is None
    assert condition_in_python(Q(residents__gt=3) | Q(households=5))(profile) is True
    assert condition_in_python(Q(residents__gt=3) & Q(households=6))(profile) is False
    assert condition_in_python(Q(residents__gt=3, households=5))(profile) is None
    assert condition_in_python(~Q(households__in=(5, 6)))(profile) is False
    assert condition_in_python(Q(residents__isnull=True))(profile) is True
    with pytest.raises(ValueError, match="regex"):
        condition_in_python(Q(residents__regex="1"))


# --- Values of forms and of the API ---


GIVEN = {
    "workers": {"level": "无", "gender": "female", "phone": "199 0000 1111", "has_social_work_degree": True},
    "facilities": {"functions": ["culture", "党员活动中心"], "area": "520㎡", "opened_on": datetime.date(2018, 6, 1)},
    "projects": {"communities": ["和平社区", "东关社区"], "budget": "1.5万"},
}


@pytest.mark.parametrize("name", GIVEN)
def test_values_are_read_as_texts_and_as_what_they_are(name):
    register = register_named(name)()
    row = row_of_input(register, GIVEN[name])
    assert not row.problems
    again = row_of_input(register, {
        field: register.column(field).written(value) if not isinstance(value, Sealed) else value.reveal()
        for field, value in row.values.items()
    })  # fmt: skip
    assert again.values == row.values


def test_a_problem_of_a_value_is_at_its_field_and_has_no_cell():
    row = row_of_input(register_named("facilities")(), {"area": "很大", "opened_on": "2018-13-01"})
    assert [(problem.field, problem.code, problem.cell) for problem in row.problems] == [
        ("area", "bad_number", ""),
        ("opened_on", "bad_date", ""),
    ]


def test_an_endless_text_is_refused_before_it_is_read():
    row = row_of_input(register_named("facilities")(), {"note": "长" * 5_001})
    assert [problem.code for problem in row.problems] == ["too_long"]


def test_a_blank_value_empties_what_a_record_holds_and_says_nothing_of_a_new_one():
    register = register_named("organizations")()
    blank = {"leader": "", "phone": None, "note": "无", "county": "", "credit_code": ""}
    assert row_of_input(register, blank).values == {}
    record = SocialOrganization(ref="abcdefgh12345")
    row = row_of_input(register, blank, record)
    assert row.values == {"ref": record.ref, "leader": CLEAR, "phone": CLEAR, "note": CLEAR}
    masked = row_of_input(register, {"phone": "199****1111"}, record)
    assert masked.values == {"ref": record.ref}
    record.credit_code = "51140402MJ00000011"
    assert row_of_input(register, {"credit_code": ""}, record).values["credit_code"] is CLEAR


def test_a_phone_is_sealed_as_soon_as_it_is_read():
    value = PhoneColumn(SocialWorker, "phone", "电话").from_input("19900001111")
    assert isinstance(value, Sealed)
