"""Pages of the target plans: what they ask, in all versions; changing them, with what that does to a month's results."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.refusals import NotFoundError, PortalError, StaleError
from changzhi_portal.rights import EVERYBODY, has_right
from periods.models import ReportingPeriod
from targets.actions.planning import add_target, change_plan, change_target, copy_plan, drop_target
from targets.forms import CopyPlanForm, NewTargetForm, PlanForm, ReasonForm, TargetForm
from targets.models import Target, TargetPlan
from targets.preview import changes_of, month_to_try, switch_by
from targets.wording import asked_in_words, indicator_in_words, units_in_words, version_in_words

_MAY_EDIT = "may_edit_plans"
_PLANS = "目标方案"
# What the form sends besides the clause itself.
_CONTROLS = frozenset({"csrfmiddlewaretoken", "previewed", "based_on", "reason", "step"})


class PlanList(TemplateResponseMixin, PortalPage):
    """Every plan in its present version, and which one the month in hand is judged by."""

    requires = EVERYBODY
    title = _PLANS
    template_name = "targets/plans.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The plans, the one begun first before the others."""
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


class PlanPage(TemplateResponseMixin, PortalPage):
    """One version of a plan: its document and days, what it asks clause by clause, and who changed it, when and why."""

    requires = EVERYBODY
    template_name = "targets/plan.html"
    plan: TargetPlan

    def get(self, request: HttpRequest, plan: str, version: int | None = None) -> HttpResponse:
        """The version asked for, by default the present one."""
        self.plan = _plan(plan, version)
        return self.render_to_response(
            self.get_context_data(
                plan=self.plan,
                clauses=[_clause(target) for target in self.plan.targets.order_by("position")],
                versions=TargetPlan.objects.versions_of(plan),
                may_edit=self.plan.is_current and has_right(request.user, _MAY_EDIT),
            )
        )

    def get_title(self) -> str:
        """The plan's; of an earlier version, with its number."""
        if not hasattr(self, "plan"):
            return _PLANS
        return self.plan.title if self.plan.is_current else f"{self.plan.title}（{version_in_words(self.plan)}）"

    def get_crumbs(self) -> list[Crumb]:
        """Back to the list, and from an earlier version to the present one."""
        crumbs = [Crumb(_PLANS, reverse("targets:plans"))]
        if hasattr(self, "plan") and not self.plan.is_current:
            crumbs.append(Crumb("现行版本", reverse("targets:plan", args=[self.plan.code])))
        return crumbs


class _Editing(TemplateResponseMixin, PortalPage):
    """A page that changes one plan."""

    requires = _MAY_EDIT
    plan: TargetPlan

    def get_crumbs(self) -> list[Crumb]:
        """Back to the plan."""
        crumbs = [Crumb(_PLANS, reverse("targets:plans"))]
        if hasattr(self, "plan"):
            crumbs.append(Crumb(self.plan.title, reverse("targets:plan", args=[self.plan.code])))
        return crumbs

    def _saved(self, plan: TargetPlan) -> HttpResponse:
        messages.success(
            self.request,
            f"已保存为{version_in_words(plan)}。填报中的月份会在几分钟内按新方案重新测算，已锁定的月份不变。",
        )
        return redirect("targets:plan", plan=plan.code)


class EditPlan(_Editing):
    """Title, document and days of a plan. Days that bring another plan to bear on the month are tried out first."""

    title = "修改方案"
    template_name = "targets/plan_form.html"

    def get(self, request: HttpRequest, plan: str) -> HttpResponse:
        """The form with what stands."""
        self.plan = _plan(plan)
        return self._page(PlanForm(instance=self.plan), ReasonForm())

    def post(self, request: HttpRequest, plan: str) -> HttpResponse:
        """Save a new version, or say what is wrong."""
        self.plan = _plan(plan)
        form = PlanForm(request.POST, instance=_plan(plan))
        reason = ReasonForm(request.POST)
        if not (form.is_valid() & reason.is_valid()):
            return self._page(form, reason, status=422)
        if tried := _switch_not_seen(request, form.instance, self.plan):
            return self._page(form, reason, **tried)
        try:
            _refuse_old_version(self.plan, request)
            saved = change_plan(
                plan=self.plan, values=form.cleaned_data, reason=reason.cleaned_data["reason"], by=request.user
            )
        except PortalError as refusal:
            return self._page(form, reason, refusal=str(refusal), status=422)
        return self._saved(saved)

    def _page(self, form: PlanForm, reason: ReasonForm, *, status: int = 200, **shown: Any) -> HttpResponse:
        context = self.get_context_data(form=form, reason=reason, plan=self.plan, **shown)
        return self.render_to_response(context, status=status)


