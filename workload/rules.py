"""The rules of what may be asked of communities [四（一）4], judged here for the form, the moves, the sheet and the API.

A refusal keeps an item out; a warning is said and lets it pass. Each is one sentence, at the field that it is about.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from changzhi_portal.refusals import InvalidError
from periods.workdays import deadline, workdays_between
from workload.asked_columns import HeldColumn, held_columns
from workload.models import COLLECTING, FUNDED, SUPPORTED, WorkItem
from workload.reference import CERTIFICATES_END, ended_certificate, may_hang_outside

CLAUSE: Final = "［四（一）4］"
# Working days from the application to the decision, and from the application to the first day.
DECISION_LIMIT: Final = 15
NOTICE: Final = 30

Kind = WorkItem.Kind
# Asked of every kind.
ALWAYS: Final = (
    *("name", "kind", "listed_as", "basis", "role", "forbidden_field", "applies_to"),
    *("term", "valid_from", "valid_to"),
)
_FUNDS: Final = ("yearly_funds", "payment", "conditions", "opinions")
# What each kind asks for besides, in the order of the form.
ASKED_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.TASK: ("has_veto", *_FUNDS),
        Kind.BODY: ("headcount",),
        Kind.SIGN: ("placement",),
        Kind.LEDGER: ("times_a_year", "medium", "asked"),
        Kind.ASSESSMENT: ("has_veto",),
        Kind.STANDARD: ("has_veto", *_FUNDS),
        Kind.SURVEY: ("asked", *_FUNDS),
        Kind.SYSTEM: _FUNDS,
        Kind.CERTIFICATE: ("office",),
    }
)
# What a kind must say, beside what every item must.
MUST_SAY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.BODY: ("headcount",),
        Kind.SIGN: ("placement",),
        Kind.LEDGER: ("times_a_year", "medium", "asked"),
        Kind.SURVEY: ("asked",),
        Kind.CERTIFICATE: ("office",),
    }
)
_ONLY_OF_SOME: Final = tuple(dict.fromkeys(name for names in ASKED_OF.values() for name in names))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that a rule says of an item: the sentence, the field that it is about, and whether it keeps it out."""

    code: str
    said: str
    field: str
    is_refusal: bool = True
    clause: str = CLAUSE

    @property
    def sentence(self) -> str:
        """Return the sentence with the clause behind it."""
        return f"{self.said}。{self.clause}"

    @property
    def in_row(self) -> str:
        """Return it as a row's problem says it, without the full stop."""
        return f"{self.said}{self.clause}"


def fields_asked(kind: str) -> tuple[str, ...]:
    """Return the fields that the form of a kind asks for."""
    return (*ALWAYS, *ASKED_OF.get(kind, ()), "note")


def verdicts(item: WorkItem, *, day: datetime.date, is_application: bool) -> list[Verdict]:
    """Return what the rules say of an item on a day, refusals first.

    `is_application` is true of what a department applies for: it says everything that its kind asks, and no department
    applies for an assessment. The division must be set.
    """
    found = [
        *_said_wrongly(item, is_application=is_application),
        *_responsible_in_forbidden_field(item),
        *_assesses_alone(item, is_application=is_application),
        *_brings_nothing(item),
        *(_is_over(item, day) if is_application else ()),
        *_ended_certificate(item, day),
        *_hangs_outside(item),
    ]
    return sorted(found, key=lambda each: not each.is_refusal)


def _said_wrongly(item: WorkItem, *, is_application: bool) -> list[Verdict]:
    """Warn of what a kind does not ask, and refuse an item that leaves out what it does; the list may leave out `asked`."""
    kind, asked = item.get_kind_display(), ASKED_OF.get(item.kind, ())
    found = []
    for name in _ONLY_OF_SOME:
        given, label = getattr(item, name), _label(name)
        if name not in asked and given not in (None, "", False) and name != "has_veto":
            said = f"“{kind}”不用填“{label}”，请核对类别"
            found.append(Verdict("not_asked", said, name, is_refusal=False, clause=""))
        elif name in MUST_SAY.get(item.kind, ()) and not given and (is_application or name != "asked"):
            found.append(Verdict("required", f"“{kind}”请填写“{label}”", name, clause=""))
    return found


def _responsible_in_forbidden_field(item: WorkItem) -> list[Verdict]:
    """Refuse a committee that is responsible in a field that is not its own; what is listed as 不应承担 says so itself."""
    if item.role != WorkItem.Role.RESPONSIBLE or not item.forbidden_field or _is_not_ours(item):
        return []
    field = item.get_forbidden_field_display()
    return [Verdict("forbidden", f"“{field}”不得由居（村）民委员会作为责任主体", "role")]


def _assesses_alone(item: WorkItem, *, is_application: bool) -> list[Verdict]:
    """Refuse an assessment of a department, and a veto; a county lists its one assessment as 依法履职."""
    if _is_not_ours(item):
        return []
    is_the_countys = (
        not is_application and item.listed_as == WorkItem.ListedAs.LAWFUL and item.division.level == "county"
    )
    if item.has_veto or (item.kind == Kind.ASSESSMENT and not is_the_countys):
        field = "has_veto" if item.has_veto else "kind"
        said = "对社区实行基层政府综合考核，部门不再单独考核评比，取消一票否决"
        return [Verdict("assesses_alone", said, field)]
    return []


