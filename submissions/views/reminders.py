"""Reminding counties of an unreported month (催报): one by its button, several after a page that lists them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal.pages import ActionPage, Crumb, FormPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.scope import paths_above
from periods.models import ReportingPeriod
from periods.pages import find_period
from submissions.actions import remind_counties
from submissions.forms import RemindForm
from submissions.models import Reminder, Submission
from submissions.report_status import Phase, deadline_text, month_status, phase_of, reporting_counties

_HOME = "home"


class RemindCounty(ActionPage):
    """Reminding one county that has not reported the month (催报)."""

    requires = "may_review"
    title = "催报"

    def load(self) -> None:
        """Load the posted month and county. Raises Http404."""
        posted = self.request.POST
        self.period = get_object_or_404(ReportingPeriod, pk=parse_number(posted.get("period", "")))
        counties = reporting_counties(self.period).visible_to(self.request.user)
        self.county = get_object_or_404(counties, ref=posted.get("county", ""))

    def act(self) -> str:
        """Send the reminder; return the message that names the county."""
        return _reminded_text(remind_counties(period=self.period, counties=[self.county], by=self.request.user))

    def get_success_url(self) -> str:
        """Return the URL of the page with the button: the home page or the list of the month."""
        return _back(self.request.POST.get("back", ""), self.period)


class RemindCounties(FormPage):
    """Reminding several counties: the page lists them with their last reminder, and sends when that is confirmed."""

    help_at = "催报"
    requires = "may_review"
    template_name = "submissions/remind.html"
    form_class = RemindForm
    busy_label = "正在催报…"
    cancel_label = "先不催"
    unavailable_message = "没有需要催报的县（市、区）：都已上报，或者今天已经催过。"
    period: ReportingPeriod

    def load(self) -> None:
        """Load the month of the URL. Raises Http404."""
        self.period = find_period(self.kwargs["period"])

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        """Return the counties that have not reported, with their last reminder and the number of their clerks."""
        user, day = self.request.user, timezone.localdate()
        if phase_of(self.period, day) in (Phase.LOCKED, Phase.NOT_OPEN):
            return []
        unreported = month_status(self.period, reporting_counties(self.period).visible_to(user)).unreported
        newest = Reminder.objects.visible_to(user).for_period(self.period).newest_by_county()
        clerks = list(User.objects.clerks_of([each.county for each in unreported]).select_related("division"))
        return [
            {
                "submission": each,
                "reminder": (reminder := newest.get(each.county_id)),
                "is_reminded_today": reminder is not None and reminder.is_by_hand_on(day),
                "clerks": _names_of(each, clerks),
            }
            for each in unreported
        ]

    def is_available(self) -> bool:
        """Return whether there is a county to remind today."""
        return any(not row["is_reminded_today"] for row in self._rows)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the counties that were not reminded today, all of them chosen."""
        counties = [row["submission"].county for row in self._rows if not row["is_reminded_today"]]
        return {**super().get_form_kwargs(), "counties": counties}

    def act(self, form: RemindForm) -> str:
        """Send the reminders; return the message that names the counties."""
        counties = form.chosen()
        return _reminded_text(remind_counties(period=self.period, counties=counties, by=self.request.user))

    def get_success_url(self) -> str:
        """Return the URL of the page with the link: the home page or the list of the month."""
        return _back(self.request.GET.get("back", ""), self.period)

    def get_title(self) -> str:
        """Return the title with the month."""
        return f"催报{self.period}" if hasattr(self, "period") else "催报"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to the list of that month."""
        return [Crumb("上报", _back("", self.period))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the month, its deadline, and the counties."""
        deadline = deadline_text(self.period, timezone.localdate())
        return super().get_context_data(period=self.period, deadline=deadline, rows=self._rows, **kwargs)


def _names_of(submission: Submission, clerks: list[User]) -> str:
    """Return the names of the clerks who get the notice."""
    above = set(paths_above(submission.county.path))
    return "、".join(str(clerk) for clerk in clerks if clerk.division.path in above)


def _back(page: str, period: ReportingPeriod) -> str:
    return reverse("home") if page == _HOME else f"{reverse('submissions:submissions')}?period={period.code}"


def _reminded_text(sent: list[Reminder]) -> str:
    if not sent:
        return "没有需要催报的县（市、区）：都已上报，或者今天已经催过。"
    names = "、".join(reminder.county.name for reminder in sent)
    without_clerk = [reminder.county.name for reminder in sent if not reminder.notices]
    warning = f"{'、'.join(without_clerk)}没有填报员账号，请电话联系。" if without_clerk else ""
    return f"已向{names}的填报员发出催报通知；登记了邮箱的，系统稍后发邮件。{warning}"
