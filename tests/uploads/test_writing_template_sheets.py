"""Tests of what a template holds and how it is printed, and that it comes back without a warning (docs/spreadsheets.md §4.7)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import Role, User
from communities.models import Community, Division
from tests.factories import (
    Place,
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_user,
    make_worker,
)
from tests.uploads.samples import REGISTERS, clerk_of, upload
from uploads.template_stamp import DICTIONARY_HEADING, DICTIONARY_SHEET

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.one_database]
Download = Callable[..., Path]


@pytest.fixture
def download(tmp_path: Path, signed_in: Callable[[User], Client]) -> Download:
    """Return a function that downloads a template or an export from its page."""

    def go(register: str, user: User, *, month: str = "2018-06", filled: bool = True, export: bool = False) -> Path:
        make_period(month)
        browser = signed_in(user)
        if export:
            answer = browser.get(reverse("uploads:export", args=[register]))
        else:
            asked = {"period": month} | ({"filled": "1"} if filled else {})
            answer = browser.get(reverse("uploads:template", args=[register]), asked)
        assert answer.status_code == 200
        path = tmp_path / f"{register}{user.pk}{filled}{export}.xlsx"
        path.write_bytes(answer.getvalue())
        return path

    return go


def columns_of(page: Any) -> dict[str, int]:
    return {cell.value.rstrip("*"): cell.column for cell in page[3]}


def test_a_filled_template_names_places_as_they_are_called_after_the_merger_and_gives_no_warning(
    city: Division, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    for division in Division.objects.exclude(level=Division.Level.CITY):
        if division.code in {"140402", "140411", "140421", "140424", "140423", "140402001", "140411001", "140421100"}:
            make_organization(division)
            make_worker(division)
            make_project(division, *Community.objects.filter(Community.in_subtree(division.path))[:3])
    for code in ("140402", "140411", "140421"):
        community = Community.objects.filter(Community.in_subtree(Division.objects.by_code(code).path))[0]
        make_facility(community)
        make_profile(community)
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, city))
    for user in (clerk_of("140403"), clerk_of("140404")):
        for register in REGISTERS:
            path = download(register, user, month="2018-12")
            page = openpyxl.load_workbook(path).worksheets[0]
            counties = {page.cell(row, columns_of(page)["县（市、区）"]).value for row in range(4, page.max_row + 1)}
            assert counties.isdisjoint({"城区", "郊区", "长治县", "屯留县"})
            answer, status = upload(capsys, register, path, user, period="2018-12")
            assert (status, answer["changed"], answer["new"], answer["problems"]) == (0, 0, 0, []), register
            assert answer["rows"] > 0


def test_a_place_closed_twice_is_named_as_it_stands_today(
    place: Place, clerk: User, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (make_division(f"14040200{number}", f"老{number}街道办事处", place.county) for number in (7, 8))
    make_organization(first)
    for old, new in ((first, second), (second, place.street)):
        old.valid_to, old.successor = datetime.date(2018, 6, 1), new
        old.prepare_keys()
        old.save()
    path = download("organizations", clerk)
    page = openpyxl.load_workbook(path).worksheets[0]
    assert page.cell(4, columns_of(page)["街道（乡镇）"]).value == "东街街道办事处"
    assert upload(capsys, "organizations", path, clerk, period="2018-06")[0]["problems"] == []


def test_projects_list_communities_by_name_and_by_code_where_a_name_is_not_enough(
    place: Place, clerk: User, officer: User, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = make_community(place.other_street, "和平社区居委会")
    spaced = make_community(place.street, "东关、南关社区居委会")
    served = (place.communities[0], place.communities[1], twin, spaced, place.villages[0])
    make_project(place.county, *served)
    make_project(place.street, place.communities[1])
    expected = {
        clerk: [place.communities[0].code, "东关社区居委会", spaced.code, twin.code],
        officer: [place.communities[0].code, "东关社区居委会", spaced.code, twin.code, place.villages[0].code],
    }
    for user, words in expected.items():
        path = download("projects", user)
        page = openpyxl.load_workbook(path).worksheets[0]
        column = columns_of(page)["服务社区"]
        assert page.cell(4, column).value.split("、") == words
        assert page.cell(5, column).value == "东关社区居委会"
        answer, _ = upload(capsys, "projects", path, user, period="2018-06")
        assert (answer["unchanged"], answer["changed"], answer["problems"]) == (2, 0, [])


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("filled", [True, False])
def test_a_sheet_is_printed_across_with_its_header_on_each_page_and_filled_rows_only(
    register: str, filled: bool, place: Place, clerk: User, download: Download
) -> None:
    make_facility(place.communities[0])
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    make_project(place.county)
    book = openpyxl.load_workbook(download(register, clerk, filled=filled))
    page = book.worksheets[0]
    for sheet in (page, book["填表说明"]):
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert page.print_title_rows == "$3:$3"
    assert page.print_area == "", "rows that an office adds are printed too"
    framed = [row for row in range(4, page.max_row + 1) if page.cell(row, 1).border.left.style]
    written = [row for row in range(4, page.max_row + 1) if any(cell.value is not None for cell in page[row])]
    assert framed == written, "an empty row with a frame would be printed"
    assert bool(written) == filled
    (rules,) = page.conditional_formatting
    assert str(rules.sqref).startswith(f"A{len(written) + 4}:")
    assert rules.rules[0].dxf.border.left.style == "thin"


def test_an_id_number_and_a_credit_code_fit_into_their_columns(place: Place, clerk: User, download: Download) -> None:
    for register, headers in {"workers": ["身份证号"], "organizations": ["统一社会信用代码"]}.items():
        page = openpyxl.load_workbook(download(register, clerk)).worksheets[0]
        for header in headers:
            letter = openpyxl.utils.get_column_letter(columns_of(page)[header])
            assert page.column_dimensions[letter].width >= 20


@pytest.mark.parametrize("text", ["0012", "=甲楼", "2018-06", "12345678901234567890", "1E5", "3-4", "+86"])
def test_what_programs_like_to_alter_leaves_in_text_cells_and_comes_back(
    text: str, place: Place, clerk: User, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    make_facility(place.communities[0], text, note=text)
    make_organization(place.communities[0], text, established_on=datetime.date(1900, 2, 28))
    make_worker(place.communities[0], certificate_number=text)
    make_project(place.county, number=text)
    for register in ("facilities", "organizations", "workers", "projects"):
        for export in (False, True):
            path = download(register, clerk, export=export)
            page = openpyxl.load_workbook(path).worksheets[0]
            cells = [cell for cell in page[4] if isinstance(cell.value, str)]
            assert text in {cell.value for cell in cells}
            assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
            answer, _ = upload(capsys, register, path, clerk, period="2018-06")
            assert (answer["unchanged"], answer["changed"], answer["errors"]) == (1, 0, 0), register


def test_our_lists_are_no_table_when_a_program_shows_their_sheet(
    place: Place, clerk: User, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    make_facility(place.communities[0])
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    make_project(place.county)
    shown = 0
    for register in REGISTERS:
        path = download(register, clerk)
        book = openpyxl.load_workbook(path)
        if DICTIONARY_SHEET in book.sheetnames:
            shown += 1
            assert book[DICTIONARY_SHEET]["A1"].value.startswith(DICTIONARY_HEADING)
            book[DICTIONARY_SHEET].sheet_state = "visible"
            book.save(path)
        answer, status = upload(capsys, register, path, clerk, period="2018-06")
        assert (status, answer["changed"], answer["new"], answer["problems"]) == (0, 0, 0, [])
    assert shown >= 4


@pytest.mark.parametrize("heading", ["{}", "Sheet 2: <em>{}</em>"])
def test_explanations_and_lists_below_the_table_of_a_web_page_are_no_rows(
    heading: str, place: Place, clerk: User, download: Download, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read a template that a program has saved as a web page, with all its sheets as tables one below the other."""
    make_facility(place.communities[0])
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    make_project(place.county)
    for register in REGISTERS:
        path = download(register, clerk)
        book = openpyxl.load_workbook(path)
        path.with_suffix(".xls").write_text(
            "".join(_as_html(page, heading) for page in book.worksheets), encoding="utf-8"
        )
        answer, status = upload(capsys, register, path.with_suffix(".xls"), clerk, period="2018-06")
        assert (status, answer["changed"], answer["new"], answer["problems"]) == (0, 0, 0, []), register
        assert answer["unchanged"] >= 1


def _as_html(page: Any, heading: str) -> str:
    cells = [["" if value is None else escape(str(value)) for value in row] for row in page.values]
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    return f"<h1>{heading.format(page.title)}</h1><table>{rows}</table>"
