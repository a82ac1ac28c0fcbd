"""Purchased services in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from services.filters import (
    CallFilterSet,
    CatalogueFilterSet,
    PaymentFilterSet,
    ProjectFilterSet,
    ProposalFilterSet,
    ReviewFilterSet,
)
from services.flow import CALLS, PROPOSALS
from services.models import Call, CatalogueItem, Payment, Proposal, Review, ServiceProject
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


class CallSerializer(serializers.ModelSerializer):
    """What is said of a call; money is in yuan."""

    division = serializers.CharField(source="division.code", label="征集单位的代码")

    class Meta:
        model = Call
        fields = (
            *("ref", "kind", "division", "title", "opens_on", "closes_on", "budget", "funding_source", "field"),
            *("beneficiaries", "starts_on", "ends_on", "note", "state", "announced_on", "announced_until", "version"),
        )


class Calls(RowsEndpoint):
    """公益创投和认领: what organizations may propose or claim, until when, and in which state it is."""

    slug = "calls"
    title = "公益创投和认领"
    requires = "may_see_registers"
    queryset = Call.objects.all()
    filterset = CallFilterSet
    serializer_class = CallSerializer
    sorts: ClassVar[dict[str, str]] = {"closes_on": "closes_on", "opens_on": "opens_on", "title": "title"}
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    found_by = "ref"
    flow = CALLS


class ProposalSerializer(serializers.ModelSerializer):
    """What is said of a proposal; its amount is in yuan, 0 for a claim."""

    call = serializers.CharField(source="call.ref", label="征集的记录编号")
    organization = serializers.CharField(source="organization.ref", label="组织的记录编号")
    organization_name = serializers.CharField(source="organization.name", label="组织名称")
    project = serializers.CharField(source="project.ref", default="", label="立项的项目的记录编号")

    class Meta:
        model = Proposal
        fields = (
            *("ref", "call", "organization", "organization_name", "title", "submitted_on", "amount", "score", "note"),
            *("state", "decided_on", "project", "version"),
        )


class Proposals(RowsEndpoint):
    """申报和认领: what organizations propose or claim under a call, and what was decided."""

    slug = "proposals"
    title = "申报和认领"
    requires = "may_see_registers"
    queryset = Proposal.objects.all()
    filterset = ProposalFilterSet
    serializer_class = ProposalSerializer
    sorts: ClassVar[dict[str, str]] = {"submitted_on": "submitted_on", "score": "score", "amount": "amount"}
    expands: ClassVar[Expansions] = {"call": ("call", CallSerializer)}
    found_by = "ref"
    flow = PROPOSALS
