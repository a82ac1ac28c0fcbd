"""Changes of divisions and communities, to be read: who applied which one, when, on what grounds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.http import HttpResponse

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import Actor
from communities.models import Division, DivisionChange

ROWS_A_PAGE = 100


class DivisionChangeList(ExportedPage):
    """The noted and applied changes that concern the auditor's area, those that wait first, then the newest."""

    requires = "may_audit"
    title = "区划变更"
    template_name = "audit/divisions.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of them."""
        page = ForgivingPaginator(self._ordered(), ROWS_A_PAGE).get_page(request.GET.get("page", 1))
        return self.render_to_response(self.get_context_data(page=page, **self.export_menu(page.paginator.count)))

    def _ordered(self) -> models.QuerySet[DivisionChange]:
        found = _of_area(self.request.user).select_related("applied_by")
        return found.order_by(F("applied_at").desc(nulls_first=True), "-effective_on", "from_code", "to_code", "pk")

    def shown_list(self) -> ShownList:
        """Return all of them."""
        columns = (
            column("effective_on", "生效日期", lambda change: change.effective_on),
            column("kind", "变更", lambda change: change.get_kind_display()),
            column("level", "级别", lambda change: change.get_level_display()),
            column("from_name", "原来", lambda change: change.from_name or "（新设）"),
            column("from_code", "原代码", lambda change: change.from_code),
            column("to_name", "变更后", lambda change: change.to_name or "（撤销）"),
            column("to_code", "变更后代码", lambda change: change.to_code),
            column("document", "文号", lambda change: change.document),
            column("source", "依据", lambda change: change.source),
            column("applied_by", "应用人", lambda change: change.applied_by),
            column("applied_at", "应用时间", lambda change: change.applied_at),
        )
        rows = self._ordered()
        return ShownList(self.title, self.title, columns, rows, rows.count())


def _of_area(user: Actor) -> models.QuerySet[DivisionChange]:
    """Return the changes from or to a code of the user's area; of the city all. Codes begin with that of the county above."""
    if user.division.level == Division.Level.CITY:
        return DivisionChange.objects.all()
    # Today's county, and those whose successor it is.
    codes = Division.objects.counties().visible_to(user).values_list("code", flat=True)
    of_area = Q(pk__in=())
    for code in codes:
        of_area |= Q(from_code__startswith=code) | Q(to_code__startswith=code)
    return DivisionChange.objects.filter(of_area)
