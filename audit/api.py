"""The trail in the API, for auditors."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from audit.filters import TrailFilterSet
from changelog.models import TrailRecord
from changzhi_portal.api.endpoints import RowsEndpoint


class TrailSerializer(serializers.ModelSerializer):
    """One thing that somebody did or saw, and the number and code of its seal; null while it waits for one."""

    user = serializers.CharField(source="made_by.username", allow_null=True, label="用户")
    division = serializers.CharField(source="division.code", label="所属区划代码")
    change_set = serializers.CharField(source="change_set.ref", allow_null=True, label="变更集编号")
    detail = serializers.CharField(source="detail_json", allow_null=True, label="详情", help_text="JSON")
    seal = serializers.IntegerField(source="seal.seq", allow_null=True, label="封存序号")
    mac = serializers.CharField(source="seal.mac", allow_null=True, label="校验码")

    class Meta:
        model = TrailRecord
        fields = (
            *("ref", "made_at", "kind", "user", "username", "division", "address", "device", "request_id"),
            *("change_set", "model", "object_ref", "object_label", "rows", "reason", "detail", "seal", "mac"),
        )


class Trail(RowsEndpoint):
    """审计记录 of the auditor's area."""

    slug = "trail"
    title = "审计记录"
    requires = "may_audit"
    queryset = TrailRecord.objects.all()
    filterset = TrailFilterSet
    serializer_class = TrailSerializer
    sorts: ClassVar[dict[str, str]] = {"made_at": "made_at"}
    found_by = "ref"
