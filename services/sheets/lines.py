"""Which line of the purchase catalogue a project means: of its own division, or of one above."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.scope import paths_above
from communities.places import PlaceIndex
from services.models import CatalogueItem, ServiceProject


class CatalogueFinder:
    """The lines of the catalogue that a file's projects name or have, by number."""

    def __init__(
        self,
        rows: Sequence[RegisterRow],
        targets: Sequence[ServiceProject],
        index: PlaceIndex,
        context: CheckContext,
    ) -> None:
        """Load the lines of the scope and of the divisions above it, and those that the records have."""
        self._index = index
        wanted = sorted({code for row in rows if (code := row.get("catalogue_code"))})
        reachable = CatalogueItem.objects.filter(
            Q(CatalogueItem.in_subtree(context.scope_path)) | Q(division__path__in=paths_above(context.scope_path))
        )
        self._coded: dict[str, list[CatalogueItem]] = defaultdict(list)
        for batch in in_batches(wanted):
            for item in reachable.filter(code__in=batch).order_by("pk"):
                self._coded[comparable(item.code)].append(item)
        self._codes = {item.pk: item.code for items in self._coded.values() for item in items}
        had = {project.catalogue_id for project in targets if project.catalogue_id is not None} - self._codes.keys()
        for item in CatalogueItem.objects.filter(pk__in=had):
            self._codes[item.pk] = item.code

    def code_of(self, key: int | None) -> str:
        """Return the number of a line; "" for None."""
        return "" if key is None else self._codes.get(key, "")

    def find(self, row: RegisterRow, division_id: int) -> CatalogueItem | None:
        """Return the line that a row names, the nearest above its division, or report that there is none; None for 清空."""
        code = row.get("catalogue_code")
        if not code:
            return None
        here = self._index.today_of(self._index.divisions[division_id]).path
        found: list[tuple[int, CatalogueItem]] = []
        for item in self._coded.get(comparable(code), []):
            path = self._index.today_of(self._index.divisions[item.division_id]).path
            if here.startswith(path):
                found.append((len(path), item))
        if not found:
            row.report("bad_choice", f"购买清单里没有编号“{code}”，请先登记购买清单，或者核对编号", "catalogue_code")
            return None
        return max(found, key=lambda each: each[0])[1]

    @staticmethod
    def judge(row: RegisterRow, item: CatalogueItem | None, field: str, starts_on: datetime.date | None) -> None:
        """Warn of a line of another field, and of one that is not in effect when the project begins."""
        if item is None:
            return
        if field and item.field != field:
            told = f"清单“{item.code}”的服务领域是“{item.get_field_display()}”，与项目的不同，请核对"
            row.report("contradicts_project", told, "catalogue_code")
        if starts_on is not None:
            is_over = item.valid_to is not None and item.valid_to <= starts_on
            if starts_on < item.valid_from or is_over:
                told = f"项目开始的{starts_on}，清单“{item.code}”不在有效期内，请核对"
                row.report("contradicts_project", told, "catalogue_code")
