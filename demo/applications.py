"""Demo applications of a department in hand: one that waits for its county, and one that the county has returned."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from accounts.models import Role, User
from workload.actions import new_application
from workload.flow import FLOW
from workload.models import WorkItem

DEPARTMENT_CLERK: Final = "demo_department"
# From today until the day from which communities would be asked: they are told in good time.
_NOTICE: Final = datetime.timedelta(days=60)
_USUAL: Final[dict[str, Any]] = {
    "kind": WorkItem.Kind.TASK,
    "listed_as": WorkItem.ListedAs.ADMITTED,
    "basis": "演示文件〔2020〕3号",
    "role": WorkItem.Role.ASSISTING,
    "forbidden_field": "",
    "applies_to": WorkItem.AppliesTo.ALL,
    "term": WorkItem.Term.LASTING,
    "valid_to": None,
    "has_veto": False,
    "payment": WorkItem.Payment.BUDGET,
    "conditions": "配备平板电脑一台，培训一次",
    "opinions": "演示数据：已征求三个社区的意见",
    "note": "演示数据",
}
# What each application says besides, and why it was returned; "" for one that waits.
_APPLICATIONS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"name": "协助高龄津贴认证", "yearly_funds": Decimal(900)}, ""),
    (
        {"name": "协助残疾人两项补贴核对", "yearly_funds": Decimal(100)},
        "演示数据：每社区年经费偏低，请按实际工作量重新测算",
    ),
)


def apply_for_items() -> None:
    """Have the department apply, and its county return one application; a run that is resumed applies for nothing again."""
    clerk = User.objects.select_related("division", "department__division").get(username=DEPARTMENT_CLERK)
    if WorkItem.objects.filter(department=clerk.department).exists():
        return
    county = User.objects.select_related("division").filter(role=Role.DISTRICT_CLERK, division=clerk.division)
    for said, returned in _APPLICATIONS:
        values = {**_USUAL, "valid_from": timezone.localdate() + _NOTICE, **said}
        item = FLOW.make(new_application(by=clerk, values=values), "submit", by=clerk)
        if returned:
            FLOW.make(item, "return", by=county.order_by("pk")[0], note=returned)
