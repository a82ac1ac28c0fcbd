"""Judging a month: every scored target for every city, county and town, in one statement over the measures.

`targets.models.TargetResult` documents the numbers of a result for each kind of target. All arithmetic is in whole
numbers (hundredths, ten-thousandths), which every database adds, compares and divides alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import F, QuerySet

from changzhi_portal.records import field_of
from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.current_boundaries import (
    current_boundaries_measures,
    printed_on_map,
    read_current_boundaries,
)
from targets.engine.map_of_day import map_of
from targets.engine.sql import CommonTable, Sql, compile_queryset, fetch_all, replace_month_rows, select_from, union_all
from targets.judgement import (
    HUNDREDTHS,
    PrintedFigures,
    Verdict,
    annotate_summands,
    in_hundredths,
    ratio_of,
    verdict_on_figure,
)
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetPlan, TargetResult
from targets.models.measure import REPORTING_LEVELS

# A rate has four decimals, a coverage is a percentage with two.
_RATE_SCALE = 10_000
_COUNTS = ("met", "over_bound", "unmet", "not_applicable", "unknown")
_VERDICTS = (Verdict.MET, Verdict.OVER, Verdict.UNMET, Verdict.NOT_APPLICABLE, Verdict.UNKNOWN)
_MEAN, _COVERAGE = Target.Aggregate.MEAN.value, Target.Aggregate.COVERAGE.value


def judge_month(period: ReportingPeriod, plan: TargetPlan) -> None:
    """Replace the month's results by those of `plan` over the month's measures."""
    targets = {target.pk: target for target in plan.targets.filter(is_scored=True)}
    if not targets:
        TargetResult.objects.for_period(period).delete()
        return
    columns = {"target": Sql("target_key"), "division": Sql("unit_id"), **_columns()}
    named = _judgement_of(period, targets, Division.Level.values)
    source = select_from(named=named, columns=[Sql("result_rows.*")], rows=Sql("result_rows"))
    replace_month_rows(
        TargetResult,
        period.pk,
        key="target division",
        columns=columns,
        source=Sql(f"({source.text}) AS result_rows", source.params),
    )


def results_under(
    period: ReportingPeriod,
    targets: Collection[Target],
    *,
    levels: Collection[str] = REPORTING_LEVELS,
    on_map_of: datetime.date | None = None,
) -> list[TargetResult]:
    """Return unsaved results of the month's measures for some targets, saved or not; by default of city and counties.

    Ordered by target, the city before its counties, with `target` and `division` set. Targets that are not scored are
    left out. `on_map_of` selects the divisions of another day instead of those of the month's end.
    """
    numbered = dict(enumerate(target for target in targets if target.is_scored))
    if not numbered:
        return []
    names = ("target_key", "unit_id", *_columns())
    columns = [Sql("target_key"), Sql("unit_id"), *_columns().values()]
    named = _judgement_of(period, numbered, levels, on_map_of)
    rows = [
        dict(zip(names, row, strict=True))
        for row in fetch_all(select_from(named=named, columns=columns, rows=Sql("result_rows")))
    ]
    divisions = Division.objects.in_bulk([row["unit_id"] for row in rows])
    results = [(row.pop("target_key"), divisions[row.pop("unit_id")], row) for row in rows]
    results.sort(key=lambda each: (each[0], each[1].level, each[1].code))
    return [
        TargetResult(period=period, target=numbered[key], division=division, **_as_stored(values))
        for key, division, values in results
    ]


def _as_stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return raw database values as a saved result has them: SQLite returns decimals as floats."""
    fields = {name: field_of(TargetResult, name) for name in values}
    return {name: fields[name].to_python(value) for name, value in values.items()}


def _columns() -> dict[str, Sql]:
    """Return the columns of a result by field name, over `result_rows`."""
    # floor(a/b + 1/2) written as (2a + b) div 2b, so that half is rounded up exactly.
    rate = f"({2 * _RATE_SCALE} * (met + over_bound) + judged) / (2 * judged)"
    return {
        "judged": Sql("judged"),
        "met": Sql("met"),
        "over": Sql("over_bound"),
        "unmet": Sql("unmet"),
        "not_applicable": Sql("not_applicable"),
        "unknown": Sql("unknown"),
        "rate": Sql(f"CASE WHEN judged > 0 THEN ({rate}) * 1.0 / {_RATE_SCALE} END"),
        "gap": Sql(f"lacking * 1.0 / {HUNDREDTHS}"),
        "value": Sql(f"value * 1.0 / {HUNDREDTHS}"),
        "verdict": Sql("verdict"),
    }


def _judgement_of(
    period: ReportingPeriod,
    targets: Mapping[int, Target],
    levels: Collection[str],
    on_map_of: datetime.date | None = None,
) -> list[CommonTable]:
    """Return the tables of the statement; the last, `result_rows`, has one row for each target and division of `levels`.

    With `on_map_of`, communities count where they lie on that day, and the counties judged are those of that day. The
    figures of divisions that a target judges are read before, with one query each.
    """
    printed = {key: _printed(period, target, on_map_of) for key, target in targets.items()}
    return [
        *map_of(on_map_of or period.as_of),
        *(current_boundaries_measures(period) if on_map_of else ()),
        _required(targets, levels),
        _own_figure(targets, printed),
        _counted(period, targets, printed, is_of_another_map=on_map_of is not None),
        _summed(),
        _with_verdicts(),
        _result_rows(),
    ]


