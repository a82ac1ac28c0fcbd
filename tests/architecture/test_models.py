"""Rules for every table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import pytest
from django.db import models
from django.db.models import BaseConstraint, CheckConstraint, Value
from django.utils import timezone

from tests.architecture.apps import own_models

# Events of which only one of time and user may be known, and why.
HALF_KNOWN = {
    "reports.Briefing.printed": "printed_by is who asked, and commands print without anybody asking",
    "participation.SurveyStep.made": "the step table of every flow: what the portal does by itself has nobody",
    "practice.StoryStep.made": "the step table of every flow: what the portal does by itself has nobody",
    "orgs.FilingStep.made": "the step table of every flow: what the portal does by itself has nobody",
    "workload.WorkItemStep.made": "the portal makes moves by itself: what has come to its end",
    "reports.BriefingStep.made": "the portal makes moves by itself: publication on the day set, the end of printing",
    "changelog.TrailRecord.made": "a failed sign-in is made by nobody who is known",
}
HAN = re.compile(r"[\u4e00-\u9fff]")


def all_constraints() -> list[tuple[type[models.Model], BaseConstraint]]:
    return [(model, constraint) for model in own_models() for constraint in model._meta.constraints]


def pairs() -> Iterator[tuple[type[models.Model], str]]:
    """Yield each model with an `…_at` and an `…_by` of the same event, and the event's name."""
    for model in own_models():
        names = {field.name for field in model._meta.concrete_fields}
        for name in sorted(names):
            if name.endswith("_at") and f"{name.removesuffix('_at')}_by" in names:
                yield model, name.removesuffix("_at")


@pytest.mark.parametrize(("model", "constraint"), all_constraints(), ids=lambda value: getattr(value, "name", ""))
def test_a_violated_constraint_tells_the_user_in_chinese(model, constraint):
    message = str(constraint.violation_error_message)
    assert HAN.search(message), f"{model._meta.label}.{constraint.name} has no message of its own"
    assert "约束" not in message, "Django's own message, which no clerk understands"
    assert message.endswith("。")


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_tables_and_columns_have_names_a_clerk_knows(model):
    assert HAN.search(str(model._meta.verbose_name)), model._meta.label
    for field in model._meta.concrete_fields:
        if field.name not in {"id", "ref", "password"} and field.model.__module__ == model.__module__:
            assert HAN.search(str(field.verbose_name)) or field.verbose_name == "SHA-256", (
                f"{model._meta.label}.{field.name}"
            )


def test_models_and_constraints_are_found():
    assert {"Community", "UploadRow", "ChangeRecord", "Submission", "Briefing"} <= {m.__name__ for m in own_models()}
    assert {"posting_open_once", "upload_row_once", "result_once"} <= {each.name for _, each in all_constraints()}


def test_events_are_found():
    assert ("Submission", "submitted") in {(model.__name__, event) for model, event in pairs()}


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "event"), list(pairs()), ids=lambda value: getattr(value, "__name__", value))
def test_when_and_by_whom_are_known_together_or_not_at_all(model, event):
    """Either both columns are always filled, or a constraint refuses one without the other."""
    if f"{model._meta.label}.{event}" in HALF_KNOWN:
        return
    when, who = model._meta.get_field(f"{event}_at"), model._meta.get_field(f"{event}_by")
    assert when.null == who.null, f"{model._meta.label}: {event}_at and {event}_by differ in being optional"
    if not when.null:
        return
    conditions = [
        constraint.condition
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
        if {when.name, who.name} <= {name.split("__")[0] for name in _fields_of(constraint.condition)}
    ]
    assert conditions, f"{model._meta.label} has no constraint on {event}_at and {event}_by"

    def allows(day: datetime.datetime | None, person: int | None) -> bool:
        values = {when.name: Value(day, models.DateTimeField()), who.name: Value(person, models.BigIntegerField())}
        return all(condition.check(values) for condition in conditions)

    now = timezone.now()
    assert allows(None, None)
    assert allows(now, 1)
    assert not allows(now, None)
    assert not allows(None, 1)


def _fields_of(condition: models.Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from _fields_of(child)
        else:
            yield child[0]
