"""The field for a day in a form: the browser's calendar, and no year that can only be a slip."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from changzhi_portal.pages.filters import DayInput
from changzhi_portal.registers.cleaning_dates import EARLIEST_DATE

LATEST_DATE: Final = datetime.date(2100, 12, 31)


class DayField(forms.DateField):
    """A day from 1900, as in a sheet, to 2100; what is no day, too early or too late is one sentence."""

    def __init__(self, label: str, *, required_message: str = "", **options: Any) -> None:
        super().__init__(
            label=label,
            widget=DayInput(),
            error_messages={
                "required": required_message or f"请填写“{label}”。",
                "invalid": f"“{label}”写成2018-06-30这样。",
            },
            validators=[
                MinValueValidator(EARLIEST_DATE, f"“{label}”过早，请核对年份。"),
                MaxValueValidator(LATEST_DATE, f"“{label}”太晚，请核对年份。"),
            ],
            **options,
        )