class CopyPlan(TemplateResponseMixin, PortalPage):
    """A new plan with the targets of another. One that the month is to be judged by at once is tried out first."""

    requires = _MAY_EDIT
    title = "新建方案"
    template_name = "targets/plan_copy.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; `?source=2025` chooses the plan to begin with."""
        source = TargetPlan.objects.current().filter(code=request.GET.get("source", "")).first()
        return self._page(CopyPlanForm(initial={"source": source}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the plan, or say what is wrong."""
        form = CopyPlanForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        values = dict(form.cleaned_data)
        source = values.pop("source")
        if tried := _switch_not_seen(request, form.instance, source):
            return self._page(form, **tried)
        try:
            copied = copy_plan(plan=source, by=request.user, **values)
        except PortalError as refusal:
            return self._page(form, refusal=str(refusal), status=422)
        messages.success(request, "新方案已建好，目标与原方案相同，请逐项核对修改。")
        return redirect("targets:plan", plan=copied.code)

    def _page(self, form: CopyPlanForm, *, status: int = 200, **shown: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, **shown), status=status)

    def get_crumbs(self) -> list[Crumb]:
        """Back to the list."""
        return [Crumb(_PLANS, reverse("targets:plans"))]


class _EditingTarget(_Editing):
    """A page that changes one clause: first what that would do to a month's results, then saving."""

    template_name = "targets/plan_target.html"
    form_class: type[TargetForm] = TargetForm
    saved_target: Target | None = None  # None while it is new

    def _take(self, request: HttpRequest, form: TargetForm) -> HttpResponse:
        """Try out, or save what has been tried out. What was changed after the last trial is tried out again."""
        if not form.is_valid():
            return self._page(form, ReasonForm(), status=422)
        tried = _digest(request)
        if request.POST.get("step") != "save" or request.POST.get("previewed") != tried:
            note = "内容在预览之后又改过，请先看一看新的影响，再保存。" if request.POST.get("step") == "save" else ""
            return self._page(
                form, ReasonForm(initial={"reason": request.POST.get("reason", "")}), tried=tried, note=note
            )
        reason = ReasonForm(request.POST)
        if not reason.is_valid():
            return self._page(form, reason, tried=tried, status=422)
        try:
            _refuse_old_version(self.plan, request)
            saved = self.save(form.values, reason.cleaned_data["reason"])
        except PortalError as refusal:
            return self._page(form, reason, tried=tried, note=str(refusal), status=422)
        return self._saved(saved)

    def save(self, values: dict[str, Any], reason: str) -> TargetPlan:
        """Make the new version."""
        raise NotImplementedError

    def _page(
        self, form: TargetForm, reason: ReasonForm, *, tried: str = "", note: str = "", status: int = 200
    ) -> HttpResponse:
        context = self.get_context_data(
            form=form, reason=reason, plan=self.plan, target=self.saved_target, note=note, tried=tried
        )
        if tried:
            context |= _trial(self.saved_target, form.instance, self.request.user)
        return self.render_to_response(context, status=status)


class EditTarget(_EditingTarget):
    """One clause of a plan."""

    title = "修改目标"
    saved_target: Target

    def get(self, request: HttpRequest, plan: str, target: str) -> HttpResponse:
        """The form with what the clause says."""
        self._find(plan, target)
        return self._page(TargetForm(instance=self._draft()), ReasonForm())

    def post(self, request: HttpRequest, plan: str, target: str) -> HttpResponse:
        """Try out or save."""
        self._find(plan, target)
        return self._take(request, TargetForm(request.POST, instance=self._draft()))

    def save(self, values: dict[str, Any], reason: str) -> TargetPlan:
        """The plan with the changed clause."""
        return change_target(
            plan=self.plan, code=self.saved_target.code, values=values, reason=reason, by=self.request.user
        )

    def _find(self, plan: str, target: str) -> None:
        self.plan = _plan(plan)
        self.saved_target = get_object_or_404(self.plan.targets, code=target)

    def _draft(self) -> Target:
        """Another instance of the clause, for the form to write into."""
        return Target.objects.get(pk=self.saved_target.pk)


class AddTarget(_EditingTarget):
    """A clause that the plan does not have yet."""

    title = "新增目标"

    def get(self, request: HttpRequest, plan: str) -> HttpResponse:
        """An empty form."""
        self.plan = _plan(plan)
        return self._page(NewTargetForm(instance=Target(plan=self.plan)), ReasonForm())

    def post(self, request: HttpRequest, plan: str) -> HttpResponse:
        """Try out or save."""
        self.plan = _plan(plan)
        return self._take(request, NewTargetForm(request.POST, instance=Target(plan=self.plan)))

    def save(self, values: dict[str, Any], reason: str) -> TargetPlan:
        """The plan with one more clause."""
        return add_target(plan=self.plan, values=values, reason=reason, by=self.request.user)


class DropTarget(_Editing):
    """Taking a clause out of a plan: what it says, what goes with it, and why."""

    title = "删除目标"
    template_name = "targets/plan_target_drop.html"

    def get(self, request: HttpRequest, plan: str, target: str) -> HttpResponse:
        """What would go."""
        return self._page(_plan(plan), target, ReasonForm())

    def post(self, request: HttpRequest, plan: str, target: str) -> HttpResponse:
        """Save a version without it."""
        found = _plan(plan)
        reason = ReasonForm(request.POST)
        if not reason.is_valid():
            return self._page(found, target, reason, status=422)
        try:
            _refuse_old_version(found, request)
            saved = drop_target(plan=found, code=target, reason=reason.cleaned_data["reason"], by=request.user)
        except PortalError as refusal:
            return self._page(found, target, reason, note=str(refusal), status=422)
        return self._saved(saved)

    def _page(
        self, plan: TargetPlan, code: str, reason: ReasonForm, *, note: str = "", status: int = 200
    ) -> HttpResponse:
        self.plan = plan
        target = get_object_or_404(plan.targets, code=code)
        context = self.get_context_data(plan=plan, target=target, clause=_clause(target), reason=reason, note=note)
        return self.render_to_response({**context, **_trial(target, None, self.request.user)}, status=status)


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


def _clause(target: Target) -> dict[str, Any]:
    return {
        "target": target,
        "asked": asked_in_words(target),
        "units": units_in_words(target),
        "indicator": indicator_in_words(target),
    }


def _trial(before: Target | None, after: Target | None, user: Any) -> dict[str, Any]:
    """What the page shows of a trial: the month, and how city and counties would stand."""
    period = month_to_try()
    if period is None:
        return {"period": None, "changes": []}
    changes = changes_of(period, before, after, user)
    return {
        "period": period,
        "changes": changes,
        "changed": sum(change.is_change for change in changes),
        "asked_before": "" if before is None else asked_in_words(before),
        "asked_after": "" if after is None else asked_in_words(after),
    }


def _switch_not_seen(request: HttpRequest, plan: TargetPlan, targets_of: TargetPlan) -> dict[str, Any]:
    """What the page shows before `plan` is saved, when its days bring another plan to bear; empty once it was shown."""
    tried = _digest(request)
    if request.POST.get("previewed") == tried:
        return {}
    switch = switch_by(plan, list(targets_of.targets.order_by("position")), request.user.division)
    return {} if switch is None else {"tried": tried, "switch": switch}


def _refuse_old_version(plan: TargetPlan, request: HttpRequest) -> None:
    if request.POST.get("based_on") != str(plan.version):
        raise StaleError(
            f"“{plan}”刚刚被别人改过，您看到的已经不是现行版本，请刷新页面后重新修改。",
            cure=f"The plan {plan.code} has a newer version. Read it again.",
        )


def _digest(request: HttpRequest) -> str:
    """A short sign of what the form says, so that nothing is saved that has not been tried out."""
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in _CONTROLS)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:32]
