"""An issue as .docx, for those who must edit it: the same blocks as on paper, with real headings and tables.

Charts are what they say in words. A word processor breaks lines and pages by itself: what is printed and binding is the PDF.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any, Final

import docx
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from changzhi_portal.briefings import Block, Cell, Chart, Column, Heading, Paragraph, Table
from reports.files.document_styles import HEITI, TEXT_WIDTH, prepare, style_id
from reports.files.front import issued_day, made_at
from reports.files.summary import summary_lines, summary_table
from reports.genuine import verification_url
from reports.issue import PrintedIssue

_TWIPS_OF_MM: Final = 1440 / 25.4
_SHADE_OF_SHORT: Final = "DCDCDC"
_DENSE_SIZE: Final = "18"  # half points
_DENSE_MARGIN: Final = "17"  # 0.3 mm in twips
_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file knows


def issue_document(issue: PrintedIssue, *, code: str = "") -> bytes:
    """Return the issue as .docx. The same issue and code are the same bytes, in every process."""
    document = docx.Document()
    prepare(document, issue.notice)
    _set_properties(document, issue)
    _write_head(document, issue)
    _add(document, summary_table(issue).caption, "caption")
    _write_table(document, summary_table(issue))
    for text in summary_lines(issue):
        _add(document, text, "Body Text")
    if issue.correction_reason:
        _write_corrections(document, issue)
    for number, line in enumerate(issue.commentary):
        _add(document, line if number else f"按语：{line}", "按语")
    for section in issue.sections:
        _add(document, f"{section.number}、{section.title}", "heading 1")
        _write_blocks(document, section.numbered_blocks)
    _list_annexes(document, issue)
    for annex in issue.annexes:
        _add(document, annex.label, "附件序号")
        _add(document, annex.title, "附件标题")
        _write_blocks(document, annex.numbered_blocks)
    _write_end(document, issue, code)
    file = io.BytesIO()
    document.save(file)
    return _with_fixed_days(file.getvalue())


def _set_properties(document: Document, issue: PrintedIssue) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = issue.title, issue.office, issue.office
    properties.subject, properties.language = f"{issue.briefing.masthead}{issue.briefing.number_line}", "zh-CN"
    properties.created = properties.modified = made_at(issue)
    properties.comments, properties.keywords, properties.revision = "", "", 1


def _write_head(document: Document, issue: PrintedIssue) -> None:
    briefing = issue.briefing
    _add(document, briefing.masthead, "报头")
    _add(document, briefing.number_line, "期号")
    of_line = (issue.office, briefing.seal_line, issued_day(issue) or "草稿")
    _add(document, "".join(f"\t{text}" for text in of_line), "编发行")
    _write_title(document, issue)
    if issue.notice:
        _add(document, f"（{issue.notice}）", "居中")


def _write_title(document: Document, issue: PrintedIssue) -> None:
    """Write the title, which is broken where the PDF breaks it if it is longer than a line."""
    title = _add(document, "", "Title")
    first, rest = issue.title_lines
    title.add_run(first)
    if issue.has_long_title:
        title.add_run().add_break()
    title.add_run(rest)


def _write_corrections(document: Document, issue: PrintedIssue) -> None:
    """Write 更正说明 in the words of the page and the PDF, which only their template has."""
    markup = render_to_string("reports/briefing/corrections.html", {"issue": issue})
    for paragraph in markup.split("</p>"):
        text = html.unescape(strip_tags(paragraph)).strip()
        if text:
            _add(document, text, "按语")


def _list_annexes(document: Document, issue: PrintedIssue) -> None:
    for number, annex in enumerate(issue.annexes):
        if not number:
            _add(document, "", "Body Text")
        _add(document, f"{annex.label}：{annex.title}", "Body Text")


def _write_end(document: Document, issue: PrintedIssue, code: str) -> None:
    """Write 版记: to whom the issue goes, how many copies, and what proves it genuine, between two lines."""
    briefing = issue.briefing
    addressees = (("报", briefing.reported_to), ("送", briefing.copied_to), ("发", briefing.distributed_to))
    lines = [f"{kind}：{names}" for kind, names in addressees if names]
    lines.append(f"共印{briefing.copies}份")
    if code:
        url = verification_url(code)
        lines.append(f"核验码：{code}{f'（{url}）' if url else ''}")
    _add(document, "", "Body Text")
    paragraphs = [_add(document, line, "版记") for line in lines]
    for paragraph in paragraphs[:-1]:
        paragraph.paragraph_format.keep_with_next = True
    _rule(paragraphs[0], "top")
    _rule(paragraphs[-1], "bottom")


def _rule(paragraph: Any, side: str) -> None:
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "8"), ("space", "4"), ("color", "auto")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:spacing", "w:ind", "w:jc"
    )


def _add(document: Document, text: str, style: str) -> Any:
    """Add a paragraph in a style by its name, and return it."""
    paragraph = document.add_paragraph()
    paragraph._p.get_or_add_pPr().get_or_add_pStyle().val = style_id(style)
    if text:
        paragraph.add_run(text)
    return paragraph


# --- Blocks ---


def _write_blocks(document: Document, blocks: Iterable[tuple[str, Block]]) -> None:
    for number, block in blocks:
        match block:
            case Paragraph():
                _add(document, block.text, "按语" if block.is_remark else "Body Text")
            case Heading():
                _add(document, f"{number}{block.text}", "heading 2")
            case Table():
                _add(document, block.caption, "caption")
                _write_table(document, block)
            case Chart():
                _add(document, block.caption, "caption")
                _add(document, block.text.removeprefix(block.caption).lstrip("，："), "图示文字")


def _write_table(document: Document, table: Table) -> None:
    """Write a table as wide as the text; its head is repeated on every page, and no row is split.

    Made of XML elements at once: the tables of python-docx look for each cell anew, which takes seconds for an annex.
    """
    widths = _widths(table.columns)
    element = OxmlElement("w:tbl")
    element.append(_table_properties(is_dense=table.is_dense))
    grid = _child(element, "w:tblGrid")
    for width in widths:
        _child(grid, "w:gridCol", w=str(width))
    for line in _head_lines(table, widths):
        _append_row(element, line, is_head=True)
    for row in table.rows:
        cells = [
            _cell(cell.text, width, kind=column.kind, is_dense=table.is_dense, cell=cell)
            for column, cell, width in zip(table.columns, row, widths, strict=True)
        ]
        _append_row(element, cells)
    body = document.element.body
    body.insert(len(body) - 1, element)  # before the properties of the section
    _add(document, "", "表格文字")  # two tables in a row would become one


def _table_properties(*, is_dense: bool) -> Any:
    properties = OxmlElement("w:tblPr")
    _child(properties, "w:tblStyle", val="TableGrid")
    _child(properties, "w:tblW", w=str(TEXT_WIDTH), type="dxa")
    _child(properties, "w:jc", val="center")
    _child(properties, "w:tblLayout", type="fixed")
    if is_dense:  # else four digits are wrapped
        margins = _child(properties, "w:tblCellMar")
        for side in ("left", "right"):
            _child(margins, f"w:{side}", w=_DENSE_MARGIN, type="dxa")
    _child(properties, "w:tblLook", val="0020", firstRow="1")
    return properties


def _head_lines(table: Table, widths: Sequence[int]) -> list[list[Any]]:
    """Return the cells of the head: one line, or two if columns share headings."""

    def cell(text: str, width: int, **span: Any) -> Any:
        return _cell(text, width, kind="head", is_dense=table.is_dense, **span)

    if not table.grouped_columns:
        return [[cell(column.title, width) for column, width in zip(table.columns, widths, strict=True)]]
    first: list[Any] = []
    second: list[Any] = []
    position = 0
    for group in table.groups:
        own = range(position, position + group.columns)
        position += group.columns
        if group.is_shared:
            first.append(cell(group.title, sum(widths[index] for index in own), columns=group.columns))
            second += [cell(table.columns[index].title, widths[index]) for index in own]
        else:
            first.append(cell(group.title, widths[own.start], rows="restart"))
            second.append(cell("", widths[own.start], rows="continue"))
    return [first, second]


def _append_row(table: Any, cells: Iterable[Any], *, is_head: bool = False) -> None:
    row = _child(table, "w:tr")
    properties = _child(row, "w:trPr")
    _child(properties, "w:cantSplit")
    if is_head:
        _child(properties, "w:tblHeader")
    row.extend(cells)


def _cell(
    text: str, width: int, *, kind: str, is_dense: bool, cell: Cell | None = None, columns: int = 1, rows: str = ""
) -> Any:
    """Return a cell. `columns` and `rows` ("restart", "continue") join cells of a head."""
    element = OxmlElement("w:tc")
    properties = _child(element, "w:tcPr")
    _child(properties, "w:tcW", w=str(width), type="dxa")
    if columns > 1:
        _child(properties, "w:gridSpan", val=str(columns))
    if rows:
        _child(properties, "w:vMerge", val=rows)
    if cell is not None and cell.is_short:
        _child(properties, "w:shd", val="clear", color="auto", fill=_SHADE_OF_SHORT)
    _child(properties, "w:vAlign", val="center")
    paragraph = _child(element, "w:p")
    style = _child(paragraph, "w:pPr")
    _child(style, "w:pStyle", val=style_id("表格文字"))
    if kind in {"label", "number"}:
        _child(style, "w:jc", val="left" if kind == "label" else "right")
    if not text:
        return element
    run = _child(paragraph, "w:r")
    look = _child(run, "w:rPr")
    if kind == "head" or (cell is not None and (cell.is_short or cell.is_total)):
        _child(look, "w:rFonts", ascii=HEITI, hAnsi=HEITI, eastAsia=HEITI, cs=HEITI)
    if is_dense:
        _child(look, "w:sz", val=_DENSE_SIZE)
        _child(look, "w:szCs", val=_DENSE_SIZE)
    written = _child(run, "w:t")
    written.text = text
    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


def _child(parent: Any, tag: str, **attributes: str) -> Any:
    """Append an element with attributes of the same namespace, and return it."""
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    parent.append(element)
    return element


def _widths(columns: Sequence[Column]) -> list[int]:
    """Return the widths of columns in twips, together the width of the text; those without one share what is left."""
    asked = [round(column.width * _TWIPS_OF_MM) if column.width else None for column in columns]
    open_columns = asked.count(None)
    left = TEXT_WIDTH - sum(width for width in asked if width)
    if open_columns and left > 0:
        widths = [width or left // open_columns for width in asked]
    else:
        known = [width or TEXT_WIDTH // len(columns) for width in asked]
        widths = [width * TEXT_WIDTH // sum(known) for width in known]
    widths[-1] += TEXT_WIDTH - sum(widths)
    return widths


def _with_fixed_days(package: bytes) -> bytes:
    """Return a zip file with the same content, whose entries have no moment of writing."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return file.getvalue()