def _brings_nothing(item: WorkItem) -> list[Verdict]:
    """Refuse help that is asked for, or a new matter, without both money and the conditions of the work."""
    if item.kind not in FUNDED or item.listed_as not in SUPPORTED:
        return []
    if item.yearly_funds and item.conditions:
        return []
    field = "conditions" if item.yearly_funds else "yearly_funds"
    return [Verdict("unfunded", "需要社区协助的事项，必须提供经费和必要的工作条件", field)]


def _is_over(item: WorkItem, day: datetime.date) -> list[Verdict]:
    """Refuse an application for what would have ended by the day."""
    if item.valid_to is None or item.valid_to > day:
        return []
    return [Verdict("is_over", "“止”已经过去，这个事项不用再申请；还要办的，请改“止”", "valid_to", clause="")]


def _ended_certificate(item: WorkItem, day: datetime.date) -> list[Verdict]:
    """Refuse one of the 20 certificates from April 2020 on, unless it is listed as 不应承担."""
    if item.kind != Kind.CERTIFICATE or _is_not_ours(item) or item.valid_from is None:
        return []
    name = ended_certificate(item.name)
    lasts = item.valid_to is None or item.valid_to > CERTIFICATES_END
    if not name or not lasts or max(day, item.valid_from) < CERTIFICATES_END:
        return []
    said = f"“{name}”是民发〔2020〕20号取消的证明，2020年4月起只能列入“不应承担”"
    return [Verdict("ended_certificate", said, "listed_as")]


def _hangs_outside(item: WorkItem) -> list[Verdict]:
    """Warn of a sign outside that is not of the party, of self-government, or of the federation of organizations."""
    if item.kind != Kind.SIGN or item.placement != WorkItem.Placement.OUTDOORS or _is_not_ours(item):
        return []
    if may_hang_outside(item.name):
        return []
    said = "室外只挂党组织、自治组织和社会组织联合会的牌子，其他牌子请改挂室内或者不挂"
    return [Verdict("hangs_outside", said, "placement", is_refusal=False)]


def refuse_what_is_wrong(item: WorkItem, day: datetime.date) -> None:
    """Raise InvalidError with the first thing that the rules refuse of an application on a day."""
    refused = next((each for each in verdicts(item, day=day, is_application=True) if each.is_refusal), None)
    if refused is not None:
        raise InvalidError(
            refused.sentence, cure=f"The rule {refused.code} refuses {item.number}.", field=refused.field
        )


def told_of(item: WorkItem, day: datetime.date) -> list[Verdict]:
    """Return what those who submit or decide on an application are told on a day: what the rules say, and short notice.

    Notice is counted from the day of submission, before that from `day`.
    """
    submitted = item.submitted_on if item.state == WorkItem.State.SUBMITTED else None
    notice = short_notice(item, submitted or day)
    return [*verdicts(item, day=day, is_application=True), *([notice] if notice is not None else [])]


def short_notice(item: WorkItem, day: datetime.date) -> Verdict | None:
    """Return the warning of an application less than 30 working days before its first day; None in good time."""
    if item.valid_from is None or item.valid_from >= deadline(day, NOTICE):
        return None
    left = workdays_between(day, item.valid_from)
    said = f"申请应在开始前{NOTICE}个工作日提交，到{item.valid_from:%Y-%m-%d}只有{left}个工作日"
    return Verdict("short_notice", said, "valid_from", is_refusal=False, clause="")


def held_of(item: WorkItem, day: datetime.date) -> list[HeldColumn]:
    """Return the columns that an item asks for and that the registers, or other items in force in its area, hold."""
    if item.kind not in COLLECTING or not item.asked:
        return []
    others = (
        WorkItem.objects.standing_on(day)
        .applying_in(item.division.path)
        .filter(kind__in=COLLECTING)
        .exclude(asked="")
        .exclude(pk=item.pk)
        .order_by("pk")
    )
    if item.is_listed:  # what came later asks what this one asked before
        others = others.filter(pk__lt=item.pk)
    return held_columns(item.columns_asked, [(each.number, each.name, each.columns_asked) for each in others])


def nothing_left(item: WorkItem, held: list[HeldColumn]) -> Verdict | None:
    """Return the refusal of an item whose columns are all held already; None where something is left to ask."""
    if not held or len(held) < len(item.columns_asked):
        return None
    said = "申请采集的项目系统都已有，不得重复采集，请从系统取用"
    return Verdict("held_already", said, "asked")


def held_in_words(held: list[HeldColumn]) -> str:
    """Return the columns that are taken from the system and what holds each, as it is stored with an approval."""
    return "；".join(f"{each.asked}（{each.where}）" for each in held)


def _is_not_ours(item: WorkItem) -> bool:
    return item.listed_as == WorkItem.ListedAs.NOT_OURS


def _label(name: str) -> str:
    return str(WorkItem._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a field of its own
