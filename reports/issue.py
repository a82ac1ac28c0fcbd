"""One printed issue: a briefing's stored figures turned into sections, tables and charts, and these into HTML.

Nothing is computed here; every number comes from `Briefing.figures` through `reports.words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string

from reports import forecast, words
from reports.charts import amount_by_division_svg, rate_by_division_svg
from reports.models import Briefing
from reports.reporting import paragraphs as reporting_paragraphs

_NUMERALS = "一二三四五六七八九十"
_CHART_WIDTH = 460
_FEWEST_BARS = 2  # one bar compares nothing


def issue_markup(briefing: Briefing) -> str:
    """The issue as one HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/briefing/issue.html", issue_context(briefing))


def issue_context(briefing: Briefing) -> dict[str, Any]:
    """What the printed issue shows: its text, and a chart for every target that compares divisions."""
    context = issue_text(briefing)
    for target in context["targets"]:
        target.caption = _caption(target, briefing.figures)
        target.chart = _chart(target, target.caption)
    return context


def issue_text(briefing: Briefing) -> dict[str, Any]:
    """Everything but the charts: `title`, `office`, numbered `sections`, `targets`, `shortfalls`, and the texts."""
    figures = briefing.figures
    targets = [_printed_target(target, figures, number) for number, target in enumerate(figures.targets)]
    return {
        "briefing": briefing,
        "figures": figures,
        "title": words.title(figures),
        "office": figures.division.office,
        "as_of": words.day_in_words(figures.as_of),
        "scope_name": words.whole_of(figures.division),
        "sections": _sections(briefing),
        "overview": words.overview(figures),
        "targets": targets,
        "next_steps": [*forecast.next_steps(figures), *_typed_paragraphs(briefing.next_steps)],
        "required": _required(figures),
        "shortfalls": _printed_shortfalls(figures),
    }


def _sections(briefing: Briefing) -> list[dict[str, Any]]:
    """The sections that have something to say, numbered without gaps."""
    figures = briefing.figures
    shortcomings = _shortcomings(figures)
    sections: list[dict[str, Any]] = [
        {"title": "总体进展", "template": "reports/briefing/overview.html"},
        {"title": "分项情况", "template": "reports/briefing/targets.html"},
        {
            "title": "购买服务",
            "template": "reports/briefing/paragraphs.html",
            "paragraphs": words.services(figures.services, figures.division, figures.as_of),
        },
    ]
    # Issues that were printed before reports were kept have no such figures.
    reported = reporting_paragraphs(figures.reporting, figures.division) if "reporting" in figures else []
    if reported:
        sections.append({"title": "填报情况", "template": "reports/briefing/paragraphs.html", "paragraphs": reported})
    if shortcomings:
        sections.append(
            {"title": "主要短板", "template": "reports/briefing/paragraphs.html", "paragraphs": shortcomings}
        )
    if briefing.next_steps.strip() or forecast.next_steps(figures):
        sections.append({"title": "下步工作", "template": "reports/briefing/next_steps.html"})
    return [{**section, "number": _NUMERALS[number]} for number, section in enumerate(sections)]


def _shortcomings(figures: Mapping[str, Any]) -> list[str]:
    paragraphs = [words.shortcoming(target, figures.division) for target in figures.targets]
    return [paragraph for paragraph in paragraphs if paragraph]


def _typed_paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _printed_target(target: Mapping[str, Any], figures: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A target's row of the table and its paragraphs."""
    return {
        **target,
        "ordinal": _NUMERALS[number],
        "bounds": words.bounds(target),
        "reached": target.met + target.over,
        "over_cell": words.NOT_KNOWN if target.at_most is None else target.over,
        "percent_text": words.figure_in_words(target),
        "change_cell": words.signed_points(target.change_on_last_month),
        "year_cell": words.signed_points(target.change_on_year_before),
        "progress_cell": forecast.progress_cell(target),
        "outlook_cell": forecast.outlook_cell(target),
        "sentences": [*words.target_sentences(target, figures.division), _pace_sentence(target, figures)],
    }


def _pace_sentence(target: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    ends_on = figures.plan.get("ends_on")
    return forecast.pace_sentence(target, ends_on) if ends_on else ""


def _required(figures: Mapping[str, Any]) -> dict[str, Any]:
    """下步工作: the table of what each county (town) needs a month, with its caption; without rows when nothing is open."""
    table = forecast.required_table(figures)
    if not table["rows"]:
        return {"rows": []}
    below = "各县（市、区）" if figures.division.level == "city" else "各街道（乡镇）"
    due = forecast.until(figures.plan.ends_on)
    points = "" if any(target.unit for target in table["targets"]) else "的百分点"
    return {**table, "caption": f"{below}按期完成目标每月需提高{points}（至{due}）"}


def _caption(target: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    rows = "各县（市、区）" if figures.division.level == "city" else "各街道（乡镇）"
    if _counts_whole_counties(target):
        return f"{target.short_name}数量（截至{words.day_in_words(figures.as_of)}）"
    if words.is_mean(target):
        return f"{rows}{target.short_name}（截至{words.day_in_words(figures.as_of)}）"
    return f"{rows}{target.short_name}达标率（截至{words.day_in_words(figures.as_of)}）"


def _counts_whole_counties(target: Mapping[str, Any]) -> bool:
    return target.level == "county"


def _chart(target: Mapping[str, Any], caption: str) -> str:
    """Bars of the rate, or of the figure itself where each division is one judged unit; empty for a lone division."""
    if _counts_whole_counties(target) or words.is_mean(target):
        unit = target.get("value_unit", target.unit)
        rows = [
            {"name": row.name, "value": row.value, "label": words.amount({"unit": unit}, row.value)}
            for row in target.divisions
            if row.value is not None
        ]
        if len(rows) < _FEWEST_BARS:
            return ""
        return amount_by_division_svg(rows, title=caption, at_least=target.at_least, width=_CHART_WIDTH)
    rows = [
        {"name": row.name, "rate": row.rate, "label": words.percent_text(row.percent)}
        for row in target.divisions
        if row.judged
    ]
    if len(rows) < _FEWEST_BARS:
        return ""
    average_name = f"平均{words.percent_text(target.percent)}"
    return rate_by_division_svg(
        rows, title=caption, average=target.rate, average_name=average_name, width=_CHART_WIDTH
    )


def _printed_shortfalls(figures: Mapping[str, Any]) -> dict[str, Any]:
    """附件1: the columns are the urban targets; a cell says whether its figure falls short."""
    columns = [target for target in figures.targets if target.code in figures.shortfalls.targets]
    rows = [
        {
            **row,
            "cells": [
                {"text": _cell(row.figures[target.code]), "is_short": row.figures[target.code]["is_short"]}
                for target in columns
            ],
        }
        for row in figures.shortfalls.rows
    ]
    return {
        "targets": [
            # The heading says already that these are urban communities.
            {"short_name": target.short_name.removeprefix("城市社区"), "bounds": words.bounds(target)}
            for target in columns
        ],
        "rows": rows,
    }


def _cell(figure: Mapping[str, Any]) -> str:
    return words.NOT_KNOWN if figure["value"] is None else words.plain(figure["value"])
