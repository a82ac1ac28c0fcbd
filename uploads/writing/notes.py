"""Notes (批注) of a worksheet: texts in the comments part, boxes in a VML part, which Excel still requires.

Texts are changed in place. The boxes are parsed and written anew, because each program declares the vocabularies of VML
under prefixes of its own: openpyxl declares them in every element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from uploads.writing.problem_list import Position, address_of, position_of
from uploads.writing.xml_text import UnusualWorkbookError, attributes, plain

AUTHOR: Final = "填报检查"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
EMPTY_COMMENTS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>'
)
_BOX_TYPE: Final = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
EMPTY_BOXES: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    f'<o:idmap v:ext="edit" data="1"/></o:shapelayout>{_BOX_TYPE}</xml>'
)
_COMMENT: Final = re.compile(r"<((?:\w+:)?)comment\b([^>]*)>(.*?)</(?:\w+:)?comment>", re.DOTALL)
_AUTHOR: Final = re.compile(r"<(?:\w+:)?author(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?author>)", re.DOTALL)
_RUN: Final = re.compile(r"<(?:\w+:)?r>.*?</(?:\w+:)?r>", re.DOTALL)
_TEXT: Final = re.compile(r"(<(?:\w+:)?t(?:\s[^>]*)?(?<!/)>)(.*?)(</(?:\w+:)?t>)", re.DOTALL)
# Our lines in a note: of ours, or added to an office's. What an office has written below them is its own.
_LINE_END: Final = r"(?:_x000D_|\r)?\n"
_SENTENCE: Final = r"【(?:错误|提醒)】[^\n]*"
_LINES: Final = rf"{AUTHOR}[:：](?:\s|_x000D_)*{_SENTENCE}(?:{_LINE_END}{_SENTENCE})*"
_OURS: Final = re.compile(rf"^{_LINES}(?:{_LINE_END})?|{_LINE_END}{_LINES}")
_VML, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
for _prefix, _vocabulary in (("v", _VML), ("o", _OFFICE), ("x", _EXCEL)):
    register_namespace(_prefix, _vocabulary)
_BREAK: Final = re.compile(r"<br\s*>", re.IGNORECASE)  # Excel does not close it
_BOX_ID: Final = re.compile(r"_s(\d+)")
_IDS_A_BLOCK: Final = 1_024
_CHARACTERS_A_LINE: Final = 20


class Notes:
    """The notes of one worksheet; `comments` and `boxes` are the XML of the two parts, changed by the methods."""

    def __init__(self, comments: str, boxes: str) -> None:
        root = re.search(r"<(\w+:)?comments\b", comments)
        comments = re.sub(r"<((?:\w+:)?)(authors|commentList)\s*/>", r"<\1\2></\1\2>", comments)
        if not root or not re.search(r"<(?:\w+:)?authors\b.*</(?:\w+:)?commentList>", comments, re.DOTALL):
            raise UnusualWorkbookError("no list of notes")
        if re.search(r"<(?:\w+:)?comment\s[^>]*/>", comments):
            raise UnusualWorkbookError("a note without text")
        self._prefix = root[1] or ""
        self.comments = comments
        self._boxes = _parsed(boxes)

    @property
    def boxes(self) -> str:
        """Return the XML of the boxes."""
        return tostring(self._boxes, encoding="unicode")

    def remove_ours(self) -> None:
        """Remove our texts of an earlier check, and the notes of which nothing else is left.

        They are known by their first line, because programs change the author: LibreOffice writes a blank one.
        """
        removed: set[Position] = set()

        def without_ours(match: re.Match[str]) -> str:
            comment, is_empty = _without_our_lines(match[0])
            position = position_of(attributes(match[2]).get("ref", ""))
            if is_empty and position:
                removed.add(position)
            return "" if is_empty else comment

        self.comments = _COMMENT.sub(without_ours, self.comments)
        for position, box in list(self._boxes_of_notes()):
            if position in removed:
                self._boxes.remove(box)

    def add(self, notes: Mapping[Position, str]) -> None:
        """Add notes to cells; where a cell has another author's note, the text is added below it."""
        left = dict(notes)

        def extended(match: re.Match[str]) -> str:
            position = position_of(attributes(match[2]).get("ref", ""))
            text = left.pop(position, None) if position else None
            if text is None:
                return match[0]
            end = re.search(r"</(?:\w+:)?text>", match[0])
            if end is None:
                raise UnusualWorkbookError("a note without text")
            own = _with_text_as_run(match[0][: end.start()], self._prefix)
            return f"{own}{self._run(chr(10) + text)}{match[0][end.start() :]}"

        self.comments = _COMMENT.sub(extended, self.comments)
        if left:
            self._append(left)
        self._match_boxes()

    def _append(self, notes: Mapping[Position, str]) -> None:
        p, author = self._prefix, self._author()
        written = "".join(
            f'<{p}comment ref="{address_of(position)}" authorId="{author}">'
            f"<{p}text>{self._run(text)}</{p}text></{p}comment>"
            for position, text in sorted(notes.items())
        )
        at = self.comments.rindex(f"</{p}commentList>")
        self.comments = f"{self.comments[:at]}{written}{self.comments[at:]}"

    def _author(self) -> int:
        """Return our index in the list of authors, adding us if missing."""
        authors = _AUTHOR.findall(self.comments)
        if AUTHOR in authors:
            return authors.index(AUTHOR)
        p = self._prefix
        at = self.comments.index(f"</{p}authors>")
        self.comments = f"{self.comments[:at]}<{p}author>{AUTHOR}</{p}author>{self.comments[at:]}"
        return len(authors)

    def _run(self, text: str) -> str:
        p = self._prefix
        look = f'<{p}rPr><{p}sz val="9"/><{p}rFont val="宋体"/></{p}rPr>'
        begin = "\n" if text.startswith("\n") else ""
        return f'<{p}r>{look}<{p}t xml:space="preserve">{begin}{AUTHOR}：\n{plain(text.strip())}</{p}t></{p}r>'

    def _boxes_of_notes(self) -> Iterator[tuple[Position, Element]]:
        """Yield position and box of each note; other shapes are buttons and the like."""
        for box in self._boxes.iter(f"{{{_VML}}}shape"):
            data = box.find(f"{{{_EXCEL}}}ClientData")
            if data is None or data.get("ObjectType") != "Note":
                continue
            row, column = (data.findtext(f"{{{_EXCEL}}}{name}", "").strip() for name in ("Row", "Column"))
            if row.isdecimal() and column.isdecimal():
                yield (int(row), int(column)), box

    def _match_boxes(self) -> None:
        """Give each note one box: Excel repairs a workbook in which one is missing or left over."""
        missing: dict[Position, str] = {}
        for match in _COMMENT.finditer(self.comments):
            position = position_of(attributes(match[2]).get("ref", ""))
            if position:
                missing[position] = _text_of(match[3])
        for position, box in list(self._boxes_of_notes()):
            if missing.pop(position, None) is None:
                self._boxes.remove(box)
        if missing:
            self._append_boxes(missing)

    def _append_boxes(self, texts: Mapping[Position, str]) -> None:
        used = [int(number) for box in self._boxes.iter() for number in _BOX_ID.findall(box.get("id", ""))]
        block = max([0, *used]) // _IDS_A_BLOCK + 1
        number = block * _IDS_A_BLOCK
        for (row, column), text in sorted(texts.items()):
            number += 1
            self._boxes.append(_element(_box(number, row, column, text)))
        blocks = [str(each) for each in range(block, number // _IDS_A_BLOCK + 1)]
        for ids in self._boxes.iter(f"{{{_OFFICE}}}idmap"):
            known = [each for each in ids.get("data", "").split(",") if each]
            ids.set("data", ",".join(dict.fromkeys([*known, *blocks] if used else blocks)))
        if all(kind.get("id") != "_x0000_t202" for kind in self._boxes.iter(f"{{{_VML}}}shapetype")):
            first = next((at for at, child in enumerate(self._boxes) if child.tag == f"{{{_VML}}}shape"), 0)
            self._boxes.insert(first, _element(_BOX_TYPE))


def _parsed(boxes: str) -> Element:
    """Return the root of the boxes. Raises UnusualWorkbookError for what is no VML."""
    try:
        root: Element = fromstring(_BREAK.sub("<br/>", boxes))
    except (ParseError, DefusedXmlException) as error:
        raise UnusualWorkbookError("boxes of notes are not well-formed") from error
    if root.tag != "xml":
        raise UnusualWorkbookError("boxes of notes in another vocabulary")
    return root


def _element(xml: str) -> Element:
    declared = f'xmlns:v="{_VML}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}"'
    return next(iter(fromstring(f"<xml {declared}>{xml}</xml>")))


def _text_of(comment: str) -> str:
    return "".join(unescape(piece[2]) for piece in _TEXT.finditer(comment))


def _without_our_lines(comment: str) -> tuple[str, bool]:
    """Return a note without our lines, in whatever runs a program has put them, and whether nothing else is left."""
    ours = [match.span() for match in _OURS.finditer(_text_of(comment))]
    if not ours:
        return comment, False
    at = 0  # in the whole text

    def kept(piece: re.Match[str]) -> str:
        nonlocal at
        text = unescape(piece[2])
        left = "".join(
            letter for place, letter in enumerate(text, start=at) if not any(a <= place < b for a, b in ours)
        )
        at += len(text)
        return piece[0] if left == text else f"{piece[1]}{plain(left)}{piece[3]}"

    changed = _TEXT.sub(kept, comment)
    changed = _RUN.sub(lambda run: run[0] if _text_of(run[0]) else "", changed)
    return changed, not _text_of(changed).strip()


def _with_text_as_run(comment: str, prefix: str) -> str:
    """Return the beginning of a note with a bare text as a run, because a note has either one text or runs."""
    if _RUN.search(comment):
        return comment
    return _TEXT.sub(lambda text: f"<{prefix}r>{text[0]}</{prefix}r>", comment)


def _box(number: int, row: int, column: int, text: str) -> str:
    lines = 1 + sum(1 + len(line) // _CHARACTERS_A_LINE for line in text.split("\n"))
    top = max(row - 1, 0)
    anchor = f"{column + 1}, 15, {top}, 10, {column + 4}, 31, {top + lines + 1}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:59.25pt;'
        f'margin-top:1.5pt;width:190pt;height:{lines * 14}pt;z-index:{number};visibility:hidden" fillcolor="#ffffe1" '
        'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
        "</x:ClientData></v:shape>"
    )
