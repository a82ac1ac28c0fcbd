"""Printed notices of filings (备案通知书): one page of A4 for the organization, from the page of the filing.

They lie here and not in `orgs` because printing does (docs/architecture.md §2): the filing's page gets them as a panel.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string

from changzhi_portal.display import display_number
from changzhi_portal.refusals import InvalidError
from communities.models import Division
from orgs.flow import FLOW
from orgs.models import Filing

_USUAL_LENGTH: Final = 240  # characters
STYLE_SHEETS: Final = ("static:reports/filing_notice.css",)
_KIND = Filing.Kind
_TITLES: Final[Mapping[str, str]] = {
    _KIND.FIRST: "社区社会组织备案通知书",
    _KIND.CHANGE: "社区社会组织变更备案通知书",
    _KIND.REGISTER: "社区社会组织转登记通知书",
    _KIND.CANCEL: "社区社会组织注销备案通知书",
}
_GRANTED: Final[Mapping[str, str]] = {
    _KIND.FIRST: "经审核，符合社区社会组织备案条件，准予备案。请按照备案的宗旨开展活动，备案事项有变动的及时办理变更。",
    _KIND.CHANGE: "经审核，准予变更，变更后的备案事项如下。",
    _KIND.REGISTER: "已取得法人登记，转为登记的社会组织，原备案号不再使用，以往的备案记录保留。",
    _KIND.CANCEL: "经审核，准予注销备案，从即日起不得再以该组织的名义开展活动。",
}


@dataclass(frozen=True, slots=True)
class FilingNotice:
    """What a notice says. `lines` are label and value; `reason` is that of a refusal, "" for a granted filing."""

    title: str
    number: str
    name: str
    asked: str
    asked_on: datetime.date
    decision: str
    reason: str
    lines: tuple[tuple[str, str], ...]
    office: str
    decided_on: datetime.date
    is_demo: bool

    @property
    def is_long(self) -> bool:
        """Return whether it says so much that it is set smaller, to stay on one page."""
        return len(self.name) + len(self.reason) + sum(len(value) for _, value in self.lines) > _USUAL_LENGTH


def notice_of(filing: Filing) -> FilingNotice:
    """Return the notice of a decided filing. Raises InvalidError for one that still waits."""
    if filing.decided_on is None:
        raise InvalidError(
            "这件备案还没有办结，办结后才能打印通知书。", cure=f"The filing {filing.ref} is {filing.state}."
        )
    is_granted = filing.state == Filing.State.FILED
    reason = "" if is_granted else next((step.note for step, _ in FLOW.steps_of(filing) if step.move == "refuse"), "")
    return FilingNotice(
        title=_TITLES[filing.kind] if is_granted else "社区社会组织不予备案通知书",
        number=filing.number,
        name=filing.name,
        asked=filing.get_kind_display(),
        asked_on=filing.submitted_on,
        decision=_GRANTED[filing.kind] if is_granted else "经审核，不予备案，理由如下：",
        reason=reason,
        lines=_lines(filing),
        office=office_of(filing.community.town.current_division),
        decided_on=filing.decided_on,
        is_demo=settings.DEMO,
    )


def office_of(town: Division) -> str:
    """Return the office of a street or town that signs: 城区东街街道办事处, 襄垣县古韩镇人民政府."""
    return f"{town.full_name}{'人民政府' if town.name.endswith(('镇', '乡')) else ''}"


def _lines(filing: Filing) -> tuple[tuple[str, str], ...]:
    """Return what was filed, without what is not said, and without any phone."""
    said = (
        ("组织名称", filing.name),
        ("备案号", filing.number),
        ("统一社会信用代码", filing.credit_code),
        ("类别", filing.get_category_display()),
        ("所在社区", filing.community.name),
        ("负责人", filing.leader),
        ("成员人数", "" if filing.members is None else f"{display_number(filing.members)}人"),
        ("活动场所", filing.venue),
        ("宗旨", filing.purpose),
        ("注销原因", filing.reason),
    )
    return tuple((label, value) for label, value in said if value)


def notice_markup(notice: FilingNotice) -> str:
    """Return a notice as an HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/filing_notice/document.html", {"notice": notice})
