"""The guide of an item (办事指南) as PDF, or of all items at a place."""

from __future__ import annotations

from csp.decorators import csp_exempt
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header

from affairs.models import Item
from affairs.rights import MAY_SEE
from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import PortalError
from communities.models import Division
from reports.pdf import print_markup
from reports.service_guide import STYLE_SHEETS, guides_at, guides_markup


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class ServiceGuidePdf(PortalPage):
    """The guide of one item at `?place=` (a code; by default the user's own division), with `?all=yes` of all items there.

    It is made anew each time, and not stored.
    """

    requires = MAY_SEE
    title = "办事指南"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Send the PDF; when it cannot be printed, lead to the item and say why. Raises Http404 for what is not the user's."""
        visible = Item.objects.visible_to(request.user).select_related("division")
        item = get_object_or_404(visible, ref=ref)
        place = self._place()
        is_of_all = "all" in request.GET
        items = list(visible.order_by("code")) if is_of_all else [item]
        try:
            guides = guides_at(items, place, timezone.localdate())
            pdf = print_markup(guides_markup(guides), style_sheets=STYLE_SHEETS, what="办事指南")
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect(item.get_absolute_url())
        record_event(TrailKind.DOCUMENT, by=request.user, about=item, division=place, label="办事指南")
        name = f"{place.name}{'' if is_of_all else item.name}办事指南.pdf"
        disposition = content_disposition_header("download" in request.GET, name) or "inline"
        return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})

    def _place(self) -> Division:
        """Return the division that the address asks for. Raises Http404 for none, and for one outside the user's area."""
        code = self.request.GET.get("place", "")
        if not code:
            own: Division = self.request.user.division
            return own
        found = Division.objects.current().visible_to(self.request.user).filter(code=code).first()
        if found is None:
            raise Http404("There is no such division in the user's area.")
        return found
