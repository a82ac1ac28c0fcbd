"""Which organizations have held no activity for a year, in their own list (一年未开展活动)."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.utils import timezone

from changzhi_portal.pages.extensions import ListExtension
from orgs.models import SocialOrganizationQuerySet
from participation.models.activities import inactive


class OrganizationsWithoutActivity(ListExtension):
    """The filter 开展活动 of the list of organizations."""

    list_name: ClassVar[str] = "orgs:list"

    def filters(self) -> dict[str, django_filters.Filter]:
        """Return the filter by whether an organization has held an activity in the last twelve months."""
        return {
            "activity": django_filters.ChoiceFilter(
                label="开展活动", choices=[("none", "一年未开展活动")], method=self._by_activity
            )
        }

    def _by_activity(self, queryset: SocialOrganizationQuerySet, name: str, value: str) -> SocialOrganizationQuerySet:
        """Filter for organizations of a year or more without an activity in the last twelve months."""
        return inactive(queryset, timezone.localdate())
