"""Codes of an authenticator app (TOTP, RFC 6238) and the picture by which an app takes the secret.

The codes are computed by django-otp's `oath`. Its models and middleware are not used: they keep the secret in clear (ADR 0024).
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
import unicodedata
from typing import Final
from urllib.parse import quote, urlencode

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.oath import TOTP

DIGITS: Final = 6
_STEP: Final = 30  # seconds
# A code is taken one step early or late: clocks of phones differ, and people type slowly (RFC 6238 §5.2).
_TOLERANCE: Final = 1
_SECRET_BYTES: Final = 20  # RFC 4226 §4
RECOVERY_CODES: Final = 10
RECOVERY_DIGITS: Final = 12
ISSUER: Final = "长治社区治理平台"


def new_secret() -> str:
    """Return a new secret as apps take it, in base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_of(secret: str, code: str, *, after: int = -1) -> int | None:
    """Return the time step whose code this is, now and later than `after`; None for a wrong or used code."""
    try:
        key = base64.b32decode(secret)
    except binascii.Error as error:
        raise RuntimeError("A stored secret is no base32.") from error
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", code):
        return None
    totp = TOTP(key, step=_STEP, digits=DIGITS)
    totp.time = time.time()
    return totp.t() if totp.verify(int(code), tolerance=_TOLERANCE, min_t=after + 1) else None


def digits_of(typed: str) -> str:
    """Return what was typed without blanks and hyphens, full-width digits as plain ones."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed))


def new_recovery_codes() -> list[str]:
    """Return new recovery codes: digits, because the same field takes them as the app's codes."""
    return [f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}" for _ in range(RECOVERY_CODES)]


def in_groups(text: str) -> str:
    """Return a secret or code in groups of four, as people copy it."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_for_app(secret: str, username: str) -> str:
    """Return what the picture says: the address by which apps take a secret (Google's Key Uri Format)."""
    label = quote(f"{ISSUER}:{username}")
    asked = urlencode({"secret": secret, "issuer": ISSUER, "digits": DIGITS, "period": _STEP}, quote_via=quote)
    return f"otpauth://totp/{label}?{asked}"


def picture_for_app(secret: str, username: str) -> SafeString:
    """Return the address as a QR code: an SVG without styles or scripts, made here."""
    code = segno.make(address_for_app(secret, username), error="l", micro=False)
    # Made of numbers alone, nothing of it was typed.
    return mark_safe(code.svg_inline(border=4, light="#fff", omitsize=True, svgclass="qr-code", lineclass=None))  # noqa: S308
