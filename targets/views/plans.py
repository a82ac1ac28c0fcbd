"""Pages of the target plans: lists, versions, and changing a plan with a preview of a month's results."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages import Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import NotFoundError, StaleError
from changzhi_portal.rights import Actor, has_right
from periods.models import ReportingPeriod
from targets.actions.planning import add_target, change_plan, change_target, copy_plan, drop_target
from targets.forms import ChangeForm, CopyPlanForm, EditPlanForm, NewTargetForm, TargetForm
from targets.models import Target, TargetPlan
from targets.preview import (
    is_unmeasured,
    measured_figures,
    month_to_preview,
    preview_plan_switch,
    preview_target_changes,
)
from targets.wording import indicator_text, requirement_text, units_text, version_text

_MAY_EDIT = "may_edit_plans"
_PLANS = "目标方案"


class PlanList(PortalPage):
    """Every plan in its current version, with a mark on the one that the month in hand is judged by."""

    requires = "may_see_figures"
    title = _PLANS
    template_name = "targets/plans.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the plans, ordered by first day."""
        plans = TargetPlan.objects.current().prefetch_related("targets")
        today = timezone.localdate()
        month = ReportingPeriod.objects.in_hand(today)
        return self.render_to_response(
            self.get_context_data(
                plans=plans,
                in_force=_in_force_on(month.as_of if month else today),
                month=month,
                may_edit=has_right(request.user, _MAY_EDIT),
            )
        )


class PlanPage(PortalPage):
    """One version of a plan: document, days and targets, and who changed it, when and why."""

    requires = "may_see_figures"
    template_name = "targets/plan.html"
    plan: TargetPlan

    def get(self, request: PortalRequest, plan: str, version: int | None = None) -> HttpResponse:
        """Show the requested version, by default the current one."""
        self.plan = _plan(plan, version)
        return self.render_to_response(
            self.get_context_data(
                plan=self.plan,
                clauses=[_clause_row(target) for target in self.plan.targets.order_by("position")],
                versions=TargetPlan.objects.versions_of(plan),
                may_edit=self.plan.is_current and has_right(request.user, _MAY_EDIT),
            )
        )

    def get_title(self) -> str:
        """Return the plan's title, with the number of an earlier version."""
        if not hasattr(self, "plan"):
            return _PLANS
        return self.plan.title if self.plan.is_current else f"{self.plan.title}（{version_text(self.plan)}）"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list, and from an earlier version to the current one."""
        crumbs = [Crumb(_PLANS, reverse("targets:plans"))]
        if hasattr(self, "plan") and not self.plan.is_current:
            crumbs.append(Crumb("现行版本", reverse("targets:plan", args=[self.plan.code])))
        return crumbs


class _Editing(FormPage):
    """Base of the pages that change one plan, with a reason, by saving a new version."""

    requires = _MAY_EDIT
    busy_label = "保存中"
    plan: TargetPlan

    def load(self) -> None:
        """Load the current version of the plan. Raises Http404."""
        self.plan = _plan(self.kwargs["plan"])

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list and the plan."""
        crumbs = [Crumb(_PLANS, reverse("targets:plans"))]
        if hasattr(self, "plan"):
            crumbs.append(Crumb(self.plan.title, self.get_success_url()))
        return crumbs

    def get_initial(self) -> dict[str, Any]:
        """Return the version that the page shows."""
        return {"based_on": self.plan.version}

    def act(self, form: Any) -> str:
        """Save a new version. Raises StaleError if another one was saved since the page was opened."""
        if form.cleaned_data["based_on"] != self.plan.version:
            raise StaleError(
                f"“{self.plan}”刚刚被别人改过，您看到的已经不是现行版本；请打开方案，看过现行版本后重新修改。",
                cure=f"The plan {self.plan.code} has a newer version. Read it again.",
            )
        saved = self.save(form, form.cleaned_data["reason"])
        return f"已保存为{version_text(saved)}。填报中的月份会在几分钟内按新方案重新测算，已锁定的月份不变。"

    def save(self, form: Any, reason: str) -> TargetPlan:
        """Save the new version and return it."""
        raise NotImplementedError

    def get_success_url(self) -> str:
        """Return the URL of the plan's page."""
        return reverse("targets:plan", args=[self.plan.code])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the plan."""
        return super().get_context_data(plan=self.plan, **kwargs)


class EditPlan(_Editing):
    """Changing title, document and days of a plan, with a preview if the days put another plan in force."""

    title = "修改方案"
    template_name = "targets/plan_edit.html"
    form_class = EditPlanForm
    not_previewed = ("reason",)
    submit_label = "保存为新版本"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add a separate instance of the plan for the form to change."""
        return {**super().get_form_kwargs(), "instance": _plan(self.plan.code)}

    def preview(self, form: EditPlanForm) -> dict[str, Any] | None:
        """Return the preview of the month if the new days put another plan in force, else None."""
        return _preview_switch(form.instance, self.plan, self.request.user)

    def save(self, form: EditPlanForm, reason: str) -> TargetPlan:
        """Save the plan with the new values."""
        return change_plan(plan=self.plan, values=form.values, reason=reason, by=self.request.user)


