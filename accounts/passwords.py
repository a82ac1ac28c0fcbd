"""Validators of passwords (等保 2.0; docs/domain.md §9.5). Each refuses with one sentence."""

from __future__ import annotations

import re
from typing import Final

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from accounts.guessing import find_guess
from accounts.models import REMEMBERED_PASSWORDS, User

_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[^0-9A-Za-z]"))
NEEDED: Final = 3


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's validator with Chinese sentences; Django 5.2 has no Chinese translation of them."""

    def get_error_message(self) -> str:
        """Return what is wrong with a password that is too short."""
        return f"密码至少要有{self.min_length}位，请换一个长一些的。"

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return f"密码至少{self.min_length}位。"


class CharacterKindsValidator:
    """Validator that requires at least three of: lower-case letters, capitals, digits, other characters."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password with too few kinds of characters."""
        if sum(bool(kind.search(password)) for kind in _KINDS) < NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return "密码应至少包含大写字母、小写字母、数字、符号中的三种。"


class SimilarityValidator(password_validation.UserAttributeSimilarityValidator):
    """Django's validator of likeness to user name and e-mail address, with the portal's sentence."""

    def get_error_message(self) -> str:
        """Return what is wrong with a password that is like the user name."""
        return "密码与用户名或邮箱太相近，容易被人猜到，请换一个。"


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Django's validator of the most common passwords, with the portal's sentence."""

    def get_error_message(self) -> str:
        """Return what is wrong with a password that many people use."""
        return "这个密码太常见，容易被人猜到，请换一个。"


class GuessingValidator:
    """Validator that refuses names, places, the portal's words, runs of keys and a word with a year."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that is easy to guess."""
        if guess := find_guess(password, user):
            raise ValidationError(guess, code="password_guessed")

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return "密码里不要有姓名、地名、单位用语，不要有连续或重复的字符。"


class PastPasswordsValidator:
    """Validator that refuses the current password of a user and those before it, `REMEMBERED_PASSWORDS` in all.

    It compares hashes, up to a third of a second for each: whoever only reads a page never waits for it.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that the user has had lately; a new user has had none."""
        if user is None or user.pk is None:
            return
        if check_password(password, user.password):
            raise ValidationError("新密码不能与当前密码相同，请换一个。", code="password_unchanged")
        if any(check_password(password, each.password) for each in user.past_passwords.all()):
            raise ValidationError(
                f"这个密码用过，最近{REMEMBERED_PASSWORDS}次用过的密码不能再用，请换一个。", code="password_used"
            )

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return f"最近{REMEMBERED_PASSWORDS}次用过的密码不能再用。"
