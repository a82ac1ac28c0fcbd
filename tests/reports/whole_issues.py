"""Figures of whole issues with invented counts (演示数据), consistent in themselves: rates, changes and pace follow from counts."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from changzhi_portal.briefings import to_stored
from periods.models import last_day_of, month_after, parse_month
from reports.briefing.rural_towns import RuralTown, RuralTowns, TownCounts
from reports.progress import progress_figures, trend_points
from reports.stored_figures import BriefingFigures, Edition, TargetFigures
from targets.models import Target, TargetPlan
from targets.series import Trend
from tests.reports import linked
from tests.reports.briefings import CITY, division, farthest, figures, short_community, target
from tests.reports.situations import CITY_NAMES, rate

COUNTY = Edition(code="140423", name="襄垣县", level="county", office="襄垣县民政局")
ZONE = Edition(code="140471", name="山西长治高新技术产业园区", level="county", office="长治市民政局")
ENDS_ON = "2020-12-31"
TOWNS = ("古韩镇", "王桥镇", "侯堡镇", "夏店镇", "虒亭镇", "西营镇", "王村镇", "下良镇", "善福乡", "北底乡", "上马乡")


class Asked(NamedTuple):
    """A target of the 2020 plan, how many units a county judges, and how many of ten have reached it."""

    code: str
    short_name: str
    name: str
    fields: dict[str, Any]
    judged: int
    of_ten: int


ASKED = (
    Asked(
        "urban_facility_area",
        "城市社区设施面积",
        "社区综合服务设施达到500平方米以上",
        {"kind": "urban", "at_least": 500, "unit": "㎡"},
        12,
        6,
    ),
    Asked(
        "urban_org_count",
        "城市社区社会组织",
        "每个城市社区至少有10个以上社区社会组织",
        {"kind": "urban", "at_least": 10, "unit": "个"},
        12,
        5,
    ),
    Asked(
        "rural_org_count",
        "农村社区社会组织",
        "3000人以上的农村社区至少五个以上",
        {"kind": "rural", "at_least": 5, "unit": "个", "minimum_population": 3000},
        21,
        4,
    ),
    Asked(
        "urban_professionals",
        "城市社区专业人才",
        "每个城市社区配备2-5名",
        {"kind": "urban", "at_least": 2, "at_most": 5, "unit": "名"},
        12,
        7,
    ),
    Asked(
        "rural_professionals",
        "农村社区专业人才",
        "每个农村社区至少配备1名",
        {"kind": "rural", "at_least": 1, "unit": "名"},
        265,
        3,
    ),
)
AGENCIES = Asked(
    "district_agencies",
    "城区社工机构",
    "每个城区培育发展3-5家民办社会工作服务机构",
    {"level": "county", "kind": "", "urban_districts_only": True, "at_least": 3, "at_most": 5, "unit": "家"},
    1,
    5,
)

# Of a county (its position) under a target (its position): how many of its units have reached it, how many are unknown.
Counted = Callable[[Asked, int, int], tuple[int, int]]


def usual(asked: Asked, place: int, judged: int) -> tuple[int, int]:
    """Return counts that differ by county, the first ones better."""
    spread = (place * 5 + len(asked.code)) % 7 - 3
    return min(judged, max(0, judged * asked.of_ten // 10 + judged * spread // 20)), 0


def all_met(asked: Asked, place: int, judged: int) -> tuple[int, int]:
    """Return that everybody has reached everything."""
    return judged, 0


def nobody(asked: Asked, place: int, judged: int) -> tuple[int, int]:
    """Return that nobody has reached anything."""
    return 0, 0


def third_missing(asked: Asked, place: int, judged: int) -> tuple[int, int]:
    """Return the usual counts, without the third county, which has reported nothing."""
    return (0, judged) if place == 2 else usual(asked, place, judged)


def whole(
    *,
    names: Sequence[str] = CITY_NAMES,
    month: str = "2018-06",
    edition: Edition = CITY,
    counted: Counted = usual,
    earlier_months: int = 7,
    standard_last_month: str = "",
    ends_on: str = ENDS_ON,
    plan_last_month: str = "",
    has_linked: bool = True,
    **changes: Any,
) -> BriefingFigures:
    """Return the figures of an issue with all targets, counties (towns) by `names`, trends, annexes, and reports.

    Without `has_linked`, those of an issue from before 联动工作.
    """
    rows = [
        (f"{edition.code[:4]}{place + 2:02}" if edition is CITY else f"{edition.code}{100 + place}", name)
        for place, name in enumerate(names)
    ]
    as_of = last_day_of(parse_month(month))
    shared = {"month": month, "earlier_months": earlier_months, "ends_on": ends_on, "counted": counted}
    targets = [_target(asked, rows, standard_last_month, **shared) for asked in ASKED]
    if edition is CITY:
        targets.append(_agencies(rows[:2], **shared))
    short = [
        short_community(
            f"第{number}社区居委会",
            area=100 + number,
            county=names[number % len(names)] if edition is CITY else edition.name,
            town="东街街道办事处" if edition is CITY else names[number % len(names)],
            code=f"140402001{number:03}",
            figures={
                "urban_facility_area": {"value": 100 + number, "is_short": True},
                "urban_org_count": {"value": number % 14, "is_short": number % 14 < 10},
                "urban_professionals": {"value": number % 3, "is_short": number % 3 < 2},
            },
        )
        for number in range(8 * len(names) if counted is not all_met else 0)
    ]
    values = {
        "period": month,
        "as_of": as_of.isoformat(),
        "division": edition,
        "plan": {
            "title": "2020年目标方案",
            "document": "长民发〔2017〕138号",
            "ends_on": ends_on,
            "title_last_month": plan_last_month,
        },
        "targets": targets,
        "workforce": _workforce(month, earlier_months),
        "shortfalls": {"targets": ["urban_facility_area", "urban_org_count", "urban_professionals"], "rows": short},
        "services": SERVICES,
        "reporting": _reporting(names, month, counted) if edition is CITY else None,
    }
    made = figures(**{**values, **changes})
    towns = _rural_towns(names, edition, counted)
    added = {"rural_towns": to_stored(towns)}
    if has_linked:
        missing = [names[2]] if counted is third_missing else []
        works = linked.linked(rows, missing=missing, is_first=not earlier_months)
        added["linked"] = to_stored(works)
    return BriefingFigures(**{**vars(made), "sections": {**made.sections, **added}})


SERVICES = {
    "projects": 23,
    "budget": 1_268_000,
    "contract_amount": 1_101_500.5,
    "paid": 640_000,
    "by_funding_source": [
        {"name": "一般公共预算", "projects": 14, "budget": 900_000, "percent": 71.0},
        {"name": "福彩公益金", "projects": 9, "budget": 368_000, "percent": 29.0},
    ],
    "by_beneficiaries": [{"name": "全体居民", "projects": 23, "budget": 1_268_000, "percent": 100.0}],
}


def _target(
    asked: Asked,
    rows: Sequence[tuple[str, str]],
    standard_last_month: str,
    *,
    month: str,
    earlier_months: int,
    ends_on: str,
    counted: Counted,
) -> TargetFigures:
    at = parse_month(month)
    judged = [asked.judged + place * (asked.judged // 12) for place in range(len(rows))]
    counts = [counted(asked, place, judged[place]) for place in range(len(rows))]
    below = []
    for place, (code, name) in enumerate(rows):
        met, unknown = counts[place]
        values = {"unknown": unknown, "unmet": judged[place] - met - unknown, "percent": rate(met, judged[place])}
        progress = _progress(at, met, judged[place], unknown, earlier_months, ends_on)
        below.append(division(code, name, judged[place], met, **values, **vars(progress_figures(progress))))
    met, unknown, whole_judged = sum(each[0] for each in counts), sum(each[1] for each in counts), sum(judged)
    unmet = whole_judged - met - unknown
    trend = _progress(at, met, whole_judged, unknown, 0 if standard_last_month else earlier_months, ends_on)
    shown = _progress(at, met, whole_judged, unknown, earlier_months, ends_on)
    lacks = asked.fields["at_least"]
    named = [farthest(f"第{number}社区居委会", 0, lacks) for number in (1, 2, 3)] if unmet >= 3 else []
    return target(
        code=asked.code,
        short_name=asked.short_name,
        name=asked.name,
        **asked.fields,
        judged=whole_judged,
        met=met,
        unmet=unmet,
        unknown=unknown,
        percent=rate(met, whole_judged),
        gap=unmet * 2,
        divisions=below,
        standard_last_month=standard_last_month,
        farthest={"missing": lacks, "number": 0, "rows": named} if unmet else None,
        trend=trend_points(shown, lambda each: bool(standard_last_month) and each == at),
        **vars(progress_figures(trend)),
    )


def _progress(at: datetime.date, met: int, judged: int, unknown: int, earlier_months: int, ends_on: str) -> Trend:
    """Return a trend that rose by one unit in fifty a month."""
    asked = Target(plan=TargetPlan(ends_on=datetime.date.fromisoformat(ends_on)), aggregate="each")
    months: dict[datetime.date, Fraction | None] = {}
    for back in range(earlier_months + 1):
        reached = max(0, met - back * max(1, judged // 50))
        is_known = judged and 2 * unknown <= judged
        months[month_after(at, -back)] = Fraction(100 * reached, judged) if is_known else None
    return Trend(asked, at, months)


def _agencies(
    rows: Sequence[tuple[str, str]], *, month: str, earlier_months: int, ends_on: str, counted: Counted
) -> TargetFigures:
    at = parse_month(month)
    numbers = {usual: (4, 2), third_missing: (4, 2), all_met: (3, 5), nobody: (0, 1)}[counted][: len(rows)]
    below = [
        division(code, name, 1, int(number >= 3), value=number)
        for (code, name), number in zip(rows, numbers, strict=True)
    ]
    met = sum(number >= 3 for number in numbers)
    trend = _progress(at, met, len(rows), 0, earlier_months, ends_on)
    return target(
        code=AGENCIES.code,
        short_name=AGENCIES.short_name,
        name=AGENCIES.name,
        clause="四（三）3",
        **AGENCIES.fields,
        judged=len(rows),
        met=met,
        unmet=len(rows) - met,
        percent=rate(met, len(rows)),
        gap=sum(max(0, 3 - number) for number in numbers),
        divisions=below,
        farthest=None,
        trend=trend_points(trend, lambda month: False),
        **vars(progress_figures(trend)),
    )


def _workforce(month: str, earlier_months: int) -> dict[str, Any]:
    at = parse_month(month)
    trend = [
        {"month": f"{month_after(at, -back):%Y-%m}", "value": 4355 - 12 * back}
        for back in range(earlier_months, -1, -1)
    ]
    before = 4343 if earlier_months else None
    return {"workers": 4355, "professionals": 2245, "percent": 51.5, "last_month_workers": before, "trend": trend}


def _reporting(names: Sequence[str], month: str, counted: Counted) -> dict[str, Any]:
    missing = [names[2]] if counted is third_missing else []
    on_time = [name for name in names if name not in missing]
    at = parse_month(month)
    share = round(100 * len(on_time) / len(names), 1)
    return {
        "period": month,
        "counted_on": f"{month_after(at, 1):%Y-%m}-06",
        "due_on": f"{month_after(at, 1):%Y-%m}-05",
        "expected": len(names),
        "on_time": on_time,
        "late": [],
        "returned": [],
        "missing": missing,
        "again": [],
        "completeness": share,
        "timeliness": share,
        "own": None,
    }


def _rural_towns(names: Sequence[str], edition: Edition, counted: Counted) -> RuralTowns:
    """Return some 160 towns of the city, or those of a county."""
    rural = [asked for asked in ASKED if asked.fields.get("kind") == "rural"]
    rows = []
    for place, name in enumerate(names):
        for number in range(12 if edition is CITY else 1):
            counts = {}
            for asked in rural:
                judged = 3 if asked.fields.get("minimum_population") else 20 + number
                met, unknown = counted(asked, place, judged)
                counts[asked.code] = TownCounts(judged, met, unknown, met * asked.fields["at_least"])
            town = f"{name[:1]}{TOWNS[number % len(TOWNS)]}" if edition is CITY else name
            county = name if edition is CITY else edition.name
            rows.append(RuralTown(county, f"1404{place + 2:02}{100 + number}", town, 20 + number, counts))
    return RuralTowns(tuple(asked.code for asked in rural), tuple(rows))
