"""`manage.py prefilled --as USERNAME [--period YYYY-MM] [--json]`: how much of an office's templates comes prefilled."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.acting import acting_user
from changzhi_portal.commands import PortalCommand
from changzhi_portal.percent import percent_text
from periods.models import ReportingPeriod, parse_month
from uploads.prefilled import PrefilledCells, all_together, prefilled_by_register


class Command(PortalCommand):
    """Command that only reads. Exit status: 0 counted, 3 not run."""

    help = "Count the cells of an office's templates that come prefilled in a month in which nothing changes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the user whose office it is, the month, and whether to print JSON."""
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME")
        parser.add_argument("--period", metavar="YYYY-MM", help="the month; else the open one that is due next")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the cells by register and in all. Raises PortalError."""
        user = acting_user(options["as_"])
        month = parse_month(options["period"]) if options["period"] else None
        period = ReportingPeriod.objects.for_month_or_in_hand(month)
        counted = prefilled_by_register(user.division.path, period)
        lines = [*counted, all_together(counted)]
        if options["json"]:
            answer = {"division": user.division.code, "period": period.code, "registers": list(map(_as_json, lines))}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(f"{user.division.code} {user.division.name}, {period.code}")
        for line in lines:
            self.stdout.write(f"{percent_text(line.share):>7}  {line.prefilled} / {line.handed_in}  {line.title}")


def _as_json(line: PrefilledCells) -> dict[str, Any]:
    share = None if line.share is None else float(line.share)
    return {
        "title": line.title,
        "rows": line.rows,
        "prefilled": line.prefilled,
        "handed_in": line.handed_in,
        "share": share,
    }
