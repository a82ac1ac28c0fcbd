"""`manage.py discard BATCH --as USERNAME [--json]`: calls the same action as the page, without broker or worker."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.acting import acting_user
from changzhi_portal.commands import PortalCommand
from uploads import actions
from uploads.management.finding import batch_numbered


class Command(PortalCommand):
    """Command that discards a batch which has written nothing. Exit status: 0 discarded, 3 not run."""

    help = "Discard a batch that waits for a decision: its file and its rows are deleted, the record of it stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments (docs/spreadsheets.md §6.1)."""
        parser.add_argument("batch", type=int)
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Discard the batch and print its number and state; raises PortalError."""
        user = acting_user(options["as_"])
        batch = batch_numbered(options["batch"], user)
        actions.discard_batch(batch=batch, by=user)
        batch.refresh_from_db()
        answer = {"batch": batch.pk, "state": str(batch.state)}
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write("Batch {batch}: {state}.".format(**answer))
