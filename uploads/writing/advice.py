"""Templates by kind of column: the advice beside the header, the number format, and the choices of the drop-down."""

from __future__ import annotations

from functools import singledispatch
from typing import Final

from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    IdNumberColumn,
    IntegerColumn,
    ManyChoicesColumn,
    MonthColumn,
    PhoneColumn,
    PlaceCodeColumn,
    TextColumn,
)

_LONG_TEXTS: Final = frozenset({"name", "note", "functions", "communities", "buyer", "provider_name"})
_WIDTH_OF_NUMBERS: Final = 22  # for 18 digits, which take the room of 18 characters and a margin
TEXT, WHOLE, DECIMAL, DAY = "@", "0", "0.00", "yyyy-mm-dd"  # number formats of Excel


@singledispatch
def advice_on(column: Column) -> str:
    """Return one short Chinese sentence about what to fill in; "" where the header is enough."""
    return ""


@advice_on.register
def _(column: TextColumn) -> str:
    return f"最多{column.max_length}个字。"


@advice_on.register
def _(column: PlaceCodeColumn) -> str:
    return "单元格保持“文本”格式。"


@advice_on.register
def _(column: IntegerColumn) -> str:
    return "填整数；没有填0，不清楚就空着。"


@advice_on.register
def _(column: DecimalColumn) -> str:
    return f"填数字，单位：{'元' if column.counts_yuan else '平方米'}，最多两位小数。"


@advice_on.register
def _(column: DateColumn) -> str:
    return "写成2018-06-30这样。"


@advice_on.register
def _(column: MonthColumn) -> str:
    return "写成2018年6月这样。"


@advice_on.register
def _(column: BooleanColumn) -> str:
    return "填“是”或“否”。"


@advice_on.register
def _(column: ChoiceColumn) -> str:
    return f"从下拉列表中选一项：{'、'.join(column.labels)}。"


@advice_on.register
def _(column: ManyChoicesColumn) -> str:
    return f"可填几项，用顿号分开：{'、'.join(column.labels)}。"


@advice_on.register
def _(column: CreditCodeColumn) -> str:
    return "18位统一社会信用代码，单元格保持“文本”格式。"


@advice_on.register
def _(column: IdNumberColumn) -> str:
    return "18位，单元格保持“文本”格式；带*号的是已有的号码，不改就不用动。"


@advice_on.register
def _(column: PhoneColumn) -> str:
    return "11位手机号，或带区号的固定电话；几个号码用顿号分开。带*号的是已有的号码，不改就不用动。"


@singledispatch
def number_format_of(column: Column) -> str:
    """Return Excel's number format for the column: text unless it has numbers or dates, so that codes keep their digits."""
    return TEXT


@number_format_of.register
def _(column: IntegerColumn) -> str:
    return WHOLE


@number_format_of.register
def _(column: DecimalColumn) -> str:
    return DECIMAL


@number_format_of.register
def _(column: DateColumn) -> str:
    return DAY


@singledispatch
def width_of(column: Column) -> int:
    """Return the width of the column in characters: as wide as its header and, where they are all alike, its values."""
    return 30 if column.field in _LONG_TEXTS else max(14, min(2 * len(column.header) + 4, 26))


@width_of.register(CreditCodeColumn)
@width_of.register(IdNumberColumn)
def _(column: Column) -> int:
    return _WIDTH_OF_NUMBERS


@singledispatch
def choices_of(column: Column) -> tuple[str, ...]:
    """Return the choices of the column's drop-down; none for a column that takes several values."""
    return ()


@choices_of.register
def _(column: BooleanColumn) -> tuple[str, ...]:
    return ("是", "否")


@choices_of.register
def _(column: ChoiceColumn) -> tuple[str, ...]:
    return column.labels


@choices_of.register
def _(column: ManyChoicesColumn) -> tuple[str, ...]:
    return ()
