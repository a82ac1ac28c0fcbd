"""`manage.py lock --period P --as USERNAME [--json]`: freeze a month's figures, as the page does."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.acting import acting_user
from changzhi_portal.commands import PortalCommand
from submissions.actions import LockOutcome, lock_period
from submissions.management.months import known_period
from targets.models import CommunityMeasure


class Command(PortalCommand):
    """Command that computes in its own process, without broker or worker. Exit status: 0 locked, 3 refused."""

    help = "Bring a month's figures up to date and freeze them; later corrections no longer change them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the month, the user who locks it, and whether to print JSON."""
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month, e.g. 2018-06")
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME", help="a bureau_admin")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Lock and print."""
        locked = lock_period(period=known_period(options["period"]), by=acting_user(options["as_"]))
        answer = _answer(locked)
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        computed = "computed again" if locked.was_recomputed else "up to date already"
        self.stdout.write(f"Locked {answer['period']}: {answer['communities']} communities, {computed}.")
        for county in answer["not_accepted"]:
            self.stdout.write(f"Not accepted: {county['code']} {county['name']} ({county['state']})")


def _answer(locked: LockOutcome) -> dict[str, Any]:
    period = locked.period
    return {
        "period": period.code,
        "state": period.state,
        "locked_at": period.locked_at.isoformat() if period.locked_at else None,
        "locked_by": period.locked_by.username if period.locked_by else None,
        "recomputed": locked.was_recomputed,
        "communities": CommunityMeasure.objects.for_period(period).count(),
        "not_accepted": [
            {"code": each.county.code, "name": each.county.name, "state": each.state} for each in locked.outstanding
        ],
    }
