"""Tests of a rendered briefing: the layout of GB/T 9704 to the millimetre, the fonts, and no missing glyphs."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from changzhi_portal.briefings import Paragraph
from changzhi_portal.refusals import InvalidError, UnavailableError
from reports import fonts
from reports.fonts import SYSTEM_FONTS, SystemFont, require_fonts, require_glyphs
from reports.issue import PrintedSection, issue_markup
from reports.pdf import RefusedAddressError, own_file, print_markup
from tests.reports.briefings import CITY, figures, issue, short_community, target

pytestmark = pytest.mark.one_database

MM = 72 / 25.4
RARE = "虒峧辿垯窊淜芣迴垴堙"


def page_of(body: str) -> str:
    return f"<!DOCTYPE html><html lang='zh-Hans'><head><title>试印</title></head><body>{body}</body></html>"


def paragraphs_of(sentences: list[str]) -> str:
    blocks = tuple(Paragraph(sentence) for sentence in sentences)
    return render_to_string("reports/briefing/blocks.html", {"part": PrintedSection("", "一", "", blocks)})


def words_of(pdf: bytes, tmp_path: Path) -> dict[int, list[tuple[float, float, float, float, str]]]:
    """Return every word of each page with its box (left, top, right, bottom in points), read with poppler."""
    if shutil.which("pdftotext") is None:
        pytest.skip("NOT CHECKED: pdftotext is missing (apt-get install poppler-utils)")
    path = tmp_path / "words.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, check=True, encoding="utf-8")
    found: dict[int, list[tuple[float, float, float, float, str]]] = defaultdict(list)
    page = 0
    for line in run.stdout.splitlines():
        if "<page" in line:
            page += 1
        elif word := re.search(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*)</word>', line):
            left, top, right, bottom = (float(word[number]) for number in range(1, 5))
            found[page].append((left, top, right, bottom, word[5]))
    return found


def fonts_in(pdf: bytes) -> dict[str, bool]:
    """Return by name, without the subset's prefix, whether each font of a PDF is embedded."""
    found = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()["/DescendantFonts"][0].get_object()
            descriptor = font["/FontDescriptor"].get_object()
            is_embedded = any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))
            found[str(font["/BaseFont"]).split("+")[-1].lstrip("/")] = is_embedded
    return found


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.fixture(scope="module")
def full_pages() -> bytes:
    """Render two pages of one repeated character, then every kind of heading and rare characters of place names."""
    return print_markup(
        page_of(
            f"<p class='unindented'>{'国' * (28 * 22 * 2)}</p>"
            f"<h1>标题</h1><h2>一、黑体</h2><h3>（一）楷体</h3><p>{RARE}㎡</p>"
        )
    )


@pytest.fixture(scope="module")
def printed() -> bytes:
    """Render a briefing of the city with one target, a long annex and every text that a user may enter."""
    rows = [short_community(f"{RARE[number % 10]}第{number}社区居委会", area=100 + number) for number in range(60)]
    values = figures(
        is_demo=True,
        shortfalls={"targets": ["urban_facility_area"], "rows": rows},
        targets=[target(), target(kind="rural")],
    )
    return print_markup(
        issue_markup(issue(figures=values, commentary="编者按语。", next_steps="对照名单整改。\n\n请于7月底前报送。"))
    )


# --- Layout (docs/domain.md §7) ---


def test_every_page_is_a4(full_pages):
    for page in PdfReader(io.BytesIO(full_pages)).pages:
        assert float(page.mediabox.width) == pytest.approx(210 * MM, abs=0.1)
        assert float(page.mediabox.height) == pytest.approx(297 * MM, abs=0.1)


def test_a_full_page_has_22_lines_of_28_characters_inside_the_margins(full_pages, tmp_path):
    pages = words_of(full_pages, tmp_path)
    for number in (1, 2):
        lines = [word for word in pages[number] if "国" in word[4]]
        assert len(lines) == 22
        assert {len(word[4]) for word in lines} == {28}
        pitches = [below[1] - above[1] for above, below in itertools.pairwise(lines)]
        assert pitches == pytest.approx([28.95] * 21, abs=0.01)
        assert min(word[0] for word in lines) == pytest.approx(28 * MM, abs=0.1)
        assert max(word[2] for word in lines) == pytest.approx((210 - 26) * MM, abs=0.3)
        assert min(word[1] for word in lines) >= 37 * MM
        assert max(word[3] for word in lines) <= (297 - 35) * MM


