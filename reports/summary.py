"""一页通: the first page of an issue, what a leader reads in a minute (docs/domain.md §7.3).

Every target as a figure with its change, its outlook and its trend; who is ahead and behind; what must happen next month.
Pure functions of the stored figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from changzhi_portal.display import DASH, display_change, display_number
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import month_in_words, units_below
from periods.models import month_after, parse_month
from reports import forecast, words
from reports.caveats import caveats_of
from reports.charts.sparkline import sparkline
from reports.parts import declared_sections
from reports.ranking import MOST_NAMED, first_places, order_of, tied
from reports.stored_figures import BriefingFigures, DivisionFigures, TargetFigures, TrendPoint, Workforce
from targets.pace import Outlook
from targets.wording import amount_text, bound_text, spelt_unit

_LEAST_POINTS = 5.0  # of a rate, that a trend shows at least
_LEAST_SHARE = 0.05  # of any other figure


@dataclass(frozen=True)
class SummaryFigure:
    """A target as a figure; `note` says what is behind it, `trend` is SVG markup ("" without two months).

    `to_do` is what must happen next month: 新增达标4个, 补1家, 补报; a dash for nothing.
    """

    name: str
    standard: str
    note: str
    figure: str
    change: str
    outlook: str
    to_do: str
    trend: str

    @property
    def is_behind(self) -> bool:
        """Return whether the target will not be, or was not, reached in time."""
        return self.outlook in {"无法按期", "逾期"}


@dataclass(frozen=True)
class Summary:
    """The summary page. `ahead`, `behind` and `unreported` are "" where nothing is compared.

    `caveats` are what one must know before comparing (`reports.caveats`). `must_do` are the lines that the sections of the
    apps declare, beside what each target needs.
    """

    figures: tuple[SummaryFigure, ...]
    caveats: tuple[str, ...]
    this: str
    last: str
    units: str
    ahead: str
    behind: str
    unreported: str
    next_month: str
    must_do: tuple[str, ...]


def summary_of(figures: BriefingFigures) -> Summary:
    """Return the summary of an issue."""
    ahead, behind, unreported = _compared(figures)
    return Summary(
        figures=(*(_of_target(target, figures) for target in figures.targets), _of_workforce(figures)),
        caveats=caveats_of(figures),
        this=figures.term.this,
        last=figures.term.last,
        units=units_below(figures.division),
        ahead=ahead,
        behind=behind,
        unreported=unreported,
        next_month=month_in_words(f"{month_after(parse_month(figures.period), 1):%Y-%m}"),
        must_do=_must_do(figures),
    )


# --- Figures ---


def _of_target(target: TargetFigures, figures: BriefingFigures) -> SummaryFigure:
    unit = spelt_unit(target.value_unit) if target.is_mean else "%"
    return SummaryFigure(
        name=target.short_name,
        standard=bound_text(target),
        note=_note(target),
        figure=_figure(target),
        change=words.change_cell(target, target.change_on_last_month),
        outlook=forecast.outlook_cell(target),
        to_do=_to_do(target),
        trend=_trend(target.short_name, target.trend, figures.period, unit, is_rate=not target.is_mean),
    )


def _figure(target: TargetFigures) -> str:
    if target.judged and target.unknown == target.judged:
        return "未报"
    return words.figure_in_words(target)


def _note(target: TargetFigures) -> str:
    """Return 153个中达标96个; of a mean what it lacks."""
    if not target.judged:
        return f"{target.term.this}没有参评单位"
    if target.is_mean:
        return f"共缺{amount_text(target.gap, target.unit)}" if target.unmet and target.gap else ""
    if target.unknown == target.judged:
        return f"{display_number(target.judged)}个均未报"
    unknown = f"，未报{display_number(target.unknown)}个" if target.unknown else ""
    return f"{display_number(target.judged)}个中达标{display_number(target.reached)}个{unknown}"


def _of_workforce(figures: BriefingFigures) -> SummaryFigure:
    staff = figures.workforce
    return SummaryFigure(
        name="在岗社会工作者",
        standard="不评分",
        note="" if staff.professionals is None else _professionals(staff),
        figure="未报" if staff.workers is None else f"{display_number(staff.workers)}人",
        change=display_change(_more(staff), decimals=None),
        outlook=DASH,
        to_do=DASH,
        trend=_trend("在岗社会工作者", staff.trend, figures.period, "人", is_rate=False),
    )


def _professionals(staff: Workforce) -> str:
    return f"专业人才{display_number(staff.professionals)}人，占{percent_text(staff.percent)}"


def _more(staff: Workforce) -> int | None:
    if staff.workers is None or staff.last_month_workers is None:
        return None
    return staff.workers - staff.last_month_workers


def _trend(name: str, points: Sequence[TrendPoint], month: str, unit: str, *, is_rate: bool) -> str:
    known = [point for point in points if point.value is not None]
    if not known:
        return ""
    said = "、".join(
        f"{month_in_words(point.month)}{f'{point.value:.1f}' if is_rate else display_number(point.value)}{unit}"
        for point in known
    )
    least = _LEAST_POINTS if is_rate else _LEAST_SHARE * max(point.value or 0 for point in known) or 1.0
    return sparkline(points, month=month, text=f"{name}近12个月：{said}。", least_range=least)


# --- Who is ahead and behind ---


@dataclass(frozen=True)
class _Place:
    """A division and in how many targets it is among the best, the weakest, and not ranked."""

    name: str
    code: str
    best: int
    weakest: int


def _compared(figures: BriefingFigures) -> tuple[str, str, str]:
    """Return who is ahead, who is behind and who has not reported, by the number of targets in which they are.

    A division is ahead that is among the best more often than among the weakest, so that nobody is in both lists.
    """
    best: Counter[str] = Counter()
    weakest: Counter[str] = Counter()
    unreported: Counter[str] = Counter()
    rows: dict[str, DivisionFigures] = {}
    for target in figures.targets:
        if target.is_mean or target.judges_counties:
            continue
        order = order_of(target.divisions)
        rows |= {row.code: row for row in target.divisions if row.judged}
        best.update(row.code for place in order.best for row in place)
        weakest.update(row.code for place in order.weakest for row in place)
        unreported.update(row.code for row in order.unreported)
    places = [_Place(row.name, code, best[code], weakest[code]) for code, row in sorted(rows.items())]
    units = units_below(figures.division)
    ahead = sorted((each for each in places if each.best > each.weakest), key=_most_ahead)
    behind = sorted((each for each in places if each.weakest > each.best), key=_most_behind)
    not_ranked = [rows[code].name for code in sorted(unreported)]
    return (
        _named(ahead, "居前", units),
        _named(behind, "居后", units),
        words.named(not_ranked, units) if not_ranked else "",
    )


def _most_ahead(place: _Place) -> tuple[int, int, str]:
    return -(place.best - place.weakest), -place.best, place.code


def _most_behind(place: _Place) -> tuple[int, int, str]:
    return -(place.weakest - place.best), -place.weakest, place.code


def _named(places: Sequence[_Place], what: str, units: str) -> str:
    """Return 城区（4项居前）、郊区、沁县（各3项居前、1项居后）: those that stand alike are treated alike."""
    said = []
    for alike in first_places(tied(places, lambda place: (place.best, place.weakest))):
        of_first = alike[0]
        counts = {"居前": of_first.best, "居后": of_first.weakest}
        order = [what, *(other for other in counts if other != what)]
        names = [place.name for place in alike]
        who = "、".join(names) if len(names) <= MOST_NAMED else f"{len(names)}个{units}"
        each = "各" if len(alike) > 1 else ""
        numbers = "、".join(f"{counts[way]}项{way}" for way in order if counts[way])
        said.append(f"{who}（{each}{numbers}）")
    return "、".join(said)


# --- What must happen next month ---


def _must_do(figures: BriefingFigures) -> tuple[str, ...]:
    said: list[str] = []
    for section in declared_sections():
        if section.must_do is not None:
            said += section.must_do(figures.sections.get(section.code), figures)
    return tuple(said)


def _to_do(target: TargetFigures) -> str:
    """Return how many units must newly reach the target, so that it is done in time; what is lacking where that is no pace."""
    pace = target.pace
    if pace is None or not target.judged or pace.outlook == Outlook.DONE:
        return DASH
    if target.unknown == target.judged:
        return "补报数据"
    if target.is_mean:
        return f"提高{pace.needed:.2f}{spelt_unit(target.change_unit)}" if pace.needed else DASH
    if target.judged == 1 or target.judges_counties:
        return f"补{amount_text(target.gap, target.unit)}" if target.gap else DASH
    missing = _units_missing(target)
    if missing <= 0:
        return DASH
    months_left = 1 if pace.outlook == Outlook.OVERDUE else max(1, pace.months_left)
    return f"新增达标{display_number(ceil(missing / months_left))}个"


def _units_missing(target: TargetFigures) -> int:
    """Return how many units must still reach the target; of a share that is asked for, how many until it is reached."""
    if target.aggregate == "coverage" and target.coverage_at_least is not None:
        return ceil(target.judged * target.coverage_at_least / 100 - 1e-9) - target.reached
    return target.judged - target.reached
