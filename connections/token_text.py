"""Tokens as texts: `cz_` + the public part, by which one is found, + `_` + 256 random bits, of which only a digest is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

PREFIX: Final = "cz"  # so that programs that look for leaked secrets know one
_BYTES: Final = 32
_FORM: Final = re.compile(r"cz_([a-z2-7]{13})_[A-Za-z0-9_-]{43}", re.ASCII)


def new_token(ref: str) -> str:
    """Return a new token whose public part is `ref`."""
    return f"{PREFIX}_{ref}_{secrets.token_urlsafe(_BYTES)}"


def ref_in(text: str) -> str:
    """Return the public part of what may be a token; "" for a text that is of another form."""
    match = _FORM.fullmatch(text)
    return match[1] if match is not None else ""


def digest_of(token: str) -> str:
    """Return what is stored of a token: SHA-256 (64 hex digits). Of random bits it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_digest_of(digest: str, token: str) -> bool:
    """Return whether a digest is that of a token; takes as long for every other one."""
    return hmac.compare_digest(digest, digest_of(token))
