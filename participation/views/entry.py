"""One community's counts in one survey, on one page: a line for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from changelog.actions import check_together, edit_together
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.refusals import PortalError, StaleError
from communities.models import Community
from participation.flow import MAY_RUN
from participation.forms import CountsForm
from participation.models import Survey
from participation.results import communities_asked
from participation.views.surveys import ANCHOR, list_crumb


class EnterCounts(FormPage):
    """The form of one community's counts; one save is one change set. A save with warnings asks once more."""

    help_at = ANCHOR
    requires = MAY_RUN
    template_name = "participation/entry.html"
    form_class = CountsForm
    unavailable_message = "这个调查现在不在填报，不能填报结果。"
    survey: Survey
    community: Community

    def load(self) -> None:
        """Load survey and community; raises Http404 for one of another area, or outside the survey's division."""
        visible = Survey.objects.visible_to(self.request.user).select_related("division__successor__successor")
        self.survey = get_object_or_404(visible, ref=self.kwargs["ref"])
        asked = communities_asked(self.survey, self.request.user).select_related("town__parent")
        self.community = get_object_or_404(asked, ref=self.kwargs["community"])
        self.counts = {count.question: count for count in self.survey.counts.filter(community=self.community)}

    def is_available(self) -> bool:
        """Return whether the survey is collecting."""
        return self.survey.state == Survey.State.COLLECTING

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add survey, community and what is registered."""
        own = {"survey": self.survey, "community": self.community, "counts": self.counts}
        return {**super().get_form_kwargs(), **own}

    def preview(self, form: CountsForm) -> dict[str, Any] | None:
        """Return the warnings that are to be looked at before it is saved; None without any."""
        wanted = form.wanted()
        if not wanted:
            return None
        checked = check_together(edits=[edit for _, edit in wanted], by=self.request.user)
        warnings = [] if checked.has_error else form.warnings(wanted, checked.edits)
        return {"warnings": warnings} if warnings else None

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Save; show the form with what must be put right."""
        try:
            return super().form_valid(form)
        except _RefusedEditsError:
            return self.form_invalid(form)
        except PortalError as refusal:
            return self.refuse(form, refusal)

    def act(self, form: CountsForm) -> str:
        """Write what has been changed as one change set. Raises StaleError where somebody else was faster."""
        wanted = form.wanted()
        if not wanted:
            return "没有改动。"
        together = edit_together(
            edits=[edit for _, edit in wanted],
            by=self.request.user,
            summary=f"填报调查结果：{self.survey} {self.community}",
        )
        if together.stale:
            raise StaleError(
                "您打开页面以后，有人改过这个社区的结果，没有保存；请重新打开这一页再填。",
                cure="Counts of the community were changed since they were read.",
            )
        if together.has_error:
            form.add_problems(wanted, together.edits)
            raise _RefusedEditsError
        return f"{self.community}的结果已保存。" if together.change_set is not None else "没有改动。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add survey and community."""
        warnings: Sequence[str] = kwargs.pop("warnings", ())
        return super().get_context_data(survey=self.survey, community=self.community, warnings=warnings, **kwargs)

    def get_title(self) -> str:
        """Return the community's name."""
        return f"{self.community}的调查结果" if hasattr(self, "community") else "填报调查结果"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the survey."""
        if not hasattr(self, "survey"):
            return [list_crumb()]
        return [list_crumb(), Crumb(str(self.survey), self.survey.get_absolute_url())]

    def get_success_url(self) -> str:
        """Return the survey's page."""
        return self.survey.get_absolute_url()


class _RefusedEditsError(Exception):
    """The edits have errors, which stand at their fields."""
