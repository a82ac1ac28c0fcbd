"""How long uploads are kept: what nobody finishes is given up, then the files go, then the numbers in the rows.

Undoing an upload needs none of this: it reads the change log.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from changzhi_portal.retention import RetentionRule, wiped_ciphertext
from uploads import storage
from uploads.actions import give_up_batch
from uploads.models import UploadBatch
from uploads.sealed import CORRECTIONS, STAGED_ROWS


def _left_open(before: datetime.datetime) -> QuerySet[UploadBatch]:
    """Return batches that wait for a decision, or have left rows behind, since a moment."""
    waits = Q(state__in=UploadBatch.UNDECIDED, committed_at__isnull=True)
    left = ~Q(rest={}) | Q(state=UploadBatch.State.COMMITTED, errors__gt=0)
    return UploadBatch.objects.ended_before(before).filter(waits | left)


def _give_up(before: datetime.datetime) -> int:
    """Discard what nobody has decided about; of batches that are written, leave out the rows that are not."""
    keys = list(_left_open(before).order_by("pk").values_list("pk", flat=True))
    return sum(map(give_up_batch, keys))


def _finished(before: datetime.datetime) -> QuerySet[UploadBatch]:
    """Return batches that ended before a moment and that no office has to look at any more."""
    return UploadBatch.objects.ended_before(before).exclude(pk__in=UploadBatch.objects.unsettled().values("pk"))


def _with_file(before: datetime.datetime) -> QuerySet[UploadBatch]:
    return _finished(before).exclude(stored_as="")


def _wipe_originals(before: datetime.datetime) -> int:
    wiped = 0
    for key in list(_with_file(before).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            batch = UploadBatch.objects.locked().get(pk=key)
            if not batch.stored_as or batch.is_in_progress:
                continue
            storage.forget_original_on_commit(batch.stored_as)
            wiped += UploadBatch.objects.filter(pk=key).update(stored_as="", original_wiped_at=timezone.now())
    return wiped


def _with_values(before: datetime.datetime) -> QuerySet[UploadBatch]:
    return _finished(before).filter(values_wiped_at__isnull=True)


def _wipe_values(before: datetime.datetime) -> int:
    """Leave only masks of the numbers in staged rows and corrections; return of how many batches."""
    wiped = 0
    for batch in _with_values(before).order_by("pk").only("pk"):
        for keys in STAGED_ROWS.key_batches(Q(batch=batch.pk)):
            STAGED_ROWS.rewrite(keys, wiped_ciphertext, waits=True)
        CORRECTIONS.rewrite([batch.pk], wiped_ciphertext, waits=True)
        wiped += UploadBatch.objects.filter(pk=batch.pk).update(values_wiped_at=timezone.now())
    return wiped


OPEN_UPLOADS = RetentionRule(
    "open_uploads", "无人处理的上传", 10, count=lambda before: _left_open(before).count(), wipe=_give_up
)
ORIGINALS = RetentionRule(
    "originals", "上传的原文件", 20, count=lambda before: _with_file(before).count(), wipe=_wipe_originals
)
STAGED_VALUES = RetentionRule(
    "staged_values", "上传逐行内容里的号码", 30, count=lambda before: _with_values(before).count(), wipe=_wipe_values
)
