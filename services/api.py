"""Purchased services in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from services.filters import CatalogueFilterSet, PaymentFilterSet, ProjectFilterSet, ReviewFilterSet
from services.models import CatalogueItem, Payment, Review, ServiceProject
from services.sheets import CatalogueSheet, PaymentSheet, ProjectSheet, ReviewSheet


class Projects(RegisterEndpoint):
    """购买服务项目."""

    register = ProjectSheet
    example: ClassVar[dict[str, Any]] = {
        "number": "YS-77",
        "name": "演示项目",
        "county": "城区",
        "buyer": "城区民政局",
        "provider_name": "演示中心",
        "field": "elderly",
        "beneficiaries": "all",
        "purchase_method": "open_tender",
        "funding_source": "lottery",
        "budget": "120000.00",
        "starts_on": "2018-01-01",
        "ends_on": "2018-12-31",
        "status": "performing",
    }
    queryset = ServiceProject.objects.all()
    filterset = ProjectFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"number": "number", "starts_on": "starts_on", "ends_on": "ends_on", "contract_amount": "contract_amount"}


class Catalogue(RegisterEndpoint):
    """购买清单."""

    register = CatalogueSheet
    example: ClassVar[dict[str, Any]] = {
        "code": "QD-01",
        "name": "居家养老服务",
        "county": "城区",
        "field": "elderly",
        "finance_code": "A0201",
        "prefers_organizations": True,
        "valid_from": "2018-01-01",
    }
    queryset = CatalogueItem.objects.all()
    filterset = CatalogueFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"code": "code", "valid_from": "valid_from", "valid_to": "valid_to"}


class Reviews(RegisterEndpoint):
    """项目评估."""

    register = ReviewSheet
    example: ClassVar[dict[str, Any]] = {
        "project_number": "YS-1",
        "county": "城区",
        "kind": "final",
        "reviewed_on": "2018-12-20",
        "score": "91.00",
        "reviewer": "third_party",
    }
    queryset = Review.objects.all()
    filterset = ReviewFilterSet
    sorts = {"reviewed_on": "reviewed_on", "score": "score"}


class Payments(RegisterEndpoint):
    """经费支付."""

    register = PaymentSheet
    example: ClassVar[dict[str, Any]] = {
        "voucher": "2018-06-0012",
        "county": "城区",
        "paid_on": "2018-06-20",
        "amount": "50000.00",
        "source": "lottery",
        "purpose": "purchase",
        "project_number": "YS-1",
        "instalment": 1,
        "payer": "county",
    }
    queryset = Payment.objects.all()
    filterset = PaymentFilterSet
    expands: ClassVar[Expansions] = {
        "division": ("division", DivisionSerializer),
        "community": ("used_in", CommunitySerializer),
    }
    sorts = {"paid_on": "paid_on", "amount": "amount", "voucher": "voucher"}
