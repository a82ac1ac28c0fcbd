"""Columns of text: names, lists of names, codes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db import models

from changzhi_portal import identifiers
from changzhi_portal.names import comparable, fold
from changzhi_portal.personal import Place
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.columns.base import ONE, Column
from changzhi_portal.registers.lost_characters import lost_character_message, lost_in_free_text, lost_in_name
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

_LONGEST_NAME = 300  # columns that take more hold free text
_CODE_LENGTH = 12
_DAMAGED = "Excel把这一格变成了{kind}（显示为{shown}），原来填的内容已丢失；请把这一列设为文本格式后重新填写"
_CODE_IN_GROUPS = re.compile(r"\d{2,6}(?:[-.·][0-9]{3,6}){1,3}[.。]?|\d{12}[.。]")  # 140423-100-206
_POINT_ZERO = re.compile(r"(?<=\d{12})\.0+(?!\d)")  # pandas writes a column of codes with blanks as 140423100206.0


def _damaged_message(shown: str) -> str:
    """Return the sentence of `damaged_text`; `shown` is what Excel shows of the cell."""
    return _DAMAGED.format(kind="逻辑值" if shown in {"TRUE", "FALSE"} else "日期或时间", shown=shown)


class TextColumn(Column):
    """Free text or a name, tidied, of at most `max_length` characters: by default as many as the model field holds.

    `holds_issued_numbers` is true for the number of a project or a certificate, eleven digits of which may look like a
    mobile number. In all other text mobile numbers are refused (`registers.rows`), and ID numbers in any.
    """

    def __init__(
        self,
        model: type[models.Model] | None,
        attribute: str,
        header: str,
        *spellings: str,
        max_length: int | None = None,
        holds_issued_numbers: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(model, attribute, header, *spellings, **options)
        length = max_length or getattr(self.model_field, "max_length", None)
        if length is None:
            raise TypeError(f"Column {self.field} needs a max_length: it has no model field that says it.")
        self.max_length: int = length
        self.holds_issued_numbers = holds_issued_numbers
        self._is_free_text = length > _LONGEST_NAME and not self.is_identifying
        self._lost_in = lost_in_free_text if self._is_free_text else lost_in_name

    @property
    def is_identifying(self) -> bool:
        """Return whether a wrong text would make or find a wrong record: a name, a number, a place."""
        return self.required or self.is_key or self.model is None

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str | Doubtful:
        """Return the tidy text, with the warning `damaged_text` or `lost_character` where it is probably not as written.

        Raises `too_long`, `damaged_id_number` for a long number that Excel has cut, and `damaged_text` for a key or name
        of which Excel has made a date or TRUE.
        """
        text = cleaning.clean_name(raw, max_length=self.max_length)
        # Only such texts can come from Excel's own conversions; most names need no further test.
        if raw.__class__ is not str or text.isascii() or text.endswith("日"):
            if cleaning.has_lost_digits(raw):
                raise CellRefusedError(
                    "damaged_id_number", "号码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后重填"
                )
            if doubt := self._as_altered_by_excel(raw, text):
                return doubt
        if sign := self._lost_in(text):
            return Doubtful(text, "lost_character", lost_character_message(sign))
        return text

    def _as_altered_by_excel(self, raw: Any, text: str) -> Doubtful | None:
        shown = cleaning.altered_by_excel(raw)
        if shown and self.is_identifying:
            raise CellRefusedError("damaged_text", _damaged_message(shown))
        if shown and not (isinstance(raw, str) and self._is_free_text):  # a remark may be a time, or "true"
            return Doubtful(shown if isinstance(raw, bool) else text, "damaged_text", _damaged_message(shown))
        if self.is_identifying and cleaning.looks_like_date_of_excel(text):
            return Doubtful(
                text, "damaged_text", f"“{text}”像是被Excel变成了日期；请核对，不对的请设为文本格式后重新填写"
            )
        return None

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the text that was staged, folded: it may have been before texts were folded on reading."""
        return fold(value)

    def shown(self, raw: Any) -> str:
        """Return the cell as it may be shown in a problem; one that Excel has altered as Excel shows it."""
        return cleaning.altered_by_excel(raw) or super().shown(raw)


class ListColumn(TextColumn):
    """Names or codes of places in one cell, kept separated by 、 however the office separates them."""

    @property
    def is_identifying(self) -> bool:
        """Return True: the items find places."""
        return True

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str | Doubtful:
        """Return the items."""
        if not isinstance(raw, str) or cleaning.altered_by_excel(raw):
            return super().clean(raw)
        return super().clean(_POINT_ZERO.sub("", "、".join(filter(None, cleaning.items_of(raw)))))

    def from_input(self, given: Any) -> str | Doubtful:
        """Return the items; they may be given as a list too."""
        return self.clean("、".join(map(str, given)) if isinstance(given, list | tuple) else given)


class PlaceCodeColumn(Column):
    """A 12-digit community code; numbers and text, a leading apostrophe, spaces, and signs between groups are all read."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the digits. A code of another length is nobody's: the place look-up says `unknown_place`.

        Raises `damaged_id_number` for a code that Excel has shortened, `damaged_text` for a date or TRUE.
        """
        text = re.sub(r"[\s'’]", "", comparable(cleaning.as_text(raw)))
        if text.isdecimal():
            return text
        digits = re.sub(r"[-.·。]", "", text)
        if len(digits) == _CODE_LENGTH and _CODE_IN_GROUPS.fullmatch(text):
            return digits
        if shortened := cleaning.shortened_by_excel(raw):
            raise CellRefusedError(
                "damaged_id_number",
                f"社区代码被Excel缩短成{shortened}，末几位已丢失；请把这一列设为“文本”格式后重填12位代码",
            )
        if shown := cleaning.altered_by_excel(raw):
            raise CellRefusedError("damaged_text", _damaged_message(shown))
        return _POINT_ZERO.sub("", text)


class CreditCodeColumn(Column):
    """A unified social credit code (GB 32100)."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the compact code. Raises `bad_credit_code`, and `damaged_text` for a date or TRUE."""
        if cleaning.has_lost_digits(raw):
            raise CellRefusedError(
                "bad_credit_code", "代码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后照证书重填"
            )
        if shown := cleaning.altered_by_excel(raw):
            raise CellRefusedError("damaged_text", _damaged_message(shown))
        text = re.sub(r"[\s'’]", "", cleaning.as_text(raw))
        try:
            return identifiers.clean_credit_code(text)
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_credit_code", str(error)) from error
