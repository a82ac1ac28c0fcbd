"""Adding a record to the trail: in the transaction of what it records, or at once where there is none."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Mapping
from typing import Any, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error, connection, models
from django.utils import timezone
from structlog.contextvars import get_contextvars

from changelog.models.trail import TrailKind, TrailRecord
from changelog.trail import spool
from changelog.trail.origin import request_origin
from changzhi_portal.faults import waiting_briefly
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.records import field_of, new_ref
from changzhi_portal.refusals import UnavailableError
from changzhi_portal.rights import Actor, Area

logger = logging.getLogger(__name__)
_LABEL_LENGTH = field_of(TrailRecord, "object_label").max_length
_USERNAME_LENGTH = field_of(TrailRecord, "username").max_length
_REASON_LENGTH = field_of(TrailRecord, "reason").max_length


def record_event(
    kind: TrailKind,
    *,
    by: Actor | None = None,
    username: str = "",
    division: Area | None = None,
    about: models.Model | None = None,
    label: str = "",
    rows: int | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    change_set: models.Model | None = None,
    is_required: bool = False,
) -> None:
    """Record that `by`, or somebody who called themselves `username`, did something.

    `about` is the record that it concerns, `division` the one that it belongs to: by default that of `by`, else the city.
    Personal numbers in texts are masked. Address, browser and request are those of the request that is being handled.

    Inside a transaction the record is part of it. Outside it is written at once; while the database is busy or cannot be
    written, into a file of the spool, which the next sealing takes in. If that fails too, an event that `is_required`
    raises UnavailableError, so that nothing is shown that leaves no trace; any other is only logged.
    """
    area = division or (_whole_city() if by is None else by.division)
    if area is None:
        logger.warning("Nothing can be recorded before the divisions are loaded: %s", kind)
        return
    origin = request_origin()
    values: dict[str, Any] = {
        "ref": new_ref(),
        "made_at": timezone.now(),
        "kind": str(kind),
        "made_by_id": None if by is None else by.pk,
        "username": _masked(username or (by.username if by else ""), _USERNAME_LENGTH),
        "division_id": area.pk,
        "address": origin.address,
        "device": origin.device,
        "request_id": str(get_contextvars().get("request_id", "")),
        "change_set_id": None if change_set is None else change_set.pk,
        "model": "" if about is None else about._meta.label_lower,
        "object_ref": "" if about is None else getattr(about, "ref", ""),
        "object_label": _masked(label or ("" if about is None else str(about)), _LABEL_LENGTH),
        "rows": rows,
        "reason": _masked(reason, _REASON_LENGTH),
        "detail_json": _as_json(detail) if detail else "",
    }
    if connection.in_atomic_block:
        TrailRecord(**values).save(force_insert=True)
    else:
        _write_now(values, is_required=is_required)


def _whole_city() -> Any:
    """Return the division that an event belongs to which is nobody's: the city; None before it is loaded."""
    divisions = cast(type[models.Model], field_of(TrailRecord, "division").related_model)
    return divisions._default_manager.filter(level="city").first()


def _write_now(values: dict[str, Any], *, is_required: bool) -> None:
    try:
        with waiting_briefly():
            TrailRecord(**values).save(force_insert=True)
        return
    except Error as error:
        reason = type(error).__name__
    try:
        spool.put(values)
    except OSError as error:
        logger.error("An event cannot be recorded: %s, %s: %s", values["kind"], reason, error)
        if is_required:
            raise UnavailableError(
                "审计记录暂时写不进去，所以这一步没有进行；请过几分钟再试，还不行请联系系统管理员。",
                cure="Neither the database nor the spool of the trail can be written. See /readyz.",
            ) from error


def _masked(text: str, length: int | None) -> str:
    # NUL cannot be stored by PostgreSQL.
    return mask_slipped_numbers(text.replace("\0", "�"))[:length]


def _as_json(values: Mapping[str, Any]) -> str:
    return json.dumps(_masked_within(values), cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)


def _masked_within(value: Any) -> Any:
    """Mask the numbers in every text of a nested value."""
    if isinstance(value, str):
        return _masked(value, None)
    if isinstance(value, Mapping):
        return {str(key): _masked_within(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_within(item) for item in value]
    return value


def take_in(values: dict[str, Any]) -> None:
    """Add a record that has waited in the spool, once."""
    known = {**values, "made_at": datetime.datetime.fromisoformat(values["made_at"])}
    if not TrailRecord.objects.filter(ref=known["ref"]).exists():
        TrailRecord(**known).save(force_insert=True)
