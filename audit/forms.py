"""Forms of the auditor: a file that was found, the days of a question, whose rights on which day."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE
from audit.filters import checked_digest
from changzhi_portal.pages.filters import DayInput, FilterForm
from communities.models import Division


class FoundFileForm(forms.Form):
    """A file that was found, or its SHA-256. The file is read once for its digest and not kept."""

    file = forms.FileField(label="找到的文件", required=False, help_text="只算出校验值，文件不保存。")
    sha256 = forms.CharField(
        label="或者文件的校验值",
        required=False,
        max_length=100,
        help_text="对方只告诉了校验值的，填在这里：64位的数字和字母。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_sha256(self) -> str:
        """Return the digest as it is stored."""
        text = self.cleaned_data["sha256"]
        return checked_digest(text) if text else ""

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("file")) == bool(cleaned.get("sha256")):
            raise forms.ValidationError("请选一个文件，或者填它的校验值，两样填一样。")
        return cleaned


class DaysForm(FilterForm):
    """The days that a question is about; without them, all."""

    up_front: ClassVar[tuple[str, ...]] = ("made_from", "made_to")

    def __init__(self, data: Any) -> None:
        super().__init__(
            {
                "made_from": forms.DateField(label="从哪天", required=False, widget=DayInput()),
                "made_to": forms.DateField(label="到哪天", required=False, widget=DayInput()),
            },
            data,
        )


# Rights as people call them, by the name that pages ask for (`changzhi_portal.rights.has_right`).
RIGHTS: dict[str, str] = {
    "may_unmask": "查看原文",
    "may_answer_subjects": "个人信息查阅",
    "may_see_figures": "看目标进展和简报",
    "may_see_registers": "看登记册",
    "may_see_uploads": "看上传",
    "may_see_submissions": "看上报",
    "may_upload": "上传和修改登记册",
    "may_submit": "上报",
    "may_review": "审核上报",
    "may_alter_locked_months": "修改已锁定月份",
    "may_manage_periods": "锁定、开放统计月",
    "may_edit_plans": "改目标方案",
    "may_change_divisions": "区划变更",
    "may_print_briefing": "编发简报",
    "may_approve_briefing": "签发简报",
    "may_announce": "发公告",
    "may_keep_contacts": "改联系方式",
    "manages_all_users": "管理用户",
    "may_grant_unmasking": "授予查看原文",
    "may_manage_clients": "管理对接系统",
    "may_keep_departments": "管理部门",
    "may_see_work_items": "查看事项清单",
    "may_propose_work_items": "申请准入",
    "may_decide_work_items": "审定准入申请",
    "may_run_surveys": "组织调查",
    "may_report_stories": "报送宣传与案例",
    "may_choose_stories": "选用案例",
    "may_see_evaluation": "看工作评价",
    "may_file_organizations": "办理社会组织备案",
    "may_see_health": "看运行状况",
    "may_audit": "查审计记录",
}


class RightsForm(FilterForm):
    """Whose rights, and on which day."""

    up_front: ClassVar[tuple[str, ...]] = ("on", "q", "role", "right", "county", "state")
    search_hint: ClassVar[str] = "姓名或用户名"

    def __init__(self, data: Any, counties: list[Division]) -> None:
        fields: dict[str, forms.Field] = {
            "on": forms.DateField(label="哪一天（空着是今天）", required=False, widget=DayInput()),
            "q": forms.CharField(label="搜索", required=False, max_length=100),
            "role": forms.ChoiceField(
                label="角色",
                required=False,
                choices=[("", "全部"), *((role.value, role.label) for role in ROLES_OF_PEOPLE)],
            ),
            "right": forms.ChoiceField(label="权限", required=False, choices=[("", "全部"), *RIGHTS.items()]),
            "state": forms.ChoiceField(
                label="状态", required=False, choices=[("", "在用"), ("inactive", "已停用"), ("all", "全部")]
            ),
        }
        if counties:
            named = [(county.code, county.name) for county in counties]
            fields["county"] = forms.ChoiceField(label="县（市、区）", required=False, choices=[("", "全部"), *named])
        super().__init__(fields, data)

    def clean(self) -> dict[str, Any] | None:
        """Refuse a day to come: nobody knows who will have which right."""
        cleaned = super().clean() or self.cleaned_data
        day = cleaned.get("on")
        if day and day > timezone.localdate():
            self.add_error("on", "这一天还没有到，请选今天或以前的日期。")
        return cleaned
