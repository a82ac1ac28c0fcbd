"""The page of one upload: all batches of the files that were sent together."""

from __future__ import annotations

from django.http import HttpResponse

from changzhi_portal.pages.base import PortalRequest
from uploads.models import UploadBatch
from uploads.views.batch import UploadPage, find_batch, together_with


class BatchesOfUpload(UploadPage):
    """The batches of one upload with their progress; htmx asks for the table alone until no batch is in progress."""

    title = "本次上传"
    template_name = "uploads/together.html"

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the batches of the upload that a batch belongs to, as far as they are in the user's area."""
        batch = find_batch(request, ref)
        batches = sorted([batch, *together_with(batch, request.user)], key=lambda each: each.pk)
        waiting = sum(each.is_in_progress for each in batches)
        context = {
            "batch": batch,
            "batches": batches,
            "waiting": waiting,
            "next": next((each for each in batches if _is_to_be_decided(each)), None),
            "announcement": "",
        }
        if not request.htmx:
            return self.render_to_response(self.get_context_data(**context))
        if request.GET.get("waiting") != str(waiting):
            context["announcement"] = f"还有{waiting}个批次在处理" if waiting else "都处理完了"
        self.template_name = "uploads/together_table.html"
        return self.render_to_response(context)


def _is_to_be_decided(batch: UploadBatch) -> bool:
    """Return whether a user has to look at a batch: its rows wait to be committed, or its file was refused."""
    waits = batch.state == UploadBatch.State.CHECKED and bool(batch.new + batch.changed + batch.errors)
    return waits or batch.state in {UploadBatch.State.REJECTED, UploadBatch.State.FAILED}
