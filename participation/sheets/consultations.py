"""协商: a row a consultation of a community."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from django.db import models
from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.columns import ChoiceColumn, Column, DateColumn, IntegerColumn, ListColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write
from communities.places import PlaceIndex
from communities.sheets.place_columns import (
    NAMES_OF_COMMUNITY,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.place_words import listed
from communities.sheets.placing import RecordSheet
from orgs.models import SocialOrganization
from participation.models import Consultation, ConsultationOrganization
from participation.sheets.attending import AttendingOrganizations, OrganizationNotFoundError

_MOST = 1_000_000


class _Listed(NamedTuple):
    """An organization that a consultation lists: the one that it was merged into, if it was."""

    organization: SocialOrganization
    is_known: bool  # whether the office may know of it


class ConsultationSheet(RecordSheet):
    """A consultation is known by its community, its day and its topic."""

    name = "consultations"
    title = "协商"
    position = 10
    model = Consultation
    is_needed = False  # 有则报
    name_lookup = "topic"
    key_cells = ("topic", "held_on")
    key_fields = frozenset({"held_on", "topic", "community_id"})
    writes_to = (Consultation, ConsultationOrganization)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, SocialOrganization)
    identifying = (("held_on", "topic"),)
    list_page = "participation:consultations"
    names_of = (*NAMES_OF_COMMUNITY, "links__organization", "links__organization__merged_into")
    ends_with = "done_on"
    end_label = "办结"
    fields_in_bulk = ("form", "category", "note")
    place_attributes = ("community_id",)
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        DateColumn(Consultation, "held_on", "协商日期", "协商时间", "召开日期", "召开时间", required=True, is_key=True),
        *place_columns(county_required=False),
        ChoiceColumn(
            Consultation,
            "form",
            "协商形式",
            "协商方式",
            required=True,
            short_forms={
                "民主恳谈会": "talk",
                "居民议事会": "council",
                "村民议事会": "council",
                "居民代表会议": "representatives",
                "村民代表会议": "representatives",
                "居(村)民代表会": "representatives",
            },
        ),
        TextColumn(
            Consultation, "topic", "协商议题", "协商主题", "协商内容", max_length=100, required=True, is_key=True
        ),
        ChoiceColumn(Consultation, "category", "议题类别", "协商类别"),
        IntegerColumn(Consultation, "participants", "参加人数", "参与人数", "协商人数", required=True, maximum=_MOST),
        IntegerColumn(Consultation, "residents", "其中居民人数", "居民人数", "参加居民人数", maximum=_MOST),
        ListColumn(
            Consultation,
            "organizations",
            "参加的社会组织",
            "参加社会组织",
            "参与的社会组织",
            "参与协商的社会组织",
            max_length=2_000,
            note="名称或信用代码，用顿号分开",
        ),
        IntegerColumn(
            Consultation,
            "organization_count",
            "参加社会组织数",
            "社会组织数",
            "社会组织个数",
            maximum=_MOST,
        ),
        IntegerColumn(Consultation, "social_workers", "参加社工数", "社工数", "社工人数", maximum=_MOST),
        ChoiceColumn(
            Consultation,
            "outcome",
            "协商结果",
            "是否达成一致",
            short_forms={"达成一致": "agreed", "全部一致": "agreed", "未达成一致": "none"},
        ),
        TextColumn(Consultation, "agreement", "议定事项", "协商意见", "达成的意见"),
        DateColumn(Consultation, "due_on", "办理期限", "办理时限", may_be_future=True),
        DateColumn(Consultation, "done_on", "办结日期", "办结时间"),
        TextColumn(Consultation, "note", "备注", "说明"),
    )
    hints_in_forms: ClassVar[Mapping[str, str]] = {
        **RecordSheet.hints_in_forms,
        "topic": "例如：小区加装电梯；不要写姓名。",
        "organizations": "照社会组织登记表里的名称或者信用代码写，用顿号分开，要去掉的填“清空”。",
        "organization_count": "没有登记的也算；不填的，按上面列出的算。",
        "agreement": "商定了做什么，由谁做；没有达成的不填。",
        "due_on": "最后一天，协商结果是“一致”“部分一致”的才填。",
        "done_on": "议定的事办完了填；不用另外办理的，填协商日期。",
    }

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find consultations by community, day and topic; load the organizations that rows list."""
        ids = sorted({row.place.community.id for row in rows if row.place and row.place.community})
        days = sorted({day for row in rows if (day := row.get("held_on"))})
        found: dict[Any, Consultation] = {}
        for batch in in_batches(ids):
            known = Consultation.objects.filter(community__in=batch)
            if days:
                known = known.filter(held_on__gte=days[0], held_on__lte=days[-1])
            for each in context.lock(known.order_by("pk")):
                found[each.community_id, each.held_on, each.topic_key] = each
        items = {item for row in rows for item in self._items(row)}
        self._organizations = AttendingOrganizations(items, self._index)
        for row in rows:
            row.target = found.get(self.natural_key(row))

    @staticmethod
    def _items(row: RegisterRow) -> list[str]:
        text = row.get("organizations")
        return text.split("、") if text else []

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load what the consultations list so far."""
        keys = [row.target.pk for row in rows if row.target is not None]
        self._listed: defaultdict[int, list[_Listed]] = defaultdict(list)
        for batch in in_batches(keys):
            links = ConsultationOrganization.objects.filter(consultation__in=batch).order_by("pk")
            pairs = list(links.values_list("consultation_id", "organization_id"))
            of_links = {organization for _, organization in pairs}
            found = SocialOrganization.with_merged.select_related("merged_into").in_bulk(list(of_links))
            known = self._organizations.inside.filter(pk__in=of_links)
            inside = set(known.values_list("pk", flat=True))
            for consultation, key in pairs:
                stands = found[key].merged_into or found[key]
                self._listed[consultation].append(_Listed(stands, key in inside))

    def natural_key(self, row: RegisterRow) -> tuple[int, datetime.date, str] | None:
        """Return community, day and topic."""
        topic, day = row.get("topic"), row.get("held_on")
        if row.place is None or row.place.community is None or not topic or not day:
            return None
        return row.place.community.id, day, comparable(topic)

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the consultation, with the organizations that it lists as links."""
        row.label = row.get("topic") or (str(row.target) if row.target is not None else "")
        consultation = row.draft(Consultation)
        before = [] if row.is_new else self._listed[consultation.pk]
        after = self._attending(row, before)
        values = {"community_id": row.place.community.id} | self.given(row, Consultation)
        write = self.propose(row, consultation, values, division_id=row.place.division_id, is_new=row.is_new)
        self._check_count(row, consultation, len(after))
        was, now = ({each.pk for each in side} for side in ([each.organization for each in before], after))
        if was != now:
            write = write or Write(instance=consultation, is_new=False, division_id=row.place.division_id)
            write.links = {"organizations": sorted(now)}
            write.after["organizations"] = sorted(now)
            if not row.is_new:
                write.before["organizations"] = sorted(was)
                self._say_listed(row, [each.organization for each in before], after)
        row.writes = [write] if write else []

    def _attending(self, row: RegisterRow, before: Sequence[_Listed]) -> list[SocialOrganization]:
        """Return the organizations that are to be listed, each once; report those that are not found.

        The office neither sees nor changes what others have listed of their own areas.
        """
        if "organizations" not in row.values:
            return _once(each.organization for each in before)
        found = []
        for item in self._items(row):
            try:
                found.append(self._organizations.find(item, row.place))
            except OrganizationNotFoundError as error:
                row.report("bad_choice", str(error), "organizations")
        return _once([*(each.organization for each in before if not each.is_known), *found])

    @staticmethod
    def _check_count(row: RegisterRow, consultation: Consultation, number: int) -> None:
        """Report a number of organizations that is smaller than that of those listed."""
        count = consultation.organization_count
        if count is not None and count < number:
            row.report(
                "bad_number",
                f"参加社会组织数是{count}家，列出的已有{number}家，请核对",
                "organization_count",
                "organizations",
            )

    @staticmethod
    def _say_listed(
        row: RegisterRow, before: Sequence[SocialOrganization], after: Sequence[SocialOrganization]
    ) -> None:
        old, new = {each.pk for each in before}, {each.pk for each in after}
        added = [each.name for each in after if each.pk not in old]
        removed = [each.name for each in before if each.pk not in new]
        said = [f"增加{listed(added, most=_MOST)}"] if added else []
        said += [f"去掉{listed(removed, most=_MOST)}"] if removed else []
        row.say(f"参加的社会组织{'，'.join(said)}")

    def name_for_office(self, record: Consultation) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Consultation]:
        """See RegisterSheet.standing. Those of the month."""
        of_month = self.writable(scope_path).filter(held_on__gte=day.replace(day=1), held_on__lte=day)
        return of_month.select_related("community__town")

    def whereabouts(self, record: Consultation) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, None)

    def writable(self, scope_path: str) -> QuerySet[Consultation]:
        """See RegisterSheet.writable."""
        inside = Consultation.objects.filter(Consultation.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("community__code", "held_on", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. Organizations by name; by code or 记录编号 where the name alone means another or none."""
        index = PlaceIndex(scope_path)
        attending: defaultdict[int, list[SocialOrganization]] = defaultdict(list)
        links = ConsultationOrganization.objects.filter(consultation__in=records.order_by().values("pk"))
        for link in links.select_related("organization__merged_into").order_by("organization__sort_key", "pk"):
            attending[link.consultation_id].append(link.organization)
        names = {each.name for organizations in attending.values() for each in organizations}
        names |= {each.merged_into.name for many in attending.values() for each in many if each.merged_into}
        known = AttendingOrganizations(names, index)
        keys = {each.pk for organizations in attending.values() for each in organizations}
        inside: set[int] = set()
        for batch in in_batches(sorted(keys)):
            found = known.inside.filter(pk__in=batch)
            inside |= set(found.values_list("pk", flat=True))
        placed, own = with_place(records, has_division=False), {"": self.columns_of(Consultation)}
        for key, entry, (community, *place) in read_entries(placed, own, "community_id", *PLACE_LOOKUPS):
            seen = _once(each.merged_into or each for each in attending[key] if each.pk in inside)
            where = index.place_at(community, None)
            entry["organizations"] = "、".join(known.word_for(each, where) for each in seen)
            yield key, entry | place_values(*place)


def _once(organizations: Iterable[SocialOrganization]) -> list[SocialOrganization]:
    """Return the organizations, each once, in their order."""
    return list({each.pk: each for each in organizations}.values())
