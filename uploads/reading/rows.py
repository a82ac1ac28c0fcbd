"""Finding the data rows below a header, and filling values that a row takes over from rows above."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from typing import Final, cast

from changzhi_portal.names import fold
from uploads.reading.grid import MERGED_FIGURE, SURPLUS_FIELDS, Grid, RefusedCell, UnpairedQuote
from uploads.reading.header_search import is_numbering

# Spellings of "as above", with and without a space before and after.
_DITTO: Final[frozenset[object]] = frozenset(
    before + mark + after
    for before, mark, after in product(
        ("", " ", "\u3000"), ("〃", "″", '"', "＂", "〞", "“", "”", "''", "同上", "同 上", "同前"), ("", " ", "\u3000")
    )
)

# A row that does not match is no total, label or signature, and needs no further test; most rows are such.
_SPACE: Final = re.compile(r"\s+")
_SUSPECT: Final = re.compile(
    r"[计数均]|共\s*\d|[:：]|注|说明|签|盖章|填表|填报|制表|审核|负责人|汇总|总和|[Tt]otal|TOTAL"
)
_FIRST_TEXTS: Final = 6
_TOTAL: Final = re.compile(
    r"((本|全|以上|累计)?[页表村镇乡街道社区县市]{0,3})?(小计|合计|总计|共计|累计|总合计|合计数|总数|汇总|总和)"
    r"(\([^()]*\))?(\d+[^\d]{0,2})?|(?i:(grand|sub)?total)|(总|每[村户]|村|户|人)?(平均|均)[值数]?"
)
_NAMED_TOTAL: Final = re.compile(
    r".{1,40}(小计|合计|总计|汇总)|其中:.{1,20}|.{0,20}共计?\d{1,5}(个|家|人|户|名|项|处)[^\d]{0,6}"
)
_COUNT_OR_DASH: Final = re.compile(r"[共计约]?[+-]?[\d.,]+[^\d]{0,4}|[-—–/\\×*.]+|无|\d[\d年月日./-]*")
_LONGEST_COUNT: Final = 11  # more digits in a text are a code or an ID number, and belong to a record
_DECIMAL: Final = re.compile(r"([+-]?[\d,]+)\.\d+")  # a sum printed in full: 932.5500000000001
_FOOTER: Final = re.compile(
    r"(填表|填报|制表|制单|审核|审批|复核|核对|校对|经办|负责|分管|主管|主办|主要|领导|单位|部门|科室|联系|日期|时间|报送|报出"
    r"|统计|汇总|录入|编制|数据来源|局长|股长|科长|主任|附)[^:]{0,10}:.*"
    r"|(备?注|说明|填表说明|附注|注意事项)\d{0,2}[:、.].*|注\d.*"
    r"|.*\((签字|签章|盖章|公章)\):?.*",
    re.DOTALL,
)
_BARE_FOOTER: Final = re.compile(
    r"(备?注|说明|填表说明|附注|注意事项|填表人|填报人|制表人?|审核人?|复核人?|经办人|负责人|单位负责人|统计负责人"
    r"|填表日期|填报日期|填表时间|填报时间|联系电话|盖章|公章|签字)"
)
_LABEL: Final = re.compile(r"[^:\d]{1,12}:.*", re.DOTALL)  # 局长：王五
# A single text in a row that is no name: a remark, a section heading, a page number, a written date.
_LONELY: Final = re.compile(
    r"\([^()]*\)|[※*].*|(以上|上述|本表|此表|附件).*|\(?[一二三四五六七八九十]{1,3}[)、.].*"
    r"|第\d+页.*|共\d+页|[〇○零一二三四五六七八九]{4}年.{0,8}|.*。"
    r"|.{0,40}\([接转]?续[上前下]?[页表]?[一二三四五六七八九十\d]{0,2}\)|[接转]?续[上前下]?[页表][一二三四五六七八九十\d]{0,2}"
    r"|[（(]?[接转][上下前][页表][)）]?",
    re.DOTALL,
)
_RULE: Final = re.compile(r"[-—–―─━_=＿﹍…·~～*]{2,}")  # a line drawn with signs
_RULE_SIGNS: Final = frozenset("-—–―─━_=＿﹍…·~～*")
# A heading above the rows of one town or county: 古韩镇, 一、古韩镇, （二）王桥镇（12个）.
_NUMBER_BEFORE: Final = re.compile(r"\(?([一二三四五六七八九十]{1,3}|\d{1,3})[)、.,]+")
_NUMBER_ALONE: Final = re.compile(r"\(?([一二三四五六七八九十]{1,3}|\d{1,3}(\.0)?|[IVX]{1,4})[)、.,]?")
_REMARK_BEHIND: Final = re.compile(r"(\([^()]*\))?:?$")
_TOWN: Final = re.compile(
    r"(?![各全本所乡]).{1,20}(镇|乡|街道|街道办|办事处|开发区|工业园区|产业园区|新区|管委会|管理委员会)"
)
_LONGEST_HEADING: Final = 30
# A heading above records that are no longer, or not yet, what the table lists: 二、已注销, 离岗人员, 服务设施（拟建）.
_OVER: Final = "注销|撤销|撤并|停用|停办|离岗|离职|退出|退休|终止|作废|拆除|报废"
_PLANNED: Final = "(?:拟|待|计划(?!生育)|规划)(?:新?建|成立|注册|登记|备案|购买|投用|到岗|聘)?"
_OTHERS: Final = re.compile(
    rf"(?:\(?(?:[一二三四五六七八九十]{{1,3}}|\d{{1,2}})[)、.])?(?:本[月年]|今年|近期)?(?:"
    rf"(?:已|应|拟)(?:{_OVER})[^,。;:]{{0,12}}|(?:{_OVER}|{_PLANNED})的?(?:社会)?(?:名单|人员|组织|设施|项目|部分|组织名单)"
    rf"|[^,。;:()]{{2,12}}\((?:已?(?:{_OVER})|{_PLANNED})的?\)):?"
)
_SHORTEST_REPEAT: Final = 4  # characters that a text must share with the title to count as its repetition: 襄垣县民政局
_DATE: Final = re.compile(r"\d{4}[年./-]\d{1,2}([月./-]\d{1,2}日?|月)?")
# How a heading may end; most rows are rejected by this.
_PLACE_ENDS: Final = (*"镇乡县市道办处)）:： \u3000", "区", "管委会", "管理委员会")
_TOWN_ENDS: Final = ("镇", "乡", "街道", "办事处", "开发区")
_COUNTY: Final = re.compile(r".{1,10}[县市]|.{0,10}(城区|郊区|州区|党区|留区)")


@dataclass(slots=True)
class RawRow:
    """One data row of a sheet; `number` is Excel's, from 1."""

    sheet: str | None
    number: int
    fields: Mapping[int, str]  # column index → field, the same for all rows of a table
    values: Sequence[object]  # by column index, values of merged cells filled in
    section: Mapping[str, str]  # field → text: the town or county named by a heading above, for a row that names none

    @property
    def cells(self) -> dict[str, object]:
        """Return the raw values of the mapped columns by field."""
        return {name: self.values[index] for index, name in self.fields.items()}


