"""Small changes to the text of XML that another program wrote, so that every other byte stays the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

_ATTRIBUTE: Final = re.compile(r"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
TAG: Final = re.compile(r"<(/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class UnusualWorkbookError(Exception):
    """A workbook that cannot be edited in place; it is rebuilt from its cells instead."""


class Element(NamedTuple):
    """An element at the top level of a piece of XML: its name without prefix, start and end."""

    name: str
    start: int
    end: int


def text_of(data: bytes | bytearray) -> str:
    """Decode a part's XML. Raises UnusualWorkbookError unless it is UTF-8 and of the transitional schema."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusualWorkbookError("another encoding") from error
    if "purl.oclc.org/ooxml" in text or "<!DOCTYPE" in text or "<!--" in text or "<![CDATA[" in text:
        raise UnusualWorkbookError("strict vocabulary, comments or declarations")
    return text


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag."""
    return {name: unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(tag)}


def with_attributes(tag: str, **values: str) -> str:
    """Return the tag with these attributes set."""
    for name, value in values.items():
        written = f"{name}={quoteattr(value)}"
        old = re.search(rf"(?<=\s){name}\s*=\s*(\"[^\"]*\"|'[^']*')", tag)
        if old:
            tag = f"{tag[: old.start()]}{written}{tag[old.end() :]}"
        else:
            ending = "/>" if tag.endswith("/>") else ">"
            tag = f"{tag.removesuffix(ending).rstrip()} {written}{ending}"
    return tag


def plain(text: str) -> str:
    """Escape text as element content, without the characters that XML does not allow."""
    return escape(_NOT_XML.sub("", text))


def in_quotes(text: str) -> str:
    """Escape text as an attribute's value, quotes included."""
    return quoteattr(_NOT_XML.sub("", text))


def top_level(xml: str) -> Iterator[Element]:
    """Yield the outermost elements of a piece of XML up to the first unmatched end tag."""
    depth, start = 0, 0
    for tag in TAG.finditer(xml):
        is_end, name, _, is_empty = tag.groups()
        if is_end:
            depth -= 1
            if depth < 0:
                return
        elif depth == 0:
            start = tag.start()
        if not is_end and not is_empty:
            depth += 1
        elif depth == 0:
            yield Element(name.rpartition(":")[2], start, tag.end())
