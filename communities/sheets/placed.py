"""Sheets whose rows belong to a place: how the rows find it, and which places a form offers."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import Model, Q

from changelog.models import ChangeRecord
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.form_fields import MOST_OFFERED, Choices
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Community, CommunityPlacement, Division, RecordMove
from communities.models.division import DivisionQuerySet
from communities.places import Place, PlaceFinder, PlaceIndex, PlaceNotFoundError
from communities.sheets.place_columns import PLACE_FIELDS


class PlacedSheet(RegisterSheet):
    """A sheet whose rows belong to a community, or to a town or county."""

    looks_at: ClassVar[tuple[type[Model], ...]] = (Division, Community, CommunityPlacement, RecordMove)
    needs_community = True
    not_in_forms = frozenset(
        {"ref", "community_code"}
    )  # whoever changes the name would have to change the code as well
    given_together: ClassVar[tuple[tuple[str, ...], ...]] = (("county", "town", "community_name"),)
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"community_name": "选了街道（乡镇），这里就列出它的社区；输入几个字，从中选一个。"}
    )

    def reason_against_undoing_merge(self, record: Any, change_set: Any) -> str:
        """See RegisterSheet.reason_against_undoing_merge. Merged records do not follow a community that closes."""
        key = next(iter(self.place_of(record)), None)
        community = Community.objects.filter(pk=key, closed_on__isnull=False).first() if key is not None else None
        if community is None:
            return ""
        closings = ChangeRecord.objects.of_object(community).filter(after__has_key="closed_on")
        if not closings.filter(change_set__gt=change_set).exists():
            return ""
        return (
            f"合并以后，“{community}”已于{community.closed_on:%Y-%m-%d}撤销，分开以后这条记录没有所属的社区，没有撤销合并；"
            "请直接修改保留的记录，或者在保留的记录所在的社区新增一条。"
        )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Set `row.place` of every row, or report why it has none."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        found: dict[tuple[str, ...], Place | PlaceNotFoundError] = {}
        for row in context.passing(rows, half=0):
            texts = tuple(row.get(name, "") for name in PLACE_FIELDS)
            if any(name in row.refused for name in PLACE_FIELDS):
                continue
            if not any(texts) and (place := self.place_by_ref(row, index)) is not None:
                row.place = place
                continue
            if self._lacks_place(row, texts):
                continue
            if texts not in found:
                found[texts] = self._look_up(finder, texts)
            self._settle(row, found[texts], context)
        return index

    @abstractmethod
    def place_by_ref(self, row: RegisterRow, index: PlaceIndex) -> Place | None:
        """Return the place of the record that 记录编号 names, which blank place columns leave there; None without such a record."""

    def _lacks_place(self, row: RegisterRow, texts: tuple[str, ...]) -> bool:
        _, _, community, code = texts
        if self.needs_community and not (community or code):
            row.report("required", "请填社区名称或12位社区代码", "community_name", "community_code")
            return True
        if not any(texts):
            row.report("required", "“县（市、区）”是必填项，请补上", "county")
            return True
        return False

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """See RegisterSheet.offered. The current places of the scope, in the order of their codes."""
        counties, towns = self._counties_and_towns(scope_path)
        communities = Community.objects.current().filter(Community.in_subtree(scope_path)).order_by("code")
        found = {
            "county": counties.values_list("name", flat=True),
            "town": towns.values_list("name", flat=True),
            "community_name": communities.values_list("name", flat=True),
        }
        return {name: list(dict.fromkeys(names)) for name, names in found.items() if name in self._fields}

    def choices_in_forms(self, scope_path: str) -> dict[str, Choices]:
        """See RegisterSheet.choices_in_forms. The counties and towns of the scope; towns of several counties by county.

        A town whose name another county of the scope has too is called with its county, so that each choice means one.
        """
        counties, towns = self._counties_and_towns(scope_path)
        found: dict[str, Choices] = {}
        if "county" in self._fields:
            found["county"] = [(name, name) for name in counties.values_list("name", flat=True)]
        if "town" not in self._fields:
            return found
        pairs = list(towns.values_list("parent__name", "name"))
        shared = {name for name, number in Counter(name for _, name in pairs).items() if number > 1}
        by_county: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for county, name in pairs:
            by_county[county].append((f"{county}{name}" if name in shared else name, name))
        found["town"] = next(iter(by_county.values()), []) if len(by_county) < 2 else list(by_county.items())
        return found

    def offered_in_form(self, scope_path: str, given: Mapping[str, str]) -> dict[str, list[str]]:
        """See RegisterSheet.offered_in_form. The communities of the town, else of the county, that the form says."""
        if "community_name" not in self._fields:
            return {}
        communities = Community.objects.current().filter(Community.in_subtree(scope_path))
        county, town = given.get("county", ""), given.get("town", "")
        if town:
            # As `choices_in_forms` calls a town whose name is shared.
            communities = communities.filter(town__name=town.removeprefix(county) or town)
        if county:
            communities = communities.filter(town__parent__name=county)
        names = list(dict.fromkeys(communities.order_by("code").values_list("name", flat=True)[: MOST_OFFERED + 1]))
        return {"community_name": names if len(names) <= MOST_OFFERED else []}

    @property
    def _fields(self) -> set[str]:
        return {column.field for column in self.columns}

    @staticmethod
    def _counties_and_towns(scope_path: str) -> tuple[DivisionQuerySet, DivisionQuerySet]:
        """Return today's counties and towns of a scope; of a town's the county above it, too."""
        towns = Division.objects.towns().current().filter(Division.in_subtree(scope_path)).order_by("code")
        counties = Division.objects.counties().current().order_by("code")
        return counties.filter(Division.in_subtree(scope_path) | Q(pk__in=towns.order_by().values("parent"))), towns

    @staticmethod
    def _look_up(finder: PlaceFinder, texts: tuple[str, ...]) -> Place | PlaceNotFoundError:
        county, town, community, code = texts
        try:
            return finder.find(county=county, town=town, community=community, code=code)
        except PlaceNotFoundError as error:
            return error

    @staticmethod
    def _settle(row: RegisterRow, found: Place | PlaceNotFoundError, context: CheckContext) -> None:
        if isinstance(found, PlaceNotFoundError):
            row.report(found.code, str(found), found.part, *PLACE_FIELDS)
            return
        row.place = found
        for part in found.old_parts:
            if part.startswith("community") and found.formerly is not None and found.community is not None:
                told = f"这个社区（村）已撤销，由“{found.community.name}”承接，这一行按“{found.community.name}”读取，请核对"
            else:
                told = "这不是现在的名称或代码，已按区划变更对应到现在的地方，请核对"
            row.report("old_place_name", told, part)
