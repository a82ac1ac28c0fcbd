"""Changing one's own password."""

from __future__ import annotations

from accounts.models import User


def change_password(*, user: User, password: str) -> None:
    """Set a password that the user has chosen, and clear `must_change_password`. The caller has validated it."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
