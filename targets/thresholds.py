"""Thresholds of the checks that compare the registers with the measures of the month before (docs/domain.md §6.5)."""

from __future__ import annotations

from changzhi_portal.thresholds import Threshold

AREA_CHANGE = Threshold("area_change", "综合服务设施面积比上月增减达到", "服务设施", "%", 50, 5, 300)
# A smaller change is one room, whatever its share of a small facility.
SMALLEST_AREA_CHANGE = Threshold("smallest_area_change", "面积增减少于多少不查", "服务设施", "㎡", 50, 0, 10_000)
