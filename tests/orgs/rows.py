"""Rows of the sheet 组织扶持."""

from __future__ import annotations

from typing import Any


def support_row(organization: str = "演示合唱团", **changes: Any) -> dict[str, Any]:
    """Return a room of 60 m² since March 2018 for an organization of 和平社区."""
    return {
        "受扶持组织": organization,
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": "和平社区",
        "扶持方式": "场地",
        "扶持起始日期": "2018年3月1日",
        "场地面积（㎡）": 60,
    } | changes
