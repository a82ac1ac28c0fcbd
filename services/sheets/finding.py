"""Which project a row of a review or a payment means: by its number, in the area of the row (docs/domain.md §14.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import IntEnum

from django.db.models import Q

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.columns import TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.scope import paths_above
from communities.places import PlaceIndex
from services.models import ProjectCommunity, ServiceProject


def project_column(*, required: bool) -> TextColumn:
    """Return the column 项目编号 of what belongs to a project."""
    return TextColumn(
        None,
        "project_number",
        "项目编号",
        "购买服务项目编号",
        "服务项目编号",
        max_length=40,
        required=required,
        is_key=required,
        holds_issued_numbers=True,
    )


class _Nearness(IntEnum):
    """How a project lies to an area: at it, below it, above it and serving it, or elsewhere."""

    OWN = 0
    BELOW = 1
    SERVING = 2
    ELSEWHERE = 3


class ProjectFinder:
    """The projects with the numbers of a file: those of the scope, and those above it that serve its communities."""

    def __init__(
        self, rows: Sequence[RegisterRow], index: PlaceIndex, context: CheckContext, *, also: Collection[int] = ()
    ) -> None:
        """Load the projects that rows name, and those with the keys `also`; they are held while writing."""
        self._index = index
        wanted = {comparable(number) for row in rows if (number := row.get("project_number"))}
        reachable = ServiceProject.objects.filter(
            Q(ServiceProject.in_subtree(context.scope_path)) | Q(division__path__in=paths_above(context.scope_path))
        )
        numbers = reachable.order_by().values_list("pk", "number") if wanted else ()
        keys = {key for key, number in numbers if comparable(number) in wanted}
        self.by_key: dict[int, ServiceProject] = {}
        self._numbered: dict[str, list[ServiceProject]] = defaultdict(list)
        for batch in in_batches(sorted({*keys, *also})):
            for project in context.lock(ServiceProject.objects.filter(pk__in=batch).order_by("pk")):
                self.by_key[project.pk] = project
                if project.pk in keys:
                    self._numbered[comparable(project.number)].append(project)
        self._served: dict[int, list[str]] = defaultdict(list)
        for batch in in_batches(sorted(self.by_key)):
            links = ProjectCommunity.objects.filter(project__in=batch).order_by()
            for key, path in links.values_list("project_id", "community__town__path"):
                self._served[key].append(path)

    def find(self, row: RegisterRow, *, may_serve: bool) -> ServiceProject | None:
        """Return the project that a placed row names, or report why there is none; None for a blank number.

        `may_serve`: a project of a division above, such as the city's over two counties, is meant too where it serves a
        community of the row's division. A project of another county is refused.
        """
        number = row.get("project_number")
        if not number or row.place is None:
            return None
        known = self._numbered.get(comparable(number), [])
        ranked: dict[_Nearness, list[ServiceProject]] = defaultdict(list)
        for project in known:
            ranked[self._nearness(project, row.place.division_id, may_serve=may_serve)].append(project)
        for nearness in (_Nearness.OWN, _Nearness.BELOW, _Nearness.SERVING):
            found = ranked[nearness]
            if len(found) > 1:
                found = [project for project in found if project.number == number] or found
            if len(found) > 1:
                row.report(
                    "ambiguous_place", f"有{len(found)}个项目的编号都是“{number}”，请写明县（市、区）", "project_number"
                )
                return None
            if found:
                return found[0]
        self._report(row, number, ranked[_Nearness.ELSEWHERE])
        return None

    def concerns(self, project: ServiceProject, area: int) -> bool:
        """Return whether a project is the business of a division: its own or that of one below, or it serves communities there."""
        return self._nearness(project, area, may_serve=True) is not _Nearness.ELSEWHERE

    def _nearness(self, project: ServiceProject, area: int, *, may_serve: bool) -> _Nearness:
        """Return how a project lies to a division; what stands there today counts."""
        today = self._index.today_of(self._index.divisions[project.division_id])
        here = self._index.divisions[area]
        if today.pk == here.pk:
            return _Nearness.OWN
        if today.path.startswith(here.path):
            return _Nearness.BELOW
        serves = any(path.startswith(here.path) for path in self._served[project.pk])
        return _Nearness.SERVING if may_serve and serves else _Nearness.ELSEWHERE

    def _report(self, row: RegisterRow, number: str, elsewhere: Sequence[ServiceProject]) -> None:
        """Report that there is no such project; one of the office's other counties is named with its county."""
        for project in elsewhere:
            today = self._index.today_of(self._index.divisions[project.division_id])
            if self._index.lies_in_scope(today.pk):
                here = self._index.divisions[row.place.division_id].name
                message = f"项目“{number}”是{today.name}的，没有服务{here}的社区，请核对编号，或者由{today.name}登记"
                row.report("out_of_scope", message, "project_number")
                return
        row.report("bad_choice", f"没有编号为“{number}”的项目，请先登记项目，或者核对编号", "project_number")
