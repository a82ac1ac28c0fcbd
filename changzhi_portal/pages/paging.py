"""Paging, as every list of the portal uses it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator


class NumberedPage(Page):
    """A page that knows which page numbers are linked beside it."""

    @property
    def pages_around(self) -> list[Any]:
        """Return the first and last page numbers and those around this one, with an ellipsis in the gaps."""
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1))


class ForgivingPaginator(Paginator):
    """Paginator that shows the nearest page instead of an error for a page number that no longer exists."""

    # Django's is translated each time that a page number is compared with it.
    ELLIPSIS = "…"  # type: ignore[assignment]

    def validate_number(self, number: Any) -> int:
        """Return the page number, limited to the existing pages."""
        try:
            return super().validate_number(number)
        except PageNotAnInteger:
            return 1
        except EmptyPage:
            return self.num_pages if str(number).isdecimal() and int(number) > 0 else 1

    def _get_page(self, *args: Any, **kwargs: Any) -> NumberedPage:
        return NumberedPage(*args, **kwargs)
