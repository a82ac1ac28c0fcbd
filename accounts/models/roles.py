"""The roles of users: what each may do, and the levels of division that it may have (docs/domain.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.query_utils import DeferredAttribute


class Role(models.TextChoices):
    """The role of a user, with its rights (docs/domain.md §1.1, §1.3)."""

    DISTRICT_CLERK = "district_clerk", "县区填报员"
    STREET_CLERK = "street_clerk", "街道填报员"
    BUREAU_OFFICER = "bureau_officer", "市局业务员"
    BUREAU_ADMIN = "bureau_admin", "市局管理员"
    LEADER = "leader", "领导"
    AUDITOR = "auditor", "审计员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    WINDOW_CLERK = "window_clerk", "窗口受理员"
    DEPARTMENT_CLERK = "department_clerk", "部门经办员"
    # No person: another system that connects with a token (`connections`). What the role may is the most that a token grants.
    CLIENT = "client", "对接系统"

    @property
    def may_upload(self) -> bool:
        """Return whether the role uploads spreadsheets: clerks, the bureau, and systems with a token for it."""
        return self in {
            Role.DISTRICT_CLERK,
            Role.STREET_CLERK,
            Role.BUREAU_OFFICER,
            Role.BUREAU_ADMIN,
            Role.CLIENT,
        }

    @property
    def may_see_uploads(self) -> bool:
        """Return whether the role sees uploads and what became of them: who uploads, and auditors, who only look."""
        return self.may_upload or self.may_audit

    @property
    def may_audit(self) -> bool:
        """Return whether the role reads the trail (审计记录): of people auditors alone, so that nobody audits the own work.

        Systems may with a token for it, such as one that keeps the logs of the city.
        """
        return self is Role.AUDITOR

    @property
    def may_print_briefing(self) -> bool:
        """Return whether the role prints briefings: the bureau."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_approve_briefing(self) -> bool:
        """Return whether the role approves and withdraws briefings, and sets how they look and appear."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_submit(self) -> bool:
        """Return whether the role reports a month (上报): clerks of counties, and the bureau on their behalf."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_review(self) -> bool:
        """Return whether the role accepts and returns reports and reminds counties: the bureau."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_submissions(self) -> bool:
        """Return whether the role sees reports: not clerks of streets, who only upload, nor who looks after the system."""
        return self not in {Role.STREET_CLERK, Role.SYSTEM_ADMIN} | OF_MATTERS

    @property
    def may_manage_periods(self) -> bool:
        """Return whether the role sets due dates and locks and reopens months."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_announce(self) -> bool:
        """Return whether the role writes announcements, which stand on everybody's pages."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_keep_contacts(self) -> bool:
        """Return whether the role keeps contact persons of its division and those below (联系方式)."""
        return self in {Role.BUREAU_ADMIN, Role.DISTRICT_CLERK}

    @property
    def may_edit_plans(self) -> bool:
        """Return whether the role edits target plans."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_change_divisions(self) -> bool:
        """Return whether the role applies changes of divisions, which move communities and users."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_alter_locked_months(self) -> bool:
        """Return whether the role may, with a reason, upload figures dated in a locked month; its results are kept."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_registers(self) -> bool:
        """Return whether the role sees the registers with personal data: not leaders, windows, departments, nor who looks after the system."""
        return self not in {Role.LEADER, Role.SYSTEM_ADMIN} | OF_MATTERS

    @property
    def may_see_figures(self) -> bool:
        """Return whether the role sees communities, months, targets and briefings: all who work with them."""
        return self not in {Role.SYSTEM_ADMIN} | OF_MATTERS

    @property
    def may_propose_work_items(self) -> bool:
        """Return whether the role applies for what is to be asked of communities (申请准入), for its own department."""
        return self is Role.DEPARTMENT_CLERK

    @property
    def may_decide_work_items(self) -> bool:
        """Return whether the role keeps the list of what communities may be asked and decides on applications.

        Systems may with a token for it, such as one in which offices decide.
        """
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN, Role.CLIENT}

    @property
    def may_see_work_items(self) -> bool:
        """Return whether the role sees what may be asked of communities: departments, and all who see figures."""
        return self is Role.DEPARTMENT_CLERK or self.may_see_figures

    @property
    def may_run_surveys(self) -> bool:
        """Return whether the role opens and closes surveys and notes their counts; systems may with a token for it."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN, Role.CLIENT}

    @property
    def may_report_stories(self) -> bool:
        """Return whether the role reports media reports, campaigns and practice cases (宣传与案例), for its own office."""
        return self in {Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_choose_stories(self) -> bool:
        """Return whether the role chooses practice cases for the library and returns what is to be mended: the bureau."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_evaluation(self) -> bool:
        """Return whether the role compares counties by places (工作评价): leaders, the bureau, and who audits them."""
        return self in {Role.LEADER, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN, Role.AUDITOR}

    @property
    def may_file_organizations(self) -> bool:
        """Return whether the role files organizations (备案) and decides on it: the streets' clerks; no system does."""
        return self is Role.STREET_CLERK

    @property
    def may_keep_departments(self) -> bool:
        """Return whether the role keeps the departments of its division and those below."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_ADMIN, Role.SYSTEM_ADMIN}

    @property
    def manages_all_users(self) -> bool:
        """Return whether the role manages the users of every role, and the settings of accounts."""
        return self in {Role.SYSTEM_ADMIN, Role.BUREAU_ADMIN}

    @property
    def may_see_health(self) -> bool:
        """Return whether the role sees how the portal runs (运行状况): all who can have a fault mended."""
        return self in {Role.SYSTEM_ADMIN, Role.BUREAU_ADMIN}

    @property
    def may_manage_clients(self) -> bool:
        """Return whether the role lets other systems connect, and gives and revokes their tokens (对接系统)."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_grant_unmasking(self) -> bool:
        """Return whether the role gives and takes the right to see personal data in clear."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_unmask_if_granted(self) -> bool:
        """Return whether a user of the role may be given the right to see personal data in clear."""
        return self not in NEVER_UNMASK


class _RoleAttribute(DeferredAttribute):
    """Descriptor that converts any value assigned to a `RoleField` to a `Role`."""

    def __set__(self, instance: models.Model, value: str) -> None:
        # An unknown value is kept as it is: validation and the constraint `user_role_known` refuse it.
        instance.__dict__[self.field.attname] = Role(value) if value in Role.values else value


if TYPE_CHECKING:
    _RoleColumn = models.CharField["Role | str", Role]
else:
    _RoleColumn = models.CharField


class RoleField(_RoleColumn):
    """A text column whose Python value is a `Role`."""

    descriptor_class = _RoleAttribute


# The levels of division that a role may have.
ROLE_LEVELS: dict[Role, frozenset[str]] = {
    Role.DISTRICT_CLERK: frozenset({"county"}),
    Role.STREET_CLERK: frozenset({"town"}),
    Role.BUREAU_OFFICER: frozenset({"city"}),
    Role.BUREAU_ADMIN: frozenset({"city"}),
    Role.LEADER: frozenset({"city", "county"}),
    Role.AUDITOR: frozenset({"city", "county"}),
    Role.SYSTEM_ADMIN: frozenset({"city"}),
    Role.WINDOW_CLERK: frozenset({"county", "town"}),
    Role.DEPARTMENT_CLERK: frozenset({"city", "county", "town"}),
    Role.CLIENT: frozenset({"city", "county", "town"}),
}
# The roles of people: who signs in, is managed, chosen from lists, told by notices.
ROLES_OF_PEOPLE: tuple[Role, ...] = tuple(role for role in Role if role is not Role.CLIENT)
# Whoever handles residents' matters; they see neither the registers nor figures (docs/domain.md §1.3).
OF_MATTERS = frozenset({Role.WINDOW_CLERK, Role.DEPARTMENT_CLERK})
# The roles that never have the right to see personal data in clear (docs/domain.md §1.3); to systems a token's scope gives them.
NEVER_UNMASK = frozenset({Role.LEADER, Role.SYSTEM_ADMIN, Role.CLIENT}) | OF_MATTERS
# Whom a county may manage if the bureau allows it (`AccountSettings`).
MANAGED_BY_COUNTIES = frozenset({Role.STREET_CLERK})
