"""The tables of list pages: what every register's table shares, and the columns several of them use."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData
from django_tables2.utils import OrderBy

from changzhi_portal.facts import DASH, in_words


class StableOrder(TableQuerysetData):
    """Sorting with the primary key as the last word, so that no row appears on two pages."""

    data: Any

    def order_by(self, aliases: Any) -> None:
        """Sort by the columns' keys; empty values stand last in both directions."""
        super().order_by(aliases)
        keys = [
            F(key.removeprefix("-")).desc(nulls_last=True) if key.startswith("-") else F(key).asc(nulls_last=True)
            for key in self.data.query.order_by
            if isinstance(key, str)
        ]
        if keys:
            self.data = self.data.order_by(*keys, "pk")


class RegisterTable(tables.Table):
    """A register's table. `caption` names it for screen readers; `default_order` is the column it is sorted by at first.

    Chinese columns are sorted by pinyin: they name the stored key in `order_by`.
    """

    default_order: ClassVar[str] = ""
    caption: ClassVar[str] = ""

    class Meta:
        template_name = "frame/table.html"
        default = DASH

    def __init__(self, data: QuerySet, **kwargs: Any) -> None:
        request = kwargs.pop("request", None)
        super().__init__(data=data, **kwargs)
        self.data = StableOrder(data)
        self.data.set_table(self)
        self.rows.data = self.data
        self.request = request

    @property
    def sorted_by(self) -> dict[str, str]:
        """For `aria-sort`: the name of each sorted column with its direction."""
        return {
            OrderBy(alias).bare: "descending" if alias.startswith("-") else "ascending" for alias in self.order_by or ()
        }


class NumberColumn(tables.Column):
    """A whole or decimal number, right-aligned, with thousands separated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"th": {"class": "number"}, "td": {"class": "number"}})
        super().__init__(*args, **kwargs)

    def render(self, value: Any) -> str:
        """`1,200` or `520.50`."""
        return in_words(value)


class DayColumn(tables.Column):
    """A day: 2018-06-30."""

    def render(self, value: Any) -> str:
        """ISO form, which reads well in a dense table."""
        return in_words(value)


class YesNoColumn(tables.Column):
    """是, 否, or a dash when nobody has said."""

    def render(self, value: bool) -> str:
        """The word."""
        return in_words(value)


class CodeColumn(tables.Column):
    """A code or number that is read digit by digit."""

    def render(self, value: Any) -> SafeString:
        """Digits of equal width."""
        return format_html('<span class="code">{}</span>', value)


class MomentColumn(tables.Column):
    """A moment: 2018-07-03 09:15."""

    def render(self, value: Any) -> str:
        """In the city's own time."""
        return in_words(value)
