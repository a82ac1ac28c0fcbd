"""岗位: the posts for professionals that service points set, and those who fill them [四（三）1; docs/domain.md §4.23].

Set are the posts of the points in use. They are filled by professionals at post in a community whose points set any, or
at the station of a town that sets any, its communities' included. A town has vacancies as far as fewer are filled than
set; more than are set fill none of another town.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
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


def with_posts(towns: QuerySet, day: datetime.date) -> QuerySet:
    """Annotate towns with `posts_set`, `posts_filled` and `posts_vacant` on a day."""
    setting, filling = setting_posts(day), filling_posts(day)
    of_points = _sum(setting.filter(community__town=OuterRef("pk")), Sum("posts"))
    of_town = _sum(setting.filter(division=OuterRef("pk")), Sum("posts"))
    in_communities = _sum(filling.filter(community__town=OuterRef("pk")), Count("pk"))
    past = Q(division=OuterRef("pk")) | Q(division__successor=OuterRef("pk"))
    past |= Q(division__successor__successor=OuterRef("pk"))
    at_station = _sum(filling.filter(past), Count("pk"))
    counted = towns.annotate(posts_set=of_points + of_town, posts_filled=in_communities + at_station)
    return counted.annotate(posts_vacant=Greatest(F("posts_set") - F("posts_filled"), Value(0)))


def _sum(rows: QuerySet, what: Any) -> Combinable:
    """Return the sum over rows of a subquery; 0 without any."""
    summed = rows.annotate(one=Value(1)).values("one").annotate(total=what).values("total")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))
