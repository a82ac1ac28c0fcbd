"""The bodies of requests, strictly: JSON in which nothing is given twice, cut off, or of another kind than the field.

Python's own reader takes the later of two values of one name, NaN, and texts that PostgreSQL cannot store; a client would
not know what became of what it sent.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.conf import settings
from rest_framework.parsers import BaseParser

from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.refusals import TooLargeError
from changzhi_portal.registers.columns import BooleanColumn, Column, IntegerColumn, ManyChoicesColumn

MOST_LEVELS: Final = 8  # of objects and lists in one another; a bulk write has four
LONGEST_NUMBER: Final = 30  # characters; no column takes as many digits
MOST_ERRORS: Final = 50  # that one answer lists
# Possessive: otherwise the engine notes a place to come back to at each letter, 566 MB for a text of five megabytes.
_A_TEXT: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+', re.DOTALL)
_NOT_STORED: Final = re.compile("[\0\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """Reads a body of JSON (RFC 8259) in UTF-8. Numbers with a point are Decimals.

    Raises TooLargeError for a body that is too large or too deep, before it is read as JSON, and BadRequestError for all
    that is no JSON, a name given twice, NaN and Infinity, a number too long for any column, and a text with NUL or half
    a character.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return what the body says."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLargeError(
                "请求的内容过大，没有收下；请分几次发送。", cure=f"The body has more than {most} bytes."
            )
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadRequestError("请求的内容不是UTF-8编码。", cure=f"The body is not UTF-8: {error}.") from error
        _refuse_deep(text)
        try:
            found = json.loads(
                text,
                object_pairs_hook=_object_of,
                parse_int=_integer_of,
                parse_float=_decimal_of,
                parse_constant=_refuse_constant,
            )
        except json.JSONDecodeError as error:
            raise BadRequestError(
                f"请求的内容不是正确的JSON：第{error.lineno}行第{error.colno}个字符处有误。",
                cure=f"The body is no JSON: {error}.",
            ) from error
        _refuse_unstorable(found)
        return found


def _refuse_deep(text: str) -> None:
    """Raise TooLargeError for more than MOST_LEVELS objects and lists in one another."""
    depth = 0
    for sign in re.finditer(r"[\[\]{}]", _A_TEXT.sub("", text)):
        depth += 1 if sign[0] in "[{" else -1
        if depth > MOST_LEVELS:
            raise TooLargeError(
                f"请求的内容嵌套超过{MOST_LEVELS}层，没有收下。", cure=f"The body is nested deeper than {MOST_LEVELS}."
            )


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadRequestError(
            f"“{twice[:50]}”给了两次。", cure=f"The name {twice[:50]!r} is given twice in one object.", field=twice[:50]
        )
    return found


def _integer_of(text: str) -> int:
    return int(_short(text))


def _decimal_of(text: str) -> Decimal:
    return Decimal(_short(text))


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise BadRequestError(
            f"请求里有一个数字超过{LONGEST_NUMBER}位。", cure=f"A number has more than {LONGEST_NUMBER} characters."
        )
    return text


def _refuse_constant(text: str) -> Any:
    raise BadRequestError(f"请求里的“{text}”不是数字。", cure=f"{text} is no number in JSON.")


def _refuse_unstorable(value: Any) -> None:
    """Raise BadRequestError for a text that no database of ours can store."""
    if isinstance(value, str):
        if _NOT_STORED.search(value):
            raise BadRequestError(
                "请求里有系统存不下的字符（空字符或半个字符）。", cure="A text holds NUL or a lone surrogate."
            )
    elif isinstance(value, dict):
        for name, each in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(each)
    elif isinstance(value, list):
        for each in value:
            _refuse_unstorable(each)


class Kind(NamedTuple):
    """A kind of values in JSON: whether a value is of it, and what it is called."""

    takes: Callable[[Any], bool]
    label: str
    name: str


def _is_whole(value: Any) -> bool:
    whole = isinstance(value, Decimal) and abs(value) < 10**LONGEST_NUMBER and value == value.to_integral_value()
    return whole or (isinstance(value, int) and not isinstance(value, bool))


LARGEST_VERSION: Final = 2**31 - 1  # of a record


def _is_version(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= LARGEST_VERSION


TRUTH: Final = Kind(lambda value: isinstance(value, bool), "true或false", "true or false")
WHOLE: Final = Kind(_is_whole, "整数", "a whole number")
VERSION: Final = Kind(_is_version, "版本号", f"a whole number from 0 to {LARGEST_VERSION}")
TEXT: Final = Kind(lambda value: isinstance(value, str), "文字", "a string")
TEXTS: Final = Kind(
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "文字的列表",
    "a list of strings",
)
OBJECT: Final = Kind(lambda value: isinstance(value, dict), "对象", "an object")


def kind_of(column: Column) -> Kind:
    """Return the kind of values that the API gives and takes for a column, null apart."""
    if isinstance(column, ManyChoicesColumn):
        return TEXTS
    if isinstance(column, BooleanColumn):
        return TRUTH
    return WHOLE if isinstance(column, IntegerColumn) else TEXT


class BodyErrors:
    """Collects what is wrong with a body, field by field, and refuses it (400).

    No more than MOST_ERRORS are kept: a body of five megabytes has room for half a million names that are no fields.
    """

    def __init__(self) -> None:
        self._found: list[dict[str, str]] = []
        self._cures: list[str] = []

    def add(self, field: str, code: str, message: str, cure: str) -> None:
        """Note one thing that is wrong."""
        if len(self._found) < MOST_ERRORS:
            self._found.append({"field": field[:100], "code": code, "message": message})
            self._cures.append(cure)

    def refuse(self) -> None:
        """Raise BadRequestError if anything was noted."""
        if self._found:
            raise BadRequestError(self._found[0]["message"], cure=self._cures[0]).listing(self._found)

    def refuse_unknown(self, given: Iterable[str], known: Iterable[str], *, at: str = "") -> None:
        """Note the names that are not known."""
        names = list(known)
        for name in heapq.nsmallest(MOST_ERRORS, set(given) - set(names)):
            self.add(
                f"{at}{name}",
                "unknown_field",
                f"没有“{name[:50]}”这一项。",
                f"Unknown field. Known: {', '.join(names)}.",
            )

    def is_of(self, value: Any, kind: Kind, field: str) -> bool:
        """Return whether a value is of a kind, and note it where it is not."""
        if kind.takes(value):
            return True
        self.add(field, "wrong_type", f"“{field[:50]}”应是{kind.label}。", f"{field[:50]} must be {kind.name}.")
        return False
