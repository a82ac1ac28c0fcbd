"""更正说明: what a corrected edition corrects, found by comparing its figures with those of the edition before it.

Plain values, kept in `Briefing.corrections`: `subject` (what the figure is of) and `changes`, each label, old and new
text. Only what an issue prints is compared; an edit that leaves every printed figure as it was is no correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports import words

Change = list[str]  # label, old, new
Correction = dict[str, Any]
# A list longer than this is counted.
_MOST_NAMES = 5
_SAYS_MOST = ("数量", "达标数", "达标率")


def corrections_between(old: Figures, new: Figures) -> list[Correction]:
    """What differs between the printed figures of two editions of one issue, in the order in which they are printed."""
    whole = words.whole_of(new.division)
    found = [
        *_of_targets(old.targets, new.targets, whole),
        _correction(f"{whole}社会工作者", _workforce(old.workforce, new.workforce)),
        _correction(f"{whole}购买服务项目", _services(old.services, new.services)),
        *_of_shortfalls(old, new),
    ]
    return [correction for correction in found if correction["changes"]]


def _correction(subject: str, changes: Iterable[Change]) -> Correction:
    return {"subject": subject, "changes": [change for change in changes if change[1] != change[2]]}


def _of_targets(old: Sequence[Figures], new: Sequence[Figures], whole: str) -> list[Correction]:
    """Target by target: the whole, then all its counties (towns) in one line; targets that the plan got or lost."""
    before = {target.code: target for target in old}
    after = {target.code for target in new}
    found = []
    for target in new:
        then, name = before.get(target.code), target.short_name
        if then is None:
            found.append(_correction(f"{whole}{name}", [["新列入", "", f"（{words.figure_in_words(target)}）"]]))
            continue
        asked = ["标准", words.bounds(then), words.bounds(target)]
        found.append(_correction(f"{whole}{name}", [asked, *_result(then, target, target)]))
        found.append(_correction(f"其中各地{name}", _below(then, target)))
    gone = [target for target in old if target.code not in after]
    return found + [
        _correction(f"{whole}{each.short_name}", [["不再列入", f"（原为{words.figure_in_words(each)}）", ""]])
        for each in gone
    ]


def _below(old: Figures, new: Figures) -> list[Change]:
    """County by county (town by town), the one figure that says most: how many have reached it, or else the rate."""
    rows = {row.code: row for row in old.divisions}
    changes = []
    for row in new.divisions:
        then = rows.get(row.code)
        if then is None:
            continue
        differing = [change for change in _result(then, row, new) if change[1] != change[2]]
        first = next((change for change in differing if change[0] in _SAYS_MOST), None)
        if first is not None:
            changes.append([f"{row.name}{first[0]}", *first[1:]])
    return changes


def _result(old: Figures, new: Figures, target: Figures) -> list[Change]:
    return [
        ["参评数", f"{old.judged}个", f"{new.judged}个"],
        ["达标数", f"{old.met + old.over}个", f"{new.met + new.over}个"],
        ["未达标数", f"{old.unmet}个", f"{new.unmet}个"],
        ["数据未报", f"{old.unknown}个", f"{new.unknown}个"],
        ["达标率", words.percent_text(old.percent), words.percent_text(new.percent)],
        ["缺口", words.amount(old.gap, target.unit), words.amount(new.gap, target.unit)],
        ["数量", _amount(old.value, target), _amount(new.value, target)],
    ]


def _amount(value: float | None, target: Figures) -> str:
    return words.NOT_KNOWN if value is None else words.amount(value, target.unit)


def _workforce(old: Figures, new: Figures) -> list[Change]:
    return [
        ["在岗人数", _people(old.workers), _people(new.workers)],
        ["专业人才", _people(old.professionals), _people(new.professionals)],
    ]


def _people(number: int | None) -> str:
    return words.NOT_KNOWN if number is None else f"{number}人"


def _services(old: Figures, new: Figures) -> list[Change]:
    money = (("预算", "budget"), ("合同金额", "contract_amount"), ("已拨付", "paid"))
    return [
        ["项目数", f"{old.projects}个", f"{new.projects}个"],
        *([label, words.ten_thousand_yuan(old[name]), words.ten_thousand_yuan(new[name])] for label, name in money),
    ]


def _of_shortfalls(old: Figures, new: Figures) -> list[Correction]:
    """附件1: who comes onto the list or leaves it, and whose printed figures are others."""
    before = {row.code: row for row in old.shortfalls.rows}
    after = {row.code: row for row in new.shortfalls.rows}
    targets = {target.code: target for target in new.targets}
    added = [after[code] for code in after if code not in before]
    gone = [before[code] for code in before if code not in after]
    others = []
    for code, row in after.items():
        if code in before:
            figures = [
                [
                    targets[name]["short_name"],
                    _figure(before[code], name, targets[name]),
                    _figure(row, name, targets[name]),
                ]
                for name in row.figures
                if name in targets
            ]
            changes = [["名称", before[code]["name"], row.name], *figures]
            others.append(_correction(f"附件1中{row.county}{row.town}{row.name}", changes))
    others = [each for each in others if each.changes]
    counted = f"{len(others)}个社区的数据相应更正" if len(others) > _MOST_NAMES else ""
    names = [["增加", "", _names(added)], ["删去", _names(gone), ""], ["另有", "", counted]]
    return [_correction("附件1未达标城市社区名单", names), *([] if counted else others)]


def _figure(row: Figures, name: str, target: Figures) -> str:
    return _amount(row.figures.get(name, {}).get("value"), target)


def _names(rows: Sequence[Figures]) -> str:
    named = "、".join(f"{row.town}{row.name}" for row in rows[:_MOST_NAMES])
    return f"{named}等{len(rows)}个社区" if len(rows) > _MOST_NAMES else named


def in_words(correction: Correction) -> str:
    """One line of 更正说明: 全市城市社区设施面积：达标数由96个更正为97个，达标率由62.7%更正为63.4%."""
    return f"{correction['subject']}：{'，'.join(_change_in_words(*change) for change in correction['changes'])}"


def _change_in_words(label: str, old: str, new: str) -> str:
    if not old:
        return f"{label}{new}"
    return f"{label}由{old}更正为{new}" if new else f"{label}{old}"
