"""Forms that create and change users, and that change one's own e-mail address and telephone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from accounts.actions import LONGEST_REASON
from accounts.models import ROLE_LEVELS, Department, Role, User
from changzhi_portal.identifiers import InvalidIdentifierError, clean_phone
from changzhi_portal.names import fold
from changzhi_portal.pages import VersionForm
from changzhi_portal.personal import Sealed
from communities.models import Division

LONGEST_USER_NAME = 30  # characters; the table takes more, nobody remembers more


class PhoneField(forms.CharField):
    """A telephone that is shown masked: what still has its mask, `*`, stays as it is."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "data-personal": "yes"})
        note = "手机号，或带区号的固定电话；显示星号的不用重填，要改就整个重写，删空就是清除。"
        super().__init__(label="联系电话", required=False, widget=widget, help_text=note, max_length=100, **options)

    def sealed(self, typed: str, known: Sealed | None) -> Sealed | None:
        """Return the number that was typed, or the known one for its mask; raises ValidationError for no number."""
        if "*" in typed:
            if known is None or typed != str(known):
                raise forms.ValidationError("带星号的号码请整个重写。", code="masked")
            return known
        try:
            return Sealed("phone", plain=clean_phone(fold(typed))) if typed else None
        except InvalidIdentifierError as error:
            raise forms.ValidationError(f"{error}。", code="bad_phone") from error


class ContactForm(VersionForm):
    """Form with e-mail address and telephone of a user; `version` is the one that the page showed."""

    email = forms.EmailField(
        label="电子邮箱",
        required=False,
        help_text="系统通知也发到这里，可以不填。",
        error_messages={"invalid": "邮箱的写法不对，例如：wang@example.com。"},
    )
    phone = PhoneField()

    def __init__(self, *args: Any, person: User | None, **kwargs: Any) -> None:
        known = {"email": person.email, "phone": str(person.phone or ""), "version": person.version} if person else {}
        kwargs["initial"] = {**known, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_phone(self) -> Sealed | None:
        """Return the telephone, sealed."""
        field = cast(PhoneField, self.fields["phone"])
        return field.sealed(self.cleaned_data["phone"].strip(), self.person.phone if self.person else None)


class UserForm(ContactForm):
    """Form of a user as `by` may create or change it. Of the own account the role, division and right are only shown."""

    username = forms.CharField(
        label="用户名",
        max_length=LONGEST_USER_NAME,
        help_text="登录用，建好以后不能改。可用字母、数字和@.+-_，例如姓名的拼音；不要用手机号、身份证号。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "请填写用户名。", "max_length": f"用户名最多{LONGEST_USER_NAME}个字。"},
    )
    full_name = forms.CharField(
        label="姓名",
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写姓名。", "max_length": "姓名最多50个字。"},
    )
    role = forms.ChoiceField(
        label="角色",
        help_text="一个账号只有一个角色。",
        error_messages={"required": "请选择角色。", "invalid_choice": "请在列出的角色里选择。"},
    )
    division = forms.ChoiceField(
        label="所属单位",
        help_text="只看得到这个单位范围内的内容。县区填报员选县（市、区），街道填报员选街道（乡镇），窗口受理员选县或街道（乡镇），市局人员选长治市，领导、审计员选市或县，部门经办员选部门所在的市、县或街道（乡镇）。",
        error_messages={"required": "请选择单位。", "invalid_choice": "请在列出的单位里选择。"},
    )
    department = forms.ChoiceField(
        label="所在部门",
        required=False,
        help_text="只有部门经办员要选，选所属单位的部门；没有的，先在“部门”里新增。别的角色留空。",
        error_messages={"invalid_choice": "请在列出的部门里选择。"},
    )
    may_unmask = forms.BooleanField(
        label="可查看个人信息原文",
        required=False,
        help_text="确因工作需要才给；领导、窗口受理员、部门经办员和系统管理员不能有。查看会留下记录。",
    )

    def __init__(self, *args: Any, by: User, person: User | None, **kwargs: Any) -> None:
        known = (
            {
                "full_name": person.full_name,
                "role": person.role.value,
                "division": person.division.code,
                "department": person.department.ref if person.department else "",
                "may_unmask": person.may_unmask,
            }
            if person
            else {}
        )
        super().__init__(*args, person=person, initial={**known, **(kwargs.pop("initial", None) or {})}, **kwargs)
        self.divisions = {each.code: each for each in divisions_for(by)}
        roles = [role for role in Role if role in by.assignable_roles or (person is not None and role is person.role)]
        cast(forms.ChoiceField, self.fields["role"]).choices = [
            ("", "请选择"),
            *((role.value, str(role.label)) for role in roles),
        ]
        cast(forms.ChoiceField, self.fields["division"]).choices = [
            ("", "请选择"),
            *grouped_divisions(list(self.divisions.values())),
        ]
        self._departments = {each.ref: each for each in departments_for(by)}
        cast(forms.ChoiceField, self.fields["department"]).choices = [
            ("", "没有"),
            *_grouped_departments(list(self._departments.values())),
        ]
        if Role.DEPARTMENT_CLERK not in roles:
            del self.fields["department"]
        if person is not None:
            del self.fields["username"]
        if not by.role.may_grant_unmasking:
            del self.fields["may_unmask"]
        if person is not None and person.pk == by.pk:
            for name in {"role", "division", "department", "may_unmask"} & set(self.fields):
                self.fields[name].disabled = True
                self.fields[name].help_text = "自己的不能自己改，请另一位管理员办理。"
        shown = ["username", "full_name", "role", "division", "department", "email", "phone", "may_unmask", "version"]
        self.order_fields(shown)

    def values(self) -> dict[str, Any]:
        """Return the values of a valid form as the actions take them; the right only where it is asked for."""
        values = {name: self.cleaned_data[name] for name in ("full_name", "role", "email", "phone")}
        values["division"] = self.divisions[self.cleaned_data["division"]]
        values["department"] = self._departments.get(self.cleaned_data.get("department", ""))
        if "username" in self.fields:
            values["username"] = self.cleaned_data["username"]
        if "may_unmask" in self.fields:
            values["may_unmask"] = self.cleaned_data["may_unmask"]
        return values


class ReasonForm(VersionForm):
    """Form with the reason for something done to an account."""

    reason = forms.CharField(
        label="原因",
        max_length=LONGEST_REASON,
        help_text=f"最多{LONGEST_REASON}个字，例如“手机丢失，本人当面提出”。请先确认是本人要求的。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请写明原因。", "max_length": f"原因最多{LONGEST_REASON}个字。"},
    )