class DataRows:
    """The data rows below a header: `rows`, the number of `skipped` rows, and `headings` that say the rows below are others.

    `fields` is the field of each mapped column by its index; `carried` are the columns in which the value of merged cells
    applies to all of their rows, `naming` those that name a record or its place. `stop` is the row after the table's last
    one, `left_out` are the rows of repeated headers and their titles, `title_rows` those of the table's own title, which may
    name the place of its rows.

    Totals, repeated headers, headings and footers are skipped and counted; rows without a value in a mapped column are
    skipped and not counted. A heading that names a town or county is given to the rows below it.

    A number in a cell merged beside several records is nobody's alone, and of a row with more fields than its header
    nothing says which is which: these cells are RefusedCell.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        header_rows: range,
        fields: Mapping[int, str],
        carried: Iterable[int],
        naming: Iterable[int] = (),
        titles: Iterable[str],
        stop: int | None = None,
        left_out: Container[int] = (),
        title_rows: Iterable[int] = (),
    ) -> None:
        self.rows: list[RawRow] = []
        self.skipped = 0
        self.headings: list[tuple[int, str]] = []
        self._section: dict[str, str] = {}
        self._name = grid.name
        self._fields = dict(fields)
        shared = set(carried)
        self._naming = frozenset(naming)
        indexes = tuple(fields)
        self._name_index = next((index for index, name in fields.items() if name == "community_name"), -1)
        self._width = max(indexes, default=-1) + 1
        self._values_of: Callable[[Sequence[object]], tuple[object, ...]] = (
            itemgetter(*indexes) if len(indexes) > 1 else lambda row: tuple(row[index] for index in indexes)
        )
        # A row that numbers the columns is no header to look for: a record may begin with 1 and have small figures.
        labels = [grid.rows[row] for row in header_rows if not is_numbering(grid.rows[row])]
        self._headers = [{_plain(cell) for cell in row if cell != ""} for row in labels]
        self._header_texts = {cell for row in labels for cell in row if cell != ""}
        self._titles = {_plain(title) for title in titles}
        self._merged = _merged_values(grid, header_rows.stop, shared)
        self._last_figure = max(self._fields.keys() - shared, default=-1)
        self._fields_of_header = (
            max((len(grid.rows[row]) for row in header_rows), default=0) if grid.is_delimited else 0
        )
        self._in_footer = False
        for number in title_rows:
            self._is_section(grid.rows[number])
        for number in range(header_rows.stop, len(grid.rows) if stop is None else stop):
            if number not in left_out:
                self._take(number, grid.rows[number])
            elif grid.rows[number]:
                self.skipped += 1
                self._is_section(grid.rows[number])
        self._refuse_merged_figures(grid, shared)

    def _refuse_merged_figures(self, grid: Grid, carried: set[int]) -> None:
        """Refuse each number that is merged over the cells of several records."""
        areas = [
            area for area in grid.merged if area[2] > area[0] and area[1] in self._fields and area[1] not in carried
        ]
        if not areas:
            return
        numbers = [row.number - 1 for row in self.rows]  # ascending
        for top, left, bottom, _ in areas:
            at = bisect_left(numbers, top)
            if at + 1 >= len(numbers) or numbers[at] != top or numbers[at + 1] > bottom:
                continue
            first = self.rows[at]
            if first.values[left] != "" and not isinstance(first.values[left], RefusedCell):
                values = list(first.values)
                values[left] = RefusedCell(str(values[left]).removesuffix(".0"), MERGED_FIGURE)
                first.values = values

    def _take(self, number: int, row: Sequence[object]) -> None:
        if not row:
            return
        if row.count("") == len(row) - 1 and self._is_heading_of_others(number, row):
            self.skipped += 1
            return
        if self._is_no_data(row):
            self.skipped += 1
            return
        if len(row) < self._width:
            row = [*row, *[""] * (self._width - len(row))]
        values = self._values_of(row)
        if values.count("") == len(values):
            return
        if not _DITTO.isdisjoint(values):
            if all(value == "" or value in _DITTO for value in values):
                return
            row = self._repeated(row)
        if self._has_surplus(row):
            row = [*row[:1], *(RefusedCell(str(cell), SURPLUS_FIELDS) if cell != "" else "" for cell in row[1:])]
        if number in self._merged:
            carried = self._merged[number]
            row = [carried.get(index, value) if value == "" else value for index, value in enumerate(row)]
        self.rows.append(RawRow(self._name, number + 1, self._fields, row, self._section))

    def _is_heading_of_others(self, number: int, row: Sequence[object]) -> bool:
        """Return whether a row is a heading of records that are no longer or not yet (二、已注销), and note it."""
        text = next(cell for cell in row if cell != "")
        if not isinstance(text, str) or len(text) > _LONGEST_HEADING or not _OTHERS.fullmatch(_plain(text)):
            return False
        self.headings.append((number + 1, text))
        return True

    def _has_surplus(self, row: Sequence[object]) -> bool:
        """Return whether a row of a delimited text has more fields than its header, and not for a wrong quotation mark."""
        if not self._fields_of_header or len(row) <= self._fields_of_header:
            return False
        surplus = list(row[self._fields_of_header :])
        while surplus and surplus[-1] == "":
            surplus.pop()
        if not surplus or any(isinstance(cell, UnpairedQuote) for cell in row):
            return False
        # A remark behind the columns shifts nothing: had commas in numbers done so, the last figure would be a text.
        ends = row[self._last_figure + 1 :][: len(surplus)] if self._last_figure >= 0 else [""]
        return any(cell == "" or _is_figure(cell) for cell in ends) or any(
            cell != "" and _is_figure(cell) for cell in surplus
        )

    def _repeated(self, row: Sequence[object]) -> list[object]:
        """Replace 〃 by the value above; without one it stays, and the column reports that it cannot be read."""
        repeated = list(row)
        for index in self._fields:
            above = self.rows[-1].values[index] if self.rows else ""
            if row[index] in _DITTO and above != "":
                repeated[index] = above
        return repeated

    def _is_no_data(self, row: Sequence[object]) -> bool:
        """Return whether a row is a total, a repeated header or a footer; most rows need only the test of `_SUSPECT`."""
        texts = cast(list[str], [cell for cell in row if cell.__class__ is str and cell][:_FIRST_TEXTS])
        if len(texts) <= 2:
            may_be_section = any(text.endswith(_PLACE_ENDS) for text in texts)
        else:
            name = row[self._name_index] if 0 <= self._name_index < len(row) else ""
            may_be_section = name.__class__ is str and name.endswith(_TOWN_ENDS)  # type: ignore[attr-defined]
        if may_be_section and self._is_section(row):
            return True
        if len(texts) == 1 and row.count("") == len(row) - 1:
            if self._is_lonely(texts[0]):
                return True
        elif self._in_footer:
            self._in_footer = False
        if texts and texts[0][0] in _RULE_SIGNS and _is_rule(row):
            return True
        if texts and texts[0] in self._header_texts and self._is_header(row):
            return True
        if not _SUSPECT.search("\n".join(texts)):
            return False
        if is_footer(row):
            self._in_footer = True
            return True
        return is_total(row, self._naming)

    def _is_lonely(self, text: str) -> bool:
        """Return whether the only text of a row is no data: a footer, heading, remark, date, or the title repeated."""
        plain = _plain(text)
        if self._in_footer or _LONELY.fullmatch(plain) or _DATE.fullmatch(plain):
            return True
        if plain.endswith(")") and any(plain.partition("(")[0] == title for title in self._titles):
            return True
        return any(plain == title or (len(plain) >= _SHORTEST_REPEAT and plain in title) for title in self._titles)

    def _is_section(self, row: Sequence[object]) -> bool:
        """Return whether a row only names the town or county of the rows below it, and remember that place.

        A number may be before the name. Figures may be behind it where it is in the column of communities: its totals.
        """
        filled = [index for index, cell in enumerate(row) if cell != ""]
        names = ((index, _place_in(cell)) for index in filled[:2] if isinstance(cell := row[index], str))
        at, name = next(((index, name) for index, name in names if name is not None), (0, None))
        if name is None or self._in_footer:
            return False
        before = [index for index in filled if index < at]
        behind = [row[index] for index in filled if index > at]
        if any(index in self._fields or not _NUMBER_ALONE.fullmatch(_plain(row[index])) for index in before):
            return False
        if behind and (self._fields.get(at) != "community_name" or not all(map(_is_figure, behind))):
            return False
        if _COUNTY.fullmatch(name):
            self._section = {"county": name}
        else:
            self._section = {**self._section, "town": name}
        return True

    def _is_header(self, row: Sequence[object]) -> bool:
        cells = [_plain(cell) for cell in row if cell != ""]
        return len(cells) >= 2 and any(
            sum(cell in header for cell in cells) > len(cells) / 2 for header in self._headers
        )


def _place_in(text: str) -> str | None:
    """Return the town or county that a heading names, without its number and a remark; None for any other text."""
    if len(text) > 40:
        return None
    plain = _REMARK_BEHIND.sub("", _plain(text))
    name = _NUMBER_BEFORE.sub("", plain, count=1) if _NUMBER_BEFORE.match(plain) else plain
    return name if _TOWN.fullmatch(name) or _COUNTY.fullmatch(name) else None


def _is_rule(row: Sequence[object]) -> bool:
    """Return whether a row is a line drawn with signs, in one cell or in several."""
    cells = [cell for cell in row if cell != ""]
    if not all(isinstance(cell, str) and _RULE_SIGNS.issuperset(cell.strip()) for cell in cells):
        return False
    return len(cells) >= 2 or _RULE.fullmatch(str(cells[0]).strip()) is not None


def is_ditto(cell: object) -> bool:
    """Return whether a cell means "as above" (〃, 同上)."""
    return cell in _DITTO


def is_total(row: Sequence[object], naming: Iterable[int] = ()) -> bool:
    """Return whether a row is a total: it is named 合计 or similar, and behind that are only numbers and dashes.

    `naming` are the columns that name a record or its place; where they are blank the first text names the row. A text in
    any other column is what a record says of itself: the remark 网格员共3人 makes no total. "古韩镇小计" is a total too; a
    community called 合计村, or an organization with figures and a category, is not.
    """
    columns = [index for index in naming if index < len(row) and row[index] != ""]
    names = {index: _name(cell) for index in columns if isinstance(cell := row[index], str)}
    if all(map(_is_figure, names.values())):
        if any(_is_code(row[index]) for index in columns):
            return False
        texts = ((index, _name(cell)) for index, cell in enumerate(row) if isinstance(cell, str) and cell)
        names |= dict(
            [next(((index, text) for index, text in texts if not _is_figure(text) or _counts(text)), (-1, ""))]
        )
    totals = [index for index, name in names.items() if _TOTAL.fullmatch(name) or _NAMED_TOTAL.fullmatch(name)]
    if not totals:
        return False
    cells = [_name(cell) if isinstance(cell, str) else cell for cell in row]
    if any(isinstance(cell, str) and _digits_in(cell) > _LONGEST_COUNT for cell in cells):
        return False
    first = next(index for index, cell in enumerate(cells) if cell != "")
    for index in totals:
        words = sum(1 for cell in cells[index + 1 :] if cell != "" and not _is_figure(cell))
        if words == 0 or (index == first and words <= 2 and _TOTAL.fullmatch(names[index])):
            return True
    return False


def _name(text: str) -> str:
    return _plain(text).rstrip(":")


def _counts(text: str) -> bool:
    """Return whether a text says how many there are (共12个), as only a total does in the place of a name."""
    return _NAMED_TOTAL.fullmatch(text) is not None


def _is_code(cell: object) -> bool:
    """Return whether a number is too long for a count of places or records."""
    return isinstance(cell, int | float) and abs(cell) >= 10**_LONGEST_COUNT


def _digits_in(text: str) -> int:
    """Return the number of digits in a text; of a decimal number, of those before the point."""
    decimal = _DECIMAL.fullmatch(text)
    return sum(map(str.isdigit, decimal[1] if decimal else text))


def _is_figure(cell: object) -> bool:
    return not isinstance(cell, str) or _COUNT_OR_DASH.fullmatch(cell) is not None


def is_footer(row: Sequence[object]) -> bool:
    """Return whether a row is a signature or a remark: it begins with such a label, or consists of labels only."""
    cells = [_plain(cell) if isinstance(cell, str) else "" for cell in row if cell != ""]
    if not cells[0]:
        return False
    bare = sum(_BARE_FOOTER.fullmatch(cell) is not None for cell in cells)
    is_bare = _BARE_FOOTER.fullmatch(cells[0]) is not None and (len(cells) <= 2 or bare >= 2)
    return is_bare or _FOOTER.fullmatch(cells[0]) is not None or all(map(_LABEL.fullmatch, cells))


def _plain(cell: object) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", fold(str(cell))))


def _merged_values(grid: Grid, first_row: int, carried: set[int]) -> dict[int, dict[int, object]]:
    """Return by row and column the value of the merged cell that covers it, for the columns in `carried`."""
    values: dict[int, dict[int, object]] = {}
    free_from: dict[int, int] = {}  # by column; fills each cell once where merged ranges overlap (not from Excel)
    for top, left, bottom, _ in sorted(grid.merged):
        if left not in carried or bottom <= top or top < first_row or top >= len(grid.rows):
            continue
        row = grid.rows[top]
        value = row[left] if left < len(row) else ""
        start = max(top + 1, free_from.get(left, 0))
        stop = min(bottom + 1, len(grid.rows))
        free_from[left] = max(stop, free_from.get(left, 0))
        if value != "":
            for covered in range(start, stop):
                values.setdefault(covered, {})[left] = value
    return values
