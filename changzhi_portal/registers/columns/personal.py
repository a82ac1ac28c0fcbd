"""Columns of personal data (个人信息保护法; docs/domain.md §9)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from changzhi_portal import identifiers
from changzhi_portal.names import comparable
from changzhi_portal.personal import Place, Sealed, stored_value
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.columns.base import ONE, Column
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

_WHOLE_IN_EXCEL = 15  # digits of a number that Excel keeps, and of an ID number of the first generation


class PersonalColumn(Column):
    """Personal data: sealed as soon as it is read; a masked value (with *) and the word 不改 mean "no change"."""

    is_personal = True
    kind = ""

    def is_blank(self, raw: Any) -> bool:
        """Tell whether it is blank, a mask that came back with an export, or 不改."""
        return cleaning.is_blank(raw) or self.means_no_change(raw)

    @staticmethod
    def means_no_change(raw: Any) -> bool:
        """Tell whether it is a value as pages and exports show it, or 不改: what is registered stays."""
        return isinstance(raw, str) and ("*" in raw or raw.strip() == cleaning.KEEP_WORD)

    def to_json(self, value: Any, row: Place) -> Any:
        """Return the ciphertext, bound to the row and the column."""
        return value.token_at(self.place_in(row))

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the sealed value behind the ciphertext; only the mask of one that was wiped."""
        return stored_value(self.kind, value, self.place_in(row))

    def place_in(self, row: Place) -> Place:
        """Return where the value of a row is stored."""
        return Place(f"{row}/values/{self.field}")


class IdNumberColumn(PersonalColumn):
    """An ID number (GB 11643). A number cell has lost digits and is refused, never repaired."""

    kind = "id_number"
    _SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)

    def __init__(self, *arguments: Any, today: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._today = today

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Sealed | Doubtful:
        """Return the sealed number, with a warning `area_code_unusual` where its first digits are no usual area's.

        Raises `damaged_id_number` and `bad_id_number`.
        """
        text = re.sub(r"[\s'’]", "", comparable(cleaning.as_text(raw)))
        is_number = not isinstance(raw, str) and len(text) != _WHOLE_IN_EXCEL  # which has lost nothing: it is too short
        if is_number or self._SCIENTIFIC.fullmatch(text):
            raise CellRefusedError(
                "damaged_id_number", "身份证号被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后照原件重填"
            )
        try:
            number = identifiers.clean_id_number(text, today=self._today())
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_id_number", str(error)) from error
        sealed = Sealed(self.kind, plain=number)
        if not identifiers.has_usual_area_code(number):
            return Doubtful(sealed, "area_code_unusual", "身份证号前六位不是常见的地区代码，请核对原件")
        return sealed


class PhoneColumn(PersonalColumn):
    """One or more phones."""

    kind = "phone"

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Sealed:
        """Return the sealed phones. Raises `bad_phone`."""
        try:
            return Sealed(self.kind, plain=identifiers.clean_phone(cleaning.as_text(raw)))
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_phone", str(error)) from error
