"""社会组织."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import community_key, comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    IntegerColumn,
    PhoneColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.duplicates import LikelyDuplicate, NamedRecord, like_names, same_names
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.likeness import NameNeighbours
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write
from communities.models import Division
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
from orgs.models import SocialOrganization, SocialOrganizationQuerySet


def _names_in(town_ids: set[int]) -> Iterator[tuple[int, int | None, str, str]]:
    """Yield town, community, its name and the organization's name of all organizations of the towns."""
    for batch in in_batches(list(town_ids)):
        served = SocialOrganization.objects.filter(community__town__in=batch)
        yield from served.values_list("community__town", "community", "community__name", "name")
        own = SocialOrganization.objects.filter(division__in=batch)
        yield from ((town_id, None, "", name) for town_id, name in own.values_list("division", "name"))


def _likeness_group(town_id: int, community_id: int | None, community_name: str, name: str) -> tuple[str, int]:
    if community_id is not None and community_key(community_name) in comparable(name):
        return ("community", community_id)
    return ("town", town_id)


class OrganizationSheet(RecordSheet):
    """An organization is known by its credit code or, without one, by its place and name."""

    name = "organizations"
    title = "社会组织"
    position = 3
    model = SocialOrganization
    key_cells = ("credit_code", "name")
    key_fields = frozenset({"credit_code", "name", "community_id", "division_id"})
    writes_to = (SocialOrganization,)
    needs_community = False
    identifying = (("name",),)
    list_page = "orgs:list"
    ends_with = "dissolved_on"
    end_label = "注销"
    fields_in_bulk = (
        "registration",
        "legal_form",
        "category",
        "is_social_work_agency",
        "hub_kind",
        "credit_status",
        "note",
    )
    monthly_fields = ("registration", "leader", "phone", "member_count", "dissolved_on")
    may_be_merged = True
    place_attributes = ("community_id", "division_id")
    names_of = NAMES_OF_PLACE
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        CreditCodeColumn(
            SocialOrganization, "credit_code", "统一社会信用代码", "社会信用代码", "信用代码", is_key=True
        ),
        TextColumn(
            SocialOrganization,
            "name",
            "名称",
            "组织名称",
            "社会组织名称",
            "社区社会组织名称",
            max_length=100,
            required=True,
            is_key=True,
        ),
        ChoiceColumn(SocialOrganization, "registration", "管理方式", "登记备案情况", "管理类型", required=True),
        ChoiceColumn(SocialOrganization, "legal_form", "组织类型", "登记类型"),
        ChoiceColumn(SocialOrganization, "category", "类别", "组织类别", "服务类别", required=True),
        *place_columns(county_required=False, key=False),
        DateColumn(
            SocialOrganization,
            "established_on",
            "成立日期",
            "成立时间",
            "登记（备案）日期",
            "登记日期",
            "备案日期",
            required=True,
        ),
        DateColumn(SocialOrganization, "filed_on", "街道备案日期", "街道备案时间"),
        DateColumn(SocialOrganization, "dissolved_on", "注销日期", "注销时间", may_be_future=True),
        TextColumn(SocialOrganization, "leader", "负责人", "负责人姓名"),
        PhoneColumn(SocialOrganization, "phone", "联系电话", "电话", "手机号码", "联系方式", "手机"),
        IntegerColumn(
            SocialOrganization, "member_count", "成员人数", "成员数（人）", "会员人数", "成员数", maximum=1_000_000
        ),
        BooleanColumn(
            SocialOrganization, "is_social_work_agency", "民办社工机构", "是否民办社工机构", "是否为民办社工机构"
        ),
        ChoiceColumn(
            SocialOrganization,
            "hub_kind",
            "枢纽型",
            "枢纽型组织",
            blank_choices=("否",),
        ),
        TextColumn(
            SocialOrganization,
            "filing_number",
            "备案号",
            "备案编号",
            "备案证号",
            holds_issued_numbers=True,
        ),
        ChoiceColumn(SocialOrganization, "credit_status", "信用状况", "信用状态", "信用情况"),
        TextColumn(SocialOrganization, "note", "备注", "说明"),
    )

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find organizations by credit code anywhere, then by place and name.

        A code known outside the scope is `conflicting_key`, without saying whose (docs/domain.md §4.9).
        A filed organization that now has a code at the same place and name is the same organization.
        """
        by_code = self._by_code(rows, context)
        by_place = self._by_place(rows, context)
        for row in rows:
            code = row.get("credit_code")
            found_here = by_place.get(self._place_and_name(row))
            if code and code in by_code:
                found, is_inside = by_code[code]
                if is_inside:
                    row.target = found
                    if found_here is not None and found_here.pk != found.pk:
                        self.note_other(row, found_here)
                else:
                    row.report(
                        "conflicting_key", "这个统一社会信用代码已被其他单位登记，请核对证书或联系市局", "credit_code"
                    )
                continue
            if found_here is not None and (not code or not found_here.credit_code):
                row.target = found_here
        self._note_merged([row for row in rows if row.target is None and not row.has_error], context)
        if not context.locking:  # a warning has been read by the time of the commit
            self._report_likeness(rows)

    def _note_merged(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Note rows that no standing organization fits, but one that was merged into another: by code, place and name."""
        gone = SocialOrganization.with_merged.filter(
            SocialOrganization.in_subtree(context.scope_path), merged_into__isnull=False
        )
        if not rows or not gone.exists():
            return
        codes = {row.get("credit_code") for row in rows if row.get("credit_code")}
        names = {comparable(row.get("name")) for row in rows if row.get("name")}
        coded: dict[str, SocialOrganization] = {}
        placed: dict[Any, SocialOrganization] = {}
        for batch in in_batches(list(codes)):
            coded |= {record.credit_code: record for record in gone.filter(credit_code__in=batch).order_by("pk")}
        for batch in in_batches(list(names)):
            for record in gone.filter(name_key__in=batch).order_by("pk"):
                placed[*self._place_today(record), record.name_key] = record
        for row in rows:
            code, key = row.get("credit_code"), self._place_and_name(row)
            merged = coded.get(code) if code else None
            if merged is None and key is not None:
                here = placed.get(key)
                merged = here if here is not None and not (code and here.credit_code) else None
            if merged is not None:
                self.note_merged(row, merged)

    def _place_today(self, record: SocialOrganization) -> tuple[str, int]:
        """Return the place as `_place_and_name` gives it: what stands today for a division that has closed."""
        if record.division_id is None:
            return ("community_id", int(record.community_id or 0))
        return ("division_id", int(self._index.today_of(self._index.divisions[record.division_id]).pk))

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """See RecordSheet.load_related. Organizations whose names rows would give to others."""
        self.note_names_of_others(rows, context, field="name_key", key_of=comparable)

    def _by_code(
        self, rows: Sequence[RegisterRow], context: CheckContext
    ) -> dict[str, tuple[SocialOrganization, bool]]:
        codes = list({row.get("credit_code") for row in rows if row.get("credit_code")})
        inside = SocialOrganization.in_subtree(context.scope_path)
        found: dict[str, tuple[SocialOrganization, bool]] = {}
        for batch in in_batches(codes):
            known = SocialOrganization.objects.filter(credit_code__in=batch)
            mine = {record.credit_code: record for record in context.lock(known.filter(inside))}
            found |= {code: (record, True) for code, record in mine.items()}
            others = [code for code in batch if code not in mine]
            elsewhere = SocialOrganization.objects.filter(credit_code__in=others) if others else ()
            found |= {record.credit_code: (record, False) for record in elsewhere}
        return found

    def _by_place(self, rows: Sequence[RegisterRow], context: CheckContext) -> dict[Any, SocialOrganization]:
        communities = {row.place.community.id for row in rows if row.place and row.place.community}
        divisions = {row.place.division_id for row in rows if row.place and not row.place.community}
        # What was recorded at a division that has closed since is found by what stands there today.
        today = {past: division for division in divisions for past in self._index.past_of(division)}
        found: dict[Any, SocialOrganization] = {}
        for column, ids in (("community_id", communities), ("division_id", today)):
            for batch in in_batches(list(ids)):
                for record in context.lock(SocialOrganization.objects.filter(Q(**{f"{column}__in": batch}))):
                    place = getattr(record, column)
                    key = (column, place if record.division_id is None else today[place], record.name_key)
                    # An organization without a code is found first: one with a code is known by it.
                    if key not in found or not record.credit_code:
                        found[key] = record
        return found

    @staticmethod
    def _report_likeness(rows: Sequence[RegisterRow]) -> None:
        """Warn of a new organization whose name is one character apart from another of the same town.

        Names that carry their community's own name are compared inside that community only: neighbouring
        communities' choirs are rightly called almost the same.
        """
        known = NameNeighbours()
        new = [row for row in rows if row.target is None and row.place is not None and row.get("name")]
        for town_id, community_id, community_name, name in _names_in({row.place.division_id for row in new}):
            known.add(_likeness_group(town_id, community_id, community_name, name), name)
        for row in new:
            community, name = row.place.community, row.get("name")
            community_id, community_name = (community.id, community.name) if community else (None, "")
            group = _likeness_group(row.place.division_id, community_id, community_name, name)
            other = known.like(group, name)
            if other is not None:
                row.report("similar_name", f"与“{other}”只差一个字，请核实是否同一个组织", "name")
            known.add(group, name)

    @staticmethod
    def _place_and_name(row: RegisterRow) -> Any:
        name = row.get("name")
        if row.place is None or not name:
            return None
        if row.place.community:
            return ("community_id", row.place.community.id, comparable(name))
        return ("division_id", row.place.division_id, comparable(name))

    def natural_key(self, row: RegisterRow) -> Any:
        """Return the credit code, else place and name."""
        return row.get("credit_code") or self._place_and_name(row)

    def reject_duplicates(self, rows: Any, key_of: Any, *cell_fields: str) -> None:
        """Report a repeated organization at its credit code or, without one, at its name.

        A row with a code and one without, of one place and name, are one organization too (docs/domain.md §4).
        """
        rows = list(rows)
        super().reject_duplicates([row for row in rows if row.get("credit_code")], key_of, "credit_code")
        super().reject_duplicates([row for row in rows if not row.get("credit_code")], key_of, "name")

        def known_by(row: RegisterRow) -> Any:
            return self._place_and_name(row) if row.target is None else key_of(row)

        first: dict[Any, dict[bool, RegisterRow]] = {}  # the first row with a code, and without
        for row in rows:
            if (key := known_by(row)) is not None:
                first.setdefault(key, {}).setdefault(bool(row.get("credit_code")), row)
        for pair in (each for each in first.values() if len(each) > 1):
            super().reject_duplicates(pair.values(), known_by, "name")

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the organization."""
        organization = row.draft(SocialOrganization)
        community = row.place.community
        values = {
            "community_id": community.id if community else None,
            "division_id": None if community else self.division_for(row, organization.division_id),
        } | self.given(row, SocialOrganization)
        write = self.propose(row, organization, values, division_id=row.place.division_id, is_new=row.is_new)
        row.writes = [write] if write else []
        if write is not None and not row.is_new:
            self._say_what_it_becomes(row, write)

    def _say_what_it_becomes(self, row: RegisterRow, write: Write) -> None:
        """Say that a filed organization becomes a registered one, and that the row is about the one without a code."""
        if "credit_code" in write.after and not write.before["credit_code"] and not row.get("ref"):
            row.say("登记表中同名、没有统一社会信用代码的组织就是它，不另增一条")
        if write.after.get("registration") == SocialOrganization.Registration.REGISTERED:
            before = self.column("registration").written(write.before["registration"])
            row.say(f"组织由“{before}”改为“登记”")

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[SocialOrganization]:
        """See RegisterSheet.standing."""
        inside = SocialOrganization.objects.filter(SocialOrganization.in_subtree(scope_path))
        inside = inside.filter(not_ended(day, "dissolved_on"), community__closed_on__isnull=True)
        return inside.select_related("community__town", "division").order_by("community__code", "pk")

    def likely_duplicates(self, scope_path: str, day: datetime.date) -> list[LikelyDuplicate]:
        """See RegisterSheet.likely_duplicates. Two credit codes are two organizations, whatever their names."""
        rows = self.standing(scope_path, day).select_related(None).order_by("pk")
        columns = ("pk", "name", "name_key", "community", "community__town", "division", "credit_code")
        records = [
            NamedRecord(pk, name, name_key, (community, division), town or division, community is not None, code)
            for pk, name, name_key, community, town, division, code in rows.values_list(*columns)
        ]
        return sorted(same_names(records) + like_names(records))

    def whereabouts(self, record: SocialOrganization) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, record.division)

    def writable(self, scope_path: str) -> SocialOrganizationQuerySet:
        """See RegisterSheet.writable."""
        inside = SocialOrganization.objects.filter(SocialOrganization.in_subtree(scope_path))
        return inside.filter(community__closed_on__isnull=True).order_by("community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        own = {"": self.columns_of(SocialOrganization)}
        for key, entry, place in read_entries(with_place(records), own, *PLACE_LOOKUPS):
            yield key, entry | place_values(*place, today=today)
