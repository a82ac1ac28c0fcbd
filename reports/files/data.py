"""An issue's figures and lists as JSON for programs, and the SHA-256 that binds them to the printed code.

The JSON is canonical: keys sorted, UTF-8, no spaces, whole numbers without a point. So the same figures are the same bytes
whichever database has stored them (PostgreSQL reorders keys and writes 1e3 as 1000).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reports.issue import PrintedIssue

_NOTE: Final = {
    "figures": "本期印出的全部数字。比率以百分数保留一位小数（percent），rate为四位小数的比率；金额单位为元；缺数为null。",
    "lists": (
        "每个数字背后的名单，按列存放：communities各列等长；targets中units是communities（县级目标为counties）里的序号，从0起；"
        "verdicts每个字母对应一个单位：m达标、o超出上限、u未达标、n不适用、?未知；values为参评数值，missing为所缺。"
    ),
    "sha256": (
        "对只含figures和lists两项的JSON（键按字母排序，UTF-8，不留空格，分隔符为逗号和冒号，整数不带小数点）求SHA-256，应与sha256相同。"
    ),
}


def canonical_json(value: Any) -> bytes:
    """Return plain JSON values as canonical JSON: equal values are the same bytes."""
    return json.dumps(
        _canonical(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _canonical(value: Any) -> Any:
    """Return the value with 500.0 as 500."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return value


def figures_sha256(figures_json: Mapping[str, Any], lists_json: Mapping[str, Any]) -> str:
    """Return the SHA-256 of stored figures and lists, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json({"figures": figures_json, "lists": lists_json})).hexdigest()


def issue_json(issue: PrintedIssue, lists_json: Mapping[str, Any], *, code: str = "") -> bytes:
    """Return an issue's figures and lists as canonical JSON, with what they are of and a note on how to read them."""
    briefing = issue.briefing
    figures: Mapping[str, Any] = briefing.figures
    about = {
        "title": issue.title,
        "number": briefing.number_line,
        "office": issue.office,
        "issued_on": briefing.issued_on.isoformat() if briefing.issued_on else None,
        "edition": briefing.edition,
        "masthead": briefing.masthead,
        "notice": issue.notice,
        "code": code,
    }
    written = {
        "about": about,
        "note": _NOTE,
        "sha256": figures_sha256(figures, lists_json),
        "figures": figures,
        "lists": lists_json,
    }
    return canonical_json(written) + b"\n"
