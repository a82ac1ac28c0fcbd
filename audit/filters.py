"""Filters of the trail and of the files that left the portal.

Conditions are such that the indexes of the trail serve them: people are looked up first, days become moments.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q

from accounts.models import User
from audit.kinds import DOWNLOADS, choices, kinds_of
from changelog.models import TrailKind, TrailRecord, TrailRecordQuerySet
from changzhi_portal.names import fold
from changzhi_portal.pages.filters import DayInput, FilterForm
from communities.filters import PlaceFilterSet
from periods.models import beginning_of

A_DAY = datetime.timedelta(days=1)
MOST_PEOPLE = 200  # whom a text may mean
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Days at the ends of the calendar have no beginning in another zone.
_BEFORE_ALL, _AFTER_ALL = datetime.date(1900, 1, 1), datetime.date(9000, 1, 1)


def made_from(day: datetime.date, prefix: str = "") -> Q:
    """Return the condition that something was done on `day` or later; `prefix` leads to the model that has `made_at`."""
    return Q(**{f"{prefix}made_at__gte": beginning_of(day)}) if day > _BEFORE_ALL else Q()


def made_until(day: datetime.date, prefix: str = "") -> Q:
    """Return the condition that something was done on `day` or earlier."""
    return Q(**{f"{prefix}made_at__lt": beginning_of(day + A_DAY)}) if day < _AFTER_ALL else Q()


def done_by(text: str) -> Q:
    """Return the condition that somebody did it whom a text means: the user of exactly this name, else whose names contain it.

    Of visitors who have not signed in it is the name that they typed.
    """
    exact = list(User.objects.filter(username=text).values_list("pk", flat=True))
    named = User.objects.filter(Q(full_name__icontains=text) | Q(username__icontains=text))
    people = exact or list(named.order_by("pk").values_list("pk", flat=True)[:MOST_PEOPLE])
    typed = Q(username=text) if exact else Q(username__icontains=text)
    return Q(made_by__in=people) | (Q(made_by__isnull=True) & typed)


def checked_digest(text: str) -> str:
    """Return a SHA-256 as it is stored, from what somebody has typed or pasted. Raises ValidationError."""
    digest = "".join(text.split()).lower()
    if not _DIGEST.fullmatch(digest):
        raise forms.ValidationError("校验值应是64位的数字和字母，请核对后再填；也可以直接选文件核对。")
    return digest


class DigestField(forms.CharField):
    """A field for a file's SHA-256."""

    def clean(self, value: Any) -> str:
        """Return the digest, "" without any; raises ValidationError for what is none."""
        text = str(super().clean(value) or "")
        return checked_digest(text) if text else ""


class DigestFilter(django_filters.CharFilter):
    """A filter by a file's SHA-256."""

    field_class = DigestField


class MomentFilter(django_filters.DateFilter):
    """A filter by the day on which something was done: from it on, or until its end."""

    def __init__(self, label: str, *, is_last: bool = False) -> None:
        super().__init__(label=label, widget=DayInput())
        self.condition = made_until if is_last else made_from

    def filter(self, qs: TrailRecordQuerySet, value: datetime.date | None) -> TrailRecordQuerySet:
        """Return the records of these days; all without a day."""
        return qs if value is None else qs.filter(self.condition(value))


class TrailFilterForm(FilterForm):
    """Form that always shows who, what and when."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "kind", "made_from", "made_to", "county")
    search_hint: ClassVar[str] = "姓名或用户名"


class DownloadFilterForm(FilterForm):
    """Form that always shows who, what, when and the file."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "kind", "made_from", "made_to", "sha256")
    search_hint: ClassVar[str] = "姓名或用户名"


class TrailFilterSet(PlaceFilterSet):
    """Records by who did it, what it is about, kind, days, place and client."""

    kind = django_filters.ChoiceFilter(label="事项", choices=choices, method="filter_kind")
    made_from = MomentFilter("从哪天")
    made_to = MomentFilter("到哪天", is_last=True)
    about = django_filters.CharFilter(label="对象名称", method="filter_about")
    address = django_filters.CharFilter(label="来源地址", field_name="address")

    class Meta:
        model = TrailRecord
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition that somebody did it whom the text means."""
        return done_by(text)

    def filter_kind(self, queryset: TrailRecordQuerySet, name: str, value: str) -> TrailRecordQuerySet:
        """Return the records of a kind, or of a group of kinds."""
        return queryset.filter(kind__in=kinds_of(value))

    def filter_about(self, queryset: TrailRecordQuerySet, name: str, value: str) -> TrailRecordQuerySet:
        """Return the records whose object's name contains the text."""
        text = fold(value.strip())
        return queryset.filter(object_label__contains=text) if text else queryset


class DownloadFilterSet(TrailFilterSet):
    """Files that were downloaded; by a file's SHA-256 also uploads, because a file that was found may be one."""

    kind = django_filters.ChoiceFilter(
        label="事项", choices=[(kind.value, kind.label) for kind in DOWNLOADS], method="filter_kind"
    )
    sha256 = DigestFilter(label="文件校验值", method="filter_digest")

    def filter_digest(self, queryset: TrailRecordQuerySet, name: str, value: str) -> TrailRecordQuerySet:
        """Return the records of the file with this SHA-256."""
        return queryset.filter(detail_json__contains=f'"sha256": "{value}"')

    def filter_queryset(self, queryset: TrailRecordQuerySet) -> TrailRecordQuerySet:
        """Leave uploads out unless a file is looked for."""
        kinds = (*DOWNLOADS, TrailKind.UPLOADED) if self.form.cleaned_data.get("sha256") else DOWNLOADS
        return super().filter_queryset(queryset.filter(kind__in=kinds))
