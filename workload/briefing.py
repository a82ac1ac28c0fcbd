"""进社区工作事项 in a briefing's 联动工作 (docs/domain.md §7.3)."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import LinkedPart, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import joined, plain_number
from workload import indicators

_ITEMS = "进社区工作事项"
FUNDED = Share(
    among="协助和准入事项",
    unit="项",
    which="落实经费的",
    lacking="没有落实经费",
    every="全部落实了经费",
    none="均没有落实经费",
    one=("落实了经费", "没有落实经费"),
)


def _paragraphs(told: Told) -> list[str]:
    """Return a paragraph of what may be asked of communities, and one of what was decided."""
    return [*sentence(_in_force(told), told.share("funded", FUNDED), _funds(told)), *sentence(_decided(told))]


def _in_force(told: Told) -> str:
    """Return 全市进社区工作事项共12项，其中依法履职5项、协助4项、准入3项，较上月增加2项."""
    items = told.known("work_items")
    if items is None:
        return ""
    change, coverage = told.change_of_total(items, "项"), told.coverage(items)
    if not items.numerator:
        return joined([f"{told.whole}没有在执行的进社区工作事项", change if items.change else ""]) + coverage
    parts = [(label, number) for label, number in items.parts.items() if number]
    listed = "、".join(f"{label}{display_number(number)}项" for label, number in parts)
    of_lists = f"其中{listed}" if parts else ""
    if len(parts) == 1:
        of_lists = f"{'' if items.numerator == 1 else '全部'}为{parts[0][0]}事项"
    return joined([f"{told.whole}进社区工作事项共{display_number(items.numerator)}项", of_lists, change]) + coverage


def _funds(told: Told) -> str:
    """Return 平均每个社区每年经费1,280元; "" where there is no money, which the share says."""
    funds = told.known("funds_per_community")
    if funds is None or not funds.value:
        return ""
    return f"平均每个社区每年经费{plain_number(funds.value)}元{told.coverage(funds, compares=False)}"


def _decided(told: Told) -> str:
    """Return 本月审定准入申请5件，批准4件、不予准入1件；按时审定4件，按时审定率80.0%，平均用时12.3个工作日."""
    decisions = told.known("item_decisions")
    if decisions is None:
        return ""
    # Nothing is said of coverage: where nobody has ever applied, nothing was decided either.
    if not decisions.numerator:
        return f"{told.during}没有审定准入申请"
    number = f"{display_number(decisions.numerator)}件"
    outcomes = [(label, count) for label, count in decisions.parts.items() if count]
    if len(outcomes) == 1:
        said = f"{'' if decisions.numerator == 1 else '全部'}{outcomes[0][0]}"
    else:
        said = "、".join(f"{label}{display_number(count)}件" for label, count in outcomes)
    return joined([f"{told.during}审定准入申请{number}", said, _in_time(told)])


def _in_time(told: Told) -> str:
    """Return how many were decided within the limit, and how long it took."""
    in_time, days = told.known("item_on_time"), told.known("item_days")
    if in_time is None or in_time.numerator is None or not in_time.denominator:
        return ""
    took = "" if days is None or days.value is None else f"用时{plain_number(days.value)}个工作日"
    if in_time.denominator == 1:
        return joined(["按时审定" if in_time.numerator else "超过规定期限", took])
    mean = f"平均{took}" if took else ""
    if in_time.numerator == in_time.denominator:
        return joined(["均按时审定", mean])
    if not in_time.numerator:
        return joined(["均超过规定期限", mean])
    rate = f"按时审定率{percent_text(in_time.value)}"
    return joined([f"按时审定{display_number(in_time.numerator)}件", rate, told.change_of_rate(in_time), mean])


WORK_ITEMS = LinkedWork(
    code="work_items",
    title="进社区工作事项",
    part=LinkedPart.RELIEF,
    position=20,
    figures=(
        ShownFigure(figure=indicators.ITEMS_IN_FORCE, title="事项（项）", register=_ITEMS, is_key=True),
        ShownFigure(figure=indicators.FUNDED_ITEMS, title="有经费的协助、准入事项", register=_ITEMS, is_key=True),
        ShownFigure(figure=indicators.FUNDS_PER_COMMUNITY, title="每社区年经费（元）", register=_ITEMS),
        ShownFigure(figure=indicators.DECISIONS, title="审定（件）", register=_ITEMS),
        ShownFigure(figure=indicators.DECIDED_ON_TIME, title="按时审定", register=_ITEMS, is_key=True),
        ShownFigure(figure=indicators.DECISION_DAYS, title="用时（工作日）", register=_ITEMS),
    ),
    paragraphs=_paragraphs,
)
