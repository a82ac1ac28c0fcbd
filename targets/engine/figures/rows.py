"""The rows that a figure declares: where they lay on the day, and which units they have been reported for."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown
from changzhi_portal.records import FollowsCommunity
from communities.models import RecordMove
from periods.models import ReportingPeriod
from targets.engine.sql import CommonTable, Sql, compile_queryset, quote_name, union_all

PLACE = ("community_id", "division_id")
# PostgreSQL takes a bare NULL of a common table for text.
NOTHING = "CAST(NULL AS NUMERIC)"


def counted_row(figure: Figure, period: ReportingPeriod, moved: frozenset[str]) -> CommonTable:
    """Return the rows of the month and, of a flow, those since 1 January once more, told apart by `span`."""
    last = period.as_of
    spans = [_rows_of(figure.rows(period.month, last), figure, last, "month", moved)]
    if figure.kind is FigureKind.FLOW:
        spans.append(_rows_of(figure.rows(last.replace(month=1, day=1), last), figure, last, "year", moved))
    columns = ("span", *PLACE, "part", "numerator", "denominator")
    return CommonTable("counted_row", columns, union_all(*spans))


def _rows_of(rows: Any, figure: Figure, last: datetime.date, span: str, moved: frozenset[str]) -> Sql:
    parts = []
    for each in querysets_of(rows):
        known = _columns_of(each)
        part = "CAST(part AS VARCHAR(40))" if figure.parts else "''"
        denominator = "denominator" if _has_denominators(figure) else NOTHING
        chosen = [*_places_in(known), part, "numerator", denominator]
        parts += [
            Sql(f"SELECT '{span}', {', '.join(chosen)} FROM ({found.text}) AS declared", found.params)  # noqa: S608
            for found in _where_they_were(each, last, moved)
        ]
    return union_all(*parts)


def _has_denominators(figure: Figure) -> bool:
    return figure.over is CountedOver.ROWS and figure.shown is not Shown.TOTAL


def querysets_of(rows: Any) -> Sequence[QuerySet[Any, Any]]:
    """Return the querysets of a declaration: one, or several in a tuple. Raises TypeError for a union."""
    found = rows if isinstance(rows, tuple) else (rows,)
    for each in found:
        if each.query.combinator:
            raise TypeError("Rows of a figure are no union: return the querysets in a tuple.")
    return found


def _columns_of(rows: QuerySet[Any, Any]) -> set[str]:
    return {*rows.query.values_select, *rows.query.annotation_select}


def _places_in(known: Collection[str]) -> list[str]:
    """Return the columns of the place of declared rows, NULL for one that they do not have. Raises TypeError without any."""
    if not set(known) & set(PLACE):
        raise TypeError(f"Rows of a figure name their place as {' or '.join(PLACE)}, and not only {sorted(known)}.")
    return [f"CAST({name if name in known else 'NULL'} AS BIGINT)" for name in PLACE]


def _where_they_were(rows: QuerySet[Any, Any], last: datetime.date, moved: frozenset[str]) -> list[Sql]:
    """Return the rows, those that have moved since to the successor of their community at the former one (ADR 0021).

    Only rows of a model that follows its community, whose `community_id` is its own column: rows that compute it say
    themselves where they were (`communities.models.community_on`).
    """
    rows, model = rows.order_by(), rows.model
    follows = issubclass(model, FollowsCommunity) and "community_id" in rows.query.values_select
    if model._meta.label_lower not in moved or not follows:
        return [compile_queryset(rows)]
    later = RecordMove.objects.of_model(model).filter(moved_on__gt=last)
    has_moved = Q(pk__in=later.order_by().values("record_id"))
    former = compile_queryset(
        RecordMove.objects.former_on(model, last).order_by().values("record_id", "from_community_id")
    )
    single = compile_queryset(rows.filter(has_moved).annotate(row_id=F("pk") + 0))
    others = [quote_name(name) for name in _columns_of(rows) if name != "community_id"]
    chosen = ", ".join(["moves.from_community_id AS community_id", *(f"moved.{name}" for name in others)])
    return [
        compile_queryset(rows.filter(~has_moved)),
        Sql(
            f"SELECT {chosen} FROM ({single.text}) AS moved\n"  # noqa: S608
            f"JOIN ({former.text}) AS moves ON moves.record_id = moved.row_id",
            (*single.params, *former.params),
        ),
    ]


def reported_unit(figure: Figure, last: datetime.date, moved: frozenset[str]) -> CommonTable:
    """Return the units with any row of the register by the last day; of rows that apply below, also the units there."""
    parts = []
    for each in querysets_of(figure.reported(last)):
        community, division = _places_in(_columns_of(each))
        for found in _where_they_were(each, last, moved):
            parts.append(
                Sql(
                    "SELECT COALESCE(located.division_id, mentioned.division_id) FROM (\n"  # noqa: S608
                    f"SELECT {community} AS community_id, {division} AS division_id FROM ({found.text}) AS declared\n"
                    ") AS mentioned LEFT JOIN located ON located.community_id = mentioned.community_id",
                    found.params,
                )
            )
    # UNION leaves each division once, so that few rows are joined to the map.
    mentioned = "\nUNION\n".join(part.text for part in parts)
    return CommonTable(
        "reported_unit",
        ("unit_id",),
        Sql(
            f"SELECT DISTINCT unit_id FROM spread WHERE division_id IN (\n{mentioned}\n)",  # noqa: S608
            tuple(value for part in parts for value in part.params),
        ),
    )
