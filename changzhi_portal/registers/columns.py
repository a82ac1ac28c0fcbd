"""The kinds of columns a sheet may have. One declaration serves template, upload and export (docs/architecture.md, decision 8)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from django.db import models

from changzhi_portal import identifiers
from changzhi_portal.names import comparable, tidy
from changzhi_portal.personal import Sealed, mask_numbers_in, mask_slipped_numbers
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.problems import CellRefusedError, Doubtful


class _Clear:
    """What the word 清空 stands for: empty this optional value. A single object, `CLEAR`."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR: Final = _Clear()
ONE = Decimal(1)
LONGEST_SHOWN: Final = 100  # characters of a cell in a problem


class Column:
    """One column: how offices call it, which field it fills, how a cell is read.

    `field` is the name in a row's values, mostly the model's field. `required` holds for a new row; a blank cell of
    an existing row means "no change". `is_key` columns find the record.
    """

    is_personal = False  # values are masked wherever they are shown
    counts_yuan = False  # a header or unit line that says 万元 multiplies it
    empty: Any = None  # what 清空 leaves in the field

    def __init__(
        self, field: str, header: str, *spellings: str, required: bool = False, is_key: bool = False, note: str = ""
    ) -> None:
        self.field = field
        self.header = header
        self.spellings = spellings
        self.required = required
        self.is_key = is_key
        self.note = note

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.field}>"

    def is_blank(self, raw: Any) -> bool:
        """Whether the cell says nothing."""
        return cleaning.is_blank(raw)

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Any:
        """The value of a cell that is not blank. Raises CellRefusedError; returns a Doubtful for a value with a warning."""
        raise NotImplementedError

    def shown(self, raw: Any) -> str:
        """The cell as it may be shown in a problem."""
        text = cleaning.as_text(raw)
        if self.is_personal:
            return mask_numbers_in(text[:LONGEST_SHOWN])
        # Masked before it is cut, so that no half of a number stays readable at the end.
        return mask_slipped_numbers(text[: 2 * LONGEST_SHOWN])[:LONGEST_SHOWN]

    def to_json(self, value: Any) -> Any:
        """The value as it is staged in `UploadRow.values`."""
        return value

    def from_json(self, value: Any) -> Any:
        """The value back from staging."""
        return value

    def written(self, value: Any) -> str:
        """The value as people read it, in the preview and in exports."""
        return "" if value is None else str(value)


class TextColumn(Column):
    """Free text or a name, tidied, of at most `max_length` characters."""

    empty = ""

    def __init__(self, field: str, header: str, *spellings: str, max_length: int, **options: Any) -> None:
        super().__init__(field, header, *spellings, **options)
        self.max_length = max_length

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """The tidy text; `damaged_id_number` for a long number that Excel has cut."""
        if cleaning.has_lost_digits(raw):
            raise CellRefusedError(
                "damaged_id_number", "号码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后重填"
            )
        return cleaning.clean_name(raw, max_length=self.max_length)


class ListColumn(TextColumn):
    """Names or codes in one cell, kept separated by 、 however the office separates them."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """The items."""
        return super().clean("、".join(filter(None, cleaning.items_of(raw))))


class PlaceCodeColumn(Column):
    """A 12-digit community code; numbers and text, a leading apostrophe and spaces are all read."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """The digits. A code of another length is nobody's: the place look-up says `unknown_place`."""
        return re.sub(r"[\s'’]", "", comparable(cleaning.as_text(raw)))


class IntegerColumn(Column):
    """A count."""

    def __init__(self, field: str, header: str, *spellings: str, maximum: int = 100_000_000, **options: Any) -> None:
        super().__init__(field, header, *spellings, **options)
        self.maximum = maximum

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> int | Doubtful:
        """The count."""
        return cleaning.clean_integer(raw, maximum=self.maximum)


class DecimalColumn(Column):
    """An area in m² or, with `counts_yuan`, money in yuan; two decimals."""

    places = 2

    def __init__(
        self, field: str, header: str, *spellings: str, maximum: Decimal, counts_yuan: bool = False, **options: Any
    ) -> None:
        super().__init__(field, header, *spellings, **options)
        self.maximum = maximum
        self.counts_yuan = counts_yuan

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Decimal | Doubtful:
        """The number, times the multiplier of its column."""
        return cleaning.clean_decimal(raw, places=self.places, maximum=self.maximum, multiplier=multiplier)

    def to_json(self, value: Any) -> Any:
        """As text, so that nothing is lost."""
        return str(value)

    def from_json(self, value: Any) -> Any:
        """Back from text."""
        return Decimal(value)


