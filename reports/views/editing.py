"""Pages with which the bureau makes briefings: begin one, edit its texts, move it on, correct it, settings."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from changelog.views.moving import MovePage
from changzhi_portal.briefings import Paragraph
from changzhi_portal.pages import Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from communities.models import Division
from reports.actions import begin_correction, edit_texts, prepare_briefing, save_settings, settings_of
from reports.actions.settings import SETTINGS
from reports.actions.texts import REMARK
from reports.flow import FLOW, MAY_APPROVE, MAY_EDIT
from reports.forms import END_TEXTS, CorrectionForm, PrintBriefingForm, SettingsForm, TextsForm
from reports.issue import PrintedIssue, issue_text
from reports.models import Briefing
from reports.publication import next_publication
from reports.readiness import what_is_missing
from reports.views.briefing import find_briefing, list_crumb


class PrintBriefing(FormPage):
    """生成简报: begins the issue of a month and division, or has its draft printed again, and redirects to its page.

    The list contains the same form.
    """

    help_at = "生成简报"
    requires = MAY_EDIT
    title = "生成简报"
    form_class = PrintBriefingForm
    submit_label = "生成简报"
    busy_label = "正在提交…"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the user, whose divisions may be chosen."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def act(self, form: PrintBriefingForm) -> str:
        """Queue the draft; an issue that is no draft any more is only shown."""
        data = form.cleaned_data
        self.briefing = prepare_briefing(
            period=data["period"],
            division=data["division"],
            span=data["span"] or Briefing.Span.MONTH,
            edition=data["edition"],
            by=self.request.user,
        )
        if self.briefing.is_draft:
            return ""
        return f"这一期现在是“{self.briefing.get_stage_display()}”，没有重新生成。"

    def get_success_url(self) -> str:
        """Return the address of the issue's page, which shows the progress."""
        return self.briefing.get_absolute_url()

    def get_cancel_url(self) -> str:
        """Return the address of the list."""
        return reverse("reports:briefings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class EditionPage(FormPage):
    """Base of the forms of one edition. One of another area, or that the user may not see, is not found (404)."""

    requires = MAY_EDIT
    briefing: Briefing

    def load(self) -> None:
        """Load the edition; raises Http404."""
        self.briefing = find_briefing(self.request, self.kwargs["ref"])

    def get_success_url(self) -> str:
        """Return the address of the edition's page."""
        return self.briefing.get_absolute_url()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the edition."""
        if not hasattr(self, "briefing"):
            return [list_crumb()]
        return [list_crumb(), Crumb(str(self.briefing), self.get_success_url())]


class EditTexts(EditionPage):
    """编写文字: 按语, 下步工作, remarks and addressees of a draft, beside the text that the figures give."""

    help_at = "编写简报文字"
    title = "编写文字"
    template_name = "reports/briefing_texts.html"
    form_class = TextsForm
    unavailable_message = "这一版已经不是草稿，不能再改；要改的，请先退回修改。"

    def is_available(self) -> bool:
        """Return whether it is a draft with figures, so that there are targets to remark on."""
        return self.briefing.is_draft and bool(self.briefing.figures)

    @cached_property
    def _issue(self) -> PrintedIssue | None:
        return issue_text(self.briefing) if self.briefing.figures else None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the edition, with its text as generated."""
        return {**super().get_form_kwargs(), "briefing": self.briefing, "issue": self._issue}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the fields of the whole issue, those at targets with the text that the figures give, and those of the end."""
        fields = list(kwargs["form"])
        names = {f"{REMARK}{target.code}": target.short_name for target in kwargs["form"].targets}
        remarks = [(field, names[field.name], self._generated(field.name)) for field in fields if field.name in names]
        others = [field for field in fields if field.name not in names]
        return super().get_context_data(
            issue_fields=[field for field in others if field.name not in END_TEXTS],
            remarks=remarks,
            end_fields=[field for field in others if field.name in END_TEXTS],
            **kwargs,
        )

    def _generated(self, field: str) -> list[str]:
        """Return the generated paragraphs at a target."""
        sections = self._issue.sections if self._issue is not None else ()
        blocks = [block for section in sections for block in section.blocks]
        code = field.removeprefix(REMARK)
        return [
            block.text
            for block in blocks
            if isinstance(block, Paragraph) and block.code == code and not block.is_remark
        ]

    def act(self, form: TextsForm) -> str:
        """Store the texts."""
        data = form.cleaned_data
        remarks = {name.removeprefix(REMARK): text for name, text in data.items() if name.startswith(REMARK)}
        self.briefing = edit_texts(
            briefing=self.briefing, by=self.request.user, seen=data["seen"], values=data, remarks=remarks
        )
        return "文字已保存，草稿正在重新生成。"


class CorrectBriefing(EditionPage):
    """编发更正版: begins the draft of a corrected edition of an issue, with the reason that it prints."""

    help_at = "更正版"
    title = "编发更正版"
    form_class = CorrectionForm
    template_name = "reports/briefing_correct.html"
    submit_label = "编写更正版"
    busy_label = "正在生成…"
    unavailable_message = "只有已经印发的简报才编发更正版。"

    def is_available(self) -> bool:
        """Return whether the edition was issued."""
        return self.briefing.is_published

    def act(self, form: CorrectionForm) -> str:
        """Create and queue the edition."""
        self.briefing = begin_correction(
            briefing=self.briefing, reason=form.cleaned_data["reason"], by=self.request.user
        )
        return ""


_MOVES_ON = ("review", "approve", "issue")


class BriefingMovePage(MovePage):
    """One step of an edition on its way: 审核通过, 签发, 印发, 退回修改, 撤回."""

    help_at = "审核签发印发"
    requires = MAY_EDIT
    flow = FLOW
    queryset: ClassVar[QuerySet[Any]] = Briefing.objects.newest_first()
    template_name = "reports/briefing_move.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the issue still lacks, before it is moved on."""
        moves_on = self.move.code in _MOVES_ON
        missing = what_is_missing(self.record) if moves_on else []
        return super().get_context_data(missing=missing, briefing=self.record, **kwargs)

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the edition."""
        return [list_crumb(), *super().get_crumbs()]


class SettingsList(PortalPage):
    """简报设置: the divisions whose issues may be set, with what is set."""

    help_at = "简报设置"
    requires = MAY_APPROVE
    title = "简报设置"
    template_name = "reports/briefing_settings_list.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the city and today's counties."""
        divisions = (
            divisions_with_settings(request.user)
            .select_related("parent", "briefing_settings")
            .annotate(recipients=Count("briefing_recipients"))
        )
        return self.render_to_response(
            self.get_context_data(rows=[(division, settings_of(division)) for division in divisions])
        )

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class EditSettings(FormPage):
    """The settings of one division's issues."""

    help_at = "简报设置"
    requires = MAY_APPROVE
    title = "简报设置"
    form_class = SettingsForm
    template_name = "reports/briefing_settings.html"
    division: Division

    def load(self) -> None:
        """Load the division; raises Http404."""
        self.division = get_object_or_404(divisions_with_settings(self.request.user), ref=self.kwargs["ref"])

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add what is set, and the version that the page shows."""
        chosen = settings_of(self.division)
        initial = {name: getattr(chosen, name) for name in SETTINGS}
        return {**super().get_form_kwargs(), "initial": {**initial, "seen": chosen.version if chosen.pk else 0}}

    def act(self, form: SettingsForm) -> str:
        """Store the settings."""
        data = form.cleaned_data
        save_settings(division=self.division, by=self.request.user, seen=data["seen"], values=data)
        return f"{self.division.name}的简报设置已保存，草稿下次生成时按新的设置。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the division and the day on which its next issue appears by itself."""
        publication = next_publication(settings_of(self.division), timezone.localdate())
        return super().get_context_data(division=self.division, publication=publication, **kwargs)

    def get_title(self) -> str:
        """Return 长治市简报设置."""
        return f"{self.division.name}简报设置" if hasattr(self, "division") else self.title

    def get_success_url(self) -> str:
        """Return the address of the list of settings."""
        return reverse("reports:briefing_settings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the list of settings."""
        return [list_crumb(), Crumb("简报设置", self.get_success_url())]


def divisions_with_settings(user: Any) -> QuerySet[Division]:
    """Return the city and today's counties in a user's area."""
    levels = (Division.Level.CITY, Division.Level.COUNTY)
    return (
        Division.objects.visible_to(user)
        .in_effect_on(timezone.localdate())
        .filter(level__in=levels)
        .order_by("level", "code")
    )
