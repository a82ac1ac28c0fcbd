"""Validators of passwords (等保 2.0)."""

from __future__ import annotations

import re

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from changzhi_portal.rights import Viewer

_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[^0-9A-Za-z]"))
NEEDED = 3


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

    def validate(self, password: str, user: Viewer = None) -> None:
        """Raise ValidationError for a password with too few kinds of characters."""
        if sum(bool(kind.search(password)) for kind in _KINDS) < NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return "密码应至少包含大写字母、小写字母、数字、符号中的三种。"
