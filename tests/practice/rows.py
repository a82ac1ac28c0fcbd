"""Rows of the sheet of documents."""

from __future__ import annotations

from typing import Any


def document_row(community: str = "", **changes: Any) -> dict[str, Any]:
    """Return a row: the 实施方案 of 城区, with a community its development plan."""
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道" if community else "",
        "社区名称": community,
        "类别": "社区发展规划" if community else "实施方案",
        "文号": "演示城民发〔2018〕3号",
        "标题": "演示文件",
        "印发日期": "2018年3月1日",
    } | changes
