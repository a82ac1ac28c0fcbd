"""Pages on the calendar: the months, one month, locking it, opening it again, other dates, computing it at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic.base import TemplateResponseMixin

from changelog.history import history_of
from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.pages.panels import MOST_ROWS
from changzhi_portal.refusals import PortalError
from changzhi_portal.rights import EVERYBODY, has_right
from periods.models import ReportingPeriod
from periods.pages import MONTHS_TITLE, MonthPage, find_period
from revisions.models import LockedChange, LockedComparison
from submissions.actions import change_dates, lock_period, outstanding_counties, reopen_period
from submissions.forms import PeriodDatesForm, ReopenForm
from submissions.months import month_lines
from targets.actions import compute_period
from targets.models import Computation

_MAY_MANAGE = "may_manage_periods"
_MAY_COMPUTE = "may_review"
MONTHS_A_PAGE = 24


class PeriodList(TemplateResponseMixin, PortalPage):
    """Every month: its state, dates, how many counties have reported, when it was computed, who locked it."""

    requires = EVERYBODY
    title = MONTHS_TITLE
    template_name = "submissions/periods.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of months, the newest first."""
        paginator = ForgivingPaginator(ReportingPeriod.objects.with_locker(), MONTHS_A_PAGE)
        page = paginator.get_page(request.GET.get("page", 1))
        lines = month_lines(list(page.object_list), request.user)
        return self.render_to_response(self.get_context_data(page=page, lines=lines))


class PeriodPage(MonthPage):
    """One month: where it stands, what may be done with it, and its history."""

    requires = EVERYBODY
    template_name = "submissions/period.html"

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        """The month as the user may see it."""
        self.period = find_period(period)
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


class LockPeriod(MonthPage):
    """Before a month is locked: who is missing, whether it is computed first; then the lock itself."""

    requires = _MAY_MANAGE
    what = "锁定"
    template_name = "submissions/period_lock.html"

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        """What locking means for this month."""
        self.period = find_period(period)
        if self.period.is_locked:
            return self.back()
        outstanding = outstanding_counties(self.period)
        return self.render_to_response(
            self.get_context_data(
                period=self.period,
                outstanding=outstanding,
                is_up_to_date=Computation.objects.is_up_to_date(self.period),
                computation=Computation.objects.of_period(self.period),
                has_ended=self.period.as_of <= timezone.localdate(),
            )
        )

    def post(self, request: HttpRequest, period: str) -> HttpResponse:
        """Lock it, and say what became of it."""
        try:
            locked = lock_period(period=find_period(period), by=request.user)
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return self.back()
        first = "先按最新登记表重新测算，再" if locked.was_recomputed else "已"
        missing = f"有{len(locked.outstanding)}个县（市、区）的上报还没有接收。" if locked.outstanding else ""
        messages.success(request, f"{locked.period}{first}锁定，数据从此不变。{missing}")
        return self.back()


class ReopenPeriod(MonthPage):
    """Opening a locked month again, with the reason."""

    requires = _MAY_MANAGE
    what = "重新开放"
    template_name = "submissions/period_reopen.html"

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        """The form, and what opening the month again will change."""
        self.period = find_period(period)
        if not self.period.is_locked:
            return self.back()
        return self._page(ReopenForm())

    def post(self, request: HttpRequest, period: str) -> HttpResponse:
        """Open it, or say what is wrong."""
        self.period = find_period(period)
        form = ReopenForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            reopened = reopen_period(period=self.period, by=request.user, reason=form.cleaned_data["reason"])
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return self.back()
        messages.success(request, f"{reopened}已重新开放，数据会按现在的登记表重新测算。更正完请再锁定。")
        return self.back()

    def _page(self, form: ReopenForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            period=self.period,
            form=form,
            comparison=LockedComparison.objects.of_period(self.period),
            changes=LockedChange.objects.visible_to(self.request.user).of_period(self.period).count(),
        )
        return self.render_to_response(context, status=status)


class PeriodDates(MonthPage):
    """Other dates for a month."""

    requires = _MAY_MANAGE
    what = "修改日期："
    template_name = "submissions/period_dates.html"

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        """The form with the dates as they are."""
        self.period = find_period(period)
        dates = {name: getattr(self.period, name) for name in ("opens_on", "due_on", "late_until")}
        return self._page(PeriodDatesForm(initial=dates))

    def post(self, request: HttpRequest, period: str) -> HttpResponse:
        """Keep the dates, or say what is wrong."""
        self.period = find_period(period)
        form = PeriodDatesForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            change_dates(period=self.period, by=request.user, **form.cleaned_data)
        except PortalError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{self.period}的填报日期已保存。")
        return self.back()

    def _page(self, form: PeriodDatesForm, status: int = 200) -> HttpResponse:
        return self.render_to_response(self.get_context_data(period=self.period, form=form), status=status)


class ComputePeriod(MonthPage):
    """The button 现在重新测算: for who does not want to wait for the worker."""

    requires = _MAY_COMPUTE
    what = "重新测算"
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, period: str) -> HttpResponse:
        """Compute the month here and now."""
        found = find_period(period)
        try:
            compute_period(found)
        except PortalError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{found}已按现在的登记表重新测算。")
        return self.back()
