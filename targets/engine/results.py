"""Judging a month: every scored target for every city, county and town, in one INSERT … SELECT over the measures."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.map_of_day import map_of
from targets.engine.sql import Named, Sql, compiled, insert_from, run, table, union
from targets.judgement import Verdict
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetPlan, TargetResult

# In whole ten-thousandths, so that rounding half up is exact integer arithmetic on every database.
_RATE_SCALE = 10_000
_REACHED = "(summed.met + summed.over_bound)"
_JUDGED = f"({_REACHED} + summed.unmet + summed.unknown)"


def judge_month(period: ReportingPeriod, plan: TargetPlan) -> int:
    """Replace the month's results by those of `plan` over the month's measures; the number of results."""
    TargetResult.objects.for_period(period).delete()
    targets = list(plan.targets.filter(is_scored=True))
    if not targets:
        return 0
    columns = {
        "period": Sql("%s", (period.pk,)),
        "target": Sql("asked.target_id"),
        "division": Sql("asked.unit_id"),
        "judged": Sql(f"COALESCE({_JUDGED}, 0)"),
        "met": Sql("COALESCE(summed.met, 0)"),
        "over": Sql("COALESCE(summed.over_bound, 0)"),
        "unmet": Sql("COALESCE(summed.unmet, 0)"),
        "not_applicable": Sql("COALESCE(summed.not_applicable, 0)"),
        "unknown": Sql("COALESCE(summed.unknown, 0)"),
        "rate": _rate(),
        # Rounded, because SQLite adds decimals as floats.
        "gap": Sql("ROUND(COALESCE(summed.gap, 0), 2)"),
    }
    rows = Sql("asked LEFT JOIN summed ON summed.target_id = asked.target_id AND summed.unit_id = asked.unit_id")
    named = [*map_of(period.as_of), _judged(period, targets), _summed(), _asked(targets)]
    return run(insert_from(TargetResult, named=named, columns=columns, rows=rows))


def _rate() -> Sql:
    # floor(a/b + 1/2) written as (2a + b) div 2b; 2a beyond 32 bits for a province of communities.
    rounded = f"(CAST(2 * {_RATE_SCALE} AS BIGINT) * {_REACHED} + {_JUDGED}) / (2 * {_JUDGED})"
    return Sql(f"CASE WHEN {_JUDGED} > 0 THEN ({rounded}) * 1.0 / {_RATE_SCALE} END")


def _judged(period: ReportingPeriod, targets: list[Target]) -> Named:
    """How many units of which verdict, and what they lack: by town where communities are judged, else by county."""
    return Named(
        "judged",
        ("target_id", "division_id", "verdict", "units", "missing"),
        union(*[_judged_by(target, period) for target in targets]),
    )


def _judged_by(target: Target, period: ReportingPeriod) -> Sql:
    measures: QuerySet[Any, Any]
    if target.level == Target.Level.COMMUNITY:
        measures = CommunityMeasure.objects.order_by().for_period(period).judged_by(target)
        grouped = measures.values("verdict", division_id_of_unit=F("town_id"))
    else:
        measures = DivisionMeasure.objects.order_by().for_period(period).judged_by(target)
        grouped = measures.values("verdict", division_id_of_unit=F("division_id"))
    rows = compiled(grouped.annotate(units=Count("pk"), lacking=Sum("missing")))
    return Sql(
        f"SELECT {target.pk:d}, division_id_of_unit, verdict, units, lacking FROM ({rows.text}) AS of_target",  # noqa: S608
        rows.params,
    )


def _summed() -> Named:
    """Added up for every town, county and city."""
    verdicts = (Verdict.MET, Verdict.OVER, Verdict.UNMET, Verdict.NOT_APPLICABLE, Verdict.UNKNOWN)
    sums = ",\n  ".join(
        "CAST(SUM(CASE WHEN judged.verdict = %s THEN judged.units ELSE 0 END) AS BIGINT)" for _ in verdicts
    )
    return Named(
        "summed",
        ("target_id", "unit_id", "met", "over_bound", "unmet", "not_applicable", "unknown", "gap"),
        Sql(
            f"SELECT judged.target_id, belongs.unit_id,\n  {sums},\n  SUM(judged.missing)\n"
            "FROM judged JOIN belongs ON belongs.division_id = judged.division_id\n"
            "GROUP BY judged.target_id, belongs.unit_id",
            tuple(verdict.value for verdict in verdicts),
        ),
    )


def _asked(targets: list[Target]) -> Named:
    """Which results there are: every unit for every target, but no towns where counties are judged."""
    keys = ", ".join(f"{target.pk:d}" for target in targets)
    return Named(
        "asked",
        ("target_id", "unit_id"),
        Sql(
            f"SELECT target.id, unit.unit_id FROM {table(Target)} AS target CROSS JOIN unit\n"  # noqa: S608
            f"WHERE target.id IN ({keys}) AND (target.level = %s OR unit.level <> %s)",
            (Target.Level.COMMUNITY.value, Division.Level.TOWN.value),
        ),
    )
