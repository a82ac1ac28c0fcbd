"""Forms of organizations: the filters of the lists, and the one page of a filing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.personal import mask_of
from changzhi_portal.records import field_of
from communities.models import Community
from orgs.actions import FilingFields
from orgs.models import FEWEST_MEMBERS, Filing
from orgs.rules import NOT_FILED, WHOLE, fields_asked

_HELP = {
    "name": "同一社区的组织不得同名。",
    "members": f"不少于{FEWEST_MEMBERS}人。",
    "venue": "平时在哪里活动，例如：和平社区党群服务中心二楼。",
    "purpose": "为谁做什么，一两句话。",
    "credit_code": "登记证书上的18位代码。",
    "reason": "例如：成员已经散去，不再活动。",
}
_OPTIONAL = frozenset({"phone", "legal_form"})
_LONG = frozenset({"purpose", "reason"})


class OrganizationFilterForm(FilterForm):
    """Form that always shows place and the two columns that targets use."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "registration", "active")
    search_hint: ClassVar[str] = "名称、信用代码或社区"


class FilingFilterForm(FilterForm):
    """Form that always shows place, kind and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "state")
    search_hint: ClassVar[str] = "名称、备案号或社区"


class SupportFilterForm(FilterForm):
    """Form that always shows place and kind."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "active")
    search_hint: ClassVar[str] = "组织名称或社区"


def _form_field(name: str) -> forms.Field:
    """Return the form's field for one of the filing's, with its label and what is said of it."""
    field: Any = field_of(Filing, name)
    label = str(field.verbose_name)
    options: dict[str, Any] = {"label": label, "help_text": _HELP.get(name, ""), "required": name not in _OPTIONAL}
    errors = {"required": f"请填写{label}。", "invalid": f"“{label}”填得不对，请核对。"}
    if field.choices:
        errors = {"required": f"请选择{label}。", "invalid_choice": f"请在列出的里选择{label}。"}
        blank = "请选择" if name not in _OPTIONAL else "不清楚"
        return forms.ChoiceField(choices=[("", blank), *field.flatchoices], error_messages=errors, **options)
    if name == "members":
        errors |= {"min_value": "成员人数不能是负数。", "max_value": "成员人数太大，请核对。"}
        return forms.IntegerField(min_value=0, max_value=1_000_000, error_messages=errors, **options)
    length = field.max_length or 60  # a phone has no length of its own
    errors |= {"max_length": f"“{label}”最多{length}个字。"}
    widget = forms.Textarea(attrs={"rows": 3}) if name in _LONG else forms.TextInput()
    return forms.CharField(max_length=length, widget=widget, error_messages=errors, **options)


class FilingForm(VersionForm):
    """A filing of one kind: the fields that this kind asks for, filled in with what is known already."""

    def __init__(
        self, *args: Any, kind: str, filing: Filing, communities: Sequence[Community] = (), **kwargs: Any
    ) -> None:
        names = fields_asked(kind)
        known = {name: getattr(filing, name) for name in names if name not in {"phone", "community"}}
        known["community"] = filing.community.ref if filing.community_id else ""
        kwargs["initial"] = {**known, "version": filing.version, "is_eligible": filing.pk is not None}
        super().__init__(*args, **kwargs)
        self._communities = {community.ref: community for community in communities}
        for name in names:
            self.fields[name] = self._community_field() if name == "community" else _form_field(name)
        if "phone" in names and filing.phone is not None:
            self.fields["phone"].help_text = f"已填{mask_of(filing.phone)}，不改的留空。"
        if kind in WHOLE:
            self.fields["is_eligible"] = forms.BooleanField(
                label="不是业主委员会、居（村）委会的工作机构，也不是营利组织",
                error_messages={"required": NOT_FILED},
            )

    def _community_field(self) -> forms.ChoiceField:
        choices = [(ref, community.name) for ref, community in self._communities.items()]
        return forms.ChoiceField(
            label="社区",
            choices=[("", "请选择"), *choices],
            error_messages={"required": "请选择社区。", "invalid_choice": "请在本街道（乡镇）的社区里选择。"},
        )

    def values(self) -> FilingFields:
        """Return what was filled in."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in {"version", "community"}}
        community = self._communities.get(self.cleaned_data.get("community", ""))
        return FilingFields(community=community, **said)
