"""The life of a story: draft → submitted → returned or chosen (docs/domain.md §12.2)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from changelog.flow import Asks, Flow, Move
from changzhi_portal.refusals import InvalidError, NotAllowedError
from changzhi_portal.rights import Actor, Viewer
from practice.models import OF_LIBRARY, OPEN, Story

State = Story.State
MAY_REPORT = "may_report_stories"
MAY_CHOOSE = "may_choose_stories"


def is_own(story: Story, user: Viewer) -> bool:
    """Return whether a story is one of the user's own office."""
    return getattr(user, "division_id", None) == story.division_id


def _check_submission(story: Story, by: Actor | None, note: str) -> None:
    """Refuse a story of another office, and a practice case that does not say which clause it serves."""
    if by is not None and not is_own(story, by):
        raise NotAllowedError(
            "只能报送本单位的宣传与案例。", cure=f"{story.ref} belongs to another office than {by.username}'s."
        )
    if story.kind in OF_LIBRARY and not story.clause:
        raise InvalidError(
            f"{story.get_kind_display()}报送前请选择“对应条款”，案例库按条款归类。",
            cure=f"The story {story.ref} names no clause.",
            field="clause",
        )


def _check_choice(story: Story, by: Actor | None, note: str) -> None:
    """Refuse to choose what is under no clause of the library."""
    if not story.clause:
        raise InvalidError(
            "没有“对应条款”，不能选入案例库；请退回，由报送单位补填。",
            cure=f"The story {story.ref} names no clause.",
            field="clause",
        )


def _submitted(story: Story) -> dict[str, Any]:
    return {"submitted_on": timezone.localdate()}


def _chosen(story: Story) -> dict[str, Any]:
    return {"chosen_on": timezone.localdate()}


FLOW: Flow[Story] = Flow(
    Story,
    "state",
    moves=(
        Move(
            code="submit",
            label="报送",
            sources=OPEN,
            target=State.SUBMITTED,
            right=MAY_REPORT,
            explanation="报送后计入统计，由市局选用；退回以前不能再改。",
            done="已报送。",
            check=_check_submission,
            values=_submitted,
            concerns=is_own,
        ),
        Move(
            code="choose",
            label="选入案例库",
            sources=(State.SUBMITTED,),
            target=State.CHOSEN,
            right=MAY_CHOOSE,
            asks=Asks("评语", "值得推广的是什么。", is_required=False),
            explanation="入选后进入案例库，各县（市、区）都能看到；本月简报可以引用。",
            done="已选入案例库。",
            check=_check_choice,
            values=_chosen,
        ),
        Move(
            code="return",
            label="退回",
            sources=(State.SUBMITTED,),
            target=State.RETURNED,
            right=MAY_CHOOSE,
            asks=Asks("退回原因", "报送单位会看到，改好后可以再报送。"),
            done="已退回。",
        ),
    ),
)
