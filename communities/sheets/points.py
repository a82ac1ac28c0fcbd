"""服务站点."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    BooleanColumn,
    Column,
    DateColumn,
    IntegerColumn,
    ManyChoicesColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Division, ServicePoint
from communities.sheets.place_columns import (
    NAMES_OF_PLACE,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.placing import RecordSheet


class PointSheet(RecordSheet):
    """A service point is known by its community or town, and its name."""

    name = "points"
    title = "服务站点"
    position = 7
    model = ServicePoint
    key_cells = ("name",)
    key_fields = frozenset({"name", "community_id", "division_id"})
    writes_to = (ServicePoint,)
    needs_community = False
    is_needed = False  # 有则报
    # A place and a name alone are those of an organization or a facility as well.
    identifying = tuple(
        (place, "name", own)
        for place in ("community_code", "community_name", "town")
        for own in ("functions", "windows", "accepts_all", "posts")
    )
    list_page = "communities:point_list"
    names_of = NAMES_OF_PLACE
    ends_with = "closed_on"
    end_label = "停用"
    fields_in_bulk = ("accepts_all", "note")
    monthly_fields = ("functions", "windows", "accepts_all", "posts", "closed_on")
    place_attributes = ("community_id", "division_id")
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        TextColumn(
            ServicePoint, "name", "名称", "站点名称", "服务站点名称", max_length=100, required=True, is_key=True
        ),
        ManyChoicesColumn(
            ServicePoint,
            "functions",
            "功能",
            "站点功能",
            choices=ServicePoint.Function.choices,
            required=True,
        ),
        IntegerColumn(ServicePoint, "windows", "窗口数", "窗口数量", "服务窗口数", maximum=1_000_000),
        BooleanColumn(ServicePoint, "accepts_all", "全科受理", "是否全科受理"),
        IntegerColumn(ServicePoint, "posts", "社工岗位数", "社会工作岗位数", "岗位数", maximum=1_000_000),
        DateColumn(ServicePoint, "opened_on", "启用日期", "启用时间", "投入使用日期", required=True),
        DateColumn(ServicePoint, "closed_on", "停用日期", "停用时间", may_be_future=True),
        TextColumn(ServicePoint, "note", "备注", "说明"),
    )

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find points by their community or town, and their name; report a row that names a county alone."""
        communities = {row.place.community.id for row in rows if row.place and row.place.community}
        divisions = {row.place.division_id for row in rows if row.place and not row.place.community}
        # What was recorded at a town that has closed since is found by what stands there today.
        today = {past: division for division in divisions for past in self._index.past_of(division)}
        found: dict[Any, ServicePoint] = {}
        for column, ids in (("community_id", communities), ("division_id", today)):
            for batch in in_batches(list(ids)):
                for point in context.lock(ServicePoint.objects.filter(**{f"{column}__in": batch})):
                    place = getattr(point, column)
                    found[column, place if point.division_id is None else today[place], point.name_key] = point
        for row in rows:
            self._refuse_county(row)
            row.target = found.get(self.natural_key(row))

    def _refuse_county(self, row: RegisterRow) -> None:
        if row.place is None or row.place.community is not None:
            return
        if self._index.divisions[row.place.division_id].level != Division.Level.TOWN:
            row.report("required", "服务站点属于社区或街道（乡镇），请补上街道（乡镇）或社区名称", "town")

    def natural_key(self, row: RegisterRow) -> Any:
        """Return community or town, and name."""
        name = row.get("name")
        if row.place is None or not name:
            return None
        if row.place.community:
            return ("community_id", row.place.community.id, comparable(name))
        return ("division_id", row.place.division_id, comparable(name))

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the point."""
        point = row.draft(ServicePoint)
        community = row.place.community
        values = {
            "community_id": community.id if community else None,
            "division_id": None if community else self.division_for(row, point.division_id),
        } | self.given(row, ServicePoint)
        write = self.propose(row, point, values, division_id=row.place.division_id, is_new=row.is_new)
        row.writes = [write] if write else []

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[ServicePoint]:
        """See RegisterSheet.standing."""
        inside = ServicePoint.objects.filter(ServicePoint.in_subtree(scope_path), not_ended(day, "closed_on"))
        inside = inside.filter(community__closed_on__isnull=True)
        return inside.select_related("community__town", "division").order_by("community__code", "pk")

    def whereabouts(self, record: ServicePoint) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, record.division)

    def writable(self, scope_path: str) -> QuerySet[ServicePoint]:
        """See RegisterSheet.writable."""
        inside = ServicePoint.objects.filter(ServicePoint.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        own = {"": self.columns_of(ServicePoint)}
        for key, entry, place in read_entries(with_place(records), own, *PLACE_LOOKUPS):
            yield key, entry | place_values(*place, today=today)