def _printed(period: ReportingPeriod, target: Target, on_map_of: datetime.date | None) -> PrintedFigures:
    """Return the figure of divisions that a target judges, of city and counties; {} for any other target."""
    if not target.judges_figure:
        return {}
    if on_map_of is not None:
        return printed_on_map(period, target, on_map_of)
    return DivisionMeasure.objects.for_period(period).printed_figures(target)


def _own_figure(targets: Mapping[int, Target], printed: Mapping[int, PrintedFigures]) -> CommonTable:
    """Return the own figure of city and counties in hundredths, with its verdict, for each target of such a figure."""
    columns = ("own_target", "own_unit", "own_value", "own_verdict")
    typed = "CAST(%s AS BIGINT), CAST(%s AS BIGINT), CAST(%s AS BIGINT), CAST(%s AS VARCHAR(14))"
    rows = [
        Sql(
            f"SELECT {typed}",
            (
                *(key, division_id, None if value is None else in_hundredths(value)),
                verdict_on_figure(targets[key], value).value,
            ),
        )
        for key, values in printed.items()
        for (_, division_id), value in values.items()
    ]
    nothing = Sql(f"SELECT {typed} WHERE 1 = 0", (0, 0, 0, ""))
    return CommonTable("own_figure", columns, union_all(nothing, *rows))


def _required(targets: Mapping[int, Target], levels: Collection[str]) -> CommonTable:
    """Return target and unit of each result with the target's bounds in hundredths; no towns for targets of counties.

    `unreported` is the verdict on a unit without the figure of divisions that the target judges; "" where no such figure
    of its own is judged: of other targets, and of the city where only urban districts are judged.
    """
    columns = ("target_key", "unit_id", "aggregate", "per", "lowest", "highest", "share", "unreported")
    level_marks = ", ".join("%s" for _ in levels)
    parts = []
    for key, target in targets.items():
        ratio = ratio_of(target)
        bounds = [
            None if bound is None else in_hundredths(bound)
            for bound in (target.at_least, target.at_most, target.coverage_at_least)
        ]
        is_of_towns = target.level == Target.Level.COMMUNITY
        parts.append(
            Sql(
                "SELECT CAST(%s AS BIGINT), unit_id, CAST(%s AS VARCHAR(10)), CAST(%s AS BIGINT), CAST(%s AS BIGINT),"
                " CAST(%s AS BIGINT), CAST(%s AS BIGINT), CAST(CASE WHEN level <> %s THEN %s ELSE '' END AS VARCHAR(14))\n"
                f"FROM unit WHERE level IN ({level_marks}) AND level <> %s",
                (
                    *(key, target.aggregate, ratio.per if ratio else 1),
                    *bounds,
                    Division.Level.CITY.value if target.urban_districts_only else "",
                    Verdict.UNKNOWN.value if target.judges_figure else "",
                    *levels,
                    "" if is_of_towns else Division.Level.TOWN.value,
                ),
            )
        )
    return CommonTable("required", columns, union_all(*parts))


def _counted(
    period: ReportingPeriod,
    targets: Mapping[int, Target],
    printed: Mapping[int, PrintedFigures],
    *,
    is_of_another_map: bool,
) -> CommonTable:
    """Return the counts and sums of each target, by town if it judges communities, else by county.

    One pass over the measures for each target.
    """
    return CommonTable(
        "counted",
        ("target_key", "division_id", *_COUNTS, "lacking", "figure", "base"),
        union_all(
            *[_counted_by(key, target, period, printed[key], is_of_another_map) for key, target in targets.items()]
        ),
    )


def _counted_by(
    key: int, target: Target, period: ReportingPeriod, printed: PrintedFigures, is_of_another_map: bool
) -> Sql:
    measures: QuerySet[Any, Any]
    at, located = "unit_at", ""
    if target.level == Target.Level.COMMUNITY:
        measures = CommunityMeasure.objects.order_by().for_period(period).subject_to(target)
        place = F("community_id") if is_of_another_map else F("town_id")
        if is_of_another_map:
            at, located = "located.division_id", "JOIN located ON located.community_id = unit_at"
    else:
        measures = DivisionMeasure.objects.order_by().for_period(period).subject_to(target)
        place = F("division_id")
    rows = compile_queryset(
        annotate_summands(measures, target, printed).values("verdict", "lacking", "figure", "base", unit_at=place)
    )
    if is_of_another_map and target.level != Target.Level.COMMUNITY:
        rows = read_current_boundaries(rows)
    counts = ", ".join("COUNT(CASE WHEN verdict = %s THEN 1 END)" for _ in _VERDICTS)
    return Sql(
        f"SELECT CAST(%s AS BIGINT), {at}, {counts}, SUM(lacking), SUM(figure), SUM(base)\n"
        f"FROM ({rows.text}) AS of_target {located} GROUP BY {at}",
        (key, *(verdict.value for verdict in _VERDICTS), *rows.params),
    )


