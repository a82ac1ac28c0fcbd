"""`manage.py undo BATCH --as USERNAME [--json]`: calls the same action as the page, without broker or worker."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.acting import acting_user
from changzhi_portal.commands import COULD_NOT_RUN, PortalCommand
from uploads import actions
from uploads.management.finding import batch_numbered
from uploads.models import UploadBatch, UploadRow


class Command(PortalCommand):
    """Command that undoes a committed batch. Exit status: 0 all rows reversed, 1 some kept or failed, 3 not run."""

    help = "Undo a committed upload: each row ends reversed, kept (edited since) or failed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments (docs/spreadsheets.md §6.1)."""
        parser.add_argument("batch", type=int)
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Undo the batch and print the result; raises CommandError with the exit status."""
        user = acting_user(options["as_"])
        batch = batch_numbered(options["batch"], user)
        actions.request_undo(batch=batch, by=user, queue=False)
        batch.refresh_from_db()
        self._print(actions.undo_batch(batch), as_json=options["json"])

    def _print(self, batch: UploadBatch, *, as_json: bool) -> None:
        if batch.state != UploadBatch.State.UNDONE:
            raise CommandError(batch.message, returncode=COULD_NOT_RUN)
        rows = batch.staged_rows.exclude(undo_outcome="")
        counts = {outcome.value: rows.filter(undo_outcome=outcome).count() for outcome in UploadRow.UndoOutcome}
        remaining = rows.exclude(undo_outcome=UploadRow.UndoOutcome.REVERSED).values(
            "sheet", "row_number", "label", "undo_outcome", "undo_note"
        )
        answer = {"batch": batch.pk, "state": batch.state} | counts | {"rows": list(remaining)}
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write("Batch {batch}: {reversed} reversed, {kept} kept, {failed} failed.".format(**answer))
        if counts["kept"] or counts["failed"]:
            raise CommandError("Some rows were not undone.", returncode=1)
