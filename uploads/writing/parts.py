"""Changing and adding parts of an .xlsx archive; all other parts are copied unchanged."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final, NamedTuple
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from uploads.reading.grid import Limits
from uploads.reading.zipped import Archive
from uploads.writing.xml_text import UnusualWorkbookError, attributes, in_quotes, text_of

# A larger workbook is rebuilt from its cells, row by row: an archive may inflate to a thousand times its size.
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
_OVERRIDE: Final = re.compile(r"<(?:\w+:)?Override\b[^>]*>")


class Link(NamedTuple):
    """A relationship of a part: its id, kind (the last segment of its type) and target part."""

    id: str
    kind: str
    part: str


class Parts:
    """An .xlsx archive with pending changes to its parts."""

    def __init__(self, file: IO[bytes]) -> None:
        """Open the archive. Raises NotReadableError for one that is damaged, encrypted or too large."""
        limits = Limits(inflated_bytes=MOST_BYTES, rows=0, memory_bytes=0, seconds=0)
        self._archive = Archive(file, limits)
        self._changed: dict[str, Sequence[bytes | memoryview]] = {}
        self._dropped: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name not in self._dropped and (name in self._changed or name in self._archive.parts)

    def names(self) -> Iterator[str]:
        """Yield the names of all parts, the new ones last."""
        yield from (name for name in self._archive.parts if name not in self._dropped)
        yield from (name for name in self._changed if name not in self._archive.parts)

    def read(self, name: str) -> bytes | bytearray:
        """Return a part's bytes, in one copy. Raises UnusualWorkbookError when there is no such part, or it is too large."""
        if name in self._changed:
            return b"".join(self._changed[name])
        if name not in self:
            raise UnusualWorkbookError(f"no part {name}")
        content = bytearray()
        for chunk in self._archive.inflate(name):
            content += chunk
            if len(content) > _PART_BYTES:
                raise UnusualWorkbookError(f"a very large part {name}")
        return content

    def well_formed(self, name: str) -> bytes | bytearray:
        """Return the bytes of a part of any size.

        Raises UnusualWorkbookError when it is not well-formed, because patterns may be searched in it without end.
        """
        data = self.read(name)
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise UnusualWorkbookError(f"{name} is not well-formed") from error
        return data

    def small(self, name: str) -> bytes:
        """Return the bytes of a small part. Raises UnusualWorkbookError when it is not small."""
        data = self.read(name)
        if len(data) > _SMALL_PART_BYTES:
            raise UnusualWorkbookError(f"a large part {name}")
        return bytes(data)

    def text(self, name: str) -> str:
        """Return the XML of a small part. Raises UnusualWorkbookError when it is not small or not well-formed."""
        data = self.small(name)
        try:
            fromstring(data)
        except (ParseError, DefusedXmlException) as error:
            raise UnusualWorkbookError(f"{name} is not well-formed") from error
        return text_of(data)

    def write(self, name: str, *pieces: bytes | memoryview | str) -> None:
        """Replace or add a part; its content may be given in pieces."""
        self._changed[name] = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]

    def drop(self, source: str, kind: str) -> None:
        """Remove the parts to which `source` has a relationship of this kind, and what refers to them."""
        for link in self.links_of(source):
            if link.kind != kind:
                continue
            links = _links_name(source)
            self.write(links, _without_tag(self.text(links), _LINK, "Id", link.id))
            self.write(_CONTENT_TYPES, _without_tag(self.text(_CONTENT_TYPES), _OVERRIDE, "PartName", f"/{link.part}"))
            self._changed.pop(link.part, None)
            self._dropped.add(link.part)

    def free_name(self, folder: str, stem: str, ending: str) -> str:
        """Return a part name that is not used."""
        number = 1
        while f"{folder}/{stem}{number}.{ending}" in self:
            number += 1
        return f"{folder}/{stem}{number}.{ending}"

    def links_of(self, part: str) -> list[Link]:
        """Return the relationships of a part to other parts of the archive."""
        name = _links_name(part)
        if name not in self:
            return []
        relationships = [attributes(tag) for tag in _LINK.findall(self.text(name))]
        folder = posixpath.dirname(part)
        return [
            Link(link["Id"], link["Type"].rpartition("/")[2], _resolved(folder, link["Target"]))
            for link in relationships
            if link.get("TargetMode") != "External" and {"Id", "Type", "Target"} <= link.keys()
        ]

    def link(self, part: str, kind: str, target: str) -> str:
        """Add a relationship from a part to `target` and return its id."""
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
        """Declare the content type of a new part."""
        self._declare("Override", f"PartName={in_quotes('/' + part)}", content_type)

    def declare_extension(self, ending: str, content_type: str) -> None:
        """Declare the content type of parts with this file extension, if it is not declared."""
        if not re.search(rf"\bExtension=[\"']{ending}[\"']", self.text(_CONTENT_TYPES), re.IGNORECASE):
            self._declare("Default", f'Extension="{ending}"', content_type)

    def _declare(self, kind: str, which: str, content_type: str) -> None:
        xml = self.text(_CONTENT_TYPES)
        opening = re.search(r"<(\w+:)?Types\b[^>]*>", xml)
        if opening is None:
            raise UnusualWorkbookError("no content types")
        tag = f'<{opening[1] or ""}{kind} {which} ContentType="{content_type}"/>'
        # Excel requires the extensions before the parts.
        at = opening.end() if kind == "Default" else xml.rindex("</")
        self.write(_CONTENT_TYPES, f"{xml[:at]}{tag}{xml[at:]}")

    def has_macros(self) -> bool:
        """Return whether it is a workbook with macros or an Excel template, which must not be named .xlsx."""
        types = self.text(_CONTENT_TYPES)
        return "macroEnabled" in types or "spreadsheetml.template" in types or "vbaProject" in types

    def pack(self, target: IO[bytes]) -> None:
        """Write the changed archive."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for name in self.names():
                with archive.open(name, "w") as part:
                    for piece in self._changed[name] if name in self._changed else self._archive.inflate(name):
                        part.write(piece)


def _refuse_doctype(*_: object) -> None:
    raise UnusualWorkbookError("declarations")


def _without_tag(xml: str, tags: re.Pattern[str], attribute: str, value: str) -> str:
    """Return the XML without the empty elements that have this value."""
    return tags.sub(lambda tag: "" if attributes(tag[0]).get(attribute) == value else tag[0], xml)


def _links_name(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
