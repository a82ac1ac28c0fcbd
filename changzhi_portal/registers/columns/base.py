"""What every kind of column shares: how offices call it, which model field it writes, how a value is read and shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from django.db import models

from changzhi_portal.personal import Place
from changzhi_portal.personal_numbers import mask_numbers_in, mask_slipped_numbers
from changzhi_portal.registers import cleaning


class _Clear:
    """What the word 清空 stands for: empty this optional value. A single object, `CLEAR`."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR: Final = _Clear()
ONE: Final = Decimal(1)
LONGEST_SHOWN: Final = 100  # characters of a cell in a problem


class Column:
    """One column of a register.

    `model` and `attribute` name the model field that the column writes. A column whose values only find a record or a
    place (记录编号, 社区名称) has no model, and `attribute` is merely its name. Where one model holds several columns in
    rows of their own (a community's bodies), `where` gives the values by which the row of this column is known, and
    `field` another name than the attribute's.

    `field` is the name in a row's values. `required` holds for a new record; a blank cell of an existing record means
    "no change". `is_key` columns find the record.

    Raises FieldDoesNotExist when the model has no such field.
    """

    is_personal = False  # values are masked wherever they are shown
    # A number that somebody gives out (a project's, a certificate's) may look like a mobile number.
    holds_issued_numbers = False
    is_figure = False  # a number that is counted, summed or compared
    counts_yuan = False  # a header or unit line that says 万元 multiplies it

    def __init__(
        self,
        model: type[models.Model] | None,
        attribute: str,
        header: str,
        *spellings: str,
        field: str = "",
        where: Mapping[str, Any] = MappingProxyType({}),
        required: bool = False,
        is_key: bool = False,
        note: str = "",
    ) -> None:
        self.model = model
        self.attribute = attribute
        self.model_field: Any = None if model is None else model._meta.get_field(attribute)
        self.field = field or attribute
        self.where = where
        self.header = header
        self.spellings = spellings
        self.required = required
        self.is_key = is_key
        self.note = note

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.field}>"

    @property
    def is_link(self) -> bool:
        """Whether the column writes a many-to-many relation, whose keys the register looks up itself."""
        return self.model_field is not None and self.model_field.many_to_many

    def empty(self) -> Any:
        """Return what 清空 leaves in the model field: None where that may be null, else the field's default."""
        return None if self.model_field is None or self.model_field.null else self.model_field.get_default()

    def is_blank(self, raw: Any) -> bool:
        """Tell whether the cell says nothing."""
        return cleaning.is_blank(raw)

    def is_blank_input(self, given: Any) -> bool:
        """Return whether what a form or the API gives says nothing."""
        return self.is_blank(given)

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Any:
        """Return the value of a cell that is not blank, or a Doubtful for a value with a warning.

        `multiplier` is that of the file's column (万元 → 元). Raises CellRefusedError.
        """
        raise NotImplementedError

    def from_input(self, given: Any) -> Any:
        """Return the value of what a form sends as text or the API as a Python value, as `clean` does of a cell.

        It must not be blank. Raises CellRefusedError.
        """
        return self.clean(given)

    def shown(self, raw: Any) -> str:
        """Return the cell as it may be shown in a problem."""
        text = cleaning.as_text(raw)
        if self.is_personal:
            return mask_numbers_in(text[:LONGEST_SHOWN])
        # Masked before it is cut, so that no half of a number stays readable at the end.
        return mask_slipped_numbers(text[: 2 * LONGEST_SHOWN])[:LONGEST_SHOWN]

    def to_json(self, value: Any, row: Place) -> Any:
        """Return the value as it is staged in `UploadRow.values`; `row` is where the values of the row are stored."""
        return value

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the value that was staged."""
        return value

    def written(self, value: Any) -> str:
        """Return the value as people read it, in the preview and in exports."""
        return "" if value is None else str(value)
