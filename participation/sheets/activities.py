"""活动: a row an activity of a community, a street or a town."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q, QuerySet, prefetch_related_objects

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.cleaning import HOUR_UNITS
from changzhi_portal.registers.columns import (
    CLEAR,
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
from changzhi_portal.registers.writes import Wording
from changzhi_portal.scope import paths_above
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
from orgs.models import SocialOrganization
from orgs.sheets.finding import OrganizationFinder
from participation.models import Activity
from services.models import ServiceProject

_MOST = 1_000_000


def _called(found: SocialOrganization | ServiceProject | None) -> str:
    """Return what a sheet calls an organization or a project; "" for none."""
    if found is None:
        return ""
    return found.number if isinstance(found, ServiceProject) else found.name


class ActivitySheet(RecordSheet):
    """An activity is known by its community or town, its day and its title."""

    name = "activities"
    title = "活动"
    position = 9
    model = Activity
    is_needed = False  # 有则报
    needs_community = False
    name_lookup = "title"
    key_cells = ("title", "held_on")
    key_fields = frozenset({"held_on", "title", "community_id", "division_id"})
    writes_to = (Activity,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, SocialOrganization, ServiceProject)
    identifying = (("held_on", "title"),)
    list_page = "participation:activities"
    names_of = (*NAMES_OF_PLACE, "organization", "project")
    fields_in_bulk = ("kind", "audience", "note")
    place_attributes = ("community_id", "division_id")
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        DateColumn(Activity, "held_on", "活动日期", "活动时间", "开展日期", "开展时间", required=True, is_key=True),
        *place_columns(county_required=False),
        TextColumn(Activity, "title", "活动名称", "活动主题", "活动内容", max_length=100, required=True, is_key=True),
        ChoiceColumn(
            Activity, "kind", "活动类型", "活动类别", required=True, short_forms={"文体活动": "culture_sports"}
        ),
        TextColumn(None, "organization", "开展组织", "组织开展单位", "开展活动的组织", "承办组织", max_length=100),
        TextColumn(None, "project", "所属项目编号", "购买服务项目编号", max_length=40, holds_issued_numbers=True),
        IntegerColumn(Activity, "participants", "参加人数", "参与人数", "参加人次", "参与人次", maximum=_MOST),
        TextColumn(Activity, "audience", "服务对象", "活动对象", "服务人群"),
        IntegerColumn(Activity, "households", "帮扶户数", "帮扶家庭数", maximum=_MOST),
        IntegerColumn(Activity, "volunteers", "志愿者人数", "志愿者数", "志愿者", maximum=_MOST),
        DecimalColumn(
            Activity,
            "volunteer_hours",
            "志愿服务时长（小时）",
            "志愿服务时长",
            "志愿时长",
            "服务时长",
            units=HOUR_UNITS,
        ),
        TextColumn(Activity, "note", "备注", "说明"),
    )
    hints_in_forms: ClassVar[Mapping[str, str]] = {
        **RecordSheet.hints_in_forms,
        "organization": "照社会组织登记表里的名称写；居民自己开展的不填，要去掉的填“清空”。",
        "project": "属于购买服务项目的，填项目编号，要去掉的填“清空”。",
        "volunteer_hours": "全部志愿者合计，最多一位小数。",
        "audience": "例如：老年人、外来务工人员；不要写姓名。",
    }

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find activities by place, day and title; find the organizations and projects that rows name."""
        communities = {row.place.community.id for row in rows if row.place and row.place.community}
        divisions = {row.place.division_id for row in rows if row.place and not row.place.community}
        # What was held in a town that has closed since is found by what stands there today.
        today = {past: division for division in divisions for past in self._index.past_of(division)}
        days = sorted({day for row in rows if (day := row.get("held_on"))})
        found: dict[Any, Activity] = {}
        for column, ids in (("community_id", communities), ("division_id", today)):
            for batch in in_batches(list(ids)):
                known = Activity.objects.filter(**{f"{column}__in": batch}).select_related("organization", "project")
                if days:
                    known = known.filter(held_on__gte=days[0], held_on__lte=days[-1])
                for each in context.lock(known.order_by("pk")):
                    place = getattr(each, column)
                    at = place if each.division_id is None else today[place]
                    found[column, at, each.held_on, each.title_key] = each
        finder = OrganizationFinder(rows, self._index, name_field="organization", includes_above=True)
        self._organization_of = {id(row): finder.find(row) for row in rows}
        self._projects = self._load_projects(rows, context.scope_path)
        for row in rows:
            self._refuse_county(row)
            row.target = found.get(self.natural_key(row))

    @staticmethod
    def _load_projects(rows: Sequence[RegisterRow], scope_path: str) -> Mapping[str, list[ServiceProject]]:
        """Return the projects that rows name, by number: those of the own area and of the divisions above."""
        wanted = {comparable(number) for row in rows if (number := row.get("project"))}
        named: defaultdict[str, list[ServiceProject]] = defaultdict(list)
        if not wanted:
            return named
        inside = ServiceProject.in_subtree(scope_path) | Q(division__path__in=paths_above(scope_path))
        for project in ServiceProject.objects.filter(inside).order_by("pk"):
            if (key := comparable(project.number)) in wanted:
                named[key].append(project)
        return named

    def _project_of(self, row: RegisterRow) -> ServiceProject | None:
        """Return the project that a row names, or report why there is none; of several that of the row's own divisions."""
        number = row.get("project")
        if not number:
            return None
        named = self._projects.get(comparable(number), [])
        path = self._index.divisions[row.place.division_id].path
        above = set(paths_above(path))
        near = [project for project in named if self._path_today(project) in above]
        if len(near or named) == 1:
            return (near or named)[0]
        why = "有几个项目都用" if named else "购买服务项目登记表中没有"
        row.report("bad_choice", f"{why}编号“{number}”，请核对项目编号", "project")
        return None

    def _path_today(self, project: ServiceProject) -> str:
        return str(self._index.today_of(self._index.divisions[project.division_id]).path)

    def _refuse_county(self, row: RegisterRow) -> None:
        if row.place is None or row.place.community is not None:
            return
        if self._index.divisions[row.place.division_id].level != Division.Level.TOWN:
            row.report("required", "活动属于社区或街道（乡镇），请补上街道（乡镇）或社区名称", "town")

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load what the activities name that 记录编号 has found."""
        targets = [cast(Activity, row.target) for row in rows if row.target is not None]
        prefetch_related_objects(targets, "organization", "project")

    def natural_key(self, row: RegisterRow) -> Any:
        """Return community or town, day and title."""
        title, day = row.get("title"), row.get("held_on")
        if row.place is None or not title or not day:
            return None
        if row.place.community:
            return ("community_id", row.place.community.id, day, comparable(title))
        return ("division_id", row.place.division_id, day, comparable(title))

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the activity."""
        row.label = row.get("title") or (str(row.target) if row.target is not None else "")
        project = self._project_of(row)
        activity = row.draft(Activity)
        community = row.place.community
        values = {
            "community_id": community.id if community else None,
            "division_id": None if community else self.division_for(row, activity.division_id),
        } | self.given(row, Activity)
        links = (("organization", self._organization_of[id(row)]), ("project", project))
        before = {name: None if row.is_new else getattr(activity, name) for name, _ in links}
        for name, found in links:
            if found is not None:
                values[f"{name}_id"] = found.pk
            elif row.values.get(name) is CLEAR:
                values[f"{name}_id"] = None
        write = self.propose(row, activity, values, division_id=row.place.division_id, is_new=row.is_new)
        if write is not None and not row.is_new:
            for name, found in links:
                wording = Wording(self.column(name).header, _called(before[name]), _called(found))
                write.words = {**write.words, f"{name}_id": wording}
        row.writes = [write] if write else []

    def name_for_office(self, record: Activity) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Activity]:
        """See RegisterSheet.standing. Those of the month."""
        of_month = self.writable(scope_path).filter(held_on__gte=day.replace(day=1), held_on__lte=day)
        return of_month.select_related("community__town", "division")

    def whereabouts(self, record: Activity) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, record.division)

    def writable(self, scope_path: str) -> QuerySet[Activity]:
        """See RegisterSheet.writable."""
        inside = Activity.objects.filter(Activity.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("community__code", "held_on", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        own = {"": self.columns_of(Activity)}
        also = ("organization__name", "project__number", *PLACE_LOOKUPS)
        for key, entry, (organization, project, *place) in read_entries(with_place(records), own, *also):
            named = {"organization": organization or "", "project": project or ""}
            yield key, entry | place_values(*place, today=today) | named
