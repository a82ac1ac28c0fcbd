"""The user manual inside the portal: docs/manual.md as a page."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown  # type: ignore[import-untyped]

from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.rights import EVERYBODY


class Manual(NamedTuple):
    """The manual as HTML: its list of chapters, and the text."""

    chapters: SafeString
    text: SafeString


@cache
def manual() -> Manual:
    """Return the manual of this release, rendered once, without its title, which the page shows."""
    source = (settings.BASE_DIR / "docs" / "manual.md").read_text(encoding="utf-8")
    body = source.partition("\n")[2]
    renderer = Markdown(
        extensions=["tables", "toc", "sane_lists"],
        extension_configs={"toc": {"slugify": lambda title, _: title, "toc_depth": "2-2"}},
    )
    text = renderer.convert(body)
    # Our own file, not user input.
    return Manual(mark_safe(renderer.toc), mark_safe(text))  # noqa: S308  # type: ignore[attr-defined]


class ManualPage(PortalPage):
    """The manual, chapter by chapter."""

    requires = EVERYBODY
    title = "使用手册"
    template_name = "frame/manual.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the whole manual on one page, so that the browser's search and printing cover all of it."""
        return self.render_to_response(self.get_context_data(manual=manual()))
