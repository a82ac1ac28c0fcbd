"""The life of a survey: draft → collecting → closed, and open again for a late count (docs/domain.md §4.16)."""

from __future__ import annotations

from changelog.flow import Asks, Flow, Move
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from participation.models import Survey

State = Survey.State
MAY_RUN = "may_run_surveys"


def _check_has_counts(survey: Survey, by: Actor | None, note: str) -> None:
    """Raise InvalidError for a survey without any count: closing it would give a result that nobody has said."""
    if not survey.counts.exists():
        raise InvalidError(
            "还没有填报任何社区的结果，不能结束；不做了的，请留在填报中或者改期。",
            cure=f"The survey {survey.ref} has no counts.",
        )


FLOW: Flow[Survey] = Flow(
    Survey,
    "state",
    moves=(
        Move(
            code="open",
            label="开始填报",
            sources=(State.DRAFT,),
            target=State.COLLECTING,
            right=MAY_RUN,
            explanation="开始后可以填报和上传各社区的结果；名称、类别和题目不能再改。",
            done="已开始填报。",
        ),
        Move(
            code="close",
            label="结束调查",
            sources=(State.COLLECTING,),
            target=State.CLOSED,
            right=MAY_RUN,
            explanation="结束后结果计入统计，不能再填报和修改。",
            done="调查已结束，结果计入统计。",
            check=_check_has_counts,
        ),
        Move(
            code="reopen",
            label="重新填报",
            sources=(State.CLOSED,),
            target=State.COLLECTING,
            right=MAY_RUN,
            asks=Asks("原因"),
            explanation="重新填报期间，这次调查不计入统计；改好后请再结束。",
            done="已重新开始填报。",
        ),
    ),
)
