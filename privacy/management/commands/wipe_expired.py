"""`manage.py wipe_expired [--check] [--json]`: wipe what has been kept long enough, as beat does every night."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from changzhi_portal.commands import PortalCommand
from privacy.actions import expired, wipe_expired


class Command(PortalCommand):
    """Command that wipes in its own process, without broker or worker. Exit status: 0 done, 3 could not run."""

    help = "Wipe personal data that has been kept as long as RETENTION_DAYS says; --check only counts it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to do."""
        parser.add_argument("--check", action="store_true", help="only count what would be wiped")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wipe or count, and print a line for each rule."""
        found = expired() if options["check"] else wipe_expired()
        if options["json"]:
            answer = {each.rule.name: {"days": each.rule.days, "number": each.number} for each in found}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        word = "to be wiped" if options["check"] else "wiped"
        for each in found:
            self.stdout.write(f"{each.rule.name} ({each.rule.title}), kept {each.rule.days} days: {each.number} {word}")
