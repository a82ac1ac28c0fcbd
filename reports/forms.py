"""Forms of the briefing pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod


class BriefingFilterForm(FilterForm):
    """Filter form that always shows all fields."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "period", "state")
    search_hint: ClassVar[str] = "县（市、区）名称"


class PrintBriefingForm(forms.Form):
    """Form with a month and a division, the city or a county: only divisions the user may see, past ones included."""

    period = forms.ModelChoiceField(
        label="统计月",
        queryset=ReportingPeriod.objects.exclude(state=ReportingPeriod.State.UPCOMING),
        empty_label=None,
        error_messages={"required": "请选择统计月。", "invalid_choice": "没有这个统计月，请重新选择。"},
    )
    division = forms.ModelChoiceField(
        label="范围",
        queryset=Division.objects.none(),
        empty_label=None,
        to_field_name="ref",
        error_messages={"required": "请选择全市或一个县（市、区）。", "invalid_choice": "没有这个区划，请重新选择。"},
    )

    # The edition to print again, from the page of an edition; the list prints the original.
    edition = forms.IntegerField(
        min_value=1,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": "没有这一版简报。", "min_value": "没有这一版简报。"},
    )

    @property
    def has_months(self) -> bool:
        """Return whether there is a month to choose."""
        return bool(self.fields["period"].queryset.exists())  # type: ignore[attr-defined]

    def __init__(self, *args: Any, user: Actor, **kwargs: Any) -> None:
        # It stands beside the list's filters, which have a month as well.
        kwargs["auto_id"] = "id_print_%s"
        super().__init__(*args, **kwargs)
        levels = (Division.Level.CITY, Division.Level.COUNTY)
        self.fields["division"].queryset = (  # type: ignore[attr-defined]
            Division.objects.visible_to(user).filter(level__in=levels).order_by("level", "code", "valid_from")
        )
        for name in ("period", "division"):
            self.fields[name].widget.attrs["class"] = "form-select w-auto"
