"""What the search finds of purchased-service projects."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import NOTHING, Hit, SearchSource, Word
from communities.search import in_divisions, of_communities, place_of
from services.models import ProjectCommunity, ServiceProject


class Projects(SearchSource):
    """Projects, by number, name, buyer, provider with its credit code, or a community that they serve."""

    title = "购买服务项目"
    position = 60
    requires = "may_see_registers"
    list_url_name = "services:list"
    compared_name = "name"

    def rows(self) -> ScopedQuerySet:
        """Return the projects with the buying office."""
        return ServiceProject.objects.select_related("division__parent")

    def itself(self, word: Word) -> Q:
        """Match number, name, pinyin, buyer, and provider."""
        text = word.text
        named = Q(number__icontains=text) | Q(name__icontains=text) | Q(buyer__contains=text)
        provided = Q(provider_name__contains=text) | word.has_code("provider_credit_code")
        return named | provided | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the communities that the project serves (a subquery, to repeat no project)."""
        served = of_communities(word)
        if served == NOTHING:
            return NOTHING
        return Q(Exists(ProjectCommunity.objects.filter(served, project=OuterRef("pk"))))

    def place(self, word: Word) -> Q:
        """Match the buying office."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, project: ServiceProject) -> Hit:
        """Show office, number and state."""
        return Hit(
            project.name,
            project.get_absolute_url(),
            place=place_of(project.division),
            remark=f"{project.number}，{project.get_status_display()}",
        )
