"""The columns of a register as the API gives them: how a value is written as JSON, and how the description says so.

Days are ISO 8601, areas and money decimal strings, codes strings; personal values are masks.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from changzhi_portal.personal import Sealed
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
)
from changzhi_portal.registers.register import RegisterSheet


def in_clear(entry: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Return an entry with these personal fields in clear. Whoever calls it has them recorded (`access.note_given`)."""
    sealed = {name: value for name in fields if isinstance(value := entry.get(name), Sealed)}
    return entry | {name: value.reveal() for name, value in sealed.items()} if sealed else entry


def personal_fields(register: type[RegisterSheet]) -> tuple[str, ...]:
    """Return the names of the fields of a register that hold personal data."""
    return tuple(column.field for column in register.columns if isinstance(column, PersonalColumn))


class MonthField(serializers.CharField):
    """A month, stored as its first day: 2018-06."""

    def to_representation(self, value: datetime.date) -> str:
        """Return the month."""
        return f"{value:%Y-%m}"


def field_of_column(column: Column) -> serializers.Field:
    """Return the field that describes a column; whether it must be given is for the row check to say."""
    given: dict[str, Any] = {"label": column.header, "required": False, "allow_null": True}
    if column.note:
        given["help_text"] = column.note
    if isinstance(column, ManyChoicesColumn):
        return serializers.ListField(child=serializers.ChoiceField(choices=column.choices), **given)
    if isinstance(column, ChoiceColumn):
        return serializers.ChoiceField(choices=column.choices, **given)
    if isinstance(column, BooleanColumn):
        return serializers.BooleanField(**given)
    if isinstance(column, IntegerColumn):
        return serializers.IntegerField(min_value=0, max_value=column.maximum, **given)
    if isinstance(column, DecimalColumn):
        field = column.model_field
        return serializers.DecimalField(max_digits=field.max_digits, decimal_places=field.decimal_places, **given)
    if isinstance(column, DateColumn | MonthColumn):
        return serializers.DateField(**given)
    if isinstance(column, PersonalColumn):
        given["help_text"] = "个人信息；令牌没有personal:read范围的，只给出遮盖后的号码"
    return serializers.CharField(**given)


def serializer_of(register: type[RegisterSheet]) -> type[serializers.Serializer]:
    """Return a serializer that describes the records of a register, one field per column."""
    fields: dict[str, Any] = {
        column.field: field_of_column(column) for column in register.columns if column.field != "ref"
    }
    head = {
        "ref": serializers.CharField(label="记录编号", read_only=True),
        "version": serializers.IntegerField(label="版本", read_only=True),
    }
    return type(
        f"{register.described_as or register.model.__name__}Serializer", (serializers.Serializer,), head | fields
    )
