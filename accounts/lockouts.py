"""Names that are locked out after too many wrong passwords (django-axes; docs/domain.md §9.5)."""

from __future__ import annotations

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Sum
from django.utils import timezone


def locking_attempts(username: str | OuterRef) -> QuerySet[AccessAttempt]:
    """Return the addresses from which a name is locked out right now, as rows of values; none if it may sign in.

    As django-axes counts: the failures of one name and address since its last success, while the last is not past.
    """
    attempts = AccessAttempt.objects.filter(username=username, attempt_time__gte=timezone.now() - get_cool_off())
    failures = attempts.order_by().values("ip_address").annotate(failures=Sum("failures_since_start"))
    return failures.filter(failures__gte=settings.AXES_FAILURE_LIMIT)
