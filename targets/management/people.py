"""What the commands on months share: who acts, and which month is meant."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from accounts.models import User
from changzhi_portal.errors import PortalError
from periods.models import ReportingPeriod, parse_month

# The command could not run: unknown user or month, or refused (the exit status of the other commands).
COULD_NOT_RUN = 3


def acting_user(username: str) -> User:
    """The active user of `--as`. Raises PortalError when there is none."""
    user: User | None = get_user_model().objects.select_related("division").filter(username=username).first()
    if user is None or not user.is_active:
        raise PortalError(
            f"没有可用的账号“{username}”，请核对用户名。",
            cure=f"There is no active user {username!r}. Check --as, or run: manage.py create_staff",
        )
    return user


def known_period(text: str) -> ReportingPeriod:
    """The month of `--period`, which must be in the calendar. Raises PortalError."""
    month = parse_month(text)
    period = ReportingPeriod.objects.filter(month=month).first()
    if period is None:
        raise PortalError(
            f"统计月{month.year}年{month.month}月还没有建立，请核对月份。",
            cure=f"The period {text} is not in the calendar. Check --period, or run: manage.py compute --period {text}",
        )
    return period
