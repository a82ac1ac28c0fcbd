"""Figures in the written Chinese of official documents (docs/domain.md §7): 较上月提高1.3个百分点，占比，同比，分别为.

Pure functions of the stored figures (`reports.stored_figures`), so equal figures give equal text. Unknown figures are
left out: a month without a predecessor has no 较上月. Percentages are numbers with one decimal.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal

from changzhi_portal.display import DASH, UNCHANGED, display_change, display_number
from changzhi_portal.percent import percent_text
from reports.ranking import MOST_NAMED, first_places, tied
from reports.stored_figures import (
    BriefingFigures,
    Edition,
    FarthestCommunity,
    Progress,
    Purchases,
    PurchaseShare,
    Ranked,
    TargetFigures,
    Workforce,
)
from targets.wording import amount_text, bound_text, kind_of_units_text, kind_text, plain_number, spelt_unit, units_text

NOT_KNOWN = DASH
_TEN_THOUSAND = 10_000


# --- Single values ---


def change_cell(progress: Progress, change: float | None) -> str:
    """Return one of the changes of `progress` for a table: +1.3, −0.4, 持平; a dash when the other month is unknown.

    Percentage points have one decimal, means two, as the figures themselves.
    """
    return display_change(change, decimals=2 if progress.change_unit else 1)


def change_on_last_month(change: float | None, unit: str = "") -> str:
    """Return 较上月提高1.3个百分点 / 较上月下降0.4个百分点 / 与上月持平; "" without a last month.

    `unit` is that of a mean, and replaces percentage points.
    """
    return _change(change, unit, "较上月", f"与上月{UNCHANGED}")


def change_on_year_before(change: float | None, unit: str = "") -> str:
    """Return 同比提高1.3个百分点 / 同比下降0.4个百分点 / 同比持平; "" without that month."""
    return _change(change, unit, "同比", f"同比{UNCHANGED}")


def _change(change: float | None, unit: str, since: str, unchanged: str) -> str:
    if change is None:
        return ""
    if change == 0:
        return unchanged
    amount_changed = f"{plain_number(abs(change))}{spelt_unit(unit)}" if unit else f"{abs(change):.1f}个百分点"
    return f"{since}{'提高' if change > 0 else '下降'}{amount_changed}"


def ten_thousand_yuan(yuan: float | Decimal) -> str:
    """Return an amount as in reports: 5579.76万元. Below 100 yuan that would read as zero, so in yuan: 80元."""
    exact = Decimal(str(yuan))
    return f"{plain_number(exact)}元" if 0 < abs(exact) < 100 else f"{plain_number(exact / _TEN_THOUSAND)}万元"


def day_in_words(iso_day: str) -> str:
    """Return 2018年6月30日 for 2018-06-30."""
    day = datetime.date.fromisoformat(iso_day)
    return f"{day.year}年{day.month}月{day.day}日"


def month_in_words(iso_month: str) -> str:
    """Return 2018年6月 for 2018-06."""
    year, month = iso_month.split("-")
    return f"{year}年{int(month)}月"


def whole_of(division: Edition) -> str:
    """Return a report's name of its own area: 全市, 全县, 全区."""
    if division.level == "city":
        return "全市"
    return {"县": "全县", "市": "全市"}.get(division.name[-1], "全区")


def units_below(division: Edition) -> str:
    """Return what a report's divisions are: 县（市、区） in the city's, 街道（乡镇） in a county's."""
    return "县（市、区）" if division.level == "city" else "街道（乡镇）"


def joined(parts: Iterable[str], by: str = "，") -> str:
    """Return the parts that are not empty, joined."""
    return by.join(part for part in parts if part)


# --- What a target requires ---


def clause_in_words(clause: str) -> str:
    """Return the clause of a target: 三 → 文件第三部分, 四（三）3 → 文件第四部分（三）3."""
    return f"文件第{clause[0]}部分{clause[1:]}"


def figure_in_words(target: TargetFigures) -> str:
    """Return the figure of a target: 62.7% of the units, or a mean: 9.4个, 31.2平方米/百户; a dash without one."""
    if not target.is_mean:
        return percent_text(target.percent)
    return NOT_KNOWN if target.value is None else f"{plain_number(target.value)}{spelt_unit(target.value_unit)}"


# --- Sentences of the briefing ---


def title(figures: BriefingFigures) -> str:
    """Return the briefing's title: 2018年6月全市“三社联动”目标完成情况; a county's names the county."""
    division = figures.division
    place = "全市" if division.level == "city" else division.name
    return f"{month_in_words(figures.period)}{place}“三社联动”目标完成情况"


