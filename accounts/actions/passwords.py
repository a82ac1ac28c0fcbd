"""Passwords: making first ones, and changing one's own."""

from __future__ import annotations

import secrets
import string

from django.db import transaction
from django.utils import timezone

from accounts.actions.trail import log_change, state_of
from accounts.models import User

GENERATED_LENGTH = 16
# Without characters that look alike on paper (0 O, 1 l I), because passwords are copied by hand.
_LETTERS = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0O1lI")


def generate_password() -> str:
    """Return a random password that satisfies the password rules (at least three kinds of characters)."""
    while True:
        password = "".join(secrets.choice(_LETTERS) for _ in range(GENERATED_LENGTH))
        if (
            any(s.islower() for s in password)
            and any(s.isupper() for s in password)
            and any(map(str.isdigit, password))
        ):
            return password


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a password that the user has chosen, and clear `must_change_password`. The caller has validated it.

    All other sessions of the user end, because they were begun with the password of before.
    """
    before = state_of(user)
    user.set_password(password)
    user.must_change_password, user.password_set_at = False, timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_set_at"])
    log_change(by=user, user=user, before=before, summary="修改自己的密码")
