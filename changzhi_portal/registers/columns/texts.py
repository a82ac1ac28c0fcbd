"""Columns of text: names, lists of names, codes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db import models

from changzhi_portal import identifiers
from changzhi_portal.names import comparable
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.columns.base import ONE, Column
from changzhi_portal.registers.problems import CellRefusedError


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

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the tidy text. Raises `damaged_id_number` for a long number that Excel has cut, and `too_long`."""
        if cleaning.has_lost_digits(raw):
            raise CellRefusedError(
                "damaged_id_number", "号码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后重填"
            )
        return cleaning.clean_name(raw, max_length=self.max_length)


class ListColumn(TextColumn):
    """Names or codes in one cell, kept separated by 、 however the office separates them."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the items."""
        return super().clean("、".join(filter(None, cleaning.items_of(raw))))

    def from_input(self, given: Any) -> str:
        """Return the items; they may be given as a list too."""
        return self.clean("、".join(map(str, given)) if isinstance(given, list | tuple) else given)


class PlaceCodeColumn(Column):
    """A 12-digit community code; numbers and text, a leading apostrophe and spaces are all read."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the digits. A code of another length is nobody's: the place look-up says `unknown_place`."""
        return re.sub(r"[\s'’]", "", comparable(cleaning.as_text(raw)))


class CreditCodeColumn(Column):
    """A unified social credit code (GB 32100)."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the compact code. Raises `bad_credit_code`."""
        if cleaning.has_lost_digits(raw):
            raise CellRefusedError(
                "bad_credit_code", "代码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后照证书重填"
            )
        text = re.sub(r"[\s'’]", "", cleaning.as_text(raw))
        try:
            return identifiers.clean_credit_code(text)
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_credit_code", str(error)) from error
