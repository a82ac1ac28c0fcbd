"""协商: the list, what was agreed and is not done first, and one consultation's page."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, ListPage
from changzhi_portal.scope import scope_path_of
from communities.views import PlacedDetailPage
from orgs.models import SocialOrganization
from participation.filters import ConsultationFilterSet
from participation.forms import ConsultationFilterForm
from participation.models import Consultation
from participation.tables import ConsultationTable

TITLE = "协商"
# The pages that say when what was agreed was done, and take that back.
_OF_AGREEMENT = ("end", "resume")


class ConsultationList(ListPage):
    """The list of 协商: agreements that are not done come first, those due earliest on top."""

    requires = "may_see_registers"
    help_at = "协商"
    title = TITLE
    queryset = Consultation.objects.with_place().with_attending().with_rank()
    filterset = ConsultationFilterSet
    form = ConsultationFilterForm
    export_register = "consultations"
    table = ConsultationTable
    empty_advice = "还没有登记协商。社区开了恳谈会、听证会、议事会的，在这里登记或者上传，只填人数，不填姓名。"


class ConsultationDetail(PlacedDetailPage):
    """One consultation: who took part, what was agreed, by when it is to be done."""

    requires = "may_see_registers"
    help_at = "协商"
    template_name = "participation/consultation.html"
    queryset = Consultation.objects.with_place()
    list_url_name = "participation:consultations"
    list_title = TITLE
    facts = (
        *("held_on", "form", "category", "participants", "residents", "organization_count", "social_workers"),
        *("outcome", "agreement", "due_on", "done_on", "note"),
    )
    record: Consultation

    def get_facts(self) -> list[Fact]:
        """Add how far the agreement is."""
        own = super().get_facts()
        progress = self.record.progress_on(timezone.localdate())
        return [*own, Fact("办理", progress)] if progress else own

    def get_actions(self) -> list[Crumb]:
        """Return 办结 first where something is to be done, and 撤销办结 where it is; neither where nothing was agreed."""
        actions = super().get_actions()
        of_agreement = {reverse(f"changelog:{name}", args=["consultations", self.record.ref]) for name in _OF_AGREEMENT}
        if self.record.is_pending:
            return sorted(actions, key=lambda action: action.url not in of_agreement)
        return [each for each in actions if self.record.done_on is not None or each.url not in of_agreement]

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add the organizations that took part: those of the area with a link, those of divisions above it by name.

        Of those of other areas only how many there are.
        """
        user = self.request.user
        links = self.record.links.select_related("organization__merged_into").order_by("organization__sort_key", "pk")
        attending = {each.pk: each for link in links for each in [link.organization.merged_into or link.organization]}
        listed = SocialOrganization.objects.filter(pk__in=attending)
        seen = set(listed.visible_to(user).values_list("pk", flat=True))
        named = set(listed.known_in(scope_path_of(user)).values_list("pk", flat=True))
        organizations = [
            (each, each.get_absolute_url() if each.pk in seen else "")
            for each in attending.values()
            if each.pk in named
        ]
        others = len(attending) - len(organizations)
        return super().get_context_data(organizations=organizations, others=others, **kwargs)
