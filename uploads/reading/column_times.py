"""Words in a header that say which time or version its figures have: 上月, 本月, 旧, 新, 调整前, 调整后, 2017年.

Two columns of one field often differ only in such a word. Only figures of the file's own month are read.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_CHANGE: Final = "调整|变更|修改|更正|变动|修订|整改|改造|核实|换届|更新"
_EARLIER: Final = (
    f"上个?月|上一?年度?|上一?期|上个?季度?|去年|前年|往年|上次|前次|(?:{_CHANGE})之?前|期初|年初|月初"
    "|原来|原有|以前|此前|早前"
)
_PRESENT: Final = f"本个?月|本年度?|本期|本季度?|今年|当月|当前|当期|当年|本次|此次|最新|目前|现在|现有|(?:{_CHANGE})之?后|期末|月末|月底"
_SHORT_EARLIER: Final = "原|旧|前"
_SHORT_PRESENT: Final = "现|新|后"
_DATE: Final = r"(?P<year>20\d\d)(?:年度?|[-/])?(?:(?P<month>0[1-9]|1[0-2]|[1-9])月?(?:份|(?:[-/]?\d{1,2}日?))?)?"
# A half-year or a quarter, of which the file's month is one or is not.
_SPAN: Final = r"(?:(?P<span_year>20\d\d)年?)?(?:(?P<half>[上下])半年度?|第?(?P<quarter>[一二三四1-4])季度?)"
_MONTH: Final = "(?P<only_month>1[0-2]|0?[1-9])月份?"
_TAIL: Final = "(?:末|底|初)?(?:同期)?(?:的?(?:数据|人数|情况|数|值))?"
_WORD: Final = (
    rf"(?:截至|截止|至)?(?:(?P<earlier>{_EARLIER}|{_SHORT_EARLIER})|(?P<present>{_PRESENT}|{_SHORT_PRESENT})"
    rf"|{_SPAN}|{_DATE}|{_MONTH})"
)
_WHOLE: Final = rf"{_WORD}(?P<tail>{_TAIL})"
_ONLY: Final = re.compile(_WHOLE)
# Before a name 数据 may begin the name: 上月数据日期.
_BEFORE_NAME: Final = re.compile(rf"\(?{_WORD}(?P<tail>[末底初]?)\)?的?(?P<rest>.+)")
_AFTER_NAME: Final = re.compile(rf"(?P<rest>.+?)[-/]?{_WHOLE}")
_IN_BRACKETS: Final = re.compile(rf"\({_WHOLE}[人户个名]?\)")
_PERIOD: Final = re.compile("本.*[月年期季]|今年|当[月期年]")
# In a longer text, words of one character mean something else: 新型, 原址, 前期.
_WITHIN: Final = re.compile(rf"(?P<earlier>{_EARLIER})|(?P<present>{_PRESENT})|{_SPAN}|(?P<year>20\d\d)年")


class ColumnTime(NamedTuple):
    """The time of a column's figures: `is_present` for a word, else a year (0 where not given), `months`, or both.

    `months` are the numbers of the month, quarter or half-year. `is_of_period` tells that the word names a period (本月,
    上半年), and no version (新, 调整后).
    """

    is_present: bool | None
    year: int = 0
    months: tuple[int, ...] = ()
    is_of_period: bool = False

    def fits(self, month: datetime.date | None) -> bool | None:
        """Return whether the figures are those of a file of `month`; None if the month of the file is not known."""
        if self.is_present is not None:
            return self.is_present
        if month is None:
            return None
        return self.year in (0, month.year) and (not self.months or month.month in self.months)


@lru_cache(maxsize=8_192)
def split_times(name: str) -> tuple[tuple[str, ColumnTime], ...]:
    """Return each way to take a word of time out of a normalised header: the rest of the header, and the time.

    Every cell near the top of a sheet is asked several times whether it is a header.
    """
    return tuple(_times_split_off(name))


def _times_split_off(name: str) -> Iterator[tuple[str, ColumnTime]]:
    for match in _IN_BRACKETS.finditer(name):
        if rest := name[: match.start()] + name[match.end() :]:
            yield rest, _time_of(match)
    for pattern in (_BEFORE_NAME, _AFTER_NAME):
        if whole := pattern.fullmatch(name):
            yield whole["rest"], _time_of(whole)


def time_in(text: str) -> ColumnTime | None:
    """Return the time named by a normalised text that is left out of a header: a heading above it, a remark in brackets."""
    if match := _ONLY.fullmatch(text.strip("()")):
        return _time_of(match)
    if match := _IN_BRACKETS.search(text):
        return _time_of(match)
    match = _WITHIN.search(text)
    if match is None:
        return None
    if match["year"]:
        return ColumnTime(None, int(match["year"]))
    return _span_of(match) or _of_word(match["present"])


def _time_of(match: re.Match[str]) -> ColumnTime:
    if match["earlier"]:
        return ColumnTime(False)
    if match["present"]:
        return _of_word(match["present"])
    if span := _span_of(match):
        return span
    if match["tail"].startswith("初"):
        return ColumnTime(False)
    month = match["month"] or match["only_month"]
    return ColumnTime(None, int(match["year"] or 0), (int(month),) if month else ())


def _span_of(match: re.Match[str]) -> ColumnTime | None:
    """Return the half-year or quarter that a match names; None for another time."""
    if match["half"]:
        months = range(1, 7) if match["half"] == "上" else range(7, 13)
    elif match["quarter"]:
        first = 3 * ("一二三四1234".index(match["quarter"]) % 4) + 1
        months = range(first, first + 3)
    else:
        return None
    return ColumnTime(None, int(match["span_year"] or 0), tuple(months), is_of_period=True)


def _of_word(present: str | None) -> ColumnTime:
    return ColumnTime(present is not None, is_of_period=bool(present and _PERIOD.search(present)))
