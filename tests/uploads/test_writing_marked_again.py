"""Tests of marked workbooks that another program has written or saved, of corrected cells in them, and of their limits."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import openpyxl
import pytest
import xlsxwriter
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from accounts.models import User
from tests.communities.test_sheets import facility_row
from tests.factories import Place
from tests.socialworkers.test_sheets import NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.samples import SAMPLES, clerk_of, needs_samples, upload
from tests.uploads.test_writing_annotated import BAD, GOOD, HEADER, RED, marked_cells
from tests.uploads.workbooks import make_xlsx
from uploads import actions
from uploads.models import UploadBatch
from uploads.writing.notes import AUTHOR, EMPTY_BOXES, Notes

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Fetch = Callable[..., bytes]
OURS = f"{AUTHOR}："


@pytest.fixture
def fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str], signed_in: Callable[[User], Client]) -> Fetch:
    """Return a function that uploads a file, corrects cells (position, field, text), and downloads the marked workbook."""

    def go(
        path: Path,
        user: User,
        register: str = "facilities",
        corrections: tuple[tuple[int, str, str], ...] = (),
        period: str = "2018-06",
    ) -> bytes:
        answer, _ = upload(capsys, register, path, user, period=period)
        batch = UploadBatch.objects.get(pk=answer["batch"])
        for position, field, text in corrections:
            actions.correct_row(batch=batch, position=position, texts={field: text}, by=user)
        response = signed_in(user).get(reverse("uploads:annotated", args=[batch.ref]))
        assert response.status_code == 200, response.status_code
        data: bytes = response.getvalue()
        assert int(response["Content-Length"]) == len(data)
        assert_sound(data)
        return data

    return go


def assert_sound(data: bytes) -> None:
    """Check that every part of a workbook is well-formed, every relationship leads to a part, and each note has one box."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        for name in names:
            if name.endswith((".xml", ".rels", ".vml")):
                fromstring(archive.read(name))
        for name in names:
            if name.endswith(".rels"):
                folder = name.replace("_rels/", "").rpartition("/")[0]
                for link in fromstring(archive.read(name)):
                    assert _part(folder, link.get("Target", "")) in names, link.attrib
            if re.match(r"xl/worksheets/_rels/", name):
                kinds = {link.get("Type", "").rpartition("/")[2]: link for link in fromstring(archive.read(name))}
                if "comments" in kinds:
                    comments = fromstring(archive.read(_part("xl/worksheets", kinds["comments"].get("Target", ""))))
                    boxes = fromstring(archive.read(_part("xl/worksheets", kinds["vmlDrawing"].get("Target", ""))))
                    refs = sorted(note.get("ref", "") for note in comments.iter(f"{MAIN}comment"))
                    assert len(refs) == len(set(refs))
                    assert sorted(box_addresses(boxes)) == refs
        types = fromstring(archive.read("[Content_Types].xml"))
        assert {part.get("PartName", "")[1:] for part in types if part.get("PartName")} <= set(names)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"


def box_addresses(boxes: Any) -> list[str]:
    return [
        f"{openpyxl.utils.get_column_letter(int(data.findtext(f'{EXCEL}Column')) + 1)}{int(data.findtext(f'{EXCEL}Row')) + 1}"
        for data in boxes.iter(f"{EXCEL}ClientData")
    ]


def _part(folder: str, target: str) -> str:
    parts: list[str] = [] if target.startswith("/") else folder.split("/")
    for step in target.strip("/").split("/"):
        parts = parts[:-1] if step == ".." else [*parts, step]
    return "/".join(part for part in parts if part)


def notes_of(data: bytes, sheet: str) -> dict[str, str]:
    """Return the notes of a sheet by cell, as openpyxl reads them."""
    page = openpyxl.load_workbook(io.BytesIO(data))[sheet]
    return {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment}


def with_openpyxl(path: Path, change: Callable[[Any], None] = lambda page: None, *, sheet: str = "城区") -> Path:
    """Load and save a workbook with openpyxl, which writes all notes anew and declares prefixes in every element."""
    book = openpyxl.load_workbook(path)
    change(book[sheet])
    book.save(path)
    return path


# --- Notes ---


