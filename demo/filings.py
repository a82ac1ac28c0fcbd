"""Demo filings of a street in hand: one that waits, one that was returned, one that was granted."""

from __future__ import annotations

from typing import Any, Final

from accounts.models import User
from demo.accounts import STREET
from orgs.actions import FilingFields, communities_to_file_in, new_filing
from orgs.flow import FLOW
from orgs.models import Filing, SocialOrganization

_USUAL: Final[dict[str, Any]] = {
    "category": SocialOrganization.Category.CULTURE_SPORTS.value,
    "leader": "李演示",
    "venue": "演示数据：社区党群服务中心",
    "purpose": "演示数据：丰富居民文化生活",
    "is_eligible": True,
}
# Name and members of each, and the move that was made with its note; "" for one that waits.
_FILINGS: Final[tuple[tuple[str, int, str, str], ...]] = (
    ("演示剪纸兴趣小组", 9, "file", ""),
    ("演示柔力球队", 16, "", ""),
    ("演示二胡社", 6, "return", "演示数据：请补充活动场所的使用说明"),
)


def file_organizations() -> None:
    """Have the street note what its residents hand in and decide some; a run that is resumed notes nothing again."""
    clerk = User.objects.select_related("division").get(username=STREET.username)
    if Filing.objects.visible_to(clerk).exists():
        return
    communities = list(communities_to_file_in(clerk))
    for number, (name, members, move, note) in enumerate(_FILINGS):
        fields = FilingFields(**_USUAL, community=communities[number % len(communities)], name=name, members=members)
        filing = new_filing(by=clerk, kind=Filing.Kind.FIRST, fields=fields)
        if move:
            FLOW.make(filing, move, by=clerk, note=note)
