"""What the tests measure in a printed PDF: where characters stand, lines, and the text as three readers extract it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pymupdf
import pytest
from pypdf import PdfReader

MM = 72 / 25.4  # points
LEFT, RIGHT = 28 * MM, (210 - 26) * MM
TOP, BOTTOM = 37 * MM, (297 - 35) * MM
BODY_FONT = "FandolFang"


@dataclass(frozen=True)
class Character:
    """A character of a page: its place from left to right in points, its font and size, and the height of its baseline."""

    text: str
    left: float
    right: float
    font: str
    size: float
    baseline: float


@dataclass(frozen=True)
class Line:
    """A line of the text block: its page from 1, its characters from left to right."""

    page: int
    characters: tuple[Character, ...]

    @cached_property
    def text(self) -> str:
        """Return the characters as text."""
        return "".join(character.text for character in self.characters)

    @property
    def left(self) -> float:
        """Return where it begins, in points."""
        return self.characters[0].left

    @property
    def right(self) -> float:
        """Return where the last character's place ends, in points."""
        return self.characters[-1].right

    @property
    def baseline(self) -> float:
        """Return the baseline in points from the page's head."""
        return self.characters[0].baseline


def lines_of(pdf: bytes, size: float = 16) -> list[Line]:
    """Return the lines of such a size in the text block: body and levels, without masthead, tables and charts.

    Measured with MuPDF, as pdfplumber leaves out the letter spacing where a line goes on in another font.
    """
    lines = []
    with pymupdf.open(stream=pdf) as document:
        for number, page in enumerate(document, start=1):
            fitting = (one for one in _characters(page) if abs(one.size - size) < 0.1 and one.baseline < BOTTOM)
            by_line: list[list[Character]] = []
            for character in sorted(fitting, key=lambda one: one.baseline):
                if not by_line or character.baseline - by_line[-1][-1].baseline > 1:
                    by_line.append([])
                by_line[-1].append(character)
            lines += [Line(number, tuple(sorted(line, key=lambda one: one.left))) for line in by_line]
    return lines


def _characters(page: pymupdf.Page) -> Iterator[Character]:
    for block in page.get_text("rawdict", flags=0)["blocks"]:
        for span in (span for line in block["lines"] for span in line["spans"]):
            for one in span["chars"]:
                left, _, right, _ = one["bbox"]
                yield Character(one["c"], left, right, span["font"], span["size"], one["origin"][1])


def extracted(pdf: bytes, tmp_path: Any) -> dict[str, str]:
    """Return the text by reader, without white space."""
    if shutil.which("pdftotext") is None:
        pytest.skip("NOT CHECKED: pdftotext is missing (apt-get install poppler-utils)")
    path = tmp_path / "extracted.pdf"
    path.write_bytes(pdf)
    poppler = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, encoding="utf-8").stdout
    with pymupdf.open(path) as document:
        mupdf = "".join(page.get_text() for page in document)
    pypdf = "".join(page.extract_text() for page in PdfReader(path).pages)
    return {"poppler": poppler, "MuPDF": mupdf, "pypdf": pypdf}


def bare(text: str) -> str:
    """Return a text without white space."""
    return re.sub(r"\s", "", text)
