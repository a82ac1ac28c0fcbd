"""Reading what offices write into cells (the table in spreadsheets.md): pure functions, text or number in, value out.

Each raises CellRefused for what cannot be read and returns a Doubtful for what was read with a doubt.
Blank cells never come here: `is_blank` is asked first.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from changzhi_portal.names import tidy
from changzhi_portal.sheets.problems import CellRefused, Doubtful

BLANK_WORDS: Final = frozenset({"", "无", "/", "\\", "—", "——", "–", "-", "--", "暂无", "无。", "／", "－"})
CLEAR_WORD: Final = "清空"

_TRUE: Final = frozenset({"是", "有", "√", "✓", "✔", "1", "y", "yes", "对", "true"})
_FALSE: Final = frozenset({"否", "无", "没有", "×", "✗", "✘", "x", "0", "n", "no", "false"})

_UNIT = re.compile(r"(平方米|平米|m2|㎡|元|人|户|个|名|家|次|件)$")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_MANY = {"万": Decimal(10_000), "千": Decimal(1_000), "百": Decimal(100), "亿": Decimal(100_000_000)}
_RANGE = re.compile(r"\d\s*(-|~|—|–|至|到)\s*\d")
_ABOUT = re.compile(r"^(约|大约|大概|近|左右)|(左右|上下)$")
_OVER = re.compile(r"\d.*(多|余|以上|几)")
_EXCEL_EPOCH = datetime.date(1899, 12, 30)

_DATE_SEPARATED = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_DATE_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_ONLY = re.compile(r"(\d{4})[-./年](\d{1,2})月?")
EARLIEST_DATE: Final = datetime.date(1900, 1, 1)


def as_text(raw: Any) -> str:
    """A cell as tidy text: 3.0 → "3", dates in ISO, full-width digits narrowed, spaces folded."""
    if isinstance(raw, str):
        return tidy(raw)
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, datetime.datetime):
        return raw.date().isoformat() if raw.time() == datetime.time() else raw.isoformat(sep=" ")
    return str(raw)


def is_blank(raw: Any) -> bool:
    """Whether a cell says nothing: empty, or one of 无 / — 暂无 - (columns where 无 means something ask themselves)."""
    return isinstance(raw, str) and tidy(raw) in BLANK_WORDS


def clean_name(raw: Any, *, max_length: int) -> str:
    """A tidy text of at most `max_length` characters (`too_long`)."""
    text = as_text(raw)
    if len(text) > max_length:
        raise CellRefused("too_long", f"内容过长，最多{max_length}个字，现有{len(text)}个字")
    return text


def clean_number(raw: Any) -> Decimal | Doubtful:
    """A decimal number in the column's own unit.

    Reads 1,200 · 520㎡ · 520平方米 · 2.5万 · full-width digits. 约520 is read with a warning (`approximate_number`);
    a range or 多/余 is an error under the same code; anything else `bad_number`.
    """
    if isinstance(raw, bool):
        raise CellRefused("bad_number", "应填数字")
    if isinstance(raw, int | float):
        if not math.isfinite(raw):
            raise CellRefused("bad_number", "应填数字（如520）")
        return Decimal(str(raw))
    if isinstance(raw, datetime.date | datetime.time):
        raise CellRefused("bad_number", "应填数字，这里是日期，请把单元格格式改为常规后重填")
    text = unicodedata.normalize("NFKC", tidy(str(raw))).replace(" ", "").lstrip("'")
    try:
        return _exact_number(text)
    except CellRefused:
        if _RANGE.search(text):
            raise CellRefused("approximate_number", "这里是一个范围，请填一个确定的数字") from None
        if _OVER.search(text):
            raise CellRefused("approximate_number", "这里是概数，请填一个确定的数字") from None
        stripped = _ABOUT.sub("", text)
        if stripped != text:
            value = _exact_number(stripped)
            return Doubtful(value, "approximate_number", f"按{format(value.normalize(), 'f')}读取，请核实准确数字")
        raise


def _exact_number(text: str) -> Decimal:
    bare = _UNIT.sub("", text)
    factor = Decimal(1)
    while bare and bare[-1] in _MANY:
        factor *= _MANY[bare[-1]]
        bare = bare[:-1]
    if _GROUPED_NUMBER.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN_NUMBER.fullmatch(bare.lower()):
        raise CellRefused("bad_number", "应填数字（如520），不要填文字")
    try:
        return Decimal(bare) * factor
    except InvalidOperation as error:
        raise CellRefused("bad_number", "应填数字（如520），不要填文字") from error


def clean_integer(raw: Any, *, maximum: int) -> int | Doubtful:
    """A count from 0 to `maximum` (`negative_number`, `bad_number`)."""
    number = clean_number(raw)
    value = number.value if isinstance(number, Doubtful) else number
    if value < 0:
        raise CellRefused("negative_number", "不能是负数")
    if value != value.to_integral_value():
        raise CellRefused("bad_number", "应填整数")
    if value > maximum:
        raise CellRefused("bad_number", f"数字过大，最大{maximum}")
    return Doubtful(int(value), number.code, number.message) if isinstance(number, Doubtful) else int(value)


def clean_decimal(raw: Any, *, places: int, maximum: Decimal, multiplier: Decimal = Decimal(1)) -> Decimal | Doubtful:
    """A number ≥ 0 with at most `places` decimals after multiplying (万元 → 元); binary noise of Excel is rounded off."""
    number = clean_number(raw)
    value = (number.value if isinstance(number, Doubtful) else number) * multiplier
    if value < 0:
        raise CellRefused("negative_number", "不能是负数")
    if value > maximum:
        raise CellRefused("bad_number", f"数字过大，最大{maximum}")
    value = value.quantize(Decimal(1).scaleb(-places))
    return Doubtful(value, number.code, number.message) if isinstance(number, Doubtful) else value


def clean_date(raw: Any) -> datetime.date | Doubtful:
    """A day: 2017.11.14, 2017-11-14, 2017/11/14, 2017年11月14日, 20171114, an Excel date or serial number.

    A month alone (2017.11, 2017年11月) becomes its 1st with `approximate_date`; anything else is `bad_date`.
    """
    if isinstance(raw, datetime.datetime):
        return raw.date()
    if isinstance(raw, datetime.date):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        if 18_000 <= raw <= 80_000:  # 1949 … 2119 as a serial number
            return _EXCEL_EPOCH + datetime.timedelta(days=raw)
        raw = str(raw)
    if not isinstance(raw, str):
        if isinstance(raw, float) and re.fullmatch(r"(19|20)\d\d\.\d{1,2}", repr(raw)):
            raw = repr(raw)  # 2017.11 typed as a number
        else:
            raise CellRefused("bad_date", "日期看不懂，请写成2018-06-30这样")
    text = unicodedata.normalize("NFKC", tidy(raw)).replace(" 年", "年").lstrip("'")
    compact = re.sub(r"\s*([-./年月日])\s*", r"\1", text)
    if found := _DATE_SEPARATED.fullmatch(compact) or _DATE_PACKED.fullmatch(compact):
        return _real_day(found)
    if found := _MONTH_ONLY.fullmatch(compact):
        day = _real_day(found, day=1)
        return Doubtful(day, "approximate_date", f"只有年月，按{day.isoformat()}读取，请核实")
    if compact.isdigit() and len(compact) == 5:
        return _EXCEL_EPOCH + datetime.timedelta(days=int(compact))
    raise CellRefused("bad_date", "日期看不懂，请写成2018-06-30这样")


def _real_day(found: re.Match[str], day: int | None = None) -> datetime.date:
    try:
        value = datetime.date(int(found[1]), int(found[2]), day or int(found[3]))
    except ValueError as error:
        raise CellRefused("bad_date", "没有这一天，请核对年月日") from error
    if value < EARLIEST_DATE:
        raise CellRefused("bad_date", "日期过早，请核对年份")
    return value


def clean_boolean(raw: Any) -> bool:
    """是/否, 有/无, √/×, 1/0, Y/N (`bad_boolean`)."""
    text = unicodedata.normalize("NFKC", as_text(raw)).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise CellRefused("bad_boolean", "只能填“是”或“否”")
