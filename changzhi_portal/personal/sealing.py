"""Ciphertexts that are bound to where they are stored (ADR 0028).

A token is `2:KEY:CIPHERTEXT`: the version, the short id of the field key, and base64 of a nonce with the output of
AES-256-GCM. The place where it is stored is its associated data, so that it is decrypted nowhere else. Tokens of
version 1 have neither a prefix nor a place; they are read until `rotate_field_keys` has replaced them all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import Final, NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from changzhi_portal.personal.unbound import refuse_unbound

# Where a ciphertext is stored: table, column, and what tells the row, such as `orgs.socialorganization.phone/k3v…`.
Place = NewType("Place", str)

NONCE_BYTES: Final = 12  # as AES-GCM requires (NIST SP 800-38D)
_VERSION: Final = "2:"
_KEY_ID_LENGTH: Final = 8  # hexadecimal digits
_FILE: Final = b"\x89PORTAL2"
_FILE_HEAD: Final = len(_FILE) + _KEY_ID_LENGTH
_NONCES_AT_ONCE: Final = 256


class CannotDecryptError(RuntimeError):
    """A ciphertext that no field key decrypts where it is stored: a key is missing, or it comes from another place."""


class _Keys:
    """The field keys: one AES-256-GCM cipher per key (32 bytes in URL-safe base64), by the key's id, the newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        raw = [base64.urlsafe_b64decode(key.strip()) for key in keys]
        self.by_id = {hashlib.sha256(b"field key " + key).hexdigest()[:_KEY_ID_LENGTH]: AESGCM(key) for key in raw}
        self.newest_id = next(iter(self.by_id))
        self.newest = self.by_id[self.newest_id]
        self.prefix = f"{_VERSION}{self.newest_id}:"


class _Known:
    """The ciphers of the configured keys. A value is encrypted in microseconds, so they are looked up by identity."""

    configured: object = None
    keys: _Keys


def _keys() -> _Keys:
    configured = settings.FIELD_KEYS
    if configured is not _Known.configured:
        _Known.keys, _Known.configured = _Keys(tuple(configured)), configured
    return _Known.keys


class _Nonces:
    """Random nonces, fetched from the system many at a time: one call each would cost as much as the encryption."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        os.register_at_fork(after_in_child=self._waiting.clear)  # a forked process fetches its own

    def next(self) -> bytes:
        """Return a nonce that was never used; a thread takes each one once."""
        try:
            return self._waiting.pop()
        except IndexError:
            drawn = os.urandom(NONCE_BYTES * _NONCES_AT_ONCE)
            first, *others = (drawn[start : start + NONCE_BYTES] for start in range(0, len(drawn), NONCE_BYTES))
            self._waiting += others
            return first


_nonces = _Nonces()


def encrypt(text: str, place: Place) -> str:
    """Return `text` encrypted under the newest key for a place, as a token for a text column or JSON."""
    keys, nonce = _keys(), _nonces.next()
    sealed = nonce + keys.newest.encrypt(nonce, text.encode(), _bound_to(place))
    return keys.prefix + binascii.b2a_base64(sealed, newline=False).decode("ascii")


def decrypt(token: str, place: Place) -> str:
    """Return the text of a token that is stored at a place. Raises CannotDecryptError."""
    try:
        if not token.startswith(_VERSION):
            return _decrypt_unbound(base64.b64decode(token, validate=True)).decode()
        _, key_id, body = token.split(":", 2)
        return _decrypt(key_id, binascii.a2b_base64(body), place).decode()
    except ValueError as error:
        raise CannotDecryptError("A stored value is no ciphertext.") from error


def is_current(token: str) -> bool:
    """Tell whether a token was made under the newest key, and bound to its place."""
    return token.startswith(_keys().prefix)


def newest_key_id() -> str:
    """Return the short id of the key that encrypts; it tells nothing about the key."""
    return _keys().newest_id


def encrypt_bytes(data: bytes, place: Place) -> bytes:
    """Return a file encrypted under the newest key for a place."""
    keys, nonce = _keys(), os.urandom(NONCE_BYTES)
    head = _FILE + keys.newest_id.encode()
    return head + nonce + keys.newest.encrypt(nonce, data, _bound_to(place))


def decrypt_bytes(sealed: bytes, place: Place) -> bytes:
    """Return the content of a file that `encrypt_bytes` has encrypted for a place. Raises CannotDecryptError."""
    key_id = key_id_of_bytes(sealed)
    return _decrypt(key_id, sealed[_FILE_HEAD:], place) if key_id else _decrypt_unbound(sealed)


def key_id_of_bytes(sealed: bytes) -> str:
    """Return the id of the key of an encrypted file, from its first bytes; "" for one that is not bound to a place."""
    return sealed[len(_FILE) : _FILE_HEAD].decode("ascii", "replace") if sealed.startswith(_FILE) else ""


def _bound_to(place: Place) -> bytes:
    return f"{_VERSION}{place}".encode()


def _decrypt(key_id: str, body: bytes, place: Place) -> bytes:
    cipher = _keys().by_id.get(key_id)
    if cipher is None:
        raise CannotDecryptError(
            f"FIELD_KEYS has no key {key_id}, under which a value is stored. Add the old key again."
        )
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound_to(place))
    except InvalidTag as error:
        raise CannotDecryptError("A stored value was altered, or was encrypted for another place.") from error


def _decrypt_unbound(sealed: bytes) -> bytes:
    """Decrypt a value of version 1, which no place and no key id came with. Raises CannotDecryptError."""
    refusal = refuse_unbound()
    if refusal:
        raise CannotDecryptError(refusal)
    for cipher in _keys().by_id.values():
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            continue
    raise CannotDecryptError("No key in FIELD_KEYS decrypts a stored value. Add the old key again.")
