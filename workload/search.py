"""What the search finds of work items."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import Hit, SearchSource, Word
from communities.search import in_divisions, place_of
from workload.models import WorkItem


class WorkItems(SearchSource):
    """Work items, by number, name, pinyin, department or basis."""

    title = "社区工作事项"
    position = 70
    requires = "may_see_work_items"
    list_url_name = "workload:list"
    compared_name = "name"

    def rows(self) -> ScopedQuerySet:
        """Return the items with where they belong."""
        return WorkItem.objects.select_related("division__parent", "department")

    def itself(self, word: Word) -> Q:
        """Match number, name, pinyin, basis and department."""
        text = word.text
        named = Q(number__icontains=text) | Q(name__icontains=text) | Q(basis__contains=text)
        return named | Q(department__name__contains=text) | word.is_read_as("readings")

    def place(self, word: Word) -> Q:
        """Match the division."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, item: WorkItem) -> Hit:
        """Show department, number and state."""
        return Hit(
            item.name,
            item.get_absolute_url(),
            place=f"{place_of(item.division)}{item.department.name}",
            remark=f"{item.number}，{item.get_state_display()}",
        )
