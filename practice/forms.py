"""The form of a story."""

from __future__ import annotations

from typing import Any

from django import forms

from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.filters import DayInput
from communities.models import Division
from practice.actions import StoryFields
from practice.clauses import CLAUSE_CHOICES
from practice.models import LONGEST_BODY, LONGEST_SUMMARY, Story

_NO_CHOICE = ("", "（没有填）")
_INITIAL = ("kind", "title", "on", "outlet", "level", "url", "clause", "summary", "body", "note", "version")


class StoryForm(VersionForm):
    """A story of the user's own office; `version` is the one that the page showed."""

    kind = forms.ChoiceField(
        label="类别",
        choices=[("", "请选择"), *Story.Kind.choices],
        error_messages={"required": "请选择类别。", "invalid_choice": "请在列出的类别里选择。"},
    )
    title = forms.CharField(
        label="标题",
        max_length=100,
        error_messages={"required": "请填写标题。", "max_length": "标题最多100个字。"},
    )
    on = forms.DateField(
        label="日期",
        widget=DayInput(),
        help_text="刊播的那一天，或者活动、做法开始的那一天。",
        error_messages={"required": "请填写日期。", "invalid": "日期写成2018-06-30这样。"},
    )
    community = forms.CharField(
        label="社区",
        required=False,
        max_length=60,
        help_text="说的是一个社区的，写社区名称；名称有重的，写12位社区代码。",
        error_messages={"max_length": "社区名称最多60个字。"},
    )
    clause = forms.ChoiceField(
        label="对应条款",
        choices=[_NO_CHOICE, *CLAUSE_CHOICES],
        required=False,
        help_text="典型案例和创新做法报送前要选，案例库按条款归类。",
        error_messages={"invalid_choice": "请在列出的条款里选择。"},
    )
    outlet = forms.CharField(
        label="刊播媒体",
        required=False,
        max_length=60,
        help_text="媒体报道要填，例如：长治日报。",
        error_messages={"max_length": "刊播媒体最多60个字。"},
    )
    level = forms.ChoiceField(
        label="级别",
        choices=[_NO_CHOICE, *Story.Level.choices],
        required=False,
        error_messages={"invalid_choice": "请在列出的级别里选择。"},
    )
    url = forms.URLField(
        label="网址",
        required=False,
        max_length=300,
        assume_scheme="http",
        help_text="网上能看到的，写完整的网址。",
        error_messages={"invalid": "网址写成http://…或者https://…这样。", "max_length": "网址最多300个字符。"},
    )
    summary = forms.CharField(
        label="摘要",
        max_length=LONGEST_SUMMARY,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="做了什么，效果怎样。不写居民、志愿者的姓名、电话和身份证号；入选的，简报可以引用这一段。",
        error_messages={"required": "请填写摘要。", "max_length": f"摘要最多{LONGEST_SUMMARY}个字。"},
    )
    body = forms.CharField(
        label="正文",
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"max_length": f"正文最多{LONGEST_BODY}个字。"},
    )
    note = forms.CharField(
        label="备注", required=False, max_length=500, error_messages={"max_length": "备注最多500个字。"}
    )

    def __init__(self, *args: Any, story: Story | None, **kwargs: Any) -> None:
        if story is not None:
            initial = {name: getattr(story, name) for name in _INITIAL}
            kwargs["initial"] = initial | {"community": _community_text(story)}
        super().__init__(*args, **kwargs)

    def values(self) -> StoryFields:
        """Return what was filled in."""
        return StoryFields(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


def _community_text(story: Story) -> str:
    """Return what the form says of the community: for a town's office its name, else its code, which is never ambiguous."""
    if story.community is None:
        return ""
    is_of_town = story.division.level == Division.Level.TOWN
    return story.community.name if is_of_town else story.community.code
