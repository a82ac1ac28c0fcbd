"""Personal data, encrypted in storage and masked on screen (个人信息保护法; docs/domain.md §9).

An ID number or a phone is stored as ciphertext and, if it is searched for, with a keyed digest. In Python it is a
`Sealed` value: printing, formatting or serializing it shows the mask, and only an explicit `reveal()` returns the plain
text. So masking cannot be forgotten, and every place that reveals a value can be found by searching for that name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models


def mask_id_number(value: str) -> str:
    """Return `140402********0017`: the county and the last four characters are readable."""
    return f"{value[:6]}{'*' * (len(value) - 10)}{value[-4:]}" if len(value) > 10 else "*" * len(value)


def mask_phone(value: str) -> str:
    """Return `138****1234` for a mobile, `0355-***4567` for a landline; several are separated by 、."""
    return "、".join(_mask_one_phone(part) for part in value.split("、"))


def _mask_one_phone(value: str) -> str:
    if "-" in value:
        area, number = value.split("-", 1)
        return f"{area}-{'*' * max(len(number) - 4, 3)}{number[-4:]}"
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 11 else "*" * len(value)


def mask_secret(value: str) -> str:
    """Return stars, as many for any secret: of the key of a second factor nothing is ever readable."""
    return "*" * 8


NONCE_BYTES = 12  # as AES-GCM requires (NIST SP 800-38D)
MASKS: dict[str, Callable[[str], str]] = {"id_number": mask_id_number, "phone": mask_phone, "secret": mask_secret}


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[str, ...]) -> tuple[AESGCM, ...]:
    """Return one AES-256-GCM cipher per key (32 bytes in URL-safe base64), the newest first."""
    return tuple(AESGCM(base64.urlsafe_b64decode(key.strip())) for key in keys)


def encrypt_bytes(data: bytes) -> bytes:
    """Return `data` encrypted under the newest field key: a random nonce, followed by the output of AES-GCM."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _ciphers(tuple(settings.FIELD_KEYS))[0].encrypt(nonce, data, None)


def decrypt_bytes(sealed: bytes) -> bytes:
    """Decrypt the output of `encrypt_bytes` with whichever field key fits. Raises InvalidTag when none does."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    ciphers = _ciphers(tuple(settings.FIELD_KEYS))
    for cipher in ciphers[:-1]:
        with suppress(InvalidTag):
            return cipher.decrypt(nonce, body, None)
    return ciphers[-1].decrypt(nonce, body, None)


def encrypt(text: str) -> str:
    """Return `text` encrypted, as a token for a text column."""
    return base64.b64encode(encrypt_bytes(text.encode())).decode()


def decrypt(token: str) -> str:
    """Return the text of a token made by `encrypt`; raises InvalidTag when no field key fits."""
    return decrypt_bytes(base64.b64decode(token)).decode()


def digest(text: str) -> str:
    """Return a keyed digest (HMAC-SHA256, 64 hex digits): equal for equal texts, and useless without the key."""
    return hmac.new(settings.DIGEST_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class Sealed:
    """A personal value. `str()` returns the mask; `reveal()` the plain text; equality compares the plain texts."""

    __slots__ = ("_plain", "_token", "kind")

    def __init__(self, kind: str, *, plain: str | None = None, token: str | None = None) -> None:
        self.kind = kind
        self._plain = plain
        self._token = token

    @property
    def token(self) -> str:
        """Return the ciphertext to store; it is made once."""
        if self._token is None:
            self._token = encrypt(self._plain or "")
        return self._token

    def reveal(self) -> str:
        """Return the plain text. The caller must have checked the right to see it and logged the reason."""
        if self._plain is None:
            try:
                self._plain = decrypt(self._token or "")
            except InvalidTag as error:
                raise RuntimeError("No key in FIELD_KEYS decrypts a stored value. Add the old key again.") from error
        return self._plain

    def __str__(self) -> str:
        return MASKS[self.kind](self.reveal())

    def __repr__(self) -> str:
        return f"<Sealed {self.kind}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())


def holds_personal_data(model: type[models.Model]) -> bool:
    """Return whether records of the model hold an ID number or a phone."""
    return any(isinstance(field, SealedField) for field in model._meta.concrete_fields)


def phone_digests(phone: Sealed | None) -> str:
    """Return the digests of the numbers in a column of phones (“138…、0355-…”), separated by blanks; "" without any."""
    return "" if phone is None else " ".join(map(digest, phone.reveal().split("、")))


class SealedField(models.TextField):
    """A column of ciphertext whose Python value is a `Sealed` or None. `kind` chooses the mask."""

    empty_strings_allowed = False  # a missing value is None, not ""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Include `kind` in migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind}

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        """Wrap the stored token; it is decrypted when the value is used."""
        return None if value is None else Sealed(self.kind, token=value)

    def to_python(self, value: Any) -> Sealed | None:
        """Accept plain text from forms and factories."""
        if value is None or isinstance(value, Sealed):
            return value
        return Sealed(self.kind, plain=str(value)) if value else None

    def get_prep_value(self, value: Any) -> str | None:
        """Return the ciphertext to store."""
        sealed = self.to_python(value)
        return None if sealed is None else sealed.token

    def value_to_string(self, obj: Any) -> str:
        """Return the ciphertext, for serializers."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
