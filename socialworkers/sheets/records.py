"""培训学时: the hours of a worker in a training, a row a person."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, cast

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.names import comparable
from changzhi_portal.personal import digest, place_of
from changzhi_portal.registers.columns import Column, DecimalColumn, IdNumberColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording
from communities.places import Place, PlaceIndex
from communities.sheets.place_columns import REF
from communities.sheets.placing import RecordSheet
from socialworkers.models import Posting, SocialWorker, Training, TrainingRecord

_MOST_OFFERED = 500  # trainings in the list of a template
_OF_WORKER = ("pk", "ref", "name", "id_number")
UNKNOWN_PERSON = "本单位的社会工作者里没有这个身份证号，请先登记这个人，或者核对号码"
NOT_POSTED = "这个人任职的社区已撤销，请先登记现在的任职"
UNKNOWN_TRAINING = "没有编号为“{number}”的培训，请先登记培训，或者核对编号"


class TrainingRecordSheet(RecordSheet):
    """The hours are known by the training's number and the worker's ID number, which find both and are not kept here.

    A row is at the worker's place: there are no columns for it. The training is one of the office or of a division
    above, the worker one of the office.
    """

    name = "training_records"
    title = "培训学时"
    position = 61
    model = TrainingRecord
    key_cells = ("id_number",)
    key_fields = frozenset({"training_id", "worker_id"})
    writes_to = (TrainingRecord,)
    looks_at: ClassVar[tuple[type[Model], ...]] = (*RecordSheet.looks_at, Training, SocialWorker, Posting)
    is_needed = False  # 有则报
    needs_community = False
    identifying = (("training", "id_number", "hours"),)
    name_lookup = "worker__name"
    described_as = "TrainingHours"  # TrainingRecord is a training with its ETag
    list_page = "socialworkers:record_list"
    names_of = ("training", "worker")
    given_together = ()
    not_in_forms = frozenset({"ref"})
    fields_in_bulk = ("hours", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "training": "照“培训”里的编号写。",
            "id_number": "登记在“社会工作者”里的人。",
            "hours": "不多于这次培训的学时。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(
            None,
            "training",
            "培训编号",
            "编号",
            "所属培训",
            max_length=40,
            required=True,
            is_key=True,
            holds_issued_numbers=True,
        ),
        IdNumberColumn(
            None,
            "id_number",
            "身份证号",
            "身份证号码",
            "公民身份号码",
            today=timezone.localdate,
            required=True,
            is_key=True,
        ),
        DecimalColumn(TrainingRecord, "hours", "学时", "学时数", "取得学时", required=True),
        TextColumn(TrainingRecord, "note", "备注", "说明"),
    )

    # --- Of whom and of what a row is ---

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row where its worker is posted, and report a number that is nobody's of the office."""
        index = PlaceIndex(context.scope_path)
        self._digests = {id(row): digest(row.get("id_number").reveal()) for row in rows if row.get("id_number")}
        self._workers = self._workers_by_digest(context)
        places = self._places(list({worker.pk for worker in self._workers.values()}))
        for row in context.passing(rows, half=0):
            wanted = self._digests.get(id(row))
            if wanted is None:
                row.place = self.place_by_ref(row, index)
                continue
            worker = self._workers.get(wanted)
            if worker is None:
                row.report("bad_choice", UNKNOWN_PERSON, "id_number")
            elif (found := index.place_at(*places[worker.pk])) is None:
                row.report("unknown_place", NOT_POSTED, "id_number")
            else:
                row.place = Place(found.division_id, None)
        return index

    def place_by_ref(self, row: RegisterRow, index: PlaceIndex) -> Place | None:
        """See PlacedSheet.place_by_ref. The town of the worker."""
        found = super().place_by_ref(row, index)
        return None if found is None else Place(found.division_id, None)

    def _workers_by_digest(self, context: CheckContext) -> dict[str, SocialWorker]:
        """Return the office's workers by the digests of the rows; the number of a duplicate means the one that stays."""
        found: dict[str, SocialWorker] = {}
        stays: dict[str, int] = {}
        for batch in in_batches(list(set(self._digests.values()))):
            named = SocialWorker.with_merged.filter(id_number_digest__in=batch).order_by("-merged_into")
            pairs = named.values_list("id_number_digest", "pk", "merged_into")
            stays |= {of_number: into or pk for of_number, pk, into in pairs}
        known: dict[int, SocialWorker] = {}
        for batch in in_batches(list(set(stays.values()))):
            mine = SocialWorker.objects.filter(SocialWorker.in_subtree(context.scope_path), pk__in=batch)
            known |= {worker.pk: worker for worker in mine.only(*_OF_WORKER)}
        for of_number, pk in stays.items():
            if pk in known:
                found[of_number] = known[pk]
        return found

    @staticmethod
    def _places(workers: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
        """Return the keys of community and division of the workers' newest postings."""
        found: dict[int, tuple[int | None, int | None]] = {}
        for batch in in_batches(workers):
            newest = Posting.with_merged.filter(worker__in=batch, is_newest=True)
            found |= {key: (at, over) for key, at, over in newest.values_list("worker", "community", "division")}
        return found

    def places_of(self, records: Sequence[TrainingRecord]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. Those of the workers."""
        at = self._places(list({record.worker_id for record in records}))
        return {record.pk: at[record.worker_id] for record in records if record.worker_id in at}

    def count_by_community(self, ids: Sequence[int]) -> dict[int, int]:
        """See RecordSheet.count_by_community. Hours belong to people."""
        return {}

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find the trainings that rows name, and the hours by training and worker."""
        wanted = {comparable(number): number for row in rows if (number := row.get("training"))}
        self._trainings: dict[str, Training] = {}
        for batch in in_batches(list(wanted.values())):
            for training in Training.objects.open_to(context.scope_path).filter(number__in=batch):
                self._trainings[comparable(training.number)] = training
        for row in rows:
            number = row.get("training")
            if number and comparable(number) not in self._trainings:
                row.report("bad_choice", UNKNOWN_TRAINING.format(number=number), "training")
        keys = [training.pk for training in self._trainings.values()]
        found: dict[tuple[int, int], TrainingRecord] = {}
        for batch in in_batches([worker.pk for worker in self._workers.values()]):
            known = TrainingRecord.with_merged.filter(worker__in=batch, training__in=keys).order_by("pk")
            found |= {(record.training_id, record.worker_id): record for record in context.lock(known)}
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key is not None else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load worker and training of the records that 记录编号 has found."""
        records = [cast(TrainingRecord, row.target) for row in rows if row.target is not None]
        self._training_of = Training.objects.in_bulk(list({record.training_id for record in records}))
        self._worker_of = SocialWorker.with_merged.only(*_OF_WORKER).in_bulk(
            list({record.worker_id for record in records})
        )

    def _worker(self, row: RegisterRow) -> SocialWorker | None:
        return self._workers.get(self._digests.get(id(row), ""))

    def _training(self, row: RegisterRow) -> Training | None:
        return self._trainings.get(comparable(row.get("training") or ""))

    def natural_key(self, row: RegisterRow) -> tuple[int, int] | None:
        """Return training and worker."""
        training, worker = self._training(row), self._worker(row)
        return (training.pk, worker.pk) if training is not None and worker is not None else None

    # --- What a row may say ---

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the hours, which are no more than those of the training."""
        record = row.draft(TrainingRecord)
        training, worker = self._training(row), self._worker(row)
        told: dict[str, Wording] = {}
        if row.target is not None:
            was_of, was = self._training_of[record.training_id], self._worker_of[record.worker_id]
            training, worker = training or was_of, worker or was
            told = {
                "training_id": Wording("培训编号", was_of.number, training.number),
                "worker_id": Wording("身份证号", str(was.id_number), str(worker.id_number)),
            }
        if training is None or worker is None:
            return
        row.label = f"{worker.name} {training.name}"
        values = {"training_id": training.pk, "worker_id": worker.pk} | self.given(row, TrainingRecord)
        write = self.propose(row, record, values, division_id=row.place.division_id, is_new=row.is_new)
        if write is not None and record.hours is not None and record.hours > training.hours:
            message = f"{display_number(record.hours)}学时多于这次培训的{display_number(training.hours)}学时，请核对"
            row.report("bad_number", message, "hours")
        if write is not None:
            write.words = {key: wording for key, wording in told.items() if key in write.after}
        row.writes = [write] if write else []

    # --- What the register says ---

    def name_for_office(self, record: TrainingRecord) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def division_of(self, record: TrainingRecord) -> int:
        """See RegisterSheet.division_of. That of the worker."""
        return int(record.belongs_to().pk)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[TrainingRecord]:
        """See RegisterSheet.standing. Those of the trainings of the year, with the name of the worker's place."""
        newest = Posting.with_merged.filter(worker=OuterRef("worker"), is_newest=True).order_by()
        place = newest.values(name=Coalesce("community__name", "division__name"))[:1]
        of_year = self.writable(scope_path).filter(training__ends_on__gte=day.replace(month=1, day=1))
        return of_year.select_related("worker", "training").annotate(place_name=Subquery(place))

    def whereabouts(self, record: TrainingRecord) -> str:
        """See RegisterSheet.whereabouts. `standing` spares a query."""
        if hasattr(record, "place_name"):
            return record.place_name or ""
        division = record.belongs_to()
        return division.name if division is not None else ""

    def writable(self, scope_path: str) -> QuerySet[TrainingRecord]:
        """See RegisterSheet.writable."""
        inside = TrainingRecord.objects.filter(TrainingRecord.in_subtree(scope_path))
        return inside.order_by("training__ends_on", "training", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. The ID number is the worker's, sealed."""
        also = ("training__number", "worker__ref", "worker__id_number")
        own = {"": self.columns_of(TrainingRecord)}
        for key, entry, (number, ref, id_number) in read_entries(records, own, *also):
            id_number.stands_at(place_of(SocialWorker, "id_number", ref))
            yield key, entry | {"training": number, "id_number": id_number}

    def template_rows(self, scope_path: str, day: datetime.date) -> Iterator[dict[str, Any]]:
        """See RegisterSheet.template_rows. Those of the trainings of the year; all would be a million rows."""
        for _, entry in self.entries(self.standing(scope_path, day), scope_path):
            del entry["version"]
            yield entry

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """See RegisterSheet.offered. The numbers of the newest trainings."""
        newest = Training.objects.open_to(scope_path).order_by("-ends_on", "-pk")[:_MOST_OFFERED]
        return {"training": list(newest.values_list("number", flat=True))}
