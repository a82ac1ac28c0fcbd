"""Briefings made by hand: figures as `reports.figures` gives them, with every value a test may want to change."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from communities.models import Division
from reports.models import Briefing
from tests.factories import make_period

CITY = {"code": "140400", "name": "长治市", "level": "city", "office": "长治市民政局"}
COUNTY = {"code": "140423", "name": "襄垣县", "level": "county", "office": "襄垣县民政局"}


def target(**changes: Any) -> dict[str, Any]:
    """城市社区设施面积: 96 of 153 met."""
    return {
        "code": "urban_facility_area",
        "name": "城市社区综合服务设施面积达到500平方米以上",
        "short_name": "城市社区设施面积",
        "clause": "三",
        "level": "community",
        "kind": "urban",
        "minimum_population": None,
        "urban_districts_only": False,
        "at_least": 500,
        "at_most": None,
        "unit": "㎡",
        "judged": 153,
        "met": 96,
        "over": 0,
        "unmet": 57,
        "not_applicable": 0,
        "unknown": 0,
        "rate": 0.6275,
        "percent": 62.7,
        "gap": 12817.84,
        "change_on_last_month": 1.3,
        "change_on_year_before": None,
        "divisions": [division("140402", "城区", 57, 38), division("140423", "襄垣县", 8, 4)],
        "best": [{"code": "140402", "name": "城区", "percent": 66.7}],
        "weakest": [{"code": "140423", "name": "襄垣县", "percent": 50.0}],
        "farthest": {"missing": 500, "number": 0, "rows": [farthest("和平社区居委会", 0, 500)]},
        **changes,
    }


def division(code: str, name: str, judged: int, met: int, **changes: Any) -> dict[str, Any]:
    """A county's row of a target."""
    return {
        "code": code,
        "name": name,
        "judged": judged,
        "met": met,
        "over": 0,
        "unmet": judged - met,
        "not_applicable": 0,
        "unknown": 0,
        "rate": round(met / judged, 4) if judged else None,
        "percent": round(100 * met / judged, 1) if judged else None,
        "gap": 0,
        "value": None,
        **changes,
    }


def farthest(name: str, value: float, missing: float) -> dict[str, Any]:
    """A community that falls short of a target."""
    return {
        "county": "城区",
        "town": "东街街道办事处",
        "code": "140402001001",
        "name": name,
        "value": value,
        "missing": missing,
    }


def short_community(name: str, area: float | None = 300) -> dict[str, Any]:
    """A row of 附件1 that falls short of the facility area."""
    return {
        "county": "城区",
        "town": "东街街道办事处",
        "code": "140402001001",
        "name": name,
        "figures": {"urban_facility_area": {"value": area, "is_short": True}},
    }


def figures(**changes: Any) -> dict[str, Any]:
    """The figures of the city's June 2018 with one target."""
    return {
        "period": "2018-06",
        "as_of": "2018-06-30",
        "is_demo": False,
        "division": CITY,
        "plan": {"title": "2020年目标方案", "document": "长民发〔2017〕138号"},
        "targets": [target()],
        "workforce": {"workers": 4355, "professionals": 2245, "percent": 51.5, "last_month_workers": None},
        "shortfalls": {"targets": ["urban_facility_area"], "rows": [short_community("和平社区居委会")]},
        "services": {
            "projects": 0,
            "budget": 0,
            "contract_amount": 0,
            "paid": 0,
            "by_funding_source": [],
            "by_beneficiaries": [],
        },
        **changes,
    }


def issue(**changes: Any) -> Briefing:
    """An issue that stands in no database."""
    values: dict[str, Any] = {
        "issue_number": 6,
        "total_number": 8,
        "issued_on": datetime.date(2018, 7, 5),
        "figures": figures(),
        "reported_to": "山西省民政厅，长治市委、市人民政府",
        "copied_to": "市直有关单位",
        "distributed_to": "各县（市、区）民政局",
    }
    return Briefing(**{**values, **changes})


def make_briefing(place: Division, month: str = "2018-06", **fields: Any) -> Briefing:
    """A saved issue that waits to be printed."""
    period = make_period(month)
    values: dict[str, Any] = {
        "issue_number": period.month.month,
        "total_number": (period.month.year - 2017) * 12 + period.month.month - 10,
        "issued_on": datetime.date(2018, 7, 5),
        "heartbeat_at": timezone.now(),
    }
    return Briefing.objects.create(period=period, division=place, **{**values, **fields})