class DateColumn(Column):
    """A day. `may_be_future` for planned dates; otherwise a day after today is `future_date`."""

    def __init__(self, field: str, header: str, *spellings: str, may_be_future: bool = False, **options: Any) -> None:
        super().__init__(field, header, *spellings, **options)
        self.may_be_future = may_be_future

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> datetime.date | Doubtful:
        """The day."""
        return cleaning.clean_date(raw)

    def to_json(self, value: Any) -> Any:
        """ISO text."""
        return value.isoformat()

    def from_json(self, value: Any) -> Any:
        """Back from ISO text."""
        return datetime.date.fromisoformat(value)


class BooleanColumn(Column):
    """Yes or no; 无 says no here."""

    def is_blank(self, raw: Any) -> bool:
        """Blank, but for 无 which means 否, and the signs × and - that some offices use."""
        return cleaning.is_blank(raw) and tidy(raw) != "无"

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> bool:
        """True or False."""
        return cleaning.clean_boolean(raw)

    def written(self, value: Any) -> str:
        """是 or 否."""
        return "" if value is None else ("是" if value else "否")


class ChoiceColumn(Column):
    """One of a closed list, written as its label.

    `blank_choices` are further words for "none of them" (枢纽型: 否); `short_forms` words that are understood as well.
    """

    empty: Any = ""

    def __init__(
        self,
        field: str,
        header: str,
        *spellings: str,
        choices: type[models.TextChoices],
        blank_choices: tuple[str, ...] = (),
        short_forms: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        super().__init__(field, header, *spellings, **options)
        self.choices = choices
        self._values = {comparable(str(choice.label)): choice.value for choice in choices} | dict(short_forms)
        self._values |= dict.fromkeys(blank_choices, "")
        self.labels = tuple(str(choice.label) for choice in choices) + blank_choices

    def is_blank(self, raw: Any) -> bool:
        """Blank, unless the word is itself a choice (无 in 职业水平)."""
        return cleaning.is_blank(raw) and comparable(str(raw)) not in self._values

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """The choice's value."""
        try:
            return self._values[comparable(cleaning.as_text(raw))]
        except KeyError:
            raise CellRefusedError("bad_choice", f"只能填：{'、'.join(self.labels)}") from None

    def written(self, value: Any) -> str:
        """The label."""
        return str(self.choices(value).label) if value else ""


class ManyChoicesColumn(ChoiceColumn):
    """Any of a closed list, separated by 、."""

    empty: Any = []

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Any:
        """The chosen values in the list's own order."""
        words = [word for word in cleaning.items_of(raw) if word]
        unknown = [word for word in words if comparable(word) not in self._values]
        if unknown:
            raise CellRefusedError(
                "bad_choice", f"不认识“{'、'.join(unknown)}”，只能填：{'、'.join(self.labels)}，用顿号分开"
            )
        chosen = {self._values[comparable(word)] for word in words}
        return [choice.value for choice in self.choices if choice.value in chosen]

    def written(self, value: Any) -> str:
        """The labels, separated by 、."""
        return "、".join(str(self.choices(item).label) for item in value or ())


class CreditCodeColumn(Column):
    """A unified social credit code (GB 32100)."""

    empty = ""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """The compact code."""
        if cleaning.has_lost_digits(raw):
            raise CellRefusedError(
                "bad_credit_code", "代码被Excel当成数字，末几位已丢失；请把这一列设为“文本”格式后照证书重填"
            )
        text = re.sub(r"[\s'’]", "", cleaning.as_text(raw))
        try:
            return identifiers.clean_credit_code(text)
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_credit_code", str(error)) from error


class PersonalColumn(Column):
    """Personal data: sealed as soon as it is read; a masked value (with *) means "no change"."""

    is_personal = True
    kind = ""

    def is_blank(self, raw: Any) -> bool:
        """Blank, or a mask that came back with an export."""
        return cleaning.is_blank(raw) or (isinstance(raw, str) and "*" in raw)

    def to_json(self, value: Any) -> Any:
        """Ciphertext."""
        return value.token

    def from_json(self, value: Any) -> Any:
        """The sealed value behind the ciphertext."""
        return Sealed(self.kind, token=value)


class IdNumberColumn(PersonalColumn):
    """An ID number (GB 11643). A number cell has lost digits and is refused, never repaired."""

    kind = "id_number"
    _SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)

    def __init__(self, *arguments: Any, today: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._today = today

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Sealed | Doubtful:
        """The sealed number; `damaged_id_number`, `bad_id_number`, or a warning `area_code_unusual`."""
        text = re.sub(r"[\s'’]", "", comparable(cleaning.as_text(raw)))
        if not isinstance(raw, str) or self._SCIENTIFIC.fullmatch(text):
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
        """The sealed phones (`bad_phone`)."""
        try:
            return Sealed(self.kind, plain=identifiers.clean_phone(cleaning.as_text(raw)))
        except identifiers.InvalidIdentifierError as error:
            raise CellRefusedError("bad_phone", str(error)) from error
