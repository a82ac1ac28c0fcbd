"""实施清单: which department handles an item where, kept by counties for their area and by the bureau."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Department
from affairs.models import Item, ItemRoute, ItemVersion
from affairs.rights import MAY_KEEP_ROUTES
from changzhi_portal.bulk import in_batches
from changzhi_portal.identifiers import InvalidIdentifierError, clean_credit_code
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import BooleanColumn, ChoiceColumn, Column, DateColumn, IntegerColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.form_fields import MOST_OFFERED
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording
from changzhi_portal.rights import has_right
from changzhi_portal.scope import paths_above
from communities.models import Division
from communities.places import Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns, place_values
from communities.sheets.placing import RecordSheet

_COUNTY, _TOWN = place_columns(county_required=False)[:2]
KEPT_BY_COUNTIES = "实施清单由县（市、区）或者市局登记，本单位不登记"
_CREDIT_LENGTH: Final = 18
_LENGTH: Final = 31
_LEVELS: Final[Mapping[str, str]] = {
    Division.Level.CITY: "3",
    Division.Level.COUNTY: "4",
    Division.Level.TOWN: "5",
}
_MOST_DAYS = 999


class RouteSheet(RecordSheet):
    """A route is known by its item and its division: city, county or town."""

    name = "routes"
    title = "实施清单"
    position = 65
    model = ItemRoute
    key_cells = ("item_code", "county", "town")
    key_fields = frozenset({"item_id", "division_id"})
    writes_to = (ItemRoute,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, Item, ItemVersion, Department)
    is_needed = False  # brought in where something changes, not each month
    needs_community = False
    identifying = (("item_code", "department_name"),)
    list_page = "affairs:routes"
    name_lookup = "item__name"
    names_of = ("item", "division", "division__successor", "department")
    given_together = (("county", "town", "department_name"),)
    ends_with = "valid_to"
    end_label = "停止承办"
    fields_in_bulk = ("is_entered", "state", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "item_code": "公共服务事项里的编码。",
            "county": "不填的，就是本单位。",
            "implementation_code": "31位：18位统一社会信用代码，1位层级（3市、4县、5乡镇），12位基本编码；没有的不填。",
            "promised_days": "比事项的承诺时限短的才填，工作日。",
            "valid_to": "从这一天起不再承办；没有的留空。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(
            None, "item_code", "事项编码", "编码", max_length=40, required=True, is_key=True, holds_issued_numbers=True
        ),
        _COUNTY,
        _TOWN,
        TextColumn(
            None, "department_name", "承办部门", "办理部门", "实施部门", "实施主体", max_length=50, required=True
        ),
        TextColumn(ItemRoute, "implementation_code", "实施编码", "实施清单编码", holds_issued_numbers=True),
        IntegerColumn(ItemRoute, "promised_days", "承诺时限（工作日）", "承诺时限", "承诺办结时限", maximum=_MOST_DAYS),
        BooleanColumn(ItemRoute, "is_entered", "进驻综合窗口", "是否进驻综合窗口"),
        ChoiceColumn(ItemRoute, "state", "状态"),
        DateColumn(ItemRoute, "valid_from", "起", "开始日期", "起始日期", may_be_future=True, required=True),
        DateColumn(ItemRoute, "valid_to", "止", "终止日期", "截止日期", may_be_future=True),
        TextColumn(ItemRoute, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row at the town or county that it names, by default where its record is, or at the uploader's own."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        may_keep = has_right(context.by, MAY_KEEP_ROUTES)
        for row in context.passing(rows, half=0):
            if not may_keep:
                row.report("out_of_scope", KEPT_BY_COUNTIES, "item_code")
                continue
            if row.refused & {"county", "town"}:
                continue
            county, town = row.get("county", ""), row.get("town", "")
            if county or town:
                self._settle(row, self._look_up(finder, (county, town, "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
        return index

    def places_of(self, records: Sequence[ItemRoute]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: ItemRoute) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find the items by their codes, and routes by item and division: the one that lasts before those that ended."""
        self._items = self._load_items(rows, context)
        found: dict[tuple[int, int], ItemRoute] = {}
        inside = ItemRoute.objects.filter(ItemRoute.in_subtree(context.scope_path)).select_related("department")
        for batch in in_batches(sorted({item.pk for item in self._items.values()})):
            for route in context.lock(inside.filter(item__in=batch).order_by("valid_from", "pk")):
                at = self._index.today_of(self._index.divisions[route.division_id]).pk
                known = found.get((route.item_id, at))
                if known is None or known.valid_to is not None:
                    found[route.item_id, at] = route
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key is not None else None
            item = self._item_of(row)
            row.label = item.name if item is not None else ""

    def _load_items(self, rows: Sequence[RegisterRow], context: CheckContext) -> dict[str, Item]:
        """Return the items with the codes of the rows, by their keys, and those of the records that rows name."""
        wanted = {comparable(code) for row in rows if (code := row.get("item_code"))}
        keys = {record.item_id for record in self._by_ref.values()}
        path = context.scope_path
        visible = Item.objects.filter(Q(Item.in_subtree(path)) | Q(division__path__in=paths_above(path)))
        found: dict[str, Item] = {}
        for column, values in (("code_key__in", sorted(wanted)), ("pk__in", sorted(keys))):
            for batch in in_batches(values):
                known = visible.with_newest_version().filter(**{column: batch})
                found |= {item.code_key: item for item in known.order_by("pk")}
        self._items_by_key = {item.pk: item for item in found.values()}
        return found

    def _item_of(self, row: RegisterRow) -> Item | None:
        code = row.get("item_code")
        return self._items.get(comparable(code)) if code else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the departments of the scope."""
        self._departments: dict[tuple[int, str], Department] = {}
        self._names: defaultdict[int, str] = defaultdict(str)
        for department in Department.objects.filter(Department.in_subtree(context.scope_path)).order_by("pk"):
            self._names[department.pk] = department.name
            if department.closed_on is None:
                today = self._index.today_of(self._index.divisions[department.division_id])
                self._departments[today.pk, comparable(department.name)] = department

    def natural_key(self, row: RegisterRow) -> tuple[int, int] | None:
        """Return item and division."""
        item = self._item_of(row)
        return (item.pk, row.place.division_id) if item is not None and row.place is not None else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the route; report what does not fit its item, its division or its department."""
        route = row.draft(ItemRoute)
        before = None if row.is_new else (route.item_id, route.department_id)
        item = self._item_of(row) or self._items_by_key.get(route.item_id)
        if item is None or (row.get("item_code") and self._item_of(row) is None):
            if row.get("item_code"):
                row.report("bad_choice", "没有这个事项编码，请先在公共服务事项里登记，或者核对编码", "item_code")
            return
        row.label = item.name
        values = {"item_id": item.pk, "division_id": self.division_for(row, route.division_id)}
        values |= self.given(row, ItemRoute)
        department = self._department(row)
        if department is not None:
            values["department_id"] = department.pk
        elif row.is_new or values["division_id"] != route.division_id:
            if not row.is_new and "department_name" not in row.refused:
                row.report("required", "换了地方，请填那里的承办部门", "department_name")
            return
        write = self.propose(row, route, values, division_id=values["division_id"], is_new=row.is_new)
        route.item, route.division = item, self._index.divisions[values["division_id"]]  # what the route is called
        if write is not None and before is not None:
            write.words = self._words(before, item, department)
        if write is not None:
            self._judge(row, route, item)
        row.writes = [write] if write else []

    def _words(self, before: tuple[int, int], item: Item, department: Department | None) -> dict[str, Wording]:
        """Return what changed keys mean."""
        words = {}
        was, item_was = before[1], self._items_by_key.get(before[0])
        if department is not None and was != department.pk:
            words["department_id"] = Wording("承办部门", self._names[was], department.name)
        if item_was is not None and item_was.pk != item.pk:
            words["item_id"] = Wording("事项编码", item_was.code, item.code)
        return words

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

    @staticmethod
    def _judge(row: RegisterRow, route: ItemRoute, item: Item) -> None:
        """Report a longer promise than the item's, and a code that does not fit item and division."""
        version: ItemVersion | None = item.newest  # type: ignore[attr-defined]  # annotated
        if version is not None and route.promised_days is not None and route.promised_days > version.promised_days:
            told = f"承诺时限只能缩短：事项承诺{version.promised_days}个工作日，这里是{route.promised_days}个"
            row.report("bad_number", told, "promised_days")
        if route.implementation_code and (why := code_problem(route.implementation_code, route.division, item)):
            row.report("bad_number", why, "implementation_code")

    def name_for_office(self, record: ItemRoute) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[ItemRoute]:
        """See RegisterSheet.standing."""
        lasting = self.writable(scope_path).filter(not_ended(day, "valid_to"))
        return lasting.exclude(state=ItemRoute.State.CANCELLED).select_related("item", "division")

    def whereabouts(self, record: ItemRoute) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def reason_against_writing(self, record: ItemRoute) -> str:
        """See RegisterSheet.reason_against_writing."""
        return "属于上级单位，本单位不能修改"

    def writable(self, scope_path: str) -> QuerySet[ItemRoute]:
        """See RegisterSheet.writable."""
        inside = ItemRoute.objects.filter(ItemRoute.in_subtree(scope_path))
        return inside.order_by("item__code", "division__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        also = (
            *("item__code", "department__name", "division_id", "division__level", "division__name"),
            "division__parent__name",
        )
        own = {"": self.columns_of(ItemRoute)}
        for key, entry, (code, department, division_id, level, name, above) in read_entries(records, own, *also):
            place = place_values(division_id, level, name, above, None, None, today=today)
            where = {"county": place["county"], "town": place["town"]}
            yield key, entry | where | {"item_code": code, "department_name": department}

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


def code_problem(code: str, division: Division, item: Item) -> str:
    """Return what is wrong with an 实施编码, as a sentence without the full stop; "" for a right one [S1].

    It is the credit code of the department's office (18), the level of the division (1), and the basic code of the item (12).
    """
    if len(code) != _LENGTH:
        return f"实施编码是{_LENGTH}位，现有{len(code)}位，请核对"
    try:
        clean_credit_code(code[:_CREDIT_LENGTH])
    except InvalidIdentifierError:
        return f"实施编码的前{_CREDIT_LENGTH}位不是统一社会信用代码，请核对"
    level, basic = code[_CREDIT_LENGTH], code[_CREDIT_LENGTH + 1 :]
    if level != _LEVELS.get(division.level):
        return (
            f"实施编码第{_CREDIT_LENGTH + 1}位是层级，{division.name}应为{_LEVELS.get(division.level)}，现在是{level}"
        )
    if not (basic.isdecimal() and basic.isascii()):
        return "实施编码的后12位是基本编码，应为数字，请核对"
    if item.catalogue_code and basic != item.catalogue_code:
        return f"实施编码的后12位应与事项的基本编码{item.catalogue_code}相同，请核对"
    return ""
