"""The tables of list pages: what all tables of registers share, and columns that several of them use."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.db.models import F, QuerySet
from django_tables2.data import TableQuerysetData
from django_tables2.utils import A, OrderBy

from changzhi_portal.display import DASH, display_value
from changzhi_portal.rights import Actor


class StableOrder(TableQuerysetData):
    """Table data that are sorted by the primary key last, so that no row appears on two pages."""

    data: Any

    def order_by(self, aliases: Any) -> None:
        """Sort by the columns' keys; empty values come last in both directions."""
        super().order_by(aliases)
        keys = [
            F(key.removeprefix("-")).desc(nulls_last=True) if key.startswith("-") else F(key).asc(nulls_last=True)
            for key in self.data.query.order_by
            if isinstance(key, str)
        ]
        if keys:
            self.data = self.data.order_by(*keys, "pk")


class RegisterTable(tables.Table):
    """A register's table. `caption` names it for screen readers; `default_order` is the column it is first sorted by.

    Chinese columns are sorted by pinyin: they name the stored key in `order_by`.
    """

    default_order: ClassVar[str] = ""
    caption: ClassVar[str] = ""

    class Meta:
        template_name = "frame/register_table.html"
        default = DASH

    def __init__(self, data: QuerySet, **kwargs: Any) -> None:
        super().__init__(data=data, **kwargs)
        self.data = StableOrder(data)
        self.data.set_table(self)
        self.rows.data = self.data

    @classmethod
    def redundant_for(cls, user: Actor) -> tuple[str, ...]:
        """Return the columns whose value is the same in every row that this user may see."""
        return ()

    @property
    def sorted_by(self) -> dict[str, str]:
        """Return the direction of each sorted column by its name, for `aria-sort`."""
        return {
            OrderBy(alias).bare: "descending" if alias.startswith("-") else "ascending" for alias in self.order_by or ()
        }


class NumberColumn(tables.Column):
    """A whole or decimal number, right-aligned, with thousands separated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"th": {"class": "number"}, "td": {"class": "number"}})
        super().__init__(*args, **kwargs)

    def render(self, value: Any) -> str:
        """Return `1,200` or `520.50`."""
        return display_value(value)


class ShortColumn(tables.Column):
    """A short text that must not be broken: a name, a state, a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"td": {"class": "short"}})
        super().__init__(*args, **kwargs)


class DayColumn(ShortColumn):
    """A day: 2018-06-30."""

    def render(self, value: Any) -> str:
        """Return the day in ISO form."""
        return display_value(value)


class SpanColumn(ShortColumn):
    """A period of days: 2018-06-30 起, or 2016-05-01 至 2018-06-30. Sorted by the first day.

    `until` is the accessor of the last day.
    """

    def __init__(self, *args: Any, until: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.until = A(until)

    def render(self, value: Any, record: Any) -> str:
        """Return both days, or only the first if the period has not ended."""
        last = self.until.resolve(record, quiet=True)
        return f"{display_value(value)} 至 {display_value(last)}" if last else f"{display_value(value)} 起"


class YesNoColumn(ShortColumn):
    """是, 否, or a dash for None."""

    def render(self, value: bool) -> str:
        """Return the word."""
        return display_value(value)


class MomentColumn(ShortColumn):
    """A moment: 2018-07-03 09:15."""

    def render(self, value: Any) -> str:
        """Return the moment in the city's time zone."""
        return display_value(value)
