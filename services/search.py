"""What the search finds of purchased services: projects, lines of the catalogue, payments."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from changzhi_portal.scope import ScopedQuerySet
from changzhi_portal.search import NOTHING, Hit, SearchSource, Word
from communities.search import in_divisions, of_communities, place_of
from services.models import CatalogueItem, Payment, ProjectCommunity, ServiceProject


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


class Catalogue(SearchSource):
    """Lines of the purchase catalogue, by number, name, pinyin, or the code of the finance office."""

    title = "购买清单"
    position = 61
    requires = "may_see_registers"
    list_url_name = "services:catalogue"
    compared_name = "name"

    def rows(self) -> ScopedQuerySet:
        """Return the lines with their division."""
        return CatalogueItem.objects.select_related("division__parent")

    def itself(self, word: Word) -> Q:
        """Match number, name, pinyin and the code of the finance office."""
        text = word.text
        named = Q(code__icontains=text) | Q(name__icontains=text) | Q(finance_code__icontains=text)
        return named | word.is_read_as("readings")

    def place(self, word: Word) -> Q:
        """Match the division."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, item: CatalogueItem) -> Hit:
        """Show division, number and field."""
        return Hit(
            item.name,
            item.get_absolute_url(),
            place=place_of(item.division),
            remark=f"{item.code}，{item.get_field_display()}",
        )


class Payments(SearchSource):
    """Payments, by voucher, project, or the community that they are for."""

    title = "经费支付"
    position = 62
    requires = "may_see_registers"
    list_url_name = "services:payments"
    compared_name = "voucher"

    def rows(self) -> ScopedQuerySet:
        """Return the payments with who has paid."""
        return Payment.objects.select_related("division__parent")

    def itself(self, word: Word) -> Q:
        """Match the voucher."""
        return Q(voucher__icontains=word.text)

    def related(self, word: Word) -> Q:
        """Match the project and the community."""
        text = word.text
        of_project = Q(project__number__icontains=text) | Q(project__name__icontains=text)
        return of_project | of_communities(word, "used_in")

    def place(self, word: Word) -> Q:
        """Match who has paid."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the voucher as it is stored."""
        return word.text

    def hit(self, payment: Payment) -> Hit:
        """Show who has paid, when, and what for."""
        return Hit(
            payment.voucher,
            payment.get_absolute_url(),
            place=place_of(payment.division),
            remark=f"{payment.paid_on}，{payment.get_purpose_display()}",
        )
