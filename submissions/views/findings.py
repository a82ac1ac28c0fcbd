"""Page of one finding of a county's month, with the comments of the bureau and the county."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages import Crumb, FormPage
from notices.models import Notice
from submissions.actions import comment_on_finding
from submissions.comments import CommentedFinding
from submissions.comments import commented_finding as find_finding
from submissions.forms import CommentForm
from submissions.models import FindingComment, Submission
from submissions.report_status import Phase, phase_of
from submissions.views.submissions import find_submission


class FindingPage(FormPage):
    """A finding with what the bureau asks about it and what the county answers, and the field for the next comment."""

    help_at = "意见和答复"
    requires = "may_see_registers"
    template_name = "submissions/finding.html"
    form_class = CommentForm
    submit_label = "发出"
    busy_label = "正在发出…"
    submission: Submission
    finding: CommentedFinding

    def load(self) -> None:
        """Load the finding. Raises Http404 for another county's, and for one that never was."""
        self.submission = find_submission(self.request, self.kwargs["ref"])
        found = find_finding(self.submission, self.kwargs["rule"], self.kwargs["record"], self.request.user)
        if found is None:
            raise Http404
        self.finding = found

    def act(self, form: CommentForm) -> str:
        """Write the comment."""
        comment = comment_on_finding(
            submission=self.submission,
            about=self.finding,
            text=form.cleaned_data["text"],
            by=self.request.user,
            seen=form.cleaned_data["seen"],
        )
        told = f"{self.submission.county.name}的填报员" if comment.is_from_bureau else "市局"
        return f"意见已发出，{told}会收到通知。"

    def get_success_url(self) -> str:
        """Return the URL of this page."""
        return self.request.path

    def get_cancel_url(self) -> str:
        """Return the URL of the county's report."""
        return reverse("submissions:submission", args=[self.submission.ref])

    def get_title(self) -> str:
        """Return the check and the record."""
        return f"{self.finding.title}：{self.finding.label}" if hasattr(self, "finding") else "检查意见"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list of that month and the county's report."""
        submission = self.submission
        return [
            Crumb("上报", f"{reverse('submissions:submissions')}?period={submission.period.code}"),
            Crumb(f"{submission.county.name}{submission.period}上报", self.get_cancel_url()),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the finding, its comments, and whether the user may write one."""
        user, submission = self.request.user, self.submission
        comments = FindingComment.objects.visible_to(user).of_report(submission)
        phase = phase_of(submission.period, timezone.localdate())
        return super().get_context_data(
            submission=submission,
            finding=self.finding,
            comments=list(comments.of_finding(self.finding.rule, self.finding.record)),
            may_comment=user.role.may_submit and phase != Phase.LOCKED,
            is_locked=phase == Phase.LOCKED,
            has_unseen_notices=Notice.objects.addressed_to(user).unseen().about(submission.ref).exists(),
            **kwargs,
        )
