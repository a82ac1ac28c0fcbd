"""Tests of formulas: each has its result, or is an error where no program has computed it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uploads import old_workbooks, workbooks
from tests.uploads.reading import (
    CALCULATE_ON_LOAD,
    EMPTY_RESULT,
    FOUR,
    TWELVE,
    ZERO,
    read,
    rows_of,
    written,
)
from tests.uploads.workbooks import XlsCell, record, xls_formula
from uploads.reading import formula_tokens
from uploads.reading.grid import NOT_COMPUTED, CellError

pytestmark = pytest.mark.one_database


# --- Formulas that no program has computed ---

NUMBERS = bytes.fromhex("44 0100 00c0 1e 0300 05")  # C2*3
SUM = bytes.fromhex("25 0100 0300 00c0 00c0 22 01 0400")  # SUM(A2:A4)
QUICK_SUM = bytes.fromhex("25 0100 0300 00c0 00c0 19 10 0000 15")  # the same as Excel writes it, in brackets
CHOICE = bytes.fromhex("44 0100 00c0 19 02 0c00 17 01 00 61 19 08 0700 17 00 00 19 08 0300 22 03 0100")  # IF(A2,"a","")
NUMBER_OR_0 = bytes.fromhex("44 0100 00c0 19 02 0c00 1e 0300 19 08 0700 1e 0000 19 08 0300 22 03 0100")  # IF(A2,3,0)
JOINED = bytes.fromhex("44 0100 00c0 17 02 01 61006200 08")  # A2&"ab"


@pytest.mark.parametrize("tokens", [NUMBERS, SUM, QUICK_SUM, NUMBER_OR_0])
def test_formulas_that_give_a_number_are_told(tokens: bytes) -> None:
    assert formula_tokens.gives_number(struct.pack("<H", len(tokens)) + tokens)


@pytest.mark.parametrize("tokens", [CHOICE, JOINED, b"", b"\x44\x01", b"\x18\x05"])
def test_other_formulas_are_not(tokens: bytes) -> None:
    assert not formula_tokens.gives_number(struct.pack("<H", len(tokens)) + tokens)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_formula_that_is_looked_at_in_time(tokens: bytes) -> None:
    assert formula_tokens.gives_number(tokens) in (True, False)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (xls_formula(ZERO, flags=CALCULATE_ON_LOAD), NOT_COMPUTED),  # Apache POI
        (xls_formula(FOUR, flags=CALCULATE_ON_LOAD), NOT_COMPUTED),  # JExcelApi
        (xls_formula(ZERO, flags=3), NOT_COMPUTED),  # Perl's Spreadsheet::WriteExcel
        (xls_formula(EMPTY_RESULT, tokens=NUMBERS), NOT_COMPUTED),  # xlwt
        (xls_formula(EMPTY_RESULT, tokens=CHOICE), ""),  # Excel: an empty text
        (xls_formula(ZERO), 0),
        (xls_formula(FOUR), 4),
        (xls_formula(TWELVE, flags=CALCULATE_ON_LOAD), 12),
        # LibreOffice: 0 beside the text of the result
        (xls_formula(ZERO, after=record(0x207, struct.pack("<HB", 1, 1) + "甲".encode("utf-16-le"))), "甲"),
        (
            xls_formula(
                ZERO, flags=2, after=record(0x4BC) + record(0x207, struct.pack("<HB", 1, 1) + "甲".encode("utf-16-le"))
            ),
            "甲",
        ),
    ],
)
def test_a_formula_of_an_xls_has_its_result_or_is_not_computed(cell: XlsCell, shown: object, tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["甲", cell, 1]]
    row = rows_of(workbooks.make_xls(tmp_path / "a.xls", {"一": rows}))[1]
    assert row == ["甲", shown, 1]
    assert isinstance(row[1], CellError) == (shown == NOT_COMPUTED)


def test_a_workbook_of_xlwt_has_no_result_at_all(tmp_path: Path) -> None:
    """Take a formula that could give an empty text for not computed beside one that gives a number and has none."""
    choice, number = xls_formula(EMPTY_RESULT, tokens=CHOICE), xls_formula(EMPTY_RESULT, tokens=NUMBERS)
    path = workbooks.make_xls(tmp_path / "a.xls", {"一": [["a", choice]], "二": [["b", number], ["c", choice]]})
    first, second = ([list(row) for row in grid.rows] for grid in read(path))
    assert (first, second) == ([["a", NOT_COMPUTED]], [["b", NOT_COMPUTED], ["c", NOT_COMPUTED]])


def with_sheet_xml(path: Path, cells: str, *, calculation: str = "") -> Path:
    """Write an .xlsx with a header of three columns and one row of these cells; `calculation` is for <calcPr>."""
    workbooks.make_xlsx(path, {"一": [["a", "b", "c"], ["甲", 1, 2]]})
    old_workbooks.with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(r'<row r="2".*?</row>', f"<row>{cells}</row>", xml),
    )
    return old_workbooks.with_part(
        path, "xl/workbook.xml", lambda xml: re.sub("<calcPr[^>]*>", f"<calcPr {calculation}/>", xml)
    )


A2 = '<c r="A2" t="inlineStr"><is><t>甲</t></is></c>'
C2 = '<c r="C2"><v>2</v></c>'


@pytest.mark.parametrize(
    ("cell", "calculation", "shown"),
    [
        ('<c r="B2"><f>C2*3</f></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v></v></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v/></c>', "", NOT_COMPUTED),
        ('<c r="B2"><f t="shared" si="0"/></c>', "", NOT_COMPUTED),
        ('<c r="B2" t="str"><f>A2</f></c>', "", NOT_COMPUTED),
        ('<c r="B2" t="str"><f>A2</f><v></v></c>', "", ""),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', "", 0),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', 'fullCalcOnLoad="1"', NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', "fullCalcOnLoad='true'", NOT_COMPUTED),
        ('<c r="B2"><f>C2*3</f><v>0</v></c>', 'fullCalcOnLoad="0"', 0),
        ('<c r="B2"><f>C2*3</f><v>6</v></c>', 'fullCalcOnLoad="1"', 6),
        ('<c r="B2"><v>0</v></c>', 'fullCalcOnLoad="1"', 0),
        ('<c r="B2" t="n"><f>C2*3</f><v>0.0</v></c>', "", NOT_COMPUTED),  # Apache POI's streaming writer
        ('<c r="B2" t="e"><f>C2*3</f><v>#REF!</v></c>', "", "#REF!"),
    ],
)
@pytest.mark.parametrize("has_addresses", [True, False])
def test_a_formula_of_an_xlsx_has_its_result_or_is_not_computed(
    cell: str, calculation: str, shown: object, has_addresses: bool, tmp_path: Path
) -> None:
    cells = A2 + cell + C2
    if not has_addresses:
        cells = re.sub(r'\sr="\w+"', "", cells)
    path = with_sheet_xml(tmp_path / "a.xlsx", cells, calculation=calculation)
    row = rows_of(path)[1]
    assert row == ["甲", shown, 2]
    assert isinstance(row[1], CellError) == (shown in (NOT_COMPUTED, "#REF!"))


COMPUTED, ZERO_CELL = '<c r="D2"><f>C2*4</f><v>8</v></c>', '<c r="B2" t="n"><f>C2*0</f><v>{}</v></c>'
XLSXWRITER = '<fileVersion appName="xl" lastEdited="4" lowestEdited="4" rupBuild="4505"/>'
EXCELJS = '<fileVersion appName="xl" lastEdited="5" lowestEdited="5" rupBuild="9303"/>'


@pytest.mark.parametrize(
    ("zero", "before", "behind", "workbook", "shown"),
    [
        ("0.0", "", COMPUTED, "", 0),  # Apache POI, computed by its evaluator
        ("0.0", "", '<c r="D2" t="str"><f>A2</f><v>甲</v></c>', "", 0),
        ("0.0", "", '<c r="D2"><f>C2*4</f></c>', "", NOT_COMPUTED),
        ("0.0", "", '<c r="D2"><f>C2*0</f><v>0.0</v></c>', "", NOT_COMPUTED),
        ("0.0", "", '<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "", NOT_COMPUTED),
        ("0.0", "", '<c r="D2"><v>8</v></c>', "", NOT_COMPUTED),
        ("0.0", "\n", COMPUTED, "", NOT_COMPUTED),  # Apache POI, streaming
        ("0", "\n", COMPUTED, "", NOT_COMPUTED),  # NPOI, streaming
        ("0", "\n  ", COMPUTED, "", 0),  # indented XML
        ("0", "", COMPUTED, f"{EXCELJS}fullCalcOnLoad", 0),
        ("0", "", "", f"{EXCELJS}fullCalcOnLoad", NOT_COMPUTED),
        ("0", "", COMPUTED, "fullCalcOnLoad", 0),  # a program that does not tell its version
        ("0.0", "", COMPUTED, "fullCalcOnLoad", 0),
        ("0", "", COMPUTED, f"{XLSXWRITER}fullCalcOnLoad", NOT_COMPUTED),
        ("0", "", COMPUTED, XLSXWRITER, 0),  # Excel 2007
    ],
)
def test_a_zero_is_a_result_if_the_program_computes(
    zero: str, before: str, behind: str, workbook: str, shown: object, tmp_path: Path
) -> None:
    calculation = 'fullCalcOnLoad="1"' if "fullCalc" in workbook else ""
    path = with_sheet_xml(
        tmp_path / "a.xlsx", before + A2 + ZERO_CELL.format(zero) + C2 + behind, calculation=calculation
    )
    version = workbook.removesuffix("fullCalcOnLoad")
    old_workbooks.with_part(path, "xl/workbook.xml", lambda xml: re.sub("<fileVersion[^>]*>", version, xml))
    cell = rows_of(path)[1][1]
    assert (cell, isinstance(cell, CellError)) == (shown, shown == NOT_COMPUTED)


@pytest.mark.parametrize("first", [0, 1])
def test_a_result_anywhere_in_the_sheet_vouches_for_its_zeros(first: int, tmp_path: Path) -> None:
    many = "".join(f'<row r="{row}"><c r="B{row}"><f>C{row}*2</f><v>0.0</v></c></row>' for row in range(3, 5_000))
    rows = [f'<row r="2">{COMPUTED}</row>{many}', f'{many}<row r="5000"><c r="B5000"><f>C1+1</f><v>1.0</v></c></row>']
    path = with_sheet_xml(tmp_path / "a.xlsx", f"</row>{rows[first]}<row>")
    cells = [cell for row in rows_of(path)[2:4_999] for cell in row if cell != ""]
    assert len(cells) == 4_997 and not any(isinstance(cell, CellError) for cell in cells)


def test_rows_of_a_template_and_streamed_ones_are_told_apart(tmp_path: Path) -> None:
    """Read a sheet of Apache POI: two rows computed by its evaluator, and one that was streamed below them."""
    cells = (
        '<c r="B2" t="n"><f>A2*0</f><v>0.0</v></c></row><row r="3"><c r="B3" t="n"><f>1+1</f><v>2.0</v></c></row>'
        '<row r="4">\n<c r="A4" t="inlineStr"><is><t>合计</t></is></c><c r="B4"><f>SUM(B2:B3)</f><v>0.0</v></c>'
    )
    assert [row[1] for row in rows_of(with_sheet_xml(tmp_path / "a.xlsx", cells))[1:]] == [0, 2, NOT_COMPUTED]


def test_cells_with_and_without_addresses_stand_where_they_are(tmp_path: Path) -> None:
    cells = '<c><f>A1</f></c><c r="C2" t="e"><v>#N/A</v></c></row><row r="5"><c/><c t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    assert rows_of(with_sheet_xml(tmp_path / "a.xlsx", cells)) == [
        ["a", "b", "c"], [NOT_COMPUTED, "", "#N/A"], [], [], ["", "#DIV/0!", ""]
    ]  # fmt: skip


def test_formulas_of_an_xlsx_with_prefixes_are_seen(tmp_path: Path) -> None:
    """Read XML as Microsoft's own library for .NET writes it."""
    path = with_sheet_xml(tmp_path / "a.xlsx", A2 + '<c r="B2"><f>C2*3</f></c>' + C2)
    old_workbooks.with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(r"<(/?)(\w)", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x="),
    )
    assert rows_of(path)[1] == ["甲", NOT_COMPUTED, 2]


