"""The matrix of one month: every county (of a county, every town) against every target (docs/domain.md §6.11).

A cell has the figure, its place among the divisions of the same level, its changes, and how the division is doing. All
figures come from the dashboard's `Board`, so that both pages agree, by the divisions of the month and by today's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from changzhi_portal.display import DASH, display_change
from changzhi_portal.percent import percent
from communities.models import Division
from periods.models import ReportingPeriod, month_after
from reports import words
from reports.dashboard import Board, LinkTo
from reports.dashboard_rows import number_label
from reports.progress import progress_figures
from targets.judgement import Verdict
from targets.models import Target, TargetResult
from targets.pace import Outlook
from targets.result_lists import ResultLists
from targets.series import Trend
from targets.wording import bound_text, result_text

FEWEST_RANKED = 2  # one division has no place
BY_CODE = "code"


class Status(NamedTuple):
    """How a division is doing: in a word, and the class of its colour."""

    word: str
    tone: str


DONE = Status("已完成", "good")
IN_TIME = Status("可按期", "good")
LATE = Status("难按期", "bad")
OVERDUE = Status("逾期", "bad")
OPEN = Status("未完成", "doubt")
NOT_REPORTED = Status("数据未报", "doubt")
NOT_JUDGED = Status("不参评", "quiet")

_BY_OUTLOOK = {
    Outlook.DONE: DONE,
    Outlook.IN_TIME: IN_TIME,
    Outlook.TOO_LATE: LATE,
    Outlook.STANDSTILL: LATE,
    Outlook.BACKWARDS: LATE,
    Outlook.OVERDUE: OVERDUE,
    Outlook.NO_PACE: OPEN,
    Outlook.UNKNOWN: NOT_REPORTED,
}
_BY_VERDICT = {Verdict.MET: DONE, Verdict.OVER: DONE, Verdict.UNMET: OPEN, Verdict.UNKNOWN: NOT_REPORTED}
# For the page's legend: every status with what it means.
LEGEND = (
    (DONE, "已经达到目标"),
    (IN_TIME, "按近6个月的进度，能在方案期内完成"),
    (LATE, "按近6个月的进度，方案期内完不成"),
    (OVERDUE, "方案已到期，还没有完成"),
    (OPEN, "没有达到，也没有足够的月份看进度"),
    (NOT_REPORTED, "半数以上的单位还没有报数据"),
    (NOT_JUDGED, "没有参评的单位"),
)


@dataclass(frozen=True)
class Cell:
    """One division under one target. `sorts_by` is the printed figure; None where there is none."""

    target: Target
    figure: str
    sorts_by: Decimal | None
    on_last_month: str
    on_year_before: str
    status: Status
    lists: ResultLists
    result: TargetResult | None = None  # None for a county that is judged itself
    rank: int | None = None
    shares_rank: bool = False

    @property
    def place(self) -> str:
        """Return the place among the divisions of its level: 第3, 并列第1; "" without one."""
        return f"{'并列' if self.shares_rank else ''}第{self.rank}" if self.rank else ""

    @property
    def shows_counts(self) -> bool:
        """Return whether the figure is of units that can be counted."""
        return self.result is not None and bool(self.result.judged) and not self.lists.is_mean


@dataclass(frozen=True)
class MatrixRow:
    """A division with one cell for each target; None for a target that has no result there."""

    division: Division
    url: str
    cells: tuple[Cell | None, ...]
    is_whole: bool = False


@dataclass(frozen=True)
class Matrix:
    """The columns, and the rows: first the whole area."""

    targets: tuple[Target, ...]
    rows: tuple[MatrixRow, ...]

    @property
    def headed(self) -> list[tuple[Target, str]]:
        """Return each column's target with what it requires, short."""
        return [(target, bound_text(target)) for target in self.targets]

    @property
    def statuses(self) -> list[tuple[Status, str]]:
        """Return those entries of the legend that occur."""
        seen = {cell.status for row in self.rows for cell in row.cells if cell is not None}
        return [(status, meaning) for status, meaning in LEGEND if status in seen]


def matrix_of(board: Board, *, link_to: LinkTo, sort: str = BY_CODE) -> Matrix:
    """Return the matrix of the board's division.

    `link_to` gives the address of a division below. `sort` is the code of a target, highest figure first, with a minus
    lowest first; anything else sorts by the divisions' codes. Towns have no column for a target that judges counties.
    """
    own, below = board.own_results(), board.results_below()
    is_city = board.division.level == Division.Level.CITY
    if not is_city:
        own = [result for result in own if result.target.level != Target.Level.COUNTY]
    targets = tuple(result.target for result in own)
    trends = board.trends([*own, *below])
    make = _CellMaker(board, trends)
    by_place: dict[int, dict[int, Cell]] = {}
    divisions: dict[int, Division] = {}
    for result in below:
        divisions[result.division_id] = result.division
        if result.target.level != Target.Level.COUNTY:
            by_place.setdefault(result.division_id, {})[result.target_id] = make.of_result(result)
    for target in targets:
        if target.level == Target.Level.COUNTY:
            for key, cell in make.of_counties(target).items():
                by_place.setdefault(key, {})[target.pk] = cell
    _rank(by_place, targets)
    rows = [
        MatrixRow(divisions[key], link_to(divisions[key]), tuple(cells.get(target.pk) for target in targets))
        for key, cells in by_place.items()
        if key in divisions
    ]
    whole = MatrixRow(board.division, "", tuple(make.of_result(result) for result in own), is_whole=True)
    return Matrix(targets, (whole, *_sorted(rows, targets, sort)) if own else ())


