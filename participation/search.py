"""What the search finds of surveys and activities."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import Hit, SearchSource, Word
from communities.search import in_divisions, of_communities, place_of
from participation.models import Activity, ActivityQuerySet, Survey


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


class Activities(SearchSource):
    """Activities, by title or community."""

    title = "活动"
    position = 72
    requires = "may_see_registers"
    list_url_name = "participation:activities"
    compared_name = "title_key"

    def rows(self) -> ActivityQuerySet:
        """Return the activities with their place."""
        return Activity.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match title and pinyin."""
        return Q(title_key__contains=word.key) | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town", "division")

    def hit(self, activity: Activity) -> Hit:
        """Show place, kind and day."""
        community = activity.community
        place = f"{place_of(community.town)}{community.name}" if community else place_of(activity.division)
        remark = f"{activity.get_kind_display()}，{activity.held_on}"
        return Hit(activity.title, activity.get_absolute_url(), place=place, remark=remark)
