"""社区组织体系、服务设施 and 社区月报 in a briefing's 联动工作 (docs/domain.md §7.3)."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.figures import Figure
from changzhi_portal.linked.declared import LinkedPart, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Mean, Share, Told, sentence
from changzhi_portal.phrases import joined
from communities.indicators import bodies, counts, uses

_BODIES, _FACILITIES, _MONTHLY = "社区组织体系", "服务设施", "社区月报"

COMPLETE = Share(
    among="填报组织体系的社区",
    unit="个",
    which="组织健全的",
    lacking="组织不健全",
    every="全部组织健全",
    none="没有组织健全的",
    one=("组织健全", "组织不健全"),
)
COVERED = Share(
    among="社区",
    unit="个",
    which="有综合服务设施的",
    lacking="没有综合服务设施",
    every="全部有综合服务设施",
    none="都没有综合服务设施",
    one=("有综合服务设施", "没有综合服务设施"),
)
FIVE = Share(
    among="社区",
    unit="个",
    which="五项功能齐全的",
    lacking="五项功能不齐全",
    every="五项功能全部齐全",
    none="没有五项功能齐全的",
    one=("五项功能齐全", "五项功能不齐全"),
)
MULTI = Share(
    among="登记了功能的在用设施",
    unit="处",
    which="一室多用的",
    lacking="没有做到一室多用",
    every="全部做到一室多用",
    none="没有一室多用的",
    one=("做到一室多用", "没有做到一室多用"),
)
THINGS = (
    Mean("signs", "signs_change", "室内外牌子", "块"),
    Mean("ledgers", "ledgers_change", "台账报表", "种"),
)
EVENTS = (
    Mean("meetings", "meetings_change", "参加会议", "次"),
    Mean("inspections", "inspections_change", "接受检查考评", "次"),
    Mean("certificates", "certificates_change", "出具证明", "件"),
)
LEADERS = (Mean("leaders", "", "居民骨干", "人"),)


def _of_communities(told: Told) -> list[str]:
    """Return a paragraph of bodies, and one of facilities."""
    complete = told.share("bodies_complete", COMPLETE)
    covered, five = told.known("facility_cover"), told.known("five_functions")
    is_of_as_many = covered is not None and five is not None and covered.denominator == five.denominator != 1
    functions = told.share("five_functions", FIVE, goes_on=is_of_as_many)
    shares = [told.share("facility_cover", COVERED), functions, told.share("multi_use", MULTI)]
    first = next((at for at, share in enumerate(shares) if share), None)
    if first is not None:
        shares[first] = f"{told.whole}{shares[first]}"
    return [
        *sentence(f"{told.whole}{complete}" if complete else ""),
        *sentence(*shares, then=_opened(told)),
    ]


def _opened(told: Told) -> str:
    """Return 本月新启用设施1,200平方米，其中筹资新建800平方米、开发配建400平方米."""
    opened = told.known("area_opened")
    if opened is None:
        return ""
    coverage = told.coverage(opened, compares=False)
    if not opened.numerator:
        return f"{told.during}没有新启用的设施{coverage}"
    parts = {label: area for label, area in opened.parts.items() if area}
    begins = f"{told.during}新启用设施{display_number(opened.value)}平方米"
    if len(parts) == 1:
        return f"{begins}（{next(iter(parts))}）{coverage}"
    listed = "、".join(f"{label}{display_number(area)}平方米" for label, area in parts.items())
    return joined([begins, f"其中{listed}" if listed else ""]) + coverage


def _of_months(told: Told) -> list[str]:
    """Return the paragraph of the monthly counts of signs, ledgers, meetings, inspections and certificates."""
    things = told.means(f"{told.whole}平均每个社区", THINGS)
    events = told.means(
        f"{told.during}平均每个社区{'' if told.span == 'month' else '每月'}", EVENTS, month=told.last_month
    )
    if events and not things:
        events = f"{told.whole}{events}"
    return sentence(things, events)


def _of_leaders(told: Told) -> list[str]:
    return sentence(told.means(f"{told.whole}平均每个社区", LEADERS))


def _monthly(figure: Figure, title: str, *, is_key: bool = False) -> ShownFigure:
    return ShownFigure(figure=figure, title=title, register=_MONTHLY, is_key=is_key)


COMMUNITIES = LinkedWork(
    code="communities",
    title="社区组织体系和服务设施",
    part=LinkedPart.RELIEF,
    position=10,
    figures=(
        ShownFigure(figure=bodies.BODIES_COMPLETE, title="组织健全的社区", register=_BODIES, is_key=True),
        ShownFigure(figure=uses.FACILITY_COVER, title="有综合服务设施的社区", register=_FACILITIES),
        ShownFigure(figure=uses.FIVE_FUNCTIONS, title="五项功能齐全的社区", register=_FACILITIES, is_key=True),
        ShownFigure(figure=uses.MULTI_USE, title="一室多用的设施", register=_FACILITIES, is_key=True),
        ShownFigure(figure=uses.AREA_OPENED, title="新启用设施（㎡）", register=_FACILITIES),
    ),
    paragraphs=_of_communities,
)
BURDEN = LinkedWork(
    code="burden",
    title="社区减负",
    part=LinkedPart.RELIEF,
    position=30,
    figures=(
        _monthly(counts.SIGNS, "牌子（块）", is_key=True),
        _monthly(counts.SIGNS_CHANGE, "牌子比上年12月"),
        _monthly(counts.LEDGERS, "台账报表（种）", is_key=True),
        _monthly(counts.LEDGERS_CHANGE, "台账报表比上年12月"),
        _monthly(counts.MEETINGS, "会议（次）", is_key=True),
        _monthly(counts.MEETINGS_CHANGE, "会议比上年12月"),
        _monthly(counts.INSPECTIONS, "检查考评（次）"),
        _monthly(counts.INSPECTIONS_CHANGE, "检查考评比上年12月"),
        _monthly(counts.CERTIFICATES, "证明（件）"),
        _monthly(counts.CERTIFICATES_CHANGE, "证明比上年12月"),
    ),
    paragraphs=_of_months,
)
RESIDENT_LEADERS = LinkedWork(
    code="leaders",
    title="居民骨干",
    part=LinkedPart.TALENT,
    position=20,
    figures=(_monthly(counts.LEADERS, "居民骨干（人）", is_key=True),),
    paragraphs=_of_leaders,
)
