"""`manage.py brief`: print the briefing of a month for the city or one county."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from changzhi_portal.commands import PortalCommand, in_both_languages
from changzhi_portal.refusals import PortalError, StaleError, UnavailableError
from communities.models import Division
from periods.actions import period_for_work
from periods.models import ReportingPeriod, parse_month
from reports.actions import bring_up_to_date, prepare_briefing, print_queued
from reports.figures import refuse_unless_issuing
from reports.models import Briefing
from reports.storage import pdf_path, write_whole

NOT_PRINTED = 1  # exit status
_READABLE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH


class Command(PortalCommand):
    """Does the work itself, without broker or worker; the issue then stands in the portal's list as well."""

    help = "Print the briefing of a month as PDF. Measures the month first when its registers have changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """The month, whose briefing, and where the PDF goes."""
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month, e.g. 2018-06")
        parser.add_argument("--division", metavar="CODE", help="a county's code, e.g. 140402; default: the city")
        parser.add_argument("--output", required=True, type=Path, metavar="F.pdf", help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, and say where the file is."""
        output: Path = options["output"]
        if not output.parent.is_dir() or output.is_dir():
            raise CommandError(f"Cannot write {output}: give a file in a folder that exists.", returncode=NOT_PRINTED)
        division = _division(options["division"])
        period = _measured_period(options["period"], division)
        try:
            briefing = _printed(period, division)
            write_whole(output, pdf_path(briefing.pdf_name).read_bytes(), mode=_READABLE)
        except PortalError as error:
            raise CommandError(in_both_languages(error), returncode=NOT_PRINTED) from error
        except OSError as error:
            raise CommandError(f"Cannot write the PDF: {error}", returncode=NOT_PRINTED) from error
        self.stdout.write(str(output))


def _division(code: str | None) -> Division:
    """The division asked for, by default the city; raises PortalError for an unknown one."""
    if code is None:
        division = Division.objects.filter(level=Division.Level.CITY).order_by("code").first()
        if division is None:
            raise UnavailableError(
                "还没有行政区划数据，请先载入。", cure="There are no divisions yet. Run: manage.py load_divisions"
            )
        return division
    return Division.objects.by_code(code)


def _measured_period(text: str, division: Division) -> ReportingPeriod:
    """The month, measured; raises PortalError for one that cannot be, or that has no briefing of the division."""
    with period_for_work(month=parse_month(text)) as period:
        refuse_unless_issuing(period, division)
        bring_up_to_date(period)
    return period


def _printed(period: ReportingPeriod, division: Division) -> Briefing:
    briefing = prepare_briefing(period=period, division=division, by=None, queue=False)
    printed = print_queued(briefing.pk)
    if printed is None:
        raise StaleError(
            "这期简报正在由后台生成，请稍后再试。",
            cure="A worker is printing this very briefing right now. Try again in a moment.",
        )
    return printed
