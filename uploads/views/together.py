"""The page of one upload: all batches of the files that were sent together."""

from __future__ import annotations

from django.http import HttpResponse

from changzhi_portal.pages.base import PortalRequest
from uploads.models import UploadBatch
from uploads.panels import steps_after
from uploads.views.batch import UploadPage, find_batch, together_with


class BatchesOfUpload(UploadPage):
    """The batches of one upload with their progress; htmx asks for the table alone until no batch is in progress."""

    requires = "may_see_uploads"
    help_at = "看检查结果"
    title = "本次上传"
    template_name = "uploads/together.html"
    is_polled = True

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the batches of the upload that a batch belongs to, as far as they are in the user's area."""
        batch = find_batch(request, ref)
        batches = sorted([batch, *together_with(batch, request.user)], key=lambda each: each.pk)
        following = _next_of(batches)
        waiting = sum(each.is_in_progress for each in batches)
        context = {
            "batch": batch,
            "batches": batches,
            "waiting": waiting,
            "next": following,
            "next_steps": {} if waiting or following is not None else steps_after(request, batch),
            "announcement": "",
        }
        if not request.htmx:
            return self.render_to_response(self.get_context_data(**context))
        if request.GET.get("waiting") != str(waiting):
            context["announcement"] = f"还有{waiting}个批次在处理" if waiting else "都检查完了"
        self.template_name = "uploads/together_table.html"
        return self.render_to_response(context)


def _next_of(batches: list[UploadBatch]) -> UploadBatch | None:
    """Return the first batch that a user has to look at: one to go on with, or else one whose file cannot be used."""
    to_decide = [batch for batch in batches if batch.waits_for_decision]
    refused = [batch for batch in batches if batch.state in {UploadBatch.State.REJECTED, UploadBatch.State.FAILED}]
    return next(iter([*to_decide, *refused]), None)
