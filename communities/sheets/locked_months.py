"""What a row is told that alters figures of a month whose results are final."""

from __future__ import annotations

import datetime

from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.rows import RegisterRow

_OTHER_DAY = {"as_of": "请改数据日期，", "month": ""}  # what an office may do itself, by the field that dates figures


def report_locked(row: RegisterRow, day: datetime.date, context: CheckContext, field: str) -> None:
    """Report `locked_period` at the field that dates figures: an error, or a warning once the bureau has given its reason.

    See docs/spreadsheets.md §3.4. `day` is any day of the locked month.
    """
    month = f"{day.year}年{day.month}月"
    if context.may_alter_locked:
        told = f"{month}已锁定，将按所说明的原因修改；锁定的结果不变"
        row.report("locked_period", told, field, level=Level.WARNING)
    else:
        cure = _OTHER_DAY[field]
        advice = f"{cure}或请市局说明原因后办理" if cure else "请市局说明原因后办理"
        row.report("locked_period", f"{month}已锁定，不能再改当月的数据；{advice}", field)
