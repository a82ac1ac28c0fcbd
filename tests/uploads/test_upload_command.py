"""Tests of `manage.py upload` with a wrong month or file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from periods.models import ReportingPeriod
from tests.communities.test_sheets import facility_row
from tests.uploads.office import Send, write_workbook
from tests.uploads.samples import upload
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db


def test_a_month_that_has_not_begun_is_refused_and_does_not_appear_in_the_calendar(send: Send, clerk: User) -> None:
    refused = send("facilities", clerk, [facility_row()], period="2099-01")
    assert (refused["status"], refused["error"]["code"]) == (3, "invalid")
    assert not ReportingPeriod.objects.filter(month__year=2099).exists()


def test_an_upload_that_could_not_begin_opens_no_month_for_everybody(send: Send, clerk: User) -> None:
    refused = send("no_register", clerk, [facility_row()], period="2018-09")
    assert (refused["status"], refused["error"]["code"]) == (3, "not_found")
    assert not ReportingPeriod.objects.filter(month="2018-09-01").exists()


def test_a_file_out_of_a_windows_archive_keeps_its_chinese_name(tmp_path: Path, clerk: User, capsys: Any) -> None:
    written = write_workbook(tmp_path / "F.xlsx", [facility_row()])
    path = Path(os.fsdecode(os.fsencode(tmp_path) + "/服务设施.xlsx".encode("gb18030")))
    written.rename(path)
    answer, status = upload(capsys, "facilities", path, clerk)
    assert status == 0
    assert UploadBatch.objects.get(pk=answer["batch"]).file_name == "服务设施.xlsx"
