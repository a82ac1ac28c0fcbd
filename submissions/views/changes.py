"""Page of the changes of records that a county has made for a month (本月改动)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from changelog.history import logged_lines
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.registers.registry import registers
from submissions.changes import (
    changes_of_month,
    changes_since_report,
    count_by_register,
    models_of,
    page_of_lines,
    time_of_edits,
)
from submissions.models import Submission
from submissions.views.submissions import find_submission

ROWS_A_PAGE = 50
SINCE_REPORT = "report"  # the value of `?since=` for the changes after the report


class SubmissionChanges(PortalPage):
    """What was added and changed in a county's registers for a month, or since its report, all uploads and edits together."""

    requires = "may_see_registers"
    template_name = "submissions/submission_changes.html"
    submission: Submission

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the changes of `?register=`, else of all registers; with `?since=report` those after the report.

        Raises Http404 for a county outside the user's scope.
        """
        self.submission = find_submission(request, ref)
        self.is_since_report = request.GET.get("since") == SINCE_REPORT
        days = time_of_edits(self.submission)
        if self.is_since_report:
            changes = changes_since_report(self.submission, request.user)
        else:
            changes = changes_of_month(self.submission, request.user, edited_in=days)
        changes = changes.filter(model__in=models_of(registers()))
        counts = count_by_register(changes)
        chosen = next((each for each in counts if each.register.name == request.GET.get("register")), None)
        shown = changes if chosen is None else changes.filter(model__in=models_of([chosen.register]))
        total = sum(each.total for each in counts)
        paginator = ForgivingPaginator(range(total if chosen is None else chosen.total), ROWS_A_PAGE)
        page = paginator.get_page(request.GET.get("page", 1))
        first = (page.number - 1) * ROWS_A_PAGE
        lines = page_of_lines(shown, first, first + ROWS_A_PAGE)
        context = self.get_context_data(
            submission=self.submission,
            is_since_report=self.is_since_report,
            counts=counts,
            chosen=chosen,
            total=total,
            page=page,
            edits=logged_lines(lines, request.user),
            time_of_edits=days,
        )
        return self.render_to_response(context)

    def get_title(self) -> str:
        """Return county, month, and which changes are shown."""
        if not hasattr(self, "submission"):
            return "本月改动"
        which = "上报以后的改动" if self.is_since_report else "本月改动"
        return f"{self.submission.county.name}{self.submission.period}：{which}"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list of that month and the county's report."""
        submission = self.submission
        return [
            Crumb("上报", f"{reverse('submissions:submissions')}?period={submission.period.code}"),
            Crumb(f"{submission.county.name}{submission.period}上报", self._url_of_report()),
        ]

    def _url_of_report(self) -> str:
        return reverse("submissions:submission", args=[self.submission.ref])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the URL of the report."""
        return super().get_context_data(report_url=self._url_of_report(), **kwargs)
