"""The page that sets one field of many records of a register at once; the boxes of its list lead here (docs/domain.md §4.12)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse

from changelog.actions import MOST_AT_ONCE, BulkEdit, check_bulk, edit_in_bulk
from changelog.forms import BulkForm
from changzhi_portal.kept_input import refuse_form
from changzhi_portal.pages import Crumb, FormPage, ListPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import NotFoundError, PortalError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named

MOST_LISTED = 20  # names of the chosen records, before the preview shows all


class BulkEditPage(FormPage):
    """The new value of one field, a preview record by record, a reason, and the change of all at once.

    The query of the address is that of the list, whose filters say what 符合条件的全部 means. The list posts the boxes that are
    ticked (`ref`), or `everything`, and the field.
    """

    help_at = "批量修改"
    requires = "may_upload"
    title = "批量修改"
    template_name = "changelog/bulk.html"
    form_class = BulkForm
    not_previewed = ("reason", "seen")
    busy_label = "正在修改…"
    register: RegisterSheet
    column: Column

    def load(self) -> None:
        """Load the register and the column; raises Http404 for a register whose records are not changed together."""
        try:
            self.register = register_named(self.kwargs["register"])()
        except NotFoundError as error:
            raise Http404(error.cure) from error
        columns = {column.field: column for column in self.register.bulk_columns()}
        if not columns:
            raise Http404(f"{self.register.title}没有这样的步骤。")
        self.column = columns.get(self.request.POST.get("field", ""), next(iter(columns.values())))
        self.is_chosen = self.request.POST.get("field", "") in columns

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return to the list: records are chosen there."""
        self.load()
        return self._back("请在名单里勾选要修改的记录，再点“批量修改”。")

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form for what the list has sent; then preview and change."""
        self.load()
        if not self.is_chosen:
            return self._back("请选择要批量修改的项目。")
        if "selected" not in request.POST:
            return self._choose()
        return super().post(request, *args, **kwargs)

    def _choose(self) -> HttpResponse:
        refs = self._matching() if "everything" in self.request.POST else self.request.POST.getlist("ref")
        if not refs:
            return self._back("请先勾选要修改的记录。")
        if len(refs) > MOST_AT_ONCE:
            return self._back(f"一次最多修改{MOST_AT_ONCE}条，请用筛选条件分几次修改。")
        chosen = self._chosen(refs)
        if not chosen["number"]:
            return self._back("所选的记录现在都不在本单位，请重新勾选。")
        initial = {"selected": " ".join(refs), "field": self.column.field}
        return self.render_form(self.form_class(column=self.column, initial=initial), chosen=chosen)

    def _matching(self) -> list[str]:
        """Return the refs of the rows that match the list's filters, one more than are changed at once at most."""
        page: ListPage = resolve(reverse(self.register.list_page)).func.view_class()  # type: ignore[attr-defined]
        page.setup(self.request)
        page.list_name = self.register.list_page
        rows = page.matching_rows(page.filters_in_use())
        return list(rows.order_by("pk").values_list("ref", flat=True).distinct()[: MOST_AT_ONCE + 1])

    def _chosen(self, refs: list[str]) -> dict[str, Any]:
        """Return how many of the records there are in the user's area, how many are not, and the names of the first."""
        visible = self.register.model.objects.visible_to(self.request.user).filter(ref__in=refs)
        found = visible.order_by("pk").distinct()
        number = found.count()
        names = [str(record) for record in found[:MOST_LISTED]]
        return {"number": number, "missing": len(set(refs)) - number, "names": names}

    def _back(self, sentence: str) -> HttpResponse:
        refuse_form(self.request, sentence)
        return redirect(self.get_success_url())

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the column."""
        return {**super().get_form_kwargs(), "column": self.column}

    def preview(self, form: Any) -> dict[str, Any] | None:
        """Return what would change record by record, and the versions that are shown by it."""
        data = form.cleaned_data
        edit = check_bulk(
            register=self.register, refs=form.refs, name=self.column.field, value=data["value"], by=self.request.user
        )
        return {"edit": edit, "seen": _written(edit)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Preview or change; show the form with the sentence where the preview is refused."""
        try:
            return super().form_valid(form)
        except PortalError as refusal:
            form.add_error(None, str(refusal))
            return self.render_form(form, status=refusal.status)

    def act(self, form: Any) -> str:
        """Change the records that the preview showed as changing."""
        data = form.cleaned_data
        edit = edit_in_bulk(
            register=self.register,
            refs=form.refs,
            name=self.column.field,
            value=data["value"],
            seen=form.versions_seen,
            reason=data["reason"],
            by=self.request.user,
        )
        left = f"，另有{len(edit.left_out)}条有问题，没有改" if edit.left_out else ""
        return (
            f"已修改{len(edit.changing)}条{self.register.title}的“{self.column.header}”{left}。"
            "改错了，可以在其中任何一条的变更记录里一起撤销。"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the context of the template."""
        around = {"register": self.register, "column": self.column, "edit": None, "seen": "", "chosen": None}
        return super().get_context_data(**around | kwargs)

    def get_title(self) -> str:
        """Return what is changed."""
        if not hasattr(self, "column"):
            return self.title
        return f"批量修改{self.register.title}的“{self.column.header}”"

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list, with its filters."""
        return [Crumb(self.register.title, self.get_success_url())] if hasattr(self, "register") else []

    def get_success_url(self) -> str:
        """Return the URL of the list, with the filters that the user had."""
        query = self.request.GET.urlencode()
        return f"{reverse(self.register.list_page)}?{query}".rstrip("?")


def _written(edit: BulkEdit) -> str:
    return " ".join(f"{ref}:{version}" for ref, version in edit.versions.items())
