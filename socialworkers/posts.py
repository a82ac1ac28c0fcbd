"""岗位: the posts for professionals that service points set, and those who fill them [四（三）1; docs/domain.md §4.23].

Set are the posts of the points in use. They are filled by professionals at post in a community whose points set any, or
at the station of a town that sets any, its communities' included. A town has vacancies as far as fewer are filled than
set; more than are set fill none of another town.
"""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from communities.models import ServicePoint
from communities.models.point import ServicePointQuerySet
from socialworkers.models import Posting, PostingQuerySet, SocialWorker


def setting_posts(day: datetime.date) -> ServicePointQuerySet:
    """Return the points in use on a day that set posts."""
    in_use: ServicePointQuerySet = ServicePoint.objects.in_effect_on(day).filter(posts__gt=0).order_by()
    return in_use


def is_professional(prefix: str = "") -> Q:
    """Return the condition that a worker is 社会工作专业人才; `prefix` is a lookup that leads to the worker."""
    return ~Q(**{f"{prefix}level": SocialWorker.Level.NONE}) | Q(**{f"{prefix}has_social_work_degree": True})


def filling_posts(day: datetime.date) -> PostingQuerySet:
    """Return the postings on a day of professionals who fill a post.

    The station of a town that has closed is what stands there today: its points have gone there.
    """
    setting = setting_posts(day)
    here = Q(community__isnull=False) & Exists(setting.filter(community=OuterRef("community")))
    stations = [
        Exists(setting.filter(Q(division=OuterRef(town)) | Q(community__town=OuterRef(town))))
        for town in ("division", "division__successor", "division__successor__successor")
    ]
    at_station = Q(division__isnull=False) & (stations[0] | stations[1] | stations[2])
    postings: PostingQuerySet = Posting.objects.in_effect_on(day).filter(is_professional("worker__")).order_by()
    return postings.filter(here | at_station)


def towns_with_posts(towns: QuerySet, day: datetime.date) -> QuerySet:
    """Return the towns whose points set posts on a day, with `posts_set`, `posts_filled` and `posts_vacant`.

    Who fills them is counted by town first, in two queries: correlated with each town it took a third of a second.
    """
    setting = setting_posts(day)
    sets = Q(pk__in=setting.values("division")) | Q(pk__in=setting.values("community__town"))
    of_points = _sum(setting.filter(community__town=OuterRef("pk")), Sum("posts"))
    of_town = _sum(setting.filter(division=OuterRef("pk")), Sum("posts"))
    filled = [When(pk=town, then=Value(number)) for town, number in _filled_by_town(day).items()]
    counted = towns.filter(sets).annotate(
        posts_set=of_points + of_town, posts_filled=Case(*filled, default=Value(0), output_field=IntegerField())
    )
    return counted.annotate(posts_vacant=Greatest(F("posts_set") - F("posts_filled"), Value(0)))


def _filled_by_town(day: datetime.date) -> Counter[int]:
    """Return how many fill a post in each town of today, by its key; a closed town's station is its successor's."""
    filling, found = filling_posts(day), Counter[int]()
    today = Coalesce("division__successor__successor", "division__successor", "division")
    at_station = filling.filter(division__isnull=False).annotate(place=today)
    in_communities = filling.filter(community__isnull=False).annotate(place=F("community__town"))
    for postings in (in_communities, at_station):
        found.update(dict(postings.values_list("place").annotate(number=Count("pk"))))
    return found


def _sum(rows: QuerySet, what: Any) -> Combinable:
    """Return the sum over rows of a subquery; 0 without any."""
    summed = rows.annotate(one=Value(1)).values("one").annotate(total=what).values("total")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))
