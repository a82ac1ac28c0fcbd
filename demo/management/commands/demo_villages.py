"""`manage.py demo_villages LIST.csv`: carry the demo's communities over to a later list, as mergers and the like (演示)."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from accounts.actions import apply_division_changes, note_changes
from accounts.management.acting import acting_user
from changzhi_portal.commands import PortalCommand
from communities.models import Community
from demo.village_lists import changes_to, read_list

DAY = datetime.date(2020, 6, 1)  # in the month in hand of the demo


class Command(PortalCommand):
    """Command that builds a crosswalk to a list by code and name, notes it, and applies it by the action of the page."""

    help = "Carry the communities over to a later list of divisions (columns code, name, level). Invented crosswalk."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the list, the day and the acting user."""
        parser.add_argument("list", type=Path, metavar="LIST.csv")
        parser.add_argument("--effective-on", type=datetime.date.fromisoformat, default=DAY, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--as", dest="as_", default="demo_admin", metavar="USERNAME", help="the bureau_admin to act as"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Note and apply the changes, and print the numbers."""
        by = acting_user(options["as_"])
        began, before = time.monotonic(), Community.objects.current().count()
        with transaction.atomic():
            listed = changes_to(read_list(options["list"]), effective_on=options["effective_on"])
            noted = note_changes(changes=listed, by=by)
            built = time.monotonic()
            (applied,) = apply_division_changes(by=by, changes=noted)
        plan = applied.plan
        numbers = {
            "before": before,
            "after": Community.objects.current().count(),
            "changes": len(noted),
            "ended": len(plan.endings),
            "closed_without_successor": sum(ending.into is None for ending in plan.endings),
            "founded": len(plan.new_communities),
            "moved": plan.number_of_communities,
            "towns_closed": len(plan.towns),
            "seconds_to_build": round(built - began, 1),
            "seconds_to_apply": round(time.monotonic() - built, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(numbers))
            return
        self.stdout.write("演示：对照按代码和名称编成，不是官方对照表。 Invented crosswalk.")
        for name, number in numbers.items():
            self.stdout.write(f"  {name}: {number}")
