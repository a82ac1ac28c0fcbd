"""Editing the texts of a draft: 按语, 下步工作, remarks at targets, addressees. Figures cannot be edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, StaleError
from changzhi_portal.rights import Actor
from reports.actions.drafting import check_may_print
from reports.fonts import refuse_unprintable
from reports.jobs import PRINT
from reports.models import Briefing
from reports.models.briefings import TEXT_LENGTH

_EDITED = ("commentary", "next_steps", "reported_to", "copied_to", "distributed_to", "copies", "correction_reason")
REMARK = "remark:"  # begins the names of remarks in forms and in the change log; the target's code follows


def edit_texts(
    *, briefing: Briefing, by: Actor, seen: str, values: Mapping[str, Any], remarks: Mapping[str, str]
) -> Briefing:
    """Store the texts of a draft, log what has changed, and have the draft printed again; return the draft.

    `values` are the columns of _EDITED that were given; `remarks` are texts by the code of the target. Raises
    NotAllowedError without the right, StaleError for an edition that is no draft any more or whose texts are no
    longer those of which `seen` is the digest (`texts_digest`), InvalidError for a text that is too long or has a personal number.
    """
    check_may_print(briefing.division, by)
    given = {name: values[name] for name in _EDITED if name in values}
    kept = {code: text.strip() for code, text in remarks.items() if text.strip()}
    _check(given, kept)
    with transaction.atomic():
        held = Briefing.objects.select_for_update(of=("self",)).defer("lists").get(pk=briefing.pk)
        if not held.is_draft:
            raise StaleError(
                f"这一版现在是“{held.get_stage_display()}”，不能再改；要改的，请先退回修改。",
                cure=f"{held.ref} is {held.stage}: only drafts are edited.",
            )
        if texts_digest(held) != seen:
            raise StaleError(
                "您打开页面以后，别人改了这份草稿的文字；您写的还在，请看过现在的内容再保存。",
                cure=f"The texts of {held.ref} are others than those that were read.",
            )
        before = _logged({name: getattr(held, name) for name in given}, held.remarks)
        changed = differing(before, _logged(given, kept, names=before))
        if not changed["after"]:
            return held
        Briefing.objects.filter(pk=held.pk).update(
            **given, remarks=kept, **PRINT.queued(), printed_by_id=by.pk, version=F("version") + 1
        )
        change_set = begin_change_set(by=by, division=held.division, summary=f"修改{held}的文字", affects_figures=False)
        log_changes(change_set, [change_of(held, division=held.division_id, **changed)])
        PRINT.announce(held.pk)
        held.refresh_from_db()
    return held


def texts_digest(briefing: Briefing) -> str:
    """Return a digest of the texts of a draft. Its version also rises when it is printed, which takes nothing from an editor."""
    texts = {name: getattr(briefing, name) for name in _EDITED}
    return hashlib.sha256(
        json.dumps([texts, briefing.remarks], ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def _logged(
    values: Mapping[str, Any], remarks: Mapping[str, str], names: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return texts and remarks as the change log names them; "" for a remark of `names` that has gone."""
    gone = {name: "" for name in names or () if name.startswith(REMARK)}
    return {**values, **gone, **{f"{REMARK}{code}": text for code, text in remarks.items()}}


def _check(values: Mapping[str, Any], remarks: Mapping[str, str]) -> None:
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    texts |= {f"{REMARK}{code}": text for code, text in remarks.items()}
    for name, text in texts.items():
        if len(text) > TEXT_LENGTH:
            raise InvalidError(
                f"每段文字请控制在{TEXT_LENGTH}个字以内，现在有{len(text)}个字。",
                cure=f"A text may have at most {TEXT_LENGTH} characters.",
                field=name,
            )
        refuse_personal_numbers(text, what="文字", field=name)
        refuse_unprintable(text, field=name)
