"""What the search finds of items."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from affairs.models import Item
from affairs.rights import MAY_SEE
from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import Hit, SearchSource, Word


class Items(SearchSource):
    """Items, by code, basic code, name or pinyin."""

    title = "公共服务事项"
    position = 68
    requires = MAY_SEE
    list_url_name = "affairs:list"
    listed = ~Q(state=Item.State.CANCELLED)
    compared_name = "name"

    def rows(self) -> ScopedQuerySet:
        """Return the items with the version of today."""
        return Item.objects.with_version_on(timezone.localdate())

    def itself(self, word: Word) -> Q:
        """Match code, basic code, name and pinyin."""
        text = word.text
        named = Q(code__icontains=text) | Q(catalogue_code__startswith=text) | Q(name__icontains=text)
        return named | word.is_read_as("readings")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, item: Item) -> Hit:
        """Show the code, how long it takes and the state."""
        version = item.current  # type: ignore[attr-defined]  # annotated
        days = "" if version is None else f"，{version.get_mode_display()}，{version.promised_days}个工作日"
        return Hit(item.name, item.get_absolute_url(), remark=f"{item.code}{days}，{item.get_state_display()}")
