"""HTML to PDF/A by WeasyPrint: our own fonts and style sheets only, and nothing printed that could be a box.

What a page may load is named by two schemes of our own: "static:PATH" is a file of the project's static files,
"font:FILE" a font of FONT_DIR. Every other address is refused, so a text that found its way into a briefing can make
the server fetch nothing.
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

# PDF/A-3 with every character mapped to Unicode: archives take it, text can be searched and copied.
PDF_VARIANT = "pdf/a-3u"
STYLE_SHEET = "static:reports/briefing.css"


class RefusedAddressError(Exception):
    """A page asked for something that is not ours."""


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


def print_markup(markup: str) -> bytes:
    """The PDF of a whole HTML document, laid out by static/reports/briefing.css.

    Raises PortalError when a font is not installed, when a character is in none of the fonts, naming it, and when the
    document asks for a file that is not ours.
    """
    require_fonts()
    try:
        return _render(markup)
    except RefusedAddressError as refused:
        raise UnavailableError(
            "简报引用了系统之外的文件，已停止生成，请联系系统管理员。",
            cure=f"{refused}. Remove the reference from the template.",
        ) from refused


def _render(markup: str) -> bytes:
    # Heavy: half a second and 100 MB, which only the printing of a briefing needs.
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFilesFetcher(URLFetcher):
        """Serves our own files; WeasyPrint lets only its FatalURLFetchingError end the rendering."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            """Return the file behind the address."""
            try:
                content, kind = own_file(url)
            except RefusedAddressError as refused:
                raise FatalURLFetchingError(str(refused)) from refused
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    fetcher, fonts = OwnFilesFetcher(allowed_protocols=("static", "font")), FontConfiguration()
    page = HTML(string=markup, url_fetcher=fetcher)
    require_glyphs("".join(page.etree_element.itertext()))
    try:
        style = CSS(url=STYLE_SHEET, url_fetcher=fetcher, font_config=fonts)
        document = page.render(font_config=fonts, stylesheets=[style], pdf_variant=PDF_VARIANT)
        pdf: bytes = document.write_pdf(pdf_variant=PDF_VARIANT)
    except FatalURLFetchingError as fatal:
        raise RefusedAddressError(str(fatal)) from fatal
    # What the text layout could not draw after all, although a font has it: boxes would be in the file.
    boxes = sorted({chr(point) for font in document.fonts.values() for point in font.missing})
    if boxes:
        raise missing_glyphs(boxes)
    return pdf
