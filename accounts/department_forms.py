"""Forms that add, change and close departments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from accounts.models import Department
from accounts.user_forms import grouped_divisions
from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.day_field import DayField
from communities.models import Division


class DepartmentForm(VersionForm):
    """A department; `divisions` are offered for a new one, that of another never changes."""

    division = forms.ChoiceField(
        label="所属区划",
        error_messages={"required": "请选择区划。", "invalid_choice": "请在列出的区划里选择。"},
    )
    name = forms.CharField(
        label="名称",
        max_length=50,
        help_text="只写部门的名称，不写区划，例如：民政局、社会事务办公室。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写部门的名称。", "max_length": "名称最多50个字。"},
    )
    opened_on = DayField("设立日期", required=False, help_text="不知道的可以不填。")
    note = forms.CharField(
        label="备注", max_length=500, required=False, error_messages={"max_length": "备注最多500个字。"}
    )

    def __init__(self, *args: Any, divisions: Sequence[Division], department: Department | None, **kwargs: Any) -> None:
        if department is not None:
            known = {name: getattr(department, name) for name in ("name", "opened_on", "note", "version")}
            kwargs["initial"] = {**known, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if department is not None:
            del self.fields["division"]
        self._divisions = {each.code: each for each in divisions}
        if "division" in self.fields:
            field = cast(forms.ChoiceField, self.fields["division"])
            field.choices = [("", "请选择"), *grouped_divisions(divisions)]

    def values(self) -> dict[str, Any]:
        """Return the values of a valid form as the actions take them."""
        values = {name: self.cleaned_data[name] for name in ("name", "opened_on", "note")}
        if "division" in self.fields:
            values["division"] = self._divisions[self.cleaned_data["division"]]
        return values


class CloseDepartmentForm(VersionForm):
    """The day from which a department is no more."""

    closed_on = DayField("撤销日期")
