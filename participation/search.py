"""What the search finds of surveys."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import Hit, SearchSource, Word
from communities.search import in_divisions, place_of
from participation.models import Survey


class Surveys(SearchSource):
    """Surveys, by name."""

    title = "调查"
    position = 70
    requires = "may_see_figures"
    list_url_name = "participation:surveys"
    compared_name = "name"

    def rows(self) -> ScopedQuerySet:
        """Return the surveys with their office."""
        return Survey.objects.select_related("division__parent")

    def itself(self, word: Word) -> Q:
        """Match name and pinyin."""
        return Q(name__icontains=word.text) | word.is_read_as("readings")

    def place(self, word: Word) -> Q:
        """Match the office."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, survey: Survey) -> Hit:
        """Show office, kind and state."""
        return Hit(
            survey.name,
            survey.get_absolute_url(),
            place=place_of(survey.division),
            remark=f"{survey.get_kind_display()}，{survey.get_state_display()}",
        )
