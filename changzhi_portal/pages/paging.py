"""Paging, as every list of the portal uses it."""

from __future__ import annotations

from functools import cached_property
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

    @property
    def has_more(self) -> bool:
        """Return whether there are more rows than were counted."""
        return False

    def _get_page(self, *args: Any, **kwargs: Any) -> NumberedPage:
        return NumberedPage(*args, **kwargs)


class BoundedPaginator(ForgivingPaginator):
    """Paginator of a very long table: it counts and shows at most MOST rows, as counting a million takes longer than a page.

    Of few rows the keys are looked up instead, and the page is read by them: a condition without an index is asked once.
    """

    MOST = 10_000
    FEW = 500

    @cached_property
    def _counted(self) -> int:
        table: Any = self.object_list  # BoundRows, whose data hold the queryset
        rows = table.data.data.order_by()
        keys = list(rows.values_list("pk", flat=True)[: self.FEW + 1])
        if len(keys) > self.FEW:
            return int(rows[: self.MOST + 1].count())
        table.data.data = table.data.data.filter(pk__in=keys)
        return len(keys)

    @cached_property
    def count(self) -> int:
        """Return the number of rows that can be shown."""
        return min(self._counted, self.MOST)

    @property
    def has_more(self) -> bool:
        """Return whether there are more than MOST rows."""
        return self._counted > self.MOST
