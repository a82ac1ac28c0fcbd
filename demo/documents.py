"""Demo rows of 制度文件: counties put the paper into force one after the other, some kinds later or never; plans of communities."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Final

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span

# In how many months from the first each kind is issued at the latest, and what its title says; some counties never do.
_KINDS: Final[tuple[tuple[str, str, int], ...]] = (
    ("实施方案", "推进“三社联动”实施方案", 8),
    ("社区工作事项清单", "社区工作事项清单", 20),
    ("准入制度", "社区工作准入办法", 24),
    ("购买服务清单", "政府购买社区服务指导目录", 30),
    ("社工人才政策", "社会工作专业人才激励办法", 30),
    ("组织扶持政策", "社区社会组织扶持办法", 30),
    ("设施规划", "社区综合服务设施建设规划", 30),
)
_NEVER = 0.15
PLANS = 4  # communities of each county that make a development plan
_END_OF_PLANS = datetime.date(2020, 12, 31)


def document_rows(counties: Iterable[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the bureau's list of documents by month, each a dict by field; its own paper in the first."""
    rows: RowsByMonth = {month: [] for month in span.months}
    rows[span.first].append(
        {
            "kind": "实施方案",
            "number": "演示市〔2017〕1号",
            "title": "关于深入推进“三社联动”的实施意见（演示数据）",
            "issued_on": span.first.replace(day=14),
            "note": "演示数据",
        }
    )
    for county in counties:
        for month, row in _of_county(county, span):
            rows[month].append(row)
    return rows


def _of_county(county: DemoCounty, span: Span) -> Iterator[tuple[datetime.date, Row]]:
    """Yield the documents of a county and its communities, each with its month; those after the span are left out."""
    fake = FakeData("documents", county.code)
    for number, (kind, title, latest) in enumerate(_KINDS, start=1):
        at, never = fake.number(0, latest), fake.chance(_NEVER)
        if at < len(span.months) and not never:
            month = span.months[at]
            yield month, _row(county, fake.day_in(month), number) | {"kind": kind, "title": f"{county.name}{title}"}
    urban = [community for community in county.communities if community.is_urban]
    for number, community in enumerate(fake.some_of(urban, PLANS), start=len(_KINDS) + 1):
        at = fake.number(2, 26)
        if at < len(span.months):
            month = span.months[at]
            yield month, _row(county, fake.day_in(month), number) | _plan(community)


def _row(county: DemoCounty, day: datetime.date, number: int) -> Row:
    return {
        "county": county.name,
        "number": f"演示{county.name}〔{day.year}〕{number}号",
        "issued_on": day,
        "note": "演示数据",
    }


def _plan(community: DemoCommunity) -> Row:
    return {
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "kind": "社区发展规划",
        "title": f"{community.short_name}三年发展规划",
        "valid_to": _END_OF_PLANS,
    }
