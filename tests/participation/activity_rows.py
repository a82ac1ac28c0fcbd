"""Rows of the sheet 活动."""

from __future__ import annotations

from typing import Any


def activity_row(community: str = "和平社区", **changes: Any) -> dict[str, Any]:
    """Return an activity of neighbours on 5 June 2018, held by 演示合唱团."""
    return {
        "活动日期": "2018年6月5日",
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": community,
        "活动名称": "邻里节",
        "活动类型": "邻里互助",
        "开展组织": "演示合唱团",
        "参加人数": "40人",
    } | changes