def test_page_numbers_stand_right_on_odd_and_left_on_even_pages_one_character_in(full_pages, tmp_path):
    pages = words_of(full_pages, tmp_path)
    for number in (1, 2):
        below = [word for word in pages[number] if word[1] > (297 - 35) * MM]
        assert "".join(word[4] for word in below) == f"—{number}—"
        left, right = min(word[0] for word in below), max(word[2] for word in below)
        if number == 1:
            assert right == pytest.approx((210 - 26) * MM - 14, abs=1)
        else:
            assert left == pytest.approx(28 * MM + 14, abs=1)


def test_the_dashes_of_the_page_number_lie_7_mm_below_the_block(full_pages, tmp_path):
    if shutil.which("pdftoppm") is None:
        pytest.skip("NOT CHECKED: pdftoppm is missing (apt-get install poppler-utils)")
    path = tmp_path / "page.pdf"
    path.write_bytes(full_pages)
    # 254 dots per inch are ten per millimetre.
    command = ["pdftoppm", "-r", "254", "-f", "1", "-l", "1", "-gray", path, tmp_path / "page"]
    subprocess.run(command, check=True, capture_output=True)
    data = next(tmp_path.glob("page*.pgm")).read_bytes()
    header = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    width = int(header[1])
    pixels = data[header.end() :]
    # The middle of the second dash, which is one character away from the right margin.
    column = round((210 - 26) * 10 - 14 / 72 * 254 - 20)
    dark = [row for row in range(2_630, 2_900) if pixels[row * width + column] < 128]
    assert min(dark) == pytest.approx(2_620 + 70, abs=3)


def test_title_levels_and_body_have_the_font_of_the_standard(full_pages):
    found = {}

    def note(text, _matrix, _text_matrix, font, _size):
        for character in text.strip():
            found.setdefault(character, str(font["/BaseFont"]).split("+")[-1])

    for page in PdfReader(io.BytesIO(full_pages)).pages:
        page.extract_text(visitor_text=note)
    assert {character: found[character] for character in "国标黑楷1"} == {
        "国": "Fandol-FangSong",
        "标": "Noto-Serif-CJK-SC-Bold",
        "黑": "Noto-Sans-CJK-SC",
        "楷": "LXGW-WenKai",
        "1": "Noto-Serif-CJK-SC",
    }


def test_body_and_levels_have_16_points_the_title_22_and_page_numbers_14(full_pages, tmp_path):
    """Check that a Chinese character is as wide as its font size plus the letter-spacing of −0.25 pt of §7."""
    pages = words_of(full_pages, tmp_path)
    words = {word[4]: word for words in pages.values() for word in words}
    width = {text: (word[2] - word[0]) / len(text) for text, word in words.items()}
    assert width["国" * 28] == pytest.approx(16 - 0.25, abs=0.02)
    assert width["一、黑体"] == pytest.approx(16 - 0.25, abs=0.1)
    assert width["（一）楷体"] == pytest.approx(16 - 0.25, abs=0.1)
    assert width["标题"] == pytest.approx(22, abs=0.02)
    dash = next(word for word in pages[1] if word[4].startswith("—"))
    assert dash[3] - dash[1] == pytest.approx(14 * 1.437, abs=0.1)  # ascent and descent of Noto Serif CJK


def test_the_header_of_a_long_table_is_repeated_and_no_row_is_split(printed):
    pages = [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(printed)).pages]
    annex = [text for text in pages if "序号县（市、" in text]
    assert len(annex) >= 2
    for number in range(60):
        assert sum(f"第{number}社区居委会" in text for text in annex) == 1


def test_the_end_matter_stands_at_the_foot_of_the_last_page(printed, tmp_path):
    pages = words_of(printed, tmp_path)
    last = pages[max(pages)]
    copies = next(word for word in last if "共印" in word[4])
    assert (297 - 35) * MM - 30 < copies[3] <= (297 - 35) * MM
    assert not any("共印" in word[4] for number, words in pages.items() if number != max(pages) for word in words)
    others = [word for word in last if word[1] < copies[1] and not re.match("报：|送：|发：", word[4])]
    first = min(word[1] for word in last if re.match("报：", word[4]))
    assert max(word[3] for word in others) <= first


