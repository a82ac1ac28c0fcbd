"""调查结果: the counts of surveys, a row a community and question."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.cleaning import SHEET_UNITS
from changzhi_portal.registers.columns import Column, IntegerColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.form_fields import Choices
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Community, Division
from communities.sheets.place_columns import (
    NAMES_OF_COMMUNITY,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    place_values_of,
    with_place,
)
from communities.sheets.placing import RecordSheet
from participation.models import Survey, SurveyCount

_MOST = 100_000


def _answers(attribute: str, *names: str) -> IntegerColumn:
    return IntegerColumn(SurveyCount, attribute, *names, maximum=_MOST, units=SHEET_UNITS)


_NUMBERS = ("sent", *SurveyCount.ANSWERS, "chosen")


class SurveyCountSheet(RecordSheet):
    """A count is known by its survey, community and question. Only a survey that is collecting takes any."""

    name = "surveys"
    title = "调查结果"
    position = 8
    model = SurveyCount
    is_needed = False  # 有则报
    key_cells = ("question",)
    key_fields = frozenset({"survey_id", "community_id", "question"})
    writes_to = (SurveyCount,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, Survey)
    identifying = (("survey", "community_code", "question"), ("survey", "community_name", "question"))
    list_page = "participation:count_list"
    names_of = (*NAMES_OF_COMMUNITY, "survey")
    fields_in_bulk = ("sent",)
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(None, "survey", "调查", "调查名称", "所属调查", max_length=100, required=True, is_key=True),
        *place_columns(county_required=False),
        TextColumn(SurveyCount, "question", "题目", "调查题目", "问题", required=True, is_key=True),
        _answers("sent", "发放（份）", "发放", "发放数", "发放份数", "发放问卷数"),
        _answers("very_satisfied", "非常满意", "非常满意（份）", "很满意"),
        _answers("satisfied", "满意", "满意（份）", "比较满意"),
        _answers("fairly_satisfied", "基本满意", "基本满意（份）", "一般"),
        _answers("dissatisfied", "不满意", "不满意（份）", "不太满意"),
        _answers("very_dissatisfied", "非常不满意", "非常不满意（份）", "很不满意"),
        _answers("do_not_know", "不了解", "不了解（份）", "不清楚", "说不清"),
        _answers("chosen", "选择数", "选择人数", "选择数（份）"),
    )
    hints_in_forms: ClassVar[Mapping[str, str]] = {
        **RecordSheet.hints_in_forms,
        "question": "照调查里的题目写；满意度调查是统一的八个题目。",
        "chosen": "需求调查填选择数；满意度调查填五档和不了解。",
    }

    # --- Which survey a row is of ---

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find counts by survey, community and question."""
        # A town's rows are refused below, with what is to be done.
        self._is_town = context.division.level == Division.Level.TOWN
        self._named = self._surveys_by_name(context.scope_path)
        self._survey_of: dict[int, Survey | None] = {id(row): self._named_by(row) for row in rows}
        ids = list({row.place.community.id for row in rows if row.place is not None})
        surveys = {survey.pk for survey in self._survey_of.values() if survey is not None}
        found: dict[tuple[int, int, str], SurveyCount] = {}
        for batch in in_batches(ids):
            known = SurveyCount.objects.filter(community__in=batch, survey__in=surveys).order_by("pk")
            for count in context.lock(known):
                found[count.survey_id, count.community_id, comparable(count.question)] = count
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key else None

    @staticmethod
    def _surveys_by_name(scope_path: str) -> Mapping[str, list[Survey]]:
        """Return the surveys that an office may enter counts of, by name: its own, and those of divisions below it."""
        named: defaultdict[str, list[Survey]] = defaultdict(list)
        for survey in Survey.objects.filter(Survey.in_subtree(scope_path)).order_by("ends_on", "pk"):
            named[comparable(survey.name)].append(survey)
        return named

    def _named_by(self, row: RegisterRow) -> Survey | None:
        """Return the survey that a row names, or report why there is none.

        Of several with one name, in different counties, that of the row's place is meant; of several there, the one that
        is collecting, else the newest.
        """
        name = row.get("survey")
        if not name or self._is_town:
            return None
        named = self._named.get(comparable(name), [])
        if not named:
            row.report("bad_choice", f"没有名为“{name}”的调查，请先在“满意度调查”页面新增，或者核对名称", "survey")
            return None
        if row.place is None:
            return None
        here = [survey for survey in named if self._covers(survey, row)]
        if not here:
            where = self._index.today_of(self._index.divisions[named[-1].division_id]).name
            message = f"“{named[-1]}”是{where}的调查，{row.place.community.name}不在其中，请核对社区"
            row.report("out_of_scope", message, "community_name", "community_code")
            return None
        return next((survey for survey in here if survey.state == Survey.State.COLLECTING), here[-1])

    def _covers(self, survey: Survey, row: RegisterRow) -> bool:
        """Tell whether a row's community lies in what stands today in the place of the survey's division."""
        area = self._index.today_of(self._index.divisions[survey.division_id])
        return self._index.divisions[row.place.division_id].path.startswith(area.path)

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the surveys of records that 记录编号 has found."""
        targets = {id(row): cast(SurveyCount, row.target) for row in rows if row.target is not None}
        known = Survey.objects.in_bulk(list({count.survey_id for count in targets.values()}))
        self._survey_of_target = {key: known[count.survey_id] for key, count in targets.items()}

    def natural_key(self, row: RegisterRow) -> tuple[int, int, str] | None:
        """Return survey, community and question."""
        survey, question = self._survey_of.get(id(row)), row.get("question")
        if survey is None or row.place is None or not question:
            return None
        return survey.pk, row.place.community.id, comparable(question)

    # --- What a row may say ---

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the count."""
        row.label = f"{row.place.community.name} {row.get('question', '')}"
        if self._is_town and row.is_new:
            self._refuse_town(row)
            return
        if row.is_new and not any(name in row.values for name in _NUMBERS):
            self._pass_over(row)
            return
        before = self._survey_of_target.get(id(row))
        survey = self._survey_of[id(row)] or before
        if survey is None:
            return
        self._check_question(row, survey)
        if row.has_error:
            return
        count = row.draft(SurveyCount)
        values = {"survey_id": survey.pk, "community_id": row.place.community.id} | self.given(row, SurveyCount)
        write = self.propose(row, count, values, division_id=row.place.division_id, is_new=row.is_new)
        if write is not None and self._is_town:
            self._refuse_town(row)
        elif write is not None:
            self._check_state(row, *{each.pk: each for each in (before, survey) if each is not None}.values())
            self._check_answers(row, count, survey)
        row.writes = [write] if write else []

    @staticmethod
    def _refuse_town(row: RegisterRow) -> None:
        row.report("out_of_scope", "调查由县（市、区）或市局组织和填报，街道（乡镇）不用填", "survey", "question")

    @staticmethod
    def _pass_over(row: RegisterRow) -> None:
        """Leave out a row without any number, which a template has for each community and question; refuse it in a form."""
        if row.number is None and not row.has_error:
            row.report("required", "请至少填一个数", "sent")
        row.is_new = False

    @staticmethod
    def _check_question(row: RegisterRow, survey: Survey) -> None:
        """Report a question that the survey does not ask; write one that differs in signs only as the survey does."""
        question = row.get("question")
        if not question:
            return
        asked = {comparable(each): each for each in survey.asked}
        if comparable(question) in asked:
            row.values["question"] = asked[comparable(question)]
            return
        row.report("bad_choice", f"“{survey}”没有“{question}”这个题目，题目有：{'、'.join(survey.asked)}", "question")

    @staticmethod
    def _check_state(row: RegisterRow, *surveys: Survey) -> None:
        for survey in surveys:
            if survey.state == Survey.State.DRAFT:
                row.report("bad_choice", f"“{survey}”还是草稿，请先点“开始填报”，再填报结果", "survey", "question")
            elif survey.state == Survey.State.CLOSED:
                row.report(
                    "bad_choice", f"“{survey}”已结束，不能再填报；确需补报的，请先“重新填报”", "survey", "question"
                )

    @staticmethod
    def _check_answers(row: RegisterRow, count: SurveyCount, survey: Survey) -> None:
        said = [name for name in SurveyCount.ANSWERS if getattr(count, name) is not None]
        if survey.is_of_needs and said:
            row.report("bad_choice", f"“{survey}”是需求调查，请填“选择数”，五档和不了解留空", *said)
        elif not survey.is_of_needs and count.chosen is not None:
            row.report("bad_choice", f"“{survey}”是满意度调查，请填五档和不了解，“选择数”留空", "chosen")
        elif count.sent is not None and count.answered > count.sent:
            what = "选择数" if survey.is_of_needs else "有效答卷和不了解合计"
            row.report("bad_number", f"{what}{count.answered}份，多于发放的{count.sent}份，请核对", "sent")

    # --- What the register says ---

    def name_for_office(self, record: SurveyCount) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: Any) -> QuerySet[SurveyCount]:
        """See RegisterSheet.standing. Those of surveys that are collecting."""
        inside = SurveyCount.objects.filter(SurveyCount.in_subtree(scope_path), community__closed_on__isnull=True)
        collecting = inside.filter(survey__state=Survey.State.COLLECTING)
        return collecting.select_related("community__town").order_by("community__code", "pk")

    def whereabouts(self, record: SurveyCount) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, None)

    def writable(self, scope_path: str) -> QuerySet[SurveyCount]:
        """See RegisterSheet.writable. A survey that is closed refuses changes with a sentence."""
        inside = SurveyCount.objects.filter(SurveyCount.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("survey", "community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        placed, own = with_place(records, has_division=False), {"": self.columns_of(SurveyCount)}
        for key, entry, (survey, *place) in read_entries(placed, own, "survey__name", *PLACE_LOOKUPS):
            yield key, entry | place_values(*place) | {"survey": survey}

    def template_rows(self, scope_path: str, day: datetime.date) -> Iterator[dict[str, Any]]:
        """See RegisterSheet.template_rows. Each community and question of the surveys that are collecting.

        What has a count already is written as it is, everything else as a new row without figures.
        """
        for survey in Survey.objects.filter(Survey.in_subtree(scope_path)).collecting().order_by("ends_on", "pk"):
            area = survey.division.current_division.path
            inside = SurveyCount.objects.filter(survey=survey, community__closed_on__isnull=True)
            own = inside.filter(SurveyCount.in_subtree(scope_path))
            known = {(entry["community_code"], entry["question"]): entry for _, entry in self.entries(own, scope_path)}
            communities = (
                Community.objects.current().filter(Community.in_subtree(scope_path)).filter(Community.in_subtree(area))
            )
            for community in communities.select_related("town__parent").order_by("code"):
                place = place_values_of(community)
                for question in survey.asked:
                    entry = known.get((community.code, question))
                    if entry is not None:
                        del entry["version"]
                    yield entry or {"survey": survey.name, **place, "question": question}

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """See RegisterSheet.offered. The surveys that are collecting too."""
        return super().offered(scope_path) | {"survey": self._collecting(scope_path)}

    def choices_in_forms(self, scope_path: str) -> dict[str, Choices]:
        """See RegisterSheet.choices_in_forms. The surveys of the office too; closed ones are refused with a sentence."""
        known = Survey.objects.filter(Survey.in_subtree(scope_path)).exclude(state=Survey.State.DRAFT)
        names = list(dict.fromkeys(known.values_list("name", flat=True)))
        return super().choices_in_forms(scope_path) | {"survey": [(name, name) for name in names]}

    @staticmethod
    def _collecting(scope_path: str) -> list[str]:
        known = Survey.objects.filter(Survey.in_subtree(scope_path)).collecting()
        return list(dict.fromkeys(known.order_by("-ends_on", "name").values_list("name", flat=True)))
