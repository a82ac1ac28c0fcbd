"""`manage.py export_facts`: a month's facts for a data warehouse, without personal data (docs/facts.md)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.actions.trail import portal_itself
from changelog.trail import TrailKind, record_event
from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import NotFoundError
from periods.models import ReportingPeriod, parse_month
from reports.facts.tables import fact_tables
from reports.facts.writing import FORMATS, write_facts
from targets.actions.measuring import in_one_snapshot
from targets.models import Computation


class Command(PortalCommand):
    """Command that writes one folder a month: measures, results and registers, typed, with a data dictionary."""

    help = "Write a month's measures and results, and the registers without personal data, for a data warehouse."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the month, the format and the folder."""
        parser.add_argument(
            "--period", required=True, metavar="YYYY-MM", help="a month that was measured, e.g. 2018-06"
        )
        parser.add_argument("--format", choices=FORMATS, default="csv", help="parquet needs the extra `parquet`")
        parser.add_argument("--output", required=True, type=Path, metavar="FOLDER", help="a new folder")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the folder, record it in the trail, and print the number of rows of each table."""
        period = _measured(options["period"])
        folder: Path = options["output"]
        about = {
            "name": f"changzhi-{period.code}",
            "title": f"长治市社区治理{period}数据，不含个人信息",
            "created": timezone.localtime().isoformat(timespec="seconds"),
            "period": period.code,
            "locked": period.is_locked,
        }
        counts = in_one_snapshot(
            lambda: write_facts(fact_tables(period), folder, file_format=options["format"], about=about)
        )
        try:
            _record(period, folder, sum(counts.values()), options["format"])
        except BaseException:  # nothing leaves that the trail does not know
            shutil.rmtree(folder)
            raise
        if options["json"]:
            self.stdout.write(
                json.dumps({"period": period.code, "folder": str(folder), "rows": counts}, ensure_ascii=False)
            )
        else:
            self.stdout.write("\n".join(f"{name:<24}{count:>10,}" for name, count in counts.items()))


def _measured(text: str) -> ReportingPeriod:
    """Return the month. Raises InvalidError for a text that is none, NotFoundError for one that was never measured."""
    period = ReportingPeriod.objects.filter(month=parse_month(text)).first()
    if period is None or not Computation.objects.filter(period=period, finished_at__isnull=False).exists():
        raise NotFoundError(
            f"{text}还没有测算过，没有可以导出的数据。",
            cure=f"Measure the month first: manage.py compute --period {text}",
        )
    return period


def _record(period: ReportingPeriod, folder: Path, rows: int, file_format: str) -> None:
    detail = {"period": period.code, "format": file_format, "file": str(folder)}
    label = f"{period}数据仓库文件"
    record_event(TrailKind.EXPORTED, by=portal_itself(), label=label, rows=rows, detail=detail, is_required=True)
