"""Texts of an .xlsx or .ods of which a part is struck through or raised.

A cell's text is its parts joined: a 286 that is struck through and the 290 behind it would be 286290, and 730 with the raised 1
of a footnote 7301. Here the parts are kept apart, and raised digits become what they look like; the columns then refuse both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from uploads.reading.markup_cells import BETWEEN_STRUCK, RAISED_DIGITS

_SIGNS: Final = (b"strike", b"superscript")
_LONGEST_SIGN: Final = max(map(len, _SIGNS))
_RICH: Final = re.compile(rb"<((?:\w+:)?(?:si|is))>(.*?)</\1>", re.DOTALL)
_CLOSING: Final = re.compile(rb"</(?:\w+:)?(?:si|is)>")
_RUN: Final = re.compile(rb"(<(?:\w+:)?r>)(.*?)(</(?:\w+:)?r>)", re.DOTALL)
_TEXT: Final = re.compile(rb"(<(?:\w+:)?t(?:\s[^>]*)?>)([^<]*)(</(?:\w+:)?t>)")
_STRUCK: Final = re.compile(rb"<(?:\w+:)?strike(?:\s*/?>|\s(?![^>]*\bval=[\"'](?:0|false)[\"'])[^>]*>)")
_RAISED: Final = re.compile(rb"<(?:\w+:)?vertAlign\s[^>]*superscript")
_ODF_STYLE: Final = re.compile(
    rb'<style:style (?=[^>]*style:family="text")[^>]*style:name="([^"]+)"[^>]*>(.*?)</style:style>', re.DOTALL
)
_ODF_STRUCK: Final = re.compile(rb'text-line-through-(?:style|type)="(?!none")')
_ODF_RAISED: Final = re.compile(rb'style:text-position="(?:super|[1-9])')
_ODF_STYLE_NAME: Final = re.compile(rb'text:style-name="([^"]+)"')
_ODF_TOKEN: Final = re.compile(rb"<[^>]*>|[^<]+")
_SEARCHED: Final = 64 * 1024


def has_signs(chunks: Iterable[bytes]) -> bool:
    """Return whether a part has the name of one of the two formats; reads it to its end, so that its bytes are counted."""
    found, end = False, b""
    for chunk in chunks:
        if not found:
            window = end + chunk
            found = any(sign in window for sign in _SIGNS)
            end = window[-_LONGEST_SIGN:]
    return found


def kept_apart(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the XML of a part with the parts of its texts kept apart."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        end = _end_of_last_text(rest)
        yield _RICH.sub(_text_kept_apart, rest[:end])
        rest = rest[end:]
    yield rest


def _end_of_last_text(xml: bytes) -> int:
    for start in (max(0, len(xml) - _SEARCHED), 0):
        ends = [match.end() for match in _CLOSING.finditer(xml, start)]
        if ends:
            return ends[-1]
    return 0


def _text_kept_apart(match: re.Match[bytes]) -> bytes:
    """Return a text as it was, or with the sign between its parts and its raised digits changed."""
    if not any(sign in match[2] for sign in _SIGNS):
        return match[0]
    before, was_struck = b"", False

    def changed(run: re.Match[bytes]) -> bytes:
        nonlocal before, was_struck
        text = _TEXT.search(run[2])
        if text is None or not text[2].strip():
            return run[0]
        is_struck = _STRUCK.search(run[2], 0, text.start()) is not None
        content = text[2]
        if before.rstrip()[-1:].isdigit() and _RAISED.search(run[2], 0, text.start()):
            digits = content.decode("ascii", "ignore")
            content = _as_references(digits) if digits.strip().isdecimal() else content
        if before and is_struck != was_struck:
            content = BETWEEN_STRUCK.encode() + content
        before, was_struck = text[2], is_struck
        return run[1] + run[2][: text.start(2)] + content + run[2][text.end(2) :] + run[3]

    return (
        match[0][: match.start(2) - match.start()]
        + _RUN.sub(changed, match[2])
        + match[0][match.end(2) - match.start() :]
    )


def styles_that_mark(head: bytes) -> dict[bytes, str]:
    """Return the styles of parts of texts in the beginning of an OpenDocument content: "struck" or "raised", by name."""
    found = {}
    for style in _ODF_STYLE.finditer(head):
        if _ODF_STRUCK.search(style[2]):
            found[style[1]] = "struck"
        elif _ODF_RAISED.search(style[2]):
            found[style[1]] = "raised"
    return found


def paragraph_kept_apart(paragraph: bytes, styles: Mapping[bytes, str]) -> bytes:
    """Return an OpenDocument paragraph with the parts of its text kept apart."""
    if not any(name in paragraph for name in styles):
        return paragraph
    pieces: list[bytes] = []
    effects: list[str] = []
    before, was_struck = b"", False
    for token in _ODF_TOKEN.findall(paragraph):
        if token.startswith(b"<text:span"):
            name = _ODF_STYLE_NAME.search(token)
            if not token.endswith(b"/>"):
                effects.append(styles.get(name[1], "") if name else "")
        elif token.startswith(b"</text:span") and effects:
            effects.pop()
        elif not token.startswith(b"<") and token.strip():
            text, is_struck = token, "struck" in effects
            if "raised" in effects and before.rstrip()[-1:].isdigit() and text.strip().isdigit():
                text = _as_references(text.decode("ascii"))
            if before and is_struck != was_struck:
                text = BETWEEN_STRUCK.encode() + text
            before, was_struck, token = token, is_struck, text
        pieces.append(token)
    return b"".join(pieces)


def _as_references(digits: str) -> bytes:
    return "".join(f"&#{ord(digit)};" for digit in digits.translate(RAISED_DIGITS)).encode("ascii")
