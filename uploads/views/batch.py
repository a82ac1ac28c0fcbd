"""Pages of uploading: choose a file, wait for its check, view the preview, commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh
from structlog.contextvars import bind_contextvars

from changzhi_portal.pages import ActionPage, Crumb, FormPage, ListPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import InvalidError, PortalError
from changzhi_portal.registers.registry import register_named, registers
from changzhi_portal.rights import Actor
from notices.models import Notice
from uploads.actions import check_again, receive_files, request_commit
from uploads.column_mapping import file_columns
from uploads.filters import BatchFilterSet
from uploads.forms import BatchFilterForm, UploadForm
from uploads.models import UploadBatch
from uploads.panels import steps_after
from uploads.preview import preview_of
from uploads.rows.corrections import made_corrections
from uploads.rows.left_out import listed_left_out
from uploads.tables import BatchTable
from uploads.template_stamp import uses_old_template


class UploadPage(PortalPage):
    """Base of the upload pages: who may open them, and the breadcrumbs."""

    requires = "may_upload"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list of uploads."""
        return [Crumb("填报", reverse("uploads:list"))]


class BatchList(ListPage):
    """The uploads of the user's office and those below it."""

    requires = "may_see_uploads"
    template_name = "uploads/list.html"
    title = "填报"
    queryset = UploadBatch.objects.newest_first()
    filterset = BatchFilterSet
    form = BatchFilterForm
    table = BatchTable
    empty_advice = "还没有上传过表格。"


class NewUpload(UploadPage, FormPage):
    """The form that uploads files."""

    title = "上传表格"
    takes_files = True
    counted_as = "uploads"
    template_name = "uploads/new.html"
    form_class = UploadForm
    submit_label = "上传并检查"
    busy_label = "正在上传…"
    extra_context = {"registers": registers}

    def get_initial(self) -> dict[str, Any]:
        """Return the register in `?register=` as the initial choice; by default it is found out from the file."""
        return {"register": self.request.GET.get("register", "") or UploadBatch.RECOGNISED}

    def act(self, form: UploadForm) -> str:
        """Receive the files, and say which were refused. Raises PortalError when all were."""
        files = form.cleaned_data["file"]
        register = form.cleaned_data["register"]
        receipt = receive_files(
            files=((file.name, file.chunks()) for file in files),
            register="" if register == UploadBatch.RECOGNISED else register,
            period=form.cleaned_data["period"],
            by=self.request.user,
        )
        self.batches = receipt.batches
        if not self.batches:
            raise receipt.refused[0][1] if len(files) == 1 else _all_refused(receipt.refused)
        for name, refusal in receipt.refused:
            messages.error(self.request, f"“{name}”没有收下：{refusal}")
        return ""

    def field_of(self, refusal: PortalError) -> str:
        """Return the field of the refusal, by default the file."""
        return refusal.field if refusal.field in UploadForm.base_fields else "file"

    def get_success_url(self) -> str:
        """Return the URL of the only batch, or of the page that shows all of them."""
        return reverse("uploads:batch" if len(self.batches) == 1 else "uploads:together", args=[self.batches[0].ref])

    def get_cancel_url(self) -> str:
        """Return "": the page has no cancel link."""
        return ""


def _all_refused(refused: Sequence[tuple[str, PortalError]]) -> InvalidError:
    """Return the refusal of an upload none of whose files could be received."""
    told = "；".join(f"“{name}”：{str(refusal).rstrip('。')}" for name, refusal in refused)
    return InvalidError(f"{len(refused)}个文件都没有收下。{told}。", cure="No file could be received.", field="file")


