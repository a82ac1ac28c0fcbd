"""The headers of a register's columns, compared with those in a file; and a header found in a sheet."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from changzhi_portal.names import fold
from changzhi_portal.registers.problems import cell_address
from uploads.reading.column_times import ColumnTime, split_times, time_in

if TYPE_CHECKING:
    from changzhi_portal.registers.columns import Column


UNIT: Final = "m2|m\\^2|平方米|平米|亿元|百万元|万元|千元|元|人|户|个|家|名|次|件|%|岁|年|米"
BRACKETS: Final = str.maketrans("[]{}〔〕〈〉《》【】", "()()()()()()")
_IGNORED_SIGNS: Final = re.compile(r"[\s*:;、,.。_\"'“”‘’·★☆▲#\u200b\ufeff]")
# A share (%) is not the figure itself, so that this sign stays.
_UNIT_IN_BRACKETS: Final = re.compile(rf"\((?:单位)?(?:(?!%)(?:{UNIT}))\)")
_UNIT_AT_END: Final = re.compile(rf"[/-]?(?:(?!%)(?:{UNIT}))$")
_BRACKET_AT_END: Final = re.compile(
    r"\((?![^()]*[万亿亩])[^()]*\)$"
)  # except units such as 万人: its figures are not in 人
# What narrows a figure to a part of it, in a heading above a column or in a remark behind its name.
_PART: Final = re.compile(
    r"其中.|低保|贫困|脱贫|特困|五保|流动|外来|外出|户籍|残疾|老年|老人|老龄|\d+周?岁|儿童|留守|空巢|独居|[男女]|退役|优抚|失独"
    r"|在建|占地|拟建|闲置|出租|新增|减少|增减|迁入|迁出|出生|死亡|不含"
)
# What does so in a remark only, or gives the figure another unit.
_PART_IN_REMARK: Final = re.compile(
    r"党员|团员|骨干|志愿|兼职|专职|学生|妇|劳动力|就业|失业|集体户|空挂|搬迁|困难|农业|城镇|非农|使用|实用|套内|室[内外]|露天"
    r"|院落|地下|附属|财政|自筹|配套|本级|首付|未付|余额|尾款|公顷|[十百千万亿亩/每]"
)
# The same of a count or an area only: the money of a project for 困难家庭 is all of it.
_GROUPS: Final = (
    r"困难|农业(?!农村)|党员(?!群众)|建档|立卡|民族(?![村乡])|[回满汉]族|计生|特殊家庭|特扶|低收入|边缘户|边缘家庭|大病|信教|侨|军[人属]|军烈属"
    r"|租[户住用赁房借]|[出承]租|商[户铺贩]|门市|个体户|暂住|寄住|借住|空户|空置|青年|青少年|未成年|育龄|适龄|学龄|周岁|在校"
    r"|比例|占比|比重|百分比|[长比减得化]率|增[幅速]|同比|环比|人户分离"
)
_GROUP: Final = re.compile(rf"{_GROUPS}|(?:规划|设计|缺口|预计|应建|应有)(?:面积|户数|人数|数|指标)?$")
_GROUP_IN_REMARK: Final = re.compile(
    r"规划|设计|缺口|不足|尚缺|差额|预计|预期|应[有建]|目标|计划(?!生育)|待[建批]|租|商|自[有建]|借用|合用|共用|公摊|分摊"
    r"|(?:[一二三四五六七八九十东西南北中前后\d]|第.)+(?:小组|[组队楼栋层期片区院])|小区|网格|片区|单元|%"
)
_INCLUDES: Final = ("含", "包括", "包含", "包", "按", "以", "共")  # such a remark leaves the figure whole
# What looks like a part in a remark and is none: how often it is updated, both parts together, what the unit is per.
_WHOLE: Final = re.compile(
    r"每(?:个?[年月季周日天]度?|半年|旬)[初末底]?(?:\d{1,2}[日号]前?)?(?:更新|填报|上报|报送|填写|填|报|统计|核实?)(?:一次)?"
    r"|(?:男[+和及与]?女|各[组队片楼类项村][别片]?|城乡|全部|农业[和及与]?非农业?)(?:合计|总计|总数|总和|之和|共计|一共)|^男[+和及与]?女$"
    r"|^(?:[户人个家名](?:次)?/[个处所家名村]|(?:平方米?|平米|m2|m\^2)/[个处所座栋套])$"
)
# Headings that name the subject and narrow nothing but the number of people: 户籍情况 over 户数.
_SUBJECT: Final = re.compile(
    r"户籍(?:基本)?(?:情况|信息|状况)|(?:常住|户籍)(?:人口)?[及和与暨](?:流动|外来|户籍|常住)(?:人口)?|常住流动人口"
)
# The name of a facility is no part of its area: 老年活动中心, 党员活动室.
_PLACE_FOR: Final = re.compile(
    r"(?:老年人?|老人|儿童|残疾人?|党员|退役军人|青少年|青年)[^()]{0,8}(?:中心|[站室]|之家|驿站|食堂)"
)
# The number of a question in a web form, and the mark of a footnote: 1、社区名称, 户数①, 常住人口[2].
_QUESTION: Final = re.compile(r"^\s*[*＊]?\s*(?:[Qq第]?\d{1,2}题?\s*[、.．:：)）]|[(（]\d{1,2}[)）])\s*[*＊]?(?=\D)")
_FOOTNOTE: Final = re.compile(r"(?:[①-⑳❶-❿⓵-⓾¹²³⁴-⁹]|(?<![a-zA-Z])[※◆◇△▲*]|[\[［【〔]\d[\]］】〕])+$")
_BRACKETED: Final = re.compile(r"\([^()]*\)")
# The column of a total among its parts (合计, 其中：男, 女) is the one that the register asks for.
_TOTALS: Final = frozenset({"合计", "小计", "总计", "合计数", "总数", "计", "全部", "总人数", "总量"})
_TOTAL_AT_END: Final = re.compile(r"(?:合计|小计|总计)$")
_SERIAL: Final = frozenset({"序号", "序", "no", "行号", "顺序号", "次序", "栏次"})


@lru_cache(maxsize=8_192)
def normal_header(text: str) -> str:
    """Return a header for comparing: NFKC, one kind of brackets, without spaces, line breaks, signs and bracketed units."""
    plain = unicodedata.normalize("NFKC", fold(text)).translate(BRACKETS)
    return _UNIT_IN_BRACKETS.sub("", _IGNORED_SIGNS.sub("", plain).casefold())


def mapping_name(header: str, ordinal: int, count: int) -> str:
    """Return the name by which an office's mapping of a column is stored: its normalised header.

    Of several columns of the same name each has its own: with its `ordinal` and their `count` after a sign that no normalised
    header has. In a file with one more of them the ordinals may mean other columns.
    """
    return f"{header}#{ordinal}/{count}" if ordinal else header


def is_serial(header: str) -> bool:
    """Return whether a normalised header is that of a serial number (序号)."""
    return header in _SERIAL


class Fit(IntEnum):
    """How a header was matched to its field, the most certain first."""

    REMEMBERED = 0
    EXACT = 1
    LOOSE = 2  # after removing a remark or unit at its end


class Match(NamedTuple):
    """The field that a column's labels match, and how.

    `is_whole` tells that the whole header is the register's own name of the column. `time` is the time of the figures,
    where the header names one; it `is_aside` when it is in a heading across several columns or in a longer remark.
    """

    fit: Fit
    field: str
    is_whole: bool = False
    time: ColumnTime | None = None
    is_aside: bool = False

    @property
    def rank(self) -> tuple[int, bool]:
        """Return how certain the match is, for comparing it with that of another column of the same field."""
        return self.fit, not self.is_whole


class Matcher:
    """Matcher of headers to the fields of a register's columns.

    `remembered` maps names of columns (`mapping_name`) to fields, as an office has mapped them before; "" means to
    ignore the column.
    """

    def __init__(self, columns: Iterable[Column], remembered: Mapping[str, str] | None = None) -> None:
        self._fields: dict[str, str] = {}
        self._own_names: set[str] = set()
        self._figures: set[str] = set()
        self._money: set[str] = set()
        for column in columns:
            if column.is_figure:
                self._figures.add(column.field)
            if column.counts_yuan:
                self._money.add(column.field)
            self._own_names.add(normal_header(column.header))
            for spelling in (column.header, *column.spellings):
                self._fields.setdefault(normal_header(spelling), column.field)
        fields = {*self._fields.values(), ""}
        self._remembered = {name: known for name, known in (remembered or {}).items() if known in fields}
        self._known: dict[tuple[str, ...], Match | None] = {}

    def find(self, labels: tuple[str, ...], ordinal: int = 0, count: int = 0) -> Match | None:
        """Return the field that a column's labels (from the top header row down) match, and how; None without a match.

        `ordinal` and `count` are those of `HeaderColumn`.
        """
        if ordinal and (name := mapping_name(_names(labels)[0], ordinal, count)) in self._remembered:
            return Match(Fit.REMEMBERED, self._remembered[name])
        if labels not in self._known:
            self._known[labels] = self._find(labels)
        return self._known[labels]

    def knows(self, text: str) -> bool:
        """Return whether a text is the header of a column; unlike `find`, for any text of a file, so without a cache."""
        return self._find((text,)) is not None

    def _find(self, labels: tuple[str, ...]) -> Match | None:
        names = _names(labels)
        if names[0] in self._remembered:
            return Match(Fit.REMEMBERED, self._remembered[names[0]])
        if match := self._find_plain(labels, names):
            return match
        bare = tuple(_FOOTNOTE.sub("", _QUESTION.sub("", label)) for label in labels)
        return self._find(bare) if bare != labels and all(bare) else None

    def _find_plain(self, labels: tuple[str, ...], names: tuple[str, ...]) -> Match | None:
        """Return what labels match that are not mapped by hand; a figure is not matched by a part of it."""
        kept = tuple(label for label in labels if normal_header(label) not in _TOTALS)
        if kept and len(kept) < len(labels):
            return self._find(kept)
        for depth, name in enumerate(names):
            if name in self._fields and not self._is_part(name, labels[:depth]):
                heading = _time_of_headings(labels[:depth])
                if self._is_flow(name, heading):
                    continue
                is_whole = depth == 0 and name in self._own_names
                return Match(Fit.EXACT, self._fields[name], is_whole, heading, heading is not None)
        for name in names:
            for rest, time in split_times(name):
                for form in (rest, *_shorter(rest)):
                    if form in self._fields and not self._is_flow(form, time) and not self._is_part_in(rest, form):
                        return Match(Fit.EXACT, self._fields[form], time=time)
        for depth, name in enumerate(names):
            for form in _shorter(name):
                if form in self._fields and not self._is_part_in(name, form):
                    if self._is_part(form, labels[:depth]):
                        continue
                    remarks = _BRACKETED.findall(name)
                    said = (time_in(remarks[-1]) if remarks else None) or _time_of_headings(labels[:depth])
                    if not self._is_flow(form, said):
                        return Match(Fit.LOOSE, self._fields[form], time=said, is_aside=said is not None)
        return None

    def _is_part(self, name: str, headings: Sequence[str]) -> bool:
        """Return whether a heading above narrows a figure to a part of it: the 户数 under 低保 are no households."""
        field = self._fields[name]
        if field not in self._figures:
            return False
        for heading in map(normal_header, headings):
            said = _PLACE_FOR.sub("", heading) if name.endswith("面积") else heading
            if "人" not in name or "常住" in name:
                said = _SUBJECT.sub("", said)
            if _PART.search(said) or (field not in self._money and _GROUP.search(said)):
                return True
        return False

    def _is_part_in(self, name: str, form: str) -> bool:
        """Return whether the remark in brackets, without which `name` is `form`, may narrow a figure or change its unit."""
        field = self._fields[form]
        if field not in self._figures or not name.startswith(form):
            return False
        remark = _WHOLE.sub("", name[len(form) :].strip("()"))
        if not name.endswith(")") or remark.startswith(_INCLUDES):
            return False
        if _PART.search(remark) or _PART_IN_REMARK.search(remark):
            return True
        return field not in self._money and bool(_GROUP.search(remark) or _GROUP_IN_REMARK.search(remark))

    def _is_flow(self, name: str, time: ColumnTime | None) -> bool:
        """Return whether a header means the money of one month or year (本月已拨付), where the register has the whole."""
        return time is not None and time.is_of_period and self._fields[name] in self._money


@lru_cache(maxsize=8_192)
def _names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the normalised names to try for a column: its labels joined, first all, then without the upper rows.

    负责人/姓名 is tried as 负责人姓名 and 姓名, 基本数据/户数 as 基本数据户数 and 户数.
    """
    return tuple(normal_header("".join(labels[start:])) for start in range(len(labels)))


