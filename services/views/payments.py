"""经费支付: the list of payments with their sums, and one payment."""

from __future__ import annotations

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.tables import county_of, town_of
from communities.views import crumbs_of_place
from services.filters import PaymentFilterSet
from services.forms import PaymentFilterForm
from services.models import Payment, ServiceProject
from services.tables import PaymentTable

TITLE = "经费支付"
HELP = "购买服务"


class PaymentList(ListPage):
    """经费支付: what the offices of the area have paid."""

    requires = "may_see_registers"
    help_at = HELP
    title = TITLE
    queryset = Payment.objects.select_related("division", "project", "used_in")
    filterset = PaymentFilterSet
    form = PaymentFilterForm
    export_register = "payments"
    table = PaymentTable
    empty_advice = "还没有经费支付。有支付的上传登记表，或者在项目页面登记。"


class PaymentDetail(DetailPage):
    """One payment."""

    requires = "may_see_registers"
    help_at = HELP
    queryset = Payment.objects.select_related("division__parent", "project", "used_in__town__parent")
    list_url_name = "services:payments"
    list_title = TITLE
    facts = ("voucher", "paid_on", "amount", "source", "purpose", "instalment", "payer", "note")

    def get_places(self) -> list[Crumb]:
        """Return the county, and the town of a town's payment."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add who has paid, the project where the user may see it, and the community."""
        payment, user = self.record, self.request.user
        where = [
            Fact("县（市、区）", display_value(county_of(payment))),
            Fact("街道（乡镇）", display_value(town_of(payment))),
        ]
        if payment.used_in is not None:
            where.append(Fact("用于社区", payment.used_in.name, payment.used_in.get_absolute_url()))
        if payment.project is not None:
            project = payment.project
            is_seen = ServiceProject.objects.visible_to(user).filter(pk=project.pk).exists()
            name = f"{project.number} {project}" if is_seen else project.number
            where.append(Fact("项目", name, project.get_absolute_url() if is_seen else ""))
        return [*where, *super().get_facts()]
