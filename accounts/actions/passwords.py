"""Passwords: making first ones, setting them, and changing one's own."""

from __future__ import annotations

import secrets
import string

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.actions.trail import log_change, state_of
from accounts.guessing import find_guess
from accounts.models import REMEMBERED_PASSWORDS, User
from accounts.passwords import CharacterKindsValidator

GENERATED_LENGTH = 16
# Without characters that look alike on paper (0 O, 1 l I), because passwords are copied by hand.
_LETTERS = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0O1lI")


def generate_password(user: User) -> str:
    """Return a random password that satisfies the rules for this user.

    Nobody has had it before, so it is compared with no hashes: each would take a third of a second.
    """
    while True:
        password = "".join(secrets.choice(_LETTERS) for _ in range(GENERATED_LENGTH))
        try:
            CharacterKindsValidator().validate(password)
        except ValidationError:
            continue
        if not find_guess(password, user):
            return password


def set_password(user: User, password: str, *, must_change: bool) -> None:
    """Set a password that the caller has validated, and keep the hash of the one before it. The caller saves the user."""
    if user.pk is not None and user.password and user.has_usable_password():
        user.past_passwords.create(password=user.password)
        kept = user.past_passwords.order_by("-pk")[: REMEMBERED_PASSWORDS - 1]
        user.past_passwords.exclude(pk__in=[each.pk for each in kept]).delete()
    user.set_password(password)
    user.must_change_password, user.password_set_at = must_change, timezone.now()


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a password that the user has chosen, and clear `must_change_password`. The caller has validated it.

    All other sessions of the user end, because they were begun with the password of before.
    """
    before = state_of(user)
    set_password(user, password, must_change=False)
    user.save(update_fields=["password", "must_change_password", "password_set_at"])
    log_change(by=user, user=user, before=before, summary="修改自己的密码")
