"""What the search finds of documents and stories."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Q
from django.utils import timezone

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import Hit, SearchSource, Word
from communities.search import in_divisions, of_communities, place_of
from practice.models import Document, Story


class Documents(SearchSource):
    """Documents, by number, title, pinyin, or their community."""

    title = "制度文件"
    position = 75
    requires: ClassVar[str] = "may_see_figures"
    list_url_name = "practice:document_list"
    compared_name = "title"

    def rows(self) -> ScopedQuerySet:
        """Return the documents with their place."""
        return Document.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match number, title and pinyin."""
        named = Q(number_key__contains=word.key) | Q(title__icontains=word.text)
        return named | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town", "division")

    def key_of(self, word: Word) -> str:
        """Return the title as it is stored."""
        return word.text

    def hit(self, document: Document) -> Hit:
        """Show who issued it, its number, and whether it has ended."""
        community = document.community
        place = f"{place_of(community.town)}{community.name}" if community else place_of(document.division)
        has_ended = document.valid_to is not None and document.valid_to <= timezone.localdate()
        ended = "，已失效" if has_ended else ""
        return Hit(document.title, document.get_absolute_url(), place=place, remark=f"{document.number}{ended}")


class Stories(SearchSource):
    """Stories and practice cases, by title or pinyin."""

    title = "宣传与案例"
    position = 77
    requires: ClassVar[str] = "may_see_figures"
    list_url_name = "practice:story_list"
    compared_name = "title"

    def rows(self) -> ScopedQuerySet:
        """Return the stories with their office."""
        return Story.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match title, pinyin and medium."""
        return Q(title__icontains=word.text) | Q(outlet__icontains=word.text) | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the office."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the title as it is stored."""
        return word.text

    def hit(self, story: Story) -> Hit:
        """Show office, kind and state."""
        return Hit(
            story.title,
            story.get_absolute_url(),
            place=place_of(story.division),
            remark=f"{story.get_kind_display()}，{story.get_state_display()}",
        )
