"""The printed form of a county's month (上报表): as a page to print, and as a PDF."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_exempt
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header

from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import PortalError
from reports.pdf import print_markup
from reports.report_form import ReportForm, form_markup, report_form
from submissions.views.submissions import find_submission

STYLE_SHEETS = ("static:reports/report_form.css", "static:reports/report_form_pdf.css")


class ReportFormPage(PortalPage):
    """The form of one county's month, laid out for A4."""

    help_at = "上报表"
    requires = "may_see_registers"
    template_name = "reports/report_form.html"
    report: ReportForm

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the form. Raises Http404 for a county outside the user's scope."""
        self.report = report_form(find_submission(request, ref), request.user)
        return self.render_to_response(self.get_context_data(report=self.report))

    def get_title(self) -> str:
        """Return county and month."""
        if not hasattr(self, "report"):
            return "上报表"
        return f"{self.report.submission.county.name}{self.report.period}上报表"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list of that month and the county's report."""
        submission = self.report.submission
        return [
            Crumb("上报", f"{reverse('submissions:submissions')}?period={submission.period.code}"),
            Crumb(
                f"{submission.county.name}{submission.period}上报",
                reverse("submissions:submission", args=[submission.ref]),
            ),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the URL of the report."""
        report_url = reverse("submissions:submission", args=[self.report.submission.ref])
        return super().get_context_data(report_url=report_url, **kwargs)


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class ReportFormPdf(PortalPage):
    """The form as PDF, shown in the browser; `?download` saves it. It is made anew each time, and not stored."""

    requires = "may_see_registers"
    title = "上报表"

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Send the PDF; when it cannot be printed, lead to the page and say why. Raises Http404 as the page does."""
        report = report_form(find_submission(request, ref), request.user)
        try:
            pdf = print_markup(form_markup(report), style_sheets=STYLE_SHEETS, what="上报表")
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect("reports:report_form", ref=ref)
        record_event(
            TrailKind.DOCUMENT,
            by=request.user,
            about=report.submission,
            division=report.submission.county,
            label="上报表",
        )
        name = f"{report.submission.county.name}{report.period}上报表{'（草稿）' if report.draft else ''}.pdf"
        disposition = content_disposition_header("download" in request.GET, name) or "inline"
        return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})
