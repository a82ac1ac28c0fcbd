"""二、分项情况 in words: how one target stands, who leads and who lags."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.percent import percent_text, points_text
from changzhi_portal.phrases import joined, plain_number, units_below, whole_of
from reports.stored_figures import Edition, TargetFigures
from reports.words.order import order_sentence
from reports.words.values import change_on_last_month, change_on_year_before, clause_in_words, figure_in_words, named
from targets.wording import amount_text, bound_text, kind_of_units_text, number_text, units_text

_ALL = 100
_MANY = 10  # units, of which one is 仅1个


def target_sentences(target: TargetFigures, division: Edition) -> list[str]:
    """Return the paragraphs of one target in 二、分项情况: its result, the best and the weakest ("" for none)."""
    whole = whole_of(division)
    asked = f"目标为“{target.name}”（{clause_in_words(target.clause)}）。"
    if not target.judged:
        what = "可测评的数据" if target.level == "division" else f"参评的{units_text(target)}"
        if target.figure and target.not_applicable:
            what = f"可以计算{target.figure}的数"
        return [f"{asked}{whole}{target.term.this}没有{what}。"]
    return [f"{asked}{_how_it_stands(target, division)}。", _leading_and_lagging(target, division)]


def _how_it_stands(target: TargetFigures, division: Edition) -> str:
    whole = whole_of(division)
    if target.is_mean:
        return _how_the_mean_stands(target, whole)
    if target.unknown == target.judged:
        return joined([_nothing_reported(target, whole), _not_judged(target)], by="；")
    if target.judged == 1:
        return joined([_how_the_one_stands(target, division), _not_judged(target)], by="；")
    own = _own_figure(target)
    parts = [
        f"{whole}{own and f'{own}，'}参评{units_text(target)}{display_number(target.judged)}个",
        _reached(target),
        f"达标率{percent_text(target.percent)}",
        _coverage(target),
        *_changes(target),
    ]
    rest = [_short(target), _unknown(target), _not_judged(target), _changed_standard(target)]
    return joined([joined(parts), *rest], by="；")


def _reached(target: TargetFigures) -> str:
    """Return 达标96个 / 全部达标 / 均未达标 / 尚无达标的, and how many of them are over the upper bound."""
    if not target.reached:
        return "均未达标" if target.unmet == target.judged else "尚无达标的"
    said = "全部达标" if target.reached == target.judged else f"达标{display_number(target.reached)}个"
    if not target.over or target.at_most is None:
        return said
    most = amount_text(target.at_most, target.unit)
    if target.over == target.reached:
        return f"{said}（均超过{most}）" if target.over > 1 else f"{said}（超过{most}）"
    return f"{said}（其中超过{most}的{display_number(target.over)}个）"


def _coverage(target: TargetFigures) -> str:
    """Return 已达到80%的要求 / 距80%的要求还差3.1个百分点 / 能否达到80%的要求暂不能判定 for a target that asks for a share of the units."""
    if target.aggregate != "coverage" or target.coverage_at_least is None:
        return ""
    asked = f"{plain_number(target.coverage_at_least)}%的要求"
    if target.verdict in {"met", "over"}:
        return f"已达到{asked}"
    if target.verdict != "unmet":  # the unknown units decide
        return f"能否达到{asked}暂不能判定"
    lacking = target.coverage_at_least - (target.percent or 0)
    # 79.96 % prints as 80.0 % and is still below 80 %.
    return f"距{asked}还差{points_text(lacking)}" if lacking >= 0.05 else f"略低于{asked}"


def _own_figure(target: TargetFigures) -> str:
    """Return 按时办结率为93.2%, the division's own figure, for a target of a figure of divisions; else ""."""
    if not target.figure or target.value is None:
        return ""
    return f"{target.figure}为{number_text(target.value, target.value_unit)}"


def _changes(target: TargetFigures) -> list[str]:
    last_month = change_on_last_month(target.change_on_last_month, target.change_unit, target.term.last)
    return [
        "" if target.standard_last_month else last_month,
        change_on_year_before(target.change_on_year_before, target.change_unit),
    ]


def _changed_standard(target: TargetFigures) -> str:
    """Return 本月起标准由≥500㎡调整为≥600㎡，与上月不可比; "" when the last month was judged alike."""
    before = target.standard_last_month
    if not before:
        return ""
    now = bound_text(target)
    what = f"标准由{before}调整为{now}" if before != now else "测评口径有调整"
    return f"{target.term.since}{what}，与{target.term.last}不可比"


def _short(target: TargetFigures) -> str:
    """Return 未达标57个，共缺12,817.84平方米 / 仅1个未达标，还缺80平方米; nothing is repeated where none is reached."""
    if not target.unmet:
        return ""
    lacking = amount_text(target.gap, target.unit) if target.gap else ""
    if target.unmet == 1:
        is_only_one = target.reached == target.judged - 1 and target.judged >= _MANY
        number = "仅1个未达标" if is_only_one else "未达标1个"
        return joined([number, lacking and f"还缺{lacking}"])
    number = "" if target.unmet == target.judged else f"未达标{display_number(target.unmet)}个"
    return joined([number, lacking and f"共缺{lacking}"])


