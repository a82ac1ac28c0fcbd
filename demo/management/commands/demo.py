"""`manage.py demo`: invented data for every county of the real city, imported through the upload path."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import User
from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import InvalidError
from communities.actions import load_divisions
from communities.models import Division
from demo.accounts import ACCOUNTS, PASSWORD
from demo.actions import create_accounts
from demo.run import DemoRun, extend_due_date, newest_briefing
from demo.span import FIRST, LAST, Span
from demo.state import demo_folder, is_ready, mark_as_demo, refuse_real_data
from periods.models import parse_month

# At least one locked month, one in arrears and one in hand.
FEWEST_MONTHS = 3


class Command(PortalCommand):
    """Command that creates demo accounts and data and prints briefings.

    Writes progress to standard error and the result to standard output.
    """

    # Skipped because every start of `make run` waits for this command, and `make check` runs the checks.
    requires_system_checks = []
    help = "Fill an embedded portal with invented data for 2017-11 to 2020-06 through the real upload path. Runs once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the first and the last month."""
        parser.add_argument("--from", dest="first", metavar="YYYY-MM", default=f"{FIRST:%Y-%m}", help="the first month")
        parser.add_argument("--until", dest="last", metavar="YYYY-MM", default=f"{LAST:%Y-%m}", help="the last month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the demo unless it is complete; resume an interrupted run."""
        span = _span(options["first"], options["last"])
        if is_ready(span.in_arrears):
            create_accounts()  # those that this release has added
            extend_due_date(span, timezone.localdate())
            self.stdout.write("演示数据已在库中。 The demo data are there already.")
        else:
            self._prepare()
            DemoRun(span, self._say).run()
        self._print_summary(span)

    @staticmethod
    def _prepare() -> None:
        refuse_real_data()
        if not Division.objects.exists():
            load_divisions()
        mark_as_demo()
        create_accounts()

    def _say(self, text: str) -> None:
        self.stderr.write(text, self.style.HTTP_INFO)
        self.stderr.flush()

    def _print_summary(self, span: Span) -> None:
        months = f"{span.first:%Y-%m} … {span.last:%Y-%m}"
        self.stdout.write(f"演示数据（人员、组织、面积、金额均为虚构） Invented data for the months {months}")
        self.stdout.write("演示账号 Demo accounts (user name, password, role, division):")
        divisions = dict(User.objects.values_list("username", "division__name"))
        for account in ACCOUNTS:
            self.stdout.write(
                f"  {account.username:<18} {PASSWORD}  {account.role.label} {account.role.value} "
                f"{divisions[account.username]}"
            )
        self.stdout.write(f"表格 Workbooks: {demo_folder() / 'workbooks'}")
        self.stdout.write(f"简报 Briefing: {newest_briefing(span).path}")


def _span(first: str, last: str) -> Span:
    """Return the requested months; raise InvalidError for fewer than three or for months outside the demo's."""
    span = Span(parse_month(first), parse_month(last))
    if not FIRST <= span.first < span.last <= LAST or len(span.months) < FEWEST_MONTHS:
        raise InvalidError(
            "演示月份应在2017-11至2020-06之间，至少三个月。",
            cure=f"Choose at least {FEWEST_MONTHS} months between {FIRST:%Y-%m} and {LAST:%Y-%m}.",
        )
    return span
