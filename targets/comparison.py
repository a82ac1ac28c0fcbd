"""Two months compared: which communities moved, and how, for one target (docs/domain.md §5.11).

Both months keep their own judgement: each is judged by the version of the target that its results were judged by. The
rows of the two months are joined by community in SQL, so that a page costs the same queries for any number of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, TextChoices, Value, When

from changzhi_portal.rights import Actor
from communities.models import Community, Division
from periods.models import ReportingPeriod
from targets.engine.sql import Sql, compile_queryset, fetch_all, select_columns, union_all
from targets.judgement import Verdict, annotate_judgement
from targets.models import CommunityMeasure, Target


class Movement(TextChoices):
    """What happened to a judged unit between two months. Every unit that is judged in one of them has at most one.

    With `judged` and `reached` as in results: judged now = judged before + JOINED − EXEMPT − GONE.
    """

    GAINED = "gained", "新达标"
    FELL = "fell", "不再达标"
    CHANGED = "changed", "数值有变"  # and it stays reached, or not reached
    JOINED = "joined", "新参评"
    EXEMPT = "exempt", "不再参评"  # it is still measured
    GONE = "gone", "撤并或划出"


_REACHED = (Verdict.MET.value, Verdict.OVER.value)
_JUDGED = (*_REACHED, Verdict.UNMET.value, Verdict.UNKNOWN.value)
_COLUMNS = ("community_id", "code", "name", "county", "town", "judged_as", "value")


@dataclass(frozen=True)
class MovedCommunity:
    """One community that moved. Verdict and value are None in a month in which it was not measured."""

    community: Community
    code: str
    name: str
    county: Division
    town: Division
    verdict_before: str | None
    value_before: Decimal | None
    verdict: str | None
    value: Decimal | None
    movement: Movement

    @property
    def difference(self) -> Decimal | None:
        """Return the change of the figure; None when one of the two is unknown."""
        return None if self.value is None or self.value_before is None else self.value - self.value_before


@dataclass(frozen=True)
class Comparison:
    """The communities of one target in two months, as far as one user may see them.

    `target_before` and `target` are the versions that the two months were judged by. With `current_boundaries` a
    community counts where it lies today; otherwise where it lay in the later month, or if it was not measured then, in
    what the division of the earlier month had become by then.
    """

    user: Actor
    before: ReportingPeriod
    after: ReportingPeriod
    target_before: Target
    target: Target
    current_boundaries: bool = False

    def counts(self, division: Division) -> Mapping[int, Mapping[str, int]]:
        """Return the number of communities by movement, for each division one level below, by its key. One query."""
        place = "county" if division.level == Division.Level.CITY else "town"
        moved = self._moved(self._inside(division))
        rows = fetch_all(
            Sql(
                f"SELECT {place}, movement, COUNT(*) FROM ({moved.text}) AS moved "  # noqa: S608
                f"GROUP BY {place}, movement",
                moved.params,
            )
        )
        became = self._became()
        counted: dict[int, Counter[str]] = defaultdict(Counter)
        for key, movement, number in rows:
            counted[became.get(key, key)][movement] += number
        return counted

    def communities(
        self, division: Division, movements: Collection[str], *, start: int, stop: int
    ) -> list[MovedCommunity]:
        """Return the communities of a division that moved in one of these ways, by code, from `start` to before `stop`."""
        moved = self._moved(self._inside(division), movements)
        names = (*_COLUMNS[:5], "verdict_before", "value_before", "verdict_after", "value_after", "movement")
        rows = fetch_all(
            Sql(
                f"SELECT {', '.join(names)} FROM ({moved.text}) AS moved ORDER BY code, community_id LIMIT %s OFFSET %s",  # noqa: S608
                (*moved.params, stop - start, start),
            )
        )
        found = [dict(zip(names, row, strict=True)) for row in rows]
        communities = Community.objects.in_bulk([row["community_id"] for row in found])
        places = Division.objects.in_bulk({row[name] for row in found for name in ("county", "town")})
        return [
            MovedCommunity(
                community=communities[row["community_id"]],
                code=row["code"],
                name=row["name"],
                county=places[row["county"]],
                town=places[row["town"]],
                verdict_before=row["verdict_before"],
                value_before=_decimal(row["value_before"]),
                verdict=row["verdict_after"],
                value=_decimal(row["value_after"]),
                movement=Movement(row["movement"]),
            )
            for row in found
        ]

    def _became(self) -> dict[int, int]:
        """Return what the divisions closed between the two months have become, by key; nothing on today's map."""
        return {} if self.current_boundaries else Division.objects.successors_on(self.after.as_of)

    def _inside(self, division: Division) -> Sql:
        """Return the condition that a row lies in the division; always true for the city, which `visible_to` limits."""
        if division.level == Division.Level.CITY:
            return Sql("1 = 1")
        keys = [division.pk, *(old for old, new in self._became().items() if new == division.pk)]
        place = "county" if division.level == Division.Level.COUNTY else "town"
        return Sql(f"{place} IN ({', '.join(['%s'] * len(keys))})", tuple(keys))

    def _moved(self, inside: Sql, movements: Collection[str] = tuple(Movement.values)) -> Sql:
        """Return a SELECT of the communities that moved, with what they were in both months."""
        both = union_all(self._measured(self.before, self.target_before, 0), self._measured(self.after, self.target, 1))
        sides = ", ".join(
            [f"COALESCE({_side(name, 1)}, {_side(name, 0)}) AS {name}" for name in _COLUMNS[1:5]]
            + [f"{_side('judged_as', side)} AS verdict_{label}" for side, label in enumerate(("before", "after"))]
            + [f"{_side('value', side)} AS value_{label}" for side, label in enumerate(("before", "after"))]
        )
        pairs = f"SELECT community_id, {sides} FROM ({both.text}) AS both_months GROUP BY community_id"  # noqa: S608
        movement = _movement(is_mean=self.target.aggregate == Target.Aggregate.MEAN)
        named = f"SELECT pair.*, {movement} AS movement FROM ({pairs}) AS pair"  # noqa: S608
        asked = ", ".join(["%s"] * len(movements))
        return Sql(
            f"SELECT * FROM ({named}) AS named WHERE movement IN ({asked}) AND {inside.text}",  # noqa: S608
            (*both.params, *movements, *inside.params),
        )

    def _measured(self, period: ReportingPeriod, target: Target, side: int) -> Sql:
        """Return a month's communities, each with its verdict; those of another kind than the target's are not judged."""
        measures = CommunityMeasure.objects.visible_to(self.user).for_period(period)
        town = "community__town" if self.current_boundaries else "town"
        county = f"{town}__parent" if self.current_boundaries else "county"
        judged_as: Any = F("verdict")
        if target.kind:
            others = Value(Verdict.NOT_APPLICABLE.value)
            judged_as = Case(When(kind=target.kind, then=F("verdict")), default=others, output_field=CharField())
        rows = annotate_judgement(measures.order_by(), target).annotate(
            judged_as=judged_as, lies_in_county=F(county), lies_in_town=F(town)
        )
        names = ("community_id", "code", "name", "lies_in_county", "lies_in_town", "judged_as", "value")
        compiled = select_columns(names, compile_queryset(rows.values(*names)))
        renamed = ", ".join(f"{old} AS {new}" for old, new in zip(names, _COLUMNS, strict=True))
        return Sql(f"SELECT {renamed}, {side} AS is_after FROM ({compiled.text}) AS month_{side}", compiled.params)  # noqa: S608


