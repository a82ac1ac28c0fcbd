"""The table: each line is a way in, what is sent there, and the answer that is right.

Nothing here harms other software: these are texts and small files that a portal must take as text, or refuse. Files are
made by the tests. A line's answer is a status, or a set of them, and where it matters a word of the page.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

# Texts that mean something to a shell, a browser, a database, a spreadsheet, a template or a terminal.
TEXTS = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "drawing": "<svg/onload=alert(1)>",
    "end of attribute": "\"><b onmouseover=alert(1)>",
    "end of quote": "' autofocus onfocus=alert(1) x='",
    "script address": "javascript:alert(1)",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "comment": "<!--#exec cmd=id-->",
    "template": "{{ 7*7 }}{% debug %}",
    "template of other languages": "${7*7}#{7*7}<%= 7*7 %>",
    "format": "%s%s%n{0.__class__}",
    "statement": "'; DROP TABLE accounts_user; --",
    "condition": "' OR '1'='1",
    "comment of statement": "admin'/*",
    "pattern": "%_%\\_",
    "expression": ".*(a+)+$[",
    "shell": "$(id); `id` | id && id",
    "path": "../../../../etc/passwd",
    "path of Windows": "..\\..\\windows\\win.ini",
    "formula": "=1+1",
    "formula with plus": "+1+1",
    "formula with minus": "-1+1",
    "formula with at": "@SUM(1,1)",
    "formula after tab": "\t=1+1",
    "link formula": '=HYPERLINK("http://example.invalid","点这里")',
    "right to left": "\u202e甲乙丙\u202c",
    "zero width": "甲\u200b乙\ufeff丙",
    "combining": "e" + "\u0301" * 50,
    "private": "\ue000\uf8ff",
    "beyond the plane": "𠀀𪚥",
    "null": "甲\x00乙",
    "escape": "甲\x1b[31m乙\x07",
    "line break": "甲\r\nSet-Cookie: a=b\r\n乙",
    "long": "甲" * 6_000,
    "blank": "\u3000\u00a0 \t",
    "number": "1e309",
    "not a number": "NaN",
    "endless": "-Infinity",
    "digits of other scripts": "١٢٣",
    "object": '{"__proto__": {"role": "bureau_admin"}}',
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One hostile input: its name, what the test does with it, and the right answer."""

    name: str
    way: str
    sent: Any
    status: frozenset[int]
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def _line(name: str, way: str, sent: Any, *status: int, says: str = "", **headers: str) -> Line:
    return Line(f"{way}: {name}", way, sent, frozenset(status), says, headers)


# --- Addresses that nobody has linked to: there is no such page, and the answer says so in Chinese ---

_PATHS = [
    "/.env", "/.git/config", "/.git/HEAD", "/.svn/entries", "/.DS_Store", "/.htaccess", "/web.config", "/server-status",
    "/admin/", "/admin/login/", "/wp-login.php", "/wp-admin/", "/phpmyadmin/", "/cgi-bin/test.cgi", "/console", "/actuator/env",
    "/api/v1/users", "/graphql", "/debug/", "/__debug__/", "/silk/", "/metrics", "/manage.py", "/settings.py", "/requirements.txt",
    "/var/portal.sqlite3", "/var/secrets/SECRET_KEY", "/portal.sqlite3", "/files/uploads/", "/media/", "/media/uploads/x",
    "/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/..%2fmanage.py", "/static/portal/../../manage.py",
    "/../manage.py", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cwindows/win.ini", "/etc/passwd", "/proc/self/environ",
    "/\\example.invalid/", "/%0d%0aSet-Cookie:a=b", "/%00", "/%ff%fe", "/%c0%ae%c0%ae/", "/%u002e/",
    "/workers/'%20OR%20'1'='1/", "/workers/1/", "/workers/0000000000000/", "/workers/" + "a" * 3_000 + "/", "/workers/%3Cscript%3E/",
    "/organizations/../workers/", "/uploads/1/original/", "/uploads/export/unknown.xlsx", "/uploads/export/..%2f..%2fx.xlsx",
    "/uploads/export/users.xlsx", "/uploads/template/__class__.xlsx", "/uploads/../accounts/users/", "/registers/users/x/edit/",
    "/registers/unknown/x/edit/", "/manual/x/x.png",
    "/manual/../../settings.py", "/briefings/x/pdf/", "/briefings/1/", "/periods/2018-13/",
    "/menu/__class__/", "/notices/x/", "/healthz/x", "/readyz/../health/",
]  # fmt: skip
# Pages that there are: not for a clerk, not to be looked at, or written without the stroke at the end.
_OTHER_PATHS = {
    "/registers/workers/x/unmask/": 403,
    "/registers/facilities/x/unmask/": 403,
    "/accounts/users/x/": 403,
    "/accounts/users/1/password/": 403,
    "/views/x/delete/": 405,
    "/search": 301,
    "/health": 301,
}
PATHS = [
    *(_line(path[:50], "path", path, 404, says="没有找到") for path in _PATHS),
    *(_line(path, "path", path, status) for path, status in _OTHER_PATHS.items()),
]

