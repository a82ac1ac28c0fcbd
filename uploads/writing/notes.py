"""Notes (批注) of a worksheet: texts in the comments part, boxes in a VML part, which Excel still requires."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from changzhi_portal.registers.problems import cell_address
from uploads.writing.problem_list import Position, position_of
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
_BOX: Final = re.compile(r"<v:shape\s(?:(?!</v:shape>).)*</v:shape>", re.DOTALL)
_BOX_ROW: Final = re.compile(r"<x:Row>\s*(\d+)\s*</x:Row>")
_BOX_COLUMN: Final = re.compile(r"<x:Column>\s*(\d+)\s*</x:Column>")
_BOX_ID: Final = re.compile(r"\bid=[\"'][^\"']*?_s(\d+)[\"']")
_IDS_A_BLOCK: Final = 1_024
_CHARACTERS_A_LINE: Final = 20


class Notes:
    """The notes of one worksheet; `comments` and `boxes` are the XML of the two parts, changed by the methods."""

    def __init__(self, comments: str, boxes: str) -> None:
        root = re.search(r"<(\w+:)?comments\b", comments)
        if not root or not re.search(r"<(?:\w+:)?authors\b.*</(?:\w+:)?commentList>", comments, re.DOTALL):
            raise UnusualWorkbookError("no list of notes")
        if re.search(r"<(?:\w+:)?comment\s[^>]*/>", comments):
            raise UnusualWorkbookError("a note without text")
        self._prefix = root[1] or ""
        self.comments = comments
        self.boxes = _usual_prefixes(boxes)

    def remove_ours(self) -> None:
        """Remove the notes of an earlier check, and the texts that it added to notes of other authors."""
        authors = [name or "" for name in _AUTHOR.findall(self.comments)]
        ours = {str(number) for number, name in enumerate(authors) if name.strip() == AUTHOR}
        removed: set[Position] = set()

        def without_ours(match: re.Match[str]) -> str:
            values = attributes(match[2])
            if values.get("authorId") in ours:
                position = position_of(values.get("ref", ""))
                if position:
                    removed.add(position)
                return ""
            # Our text in another author's note: a run of its own or, if a program has joined the runs, the rest of the text.
            own_run = rf"<(?:\w+:)?r>(?:(?!</(?:\w+:)?r>).)*?{AUTHOR}：.*?</(?:\w+:)?r>"
            return re.sub(rf"\s*{AUTHOR}：[^<]*", "", re.sub(own_run, "", match[0], flags=re.DOTALL))

        self.comments = _COMMENT.sub(without_ours, self.comments)
        self._remove_boxes(removed)

    def _remove_boxes(self, removed: Collection[Position]) -> None:
        def without_removed(match: re.Match[str]) -> str:
            row, column = _BOX_ROW.search(match[0]), _BOX_COLUMN.search(match[0])
            return "" if row and column and (int(row[1]), int(column[1])) in removed else match[0]

        self.boxes = _BOX.sub(without_removed, self.boxes)

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
            return f"{match[0][: end.start()]}{self._run(chr(10) + text)}{match[0][end.start() :]}"

        self.comments = _COMMENT.sub(extended, self.comments)
        if left:
            self._append(left)

    def _append(self, notes: Mapping[Position, str]) -> None:
        p, author = self._prefix, self._author()
        written = "".join(
            f'<{p}comment ref="{cell_address(row + 1, column)}" authorId="{author}">'
            f"<{p}text>{self._run(text)}</{p}text></{p}comment>"
            for (row, column), text in sorted(notes.items())
        )
        at = self.comments.rindex(f"</{p}commentList>")
        self.comments = f"{self.comments[:at]}{written}{self.comments[at:]}"
        self._append_boxes(notes)

    def _author(self) -> int:
        """Return our index in the list of authors, adding us if missing."""
        authors = _AUTHOR.findall(self.comments)
        if AUTHOR in authors:
            return authors.index(AUTHOR)
        p = self._prefix
        self.comments = re.sub(rf"<{p}authors\s*/>", f"<{p}authors></{p}authors>", self.comments)
        at = self.comments.index(f"</{p}authors>")
        self.comments = f"{self.comments[:at]}<{p}author>{AUTHOR}</{p}author>{self.comments[at:]}"
        return len(authors)

    def _run(self, text: str) -> str:
        p = self._prefix
        look = f'<{p}rPr><{p}sz val="9"/><{p}rFont val="宋体"/></{p}rPr>'
        begin = "\n" if text.startswith("\n") else ""
        return f'<{p}r>{look}<{p}t xml:space="preserve">{begin}{AUTHOR}：\n{plain(text.strip())}</{p}t></{p}r>'

    def _append_boxes(self, notes: Mapping[Position, str]) -> None:
        used = [int(number) for number in _BOX_ID.findall(self.boxes)]
        block = max([0, *used]) // _IDS_A_BLOCK + 1
        number = block * _IDS_A_BLOCK
        boxes = []
        for (row, column), text in sorted(notes.items()):
            number += 1
            boxes.append(_box(number, row, column, text))
        blocks = ",".join(str(each) for each in range(block, number // _IDS_A_BLOCK + 1))
        self.boxes = re.sub(
            r"(<o:idmap\b[^>]*\bdata=[\"'])([^\"']*)",
            lambda match: f"{match[1]}{blocks if not used else f'{match[2]},{blocks}'}",
            self.boxes,
            count=1,
        )
        type_of_box = "" if "_x0000_t202" in self.boxes else _BOX_TYPE
        at = self.boxes.rindex("</xml>")
        self.boxes = f"{self.boxes[:at]}{type_of_box}{''.join(boxes)}{self.boxes[at:]}"


def _usual_prefixes(boxes: str) -> str:
    """Return the boxes with the usual prefixes v, o and x. Raises UnusualWorkbookError for another vocabulary."""
    for prefix, vocabulary in (("v", "vml"), ("o", "office:office"), ("x", "office:excel")):
        match = re.search(rf"\bxmlns:(\w+)=[\"']urn:schemas-microsoft-com:{vocabulary}[\"']", boxes)
        if match is None:
            raise UnusualWorkbookError("boxes of notes in another vocabulary")
        if match[1] != prefix:
            boxes = re.sub(rf"(?<=[<\s/]){match[1]}:", f"{prefix}:", boxes)
            boxes = boxes.replace(f"xmlns:{match[1]}=", f"xmlns:{prefix}=")
    return boxes


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
