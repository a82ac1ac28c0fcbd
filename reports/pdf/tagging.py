"""What a screen reader needs, and WeasyPrint leaves out of its tagged PDF (ISO 14289-1, PDF/UA-1; ADR 0034).

Everything is changed in the finished objects of the PDF, right before it is written. The rules of PDF/UA that no program
checks here are in docs/domain.md §7.2.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pydyf

LANGUAGE = "zh-CN"

# The part of PDF/UA that the file claims, with the description of that field which PDF/A asks for.
_PDFUA = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfuaid:part>1</pdfuaid:part>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def claim_pdfua(metadata: Any) -> None:
    """Let a document's metadata, of WeasyPrint, name its language and PDF/UA-1 beside PDF/A."""
    metadata.lang = LANGUAGE
    generate = metadata.generate_rdf_metadata

    def with_pdfua(*arguments: Any) -> bytes:
        """Return the metadata with what PDF/UA adds, inside the one RDF element that a file may have."""
        head, end, rest = generate(*arguments).rpartition(b"</rdf:RDF>")
        return bytes(head + _PDFUA + end + rest)

    metadata.generate_rdf_metadata = with_pdfua


def complete_tags(pdf: pydyf.PDF) -> None:
    """Complete the tags of a PDF that WeasyPrint has made."""
    _Tags(pdf).complete()


class _Tags:
    """The structure tree of a PDF, as objects that refer to each other by b"12 0 R"."""

    def __init__(self, pdf: pydyf.PDF) -> None:
        self.pdf = pdf
        self.root = self._at(pdf.catalog["StructTreeRoot"])
        self.elements = [self._at(reference) for reference in self._below(self.root)]

    def complete(self) -> None:
        self._begin_headings_at_one()
        for element in self.elements:
            if element["S"] == "/TH":
                element["A"]["Scope"] = "/Column" if self._is_in_header(element) else "/Row"
            elif element["S"] == "/Figure":
                self._place(element)
        for element in self.elements:
            if element["S"] == "/Table":
                self._name_headers(element)
        self._list_ids()
        self._mark_artifacts()
        self._drop_empty_resources()

    def _begin_headings_at_one(self) -> None:
        """Let the highest heading be H1: a form that is also part of a page begins with h2 there."""
        headings = [element for element in self.elements if re.fullmatch("/H[1-6]", element["S"])]
        above = min((int(heading["S"][2]) for heading in headings), default=1) - 1
        for heading in headings:
            heading["S"] = f"/H{int(heading['S'][2]) - above}"

    def _at(self, reference: bytes) -> Any:
        return self.pdf.objects[int(reference.split()[0])]

    def _below(self, element: Any) -> Iterator[bytes]:
        """Yield the reference of every element below one, in reading order."""
        for kid in element["K"]:
            if isinstance(kid, bytes) and self._at(kid).get("Type") == "/StructElem":
                yield kid
                yield from self._below(self._at(kid))

    def _is_in_header(self, element: Any) -> bool:
        while element["S"] not in ("/Table", "/Document"):
            if element["S"] == "/THead":
                return True
            element = self._at(element["P"])
        return False

    def _name_headers(self, table: Any) -> None:
        """Give every cell the IDs of the headers above and beside it. WeasyPrint counts columns wrong behind merged cells."""
        rows = [element for element in map(self._at, self._below(table)) if element["S"] == "/TR"]
        taken: dict[tuple[int, int], Any] = {}  # every place of the grid, and the header that stands there, else None
        for number, row in enumerate(rows):
            column = 0
            for cell in map(self._at, row["K"]):
                while (number, column) in taken:
                    column += 1
                wide, high = cell["A"].get("ColSpan", 1), cell["A"].get("RowSpan", 1)
                columns = range(column, column + wide)
                if cell["S"] == "/TD":
                    above = (taken.get((earlier, place)) for earlier in range(number) for place in columns)
                    beside = (taken.get((number, place)) for place in range(column))
                    headers = [
                        *(header for header in above if header and header["A"]["Scope"] == "/Column"),
                        *(header for header in beside if header and header["A"]["Scope"] == "/Row"),
                    ]
                    cell["A"]["Headers"] = pydyf.Array(dict.fromkeys(header["ID"].data for header in headers))
                for place in ((number + down, across) for down in range(high) for across in columns):
                    taken[place] = cell if cell["S"] == "/TH" else None

    def _place(self, figure: Any) -> None:
        """Write where a picture stands in points from the lower left, not in CSS pixels from the upper left."""
        height = self._at(figure["Pg"])["MediaBox"][3]
        left, top, right, bottom = (round(pixels * 0.75, 2) for pixels in figure["A"]["BBox"])
        figure["A"]["BBox"] = pydyf.Array((left, round(height - bottom, 2), right, round(height - top, 2)))
        figure["A"]["Placement"] = "/Block"

    def _list_ids(self) -> None:
        """List the IDs of header cells, by which the cells below and beside name them."""
        found = sorted((element["ID"].data, element.reference) for element in self.elements if "ID" in element)
        if found:
            limits = pydyf.Array((found[0][0], found[-1][0]))
            leaf = pydyf.Dictionary({"Names": pydyf.Array(part for name in found for part in name), "Limits": limits})
            self.pdf.add_object(leaf)
            self.root["IDTree"] = pydyf.Dictionary({"Kids": pydyf.Array((leaf.reference,))})

    def _mark_artifacts(self) -> None:
        """Make artifacts of page numbers and page notes, which WeasyPrint tags without a place in the tree."""
        read: dict[bytes, set[int]] = defaultdict(set)
        for element in self.elements:
            read[element.get("Pg", b"")].update(kid for kid in element["K"] if isinstance(kid, int))
        by_page = self._at(self.root["ParentTree"])["Nums"]
        for number, page in enumerate(self.pdf.page_references):
            owners = by_page[2 * number + 1]
            unread = set(range(len(owners))) - read[page]
            self._unmark(self._at(self._at(page)["Contents"]).stream, unread)
            for mark in unread:
                self._forget(owners[mark])
                owners[mark] = "null"
        self.root["ParentTreeNextKey"] = len(by_page) // 2

    def _unmark(self, content: list[Any], unread: set[int]) -> None:
        for position, operand in enumerate(content):
            if isinstance(operand, pydyf.Dictionary) and operand.get("MCID") in unread:
                content[position - 1 : position + 1] = [
                    "/Artifact",
                    pydyf.Dictionary({"Type": "/Pagination", "Subtype": "/Footer"}),
                ]

    def _drop_empty_resources(self) -> None:
        """Drop lists of patterns and shadings without any, which the check of PDF/A stops at."""
        for found in self.pdf.objects:
            fields = found.extra if isinstance(found, pydyf.Stream) else found
            if isinstance(fields, dict):
                for resources in (fields, fields.get("Resources")):
                    for kind in ("Pattern", "Shading"):
                        if isinstance(resources, dict) and resources.get(kind) == {}:
                            del resources[kind]

    def _forget(self, reference: bytes) -> None:
        """Empty an element that is not in the tree, and those above it that are not either."""
        reachable = {element.number for element in self.elements} | {self.root.number}
        element = self._at(reference)
        while element and element.number not in reachable:
            above = self._at(element["P"])
            element.clear()
            element = above
