"""Single values in the written Chinese of official documents (docs/domain.md §7.4): 2018年6月30日, 全市, 5579.76万元."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from changzhi_portal.display import display_number

_TEN_THOUSAND = 10_000


class Place(Protocol):
    """A division: a `communities.Division`, or one as a briefing stores it (an immutable object, so properties)."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102


def plain_number(value: float | Decimal) -> str:
    """Return a number with at most two decimals, half up: 500, 12,817.84, 0.5."""
    return display_number(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def ten_thousand_yuan(yuan: float | Decimal) -> str:
    """Return an amount as in reports: 5579.76万元. Below 100 yuan that would read as zero, so in yuan: 80元."""
    exact = Decimal(str(yuan))
    return f"{plain_number(exact)}元" if 0 < abs(exact) < 100 else f"{plain_number(exact / _TEN_THOUSAND)}万元"


def day_in_words(iso_day: str) -> str:
    """Return 2018年6月30日 for 2018-06-30."""
    day = datetime.date.fromisoformat(iso_day)
    return f"{day.year}年{day.month}月{day.day}日"


def month_in_words(iso_month: str) -> str:
    """Return 2018年6月 for 2018-06."""
    year, month = iso_month.split("-")
    return f"{year}年{int(month)}月"


def time_in_words(iso_month: str, span: str) -> str:
    """Return what an issue covers: 2018年6月, 2018年第2季度, 2018年; the month is the last one of it."""
    year, month = iso_month.split("-")
    if span == "quarter":
        return f"{year}年第{(int(month) + 2) // 3}季度"
    return f"{year}年" if span == "year" else month_in_words(iso_month)


def whole_of(division: Place) -> str:
    """Return a report's name of its own area: 全市, 全县, 全区."""
    if division.level == "city":
        return "全市"
    return {"县": "全县", "市": "全市"}.get(division.name[-1], "全区")


def units_below(division: Place) -> str:
    """Return what a report's divisions are: 县（市、区） in the city's, 街道（乡镇） in a county's."""
    return "县（市、区）" if division.level == "city" else "街道（乡镇）"


def joined(parts: Iterable[str], by: str = "，") -> str:
    """Return the parts that are not empty, joined."""
    return by.join(part for part in parts if part)
