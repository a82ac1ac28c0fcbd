"""How long is kept what other systems were told."""

from __future__ import annotations

from changzhi_portal.retention import RetentionRule
from connections.actions import old_deliveries, remove_old

DELIVERIES = RetentionRule(
    "deliveries", "推送记录", 85, count=lambda before: old_deliveries(before).count(), wipe=remove_old
)
