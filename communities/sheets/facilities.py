"""服务设施."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    ManyChoicesColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.duplicates import LikelyDuplicate, NamedRecord, like_names
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.thresholds import Thresholds
from communities.models import Facility
from communities.sheets.outliers import has_jumped
from communities.sheets.place_columns import (
    NAMES_OF_COMMUNITY,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.placing import RecordSheet
from communities.thresholds import LARGEST_AREA, OUTLIER_FACTOR

# A month with such a facility cannot be reported (communities.quality).
ACTIVITY_AREA_TOO_LARGE = "居民活动面积{activity_area}㎡大于建筑面积{area}㎡"


class FacilitySheet(RecordSheet):
    """A facility is known by its community and name."""

    name = "facilities"
    title = "服务设施"
    position = 2
    model = Facility
    key_cells = ("name",)
    key_fields = frozenset({"name", "community_id"})
    writes_to = (Facility,)
    identifying = (("community_code", "name"), ("community_name", "name"))
    list_page = "communities:facility_list"
    names_of = NAMES_OF_COMMUNITY
    ends_with = "closed_on"
    end_label = "停用"
    fields_in_bulk = ("kind", "construction_mode", "tenure", "note")
    monthly_fields = ("kind", "area", "activity_area", "tenure", "closed_on")
    may_be_merged = True
    place_attributes = ("community_id",)
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        TextColumn(Facility, "name", "设施名称", "服务设施名称", required=True, is_key=True),
        ChoiceColumn(Facility, "kind", "设施类型", "设施类别", required=True),
        DecimalColumn(Facility, "area", "建筑面积（㎡）", "面积（㎡）", "建筑面积", "面积", required=True),
        DecimalColumn(Facility, "activity_area", "居民活动面积（㎡）", "活动面积（㎡）"),
        ChoiceColumn(Facility, "construction_mode", "建设方式", "建设途径"),
        ChoiceColumn(Facility, "tenure", "产权", "产权情况", "产权性质"),
        ManyChoicesColumn(Facility, "functions", "功能", "设施功能", "主要功能", choices=Facility.Function.choices),
        DateColumn(
            Facility,
            "opened_on",
            "启用日期",
            "投入使用日期",
            "启用时间",
            "投入使用时间",
            "使用时间",
            "投用日期",
            "投用时间",
            required=True,
        ),
        DateColumn(Facility, "closed_on", "停用日期", "停用时间", may_be_future=True),
        TextColumn(Facility, "note", "备注", "说明"),
    )

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find facilities by community and name."""
        ids = list({row.place.community.id for row in rows if row.place is not None})
        found: dict[tuple[int, str], Facility] = {}
        for batch in in_batches(ids):
            for facility in context.lock(Facility.objects.filter(community__in=batch)):
                found[facility.community_id, facility.name_key] = facility
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key else None
        self._note_merged(ids, [row for row in rows if row.target is None], context)

    def _note_merged(self, ids: Sequence[int], rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Note rows that no standing facility fits, but one of the communities that was merged into another."""
        gone = Facility.with_merged.filter(Facility.in_subtree(context.scope_path), merged_into__isnull=False)
        if not rows or not gone.exists():
            return
        found: dict[tuple[int, str], Facility] = {}
        for batch in in_batches(ids):
            for facility in gone.filter(community__in=batch).order_by("pk"):
                found[facility.community_id, facility.name_key] = facility
        for row in rows:
            key = self.natural_key(row)
            if key is not None and key in found:
                self.note_merged(row, found[key])

    def natural_key(self, row: RegisterRow) -> tuple[int, str] | None:
        """Return community and name."""
        name = row.get("name")
        return (row.place.community.id, comparable(name)) if row.place is not None and name else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the facility."""
        facility = row.draft(Facility)
        area_before = None if row.is_new else facility.area
        values = {"community_id": row.place.community.id} | self.given(row, Facility)
        write = self.propose(row, facility, values, division_id=row.place.division_id, is_new=row.is_new)
        self._check_area(row, area_before, context.thresholds)
        self._check_activity_area(row, facility, context.day)
        row.writes = [write] if write else []

    @staticmethod
    def _check_area(row: RegisterRow, area_before: Decimal | None, thresholds: Thresholds) -> None:
        area = row.get("area")
        if area is None:
            return
        if area > thresholds[LARGEST_AREA] or has_jumped(area, area_before, thresholds[OUTLIER_FACTOR]):
            described = "" if area_before is None else f"上次是{display_number(area_before)}㎡，"
            row.report("outlier", f"{described}这次是{display_number(area)}㎡，变化过大或不合常理，请核实", "area")

    @staticmethod
    def _check_activity_area(row: RegisterRow, facility: Facility, day: datetime.date) -> None:
        """Warn of an activity area, a part of the area, that is larger than the area, unless the facility has ended.

        Only where the row speaks of one of the two: the other may be what the register says.
        """
        area, part = facility.area, facility.activity_area
        said = [name for name in ("activity_area", "area") if row.get(name) is not None]
        if not said or area is None or part is None or part <= area:
            return
        if facility.closed_on is None or facility.closed_on > day:
            told = ACTIVITY_AREA_TOO_LARGE.format(activity_area=display_number(part), area=display_number(area))
            row.report("activity_area_exceeds_area", f"{told}，请改正，否则本月不能上报", said[0])

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Facility]:
        """See RegisterSheet.standing."""
        inside = Facility.objects.filter(Facility.in_subtree(scope_path), not_ended(day, "closed_on"))
        inside = inside.filter(community__closed_on__isnull=True)
        return inside.select_related("community__town").order_by("community__code", "pk")

    def likely_duplicates(self, scope_path: str, day: datetime.date) -> list[LikelyDuplicate]:
        """See RegisterSheet.likely_duplicates. A community has each name once: of like names, or alike but for the name."""
        rows = self.standing(scope_path, day).select_related(None).order_by("pk")
        columns = ("pk", "name", "name_key", "community", "community__town", "kind", "area", "opened_on")
        records, alike = [], defaultdict[Any, list[int]](list)
        for pk, name, name_key, community, town, *built in rows.values_list(*columns):
            records.append(NamedRecord(pk, name, name_key, community, town, True))
            if built[1]:  # a facility of 0 m² says nothing of its size
                alike[community, *built].append(pk)
        found = like_names(records)
        named = {(pair.first, pair.second) for pair in found}
        same = (pair for keys in alike.values() for pair in combinations(keys, 2) if pair not in named)
        return sorted([*found, *(LikelyDuplicate(*pair, "同一社区，类型、面积和启用日期都相同") for pair in same)])

    def whereabouts(self, record: Facility) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, None)

    def writable(self, scope_path: str) -> QuerySet[Facility]:
        """See RegisterSheet.writable."""
        inside = Facility.objects.filter(Facility.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        placed, own = with_place(records, has_division=False), {"": self.columns_of(Facility)}
        for key, entry, place in read_entries(placed, own, *PLACE_LOOKUPS):
            yield key, entry | place_values(*place)
