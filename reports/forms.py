"""Forms of the briefing pages."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.db.models import Case, When
from django.utils import timezone

from accounts.models import Role, User
from changelog.models.steps import LONGEST_NOTE
from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from reports.actions.settings import SETTINGS
from reports.actions.texts import REMARK, texts_digest
from reports.issue import PrintedIssue
from reports.models import Briefing, BriefingSettings
from reports.models.briefings import TEXT_LENGTH


class BriefingFilterForm(FilterForm):
    """Filter form that always shows all fields."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "period", "span", "stage")
    search_hint: ClassVar[str] = "县（市、区）名称、简报里的词句或核验码"


class DivisionField(forms.ModelChoiceField):
    """Divisions of all times; those that have ended are marked."""

    def label_from_instance(self, obj: Division) -> str:
        """Return 潞州区, 城区（已撤并）."""
        return f"{obj}（已撤并）" if obj.valid_to is not None and obj.valid_to <= timezone.localdate() else str(obj)


class PrintBriefingForm(forms.Form):
    """Form with a month and a division, the city or a county: only divisions the user may see, past ones included."""

    period = forms.ModelChoiceField(
        label="统计月",
        queryset=ReportingPeriod.objects.exclude(state=ReportingPeriod.State.UPCOMING),
        empty_label=None,
        error_messages={"required": "请选择统计月。", "invalid_choice": "没有这个统计月，请重新选择。"},
    )
    division = DivisionField(
        label="范围",
        queryset=Division.objects.none(),
        empty_label=None,
        to_field_name="ref",
        error_messages={"required": "请选择全市或一个县（市、区）。", "invalid_choice": "没有这个区划，请重新选择。"},
    )

    span = forms.ChoiceField(
        label="种类", choices=Briefing.Span.choices, required=False, error_messages={"invalid_choice": "没有这种简报。"}
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
        for name in ("period", "division", "span"):
            self.fields[name].widget.attrs["class"] = "form-select w-auto"


class PrintAllForm(forms.Form):
    """A month and what is to be covered: the month, or the quarter or year that ends with it."""

    span = forms.ChoiceField(label="种类", choices=Briefing.Span.choices, initial=Briefing.Span.MONTH)
    period = forms.ModelChoiceField(
        label="统计月（季度、年度为末月）",
        queryset=ReportingPeriod.objects.exclude(state=ReportingPeriod.State.UPCOMING),
        empty_label=None,
        error_messages={"required": "请选择统计月。", "invalid_choice": "没有这个统计月，请重新选择。"},
    )


class TextsForm(forms.Form):
    """The texts of a draft: 按语, 下步工作, a remark at each target, addressees; for a corrected edition its reason."""

    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": "请刷新后再试。"})

    def __init__(self, *args: Any, briefing: Briefing, issue: PrintedIssue | None, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(briefing, name) for name in _TEXTS} | {"seen": texts_digest(briefing)}
        super().__init__(*args, **kwargs)
        if briefing.edition > 1:
            self.fields["correction_reason"] = _text_field("更正原因", LONGEST_NOTE, is_required=True)
            self.initial["correction_reason"] = briefing.correction_reason
        self.fields["commentary"] = _text_field("按语", TEXT_LENGTH, help_text="印在正文之前。", rows=4)
        self.fields["next_steps"] = _text_field(
            "下步工作", TEXT_LENGTH, help_text="接在按数据生成的一段后面，一行一段。", rows=6
        )
        self.targets = issue.figures.targets if issue is not None else ()
        for target in self.targets:
            name = f"{REMARK}{target.code}"
            self.fields[name] = _text_field(f"{target.short_name}：说明", TEXT_LENGTH, rows=2)
            self.initial[name] = briefing.remarks.get(target.code, "")
        for name, label in (("reported_to", "报"), ("copied_to", "送"), ("distributed_to", "发")):
            self.fields[name] = forms.CharField(label=label, max_length=200, required=False)
        self.fields["copies"] = _number_field("copies", label="印数", is_required=True)


END_TEXTS = ("reported_to", "copied_to", "distributed_to", "copies")  # what is printed at the end
_TEXTS = ("commentary", "next_steps", *END_TEXTS)
# Smallest and largest number, and the sentence for any other.
_RANGES = {
    "copies": (1, 9999, "印数请填1到9999之间的整数。"),
    "publication_day": (1, 31, "印发日请填1到31之间的整数，或者不填。"),
    "unread_workdays": (1, 30, "未读提醒请填1到30之间的整数，或者不填。"),
}


def _number_field(name: str, *, label: str, is_required: bool = False, help_text: str = "") -> forms.IntegerField:
    lowest, highest, sentence = _RANGES[name]
    return forms.IntegerField(
        label=label,
        required=is_required,
        help_text=help_text,
        min_value=lowest,
        max_value=highest,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence),
    )


def _text_field(
    label: str, longest: int, *, help_text: str = "", rows: int = 2, is_required: bool = False
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=longest,
        required=is_required,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"请写明{label}。"},
    )


class CorrectionForm(forms.Form):
    """Why a corrected edition is made."""

    reason = _text_field(
        "更正原因", LONGEST_NOTE, help_text="写明哪里有错、怎么发现的，会印在更正版上。", is_required=True
    )


class UsersField(forms.ModelMultipleChoiceField):
    """Users, each with role, division and address."""

    def label_from_instance(self, obj: User) -> str:
        """Return 王某某（领导，长治市，wang@example.com）."""
        return f"{obj}（{obj.role.label}，{obj.division.name}，{obj.email or '没有登记邮箱'}）"


class RecipientsForm(forms.Form):
    """The users to whom the issues of a division are sent, among those who see its figures."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    users = UsersField(
        label="收件人",
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="每期简报印发后，用电子邮件发给勾选的人；没有登记邮箱的，只在平台里看。",
        error_messages={
            "invalid_choice": "有人已停用或看不到这里的数据，请刷新后重新勾选。",
            "invalid_pk_value": "请刷新后重新勾选。",
        },
    )

    def __init__(self, *args: Any, division: Division, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(UsersField, self.fields["users"])
        users = User.objects.who_may("may_see_figures", division).select_related("division")
        field.queryset = users.order_by(Case(When(role=Role.LEADER, then=0), default=1), "division__code", "username")


class SendAgainForm(forms.Form):
    """The version of the delivery that the page showed."""

    seen = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": "请刷新后再试。", "invalid": "请刷新后再试。"}
    )


class SettingsForm(forms.ModelForm):
    """How the issues of a division look, who they are addressed to, and when they appear."""

    seen = forms.IntegerField(widget=forms.HiddenInput, error_messages={"invalid": "请刷新后再试。"})

    class Meta:
        model = BriefingSettings
        fields = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _RANGES:
            field = self.fields[name]
            self.fields[name] = _number_field(
                name, label=str(field.label), is_required=field.required, help_text=str(field.help_text)
            )
        self.fields["masthead"].help_text = "最多12个字"

    def _post_clean(self) -> None:
        """Leave what must hold of the row to the action, which knows the division."""
