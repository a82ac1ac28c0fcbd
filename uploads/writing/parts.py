"""The parts of an .xlsx archive with some of them changed or added; all others go through as they were."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from uploads.reading.grid import Limits
from uploads.reading.zipped import Archive
from uploads.writing.xml_text import UnusualWorkbookError, attributes, in_quotes, text_of

# More than this is rebuilt from its cells, row by row: an archive may inflate to a thousand times its size.
MOST_BYTES: Final = 160 * 1024 * 1024
_PART_BYTES: Final = 120 * 1024 * 1024
_SMALL_PART_BYTES: Final = 16 * 1024 * 1024
_CONTENT_TYPES: Final = "[Content_Types].xml"
_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_EMPTY_LINKS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_LINK: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")


class Link(NamedTuple):
    """A relationship of a part: its id, kind (the last word of its type) and the part it leads to."""

    id: str
    kind: str
    part: str


class Parts:
    """An archive being changed."""

    def __init__(self, data: bytes) -> None:
        """Open it. Raises NotReadableError for an archive that is damaged, encrypted or too large."""
        limits = Limits(inflated_bytes=MOST_BYTES, rows=0, memory_bytes=0, seconds=0)
        self._archive = Archive(io.BytesIO(data), limits)
        self._changed: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._changed or name in self._archive.parts

    def names(self) -> Iterator[str]:
        """All parts, the new ones last."""
        yield from self._archive.parts
        yield from (name for name in self._changed if name not in self._archive.parts)

    def read(self, name: str) -> bytes:
        """A part's bytes. Raises UnusualWorkbookError when there is no such part."""
        if name in self._changed:
            return self._changed[name]
        if name not in self._archive.parts:
            raise UnusualWorkbookError(f"no part {name}")
        return self._archive.read(name, at_most=_PART_BYTES)

    def well_formed(self, name: str) -> bytes:
        """The bytes of a part of any size. Raises UnusualWorkbookError when it is not well-formed: looking for tags in that has no end."""
        data = self.read(name)
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise UnusualWorkbookError(f"{name} is not well-formed") from error
        return data

    def text(self, name: str) -> str:
        """A small part's XML. Raises UnusualWorkbookError when it is not small, or not well-formed: then its text is not searched."""
        data = self.read(name)
        if len(data) > _SMALL_PART_BYTES:
            raise UnusualWorkbookError(f"a large part {name}")
        try:
            fromstring(data)
        except (ParseError, DefusedXmlException) as error:
            raise UnusualWorkbookError(f"{name} is not well-formed") from error
        return text_of(data)

    def write(self, name: str, content: bytes | str) -> None:
        """Replace or add a part."""
        self._changed[name] = content.encode() if isinstance(content, str) else content

    def free_name(self, folder: str, stem: str, ending: str) -> str:
        """A part name that is not taken."""
        number = 1
        while f"{folder}/{stem}{number}.{ending}" in self:
            number += 1
        return f"{folder}/{stem}{number}.{ending}"

    def links_of(self, part: str) -> list[Link]:
        """The relationships of a part to other parts of the archive."""
        name = _links_name(part)
        if name not in self:
            return []
        found = [attributes(tag) for tag in _LINK.findall(self.text(name))]
        folder = posixpath.dirname(part)
        return [
            Link(link["Id"], link["Type"].rpartition("/")[2], _resolved(folder, link["Target"]))
            for link in found
            if link.get("TargetMode") != "External" and {"Id", "Type", "Target"} <= link.keys()
        ]

    def link(self, part: str, kind: str, target: str) -> str:
        """Let a part lead to another; the relationship's id."""
        name = _links_name(part)
        xml = self.text(name) if name in self else _EMPTY_LINKS
        xml = re.sub(r"(<(\w+:)?Relationships\b[^>]*?)\s*/>", r"\1></\2Relationships>", xml)
        taken = set(re.findall(r"\bId=[\"']([^\"']+)", xml))
        number = len(taken) + 1
        while f"rId{number}" in taken:
            number += 1
        end = re.search(r"</(\w+:)?Relationships>", xml)
        if end is None:
            raise UnusualWorkbookError("no end of relationships")
        tag = f'<{end[1] or ""}Relationship Id="rId{number}" Type="{_RELATIONSHIPS}/{kind}" Target={in_quotes("/" + target)}/>'
        self.write(name, f"{xml[: end.start()]}{tag}{xml[end.start() :]}")
        return f"rId{number}"

    def declare(self, part: str, content_type: str) -> None:
        """Say of what type a new part is."""
        self._declare("Override", f"PartName={in_quotes('/' + part)}", content_type)

    def declare_ending(self, ending: str, content_type: str) -> None:
        """Say of what type parts with this ending are, where nobody has."""
        if not re.search(rf"\bExtension=[\"']{ending}[\"']", self.text(_CONTENT_TYPES), re.IGNORECASE):
            self._declare("Default", f'Extension="{ending}"', content_type)

    def _declare(self, kind: str, which: str, content_type: str) -> None:
        xml = self.text(_CONTENT_TYPES)
        opening = re.search(r"<(\w+:)?Types\b[^>]*>", xml)
        if opening is None:
            raise UnusualWorkbookError("no content types")
        tag = f'<{opening[1] or ""}{kind} {which} ContentType="{content_type}"/>'
        # Excel wants the endings before the parts.
        at = opening.end() if kind == "Default" else xml.rindex("</")
        self.write(_CONTENT_TYPES, f"{xml[:at]}{tag}{xml[at:]}")

    def holds_macros(self) -> bool:
        """Whether it is a workbook of macros or a template of Excel's, which must not be named .xlsx."""
        types = self.text(_CONTENT_TYPES)
        return "macroEnabled" in types or "spreadsheetml.template" in types or "vbaProject" in types

    def packed(self) -> bytes:
        """The archive."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for name in self.names():
                if name in self._changed:
                    archive.writestr(name, self._changed[name])
                else:
                    with archive.open(name, "w") as part:
                        for chunk in self._archive.inflate(name):
                            part.write(chunk)
        return target.getvalue()


def _refuse_doctype(*_: object) -> None:
    raise UnusualWorkbookError("declarations")


def _links_name(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
