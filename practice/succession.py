"""What becomes of stories in hand when their office closes: they go on at the successor (docs/domain.md §3.10).

Documents are facts and keep their division, as do the stories that were chosen: who told them stays true.
"""

from __future__ import annotations

from typing import Any

from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.succession import Handover, Succession
from practice.models import Story

_IN_HAND = (Story.State.DRAFT, Story.State.SUBMITTED, Story.State.RETURNED)
_LONGEST_TITLE = 100


def _move_stories(handover: Handover) -> list[str]:
    """Move stories in hand to the successors, whose users go on with them.

    A title that the successor has of the same day gets the former office behind it.
    """
    successors = handover.successors()
    coming: list[Story] = []
    for batch in in_batches(sorted(successors)):
        held = Story.objects.filter(division__in=batch, state__in=_IN_HAND).select_for_update(of=("self",))
        coming += held.select_related("division__parent").order_by("on", "pk")
    taken: set[tuple[int, object, str]] = set()
    for batch in in_batches(sorted({each.pk for each in successors.values()})):
        there = Story.objects.filter(division__in=batch).order_by().values_list("division", "on", "title")
        taken.update(there)
    said = []
    for story in coming:
        origin, successor = story.division, successors[story.division_id]
        before: dict[str, Any] = {"division": origin.pk}
        after: dict[str, Any] = {"division": successor.pk}
        told = f"{origin.full_name}“{story}”转到{successor.full_name}"
        title = _free_title(story, origin.name, successor.pk, taken)
        if title != story.title:
            before["title"], after["title"] = story.title, title
            told += f"，那里已有同一标题的，改称“{title}”"
            story.title = title
        story.division = successor
        story.prepare_keys()
        story.version += 1
        taken.add((successor.pk, story.on, story.title))
        handover.log.append(change_of(story, division=successor.pk, before=before, after=after))
        said.append(told)
    update_rows(Story, coming, ["division", "title", "readings", "version"])
    return said


def _free_title(story: Story, origin: str, successor: int, taken: set[tuple[int, object, str]]) -> str:
    """Return the title, with the former office behind it where it is taken, and a number where that is taken too."""
    if (successor, story.on, story.title) not in taken:
        return story.title
    for number in range(1, len(taken) + 2):
        ending = f"（原{origin}{number if number > 1 else ''}）"
        new = f"{story.title[: _LONGEST_TITLE - len(ending)]}{ending}"
        if (successor, story.on, new) not in taken:
            return new
    raise ValueError(f"No title is left for {story.title}.")


STORIES = Succession("宣传与案例", _move_stories)
