"""Rows of the sheets of matters at the counter, as offices write them."""

from __future__ import annotations

from typing import Any


def item_row(code: str = "SX-1", **changes: Any) -> dict[str, Any]:
    """Return a row of an item of five working days."""
    return {
        "事项编码": code,
        "名称": "演示高龄津贴申请",
        "类型": "行政给付",
        "服务对象": "自然人",
        "办件类型": "承诺件",
        "法定时限（工作日）": 20,
        "承诺时限（工作日）": 5,
        "通办范围": "全市",
        "申请材料": "1.居民身份证（可免交，有效12个月）；2.照片（非必要）",
        "起": "2018-01-01",
    } | changes


def route_row(code: str = "SX-1", **changes: Any) -> dict[str, Any]:
    """Return a row of a route of the uploader's own division, decided by 统计局."""
    return {"事项编码": code, "承办部门": "统计局", "进驻综合窗口": "是", "起": "2018-01-01"} | changes
