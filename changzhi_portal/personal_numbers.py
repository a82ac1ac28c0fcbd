"""ID and mobile numbers inside free text: notes, explanations, reasons, names, names of files (docs/domain.md §9.6).

There is one finder. What people type into text is refused when it contains such a number
(`refuse_personal_numbers`, and the column check of `registers.rows`); what is only shown or logged is masked
(`mask_personal_numbers`, `mask_slipped_numbers`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import accumulate, count
from typing import Final, NamedTuple

from django.utils import timezone
from stdnum.cn import uscc

from changzhi_portal.identifiers import (
    InvalidIdentifierError,
    clean_id_number,
    has_usual_area_code,
    is_id_number_of_first_generation,
)
from changzhi_portal.refusals import InvalidError


class Kind(StrEnum):
    """Kinds of personal numbers, as sentences for users call them."""

    ID_NUMBER = "身份证号"
    MOBILE = "手机号"


class PersonalNumber(NamedTuple):
    """A personal number found in a text, which stands at `text[start:end]`.

    An ID number of the first generation (15 digits) has no check character that vouches for it.
    """

    kind: Kind
    start: int
    end: int
    is_first_generation: bool = False


class _Digits(NamedTuple):
    """Digits without anything between them; `start` and `end` are their place in the text."""

    digits: str
    start: int
    end: int


_ID_LENGTH: Final = 18
_CREDIT_CODE_LENGTH: Final = 18
_FIRST_GENERATION_LENGTH: Final = 15
_FIRST_GENERATION_CUTS: Final = frozenset({6, 12})  # where it may be grouped: division, date of birth, serial number
# Eleven or more digits of any script, with at most three characters that are neither letters nor digits between two of
# them, and the X that may end an ID number. A mask has more characters than that between its digits. Possessive, so that the
# engine notes no place to come back to at each digit (567 MB for five megabytes of digits).
_SPAN = re.compile(r"\d(?:[\W_]{0,3}\d){10,}+(?:[\W_]{0,3}[XxＸｘⅩⅹ])?")
# What every text with such a number matches: codes and dates are sorted out before their digits are looked at one by one.
_CANDIDATE = re.compile(
    r"(?<!\d)(?:"
    r"(?:(?:[0０][\W_]{0,3}[0０][\W_]{0,3})?[8８][\W_]{0,3}[6６][\W_]{0,3}|[0０][\W_]{0,3})?"
    r"[1１][\W_]{0,3}[3-9３-９](?:[\W_]{0,3}\d){9}(?!\d)"
    r"|\d(?:[\W_]{0,3}\d){16}[\W_]{0,3}(?:[XxＸｘⅩⅹ]|\d(?!\d))"
    r"|\d{6}[\W_]{0,3}\d{6}[\W_]{0,3}\d{3}(?!\d))"
)
_GROUP = re.compile(r"\d+")
# Without the country code or the 0 of long-distance calls. No mobile number begins with 1404, but a code of a place in
# 长治 that lacks a digit does, and must stay readable.
_MOBILE = re.compile(r"(?P<prefix>0|86|0086)?1(?!404)[3-9]\d{9}")
_MOBILE_LENGTHS: Final = frozenset({11, 12, 13, 15})
# What people put between the digits of a telephone number, but not between two numbers.
_LOOSE = re.compile(
    r"(?:[^\S\r\n]|[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d_~～·•・]|[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff])+"
)
_DASHED = re.compile(r"[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d~～]")
_JOINING = re.compile(r"[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d_]")  # between the parts of a code
# How a mobile number is grouped where other figures stand beside it, or a point or bracket inside: 138 1234 5678.
_USUAL_GROUPS: Final = frozenset({(11,), (3, 4, 4), (3, 8)})
# Two numbers with a dash are a range (15000-200000), unless they are grouped like this.
_DASHED_PAIRS: Final = frozenset({(3, 8), (7, 4)})
# Fifteen digits that their writer calls something else are no ID number: 账号, 案号, 注册号 (of a business: a division and
# eight digits), 编号.
_NAMED_OTHERWISE = re.compile(
    r"(?:[账帐]户?|卡|案|文|单|[票据]|注册|登记证?|执照|许可证|证书|合同|流水|档案|批准|编|代|序列|设备)(?:户|[号码]{1,2})"
    r"[\s为是:：#（(“\"【\[]{0,3}\Z"
)
_LETTERS_BEFORE = re.compile(r"[0-9A-Za-z]*\Z")
_LETTERS_AFTER = re.compile(r"[0-9A-Za-z]*")
_LONGEST_WORD: Final = 40
_LONGEST_NAME: Final = 12  # characters of `_NAMED_OTHERWISE`
_NODE_OF_A_UUID = re.compile(r"-[0-9a-f]{12}\Z")

_DIGIT = re.compile(r"\d")
_FEWEST_CHARACTERS: Final = 11  # of a mobile number
_FEWEST_DIGITS: Final = 7  # of a telephone number; fewer digits identify nobody
_SHOWN_FIRST, _SHOWN_LAST = 3, 2


def personal_numbers(text: str, *, doubtful: bool = False) -> list[PersonalNumber]:
    """Return the ID and mobile numbers in a text, in their order.

    They are found with blanks, hyphens or other marks between the digits, in full-width digits, and with words directly
    beside them; never inside a longer run of digits. An ID number (GB 11643) has a real birth date and the right check
    character; with `doubtful`, eighteen digits in one piece are taken for one all the same, for texts that are only
    shown. One of the first generation has 15 digits and no check character: a province, a real birth date in 19YY, no
    letter or dash beside it, and no other name before it (账号, 编号); eight in a thousand random numbers of 15 digits are
    taken for one. A mobile number has eleven digits from 13… on, after a country code or 0 if any.
    """
    first_digits = _SPAN.search(text)
    if first_digits is None or _CANDIDATE.search(text, first_digits.start()) is None:
        return []
    found: list[PersonalNumber] = []
    for span in _SPAN.finditer(text):
        groups = [_Digits(_plain(group[0]), group.start(), group.end()) for group in _group_matches(text, span)]
        ends_with_x = not span[0][-1].isdecimal()
        first = 0
        while first < len(groups):
            after, number = _number_from(text, groups, first, span.end() if ends_with_x else None, doubtful=doubtful)
            if number is not None and _is_word_of_its_own(text, number, found):
                found.append(number)
                first = after
            else:
                first += 1
    return found


def kinds_in(text: str, *, id_numbers_only: bool = False) -> tuple[Kind, ...]:
    """Return which kinds of personal numbers a text contains, each once.

    `id_numbers_only` is for numbers that somebody gives out (of a project, of a certificate): eleven digits of such a
    number may look like a mobile number, and fifteen (a division, a day, a serial number) like an ID number of the first
    generation. Those of 18 characters alone are looked for.
    """
    if len(text) < _FEWEST_CHARACTERS or _SPAN.search(text) is None:  # most texts of a register
        return ()
    numbers = personal_numbers(text)
    return tuple(
        dict.fromkeys(number.kind for number in numbers if not id_numbers_only or _has_check_character(number))
    )


def refuse_personal_numbers(text: str, *, what: str, field: str = "") -> None:
    """Raise InvalidError if a text contains a personal number; `what` names the text (“退回意见”) in the sentence."""
    kinds = kinds_in(text)
    if kinds:
        raise InvalidError(
            f"{what}里有{'和'.join(kinds)}，会被别人看到，请删去号码后再保存。",
            cure="The text contains an ID or mobile number. Remove it.",
            field=field,
        )


def mask_personal_numbers(text: str, *, doubtful: bool = False, id_numbers_only: bool = False) -> str:
    """Return a text with its personal numbers masked: 138******78; what stands between their digits is kept."""
    numbers = personal_numbers(text, doubtful=doubtful)
    for number in reversed(numbers):
        if not id_numbers_only or _has_check_character(number):
            masked = mask_numbers_in(text[number.start : number.end])
            text = text[: number.start] + masked + text[number.end :]
    return text


def mask_slipped_numbers(text: str) -> str:
    """Return a text that is only shown or logged with its ID and mobile numbers masked, doubtful ones too.

    They are there when the cells of a row have slipped into the wrong columns.
    """
    return mask_personal_numbers(text, doubtful=True)


def mask_numbers_in(text: str) -> str:
    """Return the text of a personal column, each number of seven or more digits cut to its first three and last two.

    Finds numbers in any notation: 138 0355 1234, 140402-19700101-0017, with a letter too many.
    """
    number = len(_DIGIT.findall(text))
    if number < _FEWEST_DIGITS:
        return text
    position = count(1)
    return _DIGIT.sub(
        lambda digit: digit[0] if not _SHOWN_FIRST < next(position) <= number - _SHOWN_LAST else "*", text
    )


def _has_check_character(number: PersonalNumber) -> bool:
    return number.kind is Kind.ID_NUMBER and not number.is_first_generation


def _plain(digits: str) -> str:
    """Return digits of any script as those of ASCII."""
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(digit)) for digit in digits)


def _group_matches(text: str, span: re.Match[str]) -> Iterator[re.Match[str]]:
    return _GROUP.finditer(text, span.start(), span.end())


def _number_from(
    text: str, groups: Sequence[_Digits], first: int, x_ends: int | None, *, doubtful: bool
) -> tuple[int, PersonalNumber | None]:
    """Return the number that begins with a group, and the position of the group after it.

    `x_ends` is where the X behind the last group ends, None without one.
    """
    digits = ""
    shorter: tuple[int, PersonalNumber | None] = (first, None)
    for last in range(first, len(groups)):
        digits += groups[last].digits
        if len(digits) > _ID_LENGTH:
            break
        start, end = groups[first].start, groups[last].end
        if shorter[1] is None and (number := _shorter_number(text, groups, first, last, digits)):
            shorter = last + 1, number
        if len(digits) == _ID_LENGTH - 1 and x_ends is not None and last == len(groups) - 1:
            digits, end = digits + "X", x_ends
        if len(digits) == _ID_LENGTH and (
            _is_id_number(digits, in_pieces=last > first)
            or (doubtful and end - start == _ID_LENGTH and _stands_alone(text, start, end))
        ):
            return last + 1, PersonalNumber(Kind.ID_NUMBER, start, end)
    return shorter


def _shorter_number(text: str, groups: Sequence[_Digits], first: int, last: int, digits: str) -> PersonalNumber | None:
    """Return the mobile number, or the ID number of the first generation, that the groups from `first` to `last` are."""
    start, end = groups[first].start, groups[last].end
    if len(digits) in _MOBILE_LENGTHS and _is_mobile(text, groups, first, last, digits):
        return PersonalNumber(Kind.MOBILE, start, end)
    if len(digits) == _FIRST_GENERATION_LENGTH and _is_of_first_generation(text, groups, first, last, digits):
        return PersonalNumber(Kind.ID_NUMBER, start, end, is_first_generation=True)
    return None


def _is_of_first_generation(text: str, groups: Sequence[_Digits], first: int, last: int, digits: str) -> bool:
    """Tell whether the groups from `first` to `last`, whose digits these are, are one ID number of the first generation."""
    if not is_id_number_of_first_generation(digits):
        return False
    lengths = [len(group.digits) for group in groups[first:last]]
    start, end = groups[first].start, groups[last].end
    if not _FIRST_GENERATION_CUTS.issuperset(accumulate(lengths)) or not _stands_alone(text, start, end):
        return False
    between = [text[groups[index].end : groups[index + 1].start] for index in range(first, last)]
    beside = _between_neighbours(text, groups, first, last)
    if not all(map(_LOOSE.fullmatch, between)) or any(map((_LOOSE if between else _JOINING).fullmatch, beside)):
        return False
    return _NAMED_OTHERWISE.search(text, max(start - _LONGEST_NAME, 0), start) is None


def _between_neighbours(text: str, groups: Sequence[_Digits], first: int, last: int) -> list[str]:
    """Return what stands between a number, which is the groups from `first` to `last`, and the digits beside it."""
    return [text[groups[i].end : groups[i + 1].start] for i in (first - 1, last) if 0 <= i < len(groups) - 1]


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether no letter or digit of ASCII is directly beside a part of a text."""
    return not any(
        letter.isascii() and letter.isalnum() for letter in (text[max(start - 1, 0) : start], text[end : end + 1])
    )


