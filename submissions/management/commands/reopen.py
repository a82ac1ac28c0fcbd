"""`manage.py reopen --period P --as USERNAME --reason TEXT [--json]`: open a locked month again, as the page does."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.acting import acting_user
from changzhi_portal.commands import PortalCommand
from submissions.actions import reopen_period
from submissions.management.months import known_period


class Command(PortalCommand):
    """Command with exit status 0 reopened, 3 refused."""

    help = "Open a locked month again, with a reason; it is then computed with what changed since."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the month, the user who reopens it, the reason, and whether to print JSON."""
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month, e.g. 2018-06")
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME", help="a bureau_admin")
        parser.add_argument("--reason", required=True, help="stored in the change log")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reopen and print."""
        by = acting_user(options["as_"])
        period = reopen_period(period=known_period(options["period"]), by=by, reason=options["reason"])
        if options["json"]:
            answer = {"period": period.code, "state": period.state, "reason": period.reopened_reason}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"Reopened {period.code}. Its figures are computed again within a minute.")
