"""Values for every column of a register, invented from its declaration."""

from __future__ import annotations

import datetime
from functools import singledispatch
from typing import Any

from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    IdNumberColumn,
    IntegerColumn,
    ListColumn,
    ManyChoicesColumn,
    MonthColumn,
    PhoneColumn,
    TextColumn,
)
from changzhi_portal.registers.register import RegisterSheet
from tests.factories import Place, credit_code, id_number, phone

# Numbers of trainings and of people that hours are of.
TRAININGS = ("PX-1", "PX-2")
PEOPLE = (id_number(901), id_number(902))
# Cells of registers whose rules refuse what a declaration alone would invent, for the first and the second row.
FITTING: dict[str, dict[str, tuple[Any, Any]]] = {
    "work_items": {
        "listed_as": ("不应承担", "协助"),
        "department_name": ("统计局", "民政局"),
        "asked": ("演示甲项、演示乙项", "演示丙项、演示丁项"),
        "times_a_year": (4, 12),
        "headcount": (3, 5),
    },
    # A certificate has a level.
    "workers": {"level": ("助理社会工作师", "社会工作师")},
    "trainings": {"hours": (24.5, 16)},
    "training_records": {
        "training": (TRAININGS[0], TRAININGS[1]),
        "id_number": (PEOPLE[0], PEOPLE[1]),
        "hours": (8, 16.5),
    },
    "documents": {"kind": ("社区发展规划", "社区发展规划")},
    "projects": {"status": ("采购中", "履约中"), "catalogue_code": ("QD-1", "QD-2")},
    "reviews": {"project_number": ("YS-1", "YS-2"), "score": (84.25, 91.5)},
    "payments": {"project_number": ("YS-1", "YS-2"), "instalment": (1, 2)},
    "assessments": {"year": ("2017", "2018"), "work_score": (80.25, 90.5)},
}


class Invented:
    """The values of one row, by field: as typed into a cell, and as stored in the register."""

    def __init__(self, register: RegisterSheet, turn: int, place: Place) -> None:
        community = (place.communities[0], place.villages[0])[turn - 1]
        if register.name in {"communities", "monthly"}:
            community = place.communities[0]
        self.cells: dict[str, Any] = {}
        for index, column in enumerate(register.columns):
            self.cells[column.field] = cell_of(column, turn, index)
        self.cells |= {
            "county": community.town.parent.name,
            "town": community.town.name,
            "community_name": community.name,
            "community_code": community.code,
        }
        if "communities" in self.cells:
            served = (place.communities[:2], place.villages[:1])[turn - 1]
            self.cells["communities"] = "、".join(each.code for each in served)
            self.served = served
        self.cells |= {field: values[turn - 1] for field, values in FITTING.get(register.name, {}).items()}
        del self.cells["ref"]
        self.values = {column.field: self._value(column) for column in register.columns if column.field != "ref"}

    def _value(self, column: Column) -> Any:
        return column.clean(self.cells[column.field])


@singledispatch
def cell_of(column: Column, turn: int, index: int) -> Any:
    return None


@cell_of.register
def _(column: TextColumn, turn: int, index: int) -> Any:
    return f"{column.header}演示{'甲乙'[turn - 1]}"[-column.max_length :]


@cell_of.register
def _(column: ListColumn, turn: int, index: int) -> Any:
    return None


@cell_of.register
def _(column: CreditCodeColumn, turn: int, index: int) -> Any:
    return credit_code(100 * turn + index)


@cell_of.register
def _(column: IdNumberColumn, turn: int, index: int) -> Any:
    return id_number(100 * turn + index)


@cell_of.register
def _(column: PhoneColumn, turn: int, index: int) -> Any:
    return phone(100 * turn + index)


@cell_of.register
def _(column: IntegerColumn, turn: int, index: int) -> Any:
    return 1_200 * turn + index


@cell_of.register
def _(column: DecimalColumn, turn: int, index: int) -> Any:
    return 1_200 * turn + index + 0.25


@cell_of.register
def _(column: DateColumn, turn: int, index: int) -> Any:
    # In the order of the columns, so that last days come after first days.
    return datetime.date(2016, 1, 1) + datetime.timedelta(days=30 * index + 10 * turn)


@cell_of.register
def _(column: MonthColumn, turn: int, index: int) -> Any:
    return "2016年3月"  # a report keeps its month


@cell_of.register
def _(column: BooleanColumn, turn: int, index: int) -> Any:
    return "是否"[turn - 1]


@cell_of.register
def _(column: ChoiceColumn, turn: int, index: int) -> Any:
    return column.labels[turn - 1]


@cell_of.register
def _(column: ManyChoicesColumn, turn: int, index: int) -> Any:
    return "、".join((column.labels[:2], column.labels[2:])[turn - 1])