def test_notes_that_openpyxl_has_saved_stay_and_ours_are_added(place: Place, clerk: User, fetch: Fetch, tmp_path: Path):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    with_openpyxl(path, lambda page: setattr(page["A1"], "comment", Comment("照公章填写", "某局")))
    with_openpyxl(path, lambda page: setattr(page["E3"], "comment", Comment("老王说的", "老王")))
    found = notes_of(fetch(path, clerk), "城区")
    assert found.keys() == {"A1", "C3", "D3", "E3"}
    assert found["A1"] == "照公章填写"
    assert found["E3"].startswith("老王说的\n填报检查：\n【错误】")
    assert [found[cell].count(OURS) for cell in ("A1", "C3", "D3", "E3")] == [0, 1, 1, 1]


@pytest.mark.parametrize("author", [" ", "匿名", AUTHOR], ids=["blank", "other", "ours"])
def test_our_old_notes_go_whatever_author_a_program_has_given_them(
    author: str, place: Place, clerk: User, fetch: Fetch, tmp_path: Path
):
    path = tmp_path / "设施.xlsx"
    path.write_bytes(fetch(make_xlsx(tmp_path / "一.xlsx", {"城区": [HEADER, GOOD, BAD]}), clerk))

    def put_right(page: Any) -> None:
        for cell in ("C3", "D3", "E3"):
            page[cell].comment = Comment(page[cell].comment.text, author)
        page["C3"] = "活动场所"
        page["B2"].comment = Comment("填报检查：老王看过", "老王")

    found = notes_of(fetch(with_openpyxl(path, put_right), clerk), "城区")
    assert found.keys() == {"B2", "D3", "E3"}
    assert found["B2"] == "填报检查：老王看过"
    assert all(found[cell].count(OURS) == 1 for cell in ("D3", "E3"))


def test_what_an_office_writes_below_our_note_stays(place: Place, clerk: User, fetch: Fetch, tmp_path: Path):
    path = tmp_path / "设施.xlsx"
    path.write_bytes(fetch(make_xlsx(tmp_path / "一.xlsx", {"城区": [HEADER, GOOD, BAD]}), clerk))

    def answer(page: Any) -> None:
        page["C3"].comment = Comment(f"{page['C3'].comment.text}\n已核实，老王", AUTHOR)
        page["C3"] = "活动场所"
        page["D3"].comment = Comment(f"{page['D3'].comment.text}\n确实如此", AUTHOR)

    found = notes_of(fetch(with_openpyxl(path, answer), clerk), "城区")
    assert found["C3"] == "已核实，老王"
    assert found["D3"].startswith("确实如此\n填报检查：\n【提醒】")
    assert found["D3"].count(OURS) == 1


COMMENTS = f'<comments xmlns="{MAIN[1:-1]}"><authors><author> </author></authors><commentList>{{notes}}</commentList></comments>'
Pieces = list[str]


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[Pieces, str, str]:
    """Return a note's runs, cut anywhere, the part that is the office's, and our lines."""
    letters = st.text(st.sampled_from("查填报检户数5& <"), max_size=6).map(str.strip)
    office, lines = draw(letters), draw(st.lists(letters, min_size=1, max_size=3))
    ours = "\n".join([OURS, *(f"【{draw(st.sampled_from(['错误', '提醒']))}】{line}" for line in lines)])
    whole = f"{office}\n{ours}" if office else ours
    cuts = sorted({0, len(whole), *draw(st.lists(st.integers(0, len(whole)), max_size=4))})
    return [whole[a:b] for a, b in itertools.pairwise(cuts)], office, ours


@given(cut_texts())
def test_our_lines_are_taken_out_of_a_note_however_its_runs_are_cut(cut: tuple[Pieces, str, str]) -> None:
    pieces, office, _ = cut
    escape = str.maketrans({"&": "&amp;", "<": "&lt;"})
    runs = "".join(f'<r><rPr/><t xml:space="preserve">{piece.translate(escape)}</t></r>' for piece in pieces)
    notes = Notes(
        COMMENTS.format(notes=f'<comment ref="B2" authorId="0"><text>{runs}</text></comment>'),
        EMPTY_BOXES,
    )
    notes.remove_ours()
    left = ["".join(note.itertext()) for note in fromstring(notes.comments).iter(f"{MAIN}comment")]
    assert left == ([office] if office else [])
    notes.add({(1, 1): "【错误】不对"})
    assert len(list(fromstring(notes.comments).iter(f"{MAIN}comment"))) == 1
    assert box_addresses(fromstring(notes.boxes)) == ["B2"]