class BatchPage(UploadPage):
    """One batch: its progress, its preview, or its result, depending on its state; auditors see it without its steps."""

    requires = "may_see_uploads"
    help_at = "看检查结果"
    template_name = "uploads/batch.html"
    batch: UploadBatch

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the batch, if it is in the user's area."""
        self.batch = find_batch(request, ref)
        return self.render_to_response(self.get_context_data())

    def get_title(self) -> str:
        """Return the file's name and its register."""
        return self.batch.title if hasattr(self, "batch") else "填报"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the batch; once it is checked also the mapping of its columns, its tabs and the chosen tab's rows."""
        sheet = register_named(self.batch.register)() if self.batch.register else None
        context = super().get_context_data(
            batch=self.batch,
            sheet=sheet,
            together=together_with(self.batch, self.request.user),
            is_uploader=self.batch.uploaded_by_id == self.request.user.pk,
            uses_old_template=uses_old_template(self.batch.mapping),
            columns=[],
            corrections=[],
            **kwargs,
        )
        if self.batch.is_in_progress:
            return context
        context["has_unseen_notices"] = (
            Notice.objects.addressed_to(self.request.user).unseen().about(self.batch.ref).exists()
        )
        if sheet is None:
            return context
        context["columns"] = file_columns(self.batch, sheet)
        context["corrections"] = made_corrections(self.batch, sheet)
        if self.batch.state == UploadBatch.State.CHECKED and not self.batch.has_written:
            context["earlier"] = UploadBatch.objects.visible_to(self.request.user).committed_before(self.batch)
        if self.batch.has_written or self.batch.is_same_as_register:
            context["next_steps"] = steps_after(self.request, self.batch)
        context["left_out"] = listed_left_out(self.batch)
        context["number_left_out"] = sum(each.number for each in context["left_out"])
        if (self.batch.rows or self.batch.left_out) and self.batch.state != UploadBatch.State.DISCARDED:
            context |= preview_of(self.batch, sheet, self.request.GET, self.request.user)
        return context


class BatchProgress(UploadPage):
    """The progress alone, polled every second; when the work is done, the page reloads."""

    requires = "may_see_uploads"
    template_name = "uploads/progress.html"
    is_polled = True

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the progress; htmx replaces it, or the whole page once the work is done."""
        batch = find_batch(request, ref)
        if not request.htmx:
            return redirect("uploads:batch", ref=batch.ref)
        if request.GET.get("unrecognised") and batch.parts.exists():
            # While this page waited, the file turned out to hold several registers.
            return HttpResponseClientRedirect(reverse("uploads:together", args=[batch.ref]))
        if not batch.is_in_progress:
            return HttpResponseClientRefresh()
        step = batch.progress.step or batch.get_state_display()
        announcement = "" if request.GET.get("after") == step else step
        return self.render_to_response({"batch": batch, "announcement": announcement})


class CommitBatch(UploadPage, ActionPage):
    """The decision: commit everything, or the rows without an error.

    It leads on to the next batch of the same upload that waits for a decision; the page of the upload shows in the end
    what has become of all of them.
    """

    def load(self) -> None:
        """Load the batch; raises Http404."""
        self.batch = find_batch(self.request, self.kwargs["ref"])
        self.goes_on_to = reverse("uploads:batch", args=[self.batch.ref])

    def act(self) -> str:
        """Queue the commit; the page that follows shows the progress."""
        sent = self.request.POST
        request_commit(
            batch=self.batch,
            mode=sent.get("mode", ""),
            seen=sent.get("seen", ""),
            confirms_growth=bool(sent.get("confirms_growth")),
            by=self.request.user,
        )
        others = together_with(self.batch, self.request.user)
        if not others:
            return ""
        waiting = [each for each in others if each.waits_for_decision]
        if not waiting:
            self.goes_on_to = reverse("uploads:together", args=[self.batch.ref])
            return ""
        following = next((each for each in waiting if each.pk > self.batch.pk), waiting[0])
        self.goes_on_to = reverse("uploads:batch", args=[following.ref])
        more = f"，连这一个还有{len(waiting)}个要看" if len(waiting) > 1 else "，这是最后一个要看的"
        return f"“{self.batch.title}”正在入库。接着看“{following.title}”{more}。"

    def get_success_url(self) -> str:
        """Return the URL of the next batch, of all batches, or of this batch if it is the only one or was refused."""
        return self.goes_on_to


class RecheckBatch(UploadPage, ActionPage):
    """The check of a batch once more, after one that was not finished."""

    def load(self) -> None:
        """Load the batch; raises Http404."""
        self.batch = find_batch(self.request, self.kwargs["ref"])

    def act(self) -> str:
        """Queue the check; the batch's page shows the progress."""
        check_again(batch=self.batch, by=self.request.user)
        return ""

    def get_success_url(self) -> str:
        """Return the URL of the batch."""
        return reverse("uploads:batch", args=[self.batch.ref])


def together_with(batch: UploadBatch, user: Actor) -> list[UploadBatch]:
    """Return the other batches of the same upload that the user may see, in the order in which they were created."""
    others = UploadBatch.objects.visible_to(user).of_upload(batch).exclude(pk=batch.pk)
    return list(others.order_by("pk")) if batch.group else []


def find_batch(request: PortalRequest, ref: str) -> UploadBatch:
    """Return the batch, if the user may see it, and add its id to the request's log lines. Raises Http404."""
    batch = get_object_or_404(UploadBatch.objects.newest_first().visible_to(request.user), ref=ref)
    bind_contextvars(batch_id=batch.pk)
    return batch
