"""Tests of the migrations of uploads with rows of the version before."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.models import User
from tests.factories import make_batch
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(*targets: tuple[str, str]) -> Any:
    """Migrate to these migrations, and return the models of their state."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


def test_batches_of_the_first_releases_and_unfinished_checks_are_brought_along(clerk: User) -> None:
    newest = [name for name in MigrationExecutor(connection).loader.graph.leaf_nodes() if name[0] == "uploads"]
    division, user, now = clerk.division_id, clerk.pk, timezone.now()
    made = {
        "register": "facilities",
        "division_id": division,
        "uploaded_by_id": user,
        "file_name": "甲",
        "file_size": 1,
    }
    try:
        old = migrate(("uploads", "0002_confirm_what_was_shown"))
        batches, rows = old.get_model("uploads", "UploadBatch").objects, old.get_model("uploads", "UploadRow").objects
        states = set(UploadBatch.State.values) - {"discarded"}
        for number, state in enumerate(sorted(states)):
            done = now if state in {"committed", "undo_queued", "undoing", "undone"} else None
            values = {"state": state, "heartbeat_at": now, "committed_at": done, "rows": 2, "new": 1, "errors": 1}
            batch = batches.create(ref=f"R{number:012}", sha256="0", skipped=2, **made, **values)
            for position, outcome in enumerate(("new", "error"), 1):
                rows.create(batch=batch, position=position, row_number=position, outcome=outcome)
        old = migrate(("uploads", "0006_recognised_registers"))
        batches = old.get_model("uploads", "UploadBatch").objects
        finishing = {"committed_at": now, "heartbeat_at": now, "rest": {"rows": 1}, **made}
        for ref, values in {
            "waits": {"state": "checked"},
            "failed": {"state": "checked", "message": "处理时系统出错"},
            "checking": {"state": "checking"},
        }.items():
            batches.create(ref=ref, sha256="0", **finishing, **values)
        migrate(*newest)
        kept = UploadBatch.objects.filter(ref__startswith="R0")
        assert kept.count() == len(states) and set(kept.values_list("state", flat=True)) == states
        for batch in kept:
            assert (batch.rest, batch.left_out, batch.group, batch.is_recognised) == ({}, 0, "", False)
            assert (batch.needs_check, batch.recognised_with) == (False, None)
            assert [row.also for row in batch.staged_rows.all()] == [[], []]
        assert {batch.ref: batch.needs_check for batch in UploadBatch.objects.exclude(ref__startswith="R0")} == {
            "waits": False,
            "failed": True,
            "checking": True,
        }
    finally:
        migrate(*newest)
    assert make_batch(clerk).needs_check is False
