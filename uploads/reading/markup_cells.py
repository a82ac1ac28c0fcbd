"""What a cell of a web page shows besides its text: fields of a form, parts struck through, raised and lowered digits.

A page that was saved while it could be edited has its values in form fields. A value struck through beside a new one, or
the raised mark of a footnote, would become digits of the number beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

_STRIKING: Final = frozenset({"s", "strike", "del"})
_STRUCK: Final = re.compile(r"text-decoration[^;]*:[^;]*line-through", re.IGNORECASE)
_RAISED: Final = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_LOWERED: Final = re.compile(r"vertical-align\s*:\s*sub", re.IGNORECASE)
_VOID: Final = frozenset({"input", "option"})
# Tags that may mean something inside a cell; others need no second look.
_FORMATTING: Final = frozenset({"span", "font"})
TELLING: Final = frozenset({*_STRIKING, *_FORMATTING, "sup", "sub", "input", "select", "option"})
_TYPED: Final = frozenset({"", "text", "number", "date", "tel", "month", "search", "email"})
_TICKING: Final = frozenset({"checkbox", "radio"})
_CHOOSE: Final = re.compile(r"\W*请?选择.*|\W+")  # the first entry of a list that nobody has chosen from
_BETWEEN_STRUCK: Final = "/"  # between a part that is struck through and the rest
# What digits look like by the effect of their part.
_SMALL_DIGITS: Final = {
    "raised": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    "lowered": str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}


class Part(NamedTuple):
    """A part of a cell's text in a font of its own; `script` is "raised", "lowered" or ""."""

    text: str
    is_struck: bool = False
    script: str = ""


def kept_apart(parts: Sequence[Part]) -> list[str]:
    """Return the texts of a cell's parts, with a sign where one that is struck through meets another one.

    Small digits beside a number, before or behind it, become what they look like.
    """
    filled = [number for number, part in enumerate(parts) if part.text.strip()]
    texts = [part.text for part in parts]
    for place, number in enumerate(filled):
        part = parts[number]
        before = parts[filled[place - 1]] if place else Part("")
        behind = parts[filled[place + 1]] if place + 1 < len(filled) else Part("")
        is_beside = before.text.rstrip()[-1:].isdigit() or behind.text.lstrip()[:1].isdigit()
        if part.script and is_beside and part.text.strip().isdecimal():
            texts[number] = part.text.translate(_SMALL_DIGITS[part.script])
        if place and part.is_struck != before.is_struck:
            texts[number] = _BETWEEN_STRUCK + texts[number]
    return texts


def says_something(tag: str, attributes: Sequence[tuple[str, str | None]]) -> bool:
    """Return whether an element of a tag of TELLING is more than the formatting that Word and Excel write around texts."""
    if tag not in _FORMATTING:
        return True
    return any(name == "style" and value and _effect_of("", value) for name, value in attributes)


class CellMarks:
    """The elements that are open inside one cell, and what they make of its text.

    `add` is given the text of the cell so far and more text; it returns what to append.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []  # tag and what it does: "struck", "raised", "lowered" or ""
        self._is_apart = False
        self._entries: list[tuple[bool, str]] | None = None  # of an open list of choices: whether chosen, and its text

    def start(self, tag: str, attributes: Mapping[str, str | None], *, is_first: bool) -> str:
        """Open an element; return the text that a field of a form shows.

        In the first column of a row (`is_first`) a box chooses the row and says nothing about it.
        """
        if tag == "input":
            return self._shown(attributes, is_first=is_first)
        if tag == "select":
            self._entries = []
        elif tag == "option" and self._entries is not None:
            self._entries.append(("selected" in attributes, ""))
        if tag not in _VOID:
            effect = _effect_of(tag, attributes.get("style") or "")
            self._is_apart = self._is_apart or effect == "struck"
            self._open.append((tag, effect))
        return ""

    def end(self, tag: str) -> str:
        """Close the innermost element of this tag; return the entry that was chosen from a list of choices."""
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                self._is_apart = self._is_apart or any(effect == "struck" for _, effect in self._open[position:])
                del self._open[position:]
                break
        if tag != "select" or self._entries is None:
            return ""
        chosen = next((text for is_chosen, text in self._entries if is_chosen), None)
        chosen = chosen if chosen is not None else next((text for _, text in self._entries), "")
        self._entries = None
        return "" if _CHOOSE.fullmatch(chosen.strip()) else chosen.strip()

    def add(self, before: str, text: str) -> str:
        """Return what a text adds to the cell that has the text `before`."""
        if self._entries is not None:
            if self._entries:
                is_chosen, entry = self._entries[-1]
                self._entries[-1] = (is_chosen, entry + text)
            return ""
        if not text.strip():
            return text
        script = next((effect for _, effect in self._open if effect in _SMALL_DIGITS), "")
        if script and (not before.strip() or before.rstrip()[-1:].isdigit()):
            text = text.translate(_SMALL_DIGITS[script])
        if self._is_apart:
            self._is_apart = False
            if before.strip():
                return _BETWEEN_STRUCK + text.lstrip()
        return text

    @staticmethod
    def _shown(attributes: Mapping[str, str | None], *, is_first: bool) -> str:
        kind = (attributes.get("type") or "").casefold()
        if kind in _TICKING:
            return "" if is_first else "☑" if "checked" in attributes else "☐"
        return attributes.get("value") or "" if kind in _TYPED else ""


def _effect_of(tag: str, style: str) -> str:
    """Return what an element does to its text: "struck", "raised", "lowered" or ""."""
    if tag in _STRIKING or _STRUCK.search(style):
        return "struck"
    if tag == "sup" or _RAISED.search(style):
        return "raised"
    return "lowered" if tag == "sub" or _LOWERED.search(style) else ""
