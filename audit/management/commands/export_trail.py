"""`manage.py export_trail`: write the trail to a file that `scripts/check_trail.py` verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.actions import portal_itself
from audit.export import write_trail
from changelog.trail import TrailKind, record_event
from changzhi_portal.commands import PortalCommand


class Command(PortalCommand):
    """Command that reads the trail and records that it was exported. Exit status: 0, 3 it could not run."""

    help = "Write all sealed records to a new gzip file of JSON lines (mode 0600)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file."""
        parser.add_argument("--output", type=Path, required=True, metavar="TRAIL.jsonl.gz")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        path: Path = options["output"]
        written = write_trail(path)
        detail = {"file": path.name, "last_seq": written.last_seq, "sha256": written.sha256}
        record_event(TrailKind.TRAIL_EXPORTED, by=portal_itself(), rows=written.rows, detail=detail)
        self.stdout.write(f"{written.rows} records, newest seal {written.last_seq}:{written.last_mac}")
