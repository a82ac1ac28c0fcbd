"""一、总体进展 in words: what was judged, every rate, how many rose and fell, who belongs to whom now, the workforce."""

from __future__ import annotations

from collections.abc import Sequence

from changzhi_portal.display import display_number
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import day_in_words, joined, time_in_words, whole_of
from reports.stored_figures import BriefingFigures, ChangedDivisions, TargetFigures, Workforce
from reports.words.values import change_on_last_month, figure_in_words
from targets.pace import Outlook
from targets.wording import kind_of_units_text

_MOST_FALLING_NAMED = 2


def title(figures: BriefingFigures) -> str:
    """Return the briefing's title: 2018年6月全市“三社联动”目标完成情况; a county's names the county, a quarter's 2018年第2季度."""
    division = figures.division
    place = "全市" if division.level == "city" else division.name
    return f"{time_in_words(figures.period, figures.span)}{place}“三社联动”目标完成情况"


def overview(figures: BriefingFigures) -> list[str]:
    """Return the paragraphs of 一、总体进展."""
    targets = figures.targets
    whole = whole_of(figures.division)
    sentences = [
        f"截至{day_in_words(figures.as_of)}，对照{figures.plan.document}，{whole}{_all_judged(targets)}。",
        _rates(targets),
        _means(targets),
        _unreported(targets),
        _on_last_month(figures),
        _changed_divisions(figures.changed_divisions, figures.term.this),
    ]
    return [joined(sentences, by=""), _workforce(figures.workforce, whole, figures.term.last)]


def _all_judged(targets: Sequence[TargetFigures]) -> str:
    """Return 共测评城市社区153个、农村社区3442个、市辖区2个: the largest count of each kind of unit."""
    counts: dict[str, int] = {}
    for target in targets:
        if target.is_mean:
            continue  # the judged unit is the division itself
        unit = kind_of_units_text(target)
        counts[unit] = max(counts.get(unit, 0), target.judged)
    counted = [f"{unit}{display_number(count)}个" for unit, count in counts.items() if count]
    if counted:
        return f"共测评{'、'.join(counted)}"
    return "按平均水平测评" if any(target.is_mean and target.judged for target in targets) else "没有参评单位"


def _is_unreported(target: TargetFigures) -> bool:
    """Return whether nothing of what the target judges is known: never reported is not zero."""
    return bool(target.judged) and target.unknown == target.judged


def _rated(targets: Sequence[TargetFigures]) -> list[TargetFigures]:
    return [each for each in targets if each.percent is not None and not each.is_mean and not _is_unreported(each)]


def _rates(targets: Sequence[TargetFigures]) -> str:
    """Return 甲、乙2项目标的达标率分别为62.7%、43.8%。"""
    rated = _rated(targets)
    if len(rated) < 2:
        return "".join(f"{target.short_name}达标率为{percent_text(target.percent)}。" for target in rated)
    names = "、".join(target.short_name for target in rated)
    if all(target.reached == target.judged for target in rated):
        return f"{names}{len(rated)}项目标全部达标。"
    rates = [percent_text(target.percent) for target in rated]
    if len(set(rates)) == 1:
        return f"{names}{len(rated)}项目标的达标率均为{rates[0]}。"
    return f"{names}{len(rated)}项目标的达标率分别为{'、'.join(rates)}。"


def _means(targets: Sequence[TargetFigures]) -> str:
    """Return 甲、乙分别为9.4个、31.2平方米/百户。"""
    means = [target for target in targets if target.is_mean and target.value is not None]
    if not means:
        return ""
    names = "、".join(target.short_name for target in means)
    return f"{names}{'分别' if len(means) > 1 else ''}为{'、'.join(map(figure_in_words, means))}。"


def _unreported(targets: Sequence[TargetFigures]) -> str:
    names = [
        target.short_name
        for target in targets
        if (target.value is None and target.judged if target.is_mean else _is_unreported(target))
    ]
    return f"{'、'.join(names)}数据{'均' if len(names) > 1 else ''}未报，暂不能判定。" if names else ""


# --- On last month ---


