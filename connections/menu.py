"""Entry of other systems in the menu."""

from changzhi_portal.menu import MANAGEMENT, MenuItem
from changzhi_portal.rights import Actor
from connections.models import ApiClient


def _clients(user: Actor) -> str:
    number = ApiClient.objects.visible_to(user).filter(revoked_at__isnull=True).count()
    return f"{number}个在用"


CONNECTIONS = MenuItem(
    "对接系统",
    "connections:clients",
    ("connections:",),
    "may_manage_clients",
    group=MANAGEMENT,
    position=80,
    explanation="哪些系统用接口读写平台的数据：登记、发放和停用令牌，看最近什么时候用过。",
    remark=_clients,
    help_at="对接系统",
)
