"""The bodies of self-government of a community (社区组织体系) [四（一）1]."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import BooleanField, Case, Expression, OuterRef, Q, QuerySet, Subquery, Value, When

from changzhi_portal.scope import ScopedModel


class GovernanceBody(ScopedModel):
    """One kind of body of one community: whether it exists or, for the kinds in COUNTED, how many there are."""

    class Kind(models.TextChoices):
        """Kinds of bodies [四（一）1]."""

        PARTY = "party", "社区党组织"
        COMMITTEE = "committee", "居（村）民委员会"
        SUPERVISION = "supervision", "居（村）务监督委员会"
        MASS = "mass", "群团组织"
        ECONOMIC = "economic", "集体经济组织"
        GROUPS = "groups", "居（村）民小组"
        REPRESENTATIVES = "representatives", "居（村）民代表"

    class Verdict(models.TextChoices):
        """Whether a community has all bodies of `JUDGED` (组织健全)."""

        COMPLETE = "complete", "健全"
        INCOMPLETE = "incomplete", "不健全"
        UNKNOWN = "unknown", "未知"

    COUNTED: ClassVar[tuple[str, ...]] = ("groups", "representatives")
    # 集体经济组织 is a supplement (补充): shown, not judged.
    JUDGED: ClassVar[tuple[str, ...]] = (
        *("party", "committee", "supervision", "mass"),
        *("groups", "representatives"),
    )

    community = models.ForeignKey("communities.Community", models.CASCADE, related_name="bodies", verbose_name="社区")
    kind = models.CharField("组织", max_length=16, choices=Kind)
    exists = models.BooleanField("是否建立", null=True, blank=True)
    number = models.PositiveIntegerField("数量", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)

    class Meta:
        verbose_name = verbose_name_plural = "社区组织体系"
        ordering = ("community", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "kind"],
                name="governance_body_once",
                violation_error_message="这个社区的这类组织已登记。",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("groups", "representatives"), exists__isnull=True)
                | (~Q(kind__in=("groups", "representatives")) & Q(number__isnull=True)),
                name="governance_body_exists_or_number",
                violation_error_message="小组、代表填数量，其他组织填是否建立。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community} {self.get_kind_display()}"


def has_body(kind: str) -> Subquery:
    """Return whether the community of the outer query has a body of this kind; NULL where that was not reported.

    Of a counted kind it has one where the number is at least 1.
    """
    bodies: QuerySet[GovernanceBody] = GovernanceBody.objects.filter(community=OuterRef("pk"), kind=kind).order_by()
    has = Case(
        When(Q(exists=True) | Q(number__gte=1), then=Value(True)),
        When(Q(exists=False) | Q(number=0), then=Value(False)),
        output_field=BooleanField(null=True),
    )
    return Subquery(bodies.annotate(has=has).values("has")[:1], output_field=BooleanField(null=True))


def verdict_on(annotations: dict[str, str]) -> Expression:
    """Return the verdict on a community from annotations of `has_body`, given by kind.

    Incomplete when one of the judged bodies is denied or counted as 0, complete when all are there, else unknown: what was
    not reported is neither.
    """
    denied, there = Q(), Q()
    for kind in GovernanceBody.JUDGED:
        denied |= Q(**{annotations[kind]: False})
        there &= Q(**{annotations[kind]: True})
    verdict = GovernanceBody.Verdict
    return Case(
        When(denied, then=Value(verdict.INCOMPLETE)),
        When(there, then=Value(verdict.COMPLETE)),
        default=Value(verdict.UNKNOWN),
        output_field=models.CharField(),
    )
