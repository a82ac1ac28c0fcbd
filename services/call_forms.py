"""The forms of calls and proposals, and the one on which an office chooses among the proposals of a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from django import forms

from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.day_field import DayField
from communities.models import Division
from services.actions import CallFields, Choice, ProposalFields, page_seen
from services.models import LONGEST_TITLE, Call, Proposal, ServiceField, ServiceProject

_NO_CHOICE: Final = ("", "（没有填）")
_OF_CALL: Final = (
    *("kind", "title", "opens_on", "closes_on", "budget", "funding_source", "field", "beneficiaries"),
    *("starts_on", "ends_on", "note", "version"),
)


def _choice(
    label: str, choices: Sequence[tuple[str, Any]], *, required: bool, help_text: str = ""
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=required,
        help_text=help_text,
        error_messages={"required": f"请选择{label}。", "invalid_choice": f"请在列出的里选择{label}。"},
    )


def _money(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text=help_text,
        error_messages={
            "invalid": f"“{label}”只写数字，单位是元，例如：100000。",
            "min_value": f"“{label}”不能是负数。",
            "max_digits": f"“{label}”太大，请核对。",
            "max_whole_digits": f"“{label}”太大，请核对。",
            "max_decimal_places": f"“{label}”最多两位小数。",
        },
    )


def _text(label: str, length: int, *, required: bool = True, help_text: str = "", rows: int = 0) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=length,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(),
        error_messages={"required": f"请填写{label}。", "max_length": f"{label}最多{length}个字。"},
    )


class CallForm(VersionForm):
    """A call of one of `divisions`; `communities` is what the form says of those of `call`."""

    kind = _choice(
        "征集类型",
        Call.Kind.choices,
        required=True,
        help_text="公益创投由组织提出项目、申请资金；认领由组织认领列出的服务，不用钱。",
    )
    division = _choice("征集单位", [], required=True)
    title = _text("征集名称", LONGEST_TITLE, help_text="写明年度或者批次，例如：2018年社区公益创投。")
    opens_on = DayField("征集开始日期")
    closes_on = DayField("征集截止日期", help_text="最后一天也收。")
    budget = _money("预算（元）", "公益创投要填，入选金额合计不能超过；认领留空。")
    funding_source = _choice(
        "资金来源",
        [_NO_CHOICE, *ServiceProject.FundingSource.choices],
        required=False,
        help_text="公益创投要选；认领留空。",
    )
    field = _choice("服务领域", [_NO_CHOICE, *ServiceField.choices], required=False, help_text="发布前要填。")
    beneficiaries = _choice(
        "服务对象", [_NO_CHOICE, *ServiceProject.Beneficiaries.choices], required=False, help_text="发布前要填。"
    )
    communities = _text(
        "服务社区",
        2_000,
        required=False,
        rows=3,
        help_text="名称或代码，用顿号分开；不限社区的留空。",
    )
    starts_on = DayField("项目开始日期", required=False, help_text="发布前要填，入选的从这一天开始。")
    ends_on = DayField("项目结束日期", required=False, help_text="发布前要填。")
    note = _text("备注", 500, required=False, rows=3)

    def __init__(
        self,
        *args: Any,
        divisions: Sequence[Division],
        call: Call | None,
        communities: str = "",
        **kwargs: Any,
    ) -> None:
        if call is not None:
            kwargs["initial"] = {name: getattr(call, name) for name in _OF_CALL} | {
                "division": call.division.code,
                "communities": communities,
            }
        super().__init__(*args, **kwargs)
        self._divisions = {division.code: division for division in divisions}
        field = cast(forms.ChoiceField, self.fields["division"])
        field.choices = [(division.code, division.name) for division in divisions]

    def values(self) -> CallFields:
        """Return what was filled in."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return CallFields(**data | {"division": self._divisions[data["division"]]})


