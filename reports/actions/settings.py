"""Setting how the issues of a division look, who they are addressed to, and when they appear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from communities.models import Division
from reports.actions.drafting import settings_of
from reports.fonts import refuse_unprintable
from reports.models import BriefingSettings

SETTINGS: Final = (
    *("masthead", "office", "seal_line", "reported_to", "copied_to", "distributed_to", "copies"),
    *("publication_day", "needs_approval", "unread_workdays"),
)


def save_settings(*, division: Division, by: Actor, seen: int, values: Mapping[str, Any]) -> BriefingSettings:
    """Store the settings of a division's issues and log what has changed; drafts take them over when printed next.

    `seen` is the version that the page showed, 0 where nobody had set any. Raises NotAllowedError without the right or for
    a division outside the user's area, StaleError if somebody has saved since, InvalidError for a value out of range.
    """
    check_may_set(division, by)
    with transaction.atomic():
        stored = BriefingSettings.objects.select_for_update(of=("self",)).filter(division=division).first()
        if seen != (stored.version if stored is not None else 0):
            raise StaleError(
                "您打开页面以后，别人改了简报设置，请看过现在的内容再保存。", cure="The settings were saved meanwhile."
            )
        row = stored or settings_of(division)
        before = {name: getattr(row, name) for name in SETTINGS} if stored is not None else {}
        for name in SETTINGS:
            value = values[name]
            if isinstance(value, str):
                refuse_personal_numbers(value, what="简报设置", field=name)
                refuse_unprintable(value, field=name, is_line=True)
            setattr(row, name, value)
        if row.publication_day is not None and row.publishes_since is None:
            row.publishes_since = timezone.localdate()
        elif row.publication_day is None:
            row.publishes_since = None
        _validate(row)
        changed = differing(before, {name: getattr(row, name) for name in SETTINGS})
        if stored is not None and not changed["after"]:
            return row
        row.version = seen + 1
        row.save()
        change_set = begin_change_set(
            by=by, division=division, summary=f"修改{division.name}简报设置", affects_figures=False
        )
        log_changes(
            change_set,
            [change_of(row, division=division.pk, before=changed["before"] if before else {}, after=changed["after"])],
        )
    return row


def check_may_set(division: Division, by: Actor) -> None:
    """Raise NotAllowedError for a user who may not set how a division's issues look, appear and to whom they go."""
    if not by.role.may_approve_briefing or not Division.objects.visible_to(by).filter(pk=division.pk).exists():
        raise NotAllowedError(
            "简报设置由市局管理员办理，请联系市局管理员。",
            cure=f"{by.username} may not set the briefings of {division.code}.",
        )


def _validate(row: BriefingSettings) -> None:
    try:
        row.full_clean(exclude=["division"])
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise InvalidError(sentences[0], cure=f"{field} is out of range.", field=field) from error
