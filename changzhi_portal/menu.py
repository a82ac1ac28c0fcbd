"""The menu: a few groups named after tasks, each with the entries that the apps declare in `<app>/menu.py`.

    QUEUE = MenuItem("群众事项", "affairs:queue", ("affairs:",), "may_handle_affairs", group=TASKS, position=40)

An app that brings a queue or a register needs no line here. A group is a link to its landing page (`pages/group.py`),
or straight to its only entry; on its pages its entries are listed in a second line. No role has more than MOST_AT_TOP
entries in the first line, which `tests/changzhi_portal/test_menu.py` holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from django.urls import ResolverMatch, get_script_prefix, reverse

from changzhi_portal.discovery import instances_in
from changzhi_portal.rights import EVERYBODY, Actor, Viewer, has_right

MOST_AT_TOP: Final = 7


class MenuGroup(NamedTuple):
    """A group of the menu: its name in the address of its landing page, its title, and what people do there.

    `help_at` is the anchor of the manual that explains it (`changzhi_portal/pages/manual.py`).
    """

    name: str
    title: str
    explanation: str
    help_at: str


TASKS = MenuGroup("tasks", "本月任务", "每月要办的事：上传登记表、核对、上报，看各单位办到哪一步。", "找页面")
REGISTERS = MenuGroup("registers", "登记册", "各类登记的记录：查找、查看、新增和修改。", "登记册")
PROGRESS = MenuGroup("progress", "目标进展", "各项目标完成得怎样，差在哪里。", "目标进展")
BRIEFINGS = MenuGroup("briefings", "简报", "每月的工作简报。", "简报")
MANAGEMENT = MenuGroup("management", "管理", "区划、账号和各项设置。", "区划与社区变更")
AUDIT = MenuGroup("audit", "审计", "谁在什么时候看了什么、改了什么、导出了什么，谁有什么权限。", "审计记录")
GROUPS: Final = (TASKS, REGISTERS, PROGRESS, BRIEFINGS, MANAGEMENT, AUDIT)


@dataclass(frozen=True)
class MenuItem:
    """One entry, shown to roles with the right.

    It is marked as current on URLs whose name begins with one of `sections`; of addresses with `<register>`, such as those
    of the forms of its records, on those of its own `register`. `remark` returns a few words with the number of what is there, for the
    group's landing page. `help_at` is the anchor of the manual that explains its pages, if it is not the group's.
    """

    title: str
    url_name: str
    sections: tuple[str, ...]
    right: str = EVERYBODY
    group: MenuGroup = MANAGEMENT
    position: int = 50
    register: str = ""
    explanation: str = ""
    remark: Callable[[Actor], str] | None = None
    help_at: str = ""

    def is_current(self, match: ResolverMatch | None) -> bool:
        """Return whether the page at this address belongs to the entry."""
        if match is None:
            return False
        register = match.kwargs.get("register", "")
        return register == self.register if register else match.view_name.startswith(self.sections)


class MenuLink(NamedTuple):
    """A link of the menu as a page shows it; `is_page` if it leads to the very page that is open."""

    title: str
    url: str
    is_current: bool
    is_page: bool


class Menu(NamedTuple):
    """The menu of one page: the first line, and the entries of the current group, none if it has only one."""

    top: tuple[MenuLink, ...]
    below: tuple[MenuLink, ...]
    group: MenuGroup | None


@cache
def menu_items() -> tuple[MenuItem, ...]:
    """Return the entries of all apps: by group, then by position."""
    return tuple(sorted(instances_in("menu", MenuItem), key=lambda item: (GROUPS.index(item.group), item.position)))


def items_for(user: Viewer, group: MenuGroup | None = None) -> list[MenuItem]:
    """Return the entries that the role of `user` may open, of one group or of all; none for visitors."""
    return [item for item in menu_items() if group in (None, item.group) and has_right(user, item.right)]


def group_of(match: ResolverMatch | None) -> MenuGroup | None:
    """Return the group that the page at this address belongs to; None for the home page and others outside the menu."""
    if match is None:
        return None
    if match.view_name == "menu_group":
        return next((group for group in GROUPS if group.name == match.kwargs.get("group")), None)
    return next((item.group for item in menu_items() if item.is_current(match)), None)


def anchor_for(match: ResolverMatch | None) -> str:
    """Return the anchor of the manual for the page at this address: its entry's, or its group's; "" outside the menu."""
    group = group_of(match)
    item = next((each for each in menu_items() if each.is_current(match)), None)
    return (item.help_at if item is not None else "") or (group.help_at if group is not None else "")


def url_of(group: MenuGroup, items: list[MenuItem]) -> str:
    """Return where a group leads: to its landing page, or to its only entry."""
    prefix = get_script_prefix()
    return _address(prefix, items[0].url_name) if len(items) == 1 else _address(prefix, "menu_group", group.name)


def menu_for(user: Viewer, request: Any) -> Menu:
    """Return the menu of the page that `request` asks for; without links for visitors."""
    match, path = getattr(request, "resolver_match", None), getattr(request, "path", "")
    current = group_of(match)
    if not has_right(user, EVERYBODY):
        return Menu((), (), None)
    home = _address(get_script_prefix(), "home")
    top, below = [MenuLink("首页", home, path == home, path == home)], []
    for group in GROUPS:
        items = items_for(user, group)
        if not items:
            continue
        url = url_of(group, items)
        top.append(MenuLink(group.title, url, group == current, path == url))
        if group == current and len(items) > 1 and path != url:  # the landing page lists them itself
            below = [_link(item, match, path) for item in items]
    return Menu(tuple(top), tuple(below), current)


@cache
def _address(prefix: str, url_name: str, *arguments: str) -> str:
    """Return the address of a page of the menu; every page asks for a dozen. `prefix` is where the portal is served."""
    return reverse(url_name, args=arguments)


def _link(item: MenuItem, match: ResolverMatch | None, path: str) -> MenuLink:
    url = _address(get_script_prefix(), item.url_name)
    return MenuLink(item.title, url, item.is_current(match), path == url)
