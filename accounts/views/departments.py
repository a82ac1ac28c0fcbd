"""部门: the list, one department's page, and the forms that add, change, close and reopen one (docs/domain.md §1.7)."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    close_department,
    divisions_with_departments_of,
    edit_department,
    open_department,
    reopen_department,
)
from accounts.department_forms import CloseDepartmentForm, DepartmentForm
from accounts.filters import DepartmentFilterForm, DepartmentFilterSet
from accounts.models import Department
from accounts.tables import DepartmentTable
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage, VersionForm
from changzhi_portal.rights import has_right

LIST_TITLE = "部门"


class DepartmentList(ListPage):
    """The departments of the own area."""

    requires = "may_keep_departments"
    title = LIST_TITLE
    queryset = Department.objects.with_place().with_users()
    filterset = DepartmentFilterSet
    form = DepartmentFilterForm
    table = DepartmentTable
    empty_advice = "还没有部门，请点“新增”。"
    is_filled_by_uploads = False

    def get_add_url(self) -> str:
        """Return the address of the form for a new department."""
        return reverse("accounts:department_new")


class DepartmentDetail(DetailPage):
    """One department: where it belongs, how many people work there, and below what has been changed."""

    requires = "may_keep_departments"
    queryset = Department.objects.with_place().with_users()
    list_url_name = "accounts:departments"
    list_title = LIST_TITLE

    def get_facts(self) -> list[Fact]:
        """Return what is known of the department; the number of its users leads to them for whoever manages users."""
        department: Any = self.record
        users_url = f"{reverse('accounts:users')}?department={department.ref}"
        may_see = has_right(self.request.user, "may_see_users")
        return [
            Fact("所属区划", department.division.full_name),
            *(fact_of(department, name) for name in ("name", "opened_on", "closed_on")),
            Fact("在用的账号", display_value(department.users_now), users_url if may_see else ""),
            fact_of(department, "note"),
        ]

    def get_actions(self) -> list[Crumb]:
        """Return the links to the forms."""
        is_open = self.record.closed_on is None
        steps = [("修改", "edit", True), ("撤销", "close", is_open), ("恢复", "reopen", not is_open)]
        return [
            Crumb(title, reverse(f"accounts:department_{name}", args=[self.record.ref]))
            for title, name, is_offered in steps
            if is_offered
        ]


class _DepartmentPage(FormPage):
    """A form about one department; for a new one it is None."""

    requires = "may_keep_departments"
    form_class: type[BaseForm] = DepartmentForm
    department: Department | None = None

    def load(self) -> None:
        """Load the department; raises Http404 for one outside the own area."""
        found = Department.objects.visible_to(self.request.user).with_place()
        self.department = found.filter(ref=self.kwargs["ref"]).first()
        if self.department is None:
            raise Http404("No such department among those that the user keeps.")

    def get_success_url(self) -> str:
        """Return the department's page, or the list."""
        return reverse("accounts:departments") if self.department is None else self.department.get_absolute_url()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list and the department."""
        listed = Crumb(LIST_TITLE, reverse("accounts:departments"))
        return [listed] if self.department is None else [listed, Crumb(str(self.department), self.get_success_url())]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the department."""
        return super().get_context_data(**{"department": self.department} | kwargs)


class NewDepartment(_DepartmentPage):
    """A new department."""

    title = "新增部门"

    def load(self) -> None:
        """Load nothing."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the divisions to choose from."""
        divisions = list(divisions_with_departments_of(self.request.user))
        return {**super().get_form_kwargs(), "divisions": divisions, "department": None}

    def act(self, form: DepartmentForm) -> str:
        """Create the department."""
        self.department = open_department(by=self.request.user, **form.values())
        return f"部门“{self.department}”已新增，可以在“用户”里给它新建部门经办员的账号。"


class EditDepartment(_DepartmentPage):
    """Name, first day and note of a department."""

    title = "修改部门"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the department, whose division is not asked for."""
        return {**super().get_form_kwargs(), "divisions": [], "department": self.department}

    def act(self, form: DepartmentForm) -> str:
        """Change the department."""
        saved = edit_department(
            by=self.request.user, ref=self.kwargs["ref"], version=form.cleaned_data["version"], **form.values()
        )
        return f"部门“{saved}”已保存。"


class _DepartmentStep(_DepartmentPage):
    """A form that asks before a department is closed or opened again."""

    template_name = "accounts/department_step.html"

    def get_initial(self) -> dict[str, Any]:
        """Send the version that the page shows; a department closes today unless another day is typed."""
        return {"version": self.department.version if self.department else 0, "closed_on": timezone.localdate()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the button closes."""
        return super().get_context_data(is_closing=self.form_class is CloseDepartmentForm, **kwargs)


class CloseDepartment(_DepartmentStep):
    """Closing a department with a day."""

    title = "撤销部门"
    form_class = CloseDepartmentForm
    submit_label = "撤销这个部门"
    busy_label = "正在撤销…"
    unavailable_message = "这个部门已经撤销。"

    def is_available(self) -> bool:
        """Return whether the department is open."""
        return self.department is not None and self.department.closed_on is None

    def act(self, form: CloseDepartmentForm) -> str:
        """Close the department."""
        data = form.cleaned_data
        closed = close_department(
            by=self.request.user, ref=self.kwargs["ref"], version=data["version"], closed_on=data["closed_on"]
        )
        return f"部门“{closed}”已撤销。"


class ReopenDepartment(_DepartmentStep):
    """Taking a closing back."""

    title = "恢复部门"
    form_class = VersionForm
    submit_label = "恢复这个部门"
    busy_label = "正在恢复…"
    unavailable_message = "这个部门没有撤销，不用恢复。"

    def is_available(self) -> bool:
        """Return whether the department is closed."""
        return self.department is not None and self.department.closed_on is not None

    def act(self, form: VersionForm) -> str:
        """Open the department again."""
        opened = reopen_department(by=self.request.user, ref=self.kwargs["ref"], version=form.cleaned_data["version"])
        return f"部门“{opened}”已恢复。"
