"""The form field of a column, for forms that edit one record or one row: what to type into, and what stands there now."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from changzhi_portal.display import DASH
from changzhi_portal.registers.cleaning import CLEAR_WORD
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    ManyChoicesColumn,
    MonthColumn,
    PersonalColumn,
    PhoneColumn,
    PlaceCodeColumn,
    TextColumn,
)

Choices = Sequence[tuple[str, Any]]  # value and label, or a group and its values and labels, as Django has them
NOT_GIVEN: Final = "（没有填）"  # the choice of an optional column that says nothing
MOST_OFFERED: Final = 500  # words of a list; a longer one makes the page slow, and nobody reads it
LONGEST_LINE: Final = 100  # characters; a column that takes more gets an area of several lines
_INPUT_MODES: Final[tuple[tuple[type[Column], str], ...]] = (
    (DecimalColumn, "decimal"),
    (IntegerColumn, "numeric"),
    (DateColumn, "numeric"),
    (PlaceCodeColumn, "numeric"),
    (PhoneColumn, "tel"),
)
YES_OR_NO: Final = (("是", "是"), ("否", "否"))
_BAD_CHOICE: Final = {"invalid_choice": "请从列出的选项中选择。", "invalid_list": "请从列出的选项中选择。"}


def form_field(column: Column, *, offered: Sequence[str] | None = None, choices: Choices | None = None) -> forms.Field:
    """Return a field for the column, never required: the row check says what is missing, in its own words.

    `offered` are words to choose from beside typing, None for a column without; the page holds them in a `<datalist>` (see
    `datalist_id`). With `choices` one of them is chosen and nothing typed.
    """
    label = f"{column.header} *" if column.required else column.header  # as in the template
    options: dict[str, Any] = {"label": label, "required": False, "help_text": column.note}
    if isinstance(column, ManyChoicesColumn):
        return forms.MultipleChoiceField(
            choices=column.choices, widget=forms.CheckboxSelectMultiple, error_messages=_BAD_CHOICE, **options
        )
    if choices is None and isinstance(column, ChoiceColumn | BooleanColumn):
        choices = column.choices if isinstance(column, ChoiceColumn) else YES_OR_NO
    if choices is not None:
        return forms.ChoiceField(choices=[("", NOT_GIVEN), *choices], error_messages=_BAD_CHOICE, **options)
    return forms.CharField(widget=_widget(column, offered), strip=False, **options)


def choices_to_set(column: Column) -> list[tuple[str, str]]:
    """Return the choices of a column that many records are to be given one of; an optional column may be emptied."""
    known = list(column.choices) if isinstance(column, ChoiceColumn) else list(YES_OR_NO)
    emptied = [] if column.required else [(CLEAR_WORD, "（清空）")]
    return [("", "请选择"), *known, *emptied]


def in_words(column: Column, value: Any) -> str:
    """Return a stored value as people read it, a dash for none; personal data are masked."""
    shown = form_value(column, value)
    if shown in ("", []):
        return DASH
    return str(value) if column.is_personal else str(column.written(value))


def _widget(column: Column, offered: Sequence[str] | None) -> forms.Widget:
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if column.is_personal:
        attrs["data-personal"] = "yes"  # kept_input.js keeps it nowhere
    if isinstance(column, DateColumn):
        return forms.DateInput(attrs=attrs | {"type": "date"})
    if mode := input_mode(column):
        attrs["inputmode"] = mode
    if isinstance(column, TextColumn):
        attrs["maxlength"] = column.max_length
        if column.max_length > LONGEST_LINE:
            return forms.Textarea(attrs=attrs | {"rows": 2})
    if offered is not None:
        attrs["list"] = datalist_id(column)
    return forms.TextInput(attrs=attrs)


def input_mode(column: Column) -> str:
    """Return which keys a telephone offers for a column's text (`inputmode`); "" for all."""
    return next((mode for kind, mode in _INPUT_MODES if isinstance(column, kind)), "")


def values_of(choices: Choices) -> set[str]:
    """Return the values among choices, those in groups too."""
    found: set[str] = set()
    for value, label in choices:
        found |= {value} if isinstance(label, str) else {each for each, _ in label}
    return found


def short_lists(offered: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return those of a register's words to choose from, by field, that are few enough for a page (MOST_OFFERED)."""
    return {name: words for name, words in offered.items() if len(words) <= MOST_OFFERED}


def datalist_id(column: Column) -> str:
    """Return the id of the `<datalist>` with the words offered for a column."""
    return f"offered-{column.field}"


def form_value(column: Column, value: Any) -> Any:
    """Return what the column's form field shows of a stored value; personal data are masked."""
    if isinstance(column, ManyChoicesColumn):
        return list(value or ())
    if value is None:
        return ""
    if isinstance(column, ChoiceColumn):
        return value
    if isinstance(column, PersonalColumn):
        return str(value)
    if isinstance(value, datetime.date) and not isinstance(column, MonthColumn):
        return value.isoformat()
    return column.written(value)


def value_in_words(column: Column, values: Mapping[str, Any]) -> str:
    """Return a column's value among those of a record as people read it; personal data are masked."""
    value = values.get(column.field)
    shown = form_value(column, value)
    return NOT_GIVEN if shown in ("", []) else str(value) if column.is_personal else column.written(value)
