"""The rows that a register checks: of a spreadsheet, a form or the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models

from changzhi_portal.bulk import blank_row
from changzhi_portal.personal_numbers import kinds_in
from changzhi_portal.registers.cleaning import is_clear_word
from changzhi_portal.registers.columns import CLEAR, ONE, Column
from changzhi_portal.registers.problems import WARNING_CODES, CellRefusedError, Doubtful, Level, Problem, cell_address
from changzhi_portal.registers.writes import Write

# No column takes as much. A quotation mark that is never closed makes one cell of the rest of a .csv, and looking for
# numbers in that would take hours.
LONGEST_VALUE = 5_000


@dataclass(slots=True)
class Reading:
    """What one distinct content means in one column: a value, nothing, or a problem with or without a value."""

    value: Any = None
    is_blank: bool = False
    code: str = ""
    message: str = ""
    is_error: bool = False


def read_cell(column: Column, raw: Any, multiplier: Decimal = ONE) -> Reading:
    """Return what a cell of a spreadsheet means in a column; `multiplier` is that of the file's column (万元 → 元)."""
    if isinstance(raw, str) and len(raw) > LONGEST_VALUE:
        return Reading(
            is_error=True, code="too_long", message=f"这一格有{len(raw)}个字，可能是前面少了半个引号，请核对"
        )
    if raw == "" or column.is_blank(raw):
        return Reading(is_blank=True)
    if is_clear_word(raw):
        return Reading(value=CLEAR)
    return _reading_of(column, column.clean, raw, multiplier)


def read_input(column: Column, given: Any) -> Reading:
    """Return what a form's text or the API's value means in a column. A blank one is blank, whatever that may mean."""
    # What is not known in a list is said again, masked, which takes a minute for megabytes.
    words = given if isinstance(given, list | tuple) else [given] if isinstance(given, str) else []
    length = sum(len(str(word)) for word in words)
    if max(length, len(words)) > LONGEST_VALUE:
        return Reading(is_error=True, code="too_long", message=f"内容过长，有{length}个字")
    if given is None or given == "" or given == [] or column.is_blank_input(given):
        return Reading(is_blank=True)
    if is_clear_word(given):
        return Reading(value=CLEAR)
    return _reading_of(column, column.from_input, given)


def _reading_of(column: Column, clean: Any, *arguments: Any) -> Reading:
    try:
        value = clean(*arguments)
    except CellRefusedError as refused:
        return Reading(is_error=True, code=refused.code, message=str(refused))
    plain = value.value if isinstance(value, Doubtful) else value
    # Text that is stored as it is written: a column of personal data gives a Sealed.
    if isinstance(plain, str) and (kinds := kinds_in(plain, id_numbers_only=column.holds_issued_numbers)):
        return Reading(is_error=True, code="personal_text", message=_about_personal_text(kinds))
    if isinstance(value, Doubtful):
        return Reading(value=value.value, code=value.code, message=value.message)
    return Reading(value=value)


def _about_personal_text(kinds: Sequence[str]) -> str:
    return f"里面有{'和'.join(kinds)}，个人号码只能填在“身份证号”“联系电话”列，请从这里删去"


@dataclass(slots=True)
class RegisterRow:
    """One row on its way to the register.

    `values` holds the cleaned values by field; a blank one is absent and `CLEAR` stands for 清空. A row of a spreadsheet
    has a `number`, and `columns` gives the place of each mapped field in the file (0 = column A); `raw` holds the cells
    as written, by column, while the file is being read. A row of a form or of the API has none of these: its problems
    are attached to fields alone.
    """

    values: dict[str, Any]
    sheet: str | None = None
    number: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    raw: Sequence[Any] | None = None
    problems: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # fields whose value could not be read
    label: str = ""
    position: int | None = None  # among the staged rows
    place: Any = None  # what the place columns lead to; set by registers that have them
    target: models.Model | None = None  # the existing record
    is_new: bool = False  # counts as new for the uploader
    corrects: bool = False  # its dates correct the newest dated fact (a posting's first day) instead of adding another
    writes: list[Write] = field(default_factory=list)
    also: tuple[str, ...] = ()  # sentences: what the row does besides what its columns say
    also_because: tuple[str, ...] = ()  # for each of them the field that causes it, "" for none

    @property
    def has_error(self) -> bool:
        """Whether the row must stay out."""
        return bool(self.problems) and any(problem.level == Level.ERROR for problem in self.problems)

    @property
    def has_warning(self) -> bool:
        """Whether the row should be looked at."""
        return bool(self.problems) and any(problem.level == Level.WARNING for problem in self.problems)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the cleaned value of a field; `default` when it was blank or says 清空."""
        value = self.values.get(name, default)
        return default if value is CLEAR else value

    def say(self, sentence: str, *, because: str = "") -> None:
        """Add a sentence on what writing the row does besides what its columns say; the preview shows it.

        It stands beside the change of the field that is its cause (`because`), if that changes.
        """
        self.also += (sentence,)
        self.also_because += (because,)

    def take(self, name: str, reading: Reading) -> None:
        """Set the value that a reading gives a field, and report the problem that it has."""
        if reading.is_blank:
            return
        if reading.is_error:
            self.refused.add(name)
        else:
            self.values[name] = reading.value
        if reading.code:
            level = Level.ERROR if reading.is_error else Level.WARNING
            self.report(reading.code, reading.message, name, level=level)

    def draft(self, model: type[models.Model]) -> Any:
        """Return the instance to set values on: the record found, or a new one.

        A row that has an error gets a copy: its values must not reach a record that another row writes.
        """
        if self.target is None:
            return blank_row(model)
        return copy(self.target) if self.has_error else self.target

    def report(self, code: str, message: str, *fields: str, level: Level | None = None) -> None:
        """Add a problem at the first of `fields` that this row has a cell for; without cells at the first of them."""
        name = next((name for name in fields if name in self.columns), fields[0] if fields else "")
        self.problems.append(
            Problem(
                code=code,
                message=message,
                level=level or (Level.WARNING if code in WARNING_CODES else Level.ERROR),
                sheet=self.sheet,
                cell=self._address(name),
                field=name,
            )
        )

    def _address(self, name: str) -> str:
        if self.number is None:
            return ""
        return cell_address(self.number, self.columns[name]) if name in self.columns else f"A{self.number}"
