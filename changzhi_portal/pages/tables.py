"""The tables of list pages: what all tables of registers share, and columns that several of them use."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_tables2.data import TableQuerysetData
from django_tables2.utils import A, OrderBy

from changzhi_portal.display import DASH, display_number, display_value
from changzhi_portal.pages.cells import cell_maker
from changzhi_portal.rights import Actor

MOST_SORT_KEYS = 3
_RANK = '<span class="sort-rank"><span class="visually-hidden">排序第</span>{}</span>'


class SortKey(NamedTuple):
    """A column that rows are sorted by."""

    name: str
    header: str
    is_descending: bool


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


class _Columns(dict[str, tables.Column]):
    """The columns of a table's class. Tables copy them, to change a column at most as a whole attribute."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, tables.Column]:
        return {name: copy.copy(column) for name, column in self.items()}


class RegisterTable(tables.Table):
    """A register's table. `caption` names it for screen readers; `default_order` is the column it is first sorted by.

    `optional` are the columns that are hidden until somebody chooses them; the first column is always shown. Chinese
    columns are sorted by pinyin: they name the stored key in `order_by`.
    """

    default_order: ClassVar[str] = ""
    caption: ClassVar[str] = ""
    optional: ClassVar[tuple[str, ...]] = ()
    # The fields that cells, their links and the boxes read, so that a row is not loaded in full; () for all fields.
    reads: ClassVar[tuple[str, ...]] = ()
    # Whether each row begins with a box to tick.
    has_boxes: bool = False
    # The request that the table answers, whose address the links of its head change.
    request: HttpRequest

    class Meta:
        template_name = "frame/register_table.html"
        default = DASH

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.base_columns = _Columns(cls.base_columns)

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
    def heads(self) -> Iterator[SafeString]:
        """Yield the cells of the first row as HTML; a click on one sorts by it, and htmx replaces only the result."""
        keys = self.sort_keys
        ranks = {key.name: rank for rank, key in enumerate(keys, start=1)}
        query = self.request.GET.copy()
        query.pop("page", None)
        for column in self.columns:
            attributes = column.attrs["th"].as_html()
            if not column.orderable:
                yield format_html('<th {} scope="col">{}</th>', attributes, column.header)
                continue
            rank = ranks.get(column.name, 0)
            direction = "none" if not rank else "descending" if keys[rank - 1].is_descending else "ascending"
            query["sort"] = self.sorted_after(column.name)
            link = f"?{query.urlencode()}"
            yield format_html(
                '<th {} scope="col" data-sorted="{}" aria-sort="{}"><a class="sort" href="{}" hx-get="{}"'
                ' hx-target="#result" hx-swap="outerHTML">{}</a>{}</th>',
                attributes,
                direction,
                direction if rank == 1 else "none",
                link,
                f"{self.request.path}{link}",
                column.header,
                format_html(_RANK, rank) if rank and len(keys) > 1 else "",
            )

    @property
    def lines(self) -> Iterator[SafeString]:
        """Yield the rows of the page as HTML."""
        makers = [cell_maker(column, self) for column in self.columns]
        for record in self.paginated_rows.data:
            box = self._box_of(record) if self.has_boxes else ""
            cells = "".join([make(record) for make in makers])
            yield mark_safe(f"<tr>{box}{cells}</tr>")  # noqa: S308  # every part is escaped

    def _box_of(self, record: Any) -> SafeString:
        """Return the cell with the box that is ticked for a bulk edit."""
        return format_html(
            '<td class="pick"><label class="pick-box"><input class="form-check-input" type="checkbox" name="ref"'
            ' value="{}" form="bulk"><span class="visually-hidden">选择{}</span></label></td>',
            record.ref,
            record,
        )

    @property
    def sort_keys(self) -> list[SortKey]:
        """Return what the rows are sorted by, the first key first."""
        return [
            SortKey(OrderBy(alias).bare, str(self.columns[OrderBy(alias).bare].header), alias.startswith("-"))
            for alias in self.order_by or ()
        ]

    def sorted_after(self, name: str) -> str:
        """Return the sort parameter after a click on a column's header.

        The column becomes the first key, or changes its direction if it is the first; the others come after it, as when
        one sorts a spreadsheet by one column after another. At most MOST_SORT_KEYS.
        """
        keys = [str(alias) for alias in self.order_by or ()]
        same = next((key for key in keys if key.removeprefix("-") == name), name)
        if keys and keys[0] == same:
            same = name if same.startswith("-") else f"-{name}"
        others = [key for key in keys if key.removeprefix("-") != name]
        return ",".join([same, *others][:MOST_SORT_KEYS])


class TypedColumn(tables.Column):
    """A column whose value a file keeps as it is: a number, a day, whether something is so (`pages.exported`)."""

    def value(self, value: Any) -> Any:
        """Return the value itself, where a page shows it as text."""
        return value


class NumberColumn(TypedColumn):
    """A whole or decimal number, right-aligned, with thousands separated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"th": {"class": "number"}, "td": {"class": "number"}})
        super().__init__(*args, **kwargs)

    def render(self, value: Any) -> str:
        """Return `1,200` or `520.50`."""
        return display_value(value)


class AmountColumn(NumberColumn):
    """A number without trailing zeros, whatever scale the database gives a computed one: 134.95."""

    def render(self, value: Any) -> str:
        """Return `1,200` or `520.5`."""
        return display_number(value)


class ShortColumn(tables.Column):
    """A short text that must not be broken: a name, a state, a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"td": {"class": "short"}})
        super().__init__(*args, **kwargs)


class DayColumn(TypedColumn, ShortColumn):
    """A day: 2018-06-30."""

    def render(self, value: Any) -> str:
        """Return the day in ISO form."""
        return display_value(value)


class MonthColumn(ShortColumn):
    """A month, held as its first day: 2018年6月."""

    def render(self, value: Any) -> str:
        """Return the month in words."""
        return f"{value.year}年{value.month}月"


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

    def exported_parts(self, accessor: A, name: str) -> tuple[tuple[str, str, A], ...]:
        """Return the two columns of a file, so that the days stay days: name, what follows the header, accessor."""
        return ((name, "（起）", accessor), (self.until.split(A.SEPARATOR)[-1], "（止）", self.until))


class YesNoColumn(TypedColumn, ShortColumn):
    """是, 否, or a dash for None."""

    def render(self, value: bool) -> str:
        """Return the word."""
        return display_value(value)


class MomentColumn(TypedColumn, ShortColumn):
    """A moment: 2018-07-03 09:15."""

    def render(self, value: Any) -> str:
        """Return the moment in the city's time zone."""
        return display_value(value)
