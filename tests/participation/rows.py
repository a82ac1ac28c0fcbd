"""Rows of 调查结果 as offices fill them in."""

from __future__ import annotations

from typing import Any


def row(survey: Any, community: str = "和平社区", question: str = "总体", **changes: Any) -> dict[str, Any]:
    """Return a row of a satisfaction survey with 50 valid answers of 60."""
    return {
        "调查": str(survey),
        "社区名称": community,
        "题目": question,
        "发放（份）": 60,
        "非常满意": 20,
        "满意": 15,
        "基本满意": 10,
        "不满意": 4,
        "非常不满意": 1,
        "不了解": 3,
        "选择数": "",
    } | changes


def needs_row(survey: Any, question: str = "老年食堂", **changes: Any) -> dict[str, Any]:
    """Return a row of a survey of needs that twelve of sixty chose."""
    return {"调查": str(survey), "社区名称": "和平社区", "题目": question, "发放（份）": 60, "选择数": 12} | changes
