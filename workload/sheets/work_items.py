"""社区工作事项: the list of what is in force, brought in by counties and the bureau."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import QuerySet

from accounts.models import Department
from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    ListColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.form_fields import MOST_OFFERED
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording
from changzhi_portal.scope import paths_above
from communities.models import Division
from communities.places import Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns, place_values
from communities.sheets.placing import RecordSheet
from workload.asked_columns import held_columns
from workload.models import COLLECTING, LONGEST_ASKED, WorkItem
from workload.rules import held_in_words, nothing_left, verdicts

_COUNTY, _TOWN = place_columns(county_required=False)[:2]
NOT_OF_TOWNS = "由县（市、区）或者市局登记，街道（乡镇）不登记"


# The kinds of which one row may stand in the way of another: what collects figures, and the one assessment of a county.
COMPARED = (*COLLECTING, WorkItem.Kind.ASSESSMENT)


class WorkItemSheet(RecordSheet):
    """An item is known by its number. Applications have a form and moves of their own; rows are what is in force."""

    name = "work_items"
    title = "社区工作事项"
    position = 70
    model = WorkItem
    key_cells = ("number",)
    key_fields = frozenset({"number"})
    writes_to = (WorkItem,)
    is_needed = False  # brought in where something changes, not each month
    needs_community = False
    identifying = (("number", "listed_as"),)
    list_page = "workload:list"
    names_of = ("division", "division__successor", "department")
    given_together = (("county", "town", "department_name"),)
    fields_in_bulk = ("listed_as", "applies_to", "payment", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "county": "不填的，就是本单位。",
            "asked": "台账报表、调查统计采集哪些项目，用顿号分开。",
            "valid_to": "从这一天起不再要求；没有的留空。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(WorkItem, "number", "编号", "事项编号", required=True, is_key=True, holds_issued_numbers=True),
        TextColumn(WorkItem, "name", "名称", "事项名称", required=True),
        ChoiceColumn(WorkItem, "kind", "类别", "事项类别", required=True),
        ChoiceColumn(WorkItem, "listed_as", "清单", "列入清单", "清单类别", required=True),
        _COUNTY,
        _TOWN,
        TextColumn(None, "department_name", "提出部门", "部门", "提出单位", "责任部门", max_length=50, required=True),
        TextColumn(WorkItem, "basis", "依据", "政策依据", "文件依据", required=True),
        ChoiceColumn(WorkItem, "role", "居（村）委会角色", "居委会角色", "社区角色", required=True),
        ChoiceColumn(WorkItem, "forbidden_field", "禁止领域"),
        BooleanColumn(WorkItem, "has_veto", "一票否决", "是否一票否决"),
        ChoiceColumn(WorkItem, "applies_to", "适用", "适用社区", "适用范围", required=True),
        ChoiceColumn(WorkItem, "term", "期限"),
        DateColumn(WorkItem, "valid_from", "起", "开始日期", "起始日期", may_be_future=True, required=True),
        DateColumn(WorkItem, "valid_to", "止", "终止日期", "截止日期", may_be_future=True),
        DecimalColumn(
            WorkItem, "yearly_funds", "每社区年经费（元）", "每社区年经费", "年经费", "经费", counts_yuan=True
        ),
        ChoiceColumn(WorkItem, "payment", "拨付方式", "经费拨付方式"),
        TextColumn(WorkItem, "conditions", "人员设备培训", "工作条件"),
        TextColumn(WorkItem, "opinions", "征求社区意见", "社区意见"),
        ChoiceColumn(WorkItem, "placement", "挂牌位置"),
        IntegerColumn(WorkItem, "times_a_year", "每年报送次数", "报送次数", maximum=366),
        ChoiceColumn(WorkItem, "medium", "报送方式"),
        ListColumn(WorkItem, "asked", "采集项目", "报送内容", "调查内容", max_length=LONGEST_ASKED),
        TextColumn(WorkItem, "office", "索要证明的单位"),
        IntegerColumn(WorkItem, "headcount", "机构人数", maximum=10_000),
        TextColumn(WorkItem, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row at the town or county that it names, by default where its record is, or at the uploader's own."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        for row in context.passing(rows, half=0):
            if context.division.level == Division.Level.TOWN:
                row.report("out_of_scope", f"社区工作事项{NOT_OF_TOWNS}", "number")
                continue
            if row.refused & {"county", "town"}:
                continue
            county, town = row.get("county", ""), row.get("town", "")
            if county or town:
                self._settle(row, self._look_up(finder, (county, town, "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
        return index

    def places_of(self, records: Sequence[WorkItem]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: WorkItem) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find items by their number among all of the city: it is given once."""
        wanted = {comparable(number): number for row in rows if (number := row.get("number"))}
        found: dict[str, WorkItem] = {}
        for batch in in_batches(list(wanted.values())):
            for item in context.lock(
                WorkItem.objects.filter(number__in=batch).select_related("department").order_by("pk")
            ):
                found[comparable(item.number)] = item
        for row in rows:
            key = self.natural_key(row)
            item = found.get(key) if key is not None else None
            if item is None:
                continue
            if not self._index.lies_in_scope(self._index.today_of(self._index.divisions[item.division_id]).pk):
                row.report("conflicting_key", "这个编号已由别的单位使用，请换一个编号", "number")
            elif item.state != WorkItem.State.APPROVED:
                state = item.get_state_display()
                row.report("conflicting_key", f"这个编号的事项现在是“{state}”，不能用登记表修改", "number")
            else:
                row.target = item
                # The one that the row leaves at its place.
                if not (row.get("county") or row.get("town")) and row.place is not None:
                    row.place = self._index.place_at(None, item.division_id) or row.place

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the departments of the scope, and the items there that collect figures or assess."""
        self._departments: dict[tuple[int, str], Department] = {}
        for department in Department.objects.active().filter(Department.in_subtree(context.scope_path)):
            today = self._index.today_of(self._index.divisions[department.division_id])
            self._departments[today.pk, comparable(department.name)] = department
        inside = WorkItem.objects.standing_on(context.today).filter(kind__in=COMPARED).select_related("division")
        above = inside.filter(division__path__in=paths_above(context.scope_path))
        self._standing = sorted(
            {*inside.filter(WorkItem.in_subtree(context.scope_path)), *above}, key=lambda each: each.pk
        )

    def natural_key(self, row: RegisterRow) -> Any:
        """Return the number."""
        number = row.get("number")
        return comparable(number) if number else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the item; report what the rules refuse."""
        item = row.draft(WorkItem)
        values = self.given(row, WorkItem)
        if row.is_new:
            values |= {"state": WorkItem.State.APPROVED, "division_id": row.place.division_id}
        else:
            values["division_id"] = self.division_for(row, item.division_id)
        department = self._department(row)
        if department is not None:
            values["department_id"] = department.pk
        if row.is_new and department is None:
            return
        before = None if row.is_new else item.department
        write = self.propose(row, item, values, division_id=values["division_id"], is_new=row.is_new)
        if write is not None and department is not None and before is not None:
            write.words = {"department_id": Wording("提出部门", before.name, department.name)}
        item.division = self._index.divisions[values["division_id"]]
        if write is not None and not row.has_error:
            self._judge(row, item, context.today)
            stands = item.kind in COMPARED and (item.valid_to is None or item.valid_to > context.today)
            if stands and not row.has_error:
                self._standing.append(item)  # later rows see it
        row.writes = [write] if write else []

    def _department(self, row: RegisterRow) -> Department | None:
        """Return the department that a row names, or report that its division has none of that name; None for a blank."""
        name = row.get("department_name")
        if not name:
            return None
        found = self._departments.get((row.place.division_id, comparable(name)))
        if found is None:
            office = self._index.divisions[row.place.division_id].name
            row.report("bad_choice", f"{office}没有“{name}”这个部门，请先登记部门，或者核对名称", "department_name")
        return found

    def _judge(self, row: RegisterRow, item: WorkItem, today: datetime.date) -> None:
        """Report what the rules say of an item, and which of its columns are held already."""
        for each in verdicts(item, day=today, is_application=False):
            level = Level.ERROR if each.is_refusal else Level.WARNING
            code = "required" if each.code == "required" else "not_admissible" if each.is_refusal else "inadvisable"
            row.report(code, each.in_row, each.field, level=level)
        if item.kind not in COMPARED:
            return
        others = [each for each in self._standing if not _is_same(each, item) and self._is_above(each, item)]
        is_assessment = item.kind == WorkItem.Kind.ASSESSMENT and item.listed_as == WorkItem.ListedAs.LAWFUL
        if is_assessment and any(each.kind == item.kind and each.listed_as == item.listed_as for each in others):
            row.report("not_admissible", "这个县（市、区）已有综合考核，不能另设考核评比", "kind")
        if item.kind not in COLLECTING or "asked" not in row.values:
            return
        collecting = [each for each in others if each.kind in COLLECTING]
        held = held_columns(item.columns_asked, [(each.number, each.name, each.columns_asked) for each in collecting])
        if (nothing := nothing_left(item, held)) is not None:
            row.report("not_admissible", nothing.in_row, "asked")
        elif held:
            row.say(f"这些采集项目系统已有，不得重复采集：{held_in_words(held)}", because="asked")

    @staticmethod
    def _is_above(other: WorkItem, item: WorkItem) -> bool:
        """Tell whether another item applies where an item does: it is of the same division or of one above."""
        return item.division.path.startswith(other.division.path)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[WorkItem]:
        """See RegisterSheet.standing."""
        return self.writable(scope_path).filter(not_ended(day, "valid_to")).select_related("division")

    def reason_against_writing(self, record: WorkItem) -> str:
        """See RegisterSheet.reason_against_writing. What is not in force changes by its moves, or no more."""
        if record.state == WorkItem.State.APPROVED:
            return super().reason_against_writing(record)
        return f"现在是“{record.get_state_display()}”，不能修改"

    def whereabouts(self, record: WorkItem) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def writable(self, scope_path: str) -> QuerySet[WorkItem]:
        """See RegisterSheet.writable."""
        own = WorkItem.objects.filter(WorkItem.in_subtree(scope_path), state=WorkItem.State.APPROVED)
        return own.order_by("number", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        also = ("department__name", "division_id", "division__level", "division__name", "division__parent__name")
        own = {"": self.columns_of(WorkItem)}
        for key, entry, (department, division_id, level, name, above) in read_entries(records, own, *also):
            place = place_values(division_id, level, name, above, None, None, today=today)
            yield key, entry | {"county": place["county"], "town": place["town"], "department_name": department}

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """See RegisterSheet.offered. With the departments of the scope."""
        return super().offered(scope_path) | {"department_name": self._names_of_departments(scope_path)}

    def offered_in_form(self, scope_path: str, given: Mapping[str, str]) -> dict[str, list[str]]:
        """See RegisterSheet.offered_in_form. The departments of the scope, those of one name once."""
        names = self._names_of_departments(scope_path)
        return {"department_name": names if len(names) <= MOST_OFFERED else []}

    @staticmethod
    def _names_of_departments(scope_path: str) -> list[str]:
        inside = Department.objects.active().filter(Department.in_subtree(scope_path))
        return list(dict.fromkeys(inside.order_by("name").values_list("name", flat=True)))


def _is_same(one: WorkItem, other: WorkItem) -> bool:
    """Return whether two are one item; new ones have no key yet."""
    return one is other or (one.pk is not None and one.pk == other.pk)
