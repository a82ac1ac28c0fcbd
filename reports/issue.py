"""One printed issue: a briefing's stored figures as sections, tables and charts, and these as HTML.

Nothing is computed here; every number comes from `Briefing.stored_figures` through `reports.words`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.template.loader import render_to_string

from communities.models import Division
from reports import forecast, words
from reports.charts import amount_by_division_svg, rate_by_division_svg
from reports.models import Briefing
from reports.reporting import paragraphs as reporting_paragraphs
from reports.stored_figures import BriefingFigures, ShortfallCell, TargetFigures
from targets.result_lists import ResultLists
from targets.wording import amount_text, bound_text, plain_number

_NUMERALS = "一二三四五六七八九十"
_CHART_WIDTH = 460
_FEWEST_BARS = 2  # a single bar compares nothing
_PARAGRAPHS = "reports/briefing/paragraphs.html"


@dataclass(frozen=True)
class Section:
    """A numbered section of the issue; `paragraphs` if it consists of paragraphs only."""

    title: str
    template: str = _PARAGRAPHS
    paragraphs: tuple[str, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class PrintedTarget:
    """A target's row of the table, its paragraphs, and in the PDF its chart ("" if there is nothing to compare)."""

    figures: TargetFigures
    ordinal: str
    sentences: tuple[str, ...]
    lists: ResultLists  # behind the numbers, for the page
    caption: str = ""
    chart: str = ""

    @property
    def bounds(self) -> str:
        """Return what the target requires: ≥500㎡."""
        return bound_text(self.figures)

    @property
    def over_cell(self) -> int | None:
        """Return the number of units above the range; None without an upper bound."""
        return None if self.figures.at_most is None else self.figures.over

    @property
    def figure(self) -> str:
        """Return the rate, or the mean if the target is a mean."""
        return words.figure_in_words(self.figures)

    @property
    def change_cell(self) -> str:
        """Return the change on last month: +1.3."""
        return words.change_cell(self.figures, self.figures.change_on_last_month)

    @property
    def year_cell(self) -> str:
        """Return the change on the same month of the year before: +1.3."""
        return words.change_cell(self.figures, self.figures.change_on_year_before)

    @property
    def progress_cell(self) -> str:
        """Return the mean monthly progress: +0.43."""
        return forecast.progress_cell(self.figures)

    @property
    def outlook_cell(self) -> str:
        """Return when the target is reached: 2020年6月."""
        return forecast.outlook_cell(self.figures)


@dataclass(frozen=True)
class ShortfallColumn:
    """A target of 附件1, as the heading of its column."""

    short_name: str
    bounds: str


@dataclass(frozen=True)
class PrintedCell:
    """A community's figure in 附件1, and whether it falls short."""

    text: str
    is_short: bool


@dataclass(frozen=True)
class PrintedCommunity:
    """A line of 附件1, with one cell for each column."""

    county: str
    town: str
    name: str
    cells: tuple[PrintedCell, ...]


@dataclass(frozen=True)
class PrintedShortfalls:
    """附件1: the columns are the urban targets, the rows the communities that miss one of them."""

    targets: tuple[ShortfallColumn, ...]
    rows: tuple[PrintedCommunity, ...]


@dataclass(frozen=True)
class PrintedIssue:
    """The whole text of an issue, as printed.

    `corrections` are the lines of 更正说明. `required` is the table of 下步工作, under `required_caption`.
    """

    briefing: Briefing
    figures: BriefingFigures
    title: str
    office: str
    as_of: str
    scope_name: str
    corrections: tuple[str, ...]
    sections: tuple[Section, ...]
    overview: tuple[str, ...]
    targets: tuple[PrintedTarget, ...]
    next_steps: tuple[str, ...]
    required: forecast.RequiredTable
    required_caption: str
    shortfalls: PrintedShortfalls


