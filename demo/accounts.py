"""Demo accounts: one for each role, and for every county the clerk who uploads its workbooks."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Role, User

# Not a secret: the README and the terminal show it. It is set without the rules for passwords, which would refuse it. Demo
# data are refused in a production installation.
PASSWORD = "Changzhi-demo-2018"  # noqa: S105
CITY, CITY_NAME = "140400", "长治市"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo, before it is a `User`."""

    username: str
    role: Role
    division_code: str
    full_name: str
    department: str = ""  # the name of the office of the division in which a department's clerk works


BUREAU = (
    DemoAccount("demo_admin", Role.BUREAU_ADMIN, CITY, "演示管理员"),
    DemoAccount("demo_officer", Role.BUREAU_OFFICER, CITY, "演示业务员"),
    DemoAccount("demo_leader", Role.LEADER, CITY, "演示领导"),
    DemoAccount("demo_auditor", Role.AUDITOR, CITY, "演示审计员"),
    DemoAccount("demo_system", Role.SYSTEM_ADMIN, CITY, "演示系统管理员"),
)
# By county code: user name and county name. 长子 is read Zhǎngzǐ, 长治 Chángzhì.
_CLERKS = {
    "140402": ("chengqu", "城区"),
    "140411": ("jiaoqu", "郊区"),
    "140421": ("changzhixian", "长治县"),
    "140423": ("xiangyuan", "襄垣县"),
    "140424": ("tunliu", "屯留县"),
    "140425": ("pingshun", "平顺县"),
    "140426": ("licheng", "黎城县"),
    "140427": ("huguan", "壶关县"),
    "140428": ("zhangzi", "长子县"),
    "140429": ("wuxiang", "武乡县"),
    "140430": ("qinxian", "沁县"),
    "140431": ("qinyuan", "沁源县"),
    "140471": ("gaoxin", "高新区"),
    "140481": ("lucheng", "潞城市"),
}
CLERKS = tuple(
    DemoAccount(f"demo_{name}", Role.DISTRICT_CLERK, code, f"演示填报员（{county}）")
    for code, (name, county) in _CLERKS.items()
)
STREET = DemoAccount("demo_street", Role.STREET_CLERK, "140402001", "演示填报员（东街）")
MATTERS = (
    DemoAccount("demo_window", Role.WINDOW_CLERK, "140402001", "演示受理员（东街）"),
    DemoAccount("demo_department", Role.DEPARTMENT_CLERK, "140402", "演示经办员（民政局）", "民政局"),
)
ACCOUNTS = (*BUREAU, *CLERKS, STREET, *MATTERS)
# The user names that the demo acts as: locking months, uploading the city's lists, uploading a county's registers.
ADMINISTRATOR, OFFICER = BUREAU[0].username, BUREAU[1].username
CLERK_OF_COUNTY = {account.division_code: account.username for account in CLERKS}


def demo_accounts_exist() -> bool:
    """Return whether this database already has demo accounts."""
    return User.objects.filter(username=BUREAU[0].username).exists()
