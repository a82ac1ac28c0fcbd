"""Sign-in against our users, with the division loaded: every page asks for it to cut the scope."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class DivisionBackend(ModelBackend):
    """Django's backend, one query for user and division."""

    def get_user(self, user_id: Any) -> User | None:
        """The active user with this key, or None."""
        user = User.objects.select_related("division").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
