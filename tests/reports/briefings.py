"""Briefings with invented figures in the form of `reports.figures`, each of which a test may change.

Changes may be given as dataclasses or as the plain values that are stored.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.utils import timezone

from changzhi_portal.briefings import to_stored
from changzhi_portal.records import new_ref
from communities.models import Division
from reports.models import Briefing, BriefingFile
from reports.storage import file_path, store_file
from reports.stored_figures import (
    CONVERTER,
    BriefingFigures,
    DivisionFigures,
    Edition,
    FarthestCommunity,
    ShortCommunity,
    TargetFigures,
    to_json,
)
from tests.factories import make_period

Made = TypeVar("Made")

CITY = Edition(code="140400", name="长治市", level="city", office="长治市民政局")
COUNTY = Edition(code="140423", name="襄垣县", level="county", office="襄垣县民政局")


def made(kind: type[Made], values: dict[str, Any]) -> Made:
    """Return a dataclass of stored figures from values of which any may be a dataclass already."""
    return CONVERTER.structure(CONVERTER.unstructure(values), kind)


def target(**changes: Any) -> TargetFigures:
    """Return 城市社区设施面积: 96 of 153 met."""
    values = {
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
        "value_unit": changes.get("unit", "㎡"),
        "per": "",
        "aggregate": "each",
        "coverage_at_least": None,
        "judged": 153,
        "met": 96,
        "unmet": 57,
        "rate": 0.6275,
        "percent": 62.7,
        "gap": 12817.84,
        "change_on_last_month": 1.3,
        "divisions": [division("140402", "城区", 57, 38), division("140423", "襄垣县", 8, 4)],
        "farthest": {"missing": 500, "number": 0, "rows": [farthest("和平社区居委会", 0, 500)]},
    }
    return made(TargetFigures, {**values, **changes})


def division(code: str, name: str, judged: int, met: int, **changes: Any) -> DivisionFigures:
    """Return a county's row of a target."""
    values = {
        "code": code,
        "name": name,
        "judged": judged,
        "met": met,
        "unmet": judged - met,
        "rate": round(met / judged, 4) if judged else None,
        "percent": round(100 * met / judged, 1) if judged else None,
    }
    return made(DivisionFigures, {**values, **changes})


def farthest(name: str, value: float, missing: float) -> FarthestCommunity:
    """Return a community that falls short of a target."""
    return FarthestCommunity("城区", "东街街道办事处", "140402001001", name, value, missing)


def short_community(name: str, area: float | None = 300, **changes: Any) -> ShortCommunity:
    """Return a row of 附件1 that falls short of the facility area."""
    values = {
        "county": "城区",
        "town": "东街街道办事处",
        "code": "140402001001",
        "name": name,
        "figures": {"urban_facility_area": {"value": area, "is_short": True}},
    }
    return made(ShortCommunity, {**values, **changes})


NO_PURCHASES = {
    "projects": 0,
    "budget": 0,
    "contract_amount": 0,
    "paid": 0,
    "by_funding_source": [],
    "by_beneficiaries": [],
}


def figures(*, services: Any = None, reporting: Any = None, **changes: Any) -> BriefingFigures:
    """Return the figures of the city's June 2018 with one target, without reports and without a pace.

    `services` and `reporting` are what these sections store.
    """
    values = {
        "period": "2018-06",
        "as_of": "2018-06-30",
        "is_demo": False,
        "division": CITY,
        "plan": {"title": "2020年目标方案", "document": "长民发〔2017〕138号"},
        "targets": [target()],
        "workforce": {"workers": 4355, "professionals": 2245, "percent": 51.5, "last_month_workers": None},
        "shortfalls": {"targets": ["urban_facility_area"], "rows": [short_community("和平社区居委会")]},
        "sections": {
            "services": to_stored(services or NO_PURCHASES),
            **({"reporting": to_stored(reporting)} if reporting else {}),
        },
    }
    return made(BriefingFigures, {**values, **changes})


def issue(**changes: Any) -> Briefing:
    """Return an unsaved issue."""
    printed_from = changes.pop("figures", None) or figures()
    values: dict[str, Any] = {
        "stage": Briefing.Stage.ISSUED,
        "issue_number": 6,
        "total_number": 8,
        "issued_on": datetime.date(2018, 7, 5),
        "figures": to_json(printed_from),
        "reported_to": "山西省民政厅，长治市委、市人民政府",
        "copied_to": "市直有关单位",
        "distributed_to": "各县（市、区）民政局",
    }
    return Briefing(**{**values, **changes})


def make_briefing(place: Division, month: str = "2018-06", **fields: Any) -> Briefing:
    """Create a draft that is queued for printing; with figures, as if it had been printed before."""
    printed_from = fields.pop("figures", None)
    period = make_period(month)
    values: dict[str, Any] = {
        "issue_number": period.month.month,
        "total_number": (period.month.year - 2017) * 12 + period.month.month - 10,
        "heartbeat_at": timezone.now(),
        "figures": to_json(printed_from) if printed_from else {},
    }
    return Briefing.objects.create(period=period, division=place, **{**values, **fields})


def make_issued(place: Division, month: str = "2018-06", *, pdf: bytes = b"%PDF-1.7", **fields: Any) -> Briefing:
    """Create an edition that was issued, with a PDF of these bytes."""
    now = timezone.now()
    values = {
        "stage": Briefing.Stage.ISSUED,
        "state": Briefing.State.PRINTED,
        "printed_at": now,
        "issued_at": now,
        "issued_on": datetime.date(2018, 7, 5),
        "figures_sha256": "0" * 64,
    }
    briefing = make_briefing(place, month, **{**values, "code": new_ref()[:12].upper(), **fields})
    store_pdf(briefing, pdf)
    return briefing


def store_pdf(briefing: Briefing, pdf: bytes = b"%PDF-1.7") -> BriefingFile:
    """Give an edition a PDF of these bytes."""
    return BriefingFile.objects.create(briefing=briefing, kind="pdf", **store_file(briefing.ref, "pdf", pdf)._asdict())


def pdf_of(briefing: Briefing) -> Path:
    """Return the path of an edition's PDF."""
    return file_path(briefing.files.get(kind="pdf").name)
