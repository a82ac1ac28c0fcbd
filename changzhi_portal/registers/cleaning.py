"""Reading what offices write into cells (docs/spreadsheets.md §3): pure functions, text or number in, value out.

Each raises CellRefusedError for what cannot be read and returns a Doubtful for what was read with a doubt.
Blank cells never come here: `is_blank` is asked first.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from changzhi_portal.names import tidy
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

BLANK_WORDS: Final = frozenset(
    {"", "无", "/", "//", "\\", "—", "——", "———", "–", "―", "─", "-", "--", "---", "暂无", "无。", "／", "－", "－－"}
    # What web systems and pandas write for nothing, in any case.
    | {"null", "<null>", "(null)", "[null]", "undefined", "nan", "none", "nat", "<na>", "n/a"}
    | {
        "na",
        ".",
        "..",
        "\\n",
        ".null.",
        "nil",
        "(空白)",
        "(blank)",
        "（空白）",
    }  # R, Stata, MySQL, FoxPro, pivot tables
)
_FIRST_OF_BLANK_WORDS: Final = "无暂nNuUｎＮｕＵ"  # of those that begin with a letter
CLEAR_WORD: Final = "清空"
KEEP_WORD: Final = "不改"  # in a column of personal data, like a mask: what is registered stays

_TRUE: Final = frozenset(
    {"是", "有", "√", "✓", "✔", "☑", "✅", "1", "y", "yes", "对", "true", "-1"}  # Access exports -1
    | {"已有", "已建", "建有", "已建立", "已成立", "已设立", "已组建", "已配备"}
)
_FALSE: Final = frozenset(
    {"否", "无", "没有", "×", "✗", "✘", "☐", "x", "0", "n", "no", "false"}
    | {"未有", "未建", "没建", "未建立", "未成立", "未设立", "未组建", "未配备"}
)
# Both choices with a box each, of which one is ticked: ■是□否, 是☑否☐, 是(√)否( ).
_TICKED = r"[■☑☒✅√✓✔●◼▣]"
_BOX = rf"\(?(?:(?P<{{}}>{_TICKED})|[□☐○◻])?\)?"
_BOXES_BEFORE = re.compile(rf"{_BOX.format('yes')}[是有]{_BOX.format('no')}[否无]")
_ONE_TICKED = re.compile(rf"{_TICKED}(?:(?P<yes>[是有])|[否无])")
_BOXES_BEHIND = re.compile(rf"[是有]{_BOX.format('yes')}[否无]{_BOX.format('no')}")

_UNIT = re.compile(r"(平方米|平方|平米|m2|㎡|元整|元|口人|口|人|户|个小时|小时|个|名|家|次|件|位|组|块|种|份)$")
AREA_UNITS: Final = frozenset({"平方米", "平方", "平米", "m2", "㎡"})
MONEY_UNITS: Final = frozenset({"元整", "元"})
COUNT_UNITS: Final = frozenset({"口人", "口", "人", "户", "个", "名", "家", "次", "件", "位", "组"})
THING_UNITS: Final = frozenset({"块", "种", "份"})  # of signs, ledgers, papers
SHEET_UNITS: Final = frozenset({"份", "人", "户"})  # of questionnaires
HOUR_UNITS: Final = frozenset({"小时", "个小时"})  # of volunteers
ANY_UNITS: Final = AREA_UNITS | MONEY_UNITS | COUNT_UNITS | THING_UNITS | SHEET_UNITS | HOUR_UNITS
# A small digit beside a number is a footnote's, or a power; NFKC would make one more digit of it.
_SMALL_DIGIT: Final = "[²³¹⁰⁴-⁹₀-₉①-⒛⓪-⓿❶-➓㉑-㉟㊱-㊿]"
_RAISED_DIGIT = re.compile(f"[0-9０-９][ \u3000]*{_SMALL_DIGIT}|{_SMALL_DIGIT}[ \u3000]*[0-9０-９]")
# Several numbers, each with its own unit: 286户720人, 共286户，720人.
_ANY_UNIT = "|".join(sorted(ANY_UNITS, key=len, reverse=True))
_SEVERAL_WITH_UNITS = re.compile(rf"\D?(?:\d[\d.,]*[万千百亿]?(?:{_ANY_UNIT})\D?){{2,}}")
_SEVERAL_NUMBERS = re.compile(r"\d[^\d.,]+\d")
_DIGITS_APART = re.compile(r"[0-9０-９]\s+[0-9０-９]")
# As programs group thousands: with a blank that does not break a line.
_GROUPED_BY_BLANKS = re.compile(r"[^\d\s]{0,3}\d{1,3}([\xa0\u2009\u202f]\d{3})+([^\d\s].*)?")
_UNIT_IN_BRACKETS = re.compile(
    r"\(([百千万亿]*(?:平方米|平方|平米|m2|元|口|人|户|个小时|小时|个|名|家|次|件|块|种|份)?)\)$"
)
_OWN_UNIT = re.compile(r"[百千万亿元]")  # a cell that says so itself does not count in its column's unit
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?")
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_MANY = {"万": Decimal(10_000), "千": Decimal(1_000), "百": Decimal(100), "亿": Decimal(100_000_000)}
_RANGE = re.compile(r"\d\s*(-|~|—|–|至|到)\s*\d")
_ABOUT = re.compile(r"^(约|大约|大概|近|左右)|(左右|上下)$")
_OVER = re.compile(r"\d.*(多|余|以上|几)")
_EXACT_DIGITS: Final = 15  # what Excel keeps of a number and shows; the rest is binary noise
_LIST_SEPARATORS = re.compile(r"[、，,;；/。\t\r\n]+")
_BOXES_OF_LIST = re.compile(rf"(?P<ticked>{_TICKED})|[□☐◻]")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?")
_DATE_OF_EXCEL = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2}|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{2}"
    r"|\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\d{1,2}月\d{1,2}日"
)
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+\d{2}")  # how Excel saves a long number as text: 1.40402E+17


def as_text(raw: Any) -> str:
    """Return a cell as tidy text: 3.0 → "3", dates in ISO, full-width digits narrowed, spaces folded."""
    if isinstance(raw, str):
        return tidy(raw)
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, datetime.datetime):
        return raw.date().isoformat() if raw.time() == datetime.time() else raw.isoformat(sep=" ")
    return str(raw)


def altered_by_excel(raw: Any) -> str:
    """Return what Excel shows of a cell of which it has made a date, a time or a truth value; "" for any other.

    Excel makes a date of 2020-6 and TRUE of some texts unless the column is formatted as text. Other programs write such
    cells as the texts true and 2020-06-01T00:00:00.000Z.
    """
    if isinstance(raw, str):
        text = raw.strip()
        if _TIMESTAMP.fullmatch(text):
            return text
        return text.upper() if text.upper() in {"TRUE", "FALSE"} else ""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, datetime.datetime):
        time = f" {raw.hour}:{raw.minute:02}" if raw.time() != datetime.time() else ""
        return f"{raw.year}/{raw.month}/{raw.day}{time}"
    if isinstance(raw, datetime.date):
        return f"{raw.year}/{raw.month}/{raw.day}"
    return f"{raw.hour}:{raw.minute:02}" if isinstance(raw, datetime.time) else ""


def looks_like_date_of_excel(text: str) -> bool:
    """Return whether a text is a date as Excel writes it into a .csv: 2020/6/1, Jun-20, 6月20日."""
    return _DATE_OF_EXCEL.fullmatch(text.strip()) is not None


def shortened_by_excel(raw: Any) -> str:
    """Return the text of a number that Excel has shortened in a .csv (1.40423E+11); "" for any other cell."""
    return tidy(raw) if isinstance(raw, str) and _LOST_DIGITS.fullmatch(tidy(raw)) else ""


def has_lost_digits(raw: Any) -> bool:
    """Whether a cell held a long number (a code, a certificate's number) of which Excel has kept 15 digits only."""
    if isinstance(raw, str):
        return shortened_by_excel(raw) != ""
    return isinstance(raw, int | float) and abs(raw) >= 10**_EXACT_DIGITS


def items_of(raw: Any) -> list[str]:
    """Return the items of a list in one cell, separated by 、 or another mark, by lines, or by spaces ("党员 活动" is two).

    A space beside a single character only spreads a word ("张 庄").
    """
    items: list[str] = []
    for part in _LIST_SEPARATORS.split(raw if isinstance(raw, str) else as_text(raw)):
        words = part.split()
        items += map(tidy, words if all(len(word) > 1 for word in words) else ["".join(words)])
    return items


def ticked_items(raw: Any) -> list[str] | None:
    """Return the ticked ones of choices with a box before each (☑登记 ☐街道备案); None for a text without such boxes."""
    if not isinstance(raw, str) or not _BOXES_OF_LIST.match(raw.strip()):
        return None
    boxes = [*_BOXES_OF_LIST.finditer(raw)]
    ends = [*(box.start() for box in boxes[1:]), len(raw)]
    items = [
        (box["ticked"], raw[box.end() : end].strip(" 、，,;；\t\r\n\u3000"))
        for box, end in zip(boxes, ends, strict=True)
    ]
    return [tidy(item) for ticked, item in items if ticked]


def is_blank(raw: Any) -> bool:
    """Return whether a cell says nothing: empty, or one of 无 / — 暂无 - null NaN.

    Columns where 无 means something ask themselves.
    """
    if not isinstance(raw, str):
        return False
    first = raw[:1]
    if first.isalnum() and first not in _FIRST_OF_BLANK_WORDS:  # most cells need no further test
        return False
    return tidy(raw).casefold() in BLANK_WORDS


def is_clear_word(raw: Any) -> bool:
    """Return whether a cell says 清空."""
    return isinstance(raw, str) and "空" in raw and tidy(raw) == CLEAR_WORD


def clean_name(raw: Any, *, max_length: int) -> str:
    """Return tidy text of at most `max_length` characters. Raises `too_long`."""
    text = as_text(raw)
    if len(text) > max_length:
        raise CellRefusedError("too_long", f"内容过长，最多{max_length}个字，现有{len(text)}个字")
    return text


def clean_number(raw: Any, *, units: Collection[str] = ANY_UNITS) -> Decimal | Doubtful:
    """Return a decimal number in the column's own unit.

    Reads 1,200 · ￥1,200 · 520㎡ · 520平方米 · 286口人 · 93（户） · 2.5万 · full-width digits. 约520 is read with a warning (`approximate_number`);
    a range or 多/余 is an error under the same code; anything else `bad_number`: also a unit that is none of `units`
    (720人 in a column of households), two numbers in one cell, and a number with a footnote's mark (286①).
    """
    if isinstance(raw, bool):
        raise CellRefusedError("bad_number", "应填数字")
    if isinstance(raw, int | float):
        if not math.isfinite(raw):
            raise CellRefusedError("bad_number", "应填数字（如520）")
        return Decimal(raw) if isinstance(raw, int) else Decimal(f"{raw:.{_EXACT_DIGITS}g}")
    if isinstance(raw, datetime.date | datetime.time):
        raise CellRefusedError("bad_number", "应填数字，这里是日期，请把单元格格式改为常规后重填")
    text = _text_of_number(str(raw))
    try:
        return _exact_number(text, units)
    except CellRefusedError:
        if _RANGE.search(text):
            raise CellRefusedError("approximate_number", "这里是一个范围，请填一个确定的数字") from None
        if _OVER.search(text):
            raise CellRefusedError("approximate_number", "这里是概数，请填一个确定的数字") from None
        stripped = _ABOUT.sub("", text)
        if stripped != text:
            value = _exact_number(stripped, units)
            return Doubtful(value, "approximate_number", f"按{format(value.normalize(), 'f')}读取，请核实准确数字")
        raise


def _text_of_number(raw: str) -> str:
    """Return a text without blanks, full-width characters, and brackets around its unit.

    Raises `bad_number` where that would join what are two numbers, or a number and the mark of a footnote.
    """
    reject_raised_digit(raw, "bad_number")
    if _DIGITS_APART.search(raw) and not _GROUPED_BY_BLANKS.fullmatch(raw.strip()):
        raise CellRefusedError("bad_number", "这里好像有几个数，请只留一个数，中间不要有空格或换行")
    text = unicodedata.normalize("NFKC", tidy(raw)).replace(" ", "").lstrip("'").removeprefix("¥")
    return _UNIT_IN_BRACKETS.sub(r"\1", text) if text.endswith(")") else text


def reject_raised_digit(raw: str, code: str) -> None:
    """Raise `code` for a digit with a small or circled digit beside it (286①, ¹730): the mark of a footnote."""
    if not raw.isascii() and _RAISED_DIGIT.search(raw):
        raise CellRefusedError(code, "数字旁边带了角标（如①），请删去角标，只留数字")


def _exact_number(text: str, units: Collection[str]) -> Decimal:
    if _SEVERAL_WITH_UNITS.fullmatch(text):
        raise CellRefusedError("bad_number", "这一格里写了几个数，只能填一个；请只留这一列的数，其余的填到各自的列")
    unit = _UNIT.search(text)
    if unit is not None and unit[1] not in units and text[0] in "+-.0123456789":
        raise CellRefusedError("bad_number", f"这里写的是“{unit[1]}”，与这一列的单位不符，请核对是不是填错了列")
    bare = text[: unit.start()] if unit is not None else text
    factor = Decimal(1)
    while bare and bare[-1] in _MANY:
        factor *= _MANY[bare[-1]]
        bare = bare[:-1]
    if _GROUPED_NUMBER.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN_NUMBER.fullmatch(bare.lower()):
        several = "这里好像有几个数或算式，请只填一个数字（如520）" if _SEVERAL_NUMBERS.search(bare) else ""
        raise CellRefusedError("bad_number", several or "应填数字（如520），不要填文字")
    return Decimal(bare) * factor


def clean_integer(raw: Any, *, maximum: int, units: Collection[str] = ANY_UNITS) -> int | Doubtful:
    """Return a count from 0 to `maximum`, of the `units` that may stand behind it.

    Raises `negative_number` and `bad_number`.
    """
    number = clean_number(raw, units=units)
    value = number.value if isinstance(number, Doubtful) else number
    if value < 0:
        raise CellRefusedError("negative_number", "不能是负数")
    if value != value.to_integral_value():
        raise CellRefusedError("bad_number", "应填整数")
    if value > maximum:
        raise CellRefusedError("bad_number", f"数字过大，最大{maximum}")
    return Doubtful(int(value), number.code, number.message) if isinstance(number, Doubtful) else int(value)


def clean_decimal(
    raw: Any,
    *,
    places: int,
    maximum: Decimal,
    multiplier: Decimal = Decimal(1),
    units: Collection[str] = ANY_UNITS,
) -> Decimal | Doubtful:
    """Return a number ≥ 0 with at most `places` decimals after multiplying (万元 → 元); further decimals are rounded.

    It is rounded before it is compared with the bounds, so that -0.001 is 0. A cell that names its own unit (12.5万元 in
    a column of 万元) is not multiplied once more.
    """
    number = clean_number(raw, units=units)
    if isinstance(raw, str) and _OWN_UNIT.search(raw):
        multiplier = Decimal(1)
    value = (number.value if isinstance(number, Doubtful) else number) * multiplier
    with suppress(InvalidOperation):  # more digits than a Decimal holds: far out of bounds
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if not value:
        value = abs(value)  # -0.00 becomes 0.00
    if value < 0:
        raise CellRefusedError("negative_number", "不能是负数")
    if value > maximum:
        raise CellRefusedError("bad_number", f"数字过大，最大{maximum}")
    return Doubtful(value, number.code, number.message) if isinstance(number, Doubtful) else value


def clean_boolean(raw: Any) -> bool:
    """Return what 是/否, 有/无, √/×, ☑/☐, 1/0, Y/N or ■是□否 say. Raises `bad_boolean`."""
    text = unicodedata.normalize("NFKC", as_text(raw)).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    compact = text.replace(" ", "")
    if ticked := _ONE_TICKED.fullmatch(compact):
        return ticked["yes"] is not None
    boxes = _BOXES_BEFORE.fullmatch(compact) or _BOXES_BEHIND.fullmatch(compact)
    if boxes is not None and (boxes["yes"] is None) != (boxes["no"] is None):
        return boxes["yes"] is not None
    raise CellRefusedError("bad_boolean", "只能填“是”或“否”")