@lru_cache(maxsize=8_192)
def _shorter(name: str) -> tuple[str, str, str]:
    """Return a name without a remark in brackets, without a unit, and without 合计 at its end."""
    return _BRACKET_AT_END.sub("", name), _UNIT_AT_END.sub("", name), _TOTAL_AT_END.sub("", name)


def _time_of_headings(headings: Sequence[str]) -> ColumnTime | None:
    """Return the time that a heading above a column names, the nearest first."""
    times = (time_in(normal_header(heading)) for heading in reversed(headings))
    return next((time for time in times if time is not None), None)


@dataclass(slots=True)
class HeaderColumn:
    """A labelled column of a header: column index, row of its lowest label, and its labels from top to bottom.

    `ordinal` counts from 1 among the `count` columns of the same name; both are 0 for a column whose name no other has.
    """

    index: int
    row: int
    labels: tuple[str, ...]
    ordinal: int = 0
    count: int = 0

    @property
    def text(self) -> str:
        """Return the header as written, its rows joined."""
        return " ".join("".join(label.split("\n")).strip() for label in self.labels)

    @property
    def title(self) -> str:
        """Return the header as users are told it: that of one of several columns of the same name says which it is."""
        return f"{self.text}（第{self.ordinal}个，{cell_address(1, self.index)[:-1]}列）" if self.ordinal else self.text

    @property
    def name(self) -> str:
        """Return the name by which an office's mapping of the column is stored."""
        return mapping_name(_names(self.labels)[0], self.ordinal, self.count)


