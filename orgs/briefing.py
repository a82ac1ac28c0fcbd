"""社会组织备案和培育 in a briefing's 联动工作 (docs/domain.md §7.3)."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import LinkedPart, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.phrases import joined, ten_thousand_yuan
from orgs import indicators

_ORGANIZATIONS, _FILINGS, _SUPPORTS, _POINTS = "社会组织", "社会组织备案", "组织扶持", "服务站点"
HUBS = Share(
    among="街道（乡镇）",
    unit="个",
    which="有枢纽型社会组织的",
    lacking="没有枢纽型社会组织",
    every="全部有枢纽型社会组织",
    none="都没有枢纽型社会组织",
    one=("有枢纽型社会组织", "没有枢纽型社会组织"),
)
PLATFORMS = Share(
    among="街道（乡镇）",
    unit="个",
    which="有社会组织服务平台的",
    lacking="没有社会组织服务平台",
    every="全部有社会组织服务平台",
    none="都没有社会组织服务平台",
    one=("有社会组织服务平台", "没有社会组织服务平台"),
)


def _paragraphs(told: Told) -> list[str]:
    """Return a paragraph of the organizations and what supports them, and one of hubs and platforms."""
    hubs, platforms = told.known("hub_towns"), told.known("platform_towns")
    is_of_as_many = hubs is not None and platforms is not None and hubs.denominator == platforms.denominator != 1
    shares = [told.share("hub_towns", HUBS), told.share("platform_towns", PLATFORMS, goes_on=is_of_as_many)]
    first = next((at for at, share in enumerate(shares) if share), None)
    if first is not None:
        shares[first] = f"{told.whole}{shares[first]}"
    return [*sentence(_organizations(told), _filed(told), _supported(told)), *sentence(*shares)]


def _organizations(told: Told) -> str:
    """Return 全市在册社会组织1,204个，其中文体活动类510个、公益慈善类402个，较上月增加12个."""
    active = told.known("organizations")
    if active is None:
        return ""
    coverage = told.coverage(active)
    if not active.numerator:
        return f"{told.whole}没有在册的社会组织{coverage}"
    parts = [(label, number) for label, number in active.parts.items() if number]
    of_kinds = f"其中{'、'.join(f'{label}{display_number(number)}个' for label, number in parts)}" if parts else ""
    if len(parts) == 1:
        of_kinds = f"{'' if active.numerator == 1 else '均'}为{parts[0][0]}"
    begins = f"{told.whole}在册社会组织{display_number(active.numerator)}个"
    return joined([begins, of_kinds, told.change_of_total(active, "个")]) + coverage


def _filed(told: Told) -> str:
    """Return 本月新备案5个."""
    filed = told.known("filed_new")
    if filed is None:
        return ""
    said = f"新备案{display_number(filed.numerator)}个" if filed.numerator else "没有新备案的组织"
    return f"{told.during}{said}{told.coverage(filed, compares=False)}"


def _supported(told: Told) -> str:
    """Return 新增扶持12.5万元; "" without any money, which other kinds of support do not have."""
    amount = told.known("support_amount")
    if amount is None or not amount.value:
        return ""
    return f"{told.during}新增扶持{ten_thousand_yuan(amount.value)}{told.coverage(amount, compares=False)}"


ORGANIZATIONS = LinkedWork(
    code="organizations",
    title="社会组织培育",
    part=LinkedPart.ORGANIZATIONS,
    position=10,
    figures=(
        ShownFigure(figure=indicators.BY_CATEGORY, title="在册组织（个）", register=_ORGANIZATIONS, is_key=True),
        ShownFigure(figure=indicators.FILED_NEW, title="新备案（个）", register=_FILINGS, is_key=True),
        ShownFigure(figure=indicators.SUPPORT_AMOUNT, title="扶持金额（元）", register=_SUPPORTS),
        ShownFigure(
            figure=indicators.HUB_TOWNS, title="有枢纽型组织的街道（乡镇）", register=_ORGANIZATIONS, is_key=True
        ),
        ShownFigure(figure=indicators.PLATFORM_TOWNS, title="有服务平台的街道（乡镇）", register=_POINTS),
    ),
    paragraphs=_paragraphs,
)
