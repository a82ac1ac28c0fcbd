"""Columns of figures, days, and yes or no."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import models

from changzhi_portal.names import tidy
from changzhi_portal.personal import Place
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.cleaning_dates import clean_date
from changzhi_portal.registers.columns.base import ONE, Column
from changzhi_portal.registers.problems import CellRefusedError, Doubtful


class IntegerColumn(Column):
    """A count from 0 to `maximum`; a cell may name one of `units` behind the number, and no other."""

    is_figure = True

    def __init__(
        self,
        model: type[models.Model] | None,
        attribute: str,
        header: str,
        *spellings: str,
        maximum: int = 100_000_000,
        units: Collection[str] = cleaning.COUNT_UNITS,
        **options: Any,
    ) -> None:
        super().__init__(model, attribute, header, *spellings, **options)
        self.maximum = maximum
        self.units = units

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> int | Doubtful:
        """Return the count."""
        return cleaning.clean_integer(raw, maximum=self.maximum, units=self.units)


class DecimalColumn(Column):
    """An area in m², with `counts_yuan` money in yuan, or a number of one of `units`; as large and fine as the model field."""

    is_figure = True

    def __init__(
        self,
        model: type[models.Model],
        attribute: str,
        header: str,
        *spellings: str,
        counts_yuan: bool = False,
        units: Collection[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(model, attribute, header, *spellings, **options)
        self.counts_yuan = counts_yuan
        self.units = units or (cleaning.MONEY_UNITS if counts_yuan else cleaning.AREA_UNITS)
        self.places: int = self.model_field.decimal_places
        self.maximum = Decimal(10 ** (self.model_field.max_digits - self.places)) - Decimal(1).scaleb(-self.places)

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Decimal | Doubtful:
        """Return the number, times the multiplier of its column."""
        return cleaning.clean_decimal(
            raw, places=self.places, maximum=self.maximum, multiplier=multiplier, units=self.units
        )

    def to_json(self, value: Any, row: Place) -> Any:
        """Return it as text, so that nothing is lost."""
        return str(value)

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the number of the text."""
        return Decimal(value)


class DateColumn(Column):
    """A day. `may_be_future` for planned dates; otherwise a day after today is `future_date`."""

    def __init__(
        self,
        model: type[models.Model] | None,
        attribute: str,
        header: str,
        *spellings: str,
        may_be_future: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(model, attribute, header, *spellings, **options)
        self.may_be_future = may_be_future

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> datetime.date | Doubtful:
        """Return the day."""
        return clean_date(raw)

    def to_json(self, value: Any, row: Place) -> Any:
        """Return ISO text."""
        return value.isoformat()

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the day of ISO text."""
        return datetime.date.fromisoformat(value)


class MonthColumn(Column):
    """A month, held as its first day: 2018年6月, 2018-06, 201806, or any day of it."""

    _PACKED = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])")
    _OCTOBER = re.compile(r"(?:19|20)\d\d\.1")  # 2018.10 typed as a number

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> datetime.date | Doubtful:
        """Return the first day of the month. Raises `bad_date` for anything else."""
        text = cleaning.as_text(raw)
        if packed := self._PACKED.fullmatch(text.strip()):
            return datetime.date(int(packed[1]), int(packed[2]), 1)
        try:
            read = clean_date(raw)
        except CellRefusedError as refused:
            raise CellRefusedError(refused.code, "月份看不懂，请写成2018年6月这样") from None
        day = read.value if isinstance(read, Doubtful) else read
        month: datetime.date = day.replace(day=1)
        if self._OCTOBER.fullmatch(text.strip()):
            return Doubtful(month, "approximate_date", "按1月读取，如果是10月，请写成2018年10月这样")
        return month

    def to_json(self, value: Any, row: Place) -> Any:
        """Return ISO text of the first day."""
        return value.isoformat()

    def from_json(self, value: Any, row: Place) -> Any:
        """Return the first day of ISO text."""
        return datetime.date.fromisoformat(value)

    def written(self, value: Any) -> str:
        """Return the month in words: 2018年6月."""
        return "" if value is None else f"{value.year}年{value.month}月"


class BooleanColumn(Column):
    """Yes or no; 无 says no here."""

    def is_blank(self, raw: Any) -> bool:
        """Tell whether it is blank, but for 无 which means 否, and the signs × and - that some offices use."""
        return cleaning.is_blank(raw) and tidy(raw) != "无"

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> bool:
        """Return True or False."""
        return cleaning.clean_boolean(raw)

    def written(self, value: Any) -> str:
        """Return 是 or 否."""
        return "" if value is None else ("是" if value else "否")
