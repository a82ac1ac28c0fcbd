"""培训: what was held, and how many people of which kind attended."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import Max, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.names import comparable
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Division
from communities.places import Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns, place_values
from communities.sheets.placing import RecordSheet
from socialworkers.models import Training, TrainingRecord

_COUNTY, _TOWN = place_columns(county_required=False)[:2]
_MOST = 1_000_000


class TrainingSheet(RecordSheet):
    """A training is known by its number, which is given once in the city. Without a place it is the uploader's own."""

    name = "trainings"
    title = "培训"
    position = 60
    model = Training
    key_cells = ("number",)
    key_fields = frozenset({"number"})
    writes_to = (Training,)
    is_needed = False  # 有则报
    needs_community = False
    identifying = (("number", "hours", "ends_on"),)
    list_page = "socialworkers:training_list"
    names_of = ("division", "division__parent", "division__successor")
    given_together = (("county", "town"),)
    fields_in_bulk = ("kind", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "county": "不填的，就是本单位。",
            "kind": "继续教育、督导、学历的学时计入证书登记，普及、考前的不计。",
            "ends_on": "学时按结束日期计入登记有效期。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(Training, "number", "编号", "培训编号", required=True, is_key=True, holds_issued_numbers=True),
        TextColumn(Training, "name", "名称", "培训名称", required=True),
        ChoiceColumn(Training, "kind", "培训类型", "培训类别", required=True),
        DateColumn(Training, "starts_on", "开始日期", "培训开始日期", "起", required=True),
        DateColumn(Training, "ends_on", "结束日期", "培训结束日期", "止", may_be_future=True, required=True),
        DecimalColumn(Training, "hours", "学时", "培训学时", "学时数", required=True),
        _COUNTY,
        _TOWN,
        IntegerColumn(Training, "party_members", "党组织成员", "党组织成员（人）", maximum=_MOST),
        IntegerColumn(Training, "committee_members", "自治组织成员", "自治组织成员（人）", maximum=_MOST),
        IntegerColumn(Training, "community_workers", "社区专职工作者", "社区专职工作者（人）", maximum=_MOST),
        IntegerColumn(Training, "service_staff", "服务人员", "服务人员（人）", maximum=_MOST),
        TextColumn(Training, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row at the town or county that it names, by default where its record is, or at the uploader's own."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        for row in context.passing(rows, half=0):
            if row.refused & {"county", "town"}:
                continue
            county, town = row.get("county", ""), row.get("town", "")
            if county or town:
                self._settle(row, self._look_up(finder, (county, town, "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
        return index

    def places_of(self, records: Sequence[Training]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: Training) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find trainings by their number among all of the city."""
        wanted = {comparable(number): number for row in rows if (number := row.get("number"))}
        found: dict[str, Training] = {}
        for batch in in_batches(list(wanted.values())):
            for training in context.lock(Training.objects.filter(number__in=batch).order_by("pk")):
                found[comparable(training.number)] = training
        for row in rows:
            key = self.natural_key(row)
            training = found.get(key) if key is not None else None
            if training is None:
                continue
            today = self._index.today_of(self._index.divisions[training.division_id])
            if not self._index.lies_in_scope(today.pk):
                row.report("conflicting_key", "这个编号已由别的单位使用，请换一个编号", "number")
                continue
            row.target = training
            # The one that the row leaves at its place.
            if not (row.get("county") or row.get("town")) and row.place is not None:
                row.place = self._index.place_at(None, training.division_id) or row.place

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the most hours that anybody has of each training that the rows speak of."""
        targets = {row.target.pk for row in rows if row.target is not None and row.get("hours") is not None}
        self._most_hours: dict[int, Decimal] = {}
        for batch in in_batches(sorted(targets)):
            noted = TrainingRecord.with_merged.filter(training__in=batch).order_by().values("training")
            self._most_hours |= dict(noted.annotate(most=Max("hours")).values_list("training", "most"))

    def natural_key(self, row: RegisterRow) -> Any:
        """Return the number."""
        number = row.get("number")
        return comparable(number) if number else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the training. Its hours are at least those that somebody has of it."""
        training = row.draft(Training)
        values = self.given(row, Training)
        if row.is_new:
            values["division_id"] = row.place.division_id
        else:
            values["division_id"] = self.division_for(row, training.division_id)
            most = self._most_hours.get(training.pk)
            if most is not None and row.get("hours") is not None and row.get("hours") < most:
                told = f"已有人登记了这次培训的{display_number(most)}学时，培训的学时不能比这少，请核对"
                row.report("bad_number", told, "hours")
        write = self.propose(row, training, values, division_id=values["division_id"], is_new=row.is_new)
        row.writes = [write] if write else []

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Training]:
        """See RegisterSheet.standing. Those of the year."""
        of_year = self.writable(scope_path).filter(ends_on__gte=day.replace(month=1, day=1))
        return of_year.select_related("division")

    def whereabouts(self, record: Training) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def writable(self, scope_path: str) -> QuerySet[Training]:
        """See RegisterSheet.writable."""
        return Training.objects.filter(Training.in_subtree(scope_path)).order_by("ends_on", "number", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        also = ("division_id", "division__level", "division__name", "division__parent__name")
        own = {"": self.columns_of(Training)}
        for key, entry, (division_id, level, name, above) in read_entries(records, own, *also):
            place = place_values(division_id, level, name, above, None, None, today=today)
            yield key, entry | {"county": place["county"], "town": place["town"]}
