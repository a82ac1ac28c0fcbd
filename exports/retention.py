"""How long the files of exports are kept that a worker has made."""

from __future__ import annotations

from changzhi_portal.retention import RetentionRule
from exports.actions import old_files, remove_old

FILES = RetentionRule(
    "exports", "后台生成的导出文件", 55, count=lambda before: old_files(before).count(), wipe=remove_old
)
