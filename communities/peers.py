"""Outliers among peers, that is, records of the same kind in the same county (docs/domain.md §6.5).

The statistic is the ratio to the peers' median. A wrong figure can change a mean and a standard deviation so much that it
is no outlier any more, but it hardly changes a median. Places are much more often very small than very large, therefore
the lower bound (PEERS_LOW) is by default wider than the upper one (PEERS_HIGH). Groups of fewer than FEWEST_PEERS are not
judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, Q, Value, When, Window
from django.db.models.functions import RowNumber

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.thresholds import Thresholds
from communities.thresholds import FEWEST_PEERS, PEERS_HIGH, PEERS_LOW

Groups = Mapping[tuple[Any, ...], Decimal]


def unlike_peers(rows: ScopedQuerySet, figure: str, peers: tuple[str, ...], thresholds: Thresholds) -> ScopedQuerySet:
    """Return the rows whose `figure` is an outlier among the rows with the same values in the columns `peers`.

    The rows are annotated with `peers_median`. Rows without the figure are not counted as peers. One query computes the
    medians, a second one is returned.
    """
    known = rows.filter(**{f"{figure}__isnull": False})
    medians = _medians(known, figure, peers, thresholds[FEWEST_PEERS])
    if not medians:
        return rows.none()
    amount: DecimalField = DecimalField(max_digits=14, decimal_places=2)
    cases = [
        When(Q(**dict(zip(peers, group, strict=True))), then=Value(median, output_field=amount))
        for group, median in medians.items()
    ]
    compared = known.annotate(peers_median=Case(*cases, default=None, output_field=amount))
    stands_out = Q(**{f"{figure}__gte": F("peers_median") * thresholds[PEERS_HIGH]}) | Q(
        **{f"{figure}__lte": F("peers_median") / thresholds[PEERS_LOW]}
    )
    return compared.filter(stands_out, peers_median__gt=0)


def _medians(rows: ScopedQuerySet, figure: str, peers: tuple[str, ...], fewest: int) -> Groups:
    """Return the median of each group of at least `fewest` rows; reads only the middle one or two rows of a group."""
    partition = [F(name) for name in peers]
    ranked = rows.order_by().annotate(
        rank=Window(RowNumber(), partition_by=partition, order_by=[F(figure), F("pk")]),
        number=Window(Count("pk"), partition_by=partition),
        twice_the_rank=F("rank") * 2,
    )
    middle = ranked.filter(number__gte=fewest, twice_the_rank__gte=F("number"), twice_the_rank__lte=F("number") + 2)
    values_by_group: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for *group, value in middle.values_list(*peers, figure):
        values_by_group[tuple(group)].append(Decimal(value))
    return {group: sum(values, Decimal(0)) / len(values) for group, values in values_by_group.items()}
