"""The question sheets of a survey as PDF: of a town's communities, of one community, or with a blank name."""

from __future__ import annotations

from csp.decorators import csp_exempt
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header

from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import PortalError
from communities.models import Community
from participation.models import Survey
from reports.pdf import print_markup
from reports.question_sheets import STYLE_SHEETS, communities_to_print, sheets_markup, sheets_of


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class QuestionSheetsPdf(PortalPage):
    """The sheets, a page a community: `?town=` of a town, `?community=` of one, neither for a blank one.

    They are made anew each time, and not stored.
    """

    requires = "may_see_figures"
    title = "问卷"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Send the PDF; when it cannot be printed, lead to the survey and say why. Raises Http404 for what is not the user's."""
        visible = Survey.objects.visible_to(request.user).select_related("division__successor__successor")
        survey = get_object_or_404(visible, ref=ref)
        communities, where = self._chosen(survey)
        try:
            sheets = sheets_of(survey, communities)
            pdf = print_markup(sheets_markup(sheets), style_sheets=STYLE_SHEETS, what="问卷")
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect(survey.get_absolute_url())
        record_event(TrailKind.DOCUMENT, by=request.user, about=survey, division=survey.division, label="问卷")
        name = f"{survey}问卷{f'（{where}）' if where else ''}.pdf"
        disposition = content_disposition_header("download" in request.GET, name) or "inline"
        return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})

    def _chosen(self, survey: Survey) -> tuple[list[Community], str]:
        """Return the communities that the address asks for, and what they are in words. Raises Http404 for none."""
        town, community = self.request.GET.get("town", ""), self.request.GET.get("community", "")
        if not town and not community:
            return [], ""
        asked = communities_to_print(survey, self.request.user)
        found = list(asked.filter(town__code=town) if town else asked.filter(ref=community))
        if not found:
            raise Http404("The survey asks no such community in the user's area.")
        return found, found[0].town.name if town else found[0].name
