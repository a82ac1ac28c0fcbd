"""Downloads: templates, exports, the original of an upload, and the original with its problems marked."""

from __future__ import annotations

import logging
from pathlib import PurePath
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header

from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.refusals import NotFoundError, PortalError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from periods.models import ReportingPeriod, parse_month
from uploads import storage
from uploads.views.batch import UploadPage, find_batch
from uploads.writing.annotated import annotated_workbook
from uploads.writing.template import write_export, write_template

logger = logging.getLogger(__name__)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AnnotatedWorkbook(UploadPage):
    """The uploader's own workbook with its problems marked."""

    title = "标出问题的表格"

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
        name = f"{PurePath(batch.file_name).stem}（标出问题）.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


class OriginalFile(UploadPage):
    """The file as it was uploaded.

    It may contain unmasked personal data. So besides the uploader only users of the area who may see such data get it,
    and every download is logged (docs/domain.md §9.3).
    """

    title = "上传的原文件"

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
        logger.info("The original of batch %s was downloaded by user %s", batch.pk, request.user.pk)
        return _file(data, batch.file_name, content_type="application/octet-stream")


class Template(UploadPage):
    """A register's template for the user's own office: `?filled=1` with the current records, `?period=2018-06`.

    The default month is that of the upload form: the one that offices work on. Nothing is written.
    """

    title = "下载模板"

    def get(self, request: PortalRequest, register: str) -> HttpResponseBase:
        """Send the file; raises Http404 for an unknown register."""
        sheet = _sheet(register)
        month, filled = request.GET.get("period", ""), bool(request.GET.get("filled"))
        period = ReportingPeriod.objects.for_month_or_in_hand(parse_month(month) if month else None)
        division = request.user.division
        data = write_template(sheet, division=division, period=period, by=request.user, filled=filled)
        kind = "填报表（含现有数据）" if filled else "填报空表"
        return _file(data, f"{division.full_name}{sheet.title}{kind}{period.code}.xlsx")


class Export(PortalPage):
    """All records of a register in the user's area, personal values masked."""

    requires = "may_see_registers"
    title = "导出"

    def get(self, request: PortalRequest, register: str) -> HttpResponseBase:
        """Send the file; raises Http404 for an unknown register."""
        sheet = _sheet(register)
        division = request.user.division
        data = write_export(sheet, division=division, by=request.user)
        logger.info("Register %s of division %s was exported by user %s", sheet.name, division.code, request.user.pk)
        return _file(data, f"{division.full_name}{sheet.title}{timezone.localdate():%Y%m%d}.xlsx")


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
