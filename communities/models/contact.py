"""Contact persons: whom to ask about the portal, at the bureau and in each county (docs/domain.md §1.5)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from changzhi_portal.personal import SealedField
from changzhi_portal.records import Record
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, scope_path_of
from communities.models.division import Division


class ContactQuerySet(ScopedQuerySet):
    """Queries of contact persons."""

    def to_be_asked_by(self, user: Viewer) -> Self:
        """Filter for whom a user may ask: the contacts of the own division, of those above it and of those below.

        They are wider than the scope (`visible_to`), which says whose contacts one may change: a clerk asks the bureau.
        Visitors see those of the bureau that are marked for them; None without a division.
        """
        if user is None or isinstance(user, AnonymousUser):
            return self.filter(division__level=Division.Level.CITY, is_public=True)
        path = scope_path_of(user)
        if path is None:
            return self.none()
        steps = path.strip("/").split("/")
        above = ["/".join(steps[: length + 1]) + "/" for length in range(len(steps))]
        return self.filter(Q(division__path__in=above) | Q(division__path__startswith=path))

    def in_order(self) -> Self:
        """Order by division, the bureau first, and load it."""
        return self.select_related("division").order_by("division__code", "pk")


class Contact(Record, ScopedModel):
    """A person whom people ask about the portal. The number is an office's: whoever may see the contact sees it in clear."""

    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="contacts", verbose_name="单位")
    name = models.CharField("联系人", max_length=50)
    duty = models.CharField("负责什么", max_length=100, blank=True)
    phone = SealedField("办公电话", kind="phone", null=True, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    is_public = models.BooleanField("登录前也显示", default=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联系人"
        ordering = ("division", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "name"],
                name="contact_once",
                violation_error_message="这个单位已经有同名的联系人，请直接修改那一条。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="contact_has_name", violation_error_message="请填写联系人。"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=False) | ~Q(email=""),
                name="contact_can_be_reached",
                violation_error_message="办公电话和电子邮箱至少填一个。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """Return the telephone in clear, "" without one: it was written down to be called."""
        return "" if self.phone is None else self.phone.reveal()
