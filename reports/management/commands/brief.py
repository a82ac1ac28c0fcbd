"""`manage.py brief`: draft or issue the briefing of a month, quarter or year for the city, one county, or all."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from changzhi_portal.commands import PortalCommand, bilingual_message
from changzhi_portal.refusals import PortalError, StaleError, UnavailableError
from communities.models import Division
from periods.actions import period_for_work
from periods.models import ReportingPeriod, parse_month
from reports.actions import divisions_with_issues, issue_now, measure_if_outdated, prepare_briefing, print_queued
from reports.actions.drafting import numbers_of
from reports.figures import check_has_briefing
from reports.models import Briefing, BriefingFile
from reports.storage import file_path, write_atomically

NOT_PRINTED = 1  # exit status
_READABLE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH


class Command(PortalCommand):
    """Command that prints in its own process, without broker or worker; the portal's list shows the issue as well."""

    help = (
        "Print the briefing of a month as PDF: a draft, or with --issue the issue itself. Measures the month first when its "
        "registers have changed. An issue that was issued before is only written to the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the month, the division, and the file for the PDF."""
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month, e.g. 2018-06")
        parser.add_argument("--division", metavar="CODE", help="a county's code, e.g. 140402; default: the city")
        parser.add_argument("--all", action="store_true", help="the city and every county, into the folder of --output")
        parser.add_argument(
            "--span", choices=Briefing.Span.values, default="month", help="the quarter or year that ends with the month"
        )
        parser.add_argument("--issue", action="store_true", help="review, approve and issue it, so that leaders see it")
        parser.add_argument("--note", default="", metavar="TEXT", help="why it is issued although reports are missing")
        parser.add_argument("--output", required=True, type=Path, metavar="F.pdf", help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the editions asked for, and the path of each file on standard output as it is written."""
        output: Path = options["output"]
        is_folder = output.is_dir()
        if options["all"] != is_folder or not (is_folder or output.parent.is_dir()):
            kind = "a folder that exists" if options["all"] else "a file in a folder that exists"
            raise CommandError(f"Cannot write {output}: give {kind}.", returncode=NOT_PRINTED)
        if options["all"] and options["division"]:
            raise CommandError("--all prints every division: give no --division.", returncode=NOT_PRINTED)
        division = _division(options["division"])
        period = _measured_period(options["period"], division)
        numbers_of(period, options["span"])
        divisions = divisions_with_issues(period) if options["all"] else [division]
        for each in divisions:
            self._print(period, each, options)

    def _print(self, period: ReportingPeriod, division: Division, options: dict[str, Any]) -> None:
        output: Path = options["output"]
        try:
            briefing = _printed(period, division, options["span"])
            if options["issue"]:
                briefing = issue_now(briefing, note=options["note"])
            path = output / f"{briefing.span_name}{division.name}简报.pdf" if options["all"] else output
            pdf = briefing.files.get(kind=BriefingFile.Kind.PDF)
            write_atomically(path, file_path(pdf.name).read_bytes(), mode=_READABLE)
        except PortalError as error:
            raise CommandError(bilingual_message(error), returncode=NOT_PRINTED) from error
        except OSError as error:
            raise CommandError(f"Cannot write the PDF: {error}", returncode=NOT_PRINTED) from error
        self.stdout.write(str(path))


def _division(code: str | None) -> Division:
    """Return the division with this code, by default the city; raises PortalError for an unknown one."""
    if code is None:
        division = Division.objects.filter(level=Division.Level.CITY).order_by("code").first()
        if division is None:
            raise UnavailableError(
                "还没有行政区划数据，请先载入。", cure="There are no divisions yet. Run: manage.py load_divisions"
            )
        return division
    return Division.objects.by_code(code)


def _measured_period(text: str, division: Division) -> ReportingPeriod:
    """Return the month, measured; raises PortalError for an invalid one, or without a briefing of the division."""
    with period_for_work(month=parse_month(text)) as period:
        check_has_briefing(period, division)
        measure_if_outdated(period)
    return period


def _printed(period: ReportingPeriod, division: Division, span: str) -> Briefing:
    briefing = prepare_briefing(period=period, division=division, by=None, span=span, queue=False)
    if not briefing.is_draft and briefing.state == Briefing.State.PRINTED:
        return briefing
    printed = print_queued(briefing.pk)
    if printed is None:
        raise StaleError(
            "这期简报正在由后台生成，请稍后再试。",
            cure="A worker is printing this very briefing right now. Try again in a moment.",
        )
    return printed