def issue_markup(briefing: Briefing) -> str:
    """Return the issue as one HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/briefing/issue.html", {"issue": issue_with_charts(briefing)})


def issue_with_charts(briefing: Briefing) -> PrintedIssue:
    """Return the printed issue: its text, and a chart for every target that compares divisions."""
    issue = issue_text(briefing)
    return replace(issue, targets=tuple(_with_chart(target, issue.figures) for target in issue.targets))


def issue_text(briefing: Briefing) -> PrintedIssue:
    """Return everything but the charts. Raises ValueError for a briefing that has no figures yet."""
    figures = briefing.stored_figures
    if figures is None:
        raise ValueError(f"The briefing {briefing.ref} has no figures yet.")
    next_steps = (*forecast.next_steps(figures), *_typed_paragraphs(briefing.next_steps))
    required = forecast.required_table(figures)
    return PrintedIssue(
        briefing=briefing,
        figures=figures,
        title=words.title(figures),
        office=figures.division.office,
        as_of=words.day_in_words(figures.as_of),
        scope_name=words.whole_of(figures.division),
        corrections=tuple(correction.in_words() for correction in briefing.stored_corrections),
        sections=_sections(figures, has_next_steps=bool(next_steps)),
        overview=tuple(words.overview(figures)),
        targets=tuple(_printed_target(target, figures, number) for number, target in enumerate(figures.targets)),
        next_steps=next_steps,
        required=required,
        required_caption=_required_caption(required, figures),
        shortfalls=_printed_shortfalls(figures),
    )


def _sections(figures: BriefingFigures, *, has_next_steps: bool) -> tuple[Section, ...]:
    """Return the sections that are not empty, numbered without gaps."""
    purchases = words.services(figures.services, figures.division, figures.as_of)
    # Issues that were printed before this section was introduced have no such figures.
    reported = reporting_paragraphs(figures.reporting, figures.division) if figures.reporting else []
    sections = [
        Section("总体进展", "reports/briefing/overview.html"),
        Section("分项情况", "reports/briefing/targets.html"),
        Section("购买服务", paragraphs=tuple(purchases)),
        Section("填报情况", paragraphs=tuple(reported)),
        Section("主要短板", paragraphs=_shortcomings(figures)),
        *([Section("下步工作", "reports/briefing/next_steps.html")] if has_next_steps else []),
    ]
    filled = [section for section in sections if section.paragraphs or section.template != _PARAGRAPHS]
    return tuple(replace(section, number=_NUMERALS[position]) for position, section in enumerate(filled))


def _shortcomings(figures: BriefingFigures) -> tuple[str, ...]:
    paragraphs = [words.shortcoming(target, figures.division) for target in figures.targets]
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _typed_paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _printed_target(target: TargetFigures, figures: BriefingFigures, number: int) -> PrintedTarget:
    ends_on = figures.plan.ends_on
    pace = forecast.target_pace(target, ends_on) if ends_on else ""
    sentences = [*words.target_sentences(target, figures.division), pace]
    return PrintedTarget(
        figures=target,
        ordinal=_NUMERALS[number],
        lists=_lists(target, figures),
        sentences=tuple(sentence for sentence in sentences if sentence),
    )


def _lists(target: TargetFigures, figures: BriefingFigures) -> ResultLists:
    """Return the lists behind a target's numbers, by the divisions of the month, as the issue has them."""
    division = Division(code=figures.division.code, level=figures.division.level)  # only for the address
    return ResultLists(figures.period, target.code, division, is_mean=target.is_mean)


def _required_caption(table: forecast.RequiredTable, figures: BriefingFigures) -> str:
    """Return the caption of the table of monthly progress needed; "" when nothing is open."""
    if not table.rows:
        return ""
    due = forecast.until(figures.plan.ends_on)
    points = "" if any(target.unit for target in table.targets) else "的百分点"
    return f"{_divisions_below(figures)}按期完成目标每月需提高{points}（至{due}）"


def _divisions_below(figures: BriefingFigures) -> str:
    return f"各{words.units_below(figures.division)}"


def _with_chart(target: PrintedTarget, figures: BriefingFigures) -> PrintedTarget:
    caption = _caption(target.figures, figures)
    return replace(target, caption=caption, chart=_chart(target.figures, caption))


def _caption(target: TargetFigures, figures: BriefingFigures) -> str:
    as_of = f"（截至{words.day_in_words(figures.as_of)}）"
    if target.judges_counties:
        return f"{target.short_name}数量{as_of}"
    if target.is_mean:
        return f"{_divisions_below(figures)}{target.short_name}{as_of}"
    return f"{_divisions_below(figures)}{target.short_name}达标率{as_of}"


def _chart(target: TargetFigures, caption: str) -> str:
    """Return bars of the rate, or of the figure if each division is one judged unit; "" for a single bar."""
    if target.judges_counties or target.is_mean:
        rows = [
            {"name": row.name, "value": row.value, "label": amount_text(row.value, target.value_unit)}
            for row in target.divisions
            if row.value is not None
        ]
        if len(rows) < _FEWEST_BARS:
            return ""
        return amount_by_division_svg(rows, title=caption, at_least=target.at_least, width=_CHART_WIDTH)
    rows = [{"name": row.name, "percent": row.percent} for row in target.divisions if row.judged]
    if len(rows) < _FEWEST_BARS:
        return ""
    return rate_by_division_svg(rows, title=caption, average=target.percent, width=_CHART_WIDTH)


def _printed_shortfalls(figures: BriefingFigures) -> PrintedShortfalls:
    columns = [target for target in figures.targets if target.code in figures.shortfalls.targets]
    return PrintedShortfalls(
        targets=tuple(
            # The heading says that these are urban communities.
            ShortfallColumn(target.short_name.removeprefix("城市社区"), bound_text(target))
            for target in columns
        ),
        rows=tuple(
            PrintedCommunity(
                county=row.county,
                town=row.town,
                name=row.name,
                cells=tuple(_printed_cell(row.figures[target.code]) for target in columns),
            )
            for row in figures.shortfalls.rows
        ),
    )


def _printed_cell(cell: ShortfallCell) -> PrintedCell:
    return PrintedCell(words.NOT_KNOWN if cell.value is None else plain_number(cell.value), cell.is_short)
