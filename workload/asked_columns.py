"""Ask nothing twice: which columns of a ledger or survey the portal holds already [四（一）4].

A column is held when a register declares it, under its header or one of the other spellings that offices use, or when an
item in force in the same area collects it. Words are compared without numbering, units and brackets. Columns that only
say which record is meant (places, names, numbers), remarks, and personal data are never taken from the registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from changzhi_portal.names import comparable
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.registry import registers

HELD: Final = "系统已有，不得重复采集"
_NUMBERING = re.compile(r"^(?:[(（]?[0-9一二三四五六七八九十]{1,3}[)）、:：]|[0-9]{1,3}[.．](?![0-9]))\s*")
# What stands in brackets and is only the unit: 户数（户）. Other brackets narrow what is asked: 常住人口（60岁以上）.
_UNIT = re.compile(r"\((?:单位:?)?(?:户|人|名|个|处|家|元|万元|m2|平方米|平米|人次|次|件|是/否|是或否|年/月/日)\)")
_ANY_BRACKETS = re.compile(r"\([^()]*\)")
_SIGNS = re.compile(r"[()\[\]【】\"'“”‘’:;,。.、*_\-—·/]+")
# Words that say nothing without the record that they stand beside.
_SAYS_NOTHING: Final = frozenset(
    comparable(word)
    for word in (
        *(
            "名称",
            "编号",
            "序号",
            "备注",
            "说明",
            "状态",
            "类型",
            "类别",
            "功能",
            "产权",
            "岗位",
            "职务",
            "级别",
            "性别",
        ),
        *(
            "负责人",
            "负责人姓名",
            "姓名",
            "小组数",
            "代表数",
            "预算",
            "绩效",
            "登记日期",
            "备案日期",
            "数据日期",
            "数据时间",
        ),
        *("统计日期", "统计时间", "开始日期", "开始时间", "结束日期", "结束时间", "签订日期", "签订时间", "使用时间"),
        # Of one payment, review, training, activity or document, and not of a community.
        *("标题", "文号", "文件编号", "用途", "金额", "期次", "得分", "评分", "学时", "学时数", "服务时长", "服务人群"),
        *("参加人数", "参与人数", "志愿者", "志愿者数", "志愿者人数", "服务人员", "活动时间", "活动日期", "开展日期"),
        *("起始日期", "终止日期", "截止日期", "失效日期", "有效期至", "开展时间", "印发日期", "印发时间", "场地面积"),
        *("面积", "成员数", "成立日期", "成立时间", "服务对象", "年度", "起", "止", "代表", "小组", "人数", "数量"),
    )
)
# Columns that name a person.
_WHO: Final = frozenset({"姓名", "负责人"})
# An app's register of what is asked is no fact about communities.
_ABOUT_ASKING: Final = "workload"


class HeldColumn(NamedTuple):
    """A column that is held already: as the application writes it, and what holds it: a register's column, or an item."""

    asked: str
    source: str
    column: str

    @property
    def sentence(self) -> str:
        """Return the line that the pages show: 户数：系统已有，不得重复采集（社区登记表“户数”）."""
        return f"{self.asked}：{HELD}（{self.where}）"

    @property
    def where(self) -> str:
        """Return what holds it."""
        return f"{self.source}“{self.column}”"


def column_key(text: str) -> str:
    """Return a column's name as it is compared: without numbering, units, signs and spaces."""
    bare = _UNIT.sub("", comparable(_NUMBERING.sub("", text.strip())))
    return _SIGNS.sub("", bare)


def _keys_of(words: Iterable[str]) -> list[str]:
    """Return the keys of a column's header and spellings: 居（村）民小组数 also goes by 居民小组数."""
    found = [key for word in words for key in (column_key(word), column_key(_ANY_BRACKETS.sub("", comparable(word))))]
    return [key for key in dict.fromkeys(found) if key and key not in _SAYS_NOTHING]


def _is_fact(column: Column) -> bool:
    """Return whether a register's column says something about a community, and no more than which record is meant."""
    says_something = column.model is not None and column.attribute != "note"
    return says_something and not column.is_personal and column.header not in _WHO


@cache
def register_columns() -> dict[str, tuple[str, str]]:
    """Return title of the register and header of every column that can be taken from a register, by each of its keys.

    A word that several columns go by belongs to the first register that has it, in the order of upload.
    """
    found: dict[str, tuple[str, str]] = {}
    for register in registers():
        if register.model._meta.app_label == _ABOUT_ASKING:
            continue
        for column in register.columns:
            if _is_fact(column):
                for key in _keys_of((column.header, *column.spellings)):
                    found.setdefault(key, (f"{register.title}登记表", column.header))
    return found


def held_columns(asked: Iterable[str], in_force: Iterable[tuple[str, str, Iterable[str]]] = ()) -> list[HeldColumn]:
    """Return the columns, of those asked for, that are held already, in their order.

    `in_force` are number, name and columns of the items that collect something in the area.
    """
    known = dict(register_columns())
    for number, name, columns in in_force:
        for column in columns:
            key = column_key(column)
            if key and key not in _SAYS_NOTHING:
                known.setdefault(key, (f"{number} {name}", column))
    return [HeldColumn(name, *known[key]) for name in asked if (key := column_key(name)) in known]
