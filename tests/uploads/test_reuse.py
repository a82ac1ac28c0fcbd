"""Tests of uploading the same file again: it is not read while nothing has changed, and read otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from changzhi_portal.registers.registry import register_named
from communities.models import Facility
from communities.places import PlaceIndex
from periods.models import ReportingPeriod
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import Place, make_facility, make_period
from tests.orgs.test_sheets import row as organization_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Rows, write_workbook
from uploads import actions
from uploads.models import ColumnMapping, UploadBatch
from uploads.places import row_of_file
from uploads.reuse import reusable_batch

pytestmark = pytest.mark.django_db
Take = Callable[..., UploadBatch]


FACILITY = facility_row() | {"启用日期": "2015-05-01"}


def receive(data: bytes, by: User, register: str = "facilities", period: ReportingPeriod | None = None) -> UploadBatch:
    return actions.receive_file(
        file=[data], file_name="演示数据.xlsx", register=register, by=by, period=period, queue=False
    )


def is_known(batch: UploadBatch) -> bool:
    return reusable_batch(batch, register_named(batch.register)()) is not None


@pytest.fixture
def committed(tmp_path: Path, clerk: User, period: ReportingPeriod) -> bytes:
    """Return the bytes of a file with one facility that the clerk has committed."""
    return commit(tmp_path, clerk, "facilities", [FACILITY], period)


def commit(tmp_path: Path, by: User, register: str, rows: Rows, period: ReportingPeriod | None) -> bytes:
    data = write_workbook(tmp_path / "演示数据.xlsx", rows).read_bytes()
    batch = actions.check_batch(receive(data, by, register, period))
    assert (batch.errors, batch.warnings) == (0, 0), batch.problem_counts
    actions.request_commit(batch=batch, mode="all", by=by, queue=False)
    assert actions.commit_batch(batch).state == UploadBatch.State.COMMITTED
    return data


def staged(batch: UploadBatch) -> list[dict[str, Any]]:
    """Return the rows as a page shows them, personal values decrypted, because their ciphertext differs each time."""
    columns = {column.field: column for column in register_named(batch.register).columns}
    rows = list(batch.staged_rows.order_by("position").values())
    for row in rows:
        place = row_of_file(batch.sha256, batch.register, row["position"])
        row["values"] = {name: columns[name].from_json(value, place) for name, value in row["values"].items()}
        del row["id"], row["batch_id"]
    return rows


@pytest.mark.parametrize(
    ("register", "rows"),
    [
        ("communities", lambda: [community_row(), community_row("东关社区")]),
        ("facilities", lambda: [FACILITY, FACILITY | {"社区名称": "东关社区"}]),
        ("organizations", lambda: [organization_row()]),
        ("workers", lambda: [worker_row("和平社区")]),
    ],
)
def test_what_is_known_is_what_reading_would_say(
    register: str, rows: Callable[[], Rows], tmp_path: Path, clerk: User, place: Place, period: ReportingPeriod
) -> None:
    data = commit(tmp_path, clerk, register, rows(), period)
    known, read = receive(data, clerk, register, period), receive(data, clerk, register, period)
    assert is_known(known)
    known = actions.check_batch(known)
    UploadBatch.objects.exclude(pk=read.pk).update(read_as="other rules")
    assert not is_known(read)
    read = actions.check_batch(read)
    assert staged(known) == staged(read)
    for name in ("state", "rows", "new", "changed", "unchanged", "skipped", "errors", "warnings", "unmentioned"):
        assert getattr(known, name) == getattr(read, name), name
    assert (known.mapping, known.problems, known.period) == (read.mapping, read.problems, read.period)
    assert known.unchanged == known.rows > 0


def test_a_file_without_a_month_of_its_own_is_read_when_the_month_has_gone_on(
    tmp_path: Path, clerk: User, period: ReportingPeriod
) -> None:
    data = commit(tmp_path, clerk, "facilities", [FACILITY], period)
    assert is_known(receive(data, clerk, period=period))
    assert not is_known(receive(data, clerk)), "it would count for the month of today"


@pytest.mark.parametrize("what", ["record", "office", "month", "mapping", "undone"])
def test_whatever_could_change_the_answer_makes_it_read_again(
    what: str, committed: bytes, tmp_path: Path, clerk: User, officer: User, other_clerk: User, period: ReportingPeriod
) -> None:
    by, month = clerk, period
    if what == "record":
        commit(tmp_path, officer, "facilities", [FACILITY | {"建筑面积（㎡）": 777}], period)
    elif what == "office":
        by = other_clerk
    elif what == "month":
        month = make_period("2018-08")
    elif what == "mapping":
        ColumnMapping.objects.create(division=clerk.division, register="facilities", header="面积", field="area")
    else:
        batch = UploadBatch.objects.get()
        actions.request_undo(batch=batch, by=clerk, queue=False)
        batch.refresh_from_db()
        actions.undo_batch(batch)
    assert not is_known(receive(committed, by, period=month))


def test_a_change_by_somebody_else_is_seen_by_the_second_upload(
    committed: bytes, tmp_path: Path, clerk: User, officer: User, period: ReportingPeriod
) -> None:
    commit(tmp_path, officer, "facilities", [FACILITY | {"建筑面积（㎡）": 777}], period)
    again = actions.check_batch(receive(committed, clerk, period=period))
    assert (again.changed, again.unchanged) == (1, 0)
    assert str(Facility.objects.get().area) == "777.00"


def test_nothing_is_looked_up_row_by_row(
    committed: bytes, clerk: User, period: ReportingPeriod, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("The registers were searched.")

    monkeypatch.setattr(PlaceIndex, "__init__", refuse)
    batch = actions.check_batch(receive(committed, clerk, period=period))
    assert (batch.state, batch.unchanged) == (UploadBatch.State.CHECKED, 1)


def test_a_record_that_the_file_does_not_mention_is_still_counted(
    committed: bytes, clerk: User, place: Place, period: ReportingPeriod
) -> None:
    make_facility(place.communities[1], "老年活动室", area="90")
    assert actions.check_batch(receive(committed, clerk, period=period)).unmentioned == 1