def test_no_line_ends_within_a_date(tmp_path):
    """Print a date at every distance from the end of a line, and in the narrowest column; each stays on one line."""
    if shutil.which("pdftotext") is None:
        pytest.skip("NOT CHECKED: pdftotext is missing (apt-get install poppler-utils)")
    dates = ["2020年11月30日", "2020年11月", "11月30日", "2020年"]
    sentences = [f"{'国' * before}{date}完成" for before in range(30) for date in dates]
    paragraphs = paragraphs_of(sentences)
    path = tmp_path / "dates.pdf"
    path.write_bytes(print_markup(page_of(paragraphs)))
    run = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True, encoding="utf-8")
    assert len(re.findall(r"(?<!\d)2020年11月30日", run.stdout)) == 30
    assert len(re.findall(r"(?<!\d)2020年11月(?!\d)", run.stdout)) == 30
    assert len(re.findall(r"(?<!年)11月30日", run.stdout)) == 30
    assert len(re.findall(r"2020年(?!\d)", run.stdout)) == 30


def test_no_line_ends_between_a_number_and_its_unit(tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("NOT CHECKED: pdftotext is missing (apt-get install poppler-utils)")
    amounts = ["1.3个百分点", "12,817.84平方米", "2—5名", "66.7%", "3,445个"]
    sentences = [f"{'国' * before}{amount}，完成" for before in range(15, 30) for amount in amounts]
    paragraphs = paragraphs_of(sentences)
    path = tmp_path / "amounts.pdf"
    path.write_bytes(print_markup(page_of(paragraphs)))
    run = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True, encoding="utf-8")
    for amount in amounts:
        assert run.stdout.count(amount) == 15, amount


def test_the_month_of_completion_fits_its_column(tmp_path):
    pace = {
        "outlook": "in_time", "progress": 1.25, "months_counted": 6, "attained_in": "2020-11", "needed": 1.0,
        "months_left": 30,
    }  # fmt: skip
    values = figures(targets=[target(judged=3_446, met=3_000, unmet=446, percent=100.0, pace=pace)])
    pages = words_of(print_markup(issue_markup(issue(figures=values))), tmp_path)
    months = [word for words in pages.values() for word in words if word[4] == "2020年11月"]
    assert len(months) == 2, "on the summary page and in the table"
    assert max(month[2] for month in months) <= (210 - 26) * MM


# --- Content ---


def test_the_issue_has_its_masthead_sections_annex_and_end_matter(printed):
    text = text_of(printed)
    for part in (
        "三社联动工作简报",
        "第6期（总第8期）",
        "长治市民政局2018年7月5日",
        "2018年6月全市“三社联动”目标完成情况",
        "按语：编者按语。",
        "一、总体进展",
        "二、分项情况",
        "（一）城市社区设施面积",
        "三、购买服务",
        "四、主要短板",
        "五、下步工作对照名单整改。请于7月底前报送。",
        "附件：未达标城市社区名单",
        "报：山西省民政厅，长治市委、市人民政府",
        "送：市直有关单位",
        "发：各县（市、区）民政局",
        "共印30份",
    ):
        assert part in text, part
    assert re.search("城市社区设施面积≥500㎡15396—57062.7%\\+1.3—", text), "the row of the table"


def test_sections_without_content_leave_no_gap_in_the_numbering():
    context = issue_markup(issue(figures=figures(targets=[target(farthest=None)])))
    assert re.findall(r"<h2>(.)、(.*?)</h2>", context) == [("一", "总体进展"), ("二", "分项情况"), ("三", "购买服务")]


def test_invented_data_say_so_on_every_page(printed):
    for page in PdfReader(io.BytesIO(printed)).pages:
        assert "（演示数据）" in page.extract_text()


def test_real_data_never_say_that_they_are_invented():
    markup = issue_markup(issue(figures=figures()))
    assert "演示" not in markup


def test_charts_are_drawn_and_not_printed_as_text(printed):
    """Check that the numbers of the bars appear once, at their bars."""
    text = text_of(printed)
    assert "全市62.7%" in text
    assert "66.7%" in text


def test_typed_text_cannot_bring_markup_in():
    markup = issue_markup(issue(next_steps="<script>alert(1)</script>\n<img src='http://example.org/x'>"))
    assert "<script" not in markup and "<img" not in markup


# --- Fonts ---


