"""变化和进步: what a quarter or a year has changed, month by month, and who has come furthest. A month's issue has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from changzhi_portal.briefings import Block, BriefingSection, Cell, Column, Heading, Paragraph, Table
from changzhi_portal.display import DASH, display_number
from changzhi_portal.percent import percent_text, points_text
from changzhi_portal.phrases import plain_number, units_below
from periods.models import month_after, parse_month
from reports import words
from reports.ranking import MOST_NAMED, first_places, tied
from reports.stored_figures import BriefingFigures, DivisionFigures, TargetFigures
from targets.wording import spelt_unit

_MOST_COLUMNS = 4  # months of a table: of a year the ends of its quarters


def _blocks(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    if figures.span == "month":
        return ()
    best = [text for target in figures.targets if (text := _come_furthest(target, figures))]
    return (
        Heading("各季度末情况" if _is_by_quarter(figures) else "逐月变化"),
        _by_month(figures),
        Heading(f"进步较大的{units_below(figures.division)}"),
        *(Paragraph(text) for text in best or [f"{figures.term.this}没有可比的提高。"]),
    )


def _is_by_quarter(figures: BriefingFigures) -> bool:
    return figures.term.months >= _MOST_COLUMNS


def _months(figures: BriefingFigures) -> list[str]:
    """Return the months of the table: 2018-04, 2018-05, 2018-06; of a year the last one of each quarter."""
    last = parse_month(figures.period)
    step = 3 if _is_by_quarter(figures) else 1
    back = range(figures.term.months - step, -1, -step)
    return [f"{month_after(last, -months):%Y-%m}" for months in back]


def _by_month(figures: BriefingFigures) -> Table:
    months = _months(figures)
    rows = []
    for target in figures.targets:
        known = {point.month: point.value for point in target.trend}
        rows.append((Cell(target.short_name), *(_cell(known.get(month), target) for month in months), _change(target)))
    return Table(
        caption=f"{figures.term.this}各项目标{'各季度末' if _is_by_quarter(figures) else '逐月'}情况",
        columns=(
            Column("目标", width=40),
            *(Column(f"{int(month[5:])}月", "number") for month in months),
            Column(f"较{figures.term.last}增减", "number", width=24),
        ),
        rows=tuple(rows),
    )


def _cell(value: float | None, target: TargetFigures) -> Cell:
    if value is None:
        return Cell(DASH)
    return Cell(plain_number(value) if target.is_mean else percent_text(value), value)


def _change(target: TargetFigures) -> Cell:
    return Cell(words.change_cell(target, target.change_on_last_month), target.change_on_last_month)


def _come_furthest(target: TargetFigures, figures: BriefingFigures) -> str:
    """Return 城市社区设施面积：提高最多的是城区（提高3.5个百分点，达到66.2%）、襄垣县（…）。 "" where nobody has risen.

    Those that rose alike stand together or not at all, as in 居前 (`reports.ranking`).
    """
    if target.judges_counties or len(target.divisions) < 2:
        return ""
    risen = [row for row in target.divisions if (row.change_on_last_month or 0) > 0]
    places = tied(sorted(risen, key=lambda row: (-(row.change_on_last_month or 0), row.code)), _rise)
    if not places:
        return ""
    if len(places[0]) > MOST_NAMED:
        units = units_below(figures.division)
        return f"{target.short_name}：有{len(places[0])}个{units}各{_rose(places[0][0], target)}，并列最多。"
    named = [_named(place, target) for place in first_places(places)]
    begins = "只有" if len(risen) == 1 else "提高最多的是" if len(named) == 1 else "提高较多的依次是"
    ends = "有提高" if len(risen) == 1 else ""
    return f"{target.short_name}：{begins}{'、'.join(named)}{ends}。"


def _rise(row: DivisionFigures) -> float | None:
    return row.change_on_last_month


def _named(place: Sequence[DivisionFigures], target: TargetFigures) -> str:
    """Return 城区（提高3.5个百分点，达到66.2%） / 城区、郊区（各提高3.5个百分点）."""
    names = "、".join(row.name for row in place)
    if len(place) > 1:
        return f"{names}（各{_rose(place[0], target)}）"
    [row] = place
    now = row.value if target.is_mean else row.percent
    if now is None:
        return f"{names}（{_rose(row, target)}）"
    figure = f"{display_number(now)}{spelt_unit(target.value_unit)}" if target.is_mean else percent_text(now)
    return f"{names}（{_rose(row, target)}，达到{figure}）"


def _rose(row: DivisionFigures, target: TargetFigures) -> str:
    change = row.change_on_last_month or 0
    if target.is_mean:
        return f"提高{plain_number(round(change, 2))}{spelt_unit(target.value_unit)}"
    return f"提高{points_text(change)}"


PROGRESS = BriefingSection(code="progress", title="变化和进步", position=25, blocks=_blocks)