def overview(figures: BriefingFigures) -> list[str]:
    """Return the paragraphs of 一、总体进展: what was judged, every rate, how many rose and fell, the workforce."""
    targets = figures.targets
    whole = whole_of(figures.division)
    judged = [target for target in targets if target.percent is not None and not target.is_mean]
    means = [target for target in targets if target.is_mean and target.value is not None]
    sentences = [f"截至{day_in_words(figures.as_of)}，对照{figures.plan.document}，{whole}{_all_judged(targets)}。"]
    if judged:
        names = "、".join(target.short_name for target in judged)
        rates = "、".join(percent_text(target.percent) for target in judged)
        verb = "分别为" if len(judged) > 1 else "为"
        sentences.append(f"{names}{len(judged)}项目标的达标率{verb}{rates}。")
    if means:
        names = "、".join(target.short_name for target in means)
        values = "、".join(figure_in_words(target) for target in means)
        sentences.append(f"{names}{'分别' if len(means) > 1 else ''}为{values}。")
    sentences.append(_how_many_rose(targets))
    return [joined(sentences, by=""), _workforce(figures.workforce, whole)]


def _all_judged(targets: Sequence[TargetFigures]) -> str:
    """Return 共测评城市社区153个、农村社区3442个、市辖区2个: the largest count of each kind of unit."""
    counts: dict[str, int] = {}
    for target in targets:
        if target.is_mean:
            continue  # the judged unit is the division itself
        unit = kind_of_units_text(target)
        counts[unit] = max(counts.get(unit, 0), target.judged)
    named = [f"{unit}{display_number(count)}个" for unit, count in counts.items() if count]
    return f"共测评{'、'.join(named)}" if named else "没有参评单位"


def _how_many_rose(targets: Sequence[TargetFigures]) -> str:
    changes = [target.change_on_last_month for target in targets if target.change_on_last_month is not None]
    if not changes:
        return ""
    rose, fell = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    same = len(changes) - rose - fell
    counts = [f"{number}项{what}" for number, what in ((rose, "提高"), (fell, "下降"), (same, "持平")) if number]
    return f"与上月相比，{'、'.join(counts)}。"


def _workforce(workforce: Workforce, whole: str) -> str:
    """Return 全市在岗社会工作者4355人，较上月增加12人，其中社会工作专业人才2245人，占比51.5%。"""
    workers, professionals = workforce.workers, workforce.professionals
    if workers is None:
        return f"{whole}尚未上报社会工作者名册。"
    more = ""
    if workforce.last_month_workers is not None:
        difference = workers - workforce.last_month_workers
        more = (
            f"较上月{'增加' if difference > 0 else '减少'}{display_number(abs(difference))}人"
            if difference
            else "与上月持平"
        )
    parts = [f"{whole}在岗社会工作者{display_number(workers)}人", more]
    if workers:
        parts.append(f"其中社会工作专业人才{display_number(professionals)}人，占比{percent_text(workforce.percent)}")
    return joined(parts) + "。"


def target_sentences(target: TargetFigures, division: Edition) -> list[str]:
    """Return the paragraphs of one target in 二、分项情况: its result, the best and the weakest."""
    whole = whole_of(division)
    asked = f"目标为“{target.name}”（{clause_in_words(target.clause)}）。"
    if not target.judged:
        return [f"{asked}{whole}本月没有参评的{units_text(target)}。"]
    return [asked + _how_it_stands(target, whole), _leading_and_lagging(target, division)]


def _how_the_mean_stands(target: TargetFigures, whole: str) -> str:
    """Return 全市为9.4个，未达到平均≥10个的目标，较上月提高0.2个；按此共缺12个。"""
    asked = f"{bound_text(target)}的目标"
    verdicts = {"met": f"已达到{asked}", "over": f"已超过{asked}", "unmet": f"未达到{asked}"}
    stands = verdicts.get(target.verdict, "部分社区数据未报，暂不能判定")
    parts = [
        f"{whole}{units_text(target)}{'平均' if not target.per else ''}为{figure_in_words(target)}",
        stands,
        change_on_last_month(target.change_on_last_month, target.change_unit),
        change_on_year_before(target.change_on_year_before, target.change_unit),
    ]
    lacking = f"按目标共缺{amount_text(target.gap, target.unit)}" if target.unmet else ""
    return joined([joined(parts), lacking], by="；") + "。"


def _how_it_stands(target: TargetFigures, whole: str) -> str:
    if target.is_mean:
        return _how_the_mean_stands(target, whole)
    reached = f"达标{display_number(target.met + target.over)}个"
    if target.over and target.at_most is not None:
        reached += f"（其中超过{amount_text(target.at_most, target.unit)}的{display_number(target.over)}个）"
    parts = [
        f"{whole}参评{units_text(target)}{display_number(target.judged)}个",
        reached,
        f"达标率{percent_text(target.percent)}",
        change_on_last_month(target.change_on_last_month, target.change_unit),
        change_on_year_before(target.change_on_year_before, target.change_unit),
    ]
    rest = []
    if target.unmet:
        rest.append(f"未达标{display_number(target.unmet)}个，共缺{amount_text(target.gap, target.unit)}")
    if target.unknown:
        rest.append(f"数据未报、暂不能判定的{display_number(target.unknown)}个，计入参评")
    if target.not_applicable and target.minimum_population:
        rest.append(
            f"不足{display_number(target.minimum_population)}人、不参评的{display_number(target.not_applicable)}个"
        )
    return joined([joined(parts), *rest], by="；") + "。"


