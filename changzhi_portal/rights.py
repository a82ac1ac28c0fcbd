"""Who acts, and what a role may do: asked by the name of a right.

The frame and the apps left of `accounts` cannot import its models; these protocols say what they need of them, and mypy
holds that the models fit.
"""

from __future__ import annotations

import datetime
from typing import Any, Protocol, TypeAlias

from django.contrib.auth.models import AnonymousUser

# What `requires` says when every role may open the page.
EVERYBODY = ""
# The scope of a token with which the API gives personal data in clear (`connections.scopes`).
PERSONAL_SCOPE = "personal:read"
# The scope of a token that moves records with states (`changzhi_portal.api.moves`); whose moves, the rights that it grants say.
MOVING_SCOPE = "moves:write"
# Rights that depend on more than the role, so that the user is asked and not the role.
OF_THE_USER = frozenset({"may_manage_users", "may_see_users", "may_unmask", "may_answer_subjects"})


class RoleOfActor(Protocol):
    """A role with its rights (`accounts.models.Role`)."""

    @property
    def label(self) -> Any:
        """Return how people call the role."""

    @property
    def may_upload(self) -> bool:
        """See `accounts.models.Role.may_upload`."""

    @property
    def may_print_briefing(self) -> bool:
        """See `accounts.models.Role.may_print_briefing`."""

    @property
    def may_approve_briefing(self) -> bool:
        """See `accounts.models.Role.may_approve_briefing`."""

    @property
    def may_submit(self) -> bool:
        """See `accounts.models.Role.may_submit`."""

    @property
    def may_review(self) -> bool:
        """See `accounts.models.Role.may_review`."""

    @property
    def may_see_submissions(self) -> bool:
        """See `accounts.models.Role.may_see_submissions`."""

    @property
    def may_manage_periods(self) -> bool:
        """See `accounts.models.Role.may_manage_periods`."""

    @property
    def may_announce(self) -> bool:
        """See `accounts.models.Role.may_announce`."""

    @property
    def may_keep_contacts(self) -> bool:
        """See `accounts.models.Role.may_keep_contacts`."""

    @property
    def may_edit_plans(self) -> bool:
        """See `accounts.models.Role.may_edit_plans`."""

    @property
    def may_change_divisions(self) -> bool:
        """See `accounts.models.Role.may_change_divisions`."""

    @property
    def may_alter_locked_months(self) -> bool:
        """See `accounts.models.Role.may_alter_locked_months`."""

    @property
    def may_see_registers(self) -> bool:
        """See `accounts.models.Role.may_see_registers`."""

    @property
    def may_see_uploads(self) -> bool:
        """See `accounts.models.Role.may_see_uploads`."""

    @property
    def may_audit(self) -> bool:
        """See `accounts.models.Role.may_audit`."""

    @property
    def may_manage_clients(self) -> bool:
        """See `accounts.models.Role.may_manage_clients`."""

    @property
    def may_see_figures(self) -> bool:
        """See `accounts.models.Role.may_see_figures`."""

    @property
    def may_propose_work_items(self) -> bool:
        """See `accounts.models.Role.may_propose_work_items`."""

    @property
    def may_decide_work_items(self) -> bool:
        """See `accounts.models.Role.may_decide_work_items`."""

    @property
    def may_see_work_items(self) -> bool:
        """See `accounts.models.Role.may_see_work_items`."""

    @property
    def may_run_surveys(self) -> bool:
        """See `accounts.models.Role.may_run_surveys`."""

    @property
    def may_report_stories(self) -> bool:
        """See `accounts.models.Role.may_report_stories`."""

    @property
    def may_choose_stories(self) -> bool:
        """See `accounts.models.Role.may_choose_stories`."""

    @property
    def may_see_evaluation(self) -> bool:
        """See `accounts.models.Role.may_see_evaluation`."""

    @property
    def may_file_organizations(self) -> bool:
        """See `accounts.models.Role.may_file_organizations`."""

    @property
    def may_keep_departments(self) -> bool:
        """See `accounts.models.Role.may_keep_departments`."""


class Area(Protocol):
    """A division (`communities.models.Division`), as the frame sees it."""

    @property
    def pk(self) -> int:
        """Return the primary key."""

    @property
    def path(self) -> str:
        """Return the codes of the divisions that lead to it; a subtree is one prefix."""


class Actor(Protocol):
    """A person who signs in (`accounts.models.User`), as actions (`by=`), pages and scoped reads see them."""

    @property
    def pk(self) -> int:
        """Return the primary key."""

    @property
    def username(self) -> str:
        """Return the name to sign in with."""

    @property
    def is_active(self) -> bool:
        """Return whether the person may still sign in."""

    @property
    def is_authenticated(self) -> bool:
        """Return whether the person has signed in."""

    @property
    def may_unmask(self) -> bool:
        """Return whether the person may see personal data in clear."""

    @property
    def role(self) -> RoleOfActor:
        """Return the role with its rights."""

    @property
    def division(self) -> Any:
        """Return the division whose subtree the person sees (`communities.models.Division`)."""

    def visible_counties(self) -> Any:
        """Return today's counties in the person's area (a queryset of `communities.models.Division`)."""

    def visible_towns(self, day: datetime.date) -> Any:
        """Return the towns in the person's area where communities lie on `day` (a queryset of the same model)."""


# Who looks: a person, a visitor, or nobody. A visitor and nobody see nothing.
Viewer: TypeAlias = Actor | AnonymousUser | None


def has_right(user: Viewer, right: str) -> bool:
    """Return whether `user` has the right, mostly that of the role; EVERYBODY holds for all. Fails closed for visitors."""
    if user is None or isinstance(user, AnonymousUser) or not user.is_authenticated:
        return False
    return right == EVERYBODY or bool(getattr(user if right in OF_THE_USER else user.role, right))
