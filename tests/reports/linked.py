"""Figures of 联动工作 with invented sums, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from changzhi_portal.briefings import Span
from changzhi_portal.linked.declared import declared_works
from changzhi_portal.linked.stored import Below, LinkedFigures, StoredFigure, StoredWork
from changzhi_portal.linked.told import Told
from targets.figure_values import change_of, value_of

Sums = tuple[float, float | None]


def works() -> dict[str, Any]:
    """Return the declared works by code."""
    return {work.code: work for work in declared_works()}


def shown_figures() -> dict[str, Any]:
    """Return the figures that the works show, by code."""
    return {shown.figure.code: shown for work in declared_works() for shown in work.figures}


def stored(
    code: str,
    numerator: float | None = None,
    denominator: float | None = None,
    *,
    before: Sums | None = None,
    places: Mapping[str, Sums] | None = None,
    **values: Any,
) -> StoredFigure:
    """Return a figure as it is stored, with the printed value of its sums; `before` are those at the end of the time before."""
    shown = shown_figures()[code]
    figure = shown.figure
    value = _value(figure, numerator, denominator)
    then = None if before is None or values.get("counties_before") is not None else _value(figure, *before)
    change = change_of(None if value is None else Decimal(str(value)), None if then is None else Decimal(str(then)))
    return StoredFigure(
        code=code,
        name=figure.name,
        title=shown.title,
        register=shown.register,
        shown=figure.shown.value,
        unit=figure.unit,
        decimals=figure.decimals,
        numerator=numerator,
        denominator=denominator,
        value=value,
        change=None if change is None else _plain(change),
        is_same=before == (numerator, denominator),
        places={place: _value(figure, *sums) for place, sums in (places or {}).items()},
        **values,
    )


def _value(figure: Any, numerator: float | None, denominator: float | None) -> float | None:
    sums = [None if each is None else Decimal(str(each)) for each in (numerator, denominator)]
    value = value_of(figure, *sums)
    return None if value is None else _plain(value)


def _plain(value: Decimal) -> float:
    return int(value) if value == value.to_integral_value() else float(value)


def told(
    work: str,
    *figures: StoredFigure,
    whole: str = "全市",
    month: str = "2018-06",
    span: Span = "month",
    counties: int = 13,
) -> Told:
    """Return a work of which these figures are reported, and no other."""
    known = {figure.code: figure for figure in figures}
    declared = works()[work]
    every = tuple(known.get(shown.figure.code) or stored(shown.figure.code) for shown in declared.figures)
    assert set(known) <= {figure.code for figure in every}, "each figure is one of the work"
    return Told(StoredWork(work, declared.title, every), whole, month, span, counties)


def said(work: str, *figures: StoredFigure, **changes: Any) -> list[str]:
    """Return the paragraphs of a work of which these figures are reported."""
    return list(works()[work].paragraphs(told(work, *figures, **changes)))


def linked(names: Sequence[tuple[str, str]], *, missing: Sequence[str] = (), is_first: bool = False) -> LinkedFigures:
    """Return figures of every work for places given by code and name; places of `missing` (names) have reported nothing.

    `is_first`: there is no month to compare with.
    """
    reporting = [place for place in names if place[1] not in missing]
    number = len(reporting)
    sums: dict[str, tuple[Sums, Sums, dict[str, Any]]] = {
        "bodies_complete": ((9, 12), (8, 12), {}),
        "facility_cover": ((11, 12), (11, 12), {}),
        "five_functions": ((5, 12), (6, 12), {}),
        "multi_use": ((4, 10), (3, 10), {}),
        "area_opened": ((600, None), (0, None), {"parts": {"筹资新建": 400 * number, "开发配建": 200 * number}}),
        "work_items": (
            (12, None),
            (10, None),
            {"parts": {"依法履职": 5 * number, "协助": 4 * number, "准入": 3 * number}},
        ),
        "funded": ((6, 7), (5, 7), {}),
        "funds_per_community": ((15_360, 12), (15_360, 12), {}),
        "item_decisions": ((5, None), (3, None), {"parts": {"批准": 4 * number, "不予准入": number}}),
        "item_on_time": ((4, 5), (3, 3), {}),
        "item_days": ((61, 5), (40, 3), {}),
        "signs": ((60, 12), (60, 12), {}),
        "signs_change": ((60, 96), (60, 96), {}),
        "ledgers": ((144, 12), (144, 12), {}),
        "ledgers_change": ((144, 180), (144, 180), {}),
        "meetings": ((36, 12), (36, 12), {}),
        "meetings_change": ((36, 40), (36, 40), {}),
        "satisfaction": ((450, 500), (440, 500), {}),
        "satisfaction_score": ((39_800, 500), (39_000, 500), {}),
        "conversion": ((14, 40), (13, 40), {}),
        "posts_filled": ((4, 6), (4, 6), {}),
        "hours_ok": ((9, 12), (10, 12), {}),
        "hired": ((5, None), (2, None), {"parts": {"公开招聘": 4 * number, "购买服务": number}}),
        "trained": ((52, None), (0, None), {"parts": {"党组织成员": 12 * number, "社区专职工作者": 40 * number}}),
        "org_share": ((6, 8), (5, 8), {}),
        "four_groups": ((420_000, 800_000), (400_000, 800_000), {}),
        "paid_rate": ((400_000, 500_000), (350_000, 500_000), {}),
        "reviewed": ((2, 3), (1, 2), {}),
        "good": ((3, 4), (3, 4), {}),
        "funding": (
            (150_000, None),
            (120_000, None),
            {"parts": {"一般公共预算": 105_000 * number, "福彩公益金": 30_000 * number, "慈善资金": 15_000 * number}},
        ),
        "social_share": ((15_000, 150_000), (12_000, 120_000), {}),
        "lottery_share": ((30_000, 150_000), (24_000, 120_000), {}),
        "leaders": ((38, 12), (38, 12), {}),
        "with_plan": ((1, 1), (1, 1), {}),
        "planned": ((5, 12), (4, 12), {}),
        "stories": ((3, None), (2, None), {"parts": {"媒体报道": number, "典型案例": 2 * number}}),
        "organizations": (
            (90, None),
            (88, None),
            {"parts": {"社区服务类": 20 * number, "公益慈善类": 30 * number, "文体活动类": 40 * number}},
        ),
        "filed_new": ((2, None), (1, None), {}),
        "support_amount": ((12_500, None), (8_000, None), {}),
        "hub_towns": ((1, 4), (1, 4), {}),
        "platform_towns": ((2, 4), (1, 4), {}),
        "activities": ((6, None), (5, None), {"parts": {"邻里互助": 4 * number, "文体": 2 * number}}),
        "participants": ((164, None), (150, None), {}),
        "volunteer_hours": ((40.5, None), (38, None), {}),
        "households_helped": ((12, None), (10, None), {}),
    }
    counties = {"counties": number} if names and len(names[0][0]) == 6 else {}
    made = {
        code: stored(
            code,
            *_times(now, number),
            before=None if is_first else _times(before, number),
            places={place: now for place, _ in reporting},
            **counties,
            **values,
        )
        for code, (now, before, values) in sums.items()
        if reporting
    }
    if reporting and not counties and names:  # of one county: it has a plan, and its towns are not judged
        made["with_plan"] = replace(stored("with_plan", 1, 1), places={place: None for place, _ in names})
    return LinkedFigures(
        tuple(
            StoredWork(
                work.code,
                work.title,
                tuple(made.get(shown.figure.code) or stored(shown.figure.code) for shown in work.figures),
            )
            for work in declared_works()
        ),
        tuple(Below(*place) for place in names),
    )


def _times(sums: Sums, number: int) -> Sums:
    numerator, denominator = sums
    return numerator * number, None if denominator is None else denominator * number
