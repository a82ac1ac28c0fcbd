"""Finding the month in a sheet's title or its 填报时间 line."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Final

_NUMERALS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_MONTH: Final = re.compile(r"(?<!\d)(20\d\d)(?:年度?|[./-])(1[0-2]|0?[1-9])(?:月|(?:[./-]\d{1,2})?(?!\d))")
_WRITTEN_MONTH: Final = re.compile(r"([二〇○零一三四五六七八九]{4})年(十[一二]?|[一二三四五六七八九])月")
_FILLED_IN: Final = re.compile(r"填报|填表|制表|报送|上报|打印|日期|时间")
_DAY: Final = (
    r"(?:20\d\d[年./-](?:1[0-2]|0?[1-9])[月./-](?:[12]\d|3[01]|0?[1-9])[日号]?"
    r"|[二〇○零一三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}[日号])"
)
_DATING_LINE: Final = re.compile(
    rf"(?P<office>[^()]{{2,30}}(?:[局办处会府镇乡心科站村县市区]|街道))?{_DAY}(?:\(?(?:盖章|公章|签章|章)\)?)?"
)


def month_in(text: str) -> datetime.date | None:
    """Return the first day of the month named in a title or a 填报时间 line; None when there is none.

    A month in the title takes precedence over the day on which the sheet was filled in. Recognises 2018年6月,
    2018年6月30日, 2018.06, 2018-6-30 and 二〇一八年六月.
    """
    return title_month(text) or _first_month(text, is_filled_in=True)


def title_month(text: str) -> datetime.date | None:
    """Return the first day of the month that a title names as that of the figures, like `month_in`."""
    return _first_month(text, is_filled_in=False)


def _first_month(text: str, *, is_filled_in: bool) -> datetime.date | None:
    for line in re.split(r"[\n\t]", unicodedata.normalize("NFKC", text)):
        if (_FILLED_IN.search(line) is not None) is is_filled_in and (month := _month_of(re.sub(r"\s", "", line))):
            return month
    return None


def _month_of(line: str) -> datetime.date | None:
    if match := _MONTH.search(line):
        return datetime.date(int(match[1]), int(match[2]), 1)
    if match := _WRITTEN_MONTH.search(line):
        year = int(match[1].translate(_NUMERALS))
        digits = match[2].translate(_NUMERALS)
        month = 10 + int(digits[1:] or 0) if digits.startswith("十") else int(digits)
        return datetime.date(year, month, 1)
    return None


def dates_table_above(text: str) -> bool | None:
    """Return whether a line is the day below a table on which it was signed (落款): 城区民政局 2018年7月2日.

    None for a day alone, which may also stand in a title. The line names no month of figures.
    """
    match = _DATING_LINE.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    if match is None:
        return False
    return True if match["office"] or match[0].endswith(("章", "章)")) else None
