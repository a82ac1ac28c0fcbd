"""Filters of upload batches."""

from __future__ import annotations

import django_filters
from django.db.models import Q

from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.registers.registry import registers
from periods.models import ReportingPeriod
from uploads.models import UploadBatch


def register_choices() -> list[tuple[str, str]]:
    """Return name and title of each register."""
    return [(sheet.name, sheet.title) for sheet in registers()]


class BatchFilterSet(RegisterFilterSet):
    """Batches by file, register, month and state."""

    register = django_filters.ChoiceFilter(label="登记表", choices=register_choices)
    period = django_filters.ModelChoiceFilter(
        label="统计月", queryset=ReportingPeriod.objects.all(), empty_label="全部"
    )
    state = django_filters.ChoiceFilter(label="状态", choices=UploadBatch.State.choices)

    class Meta:
        model = UploadBatch
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition that the file's name or the uploader's name contains `text`, or is the user name."""
        return Q(file_name__icontains=text) | Q(uploaded_by__full_name__contains=text) | Q(uploaded_by__username=text)
