"""Figures that stand out among their peers: the same kind of thing in the same county (docs/domain.md §6.5).

The statistic is the ratio to the peers' median: one figure that is wrong moves a mean and a standard deviation so far
that it hides itself, and a median not at all. Places differ in size by nature, much more downwards (a hamlet of sixty
people is no slip of the pen) than upwards, hence the two bounds. Few peers make no median worth the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, Q, Value, When, Window
from django.db.models.functions import RowNumber

from changzhi_portal.scope import ScopedQuerySet

HIGH_RATIO = 10  # as many times the median, or more
LOW_RATIO = 20  # the median as many times the figure, or more
FEWEST_PEERS = 10

Groups = Mapping[tuple[Any, ...], Decimal]


def unlike_peers(rows: ScopedQuerySet, figure: str, peers: tuple[str, ...]) -> ScopedQuerySet:
    """Those of `rows` whose `figure` stands out among the rows that share the columns `peers`, with `peers_median`.

    One query finds the medians, the rows are found by another. Rows without the figure are no peers.
    """
    known = rows.filter(**{f"{figure}__isnull": False})
    medians = _medians(known, figure, peers)
    if not medians:
        return rows.none()
    amount: DecimalField = DecimalField(max_digits=14, decimal_places=2)
    cases = [
        When(Q(**dict(zip(peers, group, strict=True))), then=Value(median, output_field=amount))
        for group, median in medians.items()
    ]
    compared = known.annotate(peers_median=Case(*cases, default=None, output_field=amount))
    stands_out = Q(**{f"{figure}__gte": F("peers_median") * HIGH_RATIO}) | Q(
        **{f"{figure}__lte": F("peers_median") / LOW_RATIO}
    )
    return compared.filter(stands_out, peers_median__gt=0)


def _medians(rows: ScopedQuerySet, figure: str, peers: tuple[str, ...]) -> Groups:
    """The median of each group that is large enough; only the middle one or two rows of a group are read."""
    partition = [F(name) for name in peers]
    ranked = rows.order_by().annotate(
        rank=Window(RowNumber(), partition_by=partition, order_by=[F(figure), F("pk")]),
        number=Window(Count("pk"), partition_by=partition),
        twice_the_rank=F("rank") * 2,
    )
    middle = ranked.filter(
        number__gte=FEWEST_PEERS, twice_the_rank__gte=F("number"), twice_the_rank__lte=F("number") + 2
    )
    found: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for *group, value in middle.values_list(*peers, figure):
        found[tuple(group)].append(Decimal(value))
    return {group: sum(values, Decimal(0)) / len(values) for group, values in found.items()}
