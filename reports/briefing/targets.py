"""分项情况: for every target its sentences and its chart by county or town."""

from __future__ import annotations

from typing import Any

from changzhi_portal.briefings import Block, BriefingSection, Chart, Heading, Paragraph
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import day_in_words, units_below, whole_of
from reports import forecast, words
from reports.charts.divisions import Bar, Line, narrow_bars, wide_bars
from reports.stored_figures import BriefingFigures, DivisionFigures, TargetFigures
from targets.wording import amount_text, number_text

_FEWEST_BARS = 2  # a single bar compares nothing
_UNREPORTED = "未报"
_ROOM = 1.1  # of a scale of numbers, above its largest


def _blocks(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for target in figures.targets:
        blocks += [Heading(target.short_name, target.code), *_paragraphs(target, figures), *_chart(target, figures)]
    return tuple(blocks)


def _paragraphs(target: TargetFigures, figures: BriefingFigures) -> list[Paragraph]:
    ends_on = figures.plan.ends_on
    pace = forecast.target_pace(target, ends_on) if ends_on else ""
    sentences = [*words.target_sentences(target, figures.division), pace]
    return [Paragraph(sentence, target.code) for sentence in sentences if sentence]


def _chart(target: TargetFigures, figures: BriefingFigures) -> list[Chart]:
    """Return bars of the rate, or of the figure if each division is one judged unit; [] for a single bar."""
    if target.judges_counties or target.is_mean:
        bars, line, said = _amounts(target)
    else:
        bars, line, said = _rates(target, whole_of(figures.division))
    if len(bars) < _FEWEST_BARS:
        return []
    caption = _caption(target, figures)
    text = f"{caption}{said}：{'、'.join(f'{bar.name}{bar.label}' for bar in bars)}。"
    return [Chart(caption, wide_bars(bars, line, text), text, narrow_bars(bars, line, text))]


def _rates(target: TargetFigures, whole: str) -> tuple[list[Bar], Line | None, str]:
    """Return a bar for each division that has judged units, the highest first, and the line of the rate of the `whole`."""
    judged = sorted((row for row in target.divisions if row.judged), key=_highest_first)
    bars = [
        Bar(row.name, None, _UNREPORTED)
        if row.unknown == row.judged
        else Bar(row.name, (row.percent or 0) / 100, percent_text(row.percent))
        for row in judged
    ]
    if target.percent is None or target.unknown == target.judged:
        return bars, None, ""
    overall = f"{whole}{percent_text(target.percent)}"
    return bars, Line(target.percent / 100, overall), f"，{overall}"


def _highest_first(row: DivisionFigures) -> tuple[bool, float, str]:
    return row.unknown == row.judged, -(row.percent or 0), row.code


def _amounts(target: TargetFigures) -> tuple[list[Bar], Line | None, str]:
    """Return a bar for each division with its number, and the line of the least (or most) that is asked for."""
    is_limit = target.at_least is None and target.at_most is not None
    bound, name = float((target.at_most if is_limit else target.at_least) or 0), "上限" if is_limit else "下限"
    known = [row for row in target.divisions if row.value is not None]
    end = max([float(row.value or 0) for row in known] + [bound, 1.0]) * _ROOM
    bars = [
        Bar(row.name, float(row.value or 0) / end, number_text(row.value or 0, target.value_unit))
        for row in sorted(known, key=lambda row: (-(row.value or 0), row.code))
    ]
    bars += [Bar(row.name, None, _UNREPORTED) for row in target.divisions if row.value is None and row.unknown]
    if not bound:
        return bars, None, ""
    said = f"{name}{amount_text(bound, target.value_unit)}"
    return bars, Line(bound / end, said), f"，{said}"


def _caption(target: TargetFigures, figures: BriefingFigures) -> str:
    as_of = f"（截至{day_in_words(figures.as_of)}）"
    if target.figure:
        return f"各县（市、区）{target.figure}{as_of}"
    if target.judges_counties:
        return f"{target.short_name}数量{as_of}"
    what = "" if target.is_mean else "达标率"
    return f"各{units_below(figures.division)}{target.short_name}{what}{as_of}"


TARGETS = BriefingSection(code="targets", title="分项情况", position=20, blocks=_blocks)
