"""Rows of the sheets of purchased services, as offices write them."""

from __future__ import annotations

from typing import Any


def catalogue_row(code: str = "QD-1", **changes: Any) -> dict[str, Any]:
    """Return a row of the purchase catalogue."""
    return {
        "清单编号": code,
        "服务事项": "演示居家养老服务",
        "服务领域": "社区养老",
        "目录代码": "B0101",
        "优先社会组织": "否",
        "起": "2018-01-01",
    } | changes


def review_row(number: str = "YS-1", **changes: Any) -> dict[str, Any]:
    """Return a row of a final review."""
    return {"项目编号": number, "评估类型": "末期", "评估日期": "2018-06-20", "得分": 85, "评估方": "第三方"} | changes


def payment_row(voucher: str = "PZ-1", **changes: Any) -> dict[str, Any]:
    """Return a row of a payment of 50,000 yuan."""
    return {
        "凭证号": voucher,
        "支付日期": "2018-06-12",
        "金额（元）": 50_000,
        "资金来源": "一般公共预算",
        "用途": "购买服务",
        "项目编号": "",
        "期次": "",
    } | changes
