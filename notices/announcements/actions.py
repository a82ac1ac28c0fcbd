"""Writing announcements."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor
from notices.announcements.shown import forget_announcements
from notices.models import Announcement

_LOGGED = ("text", "begins_on", "until", "is_public")


def save_announcement(
    *,
    by: Actor,
    text: str,
    begins_on: datetime.date,
    until: datetime.date,
    is_public: bool = False,
    ref: str = "",
    version: int = 0,
) -> Announcement:
    """Announce something, or with a `ref` change the announcement that the page showed in this version.

    Raises NotAllowedError for a role that may not announce, NotFoundError, StaleError, InvalidError for wrong fields and
    personal numbers.
    """
    _check_may_announce(by)
    refuse_personal_numbers(text, what="公告", field="text")
    with transaction.atomic():
        announcement = _locked(by, ref, version) if ref else Announcement(division_id=by.division.pk, made_by_id=by.pk)
        before = _state(announcement) if ref else {}
        announcement.text, announcement.begins_on, announcement.until = text, begins_on, until
        announcement.is_public = is_public
        try:
            announcement.full_clean(exclude=["division", "made_by"])
        except ValidationError as error:
            raise InvalidError(
                "".join(error.messages), cure="The announcement cannot be saved.", field=field_at_fault(error)
            ) from error
        after = _state(announcement)
        if before != after:
            announcement.version += bool(ref)
            announcement.save()
            _log(by, announcement, before, after, "修改公告" if ref else "发布公告")
    return announcement


def delete_announcement(*, by: Actor, ref: str, version: int) -> None:
    """Delete an announcement; its words stay in the change log. Raises NotAllowedError, NotFoundError, StaleError."""
    _check_may_announce(by)
    with transaction.atomic():
        announcement = _locked(by, ref, version)
        _log(by, announcement, _state(announcement), {}, "删除公告")
        announcement.delete()


def _check_may_announce(by: Actor) -> None:
    if not by.role.may_announce:
        raise NotAllowedError(
            "公告由市局管理员发布，请联系市局管理员。", cure=f"The role of {by.username} may not announce."
        )


def _locked(by: Actor, ref: str, version: int) -> Announcement:
    found = Announcement.objects.visible_to(by).select_for_update(of=("self",)).filter(ref=ref).first()
    if found is None:
        raise NotFoundError("这条公告已经不在了，请回到公告列表看看。", cure=f"There is no announcement {ref}.")
    if found.version != version:
        raise StaleError(
            "您打开页面以后，有人改过这条公告，没有保存；请重新打开这一页再改。",
            cure="The announcement was changed since it was read.",
        )
    announcement: Announcement = found
    return announcement


def _state(announcement: Announcement) -> dict[str, Any]:
    return {name: getattr(announcement, name) for name in _LOGGED}


def _log(by: Actor, announcement: Announcement, before: dict[str, Any], after: dict[str, Any], summary: str) -> None:
    if before and after:
        changed = differing(before, after)
        before, after = changed["before"], changed["after"]
    change_set = begin_change_set(by=by, summary=f"{summary}：{announcement.text}", affects_figures=False)
    log_changes(change_set, [change_of(announcement, division=announcement.division_id, before=before, after=after)])
    transaction.on_commit(forget_announcements)
