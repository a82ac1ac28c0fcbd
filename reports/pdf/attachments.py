"""Files inside a PDF: what PDF/A-3 is for. A reader lists them beside the pages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pydyf

# The same for every file and never "now": printed again, an issue is byte for byte the same.
_DATE = "D:20171101000000Z"


@dataclass(frozen=True)
class Attachment:
    """A file to embed, with its name, media type ("application/json") and a description for readers.

    `relationship` says what it is to the document, in the words of ISO 19005-3: Data, the figures that the document shows;
    Source, Alternative, Supplement or Unspecified.
    """

    name: str
    media_type: str
    content: bytes
    description: str
    relationship: str = "Data"


def attach(pdf: pydyf.PDF, attachments: tuple[Attachment, ...]) -> None:
    """Embed the files, as associated files of the document. Their names must differ.

    WeasyPrint's own way lists each file twice and cannot be told the media type.
    """
    if not attachments:
        return
    # A name tree is sorted.
    named = sorted((pydyf.String(attachment.name).data, _specification(pdf, attachment)) for attachment in attachments)
    names = pydyf.Dictionary({"Names": pydyf.Array(part for name in named for part in name)})
    pdf.add_object(names)
    pdf.catalog.setdefault("Names", pydyf.Dictionary())["EmbeddedFiles"] = names.reference
    pdf.catalog["AF"] = pydyf.Array(reference for _, reference in named)


def _specification(pdf: pydyf.PDF, attachment: Attachment) -> bytes:
    """Add a file and what says its name; return the reference of the latter."""
    parameters = {
        "Size": len(attachment.content),
        "CheckSum": f"<{hashlib.md5(attachment.content, usedforsecurity=False).hexdigest()}>",  # md5 by the standard
        "CreationDate": pydyf.String(_DATE),
        "ModDate": pydyf.String(_DATE),
    }
    extra = {
        "Type": "/EmbeddedFile",
        "Subtype": f"/{_escaped(attachment.media_type)}",
        "Params": pydyf.Dictionary(parameters),
    }
    content = pydyf.Stream([attachment.content], extra, compress=True)
    pdf.add_object(content)
    specification = pydyf.Dictionary(
        {
            "Type": "/Filespec",
            "F": pydyf.String(attachment.name),
            "UF": pydyf.String(attachment.name),
            "EF": pydyf.Dictionary({"F": content.reference, "UF": content.reference}),
            "Desc": pydyf.String(attachment.description),
            "AFRelationship": f"/{attachment.relationship}",
        }
    )
    pdf.add_object(specification)
    return bytes(specification.reference)


def _escaped(name: str) -> str:
    """Return a name as PDF writes it: everything but letters, digits and some marks as #2F."""
    return re.sub(r"[^A-Za-z0-9.+_-]", lambda found: f"#{ord(found[0]):02X}", name)