class _CellMaker:
    """Makes the cells of one board."""

    def __init__(self, board: Board, trends: Mapping[tuple[int, int], Trend]) -> None:
        self.board, self.trends = board, trends

    def of_result(self, result: TargetResult) -> Cell:
        """Return the cell of a rate, a coverage or a mean."""
        target = result.target
        trend = self.trends[target.pk, result.division_id]
        progress = progress_figures(trend)
        is_mean = target.aggregate == Target.Aggregate.MEAN
        outlook = progress.pace.outlook if progress.pace else Outlook.UNKNOWN
        return Cell(
            target=target,
            figure=result_text(result),
            sorts_by=result.value if is_mean else percent(result.reached, result.judged),
            on_last_month=words.change_cell(progress, progress.change_on_last_month),
            on_year_before=words.change_cell(progress, progress.change_on_year_before),
            status=_status_of(result, outlook),
            lists=self.board.lists_of(target, result.division),
            result=result,
        )

    def of_counties(self, target: Target) -> dict[int, Cell]:
        """Return the cells of a target that judges each county by its own figure, by the county's key."""
        last_month, year_before = (self._values_of(target, months) for months in (1, 12))
        return {
            measure.division_id: Cell(
                target=target,
                figure=DASH if measure.value is None else number_label(measure.value, target),
                sorts_by=measure.value,
                on_last_month=_change_of_value(measure.value, last_month.get(measure.division_id)),
                on_year_before=_change_of_value(measure.value, year_before.get(measure.division_id)),
                status=_BY_VERDICT.get(Verdict(measure.verdict), NOT_JUDGED),
                lists=self.board.lists_of(target, measure.division),
            )
            for measure in self._judged(self.board, target)
        }

    def _values_of(self, target: Target, months: int) -> dict[int, Decimal | None]:
        """Return the counties' figures some months earlier, by the county's key; {} for a month without figures."""
        month = month_after(self.board.period.month, -months)
        period = ReportingPeriod.objects.filter(month=month).first()
        if period is None:
            return {}
        return {
            measure.division_id: measure.value for measure in self._judged(replace(self.board, period=period), target)
        }

    @staticmethod
    def _judged(board: Board, target: Target) -> Iterable[Any]:
        """Return the counties that are judged, with `verdict` and `value`."""
        return board.counties_judged_by(target)


def _status_of(result: TargetResult, outlook: Outlook) -> Status:
    """Return how a division is doing by its outlook; for a figure of divisions, which has no pace, by the counts."""
    if not result.judged:
        return NOT_JUDGED
    if result.target.judges_figure and outlook is not Outlook.UNKNOWN:
        return DONE if result.reached == result.judged else OPEN
    return _BY_OUTLOOK[outlook]


def _change_of_value(now: Decimal | None, then: Decimal | None) -> str:
    return DASH if now is None or then is None else display_change(now - then, decimals=None)


def _rank(by_place: Mapping[int, dict[int, Cell]], targets: Sequence[Target]) -> None:
    """Give every cell its place among those of the same target; equal figures share a place."""
    for target in targets:
        known = [
            cell.sorts_by
            for cells in by_place.values()
            if (cell := cells.get(target.pk)) is not None and cell.sorts_by is not None
        ]
        if len(known) < FEWEST_RANKED:
            continue
        for cells in by_place.values():
            ranked = cells.get(target.pk)
            if ranked is not None and ranked.sorts_by is not None:
                better = sum(_is_better(figure, ranked.sorts_by, target) for figure in known)
                cells[target.pk] = replace(ranked, rank=better + 1, shares_rank=known.count(ranked.sorts_by) > 1)


def _is_better(figure: Decimal, other: Decimal, target: Target) -> bool:
    """Return whether a figure is the better one: the higher, or of a target that only limits it the lower."""
    return figure < other if target.at_least is None and target.at_most is not None else figure > other


def _sorted(rows: Sequence[MatrixRow], targets: Sequence[Target], sort: str) -> list[MatrixRow]:
    """Return the rows sorted by one target's figure, those without a figure last; by code as a tie-break."""
    by_code = sorted(rows, key=lambda row: row.division.code)
    column = next((at for at, target in enumerate(targets) if target.code == sort.removeprefix("-")), None)
    if column is None:
        return by_code
    return sorted(by_code, key=_figure_of(column, lowest_first=sort.startswith("-")))


def _figure_of(column: int, *, lowest_first: bool) -> Callable[[MatrixRow], tuple[bool, Decimal]]:
    def key(row: MatrixRow) -> tuple[bool, Decimal]:
        cell = row.cells[column]
        figure = None if cell is None else cell.sorts_by
        if figure is None:
            return True, Decimal(0)
        return False, figure if lowest_first else -figure

    return key
