"""Wrong passwords, at sign-in and later, and names that too many lock out (django-axes; docs/domain.md §9.5)."""

from __future__ import annotations

from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import OuterRef, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables


def locking_attempts(username: str | OuterRef) -> QuerySet[AccessAttempt]:
    """Return the addresses from which a name is locked out right now, as rows of values; none if it may sign in.

    As django-axes counts: the failures of one name and address since its last success, while the last is not past.
    """
    attempts = AccessAttempt.objects.filter(username=username, attempt_time__gte=timezone.now() - get_cool_off())
    failures = attempts.order_by().values("ip_address").annotate(failures=Sum("failures_since_start"))
    return failures.filter(failures__gte=settings.AXES_FAILURE_LIMIT)


@sensitive_variables("password")
def is_own_password(request: HttpRequest, password: str) -> bool:
    """Return whether this is the password of the signed-in user. Every page that asks for it asks here.

    A wrong one counts as a failed sign-in, a right one ends the counting as a sign-in does. While the name is locked out
    the answer is False, and the middleware of django-axes answers the request with the page of locked accounts.
    """
    username = request.user.get_username()
    if authenticate(request, username=username, password=password) is None:
        return False
    forget_failures(ip=get_client_ip_address(request), username=username)
    return True
