"""Pages of the calendar: list of months, one month, locking, reopening, changing dates, computing."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.utils import timezone

from changelog.history import history_of
from changzhi_portal.pages import ActionPage, FormPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.pages.panels import MOST_ROWS
from changzhi_portal.rights import has_right
from periods.models import ReportingPeriod
from periods.pages import MONTHS_TITLE, MonthPage
from revisions.models import LockedChange, LockedComparison
from submissions.actions import change_dates, lock_period, outstanding_counties, reopen_period
from submissions.forms import PeriodDatesForm, ReopenForm
from submissions.months import month_lines
from targets.actions import compute_period
from targets.models import Computation

_MAY_MANAGE = "may_manage_periods"
_MAY_COMPUTE = "may_review"
MONTHS_A_PAGE = 24


class PeriodList(ExportedPage):
    """All months with state, dates, number of reports, time of computation, and the user who locked them."""

    requires = "may_see_figures"
    title = MONTHS_TITLE
    template_name = "submissions/periods.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of months, newest first."""
        paginator = ForgivingPaginator(ReportingPeriod.objects.with_locker(), MONTHS_A_PAGE)
        page = paginator.get_page(request.GET.get("page", 1))
        lines = month_lines(list(page.object_list), request.user)
        context = {"page": page, "lines": lines, **self.export_menu(paginator.count)}
        return self.render_to_response(self.get_context_data(**context))

    def shown_list(self) -> ShownList:
        """Return all months, with the columns that the user's role sees."""
        lines = month_lines(list(ReportingPeriod.objects.with_locker()), self.request.user)
        columns = [
            column("period", "统计月", lambda line: str(line.period)),
            column("state", "状态", lambda line: line.period.get_state_display()),
        ]
        if self.request.user.role.may_see_submissions:
            columns += [
                column("reported", "已上报", lambda line: line.reported if line.expected else None),
                column("expected", "应报", lambda line: line.expected or None),
            ]
        columns += [
            column("due_on", "截止日", lambda line: line.period.due_on),
            column("late_until", "迟报截止日", lambda line: line.period.late_until),
            column("computed_at", "测算", lambda line: line.computation.finished_at if line.computation else None),
            column("locked_at", "锁定", lambda line: line.period.locked_at),
            column("locked_by", "锁定人", lambda line: line.period.locked_by),
        ]
        return ShownList(self.title, self.title, tuple(columns), lines, len(lines))


class PeriodPage(MonthPage):
    """One month: its state, the actions available to the user, and its history."""

    requires = "may_see_figures"
    template_name = "submissions/period.html"

    def get(self, request: PortalRequest, period: str) -> HttpResponse:
        """Show the month with the figures in the user's scope."""
        self.load()
        [line] = month_lines([self.period], request.user)
        context = self.get_context_data(
            period=self.period,
            line=line,
            computation=line.computation,
            comparison=self._comparison(),
            may_manage=has_right(request.user, _MAY_MANAGE),
            may_compute=has_right(request.user, _MAY_COMPUTE),
            has_ended=self.period.as_of <= timezone.localdate(),
            history={"entries": history_of(self.period, request.user, limit=MOST_ROWS), "record": self.period},
        )
        return self.render_to_response(context)

    def _comparison(self) -> LockedComparison | None:
        return LockedComparison.objects.of_period(self.period) if self.period.is_locked else None


class LockPeriod(MonthPage, FormPage):
    """Locking a month, after showing the missing counties and whether it will be computed first."""

    help_at = "锁定和重新开放"
    requires = _MAY_MANAGE
    what = "锁定"
    template_name = "submissions/period_lock.html"
    busy_label = "正在锁定…"
    cancel_label = "先不锁定"

    def is_available(self) -> bool:
        """Return whether the month is not locked yet."""
        return not self.period.is_locked

    def act(self, form: Form) -> str:
        """Lock the month; return the message about the outcome."""
        locked = lock_period(period=self.period, by=self.request.user)
        first = "先按最新登记表重新测算，再" if locked.was_recomputed else "已"
        missing = f"有{len(locked.outstanding)}个县（市、区）的上报还没有接收。" if locked.outstanding else ""
        return f"{locked.period}{first}锁定，数据从此不变。{missing}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the missing counties and the state of the computation."""
        return super().get_context_data(
            period=self.period,
            outstanding=outstanding_counties(self.period),
            is_up_to_date=Computation.objects.is_up_to_date(self.period),
            computation=Computation.objects.of_period(self.period),
            has_ended=self.period.as_of <= timezone.localdate(),
            **kwargs,
        )


class ReopenPeriod(MonthPage, FormPage):
    """Reopening a locked month, with the reason."""

    help_at = "锁定和重新开放"
    requires = _MAY_MANAGE
    what = "重新开放"
    template_name = "submissions/period_reopen.html"
    form_class = ReopenForm
    cancel_label = "不开放"

    def is_available(self) -> bool:
        """Return whether the month is locked."""
        return self.period.is_locked

    def act(self, form: ReopenForm) -> str:
        """Reopen the month."""
        reopened = reopen_period(period=self.period, by=self.request.user, reason=form.cleaned_data["reason"])
        return f"{reopened}已重新开放，数据会按现在的登记表重新测算。更正完请再锁定。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the comparison, which shows what will change."""
        return super().get_context_data(
            period=self.period,
            comparison=LockedComparison.objects.of_period(self.period),
            changes=LockedChange.objects.visible_to(self.request.user).of_period(self.period).count(),
            **kwargs,
        )


class PeriodDates(MonthPage, FormPage):
    """Changing the dates of a month."""

    requires = _MAY_MANAGE
    what = "修改日期："
    template_name = "submissions/period_dates.html"
    form_class = PeriodDatesForm
    cancel_label = "不改了"

    def get_initial(self) -> dict[str, Any]:
        """Return the current dates."""
        return {name: getattr(self.period, name) for name in ("opens_on", "due_on", "late_until")}

    def act(self, form: PeriodDatesForm) -> str:
        """Save the dates."""
        change_dates(period=self.period, by=self.request.user, **form.cleaned_data)
        return f"{self.period}的填报日期已保存。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the month."""
        return super().get_context_data(period=self.period, **kwargs)


class ComputePeriod(MonthPage, ActionPage):
    """The button 现在重新测算: computing the month at once instead of waiting for the worker."""

    requires = _MAY_COMPUTE
    what = "重新测算"

    def act(self) -> str:
        """Compute the month."""
        compute_period(self.period)
        return f"{self.period}已按现在的登记表重新测算。"
