"""`manage.py compute`: measure a month and print its results."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from changzhi_portal.commands import PortalCommand
from changzhi_portal.percent import percent, percent_text
from periods.actions import period_for_work
from periods.models import ReportingPeriod, parse_month
from targets.actions import compute_period
from targets.published import Figures, results_for_json

_COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown")


class Command(PortalCommand):
    """Command that computes in its own process, without broker or worker. For a locked month it prints the frozen figures."""

    help = (
        "Measure a month as of its last day and print the targets' results for the city and its counties; "
        "of a locked month, print its frozen results."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the month, whose divisions to print, and whether to print JSON."""
        parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month, e.g. 2018-06")
        parser.add_argument(
            "--divisions",
            choices=("then", "now"),
            default="then",
            help="counties of that month, or of today, summed from the same communities",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute and print."""
        period = _locked(options["period"]) or _computed(options["period"])
        figures = results_for_json(period, current_boundaries=options["divisions"] == "now")
        if options["json"]:
            answer = {
                "period": period.code,
                "as_of": period.as_of.isoformat(),
                "divisions": options["divisions"],
                "locked": period.state == ReportingPeriod.State.LOCKED,
                "targets": figures,
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            frozen = ", locked" if period.state == ReportingPeriod.State.LOCKED else ""
            self.stdout.write(f"Period {period.code}, figures as of {period.as_of.isoformat()}{frozen}")
            self.stdout.write(_table(figures))


def _locked(text: str) -> ReportingPeriod | None:
    """Return the month if it is locked, else None. Raises InvalidError for text that is no month."""
    return ReportingPeriod.objects.locked().filter(month=parse_month(text)).first()


def _computed(text: str) -> ReportingPeriod:
    with period_for_work(month=parse_month(text)) as period:
        compute_period(period)
    return period


def _table(figures: Figures) -> str:
    """Return the figures as a text table; targets that are not scored follow below."""
    lines = [f"{'target':<20} {'place':<6} " + " ".join(f"{name:>14}" for name in (*_COUNTS, "rate", "gap"))]
    for target, places in figures.items():
        for place, row in places.items():
            if "judged" in row:
                rate = percent_text(percent(row["met"] + row["over"], row["judged"])) if row["judged"] else "-"
                values = [str(row[name]) for name in _COUNTS]
                line = f"{target:<20} {place:<6} " + " ".join(f"{value:>14}" for value in (*values, rate, row["gap"]))
                lines.append(line + _overall(row))
    for target, places in figures.items():
        for place, row in places.items():
            if "workers" in row:
                workers, professionals = (_or_unknown(row[name]) for name in ("workers", "professionals"))
                lines.append(f"{target:<20} {place:<6} {workers:>14} workers {professionals:>10} professionals")
    return "\n".join(lines)


def _overall(row: dict[str, Any]) -> str:
    """Return the mean with its verdict, of a coverage the verdict; empty for a target for each unit."""
    if "verdict" not in row:
        return ""
    # Only a coverage judges several units, and its value is the rate.
    value = "" if row["judged"] > 1 else f"{'-' if row['value'] is None else row['value']} "
    return f"  {value}{row['verdict']}"


def _or_unknown(count: int | None) -> str:
    return "unknown" if count is None else str(count)
