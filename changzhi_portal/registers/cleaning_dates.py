"""Reading the days that offices write into cells (docs/spreadsheets.md §3): as numbers, texts, Chinese numerals, or as programs do."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Any, Final
from zoneinfo import ZoneInfo

from changzhi_portal.names import tidy
from changzhi_portal.registers.cleaning import reject_raised_digit
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

_EXCEL_EPOCH = datetime.date(1899, 12, 30)

# With a time of day, as web systems export it and as Excel saves it in a .csv (2018/6/30 0:00).
_DATE_SEPARATED = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})[日号]?"
    r"(?:(?:(?<=[日号])|[ Tt])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?:(?P<utc>[Zz]|UTC|GMT)|(?P<sign>[+-])(?P<zone_hours>\d{2}):?(?P<zone_minutes>\d{2})?))?"
    r"|Z|[+-]\d{2}:\d{2})?"  # xsd:date: a day with a zone and without a time is the day as written
)
_BEIJING: Final = ZoneInfo("Asia/Shanghai")
_DATE_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_ONLY = re.compile(r"(\d{4})[-./年](\d{1,2})月?")
_NUMERALS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_WRITTEN_DATE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年(十[一二]?|[一二三四五六七八九])月(?:([二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号])?"
)
_WEEKDAY = re.compile(r"\s*\(?(?:星期|周)[一二三四五六日天]\)?$")
_SERIAL_DATE = re.compile(r"\d{5}(\.\d+)?")
_SERIAL_DATES = (18_000, 80_000)  # 1949 … 2119 as Excel counts days
# SheetJS 0.18 in Beijing's time zone writes midnight 43 seconds too early: by what local mean time, in use until 1901, was
# ahead of it.
_SHEETJS_MIDNIGHT: Final = datetime.time(23, 59, 17)
_LOCAL_MEAN_TIME: Final = datetime.timedelta(seconds=43)
EARLIEST_DATE: Final = datetime.date(1900, 1, 1)


def clean_date(raw: Any) -> datetime.date | Doubtful:
    """Return a day: 2017.11.14, 2017-11-14, 2017/11/14, 2017年11月14日, 20171114, an Excel date or serial number.

    A time with a zone (2018-06-29T16:00:00Z, …+08:00) means the day in Beijing at that time. A month alone (2017.11,
    2017年11月) becomes its 1st with `approximate_date`; anything else is `bad_date`.
    """
    if isinstance(raw, datetime.date):
        if isinstance(raw, datetime.datetime):
            raw = (raw.astimezone(_BEIJING) if raw.tzinfo is not None else raw).date()
        day = raw
        if day < EARLIEST_DATE:  # a zero in the format of a date, which Excel shows as 1900-01-00
            raise CellRefusedError("bad_date", "日期过早，请核对年份")
        return day
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        if _SERIAL_DATES[0] <= raw <= _SERIAL_DATES[1]:
            return _day_of_serial(raw)
        raw = str(int(raw)) if isinstance(raw, int) or raw.is_integer() else raw
    if not isinstance(raw, str):
        if isinstance(raw, float) and re.fullmatch(r"(19|20)\d\d\.\d{1,2}", repr(raw)):
            raw = repr(raw)  # 2017.11 typed as a number
        else:
            raise CellRefusedError("bad_date", "日期看不懂，请写成2018-06-30这样")
    compact = _text_of_date(raw)
    if found := _DATE_SEPARATED.fullmatch(compact):
        return _day_in_beijing(found)
    if found := _DATE_PACKED.fullmatch(compact):
        return _real_day(found)
    if found := _MONTH_ONLY.fullmatch(compact):
        day = _real_day(found, day=1)
        # 2017.10 in a number cell is 2017.1 to Excel, and so it is in the .csv that Excel saves.
        october = "（如果是10月，请写成2017年10月这样）" if re.fullmatch(r"\d{4}\.1", compact) else ""
        return Doubtful(day, "approximate_date", f"只有年月，按{day.isoformat()}读取，请核实{october}")
    if _SERIAL_DATE.fullmatch(compact) and _SERIAL_DATES[0] <= float(compact) <= _SERIAL_DATES[1]:
        return _day_of_serial(float(compact))
    raise CellRefusedError("bad_date", "日期看不懂，请写成2018-06-30这样")


def _text_of_date(raw: str) -> str:
    """Return a text without blanks beside its signs, its digits of one kind: 二〇一八年六月一日 is 2018年6月1日.

    Raises `bad_date` for the mark of a footnote, which would become a digit.
    """
    reject_raised_digit(raw, "bad_date")
    text = unicodedata.normalize("NFKC", tidy(raw)).replace(" 年", "年").lstrip("'")
    compact = _WEEKDAY.sub("", re.sub(r"\s*([-./年月日号、。])\s*", r"\1", text))
    if written := _WRITTEN_DATE.fullmatch(compact):
        day = f"{_numeral(written[3])}日" if written[3] else ""
        return f"{written[1].translate(_NUMERALS)}年{_numeral(written[2])}月{day}"
    if "、" in compact or "。" in compact:  # typed with the Chinese input method: 2018、6、1
        compact = re.sub("(?<=\\d)[、。](?=\\d)", ".", compact)
    return compact.rstrip(".。") if compact.count(".") > 2 or compact.endswith("。") else compact


def _numeral(text: str) -> int:
    """Return the number that 六, 十二 or 三十一 writes."""
    tens, ten, ones = text.rpartition("十")
    if ten:
        tens, ones = tens or "一", ones or "〇"
    return int(f"{tens}{ones}".translate(_NUMERALS))


def _day_of_serial(number: float) -> datetime.date:
    """Return the day that Excel counts as a number. Raises `bad_date` for a year and a month (20186) typed as one."""
    if 1990 <= number // 10 <= 2035:  # as a serial number a day of 1954 or 1955
        raise CellRefusedError("bad_date", "日期看不懂，请写成2018-06-30这样")
    return _EXCEL_EPOCH + datetime.timedelta(days=int(number))


def _day_in_beijing(found: re.Match[str]) -> datetime.date:
    """Return the day of a match of `_DATE_SEPARATED`; a time with a zone is converted to Beijing time."""
    day = _real_day(found)
    if found["utc"] is None and found["sign"] is None:
        return day
    try:
        time = datetime.time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
        offset = datetime.timedelta(hours=int(found["zone_hours"] or 0), minutes=int(found["zone_minutes"] or 0))
        zone = datetime.timezone(-offset if found["sign"] == "-" else offset)
        moment = datetime.datetime.combine(day, time, zone).astimezone(_BEIJING)
        day = (moment + _LOCAL_MEAN_TIME if moment.time() == _SHEETJS_MIDNIGHT else moment).date()
    except (ValueError, OverflowError) as error:
        raise CellRefusedError("bad_date", "时间或时区看不懂，请写成2018-06-30这样") from error
    if day < EARLIEST_DATE:
        raise CellRefusedError("bad_date", "日期过早，请核对年份")
    return day


def _real_day(found: re.Match[str], day: int | None = None) -> datetime.date:
    try:
        value = datetime.date(int(found[1]), int(found[2]), day or int(found[3]))
    except ValueError as error:
        raise CellRefusedError("bad_date", "没有这一天，请核对年月日") from error
    if value < EARLIEST_DATE:
        raise CellRefusedError("bad_date", "日期过早，请核对年份")
    return value
