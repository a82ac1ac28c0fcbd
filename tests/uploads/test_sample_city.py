"""Test with a whole city's month, file by file as its offices upload it: the figures are those known to be right."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum

from changelog.models import ChangeRecord, ChangeSet
from communities.models import Division
from periods.models import ReportingPeriod
from services.models import ServiceProject
from submissions.checks import findings_for
from tests.uploads.samples import expected_targets, needs_samples, upload_city
from uploads.models import UploadBatch

pytestmark = [needs_samples, pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(400)]


@pytest.fixture
def uploaded(city: Division, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return upload_city(capsys)


def test_the_city_uploads_without_an_error_and_its_targets_are_right(
    uploaded: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = expected_targets()
    for name, facts in expected["files"].items():
        answer = uploaded[name]
        assert answer["state"] == "committed", (name, answer["problems"][:5])
        assert (answer["rows"], answer["skipped"], answer["errors"]) == (facts["rows"], facts["skipped"], 0), name
        assert answer["new"] + answer["changed"] + answer["unchanged"] == answer["rows"], name

    call_command("compute", period="2018-06", json=True)
    computed = json.loads(capsys.readouterr().out)
    assert computed["as_of"] == expected["as_of"]
    assert computed["targets"] == expected["targets"]

    # Data quality finds 113 findings in 14,000 rows, all of them true, and none blocks a report.
    city = Division.objects.by_code("140400")
    found = findings_for(period=ReportingPeriod.objects.get(month=datetime.date(2018, 6, 1)), division=city)
    assert found.hard == 0
    assert {code: number for code, number in found.counts().items() if number} == {
        "population_missing": expected["targets"]["rural_org_count"]["140400"]["unknown"],
        "urban_without_facility": 8,
        "household_size_implausible": 7,
        "project_past_its_end": 22,
        "accepted_without_acceptance": 2,
    }

    money = ServiceProject.objects.aggregate(budget=Sum("budget"), contract=Sum("contract_amount"), paid=Sum("paid"))
    assert {name: Decimal(value) for name, value in expected["projects_yuan"].items()} == money

    # Every batch that wrote rows has one change set, and the log has a record of each row.
    assert ChangeSet.objects.count() == UploadBatch.objects.count() == len(expected["files"])
    assert (
        ChangeRecord.objects.filter(model="orgs.socialorganization").count() == expected["registers"]["organizations"]
    )
    assert ChangeRecord.objects.filter(model="communities.facility").count() == expected["registers"]["facilities"]
