"""The user's own notices in the API."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.rights import EVERYBODY
from notices.models import Notice


class NoticeFilterSet(RegisterFilterSet):
    """Filters of notices: whether they were seen."""

    seen = django_filters.ChoiceFilter(label="看过", choices=[("yes", "是"), ("no", "否")], method="of_state")

    class Meta:
        model = Notice
        fields = ()

    def of_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Filter for the notices that were seen, or for the others."""
        return queryset.filter(seen_at__isnull=value == "no")

    def search(self, text: str) -> Q:
        """Find notices by what they say."""
        return Q(title__contains=text) | Q(text__contains=text)


class NoticeSerializer(serializers.ModelSerializer):
    """What a notice says; `url` is an address of the portal's pages, `about` the record's 记录编号."""

    class Meta:
        model = Notice
        fields = ("title", "text", "url", "about", "made_at", "seen_at")


class Notices(RowsEndpoint):
    """通知 to the user."""

    slug = "notices"
    title = "通知"
    requires = EVERYBODY
    queryset = Notice.objects.all()
    filterset = NoticeFilterSet
    serializer_class = NoticeSerializer
    sorts: ClassVar[dict[str, str]] = {"made_at": "made_at"}

    def visible(self, request: Request) -> QuerySet:
        """See ListEndpoint.visible: those to the user alone."""
        return Notice.objects.addressed_to(request.user)
