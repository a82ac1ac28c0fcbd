"""社会工作者: the person and the posting in one row."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.personal import digest
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    IdNumberColumn,
    PhoneColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write, propose
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
from socialworkers.models import Posting, SocialWorker, TrainingRecord
from socialworkers.sheets.merging import MergingSheet, division_of_posting, newest_posting_of
from socialworkers.transfer_notices import notify_former_offices, notify_former_offices_of_undo

FROM_OTHERS = (
    "这个人登记在其他单位，入库后转到本单位：在那里的任职最晚到{day}为止，那个单位会收到通知；个人信息以本行为准"
)
FROM_OTHERS_CORRECTED = "这个人登记在其他单位，到岗日期相同，视为更正任职的地方：那里的任职改到本单位，那个单位会收到通知；个人信息以本行为准"


class WorkerSheet(MergingSheet):
    """A worker is known by the ID number.

    A row with another community or a later 到岗日期 closes the old posting and opens a new one; the same worker at
    another community with the same 到岗日期 is a correction (docs/domain.md §4).
    """

    name = "workers"
    title = "社会工作者"
    position = 4
    model = SocialWorker
    key_cells = ("id_number",)
    key_fields = frozenset({"id_number"})
    writes_to = (SocialWorker, Posting, TrainingRecord)  # the hours go along when two are merged
    needs_community = False
    identifying = (("name", "id_number"),)
    list_page = "socialworkers:list"
    names_of = tuple(f"postings__{lookup}" for lookup in NAMES_OF_PLACE)
    ends_with = "ended_on"
    end_label = "离岗"
    fields_in_bulk = ("position", "is_community_worker", "level", "has_social_work_degree", "recruited_by", "note")
    monthly_fields = ("position", "level", "certificate_number", "phone", "ended_on")
    fields_of_new_part = (
        "county",
        "town",
        "community_name",
        "position",
        "is_community_worker",
        "recruited_by",
        "started_on",
    )
    new_part_label = "新任职"
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(SocialWorker, "name", "姓名", "社工姓名", required=True),
        IdNumberColumn(
            SocialWorker,
            "id_number",
            "身份证号",
            "身份证号码",
            "公民身份号码",
            today=timezone.localdate,
            required=True,
            is_key=True,
        ),
        ChoiceColumn(SocialWorker, "gender", "性别"),
        *place_columns(county_required=False, key=False),
        TextColumn(Posting, "position", "岗位", "岗位名称", "所在岗位", "职务"),
        BooleanColumn(Posting, "is_community_worker", "社区工作者", "是否社区工作者"),
        ChoiceColumn(SocialWorker, "level", "职业水平", "职业水平等级", "资格等级", required=True),
        TextColumn(SocialWorker, "certificate_number", "证书编号", "证书号", holds_issued_numbers=True),
        DateColumn(SocialWorker, "certified_on", "取得日期", "证书取得日期", "取得证书日期", "发证日期"),
        DateColumn(
            SocialWorker, "registered_until", "登记有效期至", "登记有效期", "证书登记有效期至", may_be_future=True
        ),
        BooleanColumn(SocialWorker, "has_social_work_degree", "社会工作专业学历", "是否社会工作专业", "社会工作专业"),
        ChoiceColumn(Posting, "recruited_by", "配备方式", "选聘方式"),
        DateColumn(Posting, "started_on", "到岗日期", "到岗时间", "入职日期", "任职日期", required=True),
        DateColumn(Posting, "ended_on", "离岗日期", "离岗时间", "离职日期", may_be_future=True),
        PhoneColumn(SocialWorker, "phone", "联系电话", "电话", "手机号码", "联系方式", "手机"),
        TextColumn(SocialWorker, "note", "备注", "说明"),
    )

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find workers by ID number anywhere.

        A worker of another office with the same name is a transfer, new for the uploader; with another name
        `conflicting_key`, without saying whose (docs/domain.md §4.9).
        """
        self._digests = {id(row): digest(row.get("id_number").reveal()) for row in rows if row.get("id_number")}
        known = self._workers(context)
        self.note_merged_numbers(rows, known, context)
        inside = self.inside({worker.pk for worker in known.values()}, context)
        for row in rows:
            worker = known.get(self._digests.get(id(row), ""))
            if worker is None:
                continue
            is_mine = worker.pk in inside
            if is_mine or comparable(worker.name) == comparable(row.get("name", "")):
                row.target = worker
            else:
                row.report("conflicting_key", "这个身份证号已登记为另一姓名，请核对原件或联系市局", "id_number")
        self._mine = inside

    def is_known_in(self, scope_path: str) -> Q:
        """See RecordSheet.is_known_in. Also those who have left: they stand in the office's older templates."""
        postings = Posting.with_merged.filter(Posting.in_subtree(scope_path), worker=OuterRef("pk"))
        return Q(Exists(postings))

    def places_of(self, records: Sequence[SocialWorker]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. Those of the newest postings."""
        found: dict[int, tuple[int | None, int | None]] = {}
        for batch in in_batches([worker.pk for worker in records]):
            newest = Posting.with_merged.filter(worker__in=batch, is_newest=True)
            found |= {key: (at, over) for key, at, over in newest.values_list("worker", "community", "division")}
        return found

    def count_by_community(self, ids: Sequence[int]) -> dict[int, int]:
        """See RecordSheet.count_by_community. Workers by their newest postings."""
        found: dict[int, int] = {}
        for batch in in_batches(ids):
            counted = Posting.objects.filter(community__in=batch, is_newest=True).order_by().values("community")
            found |= dict(counted.annotate(number=Count("pk")).values_list("community", "number"))
        return found

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the postings of the matched workers, and find out which of those found by 记录编号 are the office's own."""
        by_ref = {
            row.target.pk for row in rows if row.target is not None and (row.get("ref") or id(row) in self._merged_of)
        }
        self._mine |= self.inside(by_ref, context)
        self._postings = self._load_postings([row.target.pk for row in rows if row.target is not None], context)
        self.note_names_of_others(rows, context, field="name", key_of=str)

    def name_for_office(self, record: SocialWorker) -> str:
        """See RecordSheet.name_for_office. Nobody is told of another office's worker."""
        return record.name if record.pk in self._mine else ""

    def _workers(self, context: CheckContext) -> dict[str, SocialWorker]:
        found: dict[str, SocialWorker] = {}
        for batch in in_batches(list(set(self._digests.values()))):
            for worker in context.lock(SocialWorker.objects.filter(id_number_digest__in=batch)):
                found[worker.id_number_digest] = worker
        return found

    @staticmethod
    def _load_postings(ids: list[int], context: CheckContext) -> dict[int, list[Posting]]:
        """Return each worker's postings, newest first."""
        found: dict[int, list[Posting]] = defaultdict(list)
        postings = Posting.objects.select_related("community").order_by("-started_on")
        for batch in in_batches(ids):
            for posting in context.lock(postings.filter(worker__in=batch)):
                found[posting.worker_id].append(posting)
        return found

    def natural_key(self, row: RegisterRow) -> Any:
        """Return the digest of the ID number."""
        return self._digests.get(id(row))

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose up to three writes: the person, the posting, and the older posting that it ends."""
        worker = row.draft(SocialWorker)
        is_new_person = row.target is None
        is_mine = worker.pk in self._mine
        postings = self._postings.get(worker.pk, []) if worker.pk else []
        has_left = not is_mine and any(
            posting.started_on == row.get("started_on") and self._is_own(posting, context) for posting in postings
        )
        row.is_new = is_new_person or not (is_mine or has_left)
        if row.get("ref") and not is_new_person and row.is_new:
            self.report_unknown_ref(row)  # who has left comes back by the ID number, not by a number of ours alone
            return
        writes: list[Write | None] = []
        if not has_left:  # else the row tells of the time before; what the person is today another office says
            values = self.given(row, SocialWorker)
            if self._digests.get(id(row)) == worker.id_number_digest:
                del values["id_number"]  # it is what found the record
            writes.append(self.propose(row, worker, values, division_id=row.place.division_id, is_new=is_new_person))
        writes += self._posting_writes(row, worker, postings, context)
        row.writes = [write for write in writes if write is not None]
        if row.is_new and not is_new_person and not postings:
            row.say("登记表中已有这个人，没有任职；个人信息以本行为准")
        if has_left:
            row.say("这个人已转到其他单位：只改在本单位的这次任职，姓名、职业水平等个人信息不改")

    def _is_own(self, posting: Posting, context: CheckContext) -> bool:
        """Tell whether a posting is at a place of the office."""
        return self._index.divisions[division_of_posting(posting)].path.startswith(context.scope_path)

    def _posting_writes(
        self, row: RegisterRow, worker: SocialWorker, postings: list[Posting], context: CheckContext
    ) -> list[Write | None]:
        newest = postings[0] if postings else None
        place = self._place_values(row, newest)
        started = row.get("started_on")
        # Of other offices' postings only the one that lasts may be spoken of: a transfer, or a correction of the place.
        known = [posting for posting in postings if posting is newest or self._is_own(posting, context)]
        posting = newest if row.corrects else self._posting_meant(known, place, started)
        if posting is None and started is None:
            if newest is not None:
                row.report("required", "换了社区，请填新的到岗日期", "started_on")
            return []
        if posting is not None:
            if row.corrects and len(postings) > 1 and started is not None and started <= postings[1].started_on:
                row.report("date_order", "到岗日期不晚于这个人前一次任职的到岗日期，请核对", "started_on")
                return []
            values = place | self.given(row, Posting)
            if values.get("is_community_worker", False) is None:
                values["is_community_worker"] = place["community_id"] is not None
            left = division_of_posting(posting)
            write = self.propose(row, posting, values, division_id=row.place.division_id, is_new=False)
            if write is not None and not write.after.keys().isdisjoint(place):
                write.leaves_division_id = left
                row.say(
                    FROM_OTHERS_CORRECTED if row.is_new else "到岗日期没有变，视为更正这次任职的地方，不另记一次任职"
                )
            return [write]
        posting = Posting(worker=worker)
        values = {"is_community_worker": place["community_id"] is not None} | place
        values |= {key: value for key, value in self.given(row, Posting).items() if value is not None}
        if newest is not None and started <= newest.started_on:
            row.report("date_order", "到岗日期不晚于这个人现有任职的到岗日期，请核对", "started_on")
            return []
        followed = {} if newest is None or row.is_new else self._told_of(newest)
        closed = self._close(newest, started, row, place) if newest is not None else None
        write = self.propose(row, posting, values, division_id=row.place.division_id, is_new=True)
        if write is not None:
            write.follows = followed
        return [closed, write]

    def _told_of(self, posting: Posting) -> dict[str, Any]:
        """Return what the preview tells of the posting before, which ends by itself (`_close`) and says so."""
        return {name: getattr(posting, name) for name in self._told_attributes}

    @cached_property
    def _told_attributes(self) -> tuple[str, ...]:
        own = (column.attribute for column in self.columns_of(Posting) if column.attribute != "ended_on")
        return ("community_id", "division_id", *own)

    def _place_values(self, row: RegisterRow, newest: Posting | None) -> dict[str, Any]:
        community = row.place.community
        return {
            "community_id": community.id if community else None,
            "division_id": None if community else self.division_for(row, newest.division_id if newest else None),
        }

    @staticmethod
    def _posting_meant(postings: list[Posting], place: dict[str, Any], started: datetime.date | None) -> Posting | None:
        """Return the posting that a row is about: that of the same first day, or without a day the newest at the same place."""
        if started is not None:
            return next((posting for posting in postings if posting.started_on == started), None)
        newest = postings[0] if postings else None
        is_there = newest is not None and (newest.community_id, newest.division_id) == tuple(place.values())
        return newest if is_there else None

    def _close(
        self, newest: Posting, started: datetime.date, row: RegisterRow, place: Mapping[str, Any]
    ) -> Write | None:
        """Propose to end the newest posting when the next one begins, unless it has ended before; it is not the newest then.

        `place` is that of the next one.
        """
        is_there = (newest.community_id, newest.division_id) == (place["community_id"], place["division_id"])
        values: dict[str, Any] = {"is_newest": False}
        planned = newest.ended_on
        if planned is None or planned > started:
            values["ended_on"] = started
        write = propose(newest, values, division_id=row.place.division_id, is_new=False)
        if write is not None:
            write.is_said = True
            write.leaves_division_id = division_of_posting(newest)
            row.say(self._closing_in_words(row, newest, planned, is_there=is_there), because="started_on")
        return write

    def _closing_in_words(
        self, row: RegisterRow, closed: Posting, planned: datetime.date | None, *, is_there: bool
    ) -> str:
        """Return the sentence on the posting that a row ends, which had the last day `planned`.

        With `is_there` the next one is at the same place: perhaps its first day was only to be corrected.
        Of another office's posting it tells neither where it is nor whether it has ended (docs/domain.md §4.9).
        """
        if row.is_new:
            return FROM_OTHERS.format(day=row.get("started_on"))
        town = self._index.divisions[division_of_posting(closed)].name
        where = f"{town} {closed.community.name}" if closed.community else town
        if planned == closed.ended_on:
            return f"原在“{where}”的任职已于{planned}结束，另记一次新的任职"
        was_planned = f"（原定{planned}离岗）" if planned else ""
        if is_there:
            said = f"仍在“{where}”而换了到岗日期，记为新的一次任职，原来的在岗记录于{closed.ended_on}结束{was_planned}"
            is_of_file = row.number is not None  # in a form the user has chosen to add a posting
            return f"{said}；只是更正日期的，这一行不要入库，请打开这个人的页面点“修改”" if is_of_file else said
        return f"原在“{where}”的在岗记录于{closed.ended_on}结束{was_planned}，另记一次新的任职"

    def notify_offices_left(self, change_set: Any, left: Mapping[int, Sequence[str]]) -> None:
        """See RegisterSheet.notify_offices_left."""
        notify_former_offices(change_set, left, self.title)

    def notify_offices_left_undone(self, change_set: Any) -> None:
        """See RegisterSheet.notify_offices_left_undone."""
        notify_former_offices_of_undo(change_set, self.title)

    def end_of(self, record: Any) -> datetime.date | None:
        """See RegisterSheet.end_of. The day on which the newest posting ends."""
        newest: Posting | None = record.postings.filter(is_newest=True).first()
        return None if newest is None else newest.ended_on

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[SocialWorker]:
        """See RegisterSheet.standing. Those whose newest posting is the office's."""
        inside = SocialWorker.objects.filter(SocialWorker.in_subtree(scope_path)).with_newest_posting()
        inside = inside.filter(not_ended(day, "newest__ended_on"), newest__community__closed_on__isnull=True)
        return inside.order_by("newest__community__code", "pk")

    def whereabouts(self, record: Any) -> str:
        """See RegisterSheet.whereabouts. `with_newest_posting` spares a query."""
        newest = record.newest if hasattr(record, "newest") else newest_posting_of(record)
        return place_in_words(newest.community, newest.division) if newest is not None else "没有任职"

    def writable(self, scope_path: str) -> QuerySet[SocialWorker]:
        """See RegisterSheet.writable."""
        inside = SocialWorker.objects.with_newest_posting().filter(Posting.in_subtree(scope_path, prefix="newest"))
        return inside.filter(newest__community__closed_on__isnull=True).order_by("newest__community__code", "pk")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. Each worker with the newest posting; `records` has loaded it as `newest`."""
        today = Division.objects.standing_for_closed()
        placed = with_place(records, prefix="newest__")
        own = {"": self.columns_of(SocialWorker), "newest__": self.columns_of(Posting)}
        for key, entry, place in read_entries(placed, own, *PLACE_LOOKUPS):
            yield key, entry | (place_values(*place, today=today) if place[0] is not None else {})
