"""三、购买服务 in words: projects and money, by source and by object."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from changzhi_portal.display import display_number
from changzhi_portal.percent import percent_text
from reports.stored_figures import Edition, Purchases, PurchaseShare
from reports.words.values import joined, ten_thousand_yuan, whole_of


def services(purchases: Purchases, division: Edition, as_of: str) -> list[str]:
    """Return the paragraphs of 三、购买服务."""
    day = datetime.date.fromisoformat(as_of)
    whole = whole_of(division)
    if not purchases.projects:
        return [f"{whole}没有登记执行期在{day.year}年内、已经开始的购买服务项目。"]
    parts = [
        f"截至{day.month}月{day.day}日，{whole}执行期在{day.year}年内、已经开始的购买服务项目{display_number(purchases.projects)}个",
        f"预算{ten_thousand_yuan(purchases.budget)}" if purchases.budget else "预算为零",
        f"合同金额{ten_thousand_yuan(purchases.contract_amount)}" if purchases.contract_amount else "尚无合同金额",
        f"已拨付{ten_thousand_yuan(purchases.paid)}" if purchases.paid else "尚未拨付",
    ]
    shares = [_shares("按资金来源分", purchases.by_funding_source), _shares("按服务对象分", purchases.by_beneficiaries)]
    return [joined(parts) + "。", *([joined(shares, by="")] if any(shares) else [])]


def _shares(beginning: str, rows: Sequence[PurchaseShare]) -> str:
    """Return 按资金来源分，一般公共预算、福彩公益金预算分别为12万元、3.5万元，占比分别为77.4%、22.6%。

    Without any money, the numbers of projects.
    """
    if not rows:
        return ""
    if len(rows) == 1:
        return f"{beginning}，全部为{rows[0].name}。"
    names = "、".join(row.name for row in rows)
    if not any(row.budget for row in rows):
        return f"{beginning}，{names}分别为{'、'.join(f'{display_number(row.projects)}个' for row in rows)}。"
    money = "、".join(ten_thousand_yuan(row.budget) for row in rows)
    shares = "、".join(percent_text(row.percent) for row in rows)
    return f"{beginning}，{names}预算分别为{money}，占比分别为{shares}。"