def _summed() -> CommonTable:
    """Return the counts and sums for every town, county and city."""
    names = (*_COUNTS, "lacking", "figure", "base")
    # PostgreSQL sums BIGINT as NUMERIC, whose division would not truncate.
    sums = ", ".join(f"CAST(COALESCE(SUM(counted.{name}), 0) AS BIGINT)" for name in names)
    return CommonTable(
        "summed",
        ("target_key", "unit_id", *names),
        Sql(
            f"SELECT counted.target_key, belongs.unit_id, {sums}\n"
            "FROM counted JOIN belongs ON belongs.division_id = counted.division_id\n"
            "GROUP BY counted.target_key, belongs.unit_id"
        ),
    )


def _with_verdicts() -> CommonTable:
    """Return every required result, with zeros where no unit is judged, and the overall verdict on the division."""
    columns = ("aggregate", "per", "lowest", "highest", "share", "unreported")
    names = (*_COUNTS, "lacking", "figure", "base")
    judged = "(met + over_bound + unmet + unknown)"
    covered = f"(met + over_bound) * {HUNDREDTHS * 100}"
    verdicts = (
        f"WHEN {judged} = 0 THEN %s\n"
        f"WHEN aggregate = %s AND unknown > 0 THEN %s\n"
        f"WHEN aggregate = %s AND figure * per < lowest * base THEN %s\n"
        f"WHEN aggregate = %s AND figure * per > highest * base THEN %s\n"
        f"WHEN aggregate = %s OR {covered} >= share * {judged} THEN %s\n"
        f"WHEN {covered} + unknown * {HUNDREDTHS * 100} < share * {judged} THEN %s\n"
        "ELSE %s"
    )
    params = (
        *(Verdict.NOT_APPLICABLE.value, _MEAN, Verdict.UNKNOWN.value, _MEAN, Verdict.UNMET.value),
        *(_MEAN, Verdict.OVER.value, _MEAN, Verdict.MET.value, Verdict.UNMET.value, Verdict.UNKNOWN.value),
    )
    zeros = ", ".join(f"COALESCE(summed.{name}, 0) AS {name}" for name in names)
    every = (
        f"SELECT required.*, {zeros} FROM required\n"  # noqa: S608
        "LEFT JOIN summed ON summed.target_key = required.target_key AND summed.unit_id = required.unit_id"
    )
    return CommonTable(
        "with_verdicts",
        ("target_key", "unit_id", *columns, *names, "judged", "verdict"),
        Sql(
            f"SELECT target_key, unit_id, {', '.join((*columns, *names))}, {judged},\n"
            f"CASE WHEN aggregate NOT IN (%s, %s) THEN '' ELSE CASE {verdicts} END END\nFROM ({every}) AS required_rows",
            (_MEAN, _COVERAGE, *params),
        ),
    )


def _result_rows() -> CommonTable:
    """Return the columns of the results; for a mean the division itself is the one unit judged.

    A target of a figure of divisions has the own figure of each division that it judges, and of the city, with its verdict.
    """
    is_mean = "aggregate = %s"
    has_own, judges_none = "unreported <> ''", "judged + not_applicable = 0"
    counts = ", ".join(
        f"CASE WHEN {is_mean} THEN CASE WHEN verdict = %s THEN 1 ELSE 0 END ELSE {name} END" for name in _COUNTS
    )
    # What all communities together lack to the required mean, rounded up.
    short_of_mean = "CASE WHEN verdict = %s THEN (lowest * base - figure * per + per - 1) / per ELSE 0 END"
    mean = "CASE WHEN base > 0 THEN (2 * figure * per + base) / (2 * base) END"
    coverage = f"CASE WHEN judged > 0 THEN ({2 * HUNDREDTHS * 100} * (met + over_bound) + judged) / (2 * judged) END"
    return CommonTable(
        "result_rows",
        ("target_key", "unit_id", "judged", *_COUNTS, "lacking", "value", "verdict"),
        Sql(
            f"SELECT target_key, unit_id, CASE WHEN {is_mean} THEN CASE WHEN judged > 0 THEN 1 ELSE 0 END ELSE judged END,\n"
            f"{counts},\nCASE WHEN {is_mean} THEN {short_of_mean} ELSE lacking END,\n"
            f"CASE WHEN {has_own} THEN CASE WHEN {judges_none} THEN NULL ELSE own_value END\n"
            f"ELSE CASE aggregate WHEN %s THEN {mean} WHEN %s THEN {coverage} END END,\n"
            f"CASE WHEN {has_own} THEN CASE WHEN {judges_none} THEN '' ELSE COALESCE(own_verdict, unreported) END\n"
            "ELSE verdict END\n"
            "FROM with_verdicts LEFT JOIN own_figure ON own_target = target_key AND own_unit = unit_id",
            (
                _MEAN,
                *(value for verdict in _VERDICTS for value in (_MEAN, verdict.value)),
                *(_MEAN, Verdict.UNMET.value, _MEAN, _COVERAGE),
            ),
        ),
    )
