"""Thresholds of the row check of projects: amounts that were probably given in another unit than their column's."""

from __future__ import annotations

from changzhi_portal.thresholds import Threshold

_UPLOADS = "上传时的检查"
SMALLEST_AMOUNT = Threshold("smallest_amount", "项目金额最少", _UPLOADS, "元", 1_000, 0, 100_000)
LARGEST_AMOUNT = Threshold("largest_amount", "项目金额最多", _UPLOADS, "元", 50_000_000, 1_000_000, 10_000_000_000)
