"""Marking the problems in the uploaded .xlsx in place, without changing anything else in it.

Loading and saving a workbook with a library loses what the library does not support (pictures, charts, computed values)
and takes 14 s for 20,000 rows, so only the XML of the cells at fault is changed (ADR 0006).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import IO, Final

from uploads.template_stamp import PROBLEM_HEADING, PROBLEM_SHEET
from uploads.writing.cells import change_cells, merged_ranges, replace_styles
from uploads.writing.notes import EMPTY_BOXES, EMPTY_COMMENTS, Notes
from uploads.writing.orders import Fix, Orders
from uploads.writing.parts import Parts
from uploads.writing.problem_list import MOST_NOTES, Mark, Position, marks_by_sheet, visible_marks
from uploads.writing.problem_sheet import HEADER_ROWS, SheetStyles, problem_sheet
from uploads.writing.styles import Styles
from uploads.writing.xml_text import (
    UnusualWorkbookError,
    attributes,
    in_quotes,
    plain,
    text_of,
    top_level,
    with_attributes,
)

_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_ROWS: Final = re.compile(rb"<(?:\w+:)?sheetData\b[^>]*?(/?)>")
_ROWS_END: Final = re.compile(rb"</(?:\w+:)?sheetData>")
_SELECTED: Final = re.compile(rb"\s+tabSelected=[\"'][^\"']*[\"']")
_BEHIND_BOXES: Final = frozenset(
    "legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst AlternateContent".split()
)
_BEFORE_NAMES: Final = frozenset(("functionGroups", "externalReferences"))  # between the sheets and the names of ranges


@dataclass(slots=True)
class _Sheet:
    name: str
    part: str


def mark_workbook(source: IO[bytes], target: IO[bytes], orders: Orders) -> None:
    """Write the workbook with the cells at fault coloured, a note in each, the corrected cells, and the problems in front.

    Marks of an earlier check are removed. Raises UnusualWorkbookError or NotReadableError for a workbook that must be
    rebuilt instead.
    """
    try:
        _mark(Parts(source), orders).pack(target)
    except (ValueError, LookupError) as error:
        # A tag, number or attribute that every spreadsheet program writes is missing.
        raise UnusualWorkbookError(f"not as spreadsheet programs write it: {error!r}") from error


def _mark(parts: Parts, orders: Orders) -> Parts:
    if parts.has_macros():
        raise UnusualWorkbookError("a workbook of macros")
    book = next((link.part for link in parts.links_of("") if link.kind == "officeDocument"), "")
    links = {link.id: link for link in parts.links_of(book)}
    styles_part = next((link.part for link in links.values() if link.kind == "styles"), "")
    styles = Styles(parts.text(styles_part))
    sheet_styles = SheetStyles(
        plain=styles.add(wraps=True),
        bold=styles.add(font='<b/><sz val="12"/><name val="宋体"/>'),
        link=styles.add(font='<u/><sz val="11"/><color rgb="FF0563C1"/><name val="宋体"/>'),
    )
    tags = [(tag.get("name", ""), links.get(_relation(tag))) for tag in _sheet_tags(parts.text(book))]
    sheets = [_Sheet(name, link.part) for name, link in tags if link is not None and link.kind == "worksheet"]
    earlier = next((sheet for sheet in sheets if _is_problem_sheet(parts, sheet, links_of_book=book)), None)
    own_sheets = [sheet for sheet in sheets if sheet is not earlier]
    marks = marks_by_sheet(orders.entries)
    named = {*marks, *(fix.sheet for fix in orders.fixes)} - {None}
    if not named <= {sheet.name for sheet in own_sheets}:
        raise UnusualWorkbookError("sheets under other names")
    unmarked = styles.unmarked()
    drops_formula = False
    for sheet in own_sheets:
        fixes = orders.fixes_of(sheet.name)
        drops_formula |= _mark_sheet(parts, sheet.part, marks.get(sheet.name, {}), fixes, styles, unmarked)
    if drops_formula:
        parts.drop(book, "calcChain")  # a list of the cells with formulas, which Excel makes anew
    listing = problem_sheet(orders.entries, sheet_styles)
    if earlier is not None:
        position, name = [name for name, _ in tags].index(earlier.name), earlier.name
        parts.write(earlier.part, listing)
        parts.write(book, _with_active_sheet(parts.text(book), position))
    else:
        position, name = 0, _insert_sheet(parts, book, listing, taken={name for name, _ in tags})
    parts.write(book, _with_repeated_rows(parts.text(book), position, name))
    parts.write(styles_part, styles.xml)
    return parts


def _sheet_tags(book: str) -> list[dict[str, str]]:
    return [attributes(tag) for tag in _SHEET.findall(book)]


def _relation(tag: Mapping[str, str]) -> str:
    """Return the value of r:id, with any prefix."""
    return next((value for name, value in tag.items() if name.endswith(":id")), "")


def _mark_sheet(
    parts: Parts,
    part: str,
    marks: Mapping[Position, Mark],
    fixes: Mapping[Position, Fix],
    styles: Styles,
    unmarked: Mapping[int, int],
) -> bool:
    """Change one worksheet and return whether a formula was replaced by a corrected value."""
    xml = parts.well_formed(part)
    opening, end = _ROWS.search(xml), _ROWS_END.search(xml)
    if opening is None or (end is None and not opening[1]):
        raise UnusualWorkbookError("a worksheet without rows")
    start, stop = opening.end(), end.start() if end else opening.end()
    head = _SELECTED.sub(b"", xml[:start])
    tail = text_of(xml[stop:])
    visible = visible_marks(marks, merged_ranges(tail))
    if unmarked:
        xml = replace_styles(memoryview(xml)[start:stop], unmarked)
        start, stop = 0, len(xml)
    levels = {position: mark.level for position, mark in visible.items()}
    changed = change_cells(xml, start, stop, levels, fixes, styles)
    tail = _note_sheet(parts, part, tail, visible)
    parts.write(part, head, *changed.pieces, tail)
    return changed.dropped_formula


def _note_sheet(parts: Parts, part: str, tail: str, marks: Mapping[Position, Mark]) -> str:
    """Write the notes of a sheet, remove those of an earlier check, and return the XML after its rows."""
    links = {link.kind: link for link in parts.links_of(part)}
    boxes_link = next(
        (link for link in parts.links_of(part) if link.kind == "vmlDrawing" and f'"{link.id}"' in _boxes_tag(tail)),
        None,
    )
    comments_link = links.get("comments")
    if not marks and comments_link is None:
        return tail
    comments = parts.text(comments_link.part) if comments_link else EMPTY_COMMENTS
    notes = Notes(comments, _boxes_of(parts, boxes_link.part) if boxes_link else EMPTY_BOXES)
    notes.remove_ours()
    notes.add({position: mark.note for position, mark in sorted(marks.items())[:MOST_NOTES]})
    if comments_link is None:
        name = parts.free_name("xl", "comments_check", "xml")
        parts.link(part, "comments", name)
        parts.declare(name, f"{_SPREADSHEET}.comments+xml")
    parts.write(comments_link.part if comments_link else name, notes.comments)
    if boxes_link is not None:
        parts.write(boxes_link.part, notes.boxes)
        return tail
    name = parts.free_name("xl/drawings", "vmlDrawing_check", "vml")
    parts.declare_extension("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    parts.write(name, notes.boxes)
    return _with_boxes(tail, parts.link(part, "vmlDrawing", name))


def _boxes_of(parts: Parts, name: str) -> str:
    try:
        return parts.small(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusualWorkbookError("boxes of notes in another encoding") from error


def _boxes_tag(tail: str) -> str:
    match = re.search(r"<(?:\w+:)?legacyDrawing\b[^>]*>", tail)
    return match[0].replace("'", '"') if match else ""


def _with_boxes(tail: str, link: str) -> str:
    """Return the XML after the rows with a reference to the boxes, at the position that the schema prescribes."""
    if _boxes_tag(tail):
        raise UnusualWorkbookError("a reference to missing boxes")
    end = re.match(r"(?:</((?:\w+:)?)sheetData>)?", tail)
    prefix = (end[1] or "") if end else ""
    body_start = end.end() if end else 0
    at = tail.rindex("</")
    for element in top_level(tail[body_start:]):
        if element.name in _BEHIND_BOXES:
            at = body_start + element.start
            break
    tag = f'<{prefix}legacyDrawing xmlns:r="{_RELATIONSHIPS}" r:id="{link}"/>'
    return f"{tail[:at]}{tag}{tail[at:]}"


def _is_problem_sheet(parts: Parts, sheet: _Sheet, *, links_of_book: str) -> bool:
    """Return whether a sheet is our list of an earlier check, as we wrote it or as Excel has saved it since."""
    if not sheet.name.startswith(PROBLEM_SHEET):
        return False
    xml = parts.well_formed(sheet.part).decode("utf-8", "replace")
    first = re.search(r"<(?:\w+:)?c\b([^>]*)>(.*?)</(?:\w+:)?c>", xml, re.DOTALL)
    if first is None:
        return False
    if attributes(first[1]).get("t") != "s":
        return PROBLEM_HEADING in unescape(first[2])
    number = re.search(r"<(?:\w+:)?v>(\d+)<", first[2])
    shared = next((link.part for link in parts.links_of(links_of_book) if link.kind == "sharedStrings"), "")
    if number is None or not shared:
        return False
    for position, item in enumerate(
        re.finditer(r"<(?:\w+:)?si>.*?</(?:\w+:)?si>", parts.well_formed(shared).decode("utf-8", "replace"), re.DOTALL)
    ):
        if position == int(number[1]):
            return PROBLEM_HEADING in unescape(re.sub(r"<[^>]*>", "", item[0]))
    return False


def _insert_sheet(parts: Parts, book: str, listing: str, *, taken: set[str]) -> str:
    """Insert the list of problems before the other sheets, make it the active sheet, and return its name."""
    part = parts.free_name("xl/worksheets", "problems", "xml")
    parts.write(part, listing)
    parts.declare(part, f"{_SPREADSHEET}.worksheet+xml")
    link = parts.link(book, "worksheet", part)
    xml = parts.text(book)
    opening = re.search(r"<((?:\w+:)?)sheets\b[^>]*>", xml)
    if opening is None:
        raise UnusualWorkbookError("no list of sheets")
    numbers = [int(tag.get("sheetId", "0")) for tag in _sheet_tags(xml)]
    name = next(name for name in (PROBLEM_SHEET, *(f"{PROBLEM_SHEET}{n}" for n in range(2, 200))) if name not in taken)
    tag = f'<{opening[1]}sheet xmlns:r="{_RELATIONSHIPS}" name={in_quotes(name)} sheetId="{max(numbers) + 1}" r:id="{link}"/>'
    xml = f"{xml[: opening.end()]}{tag}{xml[opening.end() :]}"
    # Defined names refer to their sheet by position, and all positions have increased by one.
    xml = re.sub(r"(\blocalSheetId=[\"'])(\d+)", lambda match: f"{match[1]}{int(match[2]) + 1}", xml)
    parts.write(book, _with_active_sheet(xml, 0))
    return name


def _with_active_sheet(book: str, position: int) -> str:
    return re.sub(
        r"<(?:\w+:)?workbookView\b[^>]*>",
        lambda match: with_attributes(match[0], activeTab=str(position), firstSheet="0"),
        book,
        count=1,
    )


def _with_repeated_rows(book: str, position: int, name: str) -> str:
    """Return the workbook's XML with the first rows of the list of problems repeated on each printed page."""
    sheets = re.search(r"</((?:\w+:)?)sheets>", book)
    if sheets is None:
        raise UnusualWorkbookError("no list of sheets")
    p = sheets[1]
    earlier = re.compile(
        rf"<{p}definedName\b(?=[^>]*\bname=[\"']_xlnm\.Print_Titles[\"'])(?=[^>]*\blocalSheetId=[\"']{position}[\"'])"
        rf"[^>]*>[^<]*</{p}definedName>"
    )
    book = earlier.sub("", book)
    quoted = name.replace("'", "''")
    rows = plain(f"'{quoted}'!$1:${HEADER_ROWS}")
    tag = f'<{p}definedName name="_xlnm.Print_Titles" localSheetId="{position}">{rows}</{p}definedName>'
    if end := re.search(rf"</{p}definedNames>", book):
        return f"{book[: end.start()]}{tag}{book[end.start() :]}"
    at = sheets.end()
    for element in top_level(book[sheets.end() :]):
        if element.name not in _BEFORE_NAMES:
            break
        at = sheets.end() + element.end
    return f"{book[:at]}<{p}definedNames>{tag}</{p}definedNames>{book[at:]}"