def test_a_break_that_excel_does_not_close_is_no_reason_to_rebuild() -> None:
    boxes = EMPTY_BOXES.replace("</xml>", "<v:shape><v:textbox><div>甲<br>乙</div></v:textbox></v:shape></xml>")
    notes = Notes(COMMENTS.format(notes=""), boxes)
    notes.add({(0, 0): "【错误】不对"})
    assert "甲" in "".join(fromstring(notes.boxes).itertext())


def test_an_offices_fill_whose_background_is_like_our_colour_stays(
    place: Place, clerk: User, fetch: Fetch, tmp_path: Path
):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    fill = PatternFill("solid", fgColor="FFFFE000", bgColor="FFFFE9A5")
    with_openpyxl(path, lambda page: setattr(page["A2"], "fill", fill))
    page = openpyxl.load_workbook(io.BytesIO(fetch(path, clerk)))["城区"]
    assert page["A2"].fill.fgColor.rgb == "FFFFE000"


@needs_samples
def test_the_sample_saved_by_openpyxl_has_their_note_and_ours(city: Any, fetch: Fetch):
    path = SAMPLES / "found" / "openpyxl_resaved_note.xlsx"
    found = notes_of(fetch(path, clerk_of("140423"), "communities", period="2020-06"), "社区")
    assert found.keys() == {"A1", "B2"}
    assert found["A1"] == "照公章填写"


@needs_samples
def test_the_sample_saved_by_libreoffice_has_each_note_once(city: Any, fetch: Fetch):
    path = SAMPLES / "found" / "libreoffice_resaved_marked.xlsx"
    data = fetch(path, clerk_of("140423"), "communities", period="2020-06")
    found = notes_of(data, "社区")
    assert found.keys() == {"B2", "C3"}
    assert [text.count(OURS) for text in found.values()] == [1, 1]
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["问题汇总", "社区"]


# --- Corrected cells ---


def test_the_workbook_has_the_cells_corrected_in_the_page(place: Place, clerk: User, fetch: Fetch, tmp_path: Path):
    rows: list[list[Any]] = [HEADER, GOOD, BAD, ["东关社区", "活动室", "仓库", "五百多", "2016-05-01"]]
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": rows})
    corrections = ((2, "area", "530.5"), (2, "opened_on", "2016-05-02"), (2, "name", "0012"), (3, "area", "约 530㎡"))
    data = fetch(path, clerk, corrections=corrections)
    page = openpyxl.load_workbook(io.BytesIO(data))["城区"]
    assert [cell.value for cell in page[3]] == ["和平社区", "0012", "仓库", 530.5, "2016-05-02"]
    assert page["D4"].value == "约 530㎡"
    assert [page[cell].number_format for cell in ("B3", "D3", "E3", "D4")] == ["@", "General", "@", "@"]
    assert marked_cells(openpyxl.load_workbook(io.BytesIO(data))).keys() == {"城区!C3", "城区!C4", "城区!D4"}
    path.write_bytes(data)
    answer = openpyxl.load_workbook(path)["城区"]
    assert answer["C3"].fill.fgColor.rgb == RED


def test_a_file_without_a_problem_left_still_gives_the_corrected_workbook(
    place: Place, clerk: User, fetch: Fetch, send: Any, signed_in: Any, tmp_path: Path
):
    batch = UploadBatch.objects.get(
        pk=send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "五百多", "启用日期": "2016-05-01"})])["batch"]
    )
    actions.correct_row(batch=batch, position=1, texts={"area": "530"}, by=clerk)
    batch.refresh_from_db()
    assert (batch.errors, batch.warnings) == (0, 0)
    address = reverse("uploads:annotated", args=[batch.ref])
    browser = signed_in(clerk)
    assert address in browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    data = browser.get(address).getvalue()
    assert_sound(data)
    assert 530 in [cell.value for cell in openpyxl.load_workbook(io.BytesIO(data))["Sheet1"][2]]