class AccountSettingsForm(VersionForm):
    """Form of what the bureau has decided about accounts."""

    counties_manage_clerks = forms.BooleanField(
        label="县区填报员可以管理本县的街道填报员账号",
        required=False,
        help_text="勾选后，县区填报员能新建、修改、停用本县街道（乡镇）的街道填报员，重置密码、解锁；管不到别的县和别的角色。",
    )


def divisions_for(by: User) -> Sequence[Division]:
    """Return the current divisions where `by` may have users, by code, those of each level that the roles take."""
    levels = {level for role in by.managed_roles for level in ROLE_LEVELS[role]}
    found = Division.objects.current().visible_to(by).filter(level__in=levels)
    return list(found.select_related("parent").order_by("code"))


def departments_for(by: User) -> Sequence[Department]:
    """Return the departments in use where `by` may have users, by the code of their division and their name."""
    found = Department.objects.active().visible_to(by).filter(division__valid_to__isnull=True)
    return list(found.with_place().order_by("division__code", "name"))


def _grouped_departments(departments: Sequence[Department]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return choices under the names of the divisions."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in departments:
        groups.setdefault(each.division.full_name, []).append((each.ref, each.name))
    return list(groups.items())


def grouped_divisions(divisions: Sequence[Division]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return choices under headings: the city, the counties, then the towns of each county."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for level, heading in (
        (Division.Level.CITY, "市"),
        (Division.Level.COUNTY, "县（市、区）"),
        (Division.Level.TOWN, ""),
    ):
        for each in (division for division in divisions if division.level == level):
            under = heading or f"{each.parent.name if each.parent else ''}的街道（乡镇）"
            groups.setdefault(under, []).append((each.code, each.name))
    return list(groups.items())
