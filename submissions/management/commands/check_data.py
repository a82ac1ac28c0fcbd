"""`manage.py check_data`: list probable errors in the registers."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import UnavailableError
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from submissions.checks import Findings, findings_for

HARD_FINDINGS = 1  # exit status


class Command(PortalCommand):
    """Command that only reads.

    Exit status: 0 no hard findings, 1 hard findings, 3 the command could not run (unknown month or division).
    """

    help = "List probable errors in the registers as of the end of a month."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add month, division, and whether to print JSON."""
        parser.add_argument("--period", metavar="YYYY-MM", help="the month; else the open one that is due next")
        parser.add_argument("--division", metavar="CODE", help="a city, county or town; else the whole city")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings. Raises CommandError with the exit status if there are hard ones."""
        period = ReportingPeriod.objects.for_month_or_in_hand(
            parse_month(options["period"]) if options["period"] else None
        )
        division = _division_with(options["division"])
        found = findings_for(period=period, division=division)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(period, found), ensure_ascii=False))
        else:
            self._print(period, found)
        if found.hard:
            raise CommandError(f"{found.hard} findings must be corrected before reporting.", returncode=HARD_FINDINGS)

    def _print(self, period: ReportingPeriod, found: Findings) -> None:
        place = f"{found.division.code} {found.division.name}"
        self.stdout.write(f"{place}, {period.code}: {found.hard} hard, {found.soft} soft findings")
        for rule in found.rules:
            self.stdout.write(f"{found.counts()[rule.code]:>7}  {rule.severity}  {rule.code}  {rule.title}")
        for finding in found:
            self.stdout.write(
                f"{finding.rule.severity} {finding.rule.code} {finding.ref} {finding.place} {finding.label}: "
                f"{finding.message}"
            )


def _division_with(code: str | None) -> Division:
    if code:
        return Division.objects.by_code(code)
    city = Division.objects.current().filter(level=Division.Level.CITY).order_by("code").first()
    if city is None:
        raise UnavailableError("还没有行政区划，请先载入。", cure="There is no city yet. Run manage.py load_divisions.")
    return city


def _as_json(period: ReportingPeriod, found: Findings) -> dict[str, Any]:
    return {
        "period": period.code,
        "as_of": period.as_of.isoformat(),
        "division": found.division.code,
        "hard": found.hard,
        "soft": found.soft,
        "rules": [
            {"code": rule.code, "title": rule.title, "severity": rule.severity, "found": found.counts()[rule.code]}
            for rule in found.rules
        ],
        "findings": [
            {
                "rule": finding.rule.code,
                "severity": finding.rule.severity,
                "model": finding.model,
                "ref": finding.ref,
                "place": finding.place,
                "label": finding.label,
                "message": finding.message,
            }
            for finding in found
        ],
    }