# --- Parameters of lists and pages: what is wrong is ignored and said; nothing fails ---

_PARAMETERS = {
    "page": ["-1", "0", "abc", "9" * 30, "1e3", "²", "1;2", "last()"],
    "per_page": ["0", "-25", "7", "1000000", "25.0", "all"],
    "sort": ["__class__", "-password", "id_number", "name; DROP TABLE x", "?", "community__town__parent__id", "-" * 50, "name,name,name"],
    "columns": ["password", "id_number_digest", "__dict__", "name,,,", "*"],
    "view": ["1", "../x", "a" * 500],
    "county": ["1", "-1", "999999999999999999999", "140402'", "null"],
    "town": ["x", "1e9", "0x10"],
    "unknown": ["1", "<b>"],
    "__proto__": ["x"],
    "q": ["%", "_", "\\", '"', "'", "a" * 300],
}  # fmt: skip
PARAMETERS = [
    _line(f"{name}={value[:30]}", "parameter", {name: value}, 200)
    for name, values in _PARAMETERS.items()
    for value in values
]
# Too long for what is searched for; of the others a search is redirected to its result.
SEARCHES = [_line(name, "search", text, *((422,) if name == "long" else (200, 302))) for name, text in TEXTS.items()]

# --- Headers ---

HEADERS = [
    _line("another host", "header", "/", 400, Host="example.invalid"),
    _line("host with a port of letters", "header", "/", 400, Host="127.0.0.1:a"),
    _line("host with a path", "header", "/", 400, Host="127.0.0.1/../x"),
    _line("host with credentials", "header", "/", 400, Host="a@example.invalid"),
    _line("forwarded host", "header", "/", 200, X_Forwarded_Host="example.invalid"),
    _line("forwarded protocol", "header", "/", 200, X_Forwarded_Proto="gopher"),
    _line("forwarded address that is none", "header", "/", 200, X_Forwarded_For="<script>, ' OR 1=1"),
    _line("many forwarded addresses", "header", "/", 200, X_Forwarded_For=", ".join(["10.0.0.1"] * 200)),
    _line("client address", "header", "/", 200, X_Real_Ip="127.0.0.1"),
    _line("another method", "header", "/", 200, X_Http_Method_Override="DELETE"),
    _line("another address", "header", "/", 200, X_Original_Url="/accounts/users/"),
    _line("rewritten address", "header", "/", 200, X_Rewrite_Url="/accounts/users/"),
    _line("session that is none", "header", "/", 302, Cookie="sessionid=' OR 1=1"),
    _line("session with a path", "header", "/", 302, Cookie="sessionid=../../secrets/SECRET_KEY"),
    _line("long session", "header", "/", 302, Cookie="sessionid=" + "a" * 3_000),
    _line("many cookies", "header", "/", 302, Cookie="; ".join(f"c{number}=1" for number in range(300))),
    _line("cookie without name", "header", "/", 302, Cookie="=; ;;=x; \x01"),
    _line("language with markup", "header", "/", 200, Accept_Language="<script>"),
    _line("long language", "header", "/", 200, Accept_Language=",".join(["zh"] * 2_000)),
    _line("accepted types", "header", "/", 200, Accept="application/x-php, */*;q=nan"),
    _line("encoding", "header", "/", 200, Accept_Encoding="gzip;q=x, br;q=-1, \x7f"),
    _line("browser with markup", "header", "/", 200, User_Agent="<script>alert(1)</script>"),
    _line("browser with a number", "header", "/", 200, User_Agent="13812345678"),
    _line("long browser", "header", "/", 200, User_Agent="x" * 20_000),
    _line("no browser", "header", "/", 200, User_Agent=""),
    _line("referrer elsewhere", "header", "/", 200, Referer="https://example.invalid/<script>"),
    _line("range", "header", "/", 200, Range="bytes=0-18446744073709551615,-1"),
    _line("date that is none", "header", "/", 200, If_Modified_Since="0000-99-99"),
    _line("mark that is none", "header", "/", 200, If_None_Match='W/"<>"'),
    _line("authorization", "header", "/", 200, Authorization="Basic !!!"),
    _line("bearer", "header", "/", 200, Authorization="Bearer a.b.c"),
    _line(
        "part of a page from elsewhere",
        "header",
        "/",
        200,
        HX_Request="true",
        HX_Current_URL="https://example.invalid/",
    ),
    _line("part of a page that is none", "header", "/", 200, HX_Request="maybe", HX_Target="<b>", HX_Trigger="'"),
    _line("prompt with markup", "header", "/", 200, HX_Request="true", HX_Prompt="<script>"),
    _line("upgrade", "header", "/", 200, Upgrade="websocket", Connection="Upgrade"),
    _line("expectation", "header", "/", 200, Expect="100-continue"),
]

# --- Bodies of the sign-in page, which everybody may send to ---

