"""The form of an announcement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from changzhi_portal.pages import VersionForm
from notices.models import Announcement


class _DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        messages = {"required": f"请填写{options['label']}。", "invalid": "日期应写成2018-07-05这样。"}
        super().__init__(widget=widget, error_messages=messages, **options)


class AnnouncementForm(VersionForm):
    """An announcement; `version` is the one that the page showed."""

    text = forms.CharField(
        label="公告内容",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="一两句话，最多200字，显示在每个人的每一页顶上。",
        error_messages={"required": "请填写公告内容。", "max_length": "公告内容最多200个字。"},
    )
    begins_on = _DayField(label="开始日期", help_text="从这一天起显示。")
    until = _DayField(label="结束日期", help_text="这一天还显示，第二天自动撤下。")
    is_public = forms.BooleanField(
        label="登录前也显示", required=False, help_text="例如系统停机的通知；不要写内部事项，没登录的人也看得到。"
    )

    def __init__(self, *args: Any, announcement: Announcement | None = None, **kwargs: Any) -> None:
        today = timezone.localdate()
        known = (
            {"begins_on": today, "until": today}
            if announcement is None
            else {name: getattr(announcement, name) for name in ("text", "begins_on", "until", "is_public", "version")}
        )
        kwargs["initial"] = {**known, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean_text(self) -> str:
        """Return the text in one line, as it is shown."""
        return " ".join(self.cleaned_data["text"].split())

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning, at the field that says it."""
        data = super().clean() or self.cleaned_data
        if data.get("begins_on") and data.get("until") and data["until"] < data["begins_on"]:
            self.add_error("until", "结束日期不能早于开始日期。")
        return data

    def values(self) -> dict[str, Any]:
        """Return what was filled in, for the action."""
        return {name: self.cleaned_data[name] for name in ("text", "begins_on", "until", "is_public")}
