"""Entries of changes of divisions, of users, of departments and of the portal's health in the menu."""

from accounts.models import Department, User
from changzhi_portal.display import display_number
from changzhi_portal.menu import MANAGEMENT, MenuItem
from changzhi_portal.rights import Actor


def _users(user: Actor) -> str:
    listed = User.objects.listed_for(user) if isinstance(user, User) else User.objects.none()
    return f"{display_number(listed.active().count())}个在用账号"


def _departments(user: Actor) -> str:
    return f"{display_number(Department.objects.visible_to(user).active().count())}个"


DIVISION_CHANGES = MenuItem(
    "区划变更",
    "accounts:division_changes",
    ("accounts:division_changes",),
    "may_change_divisions",
    group=MANAGEMENT,
    position=10,
    explanation="县（市、区）、街道（乡镇）和社区的合并、拆分、更名、改码和撤销。",
)
USERS = MenuItem(
    "用户",
    "accounts:users",
    ("accounts:user",),
    "may_see_users",
    group=MANAGEMENT,
    position=20,
    explanation="谁能登录，是什么角色，管哪里；新建、停用、重置密码、解锁。",
    remark=_users,
    help_at="用户管理",
)
DEPARTMENTS = MenuItem(
    "部门",
    "accounts:departments",
    ("accounts:department",),
    "may_keep_departments",
    group=MANAGEMENT,
    position=25,
    explanation="市、县和街道（乡镇）的部门：新增、改名、撤销；部门经办员的账号属于其中一个。",
    remark=_departments,
    help_at="部门",
)
HEALTH = MenuItem(
    "运行状况",
    "health",
    ("health",),
    "may_see_health",
    group=MANAGEMENT,
    position=90,
    explanation="数据库、任务队列、后台进程、磁盘和字体是不是正常，有没有任务积压，不正常的怎么办。",
    help_at="运行状况",
)
