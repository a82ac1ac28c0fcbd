"""Validation of the identifiers that offices write: ID numbers, credit codes, phones (docs/domain.md §8)."""

from __future__ import annotations

import datetime
import re

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as StdnumError

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_NO_LETTER_OF_CODES = re.compile("[IOZSV]")  # GB 32100 leaves them out
_ID_SHAPE = re.compile(r"\d{17}[\dX]")
_MOBILE = re.compile(r"1\d{10}")
_ABROAD = re.compile(r"(\+|00)?86-?(?=1\d{10}$)")
_DASHES = str.maketrans("－—–‐‑−", "------")
_EXTENSION = re.compile(r"\s*(?:转分机号?|分机号?|转|ext\.?)[\s:：]*", re.IGNORECASE)
_APOSTROPHES = str.maketrans("", "", "'’‘`")  # Excel's sign of a text cell, which some programs write into the cell
_LANDLINE = re.compile(r"(0\d{2,3})-?(\d{7,8})(?:-(\d{1,5}))?")
# The provinces of GB/T 2260: the first two digits of an ID number's area code.
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)


_WITHOUT_CARDS_OF_THE_FIRST_GENERATION = frozenset({"71", "81", "82", "83"})
# Division, date of birth without its century, serial number. No county has the code 00, and the second pair of digits is a
# city or prefecture (01 to 70), 90 or, in Hainan, 00 for counties below the province.
_FIRST_GENERATION = re.compile(r"(\d\d)(?:[0-6]\d|70|90)(?!00)\d\d(\d\d)(\d\d)(\d\d)(?!000)\d{3}")


class InvalidIdentifierError(ValueError):
    """An identifier that is invalid; the message is one Chinese sentence that names the error."""


def clean_id_number(text: str, *, today: datetime.date) -> str:
    """Return an 18-character ID number (GB 11643) in upper case.

    Checks the length, the birth date (a real day, not after `today`) and the mod 11-2 check character, but not the area
    code, because counties are dissolved and numbers stay. The 18-digit number is not computed from one of 15 digits: it
    has to be read off the card. Raises InvalidIdentifierError.
    """
    value = text.upper()
    if len(value) == 15 and value.isdecimal():
        raise InvalidIdentifierError("这是15位的旧身份证号，请照现在的居民身份证填18位的号码")
    if len(value) != 18:
        raise InvalidIdentifierError(f"身份证号应为18位，现有{len(value)}位")
    if not _ID_SHAPE.fullmatch(value):
        raise InvalidIdentifierError("身份证号只能是17位数字加一位数字或X")
    try:
        born = datetime.date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError as error:
        raise InvalidIdentifierError("身份证号中的出生日期不存在") from error
    if born > today or born.year < 1850:
        raise InvalidIdentifierError("身份证号中的出生日期不合理")
    total = sum(int(digit) * weight for digit, weight in zip(value[:17], _ID_WEIGHTS, strict=True))
    if _ID_CHECKS[total % 11] != value[17]:
        raise InvalidIdentifierError("身份证号的校验位不对，请核对原件")
    return value


def has_usual_area_code(id_number: str) -> bool:
    """Return whether the number begins with a province of GB/T 2260. If it does not, that is a warning, never an error."""
    return id_number[:2] in _PROVINCES


def is_id_number_of_first_generation(digits: str) -> bool:
    """Return whether fifteen digits may be an ID number of the first generation (issued from 1984 to 1999).

    It has no check digit: a province of GB/T 2260, a possible city and county, a real date of birth in 19YY and a serial
    number are all that can be asked. Eight in a thousand random numbers of 15 digits have them by chance.
    """
    matched = _FIRST_GENERATION.fullmatch(digits)
    if matched is None or matched[1] not in _PROVINCES - _WITHOUT_CARDS_OF_THE_FIRST_GENERATION:
        return False
    try:
        datetime.date(1900 + int(matched[2]), int(matched[3]), int(matched[4]))
    except ValueError:
        return False
    return True


def clean_credit_code(text: str) -> str:
    """Return a unified social credit code (GB 32100) without spaces, in upper case. Raises InvalidIdentifierError."""
    try:
        return str(uscc.validate(text))
    except StdnumError as error:
        value = uscc.compact(text)
        if len(value) != 18:
            raise InvalidIdentifierError(f"统一社会信用代码应为18位，现有{len(value)}位") from error
        if letter := _NO_LETTER_OF_CODES.search(value):
            place = letter.start() + 1
            raise InvalidIdentifierError(
                f"统一社会信用代码里没有字母I、O、Z、S、V，第{place}位的“{letter[0]}”请对照登记证书核对（常把0写成O、1写成I）"
            ) from error
        raise InvalidIdentifierError("统一社会信用代码的校验位不对，请核对登记证书") from error


def clean_phone(text: str) -> str:
    """Return one or more phones, mobiles or landlines with area code, joined by 、. Raises InvalidIdentifierError.

    0355-1234567转801 is stored as 0355-1234567-801.
    """
    if text.isascii() and _MOBILE.fullmatch(text):  # as most are written
        return text
    phones: list[str] = []
    text = _EXTENSION.sub("-", text.translate(_DASHES).translate(_APOSTROPHES).strip())
    for part in filter(None, re.split(r"[、，,;；/]+", text)):
        whole = _one_phone("".join(part.split()))  # 138 1234 5678
        phones_in_part = [whole] if whole else [_one_phone(word) for word in part.split()]
        if not all(phones_in_part):
            raise InvalidIdentifierError("电话应为11位手机号，或带区号的固定电话（如0355-1234567），多个用顿号分开")
        phones += phones_in_part
    return "、".join(phones)


def _one_phone(text: str) -> str:
    """Return a phone as it is stored, or "" if the text is not a phone."""
    compact = text.translate({ord("("): None, ord("（"): None, ord(")"): "-", ord("）"): "-"}).strip("-")
    mobile = _ABROAD.sub("", compact.replace("-", ""))
    if _MOBILE.fullmatch(mobile):
        return mobile
    landline = _LANDLINE.fullmatch(compact.replace("--", "-"))
    return "-".join(group for group in landline.groups() if group) if landline else ""
