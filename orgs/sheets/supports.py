"""组织扶持: what supports an organization, a row a kind and first day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Count, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording
from communities.models import Division
from communities.sheets.place_columns import (
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.placing import RecordSheet
from orgs.models import SocialOrganization, Support
from orgs.sheets.finding import OrganizationFinder


class SupportSheet(RecordSheet):
    """Support is known by its organization, kind and first day. An organization that is not registered is refused."""

    name = "supports"
    title = "组织扶持"
    position = 31
    model = Support
    key_cells = ("valid_from", "kind")
    key_fields = frozenset({"organization_id", "kind", "valid_from"})
    writes_to = (Support,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, SocialOrganization)
    needs_community = False
    is_needed = False  # 有则报
    name_lookup = "organization__name"
    identifying = (("organization", "kind"), ("organization_code", "kind"))
    list_page = "orgs:supports"
    ends_with = "valid_to"
    end_label = "终止"
    fields_in_bulk = ("note",)
    names_of = ("organization", *(f"organization__{name}" for name in ("community", "division")))
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(
            None, "organization", "受扶持组织", "扶持组织", "受扶持组织名称", "扶持对象", max_length=100, is_key=True
        ),
        CreditCodeColumn(
            None,
            "organization_code",
            "受扶持组织信用代码",
            "扶持组织信用代码",
            "受扶持组织统一社会信用代码",
            is_key=True,
        ),
        *place_columns(county_required=False, key=False),
        ChoiceColumn(Support, "kind", "扶持方式", "扶持类型", required=True, is_key=True),
        DateColumn(Support, "valid_from", "扶持起始日期", "扶持开始日期", "扶持日期", required=True, is_key=True),
        DateColumn(Support, "valid_to", "扶持终止日期", "扶持结束日期", may_be_future=True),
        DecimalColumn(Support, "amount", "扶持金额（元）", "扶持金额", "扶持经费", counts_yuan=True),
        DecimalColumn(Support, "area", "场地面积（㎡）", "场地面积"),
        TextColumn(Support, "note", "备注", "说明"),
    )
    hints_in_forms: ClassVar[dict[str, str]] = {
        **RecordSheet.hints_in_forms,
        "organization": "照社会组织登记表里的名称写。",
        "amount": "决定给的金额；实际拨付的在经费拨付里登记，不重复计算。",
    }

    # --- Which organization a row is of ---

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find support by organization, kind and first day."""
        finder = OrganizationFinder(rows, self._index, name_field="organization", code_field="organization_code")
        self._organization_of: dict[int, SocialOrganization | None] = {id(row): finder.find(row) for row in rows}
        ids = sorted({each.pk for each in self._organization_of.values() if each is not None})
        found: dict[tuple[int, str, datetime.date], Support] = {}
        for batch in in_batches(ids):
            for support in context.lock(Support.objects.filter(organization__in=batch).order_by("pk")):
                found[support.organization_id, support.kind, support.valid_from] = support
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the organizations of records that 记录编号 has found."""
        targets = [cast(Support, row.target) for row in rows if row.target is not None]
        keys = list({support.organization_id for support in targets})
        known = SocialOrganization.with_merged.select_related("community", "division").in_bulk(keys)
        self._of_target = {support.pk: known[support.organization_id] for support in targets}

    def natural_key(self, row: RegisterRow) -> tuple[int, str, datetime.date] | None:
        """Return organization, kind and first day."""
        organization = self._organization_of.get(id(row))
        kind, day = row.get("kind"), row.get("valid_from")
        return (organization.pk, kind, day) if organization is not None and kind and day else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the support."""
        support = row.draft(Support)
        organization = self._organization_of[id(row)] or self._of_target.get(support.pk)
        if organization is None:
            if row.is_new and not row.has_error:
                row.report("required", "请填“受扶持组织”的名称或信用代码", "organization", "organization_code")
            return
        values = {"organization_id": organization.pk} | self.given(row, Support)
        division_id = self._division_of(organization)
        kind = values.get("kind", support.kind)
        row.label = f"{organization.name} {Support.Kind(kind).label if kind else ''}".strip()
        before = self._of_target.get(support.pk)
        write = self.propose(row, support, values, division_id=division_id, is_new=row.is_new)
        if write is not None and before is not None and before.pk != organization.pk:
            write.words = {"organization_id": Wording("受扶持组织", before.name, organization.name)}
        row.writes = [write] if write else []

    # --- What the register says ---

    @staticmethod
    def _division_of(organization: SocialOrganization) -> int:
        community = organization.community
        return int(community.town_id if community is not None else organization.division_id or 0)

    def division_of(self, record: Support) -> int:
        """See RegisterSheet.division_of."""
        return self._division_of(record.organization)

    def places_of(self, records: Sequence[Support]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. The places of the organizations."""
        keys = list({support.organization_id for support in records})
        places: dict[int, tuple[int | None, int | None]] = {}
        for batch in in_batches(keys):
            found = SocialOrganization.with_merged.filter(pk__in=batch)
            places |= {
                pk: (community, division)
                for pk, community, division in found.values_list("pk", "community", "division")
            }
        return {support.pk: places[support.organization_id] for support in records}

    def count_by_community(self, ids: Sequence[int]) -> dict[int, int]:
        """See RecordSheet.count_by_community. By the community of the organization."""
        found: dict[int, int] = {}
        for batch in in_batches(ids):
            counted = Support.objects.filter(organization__community__in=batch).order_by()
            grouped = counted.values("organization__community").annotate(number=Count("pk"))
            found |= dict(grouped.values_list("organization__community", "number"))
        return found

    def name_for_office(self, record: Support) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Support]:
        """See RegisterSheet.standing."""
        inside = self.writable(scope_path).filter(not_ended(day, "valid_to"))
        return inside.select_related("organization__community__town", "organization__division").order_by("pk")

    def whereabouts(self, record: Support) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.organization.community, record.organization.division)

    def writable(self, scope_path: str) -> QuerySet[Support]:
        """See RegisterSheet.writable."""
        inside = Support.objects.filter(Support.in_subtree(scope_path))
        standing = inside.filter(organization__community__closed_on__isnull=True)
        return standing.order_by("organization__sort_key", "organization", "valid_from", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        placed, own = with_place(records, prefix="organization__"), {"": self.columns_of(Support)}
        also = ("organization__name", "organization__credit_code", *PLACE_LOOKUPS)
        for key, entry, (name, code, *place) in read_entries(placed, own, *also):
            of_organization = {"organization": name, "organization_code": code}
            yield key, entry | place_values(*place, today=today) | of_organization
