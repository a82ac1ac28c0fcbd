"""The bodies of self-government of a community (社区组织体系) [四（一）1]."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

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

    COUNTED: ClassVar[tuple[str, ...]] = ("groups", "representatives")

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
