"""Buttons that end open sessions: one's own, and those of users whom one manages."""

from __future__ import annotations

from typing import cast

from django.http import Http404
from django.urls import reverse

from accounts.actions import end_other_sessions, end_session
from accounts.models import User
from accounts.views.own import this_session
from changzhi_portal.pages import ActionPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.rights import EVERYBODY


class EndOwnSession(ActionPage):
    """Ends one of one's own sessions elsewhere."""

    requires = EVERYBODY

    def act(self) -> str:
        """End the session whose number was sent."""
        user = cast(User, self.request.user)
        ended = end_session(by=user, user=user, number=parse_number(self.request.POST.get("session", "")))
        return f"已退出：{ended}。"

    def get_success_url(self) -> str:
        """Return the page of the own account."""
        return reverse("accounts:account")


class EndOtherSessions(EndOwnSession):
    """Ends all one's own sessions but this one."""

    def act(self) -> str:
        """End them."""
        number = end_other_sessions(by=cast(User, self.request.user), this=this_session(self.request))
        return f"已退出其他{number}处登录。" if number else "没有其他登录了。"


class EndUserSession(ActionPage):
    """Ends one session of a user whom the signed-in one manages."""

    requires = "may_manage_users"
    person: User

    def load(self) -> None:
        """Load the user; raises Http404 for one whom the signed-in user does not manage."""
        by = cast(User, self.request.user)
        found = User.objects.managed_by(by).filter(ref=self.kwargs["ref"]).first()
        if found is None:
            raise Http404("No such user among those that this one manages.")
        self.person = found

    def act(self) -> str:
        """End the session whose number was sent."""
        number = parse_number(self.request.POST.get("session", ""))
        ended = end_session(by=cast(User, self.request.user), user=self.person, number=number)
        return f"“{self.person}”的一处登录已退出：{ended}。"

    def get_success_url(self) -> str:
        """Return the user's page."""
        return str(self.person.get_absolute_url())
