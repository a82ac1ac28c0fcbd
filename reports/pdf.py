"""Converting HTML to PDF/A with WeasyPrint, with our own fonts and style sheets only.

A page may load files by two schemes only: "static:PATH" is one of the project's static files, "font:FILE" a font in
FONT_DIR. Every other address is refused, so that text in a document cannot make the server fetch anything. Characters
without a glyph are refused too.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from changzhi_portal.refusals import UnavailableError
from reports.fonts import missing_glyphs, require_fonts, require_glyphs

# PDF/A-3 with every character mapped to Unicode: suitable for archives, and text can be searched and copied.
PDF_VARIANT = "pdf/a-3u"
STYLE_SHEET = "static:reports/briefing.css"


class RefusedAddressError(Exception):
    """An address of a file that is not ours."""


def own_file(url: str) -> tuple[bytes, str]:
    """Return content and media type of the file behind "static:PATH" or "font:FILE".

    Raises RefusedAddressError for every other address.
    """
    scheme, _, name = url.partition(":")
    path = {"static": _static_file, "font": _font_file}.get(scheme, _nothing)(name)
    if path is None:
        raise RefusedAddressError(f"A briefing may load only our own files, not {url[:200]}")
    return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _static_file(name: str) -> Path | None:
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:  # a path that leads out of the static files
        return None
    return Path(found) if isinstance(found, str) and Path(found).is_file() else None


def _font_file(name: str) -> Path | None:
    path = Path(settings.FONT_DIR) / name
    return path if Path(name).name == name and path.is_file() else None


def _nothing(name: str) -> None:
    return None


def print_markup(markup: str, *, style_sheets: tuple[str, ...] = (STYLE_SHEET,), what: str = "简报") -> bytes:
    """Return the PDF of a complete HTML document, by default styled by static/reports/briefing.css.

    `what` names the document in refusals.

    Raises UnavailableError when a font is not installed or the document refers to a file that is not ours, and
    InvalidError naming the characters that no font has.
    """
    require_fonts()
    try:
        return _render(markup, style_sheets, what)
    except RefusedAddressError as refused:
        raise UnavailableError(
            f"{what}引用了系统之外的文件，已停止生成，请联系系统管理员。",
            cure=f"{refused}. Remove the reference from the template.",
        ) from refused


def _render(markup: str, style_sheets: tuple[str, ...], what: str) -> bytes:
    # Heavy imports: half a second and 100 MB, which only printing a briefing needs.
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFilesFetcher(URLFetcher):
        """Fetcher of our own files; raises FatalURLFetchingError, the only error at which WeasyPrint stops."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            """Return the file behind the address."""
            try:
                content, kind = own_file(url)
            except RefusedAddressError as refused:
                raise FatalURLFetchingError(str(refused)) from refused
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    fetcher, fonts = OwnFilesFetcher(allowed_protocols=("static", "font")), FontConfiguration()
    page = HTML(string=markup, url_fetcher=fetcher)
    require_glyphs("".join(page.etree_element.itertext()), what=what)
    try:
        styles = [CSS(url=sheet, url_fetcher=fetcher, font_config=fonts) for sheet in style_sheets]
        document = page.render(font_config=fonts, stylesheets=styles, pdf_variant=PDF_VARIANT)
        pdf: bytes = document.write_pdf(pdf_variant=PDF_VARIANT)
    except FatalURLFetchingError as fatal:
        raise RefusedAddressError(str(fatal)) from fatal
    # Characters that the text layout could not draw although a font has them, which would be boxes in the PDF.
    boxes = sorted({chr(point) for font in document.fonts.values() for point in font.missing})
    if boxes:
        raise missing_glyphs(boxes, what=what)
    return pdf
