"""Plausible files of offices that are read wrongly in silence, or were read rightly by e666314 (failing on purpose)."""

from __future__ import annotations

import datetime

import pytest
import xlsxwriter

from tests.uploads.test_files_of_offices import FACILITY_HEADER, HEADER, NAMES, cells, check, figures  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
A, B, C = NAMES
BOTH = [(286, 720), (300, 800)]
DAY = datetime.date(2016, 5, 1)


def _book(write):
    def make(path):
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("表")
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, [A, 0, 720])
            write(book, sheet)

    return make


def test_a_struck_cell_with_a_new_figure_behind_it_that_is_not(place, check):
    """The cell's own font is struck through; only the new part has a font of its own, and no text says strike."""

    def write(book, sheet):
        struck, red = book.add_format({"font_strikeout": True}), book.add_format({"font_color": "red"})
        sheet.write_rich_string(1, 1, "86", red, "90", struck)

    assert figures(check(_book(write))) != [(8690, 720)]


@pytest.mark.parametrize("parts", [("raised first", 1), ("lowered", 2)])
def test_a_raised_mark_before_and_a_lowered_one_behind_a_figure(parts, place, check):
    def write(book, sheet):
        small, plain = book.add_format({"font_script": parts[1]}), book.add_format({"font_color": "red"})
        if parts[1] == 1:
            sheet.write_rich_string(1, 1, small, "1", plain, "730")
        else:
            sheet.write_rich_string(1, 1, "730", small, "1")

    assert figures(check(_book(write)))[0][0] not in {1730, 7301}


def test_struck_and_raised_parts_in_xml_of_2003(place, check):
    def data(text):
        return f'<Cell><Data ss:Type="String">{text}</Data></Cell>'

    rich = '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">{}</ss:Data></Cell>'
    xml = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="表"><Table>'
        f"<Row>{''.join(map(data, HEADER))}</Row><Row>{data(A)}"
        + rich.format("<S><Font>86</Font></S><Font>90</Font>")
        + rich.format("<Font>730</Font><Sup>1</Sup>")
        + "</Row></Table></Worksheet></Workbook>"
    )
    assert figures(check(xml, name="演示.xls")) != [(8690, 7301)]


def test_an_area_in_mu_above_the_table_is_not_read_as_square_metres(place, check):
    header = ["建筑面积" if each.startswith("建筑面积") else each for each in FACILITY_HEADER]
    rows = [["单位：亩", "", "", "", ""], header, [A, "演示站", "综合服务设施", 12, DAY]]
    answer = check(rows, "facilities")
    assert answer["problems"] or answer["errors"], answer["values"]


def test_a_choice_among_two_columns_of_one_name_is_not_that_among_three(place, check, clerk):
    """A new column before them shifts the ordinals: 12 becomes the residents, nothing is said."""
    from uploads import actions
    from uploads.models import UploadBatch

    first = check([["社区名称", "户数", "数", "数"], [A, 286, 720, 350]])
    batch = UploadBatch.objects.get(pk=first["batch"])
    actions.map_columns(batch=batch, chosen={"数#1": "residents", "数#2": "ignored"}, by=clerk)
    later = check([["社区名称", "户数", "数", "数", "数"], [B, 300, 12, 800, 390]], name="二.xlsx")
    assert figures(later) != [(300, 12)]
