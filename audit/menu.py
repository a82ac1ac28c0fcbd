"""Entries of the auditor's pages in the menu."""

from changzhi_portal.menu import AUDIT, MenuItem

TRAIL = MenuItem(
    "审计记录",
    "audit:trail",
    ("audit:trail", "audit:about"),
    "may_audit",
    group=AUDIT,
    position=10,
    explanation="谁在什么时候、从哪里登录，看了谁的记录，改了什么，被拒绝过什么。",
    help_at="审计记录",
)
DOWNLOADS = MenuItem(
    "导出和下载",
    "audit:downloads",
    ("audit:downloads", "audit:found_file"),
    "may_audit",
    group=AUDIT,
    position=20,
    explanation="谁导出、下载过哪些文件；找到一个文件，查是谁导出的。",
    help_at="找到的文件是谁导出的",
)
RIGHTS = MenuItem(
    "谁有什么权限",
    "audit:rights",
    ("audit:rights",),
    "may_audit",
    group=AUDIT,
    position=30,
    explanation="今天和以前任何一天，谁是什么角色、属于哪里、能做什么、能不能看原文。",
    help_at="谁有什么权限",
)
DIVISIONS = MenuItem(
    "区划变更",
    "audit:divisions",
    ("audit:divisions",),
    "may_audit",
    group=AUDIT,
    position=40,
    explanation="区划和社区的合并、拆分、更名：谁在什么时候应用的，依据是什么。",
    help_at="其他要查的",
)
