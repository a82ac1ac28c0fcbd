"""Running the demo: month by month, upload the files, report for the counties, review and lock (ADR 0005).

Every step goes through the portal's own commands and actions, as the account that would take it. An interrupted run is
resumed: locked months are skipped, files that were uploaded before change nothing, and report steps that were taken are
not repeated.
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
from demo.applications import apply_for_items
from demo.assessments import set_schemes, write_assessments
from demo.files import DemoFile, Writer
from demo.filings import file_organizations
from demo.places import demo_counties
from demo.span import Span
from demo.state import demo_folder
from demo.stories import report_stories
from demo.submissions import report_month
from demo.surveys import close_surveys, open_surveys, write_counts
from notices.actions import mark_as_seen
from participation.sheets import SurveyCountSheet
from periods.models import ReportingPeriod, last_day_of, month_after
from revisions.actions import compare_locked
from revisions.jobs import locked_periods_to_compare
from submissions.actions import change_dates, lock_period, remind_counties
from targets.actions import compute_period
from targets.models import Computation
from workload.sheets import AssessmentSheet

# The month in hand is due DAYS_UNTIL_DUE from today, and accepted as late for DAYS_LATE more. The calendar task does not
# move the dates of a demo, so each start sets them again when fewer than FEWEST_DAYS_LEFT are left.
DAYS_UNTIL_DUE, DAYS_LATE, FEWEST_DAYS_LEFT = 15, 30, 5
REMINDED = ("140427", "140429")
EARLIER_ISSUE = datetime.date(2018, 6, 1)  # a month before the merger of 2018-11-23


@dataclass(frozen=True)
class DemoBriefing:
    """A briefing that the demo prints: month, division and file; one of a month in arrears stays a draft."""

    month: datetime.date
    division_code: str
    division_name: str
    is_draft: bool = False

    @property
    def path(self) -> Path:
        """Return the path of the PDF."""
        draft = "_草稿" if self.is_draft else ""
        name = f"演示数据_{self.division_name}_三社联动工作简报_{self.month:%Y-%m}{draft}.pdf"
        return demo_folder() / name


def newest_briefing(span: Span) -> DemoBriefing:
    """Return the city's briefing of the newest locked month, the newest that the demo issues."""
    return DemoBriefing(month_after(span.in_arrears, -1), CITY, CITY_NAME)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Exclude the objects in memory now from garbage collection, which would take a third of the run."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass(frozen=True)
class DemoRun:
    """One run of the demo; `say` prints progress for the operator."""

    span: Span
    say: Callable[[str], None]

    def run(self) -> None:
        """Run all months, then print the briefings."""
        writer = Writer(demo_folder() / "workbooks", demo_counties(self.span.day), self.span)
        writer.prepare()
        with _without_garbage_collection():
            for month in self.span.months:
                self._month(month, writer)
            self._extend_due_date()
            self._remind()
            apply_for_items()
            file_organizations()
            self._measure_open_months()
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
        self._survey(period, writer.folder)
        self._assess(period, writer.folder)
        report_stories(month)
        if month == self.span.last:
            self._mark_notices_as_seen()
        report_month(period, self.span)
        if self.span.is_locked(month):
            lock_period(period=period, by=_user(ADMINISTRATOR))
        else:
            compute_period(period)
        rows = sum(file.rows for file in files)
        self.say(f"{period.code}: {len(files)} files, {rows} rows, {time.monotonic() - started:.1f} s")

    def _apply_changes(self, month: datetime.date) -> None:
        """Apply the changes of divisions that take effect in the month."""
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

    def _survey(self, period: ReportingPeriod, folder: Path) -> None:
        """Make the surveys of the month: open them, upload their counts, close them."""
        started, officer = time.monotonic(), _user(OFFICER)
        surveys = open_surveys(period.month, by=officer)
        if not surveys:
            return
        path = write_counts(surveys, folder, period.month)
        self._upload(DemoFile(SurveyCountSheet.name, path, OFFICER, rows=0), period)
        close_surveys(surveys, by=officer)
        self.say(f"{period.code}: {len(surveys)} surveys, {time.monotonic() - started:.1f} s")

    def _assess(self, period: ReportingPeriod, folder: Path) -> None:
        """In January, set the schemes of the year before and upload its scores."""
        year, officer = period.month.year - 1, _user(OFFICER)
        if period.month.month != 1 or (path := write_assessments(year, folder, period.month)) is None:
            return
        set_schemes(year, by=officer)
        self._upload(DemoFile(AssessmentSheet.name, path, OFFICER, rows=0), period)

    @staticmethod
    def _mark_notices_as_seen() -> None:
        """Mark all notices up to now as seen, so that only those of the last month are new."""
        for user in User.objects.filter(username__in=[account.username for account in ACCOUNTS]):
            mark_as_seen(by=user)

    # --- After the last month ---

    def _extend_due_date(self) -> None:
        extend_due_date(self.span, timezone.localdate())

    def _remind(self) -> None:
        """Remind some of the counties that have not reported the month in hand."""
        counties = Division.objects.filter(code__in=REMINDED)
        period = ReportingPeriod.objects.get(month=self.span.last)
        remind_counties(period=period, by=_user(OFFICER), counties=list(counties))

    def _measure_open_months(self) -> None:
        """Measure again what the organizations that were filed have changed, as the worker would in its first minute."""
        for period in ReportingPeriod.objects.filter(month__in=(self.span.in_arrears, self.span.last)):
            if not Computation.objects.is_up_to_date(period):
                compute_period(period)

    def _compare(self) -> None:
        """Compare the locked months that have changed since, as the worker would in its first minutes."""
        started = time.monotonic()
        periods = list(locked_periods_to_compare())
        for period in periods:
            compare_locked(period)
        self.say(f"Compared {len(periods)} locked months, {time.monotonic() - started:.1f} s")

    def _briefings(self) -> list[DemoBriefing]:
        newest = newest_briefing(self.span)
        county = Division.objects.counties().in_effect_on(last_day_of(newest.month)).order_by("code")[0]
        draft = DemoBriefing(self.span.in_arrears, CITY, CITY_NAME, is_draft=True)
        printed = [DemoBriefing(newest.month, county.code, county.name), newest, draft]
        return (
            [DemoBriefing(EARLIER_ISSUE, CITY, CITY_NAME), *printed] if EARLIER_ISSUE in self.span.months else printed
        )

    def _print(self, printed: DemoBriefing) -> None:
        started = time.monotonic()
        call_command(
            "brief",
            period=f"{printed.month:%Y-%m}",
            division=printed.division_code,
            output=printed.path,
            issue=not printed.is_draft,
            note="演示数据",
            stdout=StringIO(),
        )
        self.say(f"Printed {printed.path.name}, {time.monotonic() - started:.1f} s")


def extend_due_date(span: Span, today: datetime.date) -> None:
    """Move the due date of the month in hand to some days after `today`, unless enough days are left.

    The month in arrears stays overdue but may still be reported late. Every start of a demo calls this, so that there is
    always a month to report.
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
