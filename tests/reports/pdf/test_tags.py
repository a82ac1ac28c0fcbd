"""Tests of what a screen reader finds in a printed issue, and of the rules of PDF/A and PDF/UA that programs here know."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import outloud
import pikepdf
import pytest
from outloud.model import Document
from outloud.viewer import reading_order
from pikepdf import pdfa

from reports.issue import issue_markup
from reports.pdf import Attachment, print_markup
from tests.reports.briefings import division, figures, issue, target
from tests.reports.pdf.pages import city_issue, page_of
from tests.reports.test_pdf import text_of

pytestmark = pytest.mark.one_database

# What pikepdf's check says of every file that claims PDF/A-3a and PDF/UA: it knows level B only, and no description of
# fields (ISO 19005-3, 6.6.2.3.3), by which pdfuaid:part is allowed.
UNKNOWN_TO_THE_CHECK = re.compile(
    r"XMP namespace pdfa(Extension|Schema|Property)=|XMP property (pdfuaid:part|pdfaExtension:schemas) is not permitted"
    r"|pdfaid:conformance is 'A', expected 'B'"
)
# outloud 0.2.1 forgets a header cell over two rows in the last column; `test_the_cells_of_every_row…` counts them. It also takes
# an alternative text for no language that has no spaces between words, as Chinese, or more figures than letters.
MISCOUNTED_BY_OUTLOUD = ("TBL-004", "FIG-012")
HEADED = """
<table><caption>表一</caption>
<thead>
  <tr><th rowspan="2">名称</th><th rowspan="2">标准</th><th colspan="2">达标数</th><th rowspan="2">预计</th></tr>
  <tr><th>合计</th><th>超出</th></tr>
</thead>
<tbody>
  <tr><th>面积</th><td>500</td><td>96</td><td>3</td><td>6月</td></tr>
  <tr><th rowspan="2">组织</th><td>10</td><td>11</td><td>12</td><td>7月</td></tr>
  <tr><td>20</td><td colspan="2">21</td><td>8月</td></tr>
