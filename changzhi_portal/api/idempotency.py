"""Writes that may be sent again: the same key of the same user gets the same answer, and nothing is written twice.

After draft-ietf-httpapi-idempotency-key-header. A client that got no answer sends the call again with its key. The row of
a key is claimed first, in a transaction of its own, so that the same call at the same time is told so; the answer is
stored in the transaction that writes, so that a crash leaves either both or neither. A call that is refused writes
nothing and frees its key.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.api.rendering import JsonRenderer
from changzhi_portal.models import CallAnswer
from changzhi_portal.personal import digest
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import InvalidError, StaleError

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
# A call of 500 rows takes seconds; a claim that is older belongs to a process that was killed.
CLAIM_HOLDS: Final = datetime.timedelta(minutes=3)
# Of visible ASCII characters, without quotation marks or within two of them, as the draft writes it.
A_KEY: Final = r"^(?:[!#-~][!-~]{0,254}|\"[!-~]{1,255}\")$"


class KeyInUseError(StaleError):
    """A call with the same key is still being carried out."""

    code = "key_in_use"
    retry_after: ClassVar[int] = 5
    """Seconds after which it may be asked again."""


class KeyReusedError(InvalidError):
    """The key was used for another call."""

    code = "key_reused"


@dataclass(frozen=True, slots=True)
class _Claim:
    """The row of a key that this call may answer."""

    pk: int
    token: str


def once(request: Request, act: Callable[[], Response]) -> Response:
    """Carry out a write in one transaction, or with a key that was answered return that answer.

    `act` does the work and returns the answer. Raises BadRequestError for what is no key, KeyReusedError for that of another
    call, KeyInUseError while the call is being carried out, and what `act` raises.
    """
    key = _key_of(request)
    if not key:
        with transaction.atomic():
            return act()
    found = _claimed(request, key)
    if isinstance(found, Response):
        return found
    try:
        with transaction.atomic():
            answer = act()
            _store(found, answer)
            return answer
    except BaseException:
        CallAnswer.objects.filter(pk=found.pk, claim=found.token, status__isnull=True).delete()
        raise


def _key_of(request: Request) -> str:
    """Return the key, without the quotation marks that the draft asks for; "" without one."""
    if HEADER not in request.headers:
        return ""
    key = request.headers[HEADER].strip()
    if not re.fullmatch(A_KEY, key):
        raise BadRequestError(
            "Idempotency-Key应是1至255个英文字符、数字或符号。",
            cure="The key has 1 to 255 visible ASCII characters, such as a UUID.",
            field=HEADER,
        )
    return key[1:-1] if key.startswith('"') else key


def _fingerprint(request: Request) -> str:
    """Return what stands for a call: its address, what it says, and the area that its user had."""
    body = json.dumps(request.data, sort_keys=True, default=str, ensure_ascii=False)
    return digest("\n".join((request.method or "", request.path, request.user.division.path, body)))


def _claimed(request: Request, key: str) -> _Claim | Response:
    """Claim the row of a key, or return the answer that it has."""
    fingerprint, now, token = _fingerprint(request), timezone.now(), new_ref()
    rows = CallAnswer.objects.filter(made_by=request.user.pk, key=key)
    kept = datetime.timedelta(days=settings.RETENTION_DAYS["call_answers"])
    rows.filter(claimed_at__lt=now - kept).delete()
    try:
        with transaction.atomic():
            made = CallAnswer.objects.create(
                made_by_id=request.user.pk, key=key, fingerprint=fingerprint, claim=token, claimed_at=now
            )
        return _Claim(made.pk, token)
    except IntegrityError:
        found = rows.first()
    if found is not None and found.fingerprint != fingerprint:
        raise KeyReusedError(
            "这个Idempotency-Key已经用于另一个请求，没有办理；请换一个。",
            cure="The key was used with another address or body.",
            field=HEADER,
        )
    if found is not None and found.status is not None:
        headers = {**found.headers, REPLAYED: "true"}
        return Response(json.loads(found.body), status=found.status, headers=headers)
    # Nobody has answered: the process may be at work, or was killed.
    lost = rows.filter(Q(claimed_at__lt=now - CLAIM_HOLDS), status__isnull=True, fingerprint=fingerprint)
    if found is None or not lost.filter(claim=found.claim).update(claim=token, claimed_at=now):
        raise KeyInUseError(
            "同一个请求正在办理，请稍后再查。", cure="A call with this key is being carried out.", field=HEADER
        )
    return _Claim(found.pk, token)


def _store(claim: _Claim, answer: Response) -> None:
    """Store the answer with what it says was written. Raises KeyInUseError when another call has taken the key over."""
    body = JsonRenderer().render(answer.data).decode()
    headers: dict[str, Any] = dict(answer.headers.items())
    kept = {name: headers[name] for name in ("ETag", "Location") if name in headers}
    mine = CallAnswer.objects.filter(pk=claim.pk, claim=claim.token)
    if not mine.update(status=answer.status_code, headers=kept, body=body):
        raise KeyInUseError(
            "这个请求办理得太久，已由后来的同一个请求办理。",
            cure="A later call with the same key has taken over.",
            field=HEADER,
        )
