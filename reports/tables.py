"""The table of briefings."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables
from django_tables2.utils import A

from changzhi_portal.pages.tables import DayColumn, MomentColumn, RegisterTable
from reports.models import Briefing


class BriefingTable(RegisterTable):
    """Table with one line per issue."""

    caption: ClassVar[str] = "简报"
    default_order: ClassVar[str] = "-period"

    period = tables.Column(
        "统计月", accessor="listed_name", linkify=("reports:briefing", {"ref": A("ref")}), order_by="period__month"
    )
    division = tables.Column("范围", accessor="division__name", order_by="division__code")
    number_line = tables.Column("期号", order_by="total_number")
    issued_on = DayColumn("印发日期")
    stage = tables.Column("编发进度", accessor="get_stage_display", order_by="stage")
    printed_at = MomentColumn("生成时间")

    class Meta(RegisterTable.Meta):
        model = Briefing
        fields = ()
