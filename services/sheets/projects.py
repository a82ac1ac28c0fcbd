"""购买服务项目."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.cleaning import items_of
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    ListColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording, Write
from changzhi_portal.thresholds import Thresholds
from communities.models import Community, Division
from communities.places import Place, PlaceFinder, PlaceIndex, PlaceNotFoundError
from communities.sheets.place_columns import REF, place_columns
from communities.sheets.place_words import listed
from communities.sheets.placing import RecordSheet
from orgs.models import SocialOrganization
from services.models import CatalogueItem, ProjectCommunity, Review, ServiceProject
from services.sheets.lines import CatalogueFinder
from services.thresholds import LARGEST_AMOUNT, SMALLEST_AMOUNT

_ACCEPTED = ServiceProject.Status.ACCEPTED


class ProjectSheet(RecordSheet):
    """A project is known by its number inside its division. Money is read in yuan, 万元 honoured."""

    name = "projects"
    title = "购买服务项目"
    position = 5
    model = ServiceProject
    key_cells = ("number",)
    key_fields = frozenset({"number", "division_id"})
    writes_to = (ServiceProject, ProjectCommunity)
    needs_community = False
    identifying = (("number",),)
    list_page = "services:list"
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (
        *RecordSheet.looks_at,
        CatalogueItem,
        Review,
        SocialOrganization,
    )
    names_of = ("division", "division__successor", "links__community", "catalogue")
    fields_in_bulk = ("field", "beneficiaries", "purchase_method", "funding_source", "status", "grade", "note")
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(ServiceProject, "number", "项目编号", "编号", required=True, is_key=True, holds_issued_numbers=True),
        TextColumn(ServiceProject, "name", "项目名称", "服务项目名称", required=True),
        place_columns(county_required=False)[0],
        TextColumn(ServiceProject, "buyer", "购买主体", "购买单位", required=True),
        TextColumn(ServiceProject, "provider_name", "承接主体", "承接单位", required=True),
        CreditCodeColumn(
            ServiceProject, "provider_credit_code", "承接主体信用代码", "承接单位信用代码", "承接主体统一社会信用代码"
        ),
        TextColumn(
            None,
            "catalogue_code",
            "购买清单编号",
            "清单编号",
            "购买清单项目编号",
            max_length=30,
            holds_issued_numbers=True,
        ),
        ListColumn(
            ServiceProject, "communities", "服务社区", "服务社区（村）", max_length=2_000, note="名称或代码，用顿号分开"
        ),
        ChoiceColumn(ServiceProject, "field", "服务领域", required=True),
        ChoiceColumn(ServiceProject, "beneficiaries", "服务对象", required=True),
        ChoiceColumn(ServiceProject, "purchase_method", "购买方式", required=True),
        ChoiceColumn(ServiceProject, "funding_source", "资金来源", "经费来源", required=True),
        DecimalColumn(ServiceProject, "budget", "预算金额（元）", "预算金额", "预算", counts_yuan=True, required=True),
        DecimalColumn(ServiceProject, "contract_amount", "合同金额（元）", "合同金额", counts_yuan=True),
        DecimalColumn(ServiceProject, "paid", "已拨付（元）", "已拨付", "已拨付金额", counts_yuan=True),
        DateColumn(ServiceProject, "signed_on", "签订日期", "签订时间", may_be_future=True),
        DateColumn(ServiceProject, "starts_on", "开始日期", "开始时间", may_be_future=True, required=True),
        DateColumn(ServiceProject, "ends_on", "结束日期", "结束时间", may_be_future=True, required=True),
        ChoiceColumn(ServiceProject, "status", "状态", "项目状态", required=True),
        ChoiceColumn(ServiceProject, "grade", "绩效等级", "绩效"),
        TextColumn(ServiceProject, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each project in the 县 it names, by default in the uploader's own division."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        for row in context.passing(rows, half=0):
            if "county" in row.refused:
                continue
            county = row.get("county")
            own = Place(context.division.pk, None)
            found = self._look_up(finder, (county, "", "", "")) if county else own
            self._settle(row, found, context)
        self._communities = {id(row): self._served(row, finder) for row in rows if row.place is not None}
        return index

    def places_of(self, records: Sequence[ServiceProject]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. A blank 县 means the uploader's division, whatever the record says."""
        return {}

    @staticmethod
    def _served(row: RegisterRow, finder: PlaceFinder) -> list[int]:
        """Return the keys of the communities that 服务社区 lists; report unknown or ambiguous ones by name."""
        text = row.get("communities")
        if not text:
            return []
        keys: list[int] = []
        for word in text.split("、"):
            try:
                is_code = re.fullmatch(r"\d{12}", word) is not None
                known = (
                    finder.community_coded(word) if is_code else finder.community_within(row.place.division_id, word)
                )
            except PlaceNotFoundError as error:
                row.report(error.code, str(error), "communities")
            else:
                keys.append(known.id)
        return sorted(set(keys))

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find projects by division and number; cz-01 is CZ-01, unless both are registered."""
        wanted = {comparable(number) for row in rows if (number := row.get("number"))}
        inside = ServiceProject.objects.filter(ServiceProject.in_subtree(context.scope_path))
        keys = [key for key, number in inside.values_list("pk", "number") if comparable(number) in wanted]
        exactly: dict[tuple[int, str], ServiceProject] = {}
        alike: dict[tuple[int, str], ServiceProject] = {}
        for batch in in_batches(keys):
            for project in context.lock(ServiceProject.objects.filter(pk__in=batch).order_by("pk")):
                # A project keeps the division it was recorded at; what stands there today finds it.
                division = self._index.today_of(self._index.divisions[project.division_id])
                exactly[division.pk, project.number] = alike[division.pk, comparable(project.number)] = project
        numbered: dict[str, list[ServiceProject]] = defaultdict(list)
        for project in alike.values():
            numbered[comparable(project.number)].append(project)
        for row in rows:
            if (key := self.natural_key(row)) is not None:
                row.target = exactly.get((key[0], row.get("number"))) or alike.get(key)
                if row.target is None and row.get("ref"):
                    # 记录编号 will find the record: it is not to get the number that a project elsewhere in the office has.
                    for project in numbered[key[1]]:
                        self.note_other(row, project)

    def name_for_office(self, record: ServiceProject) -> str:
        """See RecordSheet.name_for_office. With its number, as names of projects repeat from year to year."""
        return f"{record.number} {record.name}"

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load what projects refer to: communities, organizations by credit code, lines of the catalogue, acceptances."""
        targets = [row.target for row in rows if isinstance(row.target, ServiceProject)]
        self._links = self._load_links([project.pk for project in targets])
        self._catalogue = CatalogueFinder(rows, targets, self._index, context)
        codes = {code for row in rows if (code := row.get("provider_credit_code"))}
        codes |= {project.provider_credit_code for project in targets if project.provider_credit_code}
        self._providers: dict[str, int] = {}
        for batch in in_batches(sorted(codes)):
            known = SocialOrganization.objects.filter(credit_code__in=batch).order_by()
            self._providers |= dict(known.values_list("credit_code", "pk"))
        accepted = [row.target.pk for row in rows if row.target is not None and row.get("status") == _ACCEPTED]
        self._accepted: set[int] = set()
        for batch in in_batches(accepted):
            acceptances = Review.objects.filter(project__in=batch, kind=Review.Kind.ACCEPTANCE).order_by()
            self._accepted |= set(acceptances.values_list("project_id", flat=True))

    @staticmethod
    def _load_links(ids: list[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for batch in in_batches(ids):
            links = ProjectCommunity.objects.filter(project__in=batch).order_by("community_id")
            for project_id, community_id in links.values_list("project_id", "community_id"):
                found[project_id].append(community_id)
        return found

    def natural_key(self, row: RegisterRow) -> Any:
        """Return division and number."""
        number = row.get("number")
        return (row.place.division_id, comparable(number)) if row.place is not None and number else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the project, with the communities it serves as links."""
        project = row.draft(ServiceProject)
        values = self.given(row, ServiceProject)
        if row.is_new or row.get("county"):
            values["division_id"] = self.division_for(row, project.division_id)
        was_status = "" if row.is_new else project.status
        was_linked = None if row.is_new else project.provider_id
        if not row.has_error:
            self._link(row, project, values)
        write = self.propose(row, project, values, division_id=row.place.division_id, is_new=row.is_new)
        if write is not None and not row.is_new:
            self._word_links(write, project, was_linked)
        self._check_accepted(row, project, was_status)
        self._check_amounts(row, project)
        self._check_units(row, write, context.thresholds)
        if "communities" in row.values:
            before = self._links.get(project.pk, []) if project.pk else []
            # The office neither sees nor changes links to communities that are closed or not its own.
            served = sorted({*self._communities[id(row)], *(key for key in before if not self._index.holds(key))})
            if served != before:
                write = write or self._unchanged_write(project, row)
                write.links = {"communities": served}
                write.after["communities"] = served
                if not row.is_new:
                    write.before["communities"] = before
                    self._say_served(row, before, served)
        row.writes = [write] if write else []

    def _link(self, row: RegisterRow, project: ServiceProject, values: dict[str, Any]) -> None:
        """Set the line of the catalogue that a row names, and the organization that has the provider's credit code."""
        code = values.get("provider_credit_code", "" if row.is_new else project.provider_credit_code)
        values["provider_id"] = self._providers.get(code) if code else None
        if "catalogue_code" in row.values:
            division = values.get("division_id", project.division_id)
            item = self._catalogue.find(row, division)
            values["catalogue_id"] = None if item is None else item.pk
            field = values.get("field", "" if row.is_new else project.field)
            self._catalogue.judge(row, item, field, values.get("starts_on", None if row.is_new else project.starts_on))

    def _word_links(self, write: Write, project: ServiceProject, was_linked: int | None) -> None:
        """Say what the keys of a change mean."""
        words: dict[str, Wording] = {}
        if "catalogue_id" in write.after:
            before, after = write.before.get("catalogue_id"), write.after["catalogue_id"]
            words["catalogue_id"] = Wording(
                "购买清单编号", self._catalogue.code_of(before), self._catalogue.code_of(after)
            )
        if "provider_id" in write.after:
            shown = {True: "已在社会组织登记册中", False: "不在社会组织登记册中"}
            words["provider_id"] = Wording(
                "承接的社会组织", shown[was_linked is not None], shown[project.provider_id is not None]
            )
        if words:
            write.words = words

    def _check_accepted(self, row: RegisterRow, project: ServiceProject, was_status: str) -> None:
        """Refuse 已验收 for a project that has no acceptance; one that comes in as accepted, from before, is pointed out."""
        if row.get("status") != _ACCEPTED or was_status == _ACCEPTED or project.pk in self._accepted:
            return
        if row.is_new:
            row.report("contradicts_project", "状态是“已验收”，请接着登记项目评估里的验收", "status")
        else:
            row.report("required", "改为“已验收”以前，请先登记项目评估里的验收", "status")

    def _say_served(self, row: RegisterRow, before: Sequence[int], served: Sequence[int]) -> None:
        """Say which communities come and go: those of other offices, and closed ones, stay (see `propose_writes`)."""
        known = self._index.communities
        added = [known[key].name for key in served if key not in before]
        removed = [known[key].name for key in before if key not in served]
        said = [f"增加{listed(added)}"] if added else []
        said += [f"去掉{listed(removed)}"] if removed else []
        row.say(f"服务社区{'，'.join(said)}")

    @staticmethod
    def _unchanged_write(project: ServiceProject, row: RegisterRow) -> Write:
        return Write(instance=project, is_new=False, division_id=row.place.division_id)

    @staticmethod
    def _check_amounts(row: RegisterRow, project: ServiceProject) -> None:
        if (
            project.contract_amount is not None
            and project.budget is not None
            and project.contract_amount > project.budget
        ):
            row.report("over_budget", "合同金额超过预算金额，请核实", "contract_amount")
        if project.paid is not None and project.contract_amount is not None and project.paid > project.contract_amount:
            row.report("over_budget", "已拨付超过合同金额，请核实", "paid")

    @staticmethod
    def _check_units(row: RegisterRow, write: Write | None, thresholds: Thresholds) -> None:
        """Report an amount that was probably given in another unit than its column's: 12.5 for 12.5万, or the reverse."""
        for name in ("budget", "contract_amount"):
            amount = write.after.get(name) if write is not None else None
            if amount and not thresholds[SMALLEST_AMOUNT] <= amount <= thresholds[LARGEST_AMOUNT]:
                row.report("outlier", f"按{amount:,.2f}元读取，过大或过小，请核对单位是元还是万元", name)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[ServiceProject]:
        """See RegisterSheet.standing. Without those that had been accepted or given up."""
        over = (ServiceProject.Status.ACCEPTED, ServiceProject.Status.TERMINATED)
        inside = ServiceProject.objects.filter(ServiceProject.in_subtree(scope_path)).exclude(status__in=over)
        return inside.select_related("division").order_by("number", "pk")

    def whereabouts(self, record: ServiceProject) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def writable(self, scope_path: str) -> QuerySet[ServiceProject]:
        """See RegisterSheet.writable."""
        return ServiceProject.objects.filter(ServiceProject.in_subtree(scope_path)).order_by("number", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. Communities are listed by name, by code where the name alone means another or none."""
        served: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        links = ProjectCommunity.objects.filter(
            Community.in_subtree(scope_path, prefix="community"),
            community__closed_on__isnull=True,
            project__in=records.order_by().values("pk"),
        ).order_by("community__code")
        for project_id, *community in links.values_list(
            "project_id", "community_id", "community__name", "community__code"
        ):
            served[project_id].append(tuple(community))
        index = PlaceIndex(scope_path)
        words = _CommunityWords(PlaceFinder(index))
        own = next((division for division in index.divisions.values() if division.path == scope_path), index.city)
        own_columns = {"": self.columns_of(ServiceProject)}
        also = ("division", "catalogue__code")
        for key, entry, (division_id, catalogue_code) in read_entries(records, own_columns, *also):
            entry["catalogue_code"] = catalogue_code or ""
            today = index.today_of(index.divisions[division_id])
            # The sheet knows no towns; a blank county changes nothing, and means the uploader's own division.
            is_towns = today.level == Division.Level.TOWN
            area = own.pk if is_towns else today.pk
            entry["county"] = "" if is_towns else today.name
            entry["communities"] = "、".join(words.of(area, *community) for community in served[key])
            yield key, entry


class _CommunityWords:
    """How a template writes a community that a project serves, so that reading it finds the same one."""

    def __init__(self, finder: PlaceFinder) -> None:
        self._finder = finder
        self._words: dict[tuple[int, int], str] = {}

    def of(self, area: int, key: int, name: str, code: str) -> str:
        """Return the community's name if it is enough in the area (a division's key), else its code."""
        if (area, key) not in self._words:
            self._words[area, key] = name if self._is_enough(area, key, name) else code
        return self._words[area, key]

    def _is_enough(self, area: int, key: int, name: str) -> bool:
        try:
            found = self._finder.community_within(area, name)
        except PlaceNotFoundError:
            return False
        return found.id == key and items_of(name) == [name]
