"""Forms of burden relief: applications, schemes, and the filters of lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db import models

from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.day_field import DayField
from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.registers.cleaning import items_of
from communities.models import Division
from workload.models import LONGEST_ASKED, WorkItem
from workload.rules import MUST_SAY, fields_asked

_LONG = frozenset({"conditions", "opinions", "note"})
_HELP = {
    "name": "按文件上的名称写。",
    "basis": "法律、法规或者文件的名称和文号。",
    "forbidden_field": "不属于这些领域的不选。",
    "valid_from": "至少提前30个工作日申请。",
    "valid_to": "从这一天起不再要求；临时的必须填写。",
    "yearly_funds": "每个社区每年多少元。",
    "conditions": "给社区配备的人员、设备，办的培训。",
    "opinions": "征求过哪些社区的意见，意见是什么；不要写姓名和电话。",
    "asked": "一行写一项。系统已有的项目会列出来，不得重复采集。",
    "office": "凭这份证明办事的单位。",
    "has_veto": "对社区一票否决的，不予准入。",
}


def _form_field(name: str, *, must_say: bool) -> forms.Field:
    """Return the form's field for one of the model, with its label and what is said of it; `must_say`: the kind needs it."""
    field: Any = WorkItem._meta.get_field(name)
    label = str(field.verbose_name)
    is_required = must_say or not field.blank
    options: dict[str, Any] = {"label": label, "help_text": _HELP.get(name, ""), "required": is_required}
    if field.has_default() and field.choices:
        options["initial"] = field.get_default()
    errors = {"required": f"请填写“{label}”。", "invalid": f"“{label}”填得不对，请核对。"}
    if field.choices:
        blank = [("", "请选择" if is_required else "不适用")]
        errors |= {"required": f"请选择“{label}”。", "invalid_choice": f"请在列出的里选择“{label}”。"}
        return forms.ChoiceField(choices=[*blank, *field.flatchoices], error_messages=errors, **options)
    if isinstance(field, models.BooleanField):
        return forms.BooleanField(**{**options, "required": False})
    if isinstance(field, models.DateField):
        return DayField(**options)
    if isinstance(field, models.DecimalField):
        errors |= {
            "min_value": f"“{label}”不能是负数。",
            "max_decimal_places": f"“{label}”最多两位小数。",
            "max_digits": f"“{label}”太大，请核对。",
            "max_whole_digits": f"“{label}”太大，请核对。",
        }
        return forms.DecimalField(
            min_value=0,
            max_digits=field.max_digits,
            decimal_places=field.decimal_places,
            error_messages=errors,
            **options,
        )
    if isinstance(field, models.PositiveSmallIntegerField):
        errors |= {"min_value": f"“{label}”至少是1。", "max_value": f"“{label}”太大，请核对。"}
        return forms.IntegerField(min_value=1, max_value=10_000, error_messages=errors, **options)
    length = LONGEST_ASKED if name == "asked" else field.max_length
    errors |= {"max_length": f"“{label}”最多{length}个字。"}
    rows = 6 if name == "asked" else 3
    widget = forms.Textarea(attrs={"rows": rows}) if name == "asked" or name in _LONG else forms.TextInput()
    return forms.CharField(max_length=length, widget=widget, error_messages=errors, **options)


class ApplicationForm(VersionForm):
    """An application of one kind: the fields that this kind asks for."""

    def __init__(self, *args: Any, kind: str, item: WorkItem | None = None, **kwargs: Any) -> None:
        names = [name for name in fields_asked(kind) if name != "kind"]
        if item is not None:
            initial = {name: getattr(item, name) for name in names} | {"version": item.version}
            if "asked" in initial:
                initial["asked"] = "\n".join(item.columns_asked)
            kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name in names:
            self.fields[name] = _form_field(name, must_say=name in MUST_SAY.get(kind, ()))

    def values(self) -> dict[str, Any]:
        """Return what was filled in, by field of the model."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        if "asked" in said:
            said["asked"] = "、".join(filter(None, items_of(said["asked"])))
        return {**said, "kind": self.kind}


class SchemeForm(forms.Form):
    """How a county weighs residents' satisfaction in a year."""

    county_code = forms.ChoiceField(
        label="县（市、区）",
        error_messages={"required": "请选择县（市、区）。", "invalid_choice": "请在列出的县（市、区）里选择。"},
    )
    year = forms.IntegerField(
        label="年度",
        min_value=2017,
        max_value=2100,
        error_messages={
            "required": "请填写年度。",
            "invalid": "年度请写成2018这样。",
            "min_value": "请填写2017年以后的年度。",
            "max_value": "年度太晚，请核对。",
        },
    )
    weight = forms.IntegerField(
        label="居民满意度权重（%）",
        min_value=0,
        max_value=100,
        help_text="不低于50；其余的是工作得分的权重。",
        error_messages={
            "required": "请填写权重。",
            "invalid": "权重请写成60这样的整数。",
            "min_value": "权重在0到100之间。",
            "max_value": "权重在0到100之间。",
        },
    )
    note = forms.CharField(
        label="备注", required=False, max_length=500, error_messages={"max_length": "备注最多500个字。"}
    )

    def __init__(self, *args: Any, counties: Sequence[Division], year: int, **kwargs: Any) -> None:
        kwargs["initial"] = {"year": year, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self._counties = {county.code: county for county in counties}
        self.fields["county_code"].choices = [(county.code, county.name) for county in counties]  # type: ignore[attr-defined]  # a choice field

    @property
    def county(self) -> Division:
        """Return the county that was chosen."""
        return self._counties[self.cleaned_data["county_code"]]


class ItemFilterForm(FilterForm):
    """Form that always shows place, kind, list and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "kind", "listed_as", "state")
    search_hint: ClassVar[str] = "编号、名称、提出部门、依据"


class WaitingFilterForm(FilterForm):
    """Form that always shows place and kind."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "kind")
    search_hint: ClassVar[str] = "编号、名称、提出部门"


class AssessmentFilterForm(FilterForm):
    """Form that always shows place and year."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "year")
    search_hint: ClassVar[str] = "社区"
