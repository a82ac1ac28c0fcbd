from __future__ import annotations
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from tests.factories import make_batch
from uploads.models import UploadBatch

@pytest.mark.django_db(transaction=True)
def test_migrate_rows_of_before(clerk):
    ex = MigrationExecutor(connection)
    leaves = [n for n in ex.loader.graph.leaf_nodes() if n[0] == "uploads"]
    batch = make_batch(clerk)
    division, user = batch.division_id, batch.uploaded_by_id
    UploadBatch.objects.all().delete()
    ex.migrate([("uploads", "0002_confirm_what_was_shown")])
    old = ex.loader.project_state([("uploads", "0002_confirm_what_was_shown")]).apps
    B, R = old.get_model("uploads", "UploadBatch"), old.get_model("uploads", "UploadRow")
    now = timezone.now()
    for number, state in enumerate(["queued","checking","checked","rejected","commit_queued","committing","committed","undo_queued","undoing","undone","failed"]):
        done = state in ("committed","undo_queued","undoing","undone")
        b = B.objects.create(ref=f"R{number:012}", register="facilities", division_id=division, uploaded_by_id=user, file_name="a", file_size=1, sha256="0", state=state, heartbeat_at=now, committed_at=now if done else None, skipped=2, rows=2, new=1, errors=1)
        for p, o in enumerate(("new", "error"), 1):
            R.objects.create(batch=b, position=p, row_number=p, outcome=o)
    ex = MigrationExecutor(connection)
    ex.migrate(leaves)
    assert UploadBatch.objects.count() == 11
    for b in UploadBatch.objects.all():
        assert b.rest == {} and b.left_out == 0 and b.group == "" and not b.is_recognised
        assert [r.also for r in b.staged_rows.all()] == [[], []]
    list(UploadBatch.objects.unsettled()); list(UploadBatch.objects.reported())
