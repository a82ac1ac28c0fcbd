"""Who has, or had on a day, which rights."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from audit.forms import RightsForm
from audit.rights_then import HeldRights, rights_on
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.paging import ForgivingPaginator
from communities.models import Division

ROWS_A_PAGE = 100


class RightsPage(ExportedPage):
    """The users of the auditor's area with role, division and rights at the end of a day; today without one."""

    requires = "may_audit"
    title = "谁有什么权限"
    help_at = "谁有什么权限"
    template_name = "audit/rights.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show those that match the form; none where the form is wrong."""
        form, day, held = self._held()
        page = ForgivingPaginator(held, ROWS_A_PAGE).get_page(request.GET.get("page", 1))
        around = {"day": day, "is_today": day == timezone.localdate(), **self.export_menu(len(held))}
        return self.render_to_response(self.get_context_data(filter_form=form, page=page, **around))

    def _held(self) -> tuple[RightsForm, datetime.date, list[HeldRights]]:
        """Return the form, the day that it asks for, and who matches it."""
        user = self.request.user
        counties = list(user.visible_counties()) if user.division.level == Division.Level.CITY else []
        form = RightsForm(self.request.GET, counties)
        asked = form.cleaned_data if form.is_valid() else None
        day = (asked or {}).get("on") or timezone.localdate()
        return form, day, _matching(rights_on(day, user), asked, counties) if asked is not None else []

    def shown_list(self) -> ShownList:
        """Return all who match the form."""
        _, day, held = self._held()
        columns = [
            column("full_name", "姓名", lambda each: each.full_name or each.user.username),
            column("username", "用户名", lambda each: each.user.username),
            column("role", "角色", lambda each: each.role.label),
            column("division", "所属单位", lambda each: each.office),
            column("may_unmask", "可看原文", lambda each: each.may_unmask),
            column("state", "状态", lambda each: "在用" if each.is_active else "已停用"),
            column("rights", "权限", lambda each: "、".join(each.rights) if each.is_active else "停用期间不能登录"),
        ]
        if day != timezone.localdate():
            columns.append(column("today", "和今天比", lambda each: "，".join(each.today) or "一样"))
        return ShownList(f"{day:%Y-%m-%d}{self.title}", self.title, tuple(columns), held, len(held))


def _matching(held: list[HeldRights], asked: dict[str, Any], counties: list[Division]) -> list[HeldRights]:
    county = next((each for each in counties if each.code == asked.get("county")), None)
    text = asked["q"].strip().lower()
    return [
        each
        for each in held
        if (not asked["role"] or each.role == asked["role"])
        and (not asked["right"] or each.has(asked["right"]))
        and (asked["state"] == "all" or each.is_active == (asked["state"] != "inactive"))
        and (county is None or each.division.path.startswith(county.path))
        and (not text or text in each.full_name.lower() or text in each.user.username.lower())
    ]
