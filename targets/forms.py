"""Forms of the plan pages: a plan, and one target of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import Dimension, dimensions, indicators
from targets.figure_values import unit_of
from targets.figures import OF_DIVISIONS, version_name
from targets.models import Target, TargetPlan
from targets.wording import name_counted


def refuse_reserved(code: str) -> str:
    """Return the code of a plan or target. Raises ValidationError for "new", which is the URL of the form for a new one."""
    if code == "new":
        raise forms.ValidationError("代码不能是new，请换一个。")
    return code


class ChangeForm(forms.Form):
    """The fields of every change of a plan: the reason, and the version that the page showed (`based_on`)."""

    reason = forms.CharField(
        label="修改原因",
        max_length=200,
        help_text="写给以后查阅的人看，如“按市局2019年第3次会议意见，把农村社区也纳入”。",
        error_messages={"required": "请写明修改原因。"},
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PlanForm(forms.ModelForm):
    """Title, document and days of a plan."""

    class Meta:
        model = TargetPlan
        fields = ("title", "document", "starts_on", "ends_on")
        labels: ClassVar[dict[str, str]] = {
            "title": "方案名称",
            "document": "依据文件",
            "starts_on": "开始日期",
            "ends_on": "结束日期",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "document": "文号和标题，简报中会引用。",
            "starts_on": "月末在这一天或以后的月份，按这个方案测评。",
            "ends_on": "应达到目标的日期。之后如果没有新方案，仍按这个方案测评。",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }


class EditPlanForm(PlanForm, ChangeForm):
    """Title, document and days of a plan, with the reason for changing them."""

    @property
    def values(self) -> dict[str, Any]:
        """Return the new field values of the plan. The form must be valid."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class CopyPlanForm(PlanForm):
    """A new plan with the targets of another one."""

    source = forms.ModelChoiceField(
        label="照哪个方案复制",
        queryset=TargetPlan.objects.none(),
        empty_label=None,
        help_text="新方案先有同样的目标，再逐项修改。原方案不受影响。",
    )

    class Meta(PlanForm.Meta):
        fields = ("source", "code", *PlanForm.Meta.fields)  # type: ignore[assignment]
        labels: ClassVar[dict[str, str]] = {**PlanForm.Meta.labels, "code": "方案代码"}
        help_texts: ClassVar[dict[str, str]] = {
            **PlanForm.Meta.help_texts,
            "code": "英文小写字母、数字和连字符，如2030；用在网址和数据接口中，定了不再改。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["source"].queryset = TargetPlan.objects.current()

    def clean_code(self) -> str:
        """Any code that has an address of its own."""
        return refuse_reserved(self.cleaned_data["code"])


def counted_field(dimension_code: str) -> str:
    """Return the name of the form field that selects the counted values of a dimension."""
    return f"counted_{dimension_code}"


def _counted_field(dimension: Dimension, chosen: list[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=f"计入的{dimension.title}",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=f"只对{dimension.subject}的指标有用。一个都不选，就是全部计入。",
        choices=list(dimension.values.items()),
        initial=chosen,
    )


class TargetForm(forms.ModelForm, ChangeForm):
    """One target. The counting rule is a set of checkboxes for each dimension."""

    indicator = forms.ChoiceField(
        label="统计什么",
        help_text="指标，由登记表自动统计。“工作指标”按县（市、区）测评：下限、上限至少填一个，计量单位照括号里的填。",
    )

    class Meta:
        model = Target
        fields = (
            "name", "short_name", "clause", "quotation", "is_scored", "level", "kind", "minimum_population",
            "urban_districts_only", "indicator", "per", "aggregate", "at_least", "at_most", "coverage_at_least", "unit",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "name": "目标",
            "clause": "条款",
            "quotation": "文件原文",
            "is_scored": "参与测评",
            "level": "测评谁",
            "kind": "社区类型",
            "minimum_population": "人口不少于",
            "urban_districts_only": "只测评市辖区",
            "per": "怎样折算",
            "aggregate": "要求谁达到",
            "at_least": "下限",
            "at_most": "上限",
            "coverage_at_least": "比例（%）",
            "unit": "计量单位",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "完整说法，如“每个城市社区有10个以上社区社会组织”。",
            "short_name": "表格和图中使用，十个字以内为好。",
            "clause": "在文件中的位置，如：三、四（三）3。",
            "quotation": "照抄文件中的原话；没有核对过原文就先空着。",
            "is_scored": "不勾选就只列数字、不评达标，如全省性的总数。",
            "level": "社区：逐个社区统计；县（市、区）：整个县合起来统计；全域：只列数字。",
            "kind": "不选就是城市、农村社区都算。",
            "minimum_population": "人。含本数；人口少于这个数的社区不参评，人口不详的列为未知。空着就是不限。",
            "urban_districts_only": "测评县（市、区）时用：县和县级市不参评。",
            "per": "每百户：指标×100÷户数；每万人：指标×10000÷常住人口。户数、人口不详的列为未知。",
            "aggregate": "逐个达到：每个社区都要达到下限。平均达到：全市、每个县、每个乡镇各自的平均数达到下限"
            "（折算的，用指标总数除以总户数或总人口）。达到一定比例：有一定比例的社区达到下限。",
            "at_least": "含本数：正好等于下限也算达标。",
            "at_most": "空着就是不限。超过上限仍算达标，另外列出；统计“工作指标”的，超过上限就是未达标。",
            "coverage_at_least": "只在“达到一定比例”时填，如80。",
            "unit": "如：㎡、个、名。折算时不用写“每百户”。",
        }
        widgets: ClassVar[dict[str, Any]] = {"quotation": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["indicator"].choices = [
            *((each.code, f"{each.name}（{each.unit}）") for each in indicators()),
            (
                "工作指标",
                [(version_name(each.code), f"{each.name}（{unit_of(each)}）") for each in declared_figures()],
            ),
        ]
        fields["kind"].choices = [("", "不限"), *[pair for pair in fields["kind"].choices if pair[0]]]
        fields["per"].choices = [("", "不折算，按总数"), *[pair for pair in fields["per"].choices if pair[0]]]
        for code, dimension in dimensions().items():
            fields[counted_field(code)] = _counted_field(dimension, self.instance.counting_rule.get(code, []))
        columns = list(self.Meta.fields)
        after = columns.index("indicator") + 1
        self.order_fields([*columns[:after], *map(counted_field, dimensions()), *columns[after:]])

    def clean(self) -> dict[str, Any]:
        """Build the counting rule; add an error for checked boxes of a dimension that the indicator does not have."""
        cleaned = super().clean() or {}
        code_counted = cleaned.get("indicator") or ""
        indicator = next((each for each in indicators() if each.code == code_counted), None)
        is_figure = code_counted.startswith(OF_DIVISIONS)
        rule = {}
        for code, dimension in dimensions().items():
            chosen = cleaned.get(counted_field(code)) or []
            if chosen and (is_figure or (indicator is not None and indicator.dimension != dimension)):
                name = name_counted(code_counted)
                self.add_error(counted_field(code), f"“{name}”不分{dimension.title}，请把这里的勾都去掉。")
            elif chosen:
                rule[code] = chosen
        self.instance.counting_rule = rule
        return cleaned

    @property
    def clause_fields(self) -> list[forms.BoundField]:
        """Return the visible fields of the target, without those of `ChangeForm`."""
        return [field for field in self.visible_fields() if field.name not in ChangeForm.base_fields]

    @property
    def values(self) -> dict[str, Any]:
        """Return the new field values of the target. The form must be valid."""
        chosen = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return {**chosen, "counting_rule": self.instance.counting_rule}


class NewTargetForm(TargetForm):
    """A new target of the plan."""

    class Meta(TargetForm.Meta):
        fields = ("code", *TargetForm.Meta.fields)  # type: ignore[assignment]
        labels: ClassVar[dict[str, str]] = {**TargetForm.Meta.labels, "code": "目标代码"}
        help_texts: ClassVar[dict[str, str]] = {
            **TargetForm.Meta.help_texts,
            "code": "英文小写字母、数字和下划线，如rural_org_count；用在网址和数据接口中，定了不再改。",
        }

    def clean_code(self) -> str:
        """Any code that has an address of its own."""
        return refuse_reserved(self.cleaned_data["code"])