class ProposalForm(VersionForm):
    """A proposal under a call: an organization, what it wants to do, and for how much; a claim says no amount."""

    organization = _text(
        "组织",
        100,
        help_text="社会组织登记表里的名称；有同名的，写统一社会信用代码、备案号或者记录编号。信用状况要登记为“正常”。",
    )
    title = _text("项目名称", LONGEST_TITLE)
    submitted_on = DayField("申报日期", help_text="组织交来材料的那一天，在征集期内。")
    amount = _money("申请金额（元）", "不超过本次预算。")
    note = _text("备注", 500, required=False, rows=3, help_text="不写个人姓名、电话和身份证号。")

    def __init__(self, *args: Any, call: Call, proposal: Proposal | None, **kwargs: Any) -> None:
        if proposal is not None:
            names = ("title", "submitted_on", "amount", "note", "version")
            organization = proposal.organization
            kwargs["initial"] = {name: getattr(proposal, name) for name in names} | {"organization": organization.name}
        super().__init__(*args, **kwargs)
        self.fields["submitted_on"].label = f"{call.deed}日期"
        if not call.is_venture:
            del self.fields["amount"]

    def values(self) -> ProposalFields:
        """Return what was filled in."""
        return ProposalFields(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


@dataclass(frozen=True)
class ChoosingLine:
    """A line of the page: a proposal with its two fields, and what the ticked ones down to it ask for together, in yuan.

    `rank` is its place by score. `together` is None for one that is not ticked.
    """

    rank: int
    proposal: Proposal
    score: forms.BoundField
    chosen: forms.BoundField
    together: Decimal | None
    exceeds: bool


class ChoosingForm(forms.Form):
    """The proposals of a call, by score: a field for the score and a box for each, and what the page showed of them."""

    seen = forms.CharField(
        widget=forms.HiddenInput,
        max_length=32,
        error_messages={"required": "请刷新后再试。", "max_length": "请刷新后再试。"},
    )

    def __init__(self, *args: Any, call: Call, proposals: Sequence[Proposal], **kwargs: Any) -> None:
        kwargs["initial"] = {"seen": page_seen(call, proposals)}
        super().__init__(*args, **kwargs)
        self._call, self._proposals = call, list(proposals)
        for proposal in proposals:
            self.fields[f"score-{proposal.ref}"] = forms.DecimalField(
                label=f"{proposal.organization}“{proposal}”的得分",
                required=False,
                min_value=0,
                max_value=100,
                max_digits=5,
                decimal_places=2,
                initial=proposal.score,
                widget=forms.NumberInput(attrs={"class": "form-control", "step": "any", "inputmode": "decimal"}),
                error_messages={
                    "invalid": "得分只写数字。",
                    "min_value": "得分在0到100之间。",
                    "max_value": "得分在0到100之间。",
                    "max_digits": "得分最多两位小数。",
                    "max_whole_digits": "得分在0到100之间。",
                    "max_decimal_places": "得分最多两位小数。",
                },
            )
            self.fields[f"chosen-{proposal.ref}"] = forms.BooleanField(
                label=f"{proposal.organization}“{proposal}”入选",
                required=False,
                initial=proposal.state == Proposal.State.CHOSEN,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    def choices(self) -> dict[str, Choice]:
        """Return what was filled in, by ref."""
        data = self.cleaned_data
        return {
            each.ref: Choice(score=data[f"score-{each.ref}"], is_chosen=data[f"chosen-{each.ref}"])
            for each in self._proposals
        }

    def _score_of(self, proposal: Proposal) -> Decimal | None:
        """Return the score as it stands in the form; that of the proposal where the input is no number."""
        if not self.is_bound:
            return proposal.score
        return cast("Decimal | None", getattr(self, "cleaned_data", {}).get(f"score-{proposal.ref}", proposal.score))

    def _is_ticked(self, proposal: Proposal) -> bool:
        return bool(self[f"chosen-{proposal.ref}"].value())

    @property
    def chosen_total(self) -> Decimal:
        """Return what the ticked proposals ask for together, in yuan."""
        return sum((each.amount for each in self._proposals if self._is_ticked(each)), Decimal(0))

    @property
    def chosen_count(self) -> int:
        """Return how many are ticked."""
        return sum(self._is_ticked(each) for each in self._proposals)

    def lines(self) -> Iterator[ChoosingLine]:
        """Yield the proposals, the best score first, with the running total of the ticked ones against the budget."""
        scored = [(self._score_of(each), each) for each in self._proposals]
        ordered = sorted(scored, key=lambda pair: (pair[0] is None, -(pair[0] or 0), pair[1].submitted_on, pair[1].pk))
        total, budget = Decimal(0), self._call.budget
        for rank, (_, proposal) in enumerate(ordered, start=1):
            is_ticked = self._is_ticked(proposal)
            total += proposal.amount if is_ticked else 0
            yield ChoosingLine(
                rank=rank,
                proposal=proposal,
                score=self[f"score-{proposal.ref}"],
                chosen=self[f"chosen-{proposal.ref}"],
                together=total if is_ticked else None,
                exceeds=is_ticked and budget is not None and total > budget,
            )
