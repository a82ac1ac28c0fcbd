"""ID and mobile numbers in what people write about a month: refused at their field, and masked where they are stored."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from changelog.history import history_of
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.personal import Place, encrypt
from changzhi_portal.personal_numbers import personal_numbers
from changzhi_portal.refusals import InvalidError
from notices.models import Notice
from submissions.actions import lock_period, reopen_period, return_submission, submit_month
from submissions.explanations import explanation_field
from submissions.models import Submission, SubmissionStep
from targets.actions.planning import change_plan
from targets.models import TargetPlan
from tests.factories import (
    id_number,
    make_batch,
    make_change_set,
    make_facility,
    make_organization,
    make_project,
    make_worker,
)
from tests.submissions.reporting import doubtful_facility, explained, make_due, settle
from uploads.models import UploadBatch, UploadRow

pytestmark = [pytest.mark.django_db]
ID, MOBILE = id_number(777), "138 1234 5678"
migration: Any = importlib.import_module("submissions.migrations.0002_mask_personal_numbers")


@pytest.mark.parametrize("number", [ID, MOBILE])
def test_an_explanation_with_a_number_is_refused_at_its_field(number, place, clerk, signed_in):
    settle(place)
    doubtful_facility(place)
    due = make_due()
    texts = explained(due, place.county)
    key = list(texts)[-1]
    texts[key] = f"问张三{number}"
    with pytest.raises(InvalidError, match="情况说明里有") as refused:
        submit_month(period=due, county=place.county, by=clerk, explanations=texts)
    assert refused.value.field == f"explanations.{key}"
    assert number not in str(refused.value)
    assert not Submission.objects.exists()
    answer = signed_in(clerk).post(
        reverse("submissions:submission", args=[f"{due.month:%Y%m}-{place.county.code}"]),
        {"step": "submitted", **{explanation_field(each): text for each, text in texts.items()}},
    )
    assert answer.status_code == 422 and "的情况说明里有" in answer.content.decode()


def test_a_return_note_with_a_number_is_refused_and_told_to_nobody(place, clerk, officer):
    settle(place)
    due = make_due()
    submission = submit_month(period=due, county=place.county, by=clerk)
    with pytest.raises(InvalidError, match="退回意见里有手机号") as refused:
        return_submission(submission=submission, note=f"请打{MOBILE}", by=officer)
    assert refused.value.field == "note"
    assert not Notice.objects.exists()


def test_a_reason_for_reopening_with_a_number_is_refused(place, period, administrator, signed_in):
    lock_period(period=period, by=administrator)
    with pytest.raises(InvalidError, match="原因里有手机号"):
        reopen_period(period=period, by=administrator, reason=f"张三{MOBILE}说的")
    answer = signed_in(administrator).post(
        reverse("submissions:period_reopen", args=[period.code]), {"reason": f"张三{MOBILE}说的"}
    )
    assert answer.status_code == 422 and "原因里有手机号" in answer.content.decode()


def test_a_plan_takes_no_number(administrator):
    plan = TargetPlan.objects.current()[0]
    with pytest.raises(InvalidError, match="修改原因”里有手机号"):
        change_plan(plan=plan, values={"title": "另一方案"}, reason=f"问{MOBILE}", by=administrator)
    with pytest.raises(InvalidError, match="里有身份证号"):
        change_plan(plan=plan, values={"title": f"方案{ID}"}, reason="演示", by=administrator)


# --- Rows stored before ---


def mask_stored() -> None:
    migration.mask(apps, SimpleNamespace(connection=connection))


def test_stored_numbers_of_records_are_masked_and_the_log_says_what_was_changed(place, administrator, clerk):
    community = place.communities[0]
    worker = make_worker(community, name="张演示", note=f"原登记身份证{ID}", phone="19900001234")
    organization = make_organization(community, f"读书会{MOBILE}")
    facility = make_facility(community, name="活动室", note="联系１３８１２３４５６７８")
    project = make_project(place.county, number="18150402001", note="无")
    before = {record: record.version for record in (worker, organization, facility, project)}
    mask_stored()
    for record in before:
        record.refresh_from_db()
    assert worker.note == f"原登记身份证{ID[:3]}*************{ID[-2:]}"
    assert (organization.name, organization.name_key) == ("读书会138 **** **78", "读书会138******78")
    assert facility.note == "联系１３８******７８"
    assert (project.number, project.version) == ("18150402001", before[project])
    assert worker.version == before[worker] + 1
    assert worker.phone.reveal() == "19900001234"
    change_set = ChangeSet.objects.get()
    assert (str(change_set.made_by), change_set.made_by.is_active, change_set.affects_figures) == ("系统", False, False)
    assert change_set.records.count() == 3
    (entry,) = history_of(worker, clerk, limit=5)
    (change,) = entry.changes
    assert (change.label, change.old, change.new) == ("备注", "原登记身份证［身份证号］", worker.note)
    mask_stored()
    assert ChangeSet.objects.count() == 1, "a second run finds nothing"


def test_two_names_that_are_masked_alike_stay_two(place, administrator):
    community = place.communities[0]
    for middle in ("1234", "4321"):
        make_facility(community, name=f"活动室138{middle}5678")
    mask_stored()
    names = set(apps.get_model("communities", "Facility").objects.values_list("name", flat=True))
    assert names == {"活动室138******78", "活动室138******78（2）"}


def test_stored_numbers_of_uploads_reports_notices_and_the_log_are_masked(place, clerk, administrator, period):
    text = f"张三{ID}，电话{MOBILE}"
    token = encrypt("13812345678", Place("演示"))
    change_set = make_change_set(administrator, summary=text)
    ChangeRecord.objects.create(
        change_set=change_set, model="socialworkers.socialworker", object_id=1, object_label=text,
        division=place.county, kind="updated", before={"note": text, "phone": token}, after={"note": "", "phone": token},
    )  # fmt: skip
    batch = make_batch(clerk, file_name=f"{text}.xlsx", message=text, problems=[{"value": text}])
    UploadRow.objects.create(
        batch=batch, position=1, row_number=2, outcome="changed", label=text,
        values={"note": text, "id_number": token, "number": "18150402001"}, changes=[{"old": text, "new": ""}],
    )  # fmt: skip
    submission = Submission.objects.create(
        period=period, county=place.county, return_note=text, explanations={"rule:ref": {"text": text}}
    )
    SubmissionStep.objects.create(
        submission=submission, kind="returned", made_at=change_set.made_at, made_by=clerk, note=text
    )
    period.reopened_reason = text
    period.save()
    Notice.objects.create(user=clerk, title="演示", text=text)
    mask_stored()
    models = (ChangeSet, ChangeRecord, UploadBatch, UploadRow, Submission, SubmissionStep, Notice, type(period))
    for model in models:
        for row in model._base_manager.values():
            for value in row.values():
                assert not [number for number in personal_numbers(str(value)) if "18150402001" not in str(value)], row
    record, row = ChangeRecord.objects.get(), UploadRow.objects.get()
    assert (record.before["phone"], row.values["id_number"]) == (token, token)
    assert row.values["number"] == "18150402001"
    assert ChangeSet.objects.count() == 1, "only changed records of registers are logged"
