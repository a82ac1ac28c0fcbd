"""Page, fonts and styles of an issue as .docx: GB/T 9704-2012 as far as a word processor keeps it (docs/domain.md §7.6).

28 characters a line and 22 lines a page come from the size of the text block, a line pitch of exactly 28.95 pt, and
characters condensed by 0.25 pt. A grid of characters would give the same in Word, but 14 a line in LibreOffice.

Lengths in the XML are twips (1/20 pt), sizes of type are half points, widths of lines are 1/8 pt.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section, _Footer
from docx.shared import Mm, Twips

# Fonts of Chinese offices. Who lacks one gets the other by `_FONT_TABLE`.
FANGSONG, HEITI, KAITI, XIAOBIAOSONG, SONGTI = "仿宋", "黑体", "楷体", "方正小标宋简体", "宋体"
_SUBSTITUTES: Final = {
    FANGSONG: "仿宋_GB2312",
    KAITI: "楷体_GB2312",
    XIAOBIAOSONG: "华文中宋",
    HEITI: "SimHei",
    SONGTI: "SimSun",
}

TEXT_WIDTH: Final = 8844  # 156 mm
_LINE: Final = 579  # 28.95 pt
_CHARACTER: Final = 315  # 15.75 pt
_CONDENSED: Final = '<w:spacing w:val="-5"/>'
_RED: Final = "D7000F"

_FIRST_LINE: Final = f'<w:ind w:firstLineChars="200" w:firstLine="{2 * _CHARACTER}"/>'
_NO_INDENT: Final = '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
# Chinese text is spaced by its characters alone: no quarter space beside figures, no punctuation in the margin.
_BY_CHARACTERS: Final = '<w:overflowPunct w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(2 * points)}"/><w:szCs w:val="{round(2 * points)}"/>'


def _exact(twips: int, before: int = 0, after: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{twips}" w:lineRule="exact"/>'


def _style(name: str, *, of: str = "", paragraph: str = "", run: str = "", is_default: bool = False) -> str:
    """Return a paragraph style; its id is its name without spaces."""
    based_on = f'<w:basedOn w:val="{of}"/>' if of else ""
    default = ' w:default="1"' if is_default else ""
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph" w:styleId="{style_id(name)}"{default}><w:name w:val="{name}"/>{based_on}'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def style_id(name: str) -> str:
    """Return the id of a style by its name: Heading1 for "heading 1"."""
    return "".join(word[:1].upper() + word[1:] for word in name.split())


_DEFAULTS: Final = (
    f"<w:docDefaults {nsdecls('w')}><w:rPrDefault><w:rPr>{_fonts(FANGSONG)}{_CONDENSED}{_size(16)}"
    '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
    "<w:pPrDefault><w:pPr/></w:pPrDefault></w:docDefaults>"
)
_TABLE_STYLES: Final = (
    f'<w:style {nsdecls("w")} w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
    '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="40" w:type="dxa"/><w:right w:w="40" w:type="dxa"/>'
    "</w:tblCellMar></w:tblPr></w:style>",
    f'<w:style {nsdecls("w")} w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
    '<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>'
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders></w:tblPr></w:style>",
)
_NO_CONDENSING: Final = '<w:spacing w:val="0"/>'
_STYLES: Final = (
    _style(
        "Normal",
        is_default=True,
        paragraph=f'<w:widowControl w:val="0"/>{_BY_CHARACTERS}<w:snapToGrid w:val="0"/>{_exact(_LINE)}<w:jc w:val="both"/>',
    ),
    _style("Body Text", of="Normal", paragraph=_FIRST_LINE),
    _style(
        "Title",
        of="Normal",
        paragraph=f'<w:keepNext/>{_exact(_LINE, before=2 * _LINE, after=_LINE)}<w:jc w:val="center"/>',
        run=f"{_fonts(XIAOBIAOSONG)}{_NO_CONDENSING}{_size(22)}",
    ),
    _style(
        "heading 1",
        of="Normal",
        paragraph=f'<w:keepNext/>{_FIRST_LINE}<w:outlineLvl w:val="0"/>',
        run=_fonts(HEITI),
    ),
    _style(
        "heading 2",
        of="Normal",
        paragraph=f'<w:keepNext/>{_FIRST_LINE}<w:outlineLvl w:val="1"/>',
        run=_fonts(KAITI),
    ),
    _style(
        "caption",
        of="Normal",
        paragraph=f'<w:keepNext/>{_exact(400)}<w:jc w:val="center"/>',
        run=f"{_fonts(HEITI)}{_NO_CONDENSING}{_size(12)}",
    ),
    _style("footer", of="Normal", paragraph=_exact(280), run=f"{_fonts(SONGTI)}{_NO_CONDENSING}{_size(14)}"),
    _style(
        "报头",
        of="Normal",
        paragraph=f'{_exact(3 * _LINE)}<w:jc w:val="center"/>',
        run=f'{_fonts(XIAOBIAOSONG)}<w:color w:val="{_RED}"/><w:spacing w:val="80"/>{_size(44)}',
    ),
    _style("期号", of="Normal", paragraph='<w:jc w:val="center"/>'),
    _style(
        "编发行",
        of="Normal",
        paragraph=(
            f'<w:pBdr><w:bottom w:val="single" w:sz="16" w:space="4" w:color="{_RED}"/></w:pBdr>'
            f'<w:tabs><w:tab w:val="left" w:pos="{_CHARACTER}"/><w:tab w:val="center" w:pos="{TEXT_WIDTH // 2}"/>'
            f'<w:tab w:val="right" w:pos="{TEXT_WIDTH - _CHARACTER}"/>'
            f"</w:tabs>{_exact(_LINE, before=480)}"
        ),
    ),
    _style("居中", of="Normal", paragraph='<w:jc w:val="center"/>'),
    _style("按语", of="BodyText", run=_fonts(KAITI)),
    _style(
        "表格文字",
        of="Normal",
        paragraph=f'{_exact(300, before=40, after=40)}<w:jc w:val="center"/>',
        run=f"{_NO_CONDENSING}{_size(10.5)}",
    ),
    _style("图示文字", of="Normal", paragraph=f"{_exact(400)}{_NO_INDENT}", run=f"{_fonts(KAITI)}{_size(12)}"),
    _style("附件序号", of="Normal", paragraph="<w:keepNext/><w:pageBreakBefore/>", run=_fonts(HEITI)),
    _style("附件标题", of="Title", paragraph=f'{_exact(_LINE, before=_LINE, after=280)}<w:outlineLvl w:val="0"/>'),
    _style("版记", of="Normal", paragraph=_exact(_LINE - 40), run=_size(14)),
)


def prepare(document: Document, notice: str = "") -> None:
    """Give an empty document of python-docx the page, fonts, styles and settings of an issue, and nothing else.

    `notice` stands beside each page number: 草稿、演示数据; "" for none.
    """
    _drop_extras(document)
    styles = document.styles.element
    for child in list(styles):
        styles.remove(child)
    for each in (_DEFAULTS, *_STYLES, *_TABLE_STYLES):
        styles.append(parse_xml(each))
    _set_page(document.sections[0])
    _number_pages(document, notice)
    settings = document.settings.element
    for language in settings.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")  # else Word shows 兼容模式


def _drop_extras(document: Document) -> None:
    """Take out what the template of python-docx brings along: its picture, another set of styles, its fonts."""
    package, part = document.part.package, document.part
    for holder in (package, part):
        for key, relation in list(holder.rels.items()):
            if relation.reltype.rpartition("/")[2] in {"thumbnail", "stylesWithEffects", "customXml", "fontTable"}:
                del holder.rels[key]
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in _SUBSTITUTES.items()
    )
    table = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"
    part.relate_to(Part(PackURI("/word/fontTable.xml"), content_type, table.encode(), package), RT.FONT_TABLE)


def _set_page(section: Section) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    # The number stands 7 mm below the block, in a line of 14 pt.
    section.header_distance, section.footer_distance = Mm(15), Mm(35 - 7) - Twips(280)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)


def _number_pages(document: Document, notice: str) -> None:
    """Print — 1 — one character in, on the right of odd pages and on the left of even ones, the notice on the other side."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    _number_page(section.footer, "right", notice)
    _number_page(section.even_page_footer, "left", notice)


def _number_page(footer: _Footer, side: str, notice: str) -> None:
    footer.is_linked_to_previous = False
    number = (
        '<w:r><w:t xml:space="preserve">— </w:t></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        '<w:r><w:t xml:space="preserve"> —</w:t></w:r>'
    )
    words = f"<w:r><w:rPr>{_size(10.5)}</w:rPr><w:t>（{escape(notice)}）</w:t></w:r>" if notice else ""
    tab = "<w:r><w:tab/></w:r>"
    line = f"{tab}{words}{tab}{number}" if side == "right" else f"{tab}{number}{tab}{words}"
    xml = (
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Footer"/><w:tabs><w:tab w:val="left" w:pos="280"/>'
        f'<w:tab w:val="right" w:pos="{TEXT_WIDTH - 280}"/></w:tabs></w:pPr>{line}</w:p>'
    )
    element = footer._element
    for paragraph in list(element):
        element.remove(paragraph)
    element.append(parse_xml(xml))
