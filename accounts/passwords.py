"""Validator of password complexity (等保 2.0)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from changzhi_portal.rights import Viewer

_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[^0-9A-Za-z]"))
NEEDED = 3


class CharacterKindsValidator:
    """Validator that requires at least three of: lower-case letters, capitals, digits, other characters."""

    def validate(self, password: str, user: Viewer = None) -> None:
        """Raise ValidationError for a password with too few kinds of characters."""
        if sum(bool(kind.search(password)) for kind in _KINDS) < NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        """Return the rule, shown beside the password field."""
        return "密码应至少包含大写字母、小写字母、数字、符号中的三种。"