def _on_last_month(figures: BriefingFigures) -> str:
    """Return 与上月相比，1项提高、1项持平。 Or why the months cannot be compared; "" when that is not known."""
    known = [target for target in figures.targets if target.judged and not _is_unreported(target)]
    compared = [target for target in known if target.change_on_last_month is not None]
    if not compared:
        return _why_not_compared(figures, known)
    others = len(known) - len(compared)
    last = figures.term.last
    rest = f"，另有{others}项与{last}不可比" if others else ""
    if len(compared) == 1:
        [only] = compared
        if only.judged == 1 and not only.is_mean:
            return ""  # 100 points of a single unit: its own sentence says 本月新达标
        change = change_on_last_month(only.change_on_last_month, only.change_unit, last)
        return f"{only.short_name if len(known) > 1 else ''}{change}{rest}。"
    return f"与{last}相比，{_counted(compared, is_every=not others)}{rest}。"


def _counted(compared: Sequence[TargetFigures], *, is_every: bool) -> str:
    """Return 6项目标均有提高 / 3项提高、1项下降（农村社区专业人才）、2项持平."""
    ways: dict[str, list[str]] = {"提高": [], "下降": [], "持平": []}
    for target in compared:
        # The words of the target's own sentence decide, so that both say the same.
        change = change_on_last_month(target.change_on_last_month, target.change_unit)
        way = next(way for way in ways if way in change)
        ways[way].append(target.short_name)
    found = [(way, names) for way, names in ways.items() if names]
    if len(found) == 1:
        number = f"{'' if is_every else '可比的'}{len(compared)}项目标均"
        return f"{number}{'持平' if found[0][0] == '持平' else f'有{found[0][0]}'}"
    parts = []
    for way, names in found:
        is_named = way == "下降" and len(names) <= _MOST_FALLING_NAMED
        parts.append(f"{len(names)}项{way}" + (f"（{'、'.join(names)}）" if is_named else ""))
    return "、".join(parts)


def _why_not_compared(figures: BriefingFigures, known: Sequence[TargetFigures]) -> str:
    if not known:
        return ""
    term = figures.term
    if figures.plan.title_last_month:
        now, before = figures.plan.title, figures.plan.title_last_month
        return f"{term.since}按《{now}》测评，{term.last}按《{before}》测评，{term.both}不可比。"
    if all(target.standard_last_month for target in known):
        return f"{term.since}测评标准有调整，与{term.last}不可比。"
    paces = [target.pace for target in known if target.pace and target.pace.outlook != Outlook.UNKNOWN]
    if not paces:
        return ""
    if any(pace.progress is not None for pace in paces):
        return f"{term.last}没有可比数据，{'不作环比' if figures.span == 'month' else '不作比较'}。"
    return f"{term.this}为首次测评，没有以前月份可比。"


def _changed_divisions(changes: Sequence[ChangedDivisions], this: str) -> str:
    """Return 本月城区、郊区合并为潞州区，长治县更名为上党区；与以前月份的比较均按调整后的区划计算。"""
    if not changes:
        return ""
    said = "，".join(f"{'、'.join(each.before)}{each.verb}{'、'.join(each.after)}" for each in changes)
    return f"{this}{said}；与以前月份的比较均按调整后的区划计算。"


# --- Workers ---


def _workforce(workforce: Workforce, whole: str, last: str) -> str:
    """Return 全市在岗社会工作者4355人，较上月增加12人，其中社会工作专业人才2245人，占比51.5%。"""
    workers, professionals = workforce.workers, workforce.professionals
    if workers is None:
        return f"{whole}尚未上报社会工作者名册。"
    parts = [
        f"{whole}在岗社会工作者{display_number(workers)}人",
        _more_workers(workers, workforce.last_month_workers, last),
    ]
    if workers and professionals == workers:
        parts.append("均为社会工作专业人才")
    elif professionals:
        parts.append(f"其中社会工作专业人才{display_number(professionals)}人，占比{percent_text(workforce.percent)}")
    elif workers and professionals == 0:
        parts.append("尚无社会工作专业人才")
    return joined(parts) + "。"


def _more_workers(workers: int, before: int | None, last: str) -> str:
    if before is None:
        return ""
    difference = workers - before
    if not difference:
        return f"与{last}持平"
    return f"较{last}{'增加' if difference > 0 else '减少'}{display_number(abs(difference))}人"
