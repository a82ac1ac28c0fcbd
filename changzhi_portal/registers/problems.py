"""Problems found in rows and sheets: one code, one level, one Chinese sentence each (codes: docs/spreadsheets.md §5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from changzhi_portal.personal_numbers import mask_slipped_numbers


class Level(StrEnum):
    """An error keeps its row out; a warning lets it pass."""

    ERROR = "error"
    WARNING = "warning"


WARNING_CODES = frozenset(
    {
        "activity_area_exceeds_area",
        "approximate_date",
        "area_code_unusual",
        "contradicts_project",
        "heading_not_read",
        "inadvisable",
        "lost_character",
        "outlier",
        "similar_name",
        "unknown_column",
        "old_place_name",
        "other_month",
        "over_budget",
        "wrong_register",  # of one sheet among others; of a whole file it is a refusal
    }
)

# What each code is called where problems are sorted by kind.
CODE_TITLES = {
    "required": "必填项没有填",
    "bad_number": "数字不对",
    "bad_date": "日期不对",
    "bad_choice": "不在选项里",
    "bad_boolean": "不是“是”或“否”",
    "bad_formula": "公式出错",
    "unpaired_quote": "引号没有成对",
    "negative_number": "负数",
    "bad_credit_code": "信用代码不对",
    "bad_id_number": "身份证号不对",
    "damaged_id_number": "号码丢了位数",
    "damaged_text": "被Excel改成日期或TRUE",
    "bad_phone": "电话不对",
    "unknown_place": "找不到这个地方",
    "ambiguous_place": "地名不唯一",
    "out_of_scope": "不属于本单位",
    "duplicate_in_file": "文件里重复",
    "conflicting_key": "与已有记录冲突",
    "date_order": "日期先后颠倒",
    "future_date": "日期晚于今天",
    "too_long": "内容过长",
    "personal_text": "写了个人号码",
    "locked_period": "月份已锁定",
    "approximate_number": "不是确数",
    "approximate_date": "日期只有年月",
    "lost_character": "丢了字",
    "area_code_unusual": "身份证地区码少见",
    "outlier": "数值反常",
    "activity_area_exceeds_area": "活动面积大于建筑面积",
    "similar_name": "名称只差一个字",
    "old_place_name": "用了旧地名",
    "over_budget": "超过预算或合同",
    "contradicts_project": "与项目登记不符",
    "not_admissible": "不符合准入规定",
    "inadvisable": "与减负要求不符",
}


def cell_address(row: int, column: int) -> str:
    """Return the address of a cell as Excel shows it; `row` counts from 1, `column` from 0 (A)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


@dataclass(slots=True)
class Problem:
    """One thing wrong with a field of a row, or with a sheet. A row of a form or the API has a field but no cell."""

    code: str
    message: str
    level: Level
    sheet: str | None = None
    cell: str = ""
    field: str = ""
    column: str = ""  # the header, set together with `value` once a row has been checked
    value: str = ""  # as the user wrote it; masked for personal columns

    def as_json(self) -> dict[str, Any]:
        """Return the problem as the page's data and `upload --json` give it."""
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "column": mask_slipped_numbers(self.column),
            "value": mask_slipped_numbers(self.value),
            "code": self.code,
            "level": str(self.level),
            "message": mask_slipped_numbers(self.message),
        }


class CellRefusedError(ValueError):
    """A cell that cannot be read; becomes an error of its row."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A cell that was read, but that the user should look at; becomes a warning of its row."""

    value: Any
    code: str
    message: str
