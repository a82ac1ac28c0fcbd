"""Demo rows of 社区月报: one community of each town gives its counts each quarter, and less is asked of it as time goes on."""

from __future__ import annotations

import datetime

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span, progress_until

QUARTER = 3  # months between counts
EASED = 0.45  # what is no longer asked at the end of the span [四（一）4]
# Medians of a community at the beginning; those of 居民骨干 grow.
_ASKED = {
    "signs_outside": 6,
    "signs_inside": 18,
    "ledgers": 24,
    "meetings": 9,
    "inspections": 4,
    "certificates": 46,
}
_LEADERS = 9


def monthly_count_rows(county: DemoCounty, span: Span) -> RowsByMonth:
    """Return the rows of the county's communities that keep counts by month, each a dict by field; [] between quarters."""
    fake = FakeData("monthly", county.code)
    keeping = [community for community in county.communities if community.leads_town]
    sizes = {community.code: fake.around(1.0, 0.2) for community in keeping}
    return {
        month: [_row(county, community, month, sizes[community.code], fake) for community in keeping]
        if month.month % QUARTER == 0
        else []
        for month in span.months
    }


def _row(county: DemoCounty, community: DemoCommunity, month: datetime.date, size: float, fake: FakeData) -> Row:
    gone = progress_until(month) if month > datetime.date(2017, 12, 1) else 0.0
    left = 1 - EASED * gone
    counts = {kind: fake.about(median * size * left) for kind, median in _ASKED.items()}
    return {
        "county": county.name,
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "month": month,
        **counts,
        "leaders": fake.about(_LEADERS * size * (1 + gone)),
    }
