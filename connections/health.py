"""How telling other systems goes. A receiver that does not answer is no fault of the portal, so it is said and no alarm."""

from __future__ import annotations

import datetime

from django.db.models import Count, Q
from django.utils import timezone

from changzhi_portal.health.check import HealthCheck
from connections.models import Delivery, Webhook

_LATELY = datetime.timedelta(days=1)


def _webhooks() -> str:
    since = timezone.now() - _LATELY
    found = Delivery.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=[Delivery.State.WAITING, Delivery.State.SENDING])),
        retried=Count("pk", filter=Q(state=Delivery.State.WAITING, attempts__gt=0)),
        given_up=Count("pk", filter=Q(state=Delivery.State.GIVEN_UP, last_at__gte=since)),
    )
    disabled = Webhook.objects.filter(disabled_at__isnull=False).count()
    said = f"{found['waiting']}条等待发送，其中{found['retried']}条发过没有送达；一天内放弃了{found['given_up']}条。"
    return f"{said}{disabled}个推送因为一直发不出去已停发，请市局管理员与对方核对。" if disabled else said


WEBHOOKS = HealthCheck(name="webhooks", title="给对接系统的推送", ask=_webhooks)
