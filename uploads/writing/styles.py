"""Adding styles to a workbook: copies of a cell's style with another fill, and the styles of the list of problems."""

from __future__ import annotations

import re
from typing import Final

from uploads.writing.problem_list import ERROR, WARNING
from uploads.writing.xml_text import UnusualWorkbookError, attributes, with_attributes

# Unusual shades, so that our own marks are recognised when the workbook is uploaded again.
COLOURS: Final = {ERROR: "FFFFC9C8", WARNING: "FFFFE9A5"}
_TEXT: Final = "49"  # the number format @ (ECMA-376 part 1, 18.8.30)
_FOREGROUND: Final = re.compile(r"<(?:\w+:)?fgColor\b[^>]*\brgb=[\"']([0-9A-Fa-f]{8})")
_XF: Final = r"<(?:\w+:)?xf\b[^>]*/>|<(?:\w+:)?xf\b[^>]*>.*?</(?:\w+:)?xf>"


class Styles:
    """The XML of xl/styles.xml with pending additions. A style index is the position in cellXfs that cells refer to."""

    def __init__(self, xml: str) -> None:
        self._xml = xml
        self._added: dict[str, list[str]] = {}  # new elements by section; inserted together, as there may be thousands
        self._counted: dict[str, int] = {}
        root = re.search(r"<(\w+:)?styleSheet\b", xml)
        if not root:
            raise UnusualWorkbookError("no styles")
        self._prefix = root[1] or ""
        self._own_fill_ids = self._find_own_fill_ids()
        self._xfs = re.findall(_XF, self._section("cellXfs")[2], re.DOTALL)
        self._original_count = len(self._xfs)
        self._marked: dict[tuple[int, str], int] = {}
        self._texts: dict[int, int] = {}
        self._fills: dict[str, int] = {}

    def marked(self, style: int, level: str) -> int:
        """Return the index of a copy of this style with the fill colour of the level."""
        if (style, level) not in self._marked:
            if level not in self._fills:
                solid = f'<patternFill patternType="solid"><fgColor rgb="{COLOURS[level]}"/><bgColor indexed="64"/></patternFill>'
                self._fills[level] = self._append("fills", "fill", self._prefixed(f"<fill>{solid}</fill>"))
            self._marked[style, level] = self._copy_with(style, fillId=str(self._fills[level]), applyFill="1")
        return self._marked[style, level]

    def as_text(self, style: int) -> int:
        """Return the index of a copy of this style whose cells are text, so that programs leave 0012 as it is."""
        if style not in self._texts:
            self._texts[style] = self._copy_with(style, numFmtId=_TEXT, applyNumberFormat="1")
        return self._texts[style]

    def unmarked(self) -> dict[int, int]:
        """Return by style index of each mark of an earlier check the index of the same style without a fill."""
        ours = [
            number
            for number, style in enumerate(self._xfs[: self._original_count])
            if attributes(style[: style.index(">")]).get("fillId") in self._own_fill_ids
        ]
        return {number: self._copy_with(number, fillId="0", applyFill="0") for number in ours}

    def add(self, *, font: str = "", wraps: bool = False) -> int:
        """Add a new style and return its index; `font` is the content of a font element."""
        font_id = self._append("fonts", "font", self._prefixed(f"<font>{font}</font>")) if font else 0
        alignment = '<alignment vertical="top" wrapText="1"/>' if wraps else '<alignment vertical="top"/>'
        return self._add_xf(
            self._prefixed(
                f'<xf numFmtId="0" fontId="{font_id}" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">'
                f"{alignment}</xf>"
            )
        )

    def _find_own_fill_ids(self) -> set[str]:
        fills = re.findall(
            r"<(?:\w+:)?fill(?:\s[^>]*)?/>|<(?:\w+:)?fill\b[^>]*>.*?</(?:\w+:)?fill>",
            self._section("fills")[2],
            re.DOTALL,
        )
        # Not the background: LibreOffice writes there the most similar of all colours of the workbook.
        colours = [match[1].upper() if (match := _FOREGROUND.search(fill)) else "" for fill in fills]
        return {str(number) for number, colour in enumerate(colours) if colour in COLOURS.values()}

    def _copy_with(self, style: int, **changes: str) -> int:
        if style >= len(self._xfs):
            raise UnusualWorkbookError("a cell with an unknown style")
        old = self._xfs[style]
        end = old.index(">") + 1
        return self._add_xf(with_attributes(old[:end], **changes) + old[end:])

    def _add_xf(self, xf: str) -> int:
        self._xfs.append(xf)
        return self._append("cellXfs", "xf", xf)

    def _section(self, name: str) -> tuple[int, int, str]:
        """Return start, end and content of a section."""
        match = re.search(rf"<{self._prefix}{name}\b[^>]*>(.*?)</{self._prefix}{name}>", self._xml, re.DOTALL)
        if not match:
            raise UnusualWorkbookError(f"no {name}")
        return match.start(), match.end(), match[1]

    def _append(self, section: str, child: str, xml: str) -> int:
        """Add an element at the end of a section and return its index."""
        if section not in self._counted:
            content = self._section(section)[2]
            self._counted[section] = len(re.findall(rf"<{self._prefix}{child}[\s/>]", content))
        added = self._added.setdefault(section, [])
        added.append(xml)
        return self._counted[section] + len(added) - 1

    @property
    def xml(self) -> str:
        """Return the XML with all additions."""
        text = self._xml
        for section, added in self._added.items():
            start, end, content = self._section(section)
            opening = self._xml[start : self._xml.index(">", start) + 1]
            grown = with_attributes(opening, count=str(self._counted[section] + len(added)))
            whole = f"{grown}{content}{''.join(added)}</{self._prefix}{section}>"
            text = text.replace(self._xml[start:end], whole, 1)
        return text

    def _prefixed(self, xml: str) -> str:
        return re.sub(r"<(/?)(\w)", rf"<\1{self._prefix}\2", xml) if self._prefix else xml
