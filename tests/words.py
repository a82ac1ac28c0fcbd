"""The words of a page, as a person reads or hears them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

# Names of programs, formats and units that people use in Chinese texts, and examples of pinyin.
USUAL = frozenset(
    {
        "PDF",
        "Excel",
        "Word",
        "WPS",
        "OpenDocument",
        "CSV",
        "JSON",
        "xlsx",
        "xls",
        "ods",
        "csv",
        "KB",
        "MB",
        "GB",
        "QQ",
        "IP",
        "Microsoft",
        "Authenticator",
        "SHA",
        "https",
        "Ctrl",
        "Tab",
        "taihang",
        "thdj",
        "changbei",
        "zeng",
    }
)
_UNSEEN = frozenset({"script", "style", "template"})
_SPOKEN = ("title", "alt", "placeholder", "aria-label", "data-label", "data-once")
_LATIN = re.compile(r"(?<![A-Za-z0-9_@./-])[A-Za-z]{2,}(?![A-Za-z0-9_@/-])")
_REF = re.compile(r"[a-z2-7]{13}")  # 记录编号, which mostly has digits and is then no word


class _Reader(HTMLParser):
    """Collect the texts of a page and of the attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes."""
        self._unseen += tag in _UNSEEN
        named = dict(attrs)
        self.texts += [named.get(name) or "" for name in _SPOKEN]
        if tag == "input" and named.get("type") in {"submit", "button"}:
            self.texts.append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of what is not shown."""
        self._unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        """Collect a text."""
        if not self._unseen:
            self.texts.append(data)


def texts_of(answer: Any) -> str:
    """Return the texts of a page, each in a line of its own."""
    reader = _Reader()
    reader.feed(answer.content.decode())
    return "\n".join(reader.texts)


def latin_words(answer: Any, *known: str) -> list[str]:
    """Return the Latin words of a page that are neither usual nor among `known`, such as a user's name."""
    text = texts_of(answer)
    for word in known:
        text = text.replace(word, "")
    return sorted(word for word in set(_LATIN.findall(text)) - USUAL if not _REF.fullmatch(word))