def test_every_font_is_embedded_and_one_of_ours(printed):
    found = fonts_in(printed)
    assert all(found.values()), found
    assert set(found) == {
        "Fandol-FangSong",
        "Noto-Serif-CJK-SC",
        "Noto-Serif-CJK-SC-Bold",
        "Noto-Sans-CJK-SC",
        "LXGW-WenKai",
        "AR-PL-UMing-CN-Light",
    }


def test_rare_characters_of_place_names_are_printed_and_can_be_searched(full_pages):
    assert RARE in text_of(full_pages)


def test_the_pdf_says_that_it_is_an_archive_copy(printed):
    reader = PdfReader(io.BytesIO(printed))
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part(=\"|>)3", metadata)
    assert re.search(r"pdfaid:conformance(=\"|>)A", metadata)
    assert "/OutputIntents" in reader.trailer["/Root"]
    assert reader.metadata.title == "2018年6月全市“三社联动”目标完成情况（演示数据）"
    assert reader.metadata.author == CITY.office


def test_the_same_issue_printed_again_is_the_same_file():
    markup = issue_markup(issue())
    assert print_markup(markup) == print_markup(markup)


@pytest.mark.parametrize(
    ("character", "point"),
    [("\ue123", "U+E123"), ("\U000f1234", "U+F1234"), ("\u0378", "U+0378"), ("\U0003ffff", "U+3FFFF"), ("ཀ", "U+0F40")],
    ids=["private use", "private use, far", "unassigned", "no character", "another script"],
)
def test_a_character_in_no_font_fails_naming_it(character, point):
    values = figures(shortfalls={"targets": ["urban_facility_area"], "rows": [short_community(f"和{character}平社区")]})
    with pytest.raises(InvalidError, match=point.replace("+", r"\+")) as refusal:
        print_markup(issue_markup(issue(figures=values)))
    assert f"“{character}”" in str(refusal.value)
    assert point in refusal.value.cure


def test_a_box_in_the_output_fails_even_when_the_fonts_promised_the_character(monkeypatch):
    """Check that a character drawn as .notdef is found in the document although the check before passed it."""
    monkeypatch.setattr(fonts, "_is_printable", lambda character, covered: True)
    # At the end of the private use areas: symbol fonts, for instance LibreOffice's, use the beginning.
    with pytest.raises(InvalidError, match=r"U\+10FFF0"):
        print_markup(page_of("<p>和\U0010fff0平</p>"))


def test_all_missing_characters_are_named_at_once():
    with pytest.raises(InvalidError) as refusal:
        require_glyphs("甲\ue001乙\ue002")
    assert "U+E001" in str(refusal.value) and "U+E002" in str(refusal.value)


def test_line_breaks_tabs_and_invisible_marks_need_no_glyph():
    require_glyphs("第一行\n\t第二行\u3000\u00a0\u200b\ufeff")


def test_a_missing_body_font_fails_naming_it_and_the_cure(settings, tmp_path):
    settings.FONT_DIR = tmp_path
    with pytest.raises(UnavailableError, match=r"FandolFang-Regular\.otf") as refusal:
        print_markup(page_of("<p>国</p>"))
    assert refusal.value.cure == f"The font FandolFang-Regular.otf (仿宋) is not in {tmp_path}. Run: make setup"


def test_a_missing_system_font_fails_naming_it_and_its_package():
    absent = SystemFont("方正小标宋_GBK", "小标宋", "fonts-no-such-package")
    with pytest.raises(UnavailableError, match="方正小标宋_GBK"):
        require_fonts((*SYSTEM_FONTS, absent))
    require_fonts()


# --- What a page may load ---


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x.png",
        "https://example.org/x.css",
        "file:///etc/passwd",
        "data:text/css,body{}",
        "static:../manage.py",
        "static:reports/no-such.css",
        "font:../secrets/SECRET_KEY",
        "font:/etc/passwd",
        "font:",
        "static:",
        "",
    ],
)
def test_only_our_own_files_can_be_loaded(address):
    with pytest.raises(RefusedAddressError):
        own_file(address)


def test_our_style_sheet_and_font_can_be_loaded():
    assert b"@page" in own_file("static:reports/briefing.css")[0]
    assert own_file("font:FandolFang-Regular.otf")[0][:4] == b"OTTO"


def test_a_page_that_asks_for_anything_else_is_not_printed():
    with pytest.raises(UnavailableError, match="系统之外的文件") as refusal:
        print_markup(page_of("<img src='http://127.0.0.1:9/x.png' alt=''>"))
    assert "http://127.0.0.1:9/x.png" in refusal.value.cure