</tbody></table>"""


@pytest.fixture(scope="module")
def city() -> bytes:
    return print_markup(city_issue(), attachments=(Attachment("figures.json", "application/json", b"{}", "本期数据"),))


@pytest.fixture(scope="module")
def read_out(city, tmp_path_factory) -> list[tuple[str, str]]:
    """Return the kind and text of everything in the order of the tags, as outloud reads it."""
    path = tmp_path_factory.mktemp("tags") / "city.pdf"
    path.write_bytes(city)
    document = Document(str(path))
    pieces = [(piece["type"], piece["text"]) for page in reading_order(document).values() for piece in page]
    document.close()
    return pieces


@pytest.fixture(scope="module")
def opened(city) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(city)) as document:
        yield document


def elements(document: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """Return the elements of the structure tree in reading order."""
    found = []

    def walk(element):
        found.append(element)
        for kid in element.get("/K", []):
            if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/StructElem":
                walk(kid)

    walk(document.Root.StructTreeRoot.K[0])
    return found


# --- The file as a whole ---


def test_the_rules_of_pdfa_that_pikepdf_knows_are_kept(city):
    report = pdfa.validate_written(io.BytesIO(city), "3b")
    assert [str(finding) for finding in report.findings if not UNKNOWN_TO_THE_CHECK.search(str(finding))] == []
    assert len(report.findings) == 6


def test_the_rules_of_pdfua_that_outloud_knows_are_kept(city, tmp_path):
    path = tmp_path / "city.pdf"
    path.write_bytes(city)
    result = outloud.check(str(path), skip=list(MISCOUNTED_BY_OUTLOUD))
    assert result.error is None
    assert [f"{finding.rule} {finding.message}" for finding in result.findings] == []


def test_the_file_says_language_title_and_standards(opened):
    root = opened.Root
    assert str(root.Lang) == "zh-CN"
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    assert bool(root.MarkInfo.Marked)
    metadata = root.Metadata.read_bytes().decode()
    assert metadata.count("<rdf:RDF") == 1
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    with opened.open_metadata() as read:
        assert read["pdfaid:part"] == "3" and read["pdfaid:conformance"] == "A"
        assert read["dc:title"] == "2018年6月全市“三社联动”目标完成情况（演示数据）"


def test_the_bookmarks_are_the_headings_in_levels(opened):
    with opened.open_outline() as outline:
        title, annex = outline.root
        assert title.title.startswith("2018年6月全市“三社联动”目标完成情况")
        sections = [section.title for section in title.children]
        assert sections[:3] == ["一页通（截至2018年6月30日）", "一、总体进展", "二、分项情况"]
        assert [target.title for target in title.children[2].children] == [
            "（一）城市社区设施面积",
            "（二）农村社区专业人才",
        ]
        assert annex.title == "未达标城市社区名单"


# --- Reading order ---


def test_an_issue_is_read_out_from_its_name_to_its_copies(read_out):
    spoken = "".join(text for kind, text in read_out if kind != "Artifact")
    parts = (
        "三社联动工作简报",
        "第6期（总第8期）",
        "长治市民政局",
        "2018年7月5日",
        "目标完成情况",
        "按语：今年以来",
        "一、总体进展",
        "全市各项目标达标情况",
        "城市社区设施面积",
        "二、分项情况",
        "（一）城市社区设施面积",
        "[Figure alt: 各县（市、区）城市社区设施面积达标率",
        "（二）农村社区专业人才",
        "附件：未达标城市社区名单",
        "0社区居委会",
        "59社区居委会",
        "报：山西省民政厅",
        "送：市直有关单位",
        "共印30份",
    )
    places = []
    for part in parts:
        places.append(spoken.index(part, places[-1] if places else 0))
    assert places == sorted(places)


def test_page_numbers_and_page_notes_are_not_read_out(read_out):
    spoken = [text for kind, text in read_out if kind != "Artifact"]
    assert not any(re.search(r"—\s*\d+\s*—", text) for text in spoken)
    assert sum("（演示数据）" in text for text in spoken) == 1  # under the title
    hidden = [text for kind, text in read_out if kind == "Artifact"]
    assert len(hidden) == len([text for text in hidden if re.search(r"—\s*\d+\s*—", text)]) > 2


def test_all_that_is_read_is_in_the_tree_and_all_else_is_an_artifact(opened):
    """Check that every piece of marked content belongs to an element of the tree, and that its number is used once."""
    owned = set()
    for element in elements(opened):
        for kid in element.get("/K", []):
            if isinstance(kid, int):
                assert (element.Pg.objgen, kid) not in owned
                owned.add((element.Pg.objgen, kid))
    marked = {
        (page.obj.objgen, int(operands[1].MCID))
        for page in opened.pages
        for operands, operator in pikepdf.parse_content_stream(page)
        if str(operator) == "BDC" and "/MCID" in operands[1]
    }
    assert owned == marked


def test_headings_are_tagged_as_such_in_levels_without_a_gap(opened):
    levels = [str(element.S) for element in elements(opened) if re.fullmatch("/H[1-6]", str(element.S))]
    assert levels[:4] == ["/H1", "/H2", "/H2", "/H2"] and levels[4] == "/H3"


# --- Charts and tables ---


def test_every_chart_has_an_alternative_text_and_its_place_on_the_page(opened):
    charts = [element for element in elements(opened) if element.S == "/Figure"]
    assert len(charts) == 2
    for chart in charts:
        assert "达标率" in str(chart.Alt)
        left, bottom, right, top = (float(edge) for edge in chart.A.BBox)
        assert 79 < left < right < 522 and 99 < bottom < top < 738


def test_a_cell_names_the_headers_above_and_beside_it_also_behind_merged_ones():
    with pikepdf.open(io.BytesIO(print_markup(page_of(HEADED)))) as document:
        _check_named_headers(elements(document))


def _check_named_headers(found):
    headers = [element for element in found if element.S == "/TH"]
    names = ["名称", "标准", "达标数", "预计", "合计", "超出", "面积", "组织"]
    by_id = {bytes(header.ID): name for header, name in zip(headers, names, strict=True)}
    named = [[by_id[bytes(header)] for header in element.A.Headers] for element in found if element.S == "/TD"]
    assert named == [
        ["标准", "面积"],
        ["达标数", "合计", "面积"],
        ["达标数", "超出", "面积"],
        ["预计", "面积"],
        ["标准", "组织"],
        ["达标数", "合计", "组织"],
        ["达标数", "超出", "组织"],
        ["预计", "组织"],
        ["标准", "组织"],
        ["达标数", "合计", "超出", "组织"],
        ["预计", "组织"],
    ]
    assert [str(header.A.Scope) for header in headers] == ["/Column"] * 6 + ["/Row"] * 2


def test_headers_are_found_by_their_names(opened):
    ids = {bytes(element.ID) for element in elements(opened) if "/ID" in element}
    names = opened.Root.StructTreeRoot.IDTree.Kids[0].Names
    assert {bytes(name) for name in list(names)[::2]} == ids
    assert [bytes(name) for name in list(names)[::2]] == sorted(ids)


def test_the_cells_of_every_row_fill_the_same_number_of_columns(opened):
    for table in (element for element in elements(opened) if element.S == "/Table"):
        rows = [row for group in table.K if group.S in ("/THead", "/TBody") for row in group.K]
        taken: dict[tuple[int, int], bool] = {}
        for number, row in enumerate(rows):
            column = 0
            for cell in row.K:
                while (number, column) in taken:
                    column += 1
                wide, high = int(cell.A.get("/ColSpan", 1)), int(cell.A.get("/RowSpan", 1))
                taken.update(
                    dict.fromkeys(
                        ((number + down, column + across) for down in range(high) for across in range(wide)), True
                    )
                )
        widths = {sum(place[0] == number for place in taken) for number in range(len(rows))}
        assert len(widths) == 1


def test_markup_in_a_name_stays_a_name_in_text_and_charts():
    names = ("城<b>区&amp;</b>", '襄"垣<svg>县')
    places = [division(f"14040{number}", name, 8, 4 + number) for number, name in enumerate(names)]
    pdf = print_markup(issue_markup(issue(figures=figures(targets=[target(divisions=places)]))))
    for name in names:
        assert text_of(pdf).count(name) >= 2, name
