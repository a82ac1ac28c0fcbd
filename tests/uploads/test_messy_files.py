"""Tests of workbooks with intended errors: each is found at its cell, nothing else is, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role
from changelog.models import ChangeRecord
from communities.models import Division
from periods.models import ReportingPeriod
from tests.factories import make_period, make_user
from tests.uploads.samples import SAMPLES, clerk_of, differences, needs_samples, upload, upload_city

pytestmark = [needs_samples, pytest.mark.django_db, pytest.mark.timeout(400)]
CASES = sorted(path.name.removesuffix(".expected.json") for path in (SAMPLES / "messy").glob("*.expected.json"))
REFUSED: dict[str, Any] = (
    json.loads((SAMPLES / "refused" / "expected.json").read_text(encoding="utf-8")) if SAMPLES.is_dir() else {}
)


def _prepare(expected: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    if "city" in expected["needs"]:
        upload_city(capsys, only=expected["as_division"])  # records of other counties do not affect a county's file
    for need in expected["needs"]:
        if need.startswith("locked:"):
            period = make_period(need.removeprefix("locked:"))
            ReportingPeriod.objects.filter(pk=period.pk).update(
                state=ReportingPeriod.State.LOCKED,
                locked_at=timezone.now(),
                locked_by=make_user(Role.BUREAU_ADMIN, "140400"),
            )


@pytest.mark.parametrize("case", CASES)
def test_every_problem_of_a_messy_file_is_reported(
    case: str, city: Division, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = json.loads((SAMPLES / "messy" / f"{case}.expected.json").read_text(encoding="utf-8"))
    _prepare(expected, capsys)
    logged = ChangeRecord.objects.count()
    answer, status = upload(
        capsys, expected["register"], SAMPLES / "messy" / expected["file"], clerk_of(expected["as_division"])
    )
    assert differences(expected, answer) == []
    assert status == expected["exit_status"]
    assert answer["new"] + answer["changed"] + answer["unchanged"] + answer["errors"] == answer["rows"]
    assert ChangeRecord.objects.count() == logged


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_is_no_use_is_refused_with_its_reason(
    name: str, city: Division, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = REFUSED[name]
    answer, status = upload(capsys, expected["register"], SAMPLES / "refused" / name, clerk_of(expected["as_division"]))
    assert answer["state"] == "rejected"
    assert answer["problems"][0]["code"] in expected["codes"]
    assert status == expected["exit_status"]
    assert (answer["rows"], answer["new"]) == (0, 0)
