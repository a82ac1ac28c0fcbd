"""The code (核验码) that is printed at the end of an issue and proves it genuine (docs/domain.md §7.7).

It is made of what an issue is bound to: its figures and lists, the seal of the trail when it was printed, its own ref and
its edition. Whoever changes a stored figure gets another code. It is 80 bits of a SHA-256 in Crockford's base32, which has
no I, L, O and U, so that it can be read off paper and typed.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from changzhi_portal.refusals import InvalidError

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 16
_GROUP: Final = 4
_BITS: Final = 5  # of one character
# What people read for a character that the alphabet does not have.
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
# What stands between the groups, on paper or as typed.
_SEPARATORS: Final = frozenset("-‐‑‒–—−_·.,、")


def code_of(figures_sha256: str, trail_head: str, ref: str, edition: int) -> str:
    """Return the code of an issue: 16 characters in groups of four, such as 7K3M-0QZT-9XW2-VB4C."""
    bound = "\n".join(("briefing", figures_sha256, trail_head, ref, str(edition)))
    number = int.from_bytes(hashlib.sha256(bound.encode()).digest()[: _LENGTH * _BITS // 8], "big")
    letters = [_ALPHABET[number >> shift & (1 << _BITS) - 1] for shift in range(_BITS * (_LENGTH - 1), -1, -_BITS)]
    return _grouped("".join(letters))


def read_code(text: str) -> str:
    """Return a code as `code_of` writes it from what somebody has typed or read off paper.

    Takes small and full-width letters, spaces, any dashes or none, O for 0, I and L for 1. Raises InvalidError for what
    cannot be a code.
    """
    folded = unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
    letters = "".join(letter for letter in folded if not letter.isspace() and letter not in _SEPARATORS)
    if len(letters) != _LENGTH or not set(letters) <= set(_ALPHABET):
        raise InvalidError(
            "核验码应为16位数字和字母（如7K3M-0QZT-9XW2-VB4C），请对照简报末页重新输入。",
            cure=f"A code has {_LENGTH} characters of {_ALPHABET}.",
            field="code",
        )
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def verification_url(code: str) -> str:
    """Return the address that proves an issue genuine, for paper; "" without PORTAL_URL, since paper knows no host."""
    return f"{settings.PORTAL_URL}{reverse('reports:verify_code', args=[code])}" if settings.PORTAL_URL else ""


def code_svg(url: str) -> SafeString:
    """Return an address as a QR code: an inline SVG without styles or scripts; "" for no address.

    The quiet zone of four modules is part of it. Error correction M outlasts a fold or a stain.
    """
    if not url:
        return SafeString("")
    code = segno.make(url, error="m", micro=False)
    drawn = code.svg_inline(
        border=4, light="#fff", omitsize=True, svgclass="qr-code", lineclass=None, title="核验二维码"
    )
    return mark_safe(drawn)  # noqa: S308 - made of numbers alone, nothing of it was typed