def test_a_corrected_number_of_a_person_is_plain_in_the_cell_only(
    place: Place, clerk: User, fetch: Fetch, tmp_path: Path, capsys: Any
):
    row = worker_row(place.communities[0].name, 身份证号=NUMBER[:-1] + "?", 到岗日期="昨天")
    path = make_xlsx(tmp_path / "社工.xlsx", {"Sheet1": [list(row), list(row.values())]})
    data = fetch(path, clerk, "workers", corrections=((1, "id_number", NUMBER),))
    book = openpyxl.load_workbook(io.BytesIO(data))
    texts = [str(cell.value) for cell in book["Sheet1"][2]]
    assert NUMBER in texts
    assert not any(NUMBER in str(cell.value) for row in book["问题汇总"].iter_rows() for cell in row)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_corrected_cell_whose_formula_serves_others_and_a_rebuilt_file_have_the_value_too(
    ending: str, place: Place, clerk: User, fetch: Fetch, tmp_path: Path
):
    path = tmp_path / f"设施.{ending}"
    if ending == "csv":
        path.write_text("\n".join(",".join(map(str, row)) for row in (HEADER, GOOD, BAD)), encoding="utf-8")
    else:
        make_xlsx(path, {"城区": [HEADER, GOOD, BAD]})
        _replace(
            path,
            "xl/worksheets/sheet1.xml",
            r'<c r="D3"[^>]*>.*?</c>',
            '<c r="D3"><f t="shared" ref="D3:D9" si="0">1-2</f><v>-1</v></c>',
        )
    data = fetch(path, clerk, corrections=((2, "area", "530"),))
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[1]
    assert page["D3"].value == 530
    assert page["C3"].fill.fgColor.rgb == RED


def test_a_formula_that_gives_way_to_a_value_leaves_the_chain_of_calculation(
    place: Place, clerk: User, fetch: Fetch, tmp_path: Path
):
    path = make_xlsx(tmp_path / "设施.xlsx", {"城区": [HEADER, GOOD, BAD]})
    _replace(path, "xl/worksheets/sheet1.xml", r'<c r="D3"[^>]*>.*?</c>', '<c r="D3"><f>1-2</f><v>-1</v></c>')
    chain = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    _replace(
        path,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/xl/calcChain.xml" ContentType="{chain}"/></Types>',
    )
    _replace(
        path,
        "xl/_rels/workbook.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rId99" Type="{kind}" Target="calcChain.xml"/></Relationships>',
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/calcChain.xml", f'<calcChain xmlns="{MAIN[1:-1]}"><c r="D3" i="1"/></calcChain>')
    untouched = fetch(path, clerk)
    assert "xl/calcChain.xml" in zipfile.ZipFile(io.BytesIO(untouched)).namelist()
    data = fetch(path, clerk, corrections=((2, "area", "530"),))
    assert "xl/calcChain.xml" not in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert openpyxl.load_workbook(io.BytesIO(data))["城区"]["D3"].value == 530


def _replace(path: Path, part: str, pattern: str, by: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    assert re.search(pattern, text), text[:2_000]
    parts[part] = re.sub(pattern, lambda _: by, text, count=1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


# --- The list of problems, as it is printed ---


def test_the_list_is_printed_across_with_its_header_on_each_page(
    place: Place, clerk: User, fetch: Fetch, tmp_path: Path
):
    path = tmp_path / "设施.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("城区")
        for number, row in enumerate((HEADER, GOOD, BAD)):
            page.write_row(number, 0, row)
        page.repeat_rows(0)
        page.print_area(0, 0, 2, 4)
    plain = make_xlsx(tmp_path / "无.xlsx", {"城区": [HEADER, GOOD, BAD]})
    text = tmp_path / "文.csv"
    text.write_text("\n".join(",".join(map(str, row)) for row in (HEADER, GOOD, BAD)), encoding="utf-8")
    for uploaded in (path, plain, text):
        data = fetch(uploaded, clerk)
        for _ in range(2):
            listing = openpyxl.load_workbook(io.BytesIO(data))["问题汇总"]
            assert listing.page_setup.orientation == "landscape"
            assert listing.page_setup.fitToWidth in {None, 1}  # 1 is the default, which xlsxwriter leaves out
            assert listing.page_setup.fitToHeight == 0
            assert listing.sheet_properties.pageSetUpPr.fitToPage
            assert listing.print_title_rows == "$1:$3"
            again = tmp_path / "又.xlsx"
            again.write_bytes(data)
            data = fetch(again, clerk)
        if uploaded is path:
            own = openpyxl.load_workbook(io.BytesIO(data))["城区"]
            assert (own.print_title_rows, own.print_area) == ("$1:$1", "'城区'!$A$1:$E$3")