def _side(name: str, is_after: int) -> str:
    return f"MAX(CASE WHEN is_after = {is_after} THEN {name} END)"


def _movement(*, is_mean: bool) -> str:
    """Return the SQL of the movement, "" for a unit that did not move; a unit of a mean neither reaches nor misses it."""
    reached, judged = (", ".join(f"'{verdict}'" for verdict in verdicts) for verdicts in (_REACHED, _JUDGED))
    was, is_now = f"verdict_before IN ({judged})", f"verdict_after IN ({judged})"
    differs = "verdict_before <> verdict_after OR (value_before IS NULL) <> (value_after IS NULL) OR value_before <> value_after"
    cases = [
        (f"verdict_after IS NULL AND {was}", Movement.GONE),
        (f"{was} AND NOT ({is_now})", Movement.EXEMPT),
        (f"{is_now} AND (verdict_before IS NULL OR NOT ({was}))", Movement.JOINED),
        (f"NOT ({is_now}) OR verdict_after IS NULL", ""),
    ]
    if not is_mean:
        cases += [
            (f"verdict_after IN ({reached}) AND verdict_before NOT IN ({reached})", Movement.GAINED),
            (f"verdict_before IN ({reached}) AND verdict_after NOT IN ({reached})", Movement.FELL),
        ]
    cases.append((differs, Movement.CHANGED))
    listed = " ".join(f"WHEN {condition} THEN '{movement}'" for condition, movement in cases)
    return f"CASE {listed} ELSE '' END"


def movement_between(
    verdict_before: str | None,
    value_before: Decimal | None,
    verdict: str | None,
    value: Decimal | None,
) -> Movement | None:
    """Return what happened to a unit, as the SQL of `Comparison` does; None if it did not move.

    A verdict is None in a month in which the unit was not measured. For the few counties of a target for counties.
    """
    was, is_now = verdict_before in _JUDGED, verdict in _JUDGED
    if not was and not is_now:
        return None
    if not is_now:
        return Movement.GONE if verdict is None else Movement.EXEMPT
    if not was:
        return Movement.JOINED
    reached_before, reached = verdict_before in _REACHED, verdict in _REACHED
    if reached != reached_before:
        return Movement.GAINED if reached else Movement.FELL
    return Movement.CHANGED if (verdict, value) != (verdict_before, value_before) else None


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def totals(counts: Mapping[int, Mapping[str, int]]) -> Mapping[str, int]:
    """Return the sum over all divisions, with 0 for a movement that no community made."""
    return {movement: sum(row.get(movement, 0) for row in counts.values()) for movement in Movement.values}


def compared_targets(before: Sequence[Target], after: Sequence[Target]) -> list[tuple[Target, Target]]:
    """Return the pairs of targets of both months with the same code, in the order of the later plan."""
    by_code = {target.code: target for target in before}
    return [(by_code[target.code], target) for target in after if target.code in by_code]