@pytest.mark.parametrize(
    ("attributes", "text", "shown"),
    [
        ('table:formula="of:=1"', "", NOT_COMPUTED),
        ('table:formula="of:=1" office:value-type="float"', "", NOT_COMPUTED),
        ('office:value-type="float" table:formula="of:=1"', "<text:p>3</text:p>", NOT_COMPUTED),
        ('table:formula="of:=1&gt;2" office:value-type="float" office:value="3"', "<text:p>3</text:p>", 3),
        ('table:formula="of:=1" office:value-type="string"', "<text:p>乙</text:p>", "乙"),
        ('table:formula="of:=1" office:value-type="string" office:string-value=""', "", ""),
    ],
)
def test_a_formula_of_an_ods_has_its_result_or_is_not_computed(
    attributes: str, text: str, shown: object, tmp_path: Path
) -> None:
    cell = f"<table:table-cell {attributes}>{text}</table:table-cell>"
    path = old_workbooks.make_ods_of_xml(
        tmp_path / "a.ods",
        [["a", "b", "c"], ["甲", "HERE", 2]],
        lambda xml: re.sub(r"<table:table-cell [^>]*><text:p>HERE</text:p></table:table-cell>", cell, xml),
    )
    row = rows_of(path)[1]
    assert row == ["甲", shown, 2]
    assert isinstance(row[1], CellError) == (shown == NOT_COMPUTED)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<Cell ss:Formula="=RC[1]*3"/>', NOT_COMPUTED),
        ('<Cell ss:Formula="=RC[1]*3"><Data ss:Type="Number"></Data></Cell>', NOT_COMPUTED),
        ('<Cell ss:Formula="=RC[1]*3"><Data ss:Type="Number">6</Data></Cell>', 6),
        ('<Cell ss:Formula="=RC[1]"><Data ss:Type="String"></Data></Cell>', ""),
        ("<Cell><Comment><Data>注</Data></Comment></Cell>", ""),
    ],
)
def test_a_formula_of_excel_2003_xml_has_its_result_or_is_not_computed(
    cell: str, shown: object, tmp_path: Path
) -> None:
    number = '<Cell><Data ss:Type="Number">2</Data></Cell>'
    content = workbooks.make_spreadsheetml({"一": f"<Row>{cell}{number}</Row>"})
    assert rows_of(written(tmp_path / "a.xls", content)) == [[shown, 2]]