class CopyPlan(FormPage):
    """Creating a plan with the targets of another one, with a preview if it comes into force for the month."""

    requires = _MAY_EDIT
    title = "新建方案"
    template_name = "targets/plan_form.html"
    form_class = CopyPlanForm
    submit_label = "新建方案"
    busy_label = "新建中"

    def get_initial(self) -> dict[str, Any]:
        """Return the plan to copy, from `?source=2025`."""
        return {"source": TargetPlan.objects.current().filter(code=self.request.GET.get("source", "")).first()}

    def preview(self, form: CopyPlanForm) -> dict[str, Any] | None:
        """Return the preview of the month if it would be judged by the new plan, else None."""
        return _preview_switch(form.instance, form.cleaned_data["source"], self.request.user)

    def act(self, form: CopyPlanForm) -> str:
        """Create the plan."""
        values = dict(form.cleaned_data)
        self.copied = copy_plan(plan=values.pop("source"), by=self.request.user, **values)
        return "新方案已建好，目标与原方案相同，请逐项核对修改。"

    def get_success_url(self) -> str:
        """Return the URL of the new plan's page."""
        return reverse("targets:plan", args=[self.copied.code])

    def get_cancel_url(self) -> str:
        """Return the URL of the list."""
        return reverse("targets:plans")

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to the list."""
        return [Crumb(_PLANS, reverse("targets:plans"))]


class _EditingTarget(_Editing):
    """Base of the pages that change one target: first a preview of a month's results, then saving."""

    template_name = "targets/plan_target.html"
    form_class: type[TargetForm] = TargetForm
    not_previewed = ("reason",)
    saved_target: Target | None = None  # None while it is new

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add a separate instance of the target for the form to change."""
        return {**super().get_form_kwargs(), "instance": self.draft()}

    def draft(self) -> Target:
        """Return the target with the form's initial values."""
        raise NotImplementedError

    def preview(self, form: TargetForm) -> dict[str, Any]:
        """Return the preview of the results of city and counties."""
        return _preview_target(self.saved_target, form.instance, self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the saved target."""
        return super().get_context_data(target=self.saved_target, **kwargs)


class EditTarget(_EditingTarget):
    """Changing one target of a plan."""

    title = "修改目标"
    saved_target: Target

    def load(self) -> None:
        """Load the plan and its target. Raises Http404."""
        super().load()
        self.saved_target = get_object_or_404(self.plan.targets, code=self.kwargs["target"])

    def draft(self) -> Target:
        """Return the saved target as another instance."""
        return Target.objects.get(pk=self.saved_target.pk)

    def save(self, form: TargetForm, reason: str) -> TargetPlan:
        """Save the plan with the changed target."""
        return change_target(
            plan=self.plan, code=self.saved_target.code, values=form.values, reason=reason, by=self.request.user
        )


class AddTarget(_EditingTarget):
    """Adding a target to a plan."""

    title = "新增目标"
    form_class = NewTargetForm

    def draft(self) -> Target:
        """Return an empty target."""
        return Target(plan=self.plan)

    def save(self, form: TargetForm, reason: str) -> TargetPlan:
        """Save the plan with one more target."""
        return add_target(plan=self.plan, values=form.values, reason=reason, by=self.request.user)


class DropTarget(_Editing):
    """Removing a target from a plan: the target, the effect on a month's results, and the reason."""

    title = "删除目标"
    template_name = "targets/plan_target_drop.html"
    form_class = ChangeForm
    submit_label = "删除，保存为新版本"
    target: Target

    def load(self) -> None:
        """Load the plan and its target. Raises Http404."""
        super().load()
        self.target = get_object_or_404(self.plan.targets, code=self.kwargs["target"])

    def save(self, form: ChangeForm, reason: str) -> TargetPlan:
        """Save the plan without the target."""
        return drop_target(plan=self.plan, code=self.target.code, reason=reason, by=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the target, and the preview of the results of city and counties without it."""
        preview = _preview_target(self.target, None, self.request.user)
        return super().get_context_data(target=self.target, clause=_clause_row(self.target), **preview, **kwargs)


def _plan(code: str, version: int | None = None) -> TargetPlan:
    versions = TargetPlan.objects.versions_of(code)
    found = versions.filter(is_current=True).first() if version is None else versions.filter(version=version).first()
    if found is None:
        raise Http404(f"No plan {code} in version {version}.")
    return found


def _in_force_on(day: datetime.date) -> TargetPlan | None:
    try:
        return TargetPlan.objects.in_force_on(day)
    except NotFoundError:
        return None


def _clause_row(target: Target) -> dict[str, Any]:
    return {
        "target": target,
        "asked": requirement_text(target),
        "units": units_text(target),
        "indicator": indicator_text(target),
    }


def _preview_target(before: Target | None, after: Target | None, user: Actor) -> dict[str, Any]:
    """Return the context of a target's preview: the month, and the results of city and counties before and after."""
    period = month_to_preview()
    if period is None:
        return {"period": None, "changes": []}
    changes = preview_target_changes(period, before, after, user)
    return {
        "period": period,
        "changes": changes,
        "changed": sum(change.is_change for change in changes),
        "is_unmeasured": after is not None and is_unmeasured(after, measured_figures(period)),
        "asked_before": "" if before is None else requirement_text(before),
        "asked_after": "" if after is None else requirement_text(after),
    }


def _preview_switch(plan: TargetPlan, targets_of: TargetPlan, user: Actor) -> dict[str, Any] | None:
    """Return the context of a preview if the days of the unsaved `plan` put another plan in force, else None."""
    switch = preview_plan_switch(plan, list(targets_of.targets.order_by("position")), user.division)
    return None if switch is None else {"switch": switch}