_FORM = "application/x-www-form-urlencoded"
BODIES = [
    _line("nothing", "body", (b"", _FORM), 422),
    _line("no form", "body", (b"\x00\xff\xfe" * 40, _FORM), 422),
    _line("object", "body", (b'{"username": "a", "password": "b"}', "application/json"), 422),
    _line("list", "body", (b"[[[[[[[[]]]]]]]]", "application/json"), 422),
    _line("markup", "body", (b"<?xml version='1.0'?><a/>", "text/xml"), 422),
    _line("no type", "body", (b"username=a&password=b", ""), 422),
    _line("type that is none", "body", (b"username=a", "text/<script>; charset=none"), 422),
    _line("charset that is none", "body", (b"username=a&password=b", f"{_FORM}; charset=utf-99"), 400, 422),
    _line("parts without boundary", "body", (b"--x", "multipart/form-data"), 400, 422),
    _line("parts with a long boundary", "body", (b"--x", f"multipart/form-data; boundary={'x' * 500}"), 400, 422),
    _line(
        "parts without end",
        "body",
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "multipart/form-data; boundary=x"),
        400,
        422,
    ),
    _line("broken percent", "body", (b"username=%zz&password=%", _FORM), 422),
    _line("same field often", "body", (b"&".join([b"username=a"] * 50), _FORM), 422),
    _line("too many fields", "body", (b"&".join(b"f%d=1" % number for number in range(6_000)), _FORM), 400),
    _line("too long", "body", (b"username=" + b"a" * (6 * 1024 * 1024), _FORM), 400, 413),
    *(_line(f"name {name}", "sign-in", text, 422) for name, text in TEXTS.items()),
]
# Where a sign-in leads: never away from the portal.
NEXTS = [
    _line(target[:40], "next", target, 302)
    for target in (
        "https://example.invalid/", "//example.invalid/", "///example.invalid", "/\\example.invalid", "\\\\example.invalid",
        "http:example.invalid", "javascript:alert(1)", "data:text/html,x", "https:/example.invalid", "%2f%2fexample.invalid",
        "/\texample.invalid", " https://example.invalid", "/%0d%0aLocation:x", "ftp://127.0.0.1/", "https://127.0.0.1@example.invalid/",
    )
]  # fmt: skip

# --- Texts in the fields of a record and of a user, and in cells of an upload ---

_UNSTORABLE = {"null", "long"}
FIELDS = [_line(name, "field", text, 422 if name in _UNSTORABLE else 200) for name, text in TEXTS.items()]
CELLS = [_line(name, "cell", text, 200) for name, text in TEXTS.items() if "\x00" not in text and "\x1b" not in text]
USERS = [_line(name, "user", text, 422) for name, text in TEXTS.items()]
# One that is too short is none.
REASONS = [
    _line(name, "reason", text, 422 if name in {*_UNSTORABLE, "blank"} or len(text) < 4 else 200)
    for name, text in TEXTS.items()
]

# --- Names of files ---

FILE_NAMES = [
    _line(name[:40], "file name", name, 302 if len(name) < 1_000 else 400)
    for name in (
        "../../../etc/passwd.xlsx", "..\\..\\x.xlsx", "/etc/x.xlsx", "C:\\x.xlsx", "con.xlsx", "nul.xlsx", ".xlsx", "..xlsx", "x.xlsx.exe",
        "x.php", "x.xlsx;.php", "x.xlsx%00.php", "<script>alert(1)</script>.xlsx", "\"; filename=\"y.exe.xlsx", "x\r\nSet-Cookie: a=b.xlsx",
        "\u202excod.xlsx", "甲" * 300 + ".xlsx", "x" * 1_000, "=cmd.xlsx", "-rf.xlsx", "$(id).xlsx", "`id`.xlsx", "x|y.xlsx", "x\ty.xlsx",
        "{{7*7}}.xlsx", "x\u200b.xlsx", "%2e%2e%2fx.xlsx", "x.XLSX ", " .xlsx", "~$x.xlsx",
    )
]  # fmt: skip
# --- Files that are no workbooks, or not what their names say ---

FILES = [
    _line(name, "file", data, 302, 422)
    for name, data in {
        "empty": b"",
        "one byte": b"\x00",
        "text": "不是表格".encode(),
        "page": b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>",
        "page with a table": b"<html><table><tr><td>x</td></tr></table></html>",
        "markup": b"<?xml version='1.0'?><x/>",
        "object": b'{"a": 1}',
        "script of a shell": b"#!/bin/sh\nid\n",
        "program": b"MZ" + b"\x00" * 100,
        "program of Linux": b"\x7fELF" + b"\x00" * 100,
        "picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        "drawing": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "document": b"%PDF-1.4\n%%EOF\n",
        "empty archive": b"PK\x05\x06" + b"\x00" * 18,
        "head of an archive": b"PK\x03\x04" + b"\x00" * 60,
        "compound file without content": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504,
        "compressed": b"\x1f\x8b\x08" + b"\x00" * 20,
        "values with commas": "名称,面积\n甲,5\n".encode(),
        "values of a formula": b"=1+1,@SUM(1)\n",
        "database": b"SQLite format 3\x00" + b"\x00" * 80,
    }.items()
]

TABLE: list[Line] = list(
    itertools.chain(
        PATHS, PARAMETERS, SEARCHES, HEADERS, BODIES, NEXTS, FIELDS, CELLS, USERS, REASONS, FILE_NAMES, FILES
    )
)
