"""What the search finds of social organizations and their filings."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.search import Hit, SearchSource, Word
from communities.search import in_divisions, of_communities, place_of
from orgs.models import Filing, FilingQuerySet, SocialOrganization, SocialOrganizationQuerySet


class Organizations(SearchSource):
    """Organizations, by name, credit code, 备案号, the person responsible, their phone, or the community that they serve."""

    title = "社会组织"
    position = 40
    requires = "may_see_registers"
    list_url_name = "orgs:list"

    def rows(self) -> SocialOrganizationQuerySet:
        """Return the organizations with their place."""
        return SocialOrganization.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match name, pinyin, credit code, the person responsible, and the digest of a phone."""
        named = Q(name_key__contains=word.key) | word.is_read_as("readings") | Q(leader=word.text)
        found = named | word.has_code("credit_code") | Q(filing_number__iexact=word.text)
        return found | Q(phone_digests__contains=word.digest) if word.digest else found

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town", "division")

    def hit(self, organization: SocialOrganization) -> Hit:
        """Show the community or the office, and the credit code; never a phone."""
        community = organization.community
        place = f"{place_of(community.town)}{community.name}" if community else place_of(organization.division)
        dissolved = "已注销" if organization.dissolved_on else ""
        remark = "，".join(filter(None, (organization.credit_code, dissolved)))
        return Hit(organization.name, organization.get_absolute_url(), place=place, remark=remark)


class Filings(SearchSource):
    """Filings, by name, number, the phone of one in hand, or the community."""

    title = "社会组织备案"
    position = 42
    requires = "may_see_registers"
    list_url_name = "orgs:filings"

    def rows(self) -> FilingQuerySet:
        """Return the filings with their place."""
        return Filing.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match name, pinyin, and the 备案号."""
        found = Q(name_key__contains=word.key) | word.is_read_as("readings") | Q(number__iexact=word.text)
        return found | Q(phone_digests__contains=word.digest) if word.digest else found

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town")

    def hit(self, filing: Filing) -> Hit:
        """Show the community, what is filed and its state; never a phone."""
        place = f"{place_of(filing.community.town)}{filing.community.name}"
        remark = f"{filing.get_kind_display()}，{filing.get_state_display()}"
        return Hit(filing.name, filing.get_absolute_url(), place=place, remark=remark)
