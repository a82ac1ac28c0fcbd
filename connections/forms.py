"""Forms of other systems, of their tokens, and of what they are told."""

from __future__ import annotations

import datetime
from typing import Any, cast

from django import forms
from django.utils import timezone

from changelog.models import LONGEST_REASON
from changzhi_portal.pages import VersionForm
from changzhi_portal.records import field_of
from changzhi_portal.rights import Actor
from communities.models import Division
from connections.event_kinds import KINDS
from connections.models import LONGEST_LIFE, ApiClient, ApiToken, Webhook
from connections.scopes import SCOPES

_USUAL_LIFE = datetime.timedelta(days=365)


def _text(model: type[ApiClient | ApiToken | Webhook], name: str, **options: Any) -> forms.CharField:
    """Return the field of a text column, with its name, its length and its note."""
    field = field_of(model, name)
    label, longest = str(field.verbose_name), field.max_length
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=options.pop("help_text", str(field.help_text)),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"请填写{label}。", "max_length": f"{label}最多{longest}个字。"},
        **options,
    )


class ClientForm(VersionForm):
    """Form of another system; `version` is the one that the page showed."""

    name = _text(ApiClient, "name")
    purpose = _text(ApiClient, "purpose")
    contact = _text(ApiClient, "contact")

    def __init__(self, *args: Any, client: ApiClient | None = None, **kwargs: Any) -> None:
        names = ("name", "purpose", "contact", "version")
        known = {} if client is None else {name: getattr(client, name) for name in names}
        kwargs["initial"] = {**known, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return what was filled in, for the action."""
        return {name: self.cleaned_data[name] for name in ("name", "purpose", "contact")}


class NewClientForm(ClientForm):
    """Form of a new system, with its area."""

    division = forms.ChoiceField(
        label="数据范围",
        help_text="只读得到、写得到这个单位范围内的内容。登记以后不能改，要换范围的另外登记一个。",
        error_messages={"required": "请选择数据范围。", "invalid_choice": "请在列出的单位里选择。"},
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Division.objects.current().visible_to(by).select_related("parent").order_by("path")
        self.divisions = {each.code: each for each in found}
        choices = [(code, each.full_name) for code, each in self.divisions.items()]
        cast(forms.ChoiceField, self.fields["division"]).choices = [("", "请选择"), *choices]

    def values(self) -> dict[str, Any]:
        """Return what was filled in, for the action."""
        return {**super().values(), "division": self.divisions[self.cleaned_data["division"]]}


class RevokeClientForm(VersionForm):
    """Form that asks why a system is shut out."""

    reason = forms.CharField(
        label="停用原因",
        max_length=LONGEST_REASON,
        help_text="例如“项目结束”“令牌泄露”。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请写明停用的原因。", "max_length": f"停用原因最多{LONGEST_REASON}个字。"},
    )


class TokenForm(forms.Form):
    """Form of a new token."""

    label = _text(ApiToken, "label", help_text="用在哪里，例如“每晚同步”，以后好分清。")
    scopes = forms.MultipleChoiceField(
        label="范围",
        choices=[(scope.name, f"{scope.title}：{scope.explanation}") for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        help_text="只勾对方用得着的。",
        error_messages={"required": "请至少选一个范围。", "invalid_choice": "请在列出的范围里选择。"},
    )
    expires_on = forms.DateField(
        label="有效期至",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="这一天还能用，最长一年；到期前14天系统提醒。",
        error_messages={"required": "请填写有效期。", "invalid": "日期应写成2018-07-05这样。"},
    )
    addresses = forms.CharField(
        label="限定地址",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="对方服务器的IP地址或网段，例如10.1.2.3、10.1.2.0/24，几个用空格或换行隔开。不填就哪里都能用，不建议。",
        error_messages={"max_length": "限定地址最多500个字。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = timezone.localdate()
        kwargs["initial"] = {"expires_on": today + _USUAL_LIFE, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].widget.attrs |= {"min": str(today), "max": str(today + LONGEST_LIFE)}


class WebhookForm(VersionForm):
    """Form of where and of what a system is told; `version` is the one that the page showed, 0 of a new one."""

    url = _text(Webhook, "url")
    kinds = forms.MultipleChoiceField(
        label="事件",
        choices=[(kind.name, f"{kind.title}：{kind.explanation}") for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
        help_text="发生了所选的事，就往接收地址发一条；只说是哪个单位、哪个月、多少条，不带个人信息。",
        error_messages={"required": "请至少选一种事件。", "invalid_choice": "请在列出的事件里选择。"},
    )

    def __init__(self, *args: Any, webhook: Webhook | None = None, **kwargs: Any) -> None:
        known: dict[str, Any] = {}
        if webhook is not None:
            known = {"url": webhook.url, "kinds": webhook.kind_names, "version": webhook.version}
        kwargs["initial"] = {**known, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.input_type = "url"
