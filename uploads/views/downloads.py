"""Downloads: templates, exports, the original of an upload, and the original with its problems marked."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from changelog.reason_form import ReasonForm
from changelog.trail import TrailKind, record_event
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.refusals import NotFoundError, PortalError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod, parse_month
from uploads import storage
from uploads.storage import sha256_of
from uploads.views.batch import UploadPage, find_batch
from uploads.writing.annotated import annotated_workbook
from uploads.writing.template import ExportedWorkbook, write_export, write_template

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AnnotatedWorkbook(UploadPage):
    """The uploader's own workbook with its problems marked."""

    title = "标出问题的表格"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponseBase:
        """Stream the file; redirect to the batch with a message when there is nothing to mark, or it cannot be marked."""
        batch = find_batch(request, ref)
        if batch.uploaded_by_id != request.user.pk:
            raise PermissionDenied("标出问题的表格只发给上传人本人。")
        try:
            file = annotated_workbook(batch, by=request.user)
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect("uploads:batch", ref=batch.ref)
        record_event(TrailKind.MARKED, by=request.user, division=batch.division, about=batch, is_required=True)
        name = f"{PurePath(batch.file_name).stem}（标出问题）.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


class OriginalFile(UploadPage):
    """The file as it was uploaded.

    It may contain unmasked personal data. So besides the uploader only users of the area who may see such data get it,
    and every download is recorded (docs/domain.md §9.3).
    """

    requires = "may_see_uploads"
    title = "上传的原文件"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponseBase:
        """Send the file; redirect to the batch with a message when it is no longer stored."""
        batch = find_batch(request, ref)
        if batch.uploaded_by_id != request.user.pk and not request.user.may_unmask:
            raise PermissionDenied("原文件可能含有个人信息，只有上传人和可查看个人信息原文的用户能下载。")
        try:
            data = storage.original_bytes(batch)
        except PortalError as refusal:
            messages.error(request, str(refusal))
            return redirect("uploads:batch", ref=batch.ref)
        record_event(TrailKind.ORIGINAL, by=request.user, division=batch.division, about=batch, is_required=True)
        return _file(data, batch.file_name, content_type="application/octet-stream")


class Template(UploadPage):
    """A register's template for the user's own office: `?filled=1` with the current records, `?period=2018-06`.

    The default month is that of the upload form: the one that offices work on. Nothing is written.
    """

    title = "下载模板"
    counted_as = "exports"

    def get(self, request: PortalRequest, register: str) -> HttpResponseBase:
        """Send the file; raises Http404 for an unknown register."""
        sheet = _sheet(register)
        month, filled = request.GET.get("period", ""), bool(request.GET.get("filled"))
        period = ReportingPeriod.objects.for_month_or_in_hand(parse_month(month) if month else None)
        division = request.user.division
        data = write_template(sheet, division=division, period=period, by=request.user, filled=filled)
        detail = {"register": sheet.name, "period": period.code, "filled": filled}
        record_event(TrailKind.TEMPLATE, by=request.user, label=sheet.title, detail=detail, is_required=filled)
        kind = "填报表（含现有数据）" if filled else "填报空表"
        return _file(data, f"{division.full_name}{sheet.title}{kind}{period.code}.xlsx")


class Export(PortalPage):
    """All records of a register in the user's area, personal values masked."""

    requires = "may_see_registers"
    title = "导出"
    counted_as = "exports"

    def get(self, request: PortalRequest, register: str) -> HttpResponseBase:
        """Send the file; raises Http404 for an unknown register."""
        sheet = _sheet(register)
        division = request.user.division
        export = write_export(sheet, division=division, by=request.user)
        name = f"{division.full_name}{sheet.title}{timezone.localdate():%Y%m%d}.xlsx"
        _record_export(TrailKind.EXPORTED, sheet, export, by=request.user, name=name)
        return _file(export.data, name)


class ExportInClear(FormPage):
    """The export of a register with personal data in clear, for users who may see them; it asks for the reason."""

    requires = "may_unmask"
    title = "导出原文"
    counted_as = "exports"
    help_at = "查看原文"
    form_class = ReasonForm
    template_name = "uploads/export_in_clear.html"
    submit_label = "导出原文"

    def load(self) -> None:
        """Load the register; raises Http404, also for one without personal data."""
        self.sheet = _sheet(self.kwargs["register"])
        if not holds_personal_data(self.sheet.model):
            raise Http404(f"{self.sheet.name} holds no personal data.")

    def get_title(self) -> str:
        """Return the heading with the register's name."""
        return f"导出原文：{self.sheet.title}" if hasattr(self, "sheet") else self.title

    def get_success_url(self) -> str:
        """Return the register's list."""
        return reverse(self.sheet.list_page)

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list."""
        return [Crumb(self.sheet.title, self.get_success_url())] if hasattr(self, "sheet") else []

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the export, and send the file; its name and its first row say who has exported it and when."""
        user, division = self.request.user, self.request.user.division
        now = timezone.localtime()
        note = f"含个人信息原文，{user}（{user.username}）于{now:%Y-%m-%d %H:%M}导出，不得转发"
        export = write_export(self.sheet, division=division, by=user, in_clear=note)
        name = f"{division.full_name}{self.sheet.title}（原文）{user.username}{now:%Y%m%d%H%M}.xlsx"
        reason = form.cleaned_data["reason"]
        _record_export(TrailKind.EXPORTED_CLEAR, self.sheet, export, by=user, name=name, reason=reason)
        mark_done(self.request)
        return _file(export.data, name)


def _record_export(
    kind: TrailKind, sheet: RegisterSheet, export: ExportedWorkbook, *, by: Actor, name: str, reason: str = ""
) -> None:
    """Record an export before it is sent, with how many records it has and a digest by which the file is known again."""
    detail = {"register": sheet.name, "file": name, "sha256": sha256_of(export.data)}
    record_event(kind, by=by, label=sheet.title, rows=export.rows, reason=reason, detail=detail, is_required=True)


def _sheet(register: str) -> RegisterSheet:
    try:
        return register_named(register)()
    except NotFoundError as error:
        raise Http404(error.cure) from error


def _file(data: bytes, name: str, *, content_type: str = XLSX) -> HttpResponse:
    """Return a download; Django encodes a Chinese name as in RFC 5987.

    The name of an upload may contain a mask (138******78); Windows does not allow its asterisks in names of files.
    """
    name = name.replace("*", "＊")
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(data, content_type=content_type, headers={"Content-Disposition": disposition})
