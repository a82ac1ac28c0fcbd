"""The filters above a list: the search box of every register, and the form that contains them."""

from __future__ import annotations

import copy
import datetime
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from changzhi_portal.names import fold
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.records import in_effect
from changzhi_portal.search import SearchSource, SearchText

# HTML of filters by all that it is made of, so it is never out of date; nothing that somebody has typed is in it.
_drawn: dict[tuple[Any, ...], SafeString] = {}
_MOST_DRAWN = 2_000


class FilterField(forms.BoundField):
    """A filter of a list with its label, as HTML.

    Drawing the ten filters of a list takes longer than its rows, and they look the same in most requests.
    """

    @property
    def markup(self) -> SafeString:
        """Return the HTML for the form above the list."""
        return self._markup(is_partial=False)

    @property
    def replacement(self) -> SafeString:
        """Return the HTML that htmx puts in the place of the filter when its choices have changed."""
        return self._markup(is_partial=True)

    def _markup(self, *, is_partial: bool) -> SafeString:
        choices, value = self._read_choices(), self.value()
        if self.errors or (value and choices is None):
            return self._draw(is_partial=is_partial)
        chosen = tuple(value) if isinstance(value, list) else value
        widget = self.field.widget
        look = (self.name, str(self.label), type(widget), tuple(widget.attrs.items()), choices, chosen, is_partial)
        if look not in _drawn:
            if len(_drawn) >= _MOST_DRAWN:
                _drawn.clear()
            _drawn[look] = self._draw(is_partial=is_partial)
        return _drawn[look]

    def _draw(self, *, is_partial: bool) -> SafeString:
        return render_to_string("frame/filter_field.html", {"field": self, "is_partial": is_partial})

    def _read_choices(self) -> tuple[tuple[str, Any], ...] | None:
        """Return the choices, which may come from the database, and let the widget use these; None for other fields."""
        if not hasattr(self.field, "choices"):
            return None
        choices = tuple(
            (str(value), tuple((str(each), str(name)) for each, name in label))
            if isinstance(label, list | tuple)  # a group of choices with its heading
            else (str(value), str(label))
            for value, label in self.field.choices
        )
        self.field.widget.choices = choices
        return choices


class FilterForm(forms.Form):
    """The form above a list. The fields in `up_front` are always shown; the others open under 更多条件."""

    bound_field_class = FilterField
    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town")
    search_hint: ClassVar[str] = "名称"

    def __init__(self, fields: dict[str, forms.Field], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = fields
        if "q" in self.fields:
            self.fields["q"].widget.attrs["placeholder"] = self.search_hint
        for field in self.fields.values():
            if isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "form-check-input"
                continue
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    def clean(self) -> dict[str, Any] | None:
        """Refuse a last day before the first one, for each pair of fields `…_from` and `…_to`, and personal numbers.

        What is typed here stands in the address, which browsers keep; the search in the header posts.
        """
        cleaned = super().clean() or self.cleaned_data
        for name in self.fields:
            typed = cleaned.get(name)
            if isinstance(typed, str) and mask_slipped_numbers(typed) != typed:
                self.add_error(name, "这里不能按身份证号、电话查，请用页面最上方的查找。")
            last = name.removesuffix("_from") + "_to"
            if name.endswith("_from") and cleaned.get(name) and cleaned.get(last) and cleaned[last] < cleaned[name]:
                self.add_error(last, "这一天早于前面的日期，请改正。")
        return cleaned

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """Return the fields that are always shown."""
        return [self[name] for name in self.up_front if name in self.fields]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        """Return the fields under 更多条件."""
        return [self[name] for name in self.fields if name not in self.up_front]

    @property
    def opens_further(self) -> bool:
        """Return whether a filter under 更多条件 is in use or wrong, so that it must be visible."""
        return any(bound.value() or bound.errors for bound in self.further_fields)


class DayInput(forms.DateInput):
    """A field for a day, with the browser's calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class DayFilter(django_filters.DateFilter):
    """A filter by a day: from it on (`gte`), or until it (`lte`)."""

    def __init__(self, label: str, column: str, comparison: str, **options: Any) -> None:
        super().__init__(field_name=column, lookup_expr=comparison, label=label, widget=DayInput(), **options)


class InEffectFilter(django_filters.DateFilter):
    """A filter by a day on which a dated fact was valid (`records.in_effect`)."""

    def __init__(self, label: str, start: str, end: str) -> None:
        super().__init__(label=label, widget=DayInput())
        self.start, self.end = start, end

    def filter(self, qs: QuerySet, value: datetime.date | None) -> QuerySet:
        """Return the rows that are valid on the day; all without a day."""
        return qs if value is None else qs.filter(in_effect(value, self.start, self.end))


class _Filters(dict[str, django_filters.Filter]):
    """The filters of a filter set's class. Filter sets copy them, to change what leads to their rows and choices."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, django_filters.Filter]:
        return {name: self._copy(each) for name, each in self.items()}

    @staticmethod
    def _copy(original: django_filters.Filter) -> django_filters.Filter:
        copied = copy.copy(original)
        copied.__dict__.pop("_field", None)
        copied.extra = dict(original.extra)
        # The function that stands in for `filter` finds its method by way of the filter.
        copied.method = original.method
        return copied


class RegisterFilterSet(django_filters.FilterSet):
    """Filter set with the search box. A register adds its filters, and names in `source` what the box finds.

    Registers whose records belong to places extend `communities.filters.PlaceFilterSet`, which adds county and town.
    """

    # What the search in the header finds too; None for a list that defines `search`.
    source: ClassVar[SearchSource | None] = None

    q = django_filters.CharFilter(label="搜索", method="filter_search")

    def __init__(self, *args: Any, form_class: type[FilterForm] = FilterForm, **kwargs: Any) -> None:
        self.form_class = form_class
        super().__init__(*args, **kwargs)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return the filters that the class declares."""
        return _Filters(super().get_filters())

    @cached_property
    def form(self) -> FilterForm:
        """Return the register's form with one field per filter."""
        return self.form_class({name: each.field for name, each in self.filters.items()}, self.data)

    def add_filters(self, added: dict[str, django_filters.Filter]) -> None:
        """Add filters of other apps (`pages.extensions`), before the form is asked for."""
        for name, each in added.items():
            each.field_name = each.field_name or name
            each.parent, each.model = self, self.queryset.model
            self.filters[name] = each

    @property
    def is_narrowed(self) -> bool:
        """Return whether any filter is in use: then an empty list means that nothing matches."""
        return any(self.data.get(name) for name in self.filters)

    @property
    def dependent_fields(self) -> list[forms.BoundField]:
        """Return the fields whose choices depend on another field; they are sent again with every result."""
        return []

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Return the rows that match the search box; a text copied from a PDF is folded as stored names are."""
        text = fold(value.strip())
        return queryset.filter(self.search(text)) if text else queryset

    def search(self, text: str) -> Q:
        """Return the condition that a row matches the text of the search box."""
        if self.source is None:
            raise NotImplementedError(f"{type(self).__name__} must say what its search box finds.")
        return self.source.matching(SearchText.without_numbers(text))
