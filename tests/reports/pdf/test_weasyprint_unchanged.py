"""Tests that what we replace in WeasyPrint, and what our replacements rely on, is what it was when they were written."""

from __future__ import annotations

import hashlib
import inspect

import pytest
import weasyprint
from weasyprint.draw import text as drawing
from weasyprint.layout import inline
from weasyprint.pdf import fonts, tags
from weasyprint.text import line_break

from reports.pdf import font_files, justification

WHAT_TO_DO = (
    "is another one in this version of WeasyPrint. Compare it with that of 70.0, adapt reports/pdf/ (ADR 0034), then put "
    "the new digest here."
)


@pytest.mark.parametrize(
    ("function", "digest"),
    [
        (inline.get_next_linebox, "67af458c2545e74f"),
        (inline.iter_line_boxes, "04aec48abfcad809"),
        (drawing.draw_first_line, "1bb8eae6d88e71b1"),
        (drawing.draw_text, "ebaf96239c6ca363"),
        (inline.text_align, "e953d41b87ccfc30"),
        (inline.add_word_spacing, "879516e71f1b80fa"),
        (line_break.Layout, "681b737d1ba5e004"),
        (line_break.line_size, "03fa04fd51fc69aa"),
        (font_files._create_by_weasyprint, "1f281166b10302a4"),
        (fonts.Font.clean, "794f0211f18453f1"),
        (fonts.build_fonts_dictionary, "fc551bef35d0d6c3"),
        (tags.add_tags, "f0e74575b0bafaf3"),
        (tags._build_box_tree, "f716251a83e7096e"),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_the_code_beside_ours_is_what_we_know(function, digest):
    found = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
    assert found == digest, f"{function.__qualname__} {WHAT_TO_DO}"


def test_the_version_is_the_one_we_know():
    assert weasyprint.__version__.startswith("70."), "WeasyPrint itself " + WHAT_TO_DO


def test_our_functions_take_what_those_they_replace_take():
    source = inspect.getsource(inline)
    assert "justify_line(context, line, offset)" in source
    assert "def justify_line(context, line, extra_width):" in source
    assert list(inspect.signature(justification.justify_line).parameters) == ["context", "line", "extra_width"]
    replaced = inspect.signature(font_files._subset_by_weasyprint).parameters
    assert len(replaced) == len(inspect.signature(font_files.subset).parameters) == 3
