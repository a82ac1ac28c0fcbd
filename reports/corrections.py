"""更正说明: the differences of a corrected edition's figures from those of the edition before it.

Only printed figures are compared: a change in the registers that leaves them equal is no correction.
`Briefing.corrections` stores them as JSON: a list of objects with `subject` and `changes`, a list of label, old and new
text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from changzhi_portal import discovery
from changzhi_portal.briefings import BriefingAnnex, BriefingSection, Change
from changzhi_portal.display import display_number
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import units_below, whole_of
from reports import words
from reports.parts import Part, annexes_of
from reports.stored_figures import (
    BriefingFigures,
    Counts,
    DivisionFigures,
    ShortCommunity,
    TargetFigures,
    Workforce,
)
from targets.wording import amount_text, bound_text

# A longer list is replaced by its length.
_MOST_NAMES = 5
_SHORTFALLS = "shortfalls"  # the annex whose rows are stored with the figures themselves
_MAIN_FIGURES = ("数量", "达标数", "达标率")


@dataclass(frozen=True)
class Correction:
    """The corrections of one subject: 全市城市社区设施面积."""

    subject: str
    changes: tuple[Change, ...]

    def in_words(self) -> str:
        """Return one line of 更正说明: 全市城市社区设施面积：达标数由96个更正为97个，达标率由62.7%更正为63.4%."""
        return f"{self.subject}：{'，'.join(change.in_words() for change in self.changes)}"


def corrections_to_json(corrections: Sequence[Correction]) -> list[dict[str, Any]]:
    """Return corrections as plain JSON values."""
    return [{"subject": each.subject, "changes": [list(change) for change in each.changes]} for each in corrections]


def corrections_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[Correction, ...]:
    """Return the corrections that `corrections_to_json` wrote."""
    return tuple(Correction(each["subject"], tuple(Change(*change) for change in each["changes"])) for each in stored)


def corrections_between(old: BriefingFigures, new: BriefingFigures) -> list[Correction]:
    """Return the differences of the printed figures of two editions of one issue, in the order of printing."""
    whole, names = whole_of(new.division), _names_of_annexes(old, new)
    found = [
        *_of_targets(old.targets, new.targets, whole, units_below(new.division)),
        _correction(f"{whole}社会工作者", _workforce(old.workforce, new.workforce)),
        *_of_parts(
            discovery.instances_in("briefing", BriefingSection), old, new, lambda part: whole + part.corrected_as
        ),
        *_of_shortfalls(old, new, names),
        *_of_parts(discovery.instances_in("briefing", BriefingAnnex), old, new, lambda part: names[part.code]),
    ]
    return [correction for correction in found if correction.changes]


def _correction(subject: str, changes: Iterable[Change]) -> Correction:
    return Correction(subject, tuple(change for change in changes if change.old != change.new))


def _names_of_annexes(old: BriefingFigures, new: BriefingFigures) -> dict[str, str]:
    """Return 附件2农村社区分乡镇配备情况 by the code of each annex: as the corrected edition calls it, or else the old one."""
    titles = {annex.code: f"附件{annex.title}" for annex in discovery.instances_in("briefing", BriefingAnnex)}
    return titles | {each.annex.code: each.name for each in (*annexes_of(old), *annexes_of(new))}


def _of_targets(old: Sequence[TargetFigures], new: Sequence[TargetFigures], whole: str, units: str) -> list[Correction]:
    """Return corrections by target, of the division and of its counties (towns); also added and removed targets."""
    before = {target.code: target for target in old}
    after = {target.code for target in new}
    corrections = []
    for target in new:
        then, name = before.get(target.code), target.short_name
        if then is None:
            corrections.append(
                _correction(f"{whole}{name}", [Change("新列入", "", f"（{words.figure_in_words(target)}）")])
            )
            continue
        bounds = Change("标准", bound_text(then), bound_text(target))
        corrections.append(_correction(f"{whole}{name}", [bounds, *_result(then, target, target)]))
        corrections.append(_correction(f"各{units}{name}", _changes_below(then, target)))
    removed = [target for target in old if target.code not in after]
    return corrections + [
        _correction(f"{whole}{each.short_name}", [Change("不再列入", f"（原为{words.figure_in_words(each)}）", "")])
        for each in removed
    ]


def _changes_below(old: TargetFigures, new: TargetFigures) -> list[Change]:
    """Return one change per county (town), of its main figure: the number of units that reached it, or else the rate."""
    rows = {row.code: row for row in old.divisions}
    return [
        first._replace(label=f"{row.name}{first.label}")
        for row in new.divisions
        if row.code in rows and (first := _says_most(rows[row.code], row, new)) is not None
    ]


def _says_most(old: DivisionFigures, new: DivisionFigures, target: TargetFigures) -> Change | None:
    differing = [change for change in _result(old, new, target) if change.old != change.new]
    return next((change for change in differing if change.label in _MAIN_FIGURES), None)


def _result(old: Counts, new: Counts, target: TargetFigures) -> list[Change]:
    return [
        Change("参评数", _number(old.judged), _number(new.judged)),
        Change("达标数", _number(old.reached), _number(new.reached)),
        Change("未达标数", _number(old.unmet), _number(new.unmet)),
        Change("数据未报", _number(old.unknown), _number(new.unknown)),
        Change("达标率", percent_text(old.percent), percent_text(new.percent)),
        Change("缺口", amount_text(old.gap, target.unit), amount_text(new.gap, target.unit)),
        Change("数量", _amount(old.value, target), _amount(new.value, target)),
    ]


def _number(units: int) -> str:
    return f"{display_number(units)}个"


def _amount(value: float | None, target: TargetFigures) -> str:
    return words.NOT_KNOWN if value is None else amount_text(value, target.unit)


def _workforce(old: Workforce, new: Workforce) -> list[Change]:
    return [
        Change("在岗人数", _people(old.workers), _people(new.workers)),
        Change("专业人才", _people(old.professionals), _people(new.professionals)),
    ]


def _people(number: int | None) -> str:
    return words.NOT_KNOWN if number is None else f"{display_number(number)}人"


def _of_parts(
    parts: Iterable[Part], old: BriefingFigures, new: BriefingFigures, subject: Callable[[Part], str]
) -> list[Correction]:
    """Return the corrections of what apps store for their sections or annexes, where both editions have it."""
    return [
        _correction(subject(part), part.changes(old.sections[part.code], new.sections[part.code]))
        for part in parts
        if part.changes is not None and part.code in old.sections and part.code in new.sections
    ]


def _of_shortfalls(old: BriefingFigures, new: BriefingFigures, names_of_annexes: Mapping[str, str]) -> list[Correction]:
    """Return the corrections of 未达标城市社区名单: communities that were added or removed, or whose printed figures differ."""
    before = {row.code: row for row in old.shortfalls.rows}
    after = {row.code: row for row in new.shortfalls.rows}
    targets = {target.code: target for target in new.targets}
    added = [row for code, row in after.items() if code not in before]
    removed = [row for code, row in before.items() if code not in after]
    name, is_citys = names_of_annexes[_SHORTFALLS], new.division.level == "city"
    others = [
        _correction(f"{name}中{_where(row, is_citys)}", _of_community(before[code], row, targets))
        for code, row in after.items()
        if code in before
    ]
    others = [each for each in others if each.changes]
    counted = f"{_number(len(others))}社区的数据相应更正" if len(others) > _MOST_NAMES else ""
    names = [
        Change("增加", "", _names(added, is_citys)),
        Change("删去", _names(removed, is_citys), ""),
        Change("另有", "", counted),
    ]
    return [_correction(name, names), *([] if counted else others)]


def _of_community(old: ShortCommunity, new: ShortCommunity, targets: Mapping[str, TargetFigures]) -> list[Change]:
    figures = [
        Change(targets[code].short_name, _figure(old, targets[code]), _figure(new, targets[code]))
        for code in new.figures
        if code in targets
    ]
    return [Change("名称", old.name, new.name), *figures]


def _figure(row: ShortCommunity, target: TargetFigures) -> str:
    cell = row.figures.get(target.code)
    return _amount(None if cell is None else cell.value, target)


def _where(row: ShortCommunity, is_citys: bool) -> str:
    """Return 潞州区长北街道和平社区; without the county in its own edition."""
    return f"{row.county if is_citys else ''}{row.town}{row.name}"


def _names(rows: Sequence[ShortCommunity], is_citys: bool) -> str:
    named = "、".join(_where(row, is_citys) for row in rows[:_MOST_NAMES])
    return f"{named}等{_number(len(rows))}社区" if len(rows) > _MOST_NAMES else named
