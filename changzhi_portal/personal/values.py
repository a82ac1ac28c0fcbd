"""Values of personal data: masks, keyed digests, and `Sealed`."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from django.conf import settings

from changzhi_portal.personal.sealing import Place, decrypt, encrypt, is_current
from changzhi_portal.personal_numbers import mask_numbers_in


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


MASKS: dict[str, Callable[[str], str]] = {"id_number": mask_id_number, "phone": mask_phone, "secret": mask_secret}
_WIPED: Final = "wiped:"  # in front of the mask, in place of a ciphertext whose time is over


def digest(text: str) -> str:
    """Return a keyed digest (HMAC-SHA256, 64 hex digits): equal for equal texts, and useless without the key."""
    return hmac.digest(settings.DIGEST_KEY.encode(), text.encode(), "sha256").hex()


class Sealed:
    """A personal value. `str()` returns the mask; `reveal()` the plain text; equality compares the plain texts.

    It is made of plain text, or of a stored token with the place where that stands. Rows of `values()` give it without
    the place, which `stands_at` tells it before it is used.
    """

    __slots__ = ("_place", "_plain", "_token", "kind")

    def __init__(
        self, kind: str, *, plain: str | None = None, token: str | None = None, place: Place | None = None
    ) -> None:
        self.kind = kind
        self._plain = plain
        self._token = token
        self._place = place

    @property
    def lacks_place(self) -> bool:
        """Return whether it was read without being told where it stands."""
        return self._place is None and self._token is not None

    def stands_at(self, place: Place) -> Sealed:
        """Tell a value that was read from the database where it stands; return it."""
        if self.lacks_place:
            self._place = place
        return self

    def token_at(self, place: Place) -> str:
        """Return the token to store at a place: the one that stands there under the newest key, or else a new one."""
        if self._token is not None and self._place == place and is_current(self._token):
            return self._token
        return encrypt(self.reveal(), place)

    def at(self, place: Place) -> Sealed:
        """Return the value encrypted for a place."""
        token = self.token_at(place)
        return self if token is self._token else Sealed(self.kind, plain=self._plain, token=token, place=place)

    @property
    def stored(self) -> str:
        """Return the token. Raises ValueError for a value that was not encrypted for a place."""
        if self._token is None or self._place is None:
            raise ValueError("A personal value is stored by saving its record, which it is encrypted for.")
        return self._token

    @property
    def token(self) -> str | None:
        """Return the token as it was read, for the rotation of keys; None for a new value."""
        return self._token

    def reveal(self) -> str:
        """Return the plain text. The caller must have checked the right to see it and logged the reason.

        Raises CannotDecryptError when no key decrypts it at its place, ValueError when it was told none.
        """
        if self._plain is None:
            if self._token is None or self._place is None:
                raise ValueError("A personal value was read without telling it where it stands (Sealed.stands_at).")
            self._plain = decrypt(self._token, self._place)
        return self._plain

    def __str__(self) -> str:
        return MASKS[self.kind](self.reveal())

    def __repr__(self) -> str:
        return f"<Sealed {self.kind}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())


class Wiped:
    """A personal value whose time is over (docs/privacy.md): only its mask is left, which `str()` returns with a word."""

    __slots__ = ("mask",)

    def __init__(self, mask: str) -> None:
        self.mask = mask

    def __str__(self) -> str:
        return f"{self.mask}（已清除）"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wiped) and self.mask == other.mask

    def __hash__(self) -> int:
        return hash(self.mask)


def mask_of(value: Sealed | Wiped) -> str:
    """Return the mask of a value, the same before and after it was wiped."""
    return value.mask if isinstance(value, Wiped) else str(value)


def wiped(value: Sealed | Wiped) -> str:
    """Return what is stored in place of a value whose time is over: `wiped:` and its mask."""
    return f"{_WIPED}{mask_of(value)}"


def wiped_text(plain: str) -> str:
    """Return what is stored in place of a text of a personal column as somebody wrote it: `wiped:` and the text masked."""
    return f"{_WIPED}{mask_numbers_in(plain)}"


def mask_left(stored: str) -> str:
    """Return the mask that is left of a wiped value."""
    return stored.removeprefix(_WIPED)


def is_wiped(stored: str) -> bool:
    """Tell whether what is stored is the mask of a value that was wiped."""
    return stored.startswith(_WIPED)


def stored_value(kind: str, stored: str, place: Place) -> Sealed | Wiped:
    """Return the value behind what JSON stores at a place: a token, or the mask of a value that was wiped."""
    return Wiped(mask_left(stored)) if is_wiped(stored) else Sealed(kind, token=stored, place=place)


def phone_digests(phone: Sealed | None) -> str:
    """Return the digests of the numbers in a column of phones (“138…、0355-…”), separated by blanks; "" without any."""
    return "" if phone is None else " ".join(map(digest, phone.reveal().split("、")))
