"""The whole play: month after month the files come in, the counties report, the bureau reviews and locks (ADR 0005).

Everything goes through the portal's own commands and actions, each as the account it belongs to. A play that was
interrupted is taken up again: locked months are left alone, files that came in before change nothing, and steps of a
report that were taken are not taken again.
"""

from __future__ import annotations

import datetime
import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.actions import apply_division_changes
from accounts.models import User
from changzhi_portal.commands import COULD_NOT_RUN
from communities.models import Division, DivisionChange
from demo.accounts import ACCOUNTS, ADMINISTRATOR, CITY, CITY_NAME, OFFICER
from demo.files import DemoFile, Writer
from demo.places import demo_counties
from demo.span import Span
from demo.state import demo_folder
from demo.submissions import report_month
from notices.actions import mark_as_seen
from periods.models import ReportingPeriod, last_day_of, month_after
from revisions.actions import compare_locked, locked_periods_to_compare
from submissions.actions import change_dates, lock_period, remind_counties
from targets.actions import compute_period

# The month in hand can be reported for so many days from now on, and late for so many more. A demo has no calendar of
# its own (targets.tasks.turn_the_calendar), so each start of one gives its clerks time again.
DAYS_UNTIL_DUE, DAYS_LATE, FEWEST_DAYS_LEFT = 15, 30, 5
REMINDED = ("140427", "140429")
EARLIER_ISSUE = datetime.date(2018, 6, 1)  # from before the merger


@dataclass(frozen=True)
class Printed:
    """A briefing of the demo: the month, whose it is, and the file."""

    month: datetime.date
    division_code: str
    division_name: str

    @property
    def path(self) -> Path:
        """Where the PDF lies."""
        name = f"演示数据_{self.division_name}_三社联动工作简报_{self.month:%Y-%m}.pdf"
        return demo_folder() / name


def newest_briefing(span: Span) -> Printed:
    """The city's briefing of the newest month that was over: the last thing a demo makes."""
    return Printed(span.in_arrears, CITY, CITY_NAME)


@contextmanager
def _left_alone_by_the_collector() -> Iterator[None]:
    """What is in memory now stays to the end; Python's collector would walk it again and again, a third of the time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass(frozen=True)
class Play:
    """One run of the demo; `say` tells the operator what is being done."""

    span: Span
    say: Callable[[str], None]

    def perform(self) -> None:
        """All months, and the briefings."""
        writer = Writer(demo_folder() / "workbooks", demo_counties(self.span.day), self.span)
        writer.tell()
        with _left_alone_by_the_collector():
            for month in self.span.months:
                self._month(month, writer)
            self._give_the_clerks_time()
            self._remind()
            self._compare()
        for printed in self._briefings():
            self._print(printed)

    # --- A month ---

    def _month(self, month: datetime.date, writer: Writer) -> None:
        period = ReportingPeriod.objects.for_month(month)
        if period.is_locked:
            return
        started = time.monotonic()
        self._apply_changes(month)
        files = [file for file in writer.files_of(month) if file.is_sent]
        for file in files:
            self._upload(file, period)
        if month == self.span.last:
            self._let_notices_be_seen()
        report_month(period, self.span)
        if self.span.is_locked(month):
            lock_period(period=period, by=_user(ADMINISTRATOR))
        else:
            compute_period(period)
        rows = sum(file.rows for file in files)
        self.say(f"{period.code}: {len(files)} files, {rows} rows, {time.monotonic() - started:.1f} s")

    def _apply_changes(self, month: datetime.date) -> None:
        """The changes of divisions that take effect in the month, before its files are sent."""
        changes = DivisionChange.objects.filter(
            applied_at__isnull=True, effective_on__gte=month, effective_on__lte=last_day_of(month)
        )
        if changes:
            apply_division_changes(by=_user(ADMINISTRATOR), changes=changes)

    def _upload(self, file: DemoFile, period: ReportingPeriod) -> None:
        answer = StringIO()
        try:
            call_command(
                "upload",
                file.register,
                str(file.path),
                as_=file.username,
                period=period.code,
                commit="all",
                json=True,
                stdout=answer,
            )
        except CommandError as error:
            problems = json.loads(answer.getvalue() or "{}").get("problems", [])
            first = problems[0]["message"] if problems else ""
            raise CommandError(
                f"The demo's own file {file.path} was not taken: {error} {first}",
                returncode=COULD_NOT_RUN,
            ) from error

    @staticmethod
    def _let_notices_be_seen() -> None:
        """Nobody has left years of notices unread; what comes in the last month is news."""
        for user in User.objects.filter(username__in=[account.username for account in ACCOUNTS]):
            mark_as_seen(by=user)

    # --- After the last month ---

    def _give_the_clerks_time(self) -> None:
        give_time(self.span, timezone.localdate())

    def _remind(self) -> None:
        """The officer reminds some of those that owe the month in hand."""
        counties = Division.objects.filter(code__in=REMINDED)
        period = ReportingPeriod.objects.get(month=self.span.last)
        remind_counties(period=period, by=_user(OFFICER), counties=list(counties))

    def _compare(self) -> None:
        """What the worker would find out in its first minutes: which locked months have changed since."""
        started = time.monotonic()
        periods = list(locked_periods_to_compare())
        for period in periods:
            compare_locked(period)
        self.say(f"Compared {len(periods)} locked months, {time.monotonic() - started:.1f} s")

    def _briefings(self) -> list[Printed]:
        newest = newest_briefing(self.span)
        county = Division.objects.counties().in_effect_on(last_day_of(newest.month)).order_by("code")[0]
        printed = [Printed(newest.month, county.code, county.name), newest]
        return [Printed(EARLIER_ISSUE, CITY, CITY_NAME), *printed] if EARLIER_ISSUE in self.span.months else printed

    def _print(self, printed: Printed) -> None:
        started = time.monotonic()
        call_command(
            "brief",
            period=f"{printed.month:%Y-%m}",
            division=printed.division_code,
            output=printed.path,
            stdout=StringIO(),
        )
        self.say(f"Printed {printed.path.name}, {time.monotonic() - started:.1f} s")


def give_time(span: Span, today: datetime.date) -> None:
    """Let the month in hand be due some days from today, unless it is anyway; the one in arrears only be late.

    Called by every start of a demo, so that its clerks always find a month to report.
    """
    in_hand = ReportingPeriod.objects.filter(month=span.last).first()
    in_arrears = ReportingPeriod.objects.filter(month=span.in_arrears).first()
    if in_hand is None or in_hand.is_locked or in_hand.due_on >= today + datetime.timedelta(FEWEST_DAYS_LEFT):
        return
    due_on = today + datetime.timedelta(days=DAYS_UNTIL_DUE)
    late_until = due_on + datetime.timedelta(days=DAYS_LATE)
    by = _user(ADMINISTRATOR)
    change_dates(period=in_hand, by=by, opens_on=in_hand.opens_on, due_on=due_on, late_until=late_until)
    if in_arrears is not None and not in_arrears.is_locked:
        change_dates(
            period=in_arrears,
            by=by,
            opens_on=in_arrears.opens_on,
            due_on=month_after(span.in_arrears).replace(day=5),
            late_until=late_until,
        )


def _user(username: str) -> User:
    return User.objects.select_related("division").get(username=username)
