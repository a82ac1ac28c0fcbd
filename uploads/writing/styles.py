"""New looks in a workbook's styles: a cell's own look with another fill, and those of the list of problems."""

from __future__ import annotations

import re
from typing import Final

from changzhi_portal.registers.problems import Level
from uploads.writing.xml_text import UnusualWorkbookError, attributes, with_attributes

# Exact shades nobody else is likely to use: they tell our own marks when the workbook comes back.
COLOURS: Final = {Level.ERROR: "FFFFC9C8", Level.WARNING: "FFFFE9A5"}
_XF: Final = r"<(?:\w+:)?xf\b[^>]*/>|<(?:\w+:)?xf\b[^>]*>.*?</(?:\w+:)?xf>"


class Styles:
    """The text of xl/styles.xml and what is added to it. Looks are numbered as cells refer to them."""

    def __init__(self, xml: str) -> None:
        self._xml = xml
        self._added: dict[str, list[str]] = {}  # section → new elements; put in at the end, for there may be thousands
        self._counted: dict[str, int] = {}
        root = re.search(r"<(\w+:)?styleSheet\b", xml)
        if not root:
            raise UnusualWorkbookError("no styles")
        self._prefix = root[1] or ""
        self._fills_of_ours = self._own_fills()
        self._looks = re.findall(_XF, self._section("cellXfs")[2], re.DOTALL)
        self._known = len(self._looks)
        self._marked: dict[tuple[int, Level], int] = {}
        self._fills: dict[Level, int] = {}

    def marked(self, look: int, level: Level) -> int:
        """A look like this one, in the colour of the level."""
        if (look, level) not in self._marked:
            if level not in self._fills:
                solid = f'<patternFill patternType="solid"><fgColor rgb="{COLOURS[level]}"/><bgColor indexed="64"/></patternFill>'
                self._fills[level] = self._append("fills", "fill", self._prefixed(f"<fill>{solid}</fill>"))
            self._marked[look, level] = self._like(look, fillId=str(self._fills[level]), applyFill="1")
        return self._marked[look, level]

    def unmarked(self) -> dict[int, int]:
        """For each look that is a mark of an earlier round: the same without a fill."""
        ours = [
            number
            for number, look in enumerate(self._looks[: self._known])
            if attributes(look[: look.index(">")]).get("fillId") in self._fills_of_ours
        ]
        return {number: self._like(number, fillId="0", applyFill="0") for number in ours}

    def add(self, *, font: str = "", wraps: bool = False) -> int:
        """A look of our own: `font` is the content of a font element."""
        font_id = self._append("fonts", "font", self._prefixed(f"<font>{font}</font>")) if font else 0
        alignment = '<alignment vertical="top" wrapText="1"/>' if wraps else '<alignment vertical="top"/>'
        return self._add_look(
            self._prefixed(
                f'<xf numFmtId="0" fontId="{font_id}" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">'
                f"{alignment}</xf>"
            )
        )

    def _own_fills(self) -> set[str]:
        fills = re.findall(
            r"<(?:\w+:)?fill(?:\s[^>]*)?/>|<(?:\w+:)?fill\b[^>]*>.*?</(?:\w+:)?fill>",
            self._section("fills")[2],
            re.DOTALL,
        )
        colours = tuple(COLOURS.values())
        return {str(number) for number, fill in enumerate(fills) if any(colour in fill for colour in colours)}

    def _like(self, look: int, **changes: str) -> int:
        if look >= len(self._looks):
            raise UnusualWorkbookError("a cell with an unknown look")
        old = self._looks[look]
        end = old.index(">") + 1
        return self._add_look(with_attributes(old[:end], **changes) + old[end:])

    def _add_look(self, xf: str) -> int:
        self._looks.append(xf)
        return self._append("cellXfs", "xf", xf)

    def _section(self, name: str) -> tuple[int, int, str]:
        """Start, end and content of a section."""
        found = re.search(rf"<{self._prefix}{name}\b[^>]*>(.*?)</{self._prefix}{name}>", self._xml, re.DOTALL)
        if not found:
            raise UnusualWorkbookError(f"no {name}")
        return found.start(), found.end(), found[1]

    def _append(self, section: str, child: str, xml: str) -> int:
        """Add an element at the end of a section; its number."""
        if section not in self._counted:
            content = self._section(section)[2]
            self._counted[section] = len(re.findall(rf"<{self._prefix}{child}[\s/>]", content))
        added = self._added.setdefault(section, [])
        added.append(xml)
        return self._counted[section] + len(added) - 1

    @property
    def xml(self) -> str:
        """The text with all that was added."""
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
