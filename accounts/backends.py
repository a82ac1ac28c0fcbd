"""Authentication backend that loads a user's division, which every page needs for the scope."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class DivisionBackend(ModelBackend):
    """Django's backend with one query for user, division and what the bureau lets counties do."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Return whether the user may sign in and go on with a session: active people, never another system."""
        return super().user_can_authenticate(user) and user.is_person

    def get_user(self, user_id: Any) -> User | None:
        """Return the active user with this primary key, or None."""
        user = User.objects.with_own_office().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
