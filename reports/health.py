"""What briefings need of the server: the fonts; and how their delivery goes, which is said and no alarm: `/readyz` is not about mail."""

import datetime

from django.db.models import Count, Q
from django.utils import timezone

from changzhi_portal.health.check import LONG, HealthCheck
from reports.fonts import require_fonts
from reports.models import BriefingDelivery

_LATELY = datetime.timedelta(days=7)
_MANY = 3  # failures that are hardly wrong addresses alone
State = BriefingDelivery.State


def _fonts() -> str:
    require_fonts()
    return "打印简报所需的字体都已安装。"


FONTS = HealthCheck(name="fonts", title="打印字体", ask=_fonts, needs_database=False, kept_seconds=LONG)


def _deliveries() -> str:
    lately = Q(heartbeat_at__gte=timezone.now() - _LATELY)
    found = BriefingDelivery.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=[State.WAITING, State.SENDING, State.HANDING])),
        retried=Count("pk", filter=Q(state=State.WAITING) & ~Q(message="")),
        failed=Count("pk", filter=lately & Q(state=State.FAILED)),
        unconfirmed=Count("pk", filter=lately & Q(state=State.UNCONFIRMED)),
    )
    said = (
        f"{found['waiting']}封等待发送，其中{found['retried']}封发过没有成功；"
        f"七天内{found['failed']}封没有发出，{found['unconfirmed']}封未确认。"
    )
    if found["retried"] + found["failed"] + found["unconfirmed"] < _MANY:
        return said
    return f"{said}失败较多，请检查邮件服务器和EMAIL_URL的设置。"


DELIVERIES = HealthCheck(name="briefing_mail", title="简报邮件", ask=_deliveries)
