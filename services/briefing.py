"""购买服务 in a briefing's 联动工作: number of projects, money, sources and beneficiaries (docs/domain.md §7.3)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, TextChoices

from changzhi_portal.briefings import BriefingSection, Change, IssueOf, Paragraph, from_stored, to_stored
from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import SECTION, LinkedPart, LinkedText, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.phrases import Place, joined, ten_thousand_yuan, whole_of
from communities.models import Division
from services import indicators
from services.models import ServiceProject

_MONEY = ("budget", "contract_amount", "paid")


@dataclass(frozen=True)
class PurchaseShare:
    """Purchased services of one source or one object: number of projects, budget in yuan, its share in percent."""

    name: str
    projects: int
    budget: float
    percent: float


@dataclass(frozen=True)
class Purchases:
    """Purchased services that run in the year: number of projects, and money in yuan."""

    projects: int
    budget: float
    contract_amount: float
    paid: float
    by_funding_source: tuple[PurchaseShare, ...]
    by_beneficiaries: tuple[PurchaseShare, ...]


# --- Figures ---


def _figures(issue: IssueOf) -> Any:
    return to_stored(purchase_figures(issue.division, issue.period.as_of))


def purchase_figures(division: Division, as_of: datetime.date) -> Purchases:
    """Return the projects of the division as of `as_of` that have begun by then and run in that calendar year; in yuan.

    A terminated project counts with what was agreed and paid. Shares are of the budgets.
    """
    running = _running(division, as_of)
    totals = running.aggregate(projects=Count("pk"), **{name: Sum(name) for name in _MONEY})
    budget = totals["budget"] or Decimal(0)
    return Purchases(
        projects=totals["projects"],
        budget=_yuan(totals["budget"]),
        contract_amount=_yuan(totals["contract_amount"]),
        paid=_yuan(totals["paid"]),
        by_funding_source=_by(running, "funding_source", ServiceProject.FundingSource, budget),
        by_beneficiaries=_by(running, "beneficiaries", ServiceProject.Beneficiaries, budget),
    )


def _running(division: Division, as_of: datetime.date) -> QuerySet[ServiceProject]:
    projects = ServiceProject.objects.within(division)
    if division.level == Division.Level.COUNTY:
        # Today the towns of a closed county belong to another county, and a county merged into this one belongs to it.
        projects |= ServiceProject.objects.filter(division__parent=division)
        for other in Division.objects.counties().in_effect_on(as_of).within(division).exclude(pk=division.pk):
            projects = projects.exclude(ServiceProject.in_subtree(other.path) | Q(division__parent=other))
    first_of_year = as_of.replace(month=1, day=1)
    return projects.filter(starts_on__lte=as_of, ends_on__gte=first_of_year).order_by()


def _by(
    projects: QuerySet[ServiceProject], column: str, choices: type[TextChoices], whole: Decimal
) -> tuple[PurchaseShare, ...]:
    """Return projects, budget and its share by the values of a column, the largest budget first."""
    rows = [
        PurchaseShare(
            name=str(choices(row[column]).label),
            projects=row["projects"],
            budget=_yuan(row["budget"]),
            percent=_share(row["budget"], whole),
        )
        for row in projects.values(column).annotate(projects=Count("pk"), budget=Sum("budget"))
    ]
    return tuple(sorted(rows, key=lambda row: (-row.budget, row.name)))


def _share(part: Decimal, whole: Decimal) -> float:
    share = percent(int(part * 100), int(whole * 100))
    return 0.0 if share is None else float(share)


def _yuan(amount: Decimal | None) -> int | float:
    """Return yuan with two decimals; SQLite adds decimals up as floats, hence the rounding."""
    exact = (amount or Decimal(0)).quantize(Decimal("0.01"))
    return int(exact) if exact == exact.to_integral_value() else float(exact)


# --- Words ---


def paragraphs(purchases: Purchases, division: Place, as_of: str) -> list[str]:
    """Return the paragraphs of the section."""
    day = datetime.date.fromisoformat(as_of)
    whole = whole_of(division)
    if not purchases.projects:
        return [f"{whole}没有登记执行期在{day.year}年内、已经开始的购买服务项目。"]
    parts = [
        f"截至{day.month}月{day.day}日，{whole}执行期在{day.year}年内、已经开始的购买服务项目{display_number(purchases.projects)}个",
        f"预算{ten_thousand_yuan(purchases.budget)}" if purchases.budget else "预算为零",
        f"合同金额{ten_thousand_yuan(purchases.contract_amount)}" if purchases.contract_amount else "尚无合同金额",
        f"已拨付{ten_thousand_yuan(purchases.paid)}" if purchases.paid else "尚未拨付",
    ]
    shares = [_shares("按资金来源分", purchases.by_funding_source), _shares("按服务对象分", purchases.by_beneficiaries)]
    return [joined(parts) + "。", *([joined(shares, by="")] if any(shares) else [])]


def _shares(beginning: str, rows: Sequence[PurchaseShare]) -> str:
    """Return 按资金来源分，一般公共预算、福彩公益金预算分别为12万元、3.5万元，占比分别为77.4%、22.6%。

    Without any money, the numbers of projects.
    """
    if not rows:
        return ""
    if len(rows) == 1:
        return f"{beginning}，全部为{rows[0].name}。"
    names = "、".join(row.name for row in rows)
    if not any(row.budget for row in rows):
        return f"{beginning}，{names}分别为{'、'.join(f'{display_number(row.projects)}个' for row in rows)}。"
    money = "、".join(ten_thousand_yuan(row.budget) for row in rows)
    shares = "、".join(percent_text(row.percent) for row in rows)
    return f"{beginning}，{names}预算分别为{money}，占比分别为{shares}。"


def _said(stored: Any, figures: Any) -> list[str]:
    if stored is None:
        return []
    return paragraphs(from_stored(stored, Purchases), figures.division, figures.as_of)


def _blocks(stored: Any, figures: Any) -> tuple[Paragraph, ...]:
    """Return the paragraphs of an issue from before 联动工作, which had a section of purchases; () for later ones."""
    if SECTION in figures.sections:
        return ()
    return tuple(Paragraph(text) for text in _said(stored, figures))


# --- Corrections ---


def _changes(old: Any, new: Any) -> list[Change]:
    before, after = from_stored(old, Purchases), from_stored(new, Purchases)
    money = [
        ("预算", before.budget, after.budget),
        ("合同金额", before.contract_amount, after.contract_amount),
        ("已拨付", before.paid, after.paid),
    ]
    return [
        Change("项目数", f"{display_number(before.projects)}个", f"{display_number(after.projects)}个"),
        *(Change(label, ten_thousand_yuan(then), ten_thousand_yuan(now)) for label, then, now in money),
    ]


PURCHASES = BriefingSection(
    code="services",
    title="购买服务",
    position=30,
    figures=_figures,
    blocks=_blocks,
    changes=_changes,
    corrected_as="购买服务项目",
)
PURCHASES_OF_LINKED = LinkedText(section="services", part=LinkedPart.ORGANIZATIONS, position=10, paragraphs=_said)


# --- Figures of divisions ---

_PROJECTS, _PAYMENTS, _REVIEWS = "购买服务项目", "经费支付", "项目评估"
BY_ORGANIZATIONS = Share(
    among="月末在执行的购买服务项目",
    unit="个",
    which="由社会组织承接的",
    lacking="不由社会组织承接",
    every="全部由社会组织承接",
    none="均不由社会组织承接",
    one=("由社会组织承接", "不由社会组织承接"),
)
REVIEWED_AT_END = Share(
    among="本年到期的购买服务项目",
    unit="个",
    which="完成末期评估的",
    lacking="没有末期评估",
    every="全部完成末期评估",
    none="均没有末期评估",
    one=("已完成末期评估", "没有末期评估"),
)
WELL_DONE = Share(
    among="本年评定绩效等级的项目",
    unit="个",
    which="优良的",
    lacking="没有达到优良",
    every="全部为优良",
    none="均没有达到优良",
    one=("为优良", "没有达到优良"),
)


def _purchases_told(told: Told) -> list[str]:
    """Return a paragraph on who performs projects and for whom, and one on payment and reviews."""
    performed = told.share("org_share", BY_ORGANIZATIONS)
    groups = _rate(told, "four_groups", "在执行项目中面向流动人口、留守人员、困难群众和特殊人群的预算占")
    paid = _rate(told, "paid_rate", "在执行项目的合同资金已支付")
    done = (told.share("reviewed", REVIEWED_AT_END), told.share("good", WELL_DONE))
    return [*sentence(*_begun(told, performed, groups)), *sentence(*_begun(told, paid, *done))]


def _begun(told: Told, *clauses: str) -> list[str]:
    """Return the clauses that say something; the first begins with the area: 全市."""
    said = [clause for clause in clauses if clause]
    return [f"{told.whole}{said[0]}", *said[1:]] if said else []


def _rate(told: Told, code: str, begins: str) -> str:
    """Return a rate of money with its change and coverage; "" where there is nothing to divide by."""
    figure = told.known(code)
    if figure is None or not figure.denominator:
        return ""
    change = told.change_of_rate(figure)
    return joined([f"{begins}{percent_text(figure.value)}", change]) + told.coverage(figure)


def _funding_told(told: Told) -> list[str]:
    """Return what was paid in the month, from which sources, and which share of it is social money."""
    funding = told.known("funding")
    if funding is None or funding.numerator is None:
        return []
    if not funding.numerator:
        return sentence(f"{told.during}{told.whole}没有登记经费支付{told.coverage(funding, compares=False)}")
    sources = [(_money(label), amount) for label, amount in funding.parts.items() if amount]
    each = "、".join(f"{label}{ten_thousand_yuan(amount)}" for label, amount in sources)
    listed = f"全部为{sources[0][0]}" if len(sources) == 1 else f"其中{each}"
    total = joined([f"{told.during}{told.whole}支付经费{ten_thousand_yuan(funding.numerator)}", listed])
    shares = "、".join(
        f"{noun}占{percent_text(figure.value)}"
        for noun, code in (("福彩公益金", "lottery_share"), ("社会资金（慈善、驻区单位、捐赠）", "social_share"))
        if (figure := told.known(code)) is not None and figure.numerator
    )
    return sentence(total + told.coverage(funding, compares=False), shares)


def _money(source: str) -> str:
    """Return a source as sentences call it: 其他 alone says nothing."""
    return "其他资金" if source == "其他" else source


PURCHASE_FIGURES = LinkedWork(
    code="purchases",
    title="购买服务",
    part=LinkedPart.ORGANIZATIONS,
    position=20,
    figures=(
        ShownFigure(figure=indicators.ORG_SHARE, title="社会组织承接", register=_PROJECTS, is_key=True),
        ShownFigure(figure=indicators.GROUPS_SHARE, title="面向四类人群的预算", register=_PROJECTS),
        ShownFigure(figure=indicators.PAID_RATE, title="资金拨付", register=_PAYMENTS, is_key=True),
        ShownFigure(figure=indicators.REVIEWED, title="到期项目末期评估", register=_REVIEWS, is_key=True),
        ShownFigure(figure=indicators.GOOD, title="优良项目", register=_REVIEWS),
    ),
    paragraphs=_purchases_told,
)
FUNDING_FIGURES = LinkedWork(
    code="funding",
    title="经费支付",
    part=LinkedPart.SUPPORT,
    position=10,
    figures=(
        ShownFigure(figure=indicators.FUNDING, title="经费支付（元）", register=_PAYMENTS, is_key=True),
        ShownFigure(figure=indicators.SOCIAL_SHARE, title="社会资金", register=_PAYMENTS, is_key=True),
        ShownFigure(figure=indicators.LOTTERY_SHARE, title="福彩公益金", register=_PAYMENTS),
    ),
    paragraphs=_funding_told,
)
