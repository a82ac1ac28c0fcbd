"""Quality rules of routes: what changed after they were entered."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from affairs.models import ItemRoute, ItemVersion
from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet

ROUTES = Subject(ItemRoute, label="item__name", community=None)


@rule(
    ROUTES,
    Severity.SOFT,
    "承诺时限比事项的长",
    "实施清单的承诺时限{promised_days}个工作日比事项的长，只能缩短；现在按事项的承诺时限办，请改正。",
)
def route_promises_longer(occasion: Occasion) -> ScopedQuerySet:
    """Find routes in use that promise longer than the version of their item, which was shortened after they were entered."""
    versions = ItemVersion.objects.in_effect_on(occasion.day)
    shorter = versions.filter(item=OuterRef("item"), promised_days__lt=OuterRef("promised_days")).order_by()
    return ItemRoute.objects.in_use_on(occasion.day).filter(Exists(shorter))


@rule(
    ROUTES,
    Severity.SOFT,
    "承办部门已撤销",
    "承办部门{department__name}已于{department__closed_on}撤销，请改为现在承办的部门。",
)
def route_of_closed_department(occasion: Occasion) -> ScopedQuerySet:
    """Find routes in use whose department has closed by the day."""
    return ItemRoute.objects.in_use_on(occasion.day).filter(department__closed_on__lte=occasion.day)
