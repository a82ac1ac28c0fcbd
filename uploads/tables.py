"""The table of upload batches."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables
from django_tables2.utils import A

from changzhi_portal.pages.tables import MomentColumn, NumberColumn, RegisterTable, ShortColumn
from uploads.models import UploadBatch


class BatchTable(RegisterTable):
    """Uploads with their state and counts."""

    caption: ClassVar[str] = "上传记录"
    default_order: ClassVar[str] = "-uploaded_at"

    file_name = tables.Column("文件", linkify=("uploads:batch", {"ref": A("ref")}), orderable=False)
    register = ShortColumn("登记表", accessor="register_title", order_by="register")
    period = ShortColumn("统计月", order_by="period__month")
    division = ShortColumn("填报单位", accessor="division__name", order_by="division__code")
    uploaded_by = ShortColumn("上传人", order_by="uploaded_by__full_name")
    uploaded_at = MomentColumn("上传时间", order_by="id")
    state = ShortColumn("状态", accessor="state_label", order_by="state")
    rows = NumberColumn("数据行")
    new = NumberColumn("新增")
    changed = NumberColumn("修改")
    errors = NumberColumn("错误行")

    class Meta(RegisterTable.Meta):
        model = UploadBatch
        fields = ()
