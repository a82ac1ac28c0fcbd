"""Saving what an office says about a community for a month (逐社区填报 in the manual)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from changelog.actions import EditsTogether, WantedEdit, edit_together
from changelog.models import RegisterLock
from changzhi_portal.refusals import LockedError, NotFoundError
from changzhi_portal.rights import Actor
from communities.models import Community, CommunityEntry
from periods.models import ReportingPeriod

_SAVES = "community_entries"  # the lock under which saves wait for each other, so that one sent twice is recognised


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """What came of a save. `is_repeated` where exactly this input has been saved already, so that nothing was done."""

    together: EditsTogether
    is_repeated: bool = False


def save_entry(
    *,
    community: Community,
    period: ReportingPeriod,
    edits: Sequence[WantedEdit],
    by: Actor,
    input_digest: str,
    locked_reason: str = "",
) -> SavedEntry:
    """Carry out the edits of one community's page as one change set, and note that the community is entered.

    Nothing is written, and nothing noted, where an edit has an error or a record is stale; edits that say what the
    registers say already note nothing either. `input_digest` is a keyed digest of the whole input with the token of the
    page as it was shown: a form that is sent twice is saved once, unless its save was undone meanwhile. Raises what
    `edit_together` raises, and LockedError for a month that is not open.
    """
    _refuse_unless_open(period)
    with transaction.atomic():
        # Before the locks of the registers, as every save of a page takes them.
        RegisterLock.objects.lock(_SAVES)
        known = CommunityEntry.objects.filter(community=community, period=period).first()
        if known is not None and known.last_input == input_digest and not _is_undone(known):
            return SavedEntry(EditsTogether(()), is_repeated=True)
        together = edit_together(
            edits=edits,
            by=by,
            summary=f"{period}逐社区填报：{community.name}",
            period=period,
            locked_reason=locked_reason,
        )
        if together.change_set is not None:
            entry, _ = CommunityEntry.objects.update_or_create(
                community=community,
                period=period,
                defaults={"state": CommunityEntry.State.ENTERED, "made_by": by, "last_input": input_digest},
            )
            entry.change_sets.add(together.change_set)
        return SavedEntry(together)


def save_counts(
    *, community: Community, period: ReportingPeriod, edits: Sequence[WantedEdit], by: Actor
) -> EditsTogether:
    """Carry out the edits of a community's counts (社区月报) as one change set.

    Nothing is written where an edit has an error or the report is stale. Raises what `edit_together` raises, and LockedError
    for a month that is not open.
    """
    _refuse_unless_open(period)
    return edit_together(edits=edits, by=by, summary=f"{period}社区月报：{community.name}", period=period)


def _refuse_unless_open(period: ReportingPeriod) -> None:
    if period.state != ReportingPeriod.State.OPEN:
        raise LockedError(f"{period}现在不在填报，没有保存。", cure=f"{period.code} is not open.")


def _is_undone(entry: CommunityEntry) -> bool:
    """Return whether the newest save of a community has been undone."""
    newest = entry.change_sets.select_related("reversed_by").order_by("pk").last()
    return newest is not None and hasattr(newest, "reversed_by")


@transaction.atomic
def confirm_unchanged(*, refs: Sequence[str], period: ReportingPeriod, by: Actor) -> int:
    """Note that nothing has changed in communities (given by their refs) in a month, and return of how many.

    Those that are entered already stay so. Raises NotFoundError when one is not in the person's area, LockedError for a
    month that is not open.
    """
    _refuse_unless_open(period)
    # Somebody else may save or confirm the same at this moment.
    RegisterLock.objects.lock(_SAVES)
    visible = Community.objects.reported().visible_to(by)
    found = list(visible.with_entry(period).filter(ref__in=refs).order_by("pk"))
    if len(found) < len(set(refs)):
        raise NotFoundError(
            "有的社区已不在本单位，没有确认，请刷新页面。", cure="A community is not in the user's area."
        )
    new = [
        CommunityEntry(community=each, period=period, state=CommunityEntry.State.UNCHANGED, made_by_id=by.pk)
        for each in found
        if not each.is_entered
    ]
    # There is one already where a save was undone.
    CommunityEntry.objects.bulk_create(
        new,
        update_conflicts=True,
        unique_fields=["community", "period"],
        update_fields=["state", "made_at", "made_by"],
    )
    return len(new)
