"""Signatures of what is sent, by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"  # of a secret for HMAC, so that programs that look for leaked secrets know one
_BYTES: Final = 32  # Standard Webhooks asks for 24 to 64


def new_secret() -> str:
    """Return a new secret: `whsec_` and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(*, ref: str, timestamp: int, body: bytes, secrets_of: Sequence[str]) -> dict[str, str]:
    """Return the headers that say which message this is, when it is sent (seconds since 1970), and who sends it.

    `secrets_of` are the secrets that hold, each giving one signature: the receiver knows one of them.
    """
    signed = b".".join((ref.encode(), str(timestamp).encode(), body))
    signatures = [base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode() for secret in secrets_of]
    return {
        "webhook-id": ref,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