def _leading_and_lagging(target: TargetFigures, division: Edition) -> str:
    """Return 达标率居前的是…，居后的是…; for a target that judges whole counties, the figure of each."""
    unit = spelt_unit(target.value_unit)
    counted = [f"{row.name}{plain_number(row.value)}{unit}" for row in target.divisions if row.value is not None]
    if counted:
        return f"其中，{'、'.join(counted)}。"
    units = units_below(division)
    order = joined([_ranked("达标率居前的是", target.best, units), _ranked("居后的是", target.weakest, units)])
    return f"{order}。" if order else ""


def _ranked(beginning: str, rows: Sequence[Ranked], units: str) -> str:
    """Return the divisions with their rates; of more than five at one rate only the number: 12个县（市、区）（均为100.0%）."""
    said: list[str] = []
    for place in tied(rows, lambda row: row.percent):
        rate = percent_text(place[0].percent)
        is_counted = len(place) > MOST_NAMED
        said += [f"{len(place)}个{units}（均为{rate}）"] if is_counted else [f"{row.name}（{rate}）" for row in place]
    return beginning + "、".join(said) if said else ""


def services(purchases: Purchases, division: Edition, as_of: str) -> list[str]:
    """Return the paragraphs of 三、购买服务: projects and money, by source and by object."""
    day = datetime.date.fromisoformat(as_of)
    whole = whole_of(division)
    if not purchases.projects:
        return [f"{whole}没有登记执行期在{day.year}年内、已经开始的购买服务项目。"]
    parts = [
        f"截至{day.month}月{day.day}日，{whole}执行期在{day.year}年内、已经开始的购买服务项目{display_number(purchases.projects)}个",
        f"预算{ten_thousand_yuan(purchases.budget)}",
        f"合同金额{ten_thousand_yuan(purchases.contract_amount)}",
        f"已拨付{ten_thousand_yuan(purchases.paid)}",
    ]
    return [
        joined(parts) + "。",
        _shares("按资金来源分", purchases.by_funding_source) + _shares("按服务对象分", purchases.by_beneficiaries),
    ]


def _shares(beginning: str, rows: Sequence[PurchaseShare]) -> str:
    """Return 按资金来源分，一般公共预算、福彩公益金预算分别为12万元、3.5万元，占比分别为77.4%、22.6%。"""
    if len(rows) == 1:
        return f"{beginning}，全部为{rows[0].name}。"
    names = "、".join(row.name for row in rows)
    money = "、".join(ten_thousand_yuan(row.budget) for row in rows)
    shares = "、".join(percent_text(row.percent) for row in rows)
    return f"{beginning}，{names}预算分别为{money}，占比分别为{shares}。"


def shortcoming(target: TargetFigures, division: Edition) -> str:
    """Return one paragraph of 五、主要短板: the communities farthest from one target, by name and number.

    When many lack equally much, returns where most of the unmet ones are. Returns "" when none falls short.
    """
    farthest = target.farthest
    if farthest is None:
        return ""
    if farthest.rows:
        return f"{target.short_name}缺口最大的是{_named_communities(farthest.rows, target, division)}。"
    where = _most_unmet(target, division)
    unmet = f"{target.short_name}未达标的{display_number(target.unmet)}个{kind_text(target.kind)}"
    lacking = amount_text(farthest.missing, target.unit)
    if farthest.number == target.unmet:
        return joined([f"{unmet}均还缺{lacking}", where and f"较多的是{where}"]) + "。"
    return (
        joined([f"{unmet}中，有{display_number(farthest.number)}个还缺{lacking}", where and f"未达标较多的是{where}"])
        + "。"
    )


def _most_unmet(target: TargetFigures, division: Edition) -> str:
    """Return the divisions with most unmet units: 城区（12个）、郊区（9个）; "" when more than five have equally many.

    Divisions with equal numbers are named together or not at all; more than five before others are counted.
    """
    short = sorted((row for row in target.divisions if row.unmet), key=lambda row: (-row.unmet, row.code))
    places = tied(short, lambda row: row.unmet)
    if places and len(places[0]) > MOST_NAMED:
        is_all = len(places) == 1
        return (
            "" if is_all else f"{len(places[0])}个{units_below(division)}（各{display_number(places[0][0].unmet)}个）"
        )
    return "、".join(f"{row.name}（{display_number(row.unmet)}个）" for row in first_places(places))


def _named_communities(rows: Iterable[FarthestCommunity], target: TargetFigures, division: Edition) -> str:
    """Return 城区东街街道办事处和平社区居委会（现有120平方米，还缺380平方米）、…; a county's edition omits its own name."""
    names_county = division.level == "city"
    return "、".join(
        f"{row.county if names_county else ''}{row.town}{row.name}"
        f"（现有{amount_text(row.value, target.unit)}，还缺{amount_text(row.missing, target.unit)}）"
        for row in rows
    )
