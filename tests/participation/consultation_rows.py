"""Rows of the sheet 协商."""

from __future__ import annotations

from typing import Any


def consultation_row(community: str = "和平社区", **changes: Any) -> dict[str, Any]:
    """Return a council of 32 people on 12 June 2018 with 演示合唱团, which agreed on a lift by the end of September."""
    return {
        "协商日期": "2018年6月12日",
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": community,
        "协商形式": "议事会",
        "协商议题": "小区加装电梯",
        "参加人数": "32人",
        "参加的社会组织": "演示合唱团",
        "协商结果": "一致",
        "办理期限": "2018-09-30",
    } | changes
