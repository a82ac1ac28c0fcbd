"""Browsers that users have signed in with before, known again by a cookie, and what people call a browser.

The cookie is a "device cookie" as OWASP describes it (Slow Down Online Guessing Attacks with Device Cookies): wrong passwords
of strangers do not count for it. It is no part of a sign-in and opens nothing.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from accounts.models import KnownBrowser, User
from accounts.models.sign_ins import BROWSER_KNOWN_FOR
from changzhi_portal.personal import digest

COOKIE: Final = "browser"
_SALT: Final = "accounts.browsers"
_LONGEST: Final = 500  # characters of a User-Agent that are looked at
# What stands in a User-Agent, and what people call it; the first that fits. Browsers name those that they are made of, too.
_BROWSERS: Final = (
    (r"MicroMessenger", "微信"),
    (r"DingTalk", "钉钉"),
    (r"360[SE]E|QIHU|QHBrowser", "360浏览器"),
    (r"MQQBrowser|QQBrowser", "QQ浏览器"),
    (r"UCBrowser|UBrowser", "UC浏览器"),
    (r"MetaSr|SogouMobileBrowser", "搜狗浏览器"),
    (r"HuaweiBrowser", "华为浏览器"),
    (r"MiuiBrowser", "小米浏览器"),
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"OPR/", "Opera"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Version/.*Safari/", "Safari"),
    (r"MSIE |Trident/", "IE"),
)
_SYSTEMS: Final = (
    (r"HarmonyOS|OpenHarmony", "鸿蒙"),
    (r"Android", "Android手机"),
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"UOS|Kylin|Linux", "Linux"),
)


def device_in_words(request: HttpRequest) -> str:
    """Return what people call the browser and the system of a request: “Chrome，Windows”."""
    return agent_in_words(request.headers.get("User-Agent", "")[:_LONGEST])


def agent_in_words(agent: str) -> str:
    """Return what people call the browser and the system that a User-Agent speaks of."""
    found = [
        next((name for pattern, name in table if re.search(pattern, agent)), other)
        for table, other in ((_BROWSERS, "其他浏览器"), (_SYSTEMS, "其他系统"))
    ]
    return "，".join(found)


def browser_digest(request: HttpRequest) -> str:
    """Return the digest of the browser's own number in its cookie; "" without a cookie that the portal has signed."""
    number = _number_in(request)
    return digest(number) if number else ""


def known_browser(request: HttpRequest, user: User) -> KnownBrowser | None:
    """Return the row of the browser if `user` has signed in with it before."""
    found = browser_digest(request)
    return user.browsers.current().filter(digest=found).first() if found else None


def give_number(request: HttpRequest, response: HttpResponseBase) -> str:
    """Have the browser keep its number for as long as browsers keep anything, and return the digest of it."""
    number = _number_in(request) or secrets.token_hex(16)
    response.set_cookie(
        COOKIE,
        signing.dumps(number, salt=_SALT),
        max_age=BROWSER_KNOWN_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return digest(number)


def _number_in(request: HttpRequest) -> str:
    try:
        number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=BROWSER_KNOWN_FOR)
    except signing.BadSignature:
        return ""
    return number if isinstance(number, str) else ""
