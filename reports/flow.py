"""The life of an edition: draft → reviewed → approved → issued, back for changes, withdrawn (docs/domain.md §7.1)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from changelog.flow import BY_PORTAL_ALONE, Asks, Flow, Move
from changelog.trail import TrailKind, record_event
from changzhi_portal.refusals import StaleError
from changzhi_portal.rights import Actor
from reports.delivery.actions import begin_deliveries, cancel_deliveries
from reports.jobs import PRINT
from reports.models import Briefing
from reports.readiness import outstanding_text
from reports.sources import is_outdated

Stage = Briefing.Stage
MAY_EDIT = "may_print_briefing"
MAY_APPROVE = "may_approve_briefing"
# What printing for issue writes; a second attempt begins without it.
_UNPROVEN = {"trail_head": "", "code": "", "figures_sha256": ""}


def _check_draft_is_current(briefing: Briefing, by: Actor | None, note: str) -> None:
    """Raise StaleError unless the draft was printed from today's figures, which reviewing freezes."""
    if briefing.state != Briefing.State.PRINTED or briefing.printed_at is None:
        raise StaleError(
            "草稿还没有生成好，请等它生成后看过再审核。", cure="The draft is not printed yet; wait for the worker."
        )
    if is_outdated(briefing):
        raise StaleError(
            "数据又有变动，草稿正在更新，请看过新的草稿再审核。",
            cure="The month's figures have moved since the draft was printed; it is printed again.",
        )
    if briefing.period.as_of >= timezone.localdate():
        raise StaleError(
            f"{briefing.period}还没有结束，数据到月末才定，请过了月末再审核。",
            cure=f"The period {briefing.period.code} ends on {briefing.period.as_of}.",
        )


def _asks_why_incomplete(briefing: Briefing) -> str:
    """Return the sentence that asks why an issue is approved although reports are missing; "" when all are accepted."""
    missing = outstanding_text(briefing.period, briefing.division)
    return f"{missing}；仍要签发的，请写明为什么。" if missing else ""


def _check_nobody_prints(briefing: Briefing, by: Actor | None, note: str) -> None:
    """Raise StaleError while a worker prints the edition that is to be issued."""
    if briefing.stage == Stage.ISSUING and briefing.state != Briefing.State.FAILED:
        raise StaleError("正在印发，请等几秒钟再看结果。", cure="A worker is printing the edition to be issued.")


def _print(briefing: Briefing, by: Actor | None, note: str) -> None:
    PRINT.announce(briefing.pk)


def _values_of_draft(briefing: Briefing) -> dict[str, Any]:
    return {**PRINT.queued(), **_UNPROVEN, "issued_on": None}


def _values_of_issue(briefing: Briefing) -> dict[str, Any]:
    return {**PRINT.queued(), **_UNPROVEN, "issued_on": timezone.localdate()}


def _record_withdrawal(briefing: Briefing, by: Actor | None, note: str) -> None:
    record_event(TrailKind.WITHDRAWN, by=by, division=briefing.division, about=briefing, reason=note)
    cancel_deliveries(briefing, note)


def _deliver(briefing: Briefing, by: Actor | None, note: str) -> None:
    begin_deliveries(briefing)


FLOW: Flow[Briefing] = Flow(
    Briefing,
    "stage",
    moves=(
        Move(
            code="review",
            label="审核通过",
            sources=(Stage.DRAFT,),
            target=Stage.REVIEWED,
            right=MAY_EDIT,
            explanation="审核后数据和文字都定下来，不再随登记表变动；要改的，先退回修改。",
            done="已审核，等待签发。",
            check=_check_draft_is_current,
        ),
        Move(
            code="approve",
            label="签发",
            sources=(Stage.REVIEWED,),
            target=Stage.APPROVED,
            right=MAY_APPROVE,
            asks=Asks(
                "说明",
                "各县（市、区）没有全部接收的，写明为什么先签发。",
                is_required=False,
                needed=_asks_why_incomplete,
            ),
            done="已签发，可以印发了。",
        ),
        Move(
            code="issue",
            label="印发",
            sources=(Stage.APPROVED, Stage.ISSUING),
            target=Stage.ISSUING,
            right=MAY_EDIT,
            explanation="印发后这一版的文字、数据和文件都不再改变；有错只能编发更正版或者撤回。",
            done="正在印发，一般几秒钟。",
            check=_check_nobody_prints,
            then=_print,
            values=_values_of_issue,
        ),
        Move(
            code="send_back",
            label="退回修改",
            sources=(Stage.REVIEWED, Stage.APPROVED, Stage.ISSUING),
            target=Stage.DRAFT,
            right=MAY_EDIT,
            asks=Asks("退回原因"),
            explanation="退回后重新成为草稿，数据按现在的登记表更新。",
            done="已退回，草稿正在更新。",
            check=_check_nobody_prints,
            then=_print,
            values=_values_of_draft,
        ),
        Move(
            code="finish",
            label="印发完成",
            sources=(Stage.ISSUING,),
            target=Stage.ISSUED,
            right=BY_PORTAL_ALONE,
            then=_deliver,
        ),
        Move(
            code="withdraw",
            label="撤回",
            sources=(Stage.ISSUED,),
            target=Stage.WITHDRAWN,
            right=MAY_APPROVE,
            asks=Asks("撤回原因", "收到过的人会看到。"),
            explanation="撤回后领导不能再打开这一版的文件，页面上写明撤回和原因；还没有发出的邮件取消，收到过的人会得到通知；记录和文件保留。",
            done="已撤回。",
            then=_record_withdrawal,
        ),
    ),
)
