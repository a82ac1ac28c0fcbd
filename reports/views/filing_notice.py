"""The notice of a filing (备案通知书) as PDF."""

from __future__ import annotations

from csp.decorators import csp_exempt
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header

from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import PortalError
from orgs.models import Filing
from reports.filing_notice import STYLE_SHEETS, notice_markup, notice_of
from reports.pdf import print_markup


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class FilingNoticePdf(PortalPage):
    """The notice of one filing; it is made anew each time, and not stored."""

    requires = "may_see_registers"
    title = "备案通知书"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Send the PDF; when it cannot be printed, lead to the filing and say why. Raises Http404 for what is not the user's."""
        filing = get_object_or_404(Filing.objects.visible_to(request.user).with_place(), ref=ref)
        try:
            notice = notice_of(filing)
            pdf = print_markup(notice_markup(notice), style_sheets=STYLE_SHEETS, what="备案通知书")
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect(filing.get_absolute_url())
        town = filing.community.town
        record_event(TrailKind.DOCUMENT, by=request.user, about=filing, division=town, label="备案通知书")
        name = f"{filing.name}{notice.title}.pdf"
        disposition = content_disposition_header("download" in request.GET, name) or "inline"
        return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})