def _unknown(target: TargetFigures) -> str:
    """Return 数据未报、暂不能判定的8个（均在襄垣县），计入参评."""
    if not target.unknown:
        return ""
    places = [row for row in target.divisions if row.unknown]
    is_in_one = len(target.divisions) > 1 and len(places) == 1 and places[0].unknown == target.unknown
    where = f"（{'均' if target.unknown > 1 else ''}在{places[0].name}）" if is_in_one else ""
    fell = (target.change_on_last_month or 0) < 0 and not target.standard_last_month
    effect = "，拉低达标率" if fell and target.reached else ""
    return f"数据未报、暂不能判定的{display_number(target.unknown)}个{where}，计入参评{effect}"


def _not_judged(target: TargetFigures) -> str:
    """Return 不足3,000人、不参评的3,166个; "" for a target of communities of any size."""
    if target.figure and target.not_applicable:
        what = f"{target.term.this}没有可以计算的数、不参评的"
        return f"{what}{display_number(target.not_applicable)}个"
    if not target.not_applicable or not target.minimum_population:
        return ""
    least = display_number(target.minimum_population)
    return f"不足{least}人、不参评的{display_number(target.not_applicable)}个"


def _nothing_reported(target: TargetFigures, whole: str) -> str:
    every = "均" if target.judged > 1 else ""
    return f"{whole}参评{units_text(target)}{display_number(target.judged)}个，数据{every}未报，暂不能判定"


def _how_the_one_stands(target: TargetFigures, division: Edition) -> str:
    """Return 全区现有4家，已达标 / 全县参评城市社区1个，尚未达标，还缺80平方米: of a single unit no rate is said."""
    whole = whole_of(division)
    own = target.divisions[0] if len(target.divisions) == 1 and division.level != "city" else None
    if target.figure and target.value is not None:
        subject = f"{whole}{_own_figure(target)}"
    elif target.judges_counties and own is not None and own.value is not None:
        subject = f"{whole}现有{amount_text(own.value, target.value_unit)}"
    else:
        subject = f"{whole}参评{units_text(target)}1个"
    if target.reached:
        over = target.over and target.at_most is not None
        state = f"{target.term.this}新达标" if target.change_on_last_month == _ALL else "已达标"
        state += f"（超过{amount_text(target.at_most or 0, target.unit)}）" if over else ""
    else:
        state = f"由{target.term.last}达标转为未达标" if target.change_on_last_month == -_ALL else "尚未达标"
    lacking = f"还缺{amount_text(target.gap, target.unit)}" if target.unmet and target.gap else ""
    return joined([joined([subject, state, lacking]), _changed_standard(target)], by="；")


def _how_the_mean_stands(target: TargetFigures, whole: str) -> str:
    """Return 全市城市社区平均为9.4个，未达到平均≥10个的目标，较上月提高0.2个；按目标共缺12个."""
    of_whom = "" if target.level == "division" else units_text(target)
    subject = f"{whole}{of_whom}{'平均' if not target.per else ''}"
    if target.value is None:
        return f"{whole}{of_whom}数据未报全，{'平均数' if not target.per else '该项'}暂不能测算"
    asked = f"{bound_text(target)}的目标"
    verdicts = {"met": f"已达到{asked}", "over": f"已超过{asked}", "unmet": f"未达到{asked}"}
    if target.at_least is not None and plain_number(target.value) == plain_number(target.at_least):
        verdicts["unmet"] = f"略低于{asked}"  # 9.996 prints as 10, and is below 10
    stands = verdicts.get(target.verdict, "部分社区数据未报，暂不能判定")
    parts = [f"{subject}为{figure_in_words(target)}", stands, *_changes(target)]
    lacking = f"按目标共缺{amount_text(target.gap, target.unit)}" if target.unmet and target.gap else ""
    return joined([joined(parts), lacking, _changed_standard(target)], by="；")


# --- By division ---


def _leading_and_lagging(target: TargetFigures, division: Edition) -> str:
    """Return 达标率居前的是…，居后的是…; for a mean or a target that judges whole counties, the figure of each."""
    if target.judges_counties or target.is_mean:
        return "" if division.level != "city" and target.judges_counties else _figures_of_each(target, division)
    return order_sentence(target.divisions, units=units_below(division), judged=kind_of_units_text(target))


def _figures_of_each(target: TargetFigures, division: Edition) -> str:
    """Return 其中，城区4家、郊区2家；潞城区数据未报。"""
    counted = [
        f"{row.name}{number_text(row.value, target.value_unit)}" for row in target.divisions if row.value is not None
    ]
    unreported = [row.name for row in target.divisions if row.value is None and row.judged and row.unknown]
    missing = f"{named(unreported, units_below(division))}数据未报" if unreported else ""
    if not counted:
        return f"{missing}。" if missing and len(target.divisions) > 1 and target.unknown < target.judged else ""
    return joined([f"其中，{'、'.join(counted)}", missing], by="；") + "。"
