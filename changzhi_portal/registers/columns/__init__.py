"""The kinds of columns a register may have. One declaration serves template, upload, edit form, page and export."""

from changzhi_portal.registers.columns.base import CLEAR, ONE, Column
from changzhi_portal.registers.columns.choices import ChoiceColumn, ManyChoicesColumn
from changzhi_portal.registers.columns.figures import (
    BooleanColumn,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    MonthColumn,
)
from changzhi_portal.registers.columns.personal import IdNumberColumn, PersonalColumn, PhoneColumn
from changzhi_portal.registers.columns.texts import CreditCodeColumn, ListColumn, PlaceCodeColumn, TextColumn

__all__ = [
    "CLEAR",
    "ONE",
    "BooleanColumn",
    "ChoiceColumn",
    "Column",
    "CreditCodeColumn",
    "DateColumn",
    "DecimalColumn",
    "IdNumberColumn",
    "IntegerColumn",
    "ListColumn",
    "ManyChoicesColumn",
    "MonthColumn",
    "PersonalColumn",
    "PhoneColumn",
    "PlaceCodeColumn",
    "TextColumn",
]
