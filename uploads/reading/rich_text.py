"""Texts of an .xlsx or .ods of which a part is struck through, raised or lowered.

A cell's text is its parts joined: a 286 that is struck through and the 290 behind it would be 286290, and 730 with the raised 1
of a footnote 7301. Here the parts are kept apart, and small digits become what they look like; the columns then refuse both.
A part without a font of its own has that of its cell, which may be struck through too.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import Final

from uploads.reading.markup_cells import Part, kept_apart

_SIGNS: Final = (b"strike", b"superscript", b"subscript")
_RUN_SIGN: Final = b"rPr>"
_LONGEST_SIGN: Final = max(map(len, _SIGNS))
# A shared text, or one in its cell, with the cell's attributes.
_RICH: Final = re.compile(
    rb"(?:<(?:\w+:)?c\s(?P<cell>[^>]*)>\s*)?<(?P<tag>(?:\w+:)?(?P<name>si|is))(?:\s*/>|>(?P<runs>.*?)</(?P=tag)>)",
    re.DOTALL,
)
_CLOSING: Final = re.compile(rb"</(?:\w+:)?(?:si|is)>")
_TEXT_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?v>(\d+)<")
_SHARED: Final = re.compile(rb"\bt=[\"']s[\"']")
_STYLE: Final = re.compile(rb"\bs=[\"'](\d+)[\"']")
_FONTS: Final = re.compile(rb"<((?:\w+:)?fonts)\b[^>]*>(.*?)</\1>", re.DOTALL)
_FONT: Final = re.compile(rb"<((?:\w+:)?font)\b(?:[^>]*/>|[^>]*>(.*?)</\1>)", re.DOTALL)
_FORMATS: Final = re.compile(rb"<((?:\w+:)?cellXfs)\b[^>]*>(.*?)</\1>", re.DOTALL)
_FORMAT: Final = re.compile(rb"<(?:\w+:)?xf\b([^>]*)>")
_FONT_NUMBER: Final = re.compile(rb"\bfontId=[\"'](\d+)[\"']")
_RUN: Final = re.compile(rb"(<(?:\w+:)?r>)(.*?)(</(?:\w+:)?r>)", re.DOTALL)
_TEXT: Final = re.compile(rb"(<(?:\w+:)?t(?:\s[^>]*)?>)([^<]*)(</(?:\w+:)?t>)")
_STRUCK: Final = re.compile(rb"<(?:\w+:)?strike(?:\s*/?>|\s(?![^>]*\bval=[\"'](?:0|false)[\"'])[^>]*>)")
_SCRIPT: Final = re.compile(rb"<(?:\w+:)?vertAlign\s[^>]*\b(super|sub)script")
_SCRIPTS: Final = {b"super": "raised", b"sub": "lowered"}
_ODF_STYLE: Final = re.compile(
    rb'<style:style (?=[^>]*style:family="(text|table-cell)")[^>]*style:name="([^"]+)"[^>]*(?:/>|(?<!/)>(.*?)</style:style>)',
    re.DOTALL,
)
_ODF_STRUCK: Final = re.compile(rb'text-line-through-(?:style|type)="(?!none")')
_ODF_NOT_STRUCK: Final = re.compile(rb'text-line-through-(?:style|type)="none"')
_ODF_SCRIPT: Final = re.compile(rb'style:text-position="(?:(super|[1-9])|(sub|-\d))')
_ODF_STYLE_NAME: Final = re.compile(rb'text:style-name="([^"]+)"')
_ODF_TOKEN: Final = re.compile(rb"<[^>]*>|[^<]+")
_SEARCHED: Final = 64 * 1024


def has_signs(chunks: Iterable[bytes], *, is_struck: bool = False) -> bool:
    """Return whether a part has the name of one of the formats; reads it to its end, so that its bytes are counted.

    Where cells are struck through themselves (`is_struck`), any text with fonts of its own may have a part that is not.
    """
    found, end = False, b""
    signs = (*_SIGNS, _RUN_SIGN) if is_struck else _SIGNS
    for chunk in chunks:
        if not found:
            window = end + chunk
            found = any(sign in window for sign in signs)
            end = window[-_LONGEST_SIGN:]
    return found


def struck_formats(styles: bytes) -> frozenset[int]:
    """Return the numbers of the cell formats whose font is struck through, by the part xl/styles.xml."""
    fonts, formats = _FONTS.search(styles), _FORMATS.search(styles)
    if fonts is None or formats is None or _SIGNS[0] not in fonts[2]:
        return frozenset()
    struck = {number for number, font in enumerate(_FONT.finditer(fonts[2])) if _STRUCK.search(font[2] or b"")}
    numbers = (_FONT_NUMBER.search(each[1]) for each in _FORMAT.finditer(formats[2]))
    return frozenset(at for at, number in enumerate(numbers) if (int(number[1]) if number else 0) in struck)


def texts_in_formats(chunks: Iterable[bytes], formats: Container[int], overlap: int) -> set[int]:
    """Return the numbers of the shared texts in the cells of a worksheet that have one of the formats."""
    found, end = set(), b""
    for chunk in chunks:
        window = end + chunk
        for cell in _TEXT_CELL.finditer(window):
            style = _STYLE.search(cell[1])
            if style and int(style[1]) in formats and _SHARED.search(cell[1]):
                found.add(int(cell[2]))
        end = window[-overlap:]
    return found


def parts_kept_apart(
    chunks: Iterable[bytes], struck_texts: Container[int], struck_formats: Container[int]
) -> Iterator[bytes]:
    """Yield the XML of a part of an .xlsx with the parts of its texts kept apart.

    `struck_texts` are the numbers of the shared texts in cells that are struck through themselves, `struck_formats` those of
    the formats of such cells.
    """
    rest, seen = b"", 0

    def changed(match: re.Match[bytes]) -> bytes:
        nonlocal seen
        is_struck = False
        if match["name"] == b"si":
            is_struck = seen in struck_texts
            seen += 1
        elif match["cell"] and (style := _STYLE.search(match["cell"])):
            is_struck = int(style[1]) in struck_formats
        return _text_kept_apart(match, is_struck=is_struck)

    for chunk in chunks:
        rest += chunk
        end = _end_of_last_text(rest)
        yield _RICH.sub(changed, rest[:end])
        rest = rest[end:]
    yield rest


def _end_of_last_text(xml: bytes) -> int:
    for start in (max(0, len(xml) - _SEARCHED), 0):
        ends = [match.end() for match in _CLOSING.finditer(xml, start)]
        if ends:
            return ends[-1]
    return 0


def _text_kept_apart(match: re.Match[bytes], *, is_struck: bool) -> bytes:
    """Return a text as it was, or with the sign between its parts and its small digits changed."""
    inside = match["runs"]
    if not inside or _RUN_SIGN not in inside or not (is_struck or any(sign in inside for sign in _SIGNS)):
        return match[0]
    runs = [(run, _TEXT.search(run[2])) for run in _RUN.finditer(inside)]
    parts = [_part(run, text, is_struck=is_struck) for run, text in runs]
    pieces, at = [], 0
    for (run, text), part, kept in zip(runs, parts, kept_apart(parts), strict=True):
        if text is not None and kept != part.text:
            start = run.start(2)
            pieces += [inside[at : start + text.start(2)], _escaped(kept, part.text, text[2])]
            at = start + text.end(2)
    begin, end = match.start("runs") - match.start(), match.end("runs") - match.start()
    return match[0][:begin] + b"".join(pieces) + inside[at:] + match[0][end:]


def _part(run: re.Match[bytes], text: re.Match[bytes] | None, *, is_struck: bool) -> Part:
    """Return the part of a text that a run is; without a font of its own it is struck through as its cell is."""
    if text is None:
        return Part("")
    font = run[2][: text.start()]
    script = _SCRIPT.search(font)
    is_struck = _STRUCK.search(font) is not None if _RUN_SIGN in font else is_struck
    return Part(text[2].decode("utf-8", "replace"), is_struck, _SCRIPTS[script[1]] if script else "")


def _escaped(kept: str, written: str, xml: bytes) -> bytes:
    """Return the XML of a text: what is new in it as references, as the part may be in any encoding."""
    sign = kept[: len(kept) - len(written)]
    digits = kept[len(sign) :]
    return sign.encode("ascii") + (xml if digits == written else _as_references(digits))


class OdfStyles:
    """The styles in the beginning of an OpenDocument content that mark parts of texts, and cells that are struck through.

    `of_parts` has "struck", "plain", "raised" or "lowered" by name; plain parts are not struck through in a cell that is.
    """

    def __init__(self, head: bytes = b"") -> None:
        self.of_parts: dict[bytes, str] = {}
        self.struck_cells: set[bytes] = set()
        plain = []
        for family, name, properties in (style.groups() for style in _ODF_STYLE.finditer(head)):
            is_struck = _ODF_STRUCK.search(properties or b"") is not None
            if family == b"table-cell":
                if is_struck:
                    self.struck_cells.add(name)
            elif is_struck:
                self.of_parts[name] = "struck"
            elif script := _ODF_SCRIPT.search(properties or b""):
                self.of_parts[name] = "raised" if script[1] else "lowered"
            elif _ODF_NOT_STRUCK.search(properties or b""):
                plain.append(name)
        if self.struck_cells:
            self.of_parts |= dict.fromkeys(plain, "plain")

    def paragraph_kept_apart(self, paragraph: bytes, *, is_struck: bool) -> bytes:
        """Return a paragraph with the parts of its text kept apart; `is_struck` tells whether its cell is struck through."""
        if not any(name in paragraph for name in self.of_parts):
            return paragraph
        tokens = _ODF_TOKEN.findall(paragraph)
        effects: list[str] = []
        parts: list[Part] = []
        for token in tokens:
            if token.startswith(b"<text:span"):
                name = _ODF_STYLE_NAME.search(token)
                if not token.endswith(b"/>"):
                    effects.append(self.of_parts.get(name[1], "") if name else "")
            elif token.startswith(b"</text:span") and effects:
                effects.pop()
            text = "" if token.startswith(b"<") else token.decode("utf-8", "replace")
            said = next((effect for effect in reversed(effects) if effect in {"struck", "plain"}), "")
            script = next((effect for effect in reversed(effects) if effect in {"raised", "lowered"}), "")
            parts.append(Part(text, said == "struck" if said else is_struck, script))
        kept = zip(tokens, parts, kept_apart(parts), strict=True)
        return b"".join(token if text == part.text else _escaped(text, part.text, token) for token, part, text in kept)


def _as_references(digits: str) -> bytes:
    return "".join(f"&#{ord(digit)};" for digit in digits).encode("ascii")
