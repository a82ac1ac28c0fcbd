"""`manage.py archive_trail`: move old records of the trail to a signed file."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.archive import archive_trail
from changzhi_portal.commands import PortalCommand


class Command(PortalCommand):
    """Command that needs the role which owns the tables. Exit status: 0, 3 it could not run; then nothing is deleted."""

    help = "Write the records from before a day to a new signed file, and delete them from the database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the day and the file."""
        parser.add_argument("--before", type=datetime.date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--output", type=Path, required=True, metavar="ARCHIVE.jsonl.gz")

    def handle(self, *args: Any, **options: Any) -> None:
        """Archive, and say what was."""
        written = archive_trail(before=options["before"], path=options["output"])
        self.stdout.write(f"{written.rows} records up to seal {written.last_seq} archived to {options['output']}")
