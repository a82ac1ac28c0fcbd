"""`manage.py demo`: invented months for the whole real city, brought in the way offices bring theirs in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import User
from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import InvalidError
from communities.actions import load_divisions
from communities.models import Division
from demo.accounts import ACCOUNTS, PASSWORD, create_accounts
from demo.play import Play, give_time, newest_briefing
from demo.span import FIRST, LAST, Span
from demo.state import demo_folder, is_ready, mark_as_demo, refuse_real_data
from periods.models import parse_month

# One that gets locked, one in arrears, one in hand.
FEWEST_MONTHS = 3


class Command(PortalCommand):
    """Accounts and, month by month, workbooks, uploads, reports, measures; then briefings.

    Says what it does on standard error, the result on standard output.
    """

    # Every start of `make run` waits for this command, and `migrate` has checked the system just before.
    requires_system_checks = []
    help = "Fill an embedded portal with invented data for 2017-11 to 2020-06 through the real upload path. Runs once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which months, where not all of them are wanted."""
        parser.add_argument("--from", dest="first", metavar="YYYY-MM", default=f"{FIRST:%Y-%m}", help="the first month")
        parser.add_argument("--until", dest="last", metavar="YYYY-MM", default=f"{LAST:%Y-%m}", help="the last month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo unless it is there; a run that was interrupted is made up for."""
        span = _span(options["first"], options["last"])
        if is_ready(span.in_arrears):
            give_time(span, timezone.localdate())
            self.stdout.write("演示数据已在库中。 The demo data are there already.")
        else:
            self._prepare()
            Play(span, self._say).perform()
        self._tell(span)

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

    def _tell(self, span: Span) -> None:
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
    """The months asked for; raises InvalidError where they are fewer than three, or not those of the demo."""
    span = Span(parse_month(first), parse_month(last))
    if not FIRST <= span.first < span.last <= LAST or len(span.months) < FEWEST_MONTHS:
        raise InvalidError(
            "演示月份应在2017-11至2020-06之间，至少三个月。",
            cure=f"Choose at least {FEWEST_MONTHS} months between {FIRST:%Y-%m} and {LAST:%Y-%m}.",
        )
    return span
