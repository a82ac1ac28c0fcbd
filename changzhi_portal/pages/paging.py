"""Pages of a long list, as every list of the portal is cut."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator


class NumberedPage(Page):
    """A page that knows which page numbers to offer beside itself."""

    @property
    def pages_around(self) -> list[Any]:
        """The first and last pages and those around this one, with an ellipsis in the gaps."""
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1))


class ForgivingPaginator(Paginator):
    """Shows the nearest page instead of an error when an old link asks for one that is gone."""

    def validate_number(self, number: Any) -> int:
        """Return the page number, brought into range."""
        try:
            return super().validate_number(number)
        except PageNotAnInteger:
            return 1
        except EmptyPage:
            return self.num_pages if str(number).isdecimal() and int(number) > 0 else 1

    def _get_page(self, *args: Any, **kwargs: Any) -> NumberedPage:
        return NumberedPage(*args, **kwargs)
