"""The tables of the trail. They are sorted by time and by nothing else, because only that is quick among a million."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import django_tables2 as tables
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.utils import A

from changelog.models import TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import MomentColumn, NumberColumn, RegisterTable, ShortColumn

# The newest first. Expressions, so that the order is left as the indexes have it (`StableOrder` changes names alone).
NEWEST_FIRST = (F("made_at").desc(), F("pk").desc())
# What an auditor should see at a glance.
_MARKS = {
    TrailKind.SIGN_IN_FAILED: "doubt",
    TrailKind.LOCKED_OUT: "bad",
    TrailKind.REFUSED: "doubt",
    TrailKind.UNMASKED: "doubt",
    TrailKind.EXPORTED_CLEAR: "doubt",
    TrailKind.TRAIL_MISMATCH: "bad",
}


def who(record: TrailRecord) -> str:
    """Return who did it: 王某（wang）; of somebody who had not signed in the name typed, if any; else 系统."""
    if record.made_by is not None:
        return f"{record.made_by}（{record.made_by.username}）" if record.made_by.full_name else record.made_by.username
    nobody = "没有登录的访问" if record.kind == TrailKind.REFUSED else "系统"
    return f"{record.username}（没有登录）" if record.username else nobody


def about_url(model: str, ref: str) -> str:
    """Return the address of everything about a record; "" where the trail names none."""
    if not (model and ref):
        return ""
    before, after = _around()
    return f"{before}{model}/{ref}{after}"


@cache
def _around() -> tuple[str, str]:
    """Return what stands before and after model and ref; a list asks for it in every row."""
    before, _, after = reverse("audit:about", args=["any.model", "any-ref"]).partition("any.model/any-ref")
    return before, after


def kind_mark(kind: str) -> SafeString | str:
    """Return a kind in words, marked where an auditor should look."""
    found = TrailKind(kind)
    mark = _MARKS.get(found)
    return format_html('<span class="{}">{}</span>', mark, found.label) if mark else found.label


class TrailTable(RegisterTable):
    """Who did what, when, from where, about what."""

    caption: ClassVar[str] = "审计记录"
    optional: ClassVar[tuple[str, ...]] = ("division", "device", "ref")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "made_at", "kind", "username", "address", "model", "object_ref", "object_label", "rows", "reason"),
        *("made_by__username", "made_by__full_name"),
        *("device", "division__name", "division__level", "division__parent__name"),
    )

    made_at = MomentColumn("时间", linkify=("audit:trail_record", {"ref": A("ref")}), orderable=False)
    made_by = ShortColumn("谁", empty_values=(), orderable=False)
    address = ShortColumn("来源地址", orderable=False)
    kind = ShortColumn("事项", orderable=False, accessor="kind")
    object_label = tables.Column("对象", empty_values=(), orderable=False)
    reason = tables.Column("原因", orderable=False)
    rows = NumberColumn("条数", accessor="rows", orderable=False)
    division = ShortColumn("所属区划", accessor="division__full_name", orderable=False)
    device = tables.Column("浏览器", orderable=False)
    ref = ShortColumn("编号", orderable=False)

    class Meta(RegisterTable.Meta):
        model = TrailRecord
        fields = ()

    def render_made_by(self, record: Any) -> str:
        """Return who did it."""
        return who(record)

    def render_kind(self, record: Any) -> SafeString | str:
        """Return the kind with its mark."""
        return kind_mark(record.kind)

    def render_object_label(self, record: Any) -> SafeString | str:
        """Return what it is about, with a link to everything about it."""
        url = about_url(record.model, record.object_ref)
        label = record.object_label or DASH
        return format_html('<a href="{}">{}</a>', url, label) if url else label


class DownloadTable(TrailTable):
    """Who took which file."""

    caption: ClassVar[str] = "导出和下载"
    optional: ClassVar[tuple[str, ...]] = ("division", "device", "ref", "address")
    reads: ClassVar[tuple[str, ...]] = (*TrailTable.reads, "detail_json")

    file = tables.Column("文件名", empty_values=(), orderable=False, accessor="pk")
    digest = ShortColumn("文件校验值", empty_values=(), orderable=False, accessor="pk")

    class Meta(TrailTable.Meta):
        sequence = ("made_at", "made_by", "kind", "object_label", "file", "rows", "reason", "digest", "...")

    def render_file(self, record: Any) -> str:
        """Return the file's name."""
        return str(record.detail.get("file") or DASH)

    def render_digest(self, record: Any) -> SafeString | str:
        """Return the beginning of the file's SHA-256; the record's page has all of it."""
        digest = str(record.detail.get("sha256") or "")
        return format_html('<span class="code">{}…</span>', digest[:12]) if digest else DASH