def number_repeated(columns: Sequence[HeaderColumn]) -> None:
    """Set the ordinals and counts of the columns of one header that have the same name."""
    names = [_names(column.labels)[0] for column in columns]
    counts, seen = Counter(names), Counter[str]()
    for column, name in zip(columns, names, strict=True):
        if name and counts[name] > 1:
            seen[name] += 1
            column.ordinal, column.count = seen[name], counts[name]


@dataclass(slots=True)
class Header:
    """The header of a sheet: first and last row (from 0), its columns, and the field of each matched column."""

    first: int
    last: int
    columns: list[HeaderColumn]
    fields: dict[int, str] = field(default_factory=dict)  # column index → field
    ignored: set[int] = field(default_factory=set)  # columns that the office has chosen to ignore
    # Field → the columns between which only the user can choose; none of them is in `fields`.
    doubts: dict[str, list[HeaderColumn]] = field(default_factory=dict)
    earlier: dict[int, str] = field(default_factory=dict)  # columns of another month or of a former version
    spare: dict[int, str] = field(default_factory=dict)  # columns that would fit too; another one was more certain
    boxes: set[int] = field(default_factory=set)  # columns of explanations beside the table
    other_units: dict[int, tuple[str, str]] = field(
        default_factory=dict
    )  # column → its field and the unit above the table
    depends_on_month: bool = False  # whether a column was chosen or left out by the month of the file

    @property
    def mentioned(self) -> set[str]:
        """Return the fields that have a column in the header, read or not."""
        return {*self.fields.values(), *self.doubts, *self.earlier.values()}

    def labels(self) -> dict[int, HeaderColumn]:
        """Return the columns by index."""
        return {column.index: column for column in self.columns}