def _is_id_number(digits: str, *, in_pieces: bool) -> bool:
    """Tell whether eighteen characters are an ID number.

    Not a credit code or a date with a time that has a birth date and the check character by chance: of such characters
    the first two are no province.
    """
    try:
        clean_id_number(digits, today=timezone.localdate())
    except InvalidIdentifierError:
        return False
    return has_usual_area_code(digits) or not (in_pieces or uscc.is_valid(digits))


def _is_mobile(text: str, groups: Sequence[_Digits], first: int, last: int, digits: str) -> bool:
    """Tell whether the groups from `first` to `last`, whose digits these are, are one mobile number."""
    matched = _MOBILE.fullmatch(digits)
    if matched is None:
        return False
    lengths = _lengths_without(matched["prefix"] or "", groups[first : last + 1])
    if lengths in _USUAL_GROUPS:
        return True
    between = [text[groups[index].end : groups[index + 1].start] for index in range(first, last)]
    if not all(_LOOSE.fullmatch(each) for each in between):
        return False
    if any(_LOOSE.fullmatch(each) for each in _between_neighbours(text, groups, first, last)):
        return False
    return len(lengths) != 2 or lengths in _DASHED_PAIRS or not _DASHED.search("".join(between))


def _lengths_without(prefix: str, groups: Sequence[_Digits]) -> tuple[int, ...]:
    """Return how many digits each group has, without those of a prefix in front."""
    missing = len(prefix)
    lengths = []
    for group in groups:
        left = len(group.digits) - missing
        missing = max(-left, 0)
        if left > 0:
            lengths.append(left)
    return tuple(lengths)


def _is_word_of_its_own(text: str, number: PersonalNumber, found: Sequence[PersonalNumber]) -> bool:
    """Tell whether a mobile number is not a part of a code: a credit code, a digest, a UUID.

    Letters alone may stand beside it (tel13812345678). An ID number has its check character, which is enough.
    """
    if number.kind is Kind.ID_NUMBER:
        return True
    nearest = found[-1].end if found else 0
    before = _LETTERS_BEFORE.search(text, max(nearest, number.start - _LONGEST_WORD), number.start)
    after = _LETTERS_AFTER.match(text, number.end, number.end + _LONGEST_WORD)
    letters = f"{before[0] if before else ''}{after[0] if after else ''}"
    if not letters:
        return True
    if any(letter.isdigit() for letter in letters):
        return False
    length = len(letters) + number.end - number.start
    ends = after.end() if after else number.end
    return length != _CREDIT_CODE_LENGTH and not _NODE_OF_A_UUID.search(text, max(ends - 13, 0), ends)
