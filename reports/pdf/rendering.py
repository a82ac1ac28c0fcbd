"""Converting HTML to a tagged PDF/A-3 with WeasyPrint, with our own fonts and style sheets only.

Text in a document cannot make the server fetch anything (see `reports.pdf.addresses`), and characters without a glyph are
refused.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from changzhi_portal.refusals import UnavailableError
from reports.fonts import missing_glyphs, require_fonts, require_glyphs
from reports.pdf.addresses import SCHEMES, RefusedAddressError, own_file

if TYPE_CHECKING:
    from reports.pdf.attachments import Attachment

# PDF/A-3 with tags, every character mapped to Unicode, and other files inside: suitable for archives and screen readers.
PDF_VARIANT = "pdf/a-3a"
STYLE_SHEET = "static:reports/briefing.css"


def print_markup(
    markup: str,
    *,
    style_sheets: tuple[str, ...] = (STYLE_SHEET,),
    what: str = "简报",
    attachments: tuple[Attachment, ...] = (),
) -> bytes:
    """Return the PDF of a complete HTML document, by default styled by static/reports/briefing.css, with files in it.

    The same arguments give the same bytes. `what` names the document in refusals.

    Raises UnavailableError when a font is not installed or the document refers to a file that is not ours, and
    InvalidError naming the characters that no font has.
    """
    require_fonts()
    try:
        return _render(markup, style_sheets, what, attachments)
    except RefusedAddressError as refused:
        raise UnavailableError(
            f"{what}引用了系统之外的文件，已停止生成，请联系系统管理员。",
            cure=f"{refused}. Remove the reference from the template.",
        ) from refused
    finally:
        # The boxes of a layout refer to each other: left to Python, 50 MB of them would still be there at the next printing.
        gc.collect()


def _render(markup: str, style_sheets: tuple[str, ...], what: str, attachments: tuple[Attachment, ...]) -> bytes:
    # Heavy imports: half a second and 100 MB, which only printing needs.
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    from reports.pdf import attachments as files
    from reports.pdf import font_files, justification, tagging

    class OwnFilesFetcher(URLFetcher):
        """Fetcher of our own files; raises FatalURLFetchingError, the only error at which WeasyPrint stops."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            """Return the file behind the address."""
            try:
                content, kind = own_file(url)
            except RefusedAddressError as refused:
                raise FatalURLFetchingError(str(refused)) from refused
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    def finish(_: Any, pdf: Any) -> None:
        """Complete the PDF before WeasyPrint writes it."""
        tagging.complete_tags(pdf)
        font_files.embed_outlines_only(pdf)
        files.attach(pdf, attachments)

    justification.install()
    font_files.install()
    fetcher, fonts = OwnFilesFetcher(allowed_protocols=SCHEMES), FontConfiguration()
    page = HTML(string=markup, url_fetcher=fetcher)
    require_glyphs("".join(page.etree_element.itertext()), what=what)
    try:
        styles = [CSS(url=sheet, url_fetcher=fetcher, font_config=fonts) for sheet in style_sheets]
        document = page.render(font_config=fonts, stylesheets=styles, pdf_variant=PDF_VARIANT)
        tagging.claim_pdfua(document.metadata)
        pdf: bytes = document.write_pdf(pdf_variant=PDF_VARIANT, finisher=finish)
    except FatalURLFetchingError as fatal:
        raise RefusedAddressError(str(fatal)) from fatal
    # Characters that the text layout could not draw although a font has them, which would be boxes in the PDF.
    boxes = sorted({chr(point) for font in document.fonts.values() for point in font.missing})
    if boxes:
        raise missing_glyphs(boxes, what=what)
    return pdf
