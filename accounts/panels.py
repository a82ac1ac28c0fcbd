"""Panels: health and accounts on the home page of who looks after the system, the changes of an account on its page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Model, Q

from accounts.models import OF_MATTERS, ROLES_OF_PEOPLE, Department, Role, User
from changelog.history import history_lines
from changelog.models import ChangeRecord
from changzhi_portal.health.report import answers
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import FIRST_STEP, LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel
from changzhi_portal.rights import Actor, has_right

_NEWEST = 8  # changes of accounts on the home page


class Health(HomePanel):
    """For system administrators: in one line, whether the portal runs well."""

    position = 4
    template_name = "accounts/health_panel.html"
    requires = "may_see_health"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user only looks after the system; others find the page in the menu."""
        return super().concerns(user) and user.role is Role.SYSTEM_ADMIN

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the titles of the checks that fail."""
        failed = [answer.check.title for answer in answers() if not answer.is_good]
        return {"failed": failed, "urgency": FIRST_STEP if failed else NOTHING_TO_DO}


class Accounts(HomePanel):
    """For system administrators: how many accounts there are, who is locked out, what has been changed last."""

    position = 5
    template_name = "accounts/users_panel.html"
    requires = "may_manage_users"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user only looks after the system; others find the list in the menu."""
        return super().concerns(user) and user.role is Role.SYSTEM_ADMIN

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the numbers of accounts by state and by role, who is locked out, and the newest changes."""
        active = User.objects.people().visible_to(request.user).active()
        numbers = active.aggregate(
            all=Count("pk"),
            never=Count("pk", filter=Q(last_login__isnull=True)),
            first=Count("pk", filter=Q(must_change_password=True)),
            unmask=Count("pk", filter=Q(may_unmask=True)),
        )
        by_role = dict(active.order_by().values_list("role").annotate(Count("pk")))
        locked = active.with_lockout().filter(is_locked_out=True).select_related("division__parent")
        shown = list(locked.order_by("username")[:MOST_ROWS])
        changes = ChangeRecord.objects.visible_to(request.user).filter(model=User._meta.label_lower)
        return {
            "numbers": numbers,
            "roles": [(role, by_role.get(role.value, 0)) for role in ROLES_OF_PEOPLE],
            "locked": shown,
            "newest": changes.select_related("change_set__made_by").order_by("-id")[:_NEWEST],
            "urgency": LAST_STEP if shown else NOTHING_TO_DO,
        }


class MattersOffice(HomePanel):
    """For windows and departments: where they work, and what they find in the portal beside their queues."""

    position = 90
    template_name = "accounts/matters_panel.html"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user handles residents' matters and sees no figures."""
        return super().concerns(user) and user.role in OF_MATTERS

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the department, None for a window."""
        return {"department": Department.objects.of_user(request.user).first()}


class AccountHistory(RecordPanel):
    """The changes of an account, for those whom the history of registers is closed to."""

    model_label = "accounts.User"
    position = 90
    template_name = "changelog/history_panel.html"
    requires = "may_see_users"

    def concerns(self, user: Actor) -> bool:
        """Return whether the panel is not shown to the user anyway, as on every record's page."""
        return super().concerns(user) and not has_right(user, "may_see_registers")

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the newest changes."""
        return {"entries": history_lines(record, request.user, limit=MOST_ROWS), "record": record}


class DepartmentHistory(AccountHistory):
    """The changes of a department, for those whom the history of registers is closed to."""

    model_label = "accounts.Department"
    requires = "may_keep_departments"
