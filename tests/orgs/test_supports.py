"""Tests of 组织扶持: rows, which organization they mean, the way of every column, and the figure's money."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook

from changelog.actions import edit_record
from changzhi_portal.registers.registry import register_named
from orgs.models import Support
from tests.factories import credit_code, make_organization, make_support
from tests.orgs.rows import support_row
from tests.pages import markup_of
from tests.uploads.row_forms import sent
from uploads import actions
from uploads.writing.template import write_export

pytestmark = pytest.mark.django_db


def messages_of(batch):
    return [problem["message"] for row in batch.staged_rows.all() for problem in row.problems]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "funds"},
        {"valid_to": datetime.date(2018, 2, 28)},
        {"amount": Decimal(-1)},
    ],
)
def test_the_database_holds_what_support_must_be(wrong, place):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_support(make_organization(place.communities[0]), **wrong)


def test_a_kind_that_begins_on_one_day_is_noted_once(place):
    support = make_support(make_organization(place.communities[0]))
    with pytest.raises(IntegrityError), transaction.atomic():
        make_support(support.organization)


def test_every_column_comes_in_is_shown_goes_out_and_is_taken_back(place, clerk, period, send, signed_in):
    organization = make_organization(
        place.communities[0], "演示合唱团", registration="registered", credit_code=credit_code(3)
    )
    row = support_row(
        受扶持组织信用代码=credit_code(3), 扶持方式="经费", 扶持终止日期="2018-12-31", 备注="演示备注"
    ) | {"扶持金额（元）": "1.5万元", "场地面积（㎡）": 60}
    batch = sent(send, clerk, [row], register="supports")
    assert (batch.state, batch.errors, batch.new) == ("checked", 0, 1), messages_of(batch)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.commit_batch(batch).state == "committed"
    support = Support.objects.get()
    assert (support.organization, support.kind, support.amount, support.area) == (organization, "funds", 15_000, 60)
    page = markup_of(signed_in(clerk).get(support.get_absolute_url()))
    for told in ("演示合唱团", "经费", "2018-03-01", "2018-12-31", "15,000", "演示备注"):
        assert told in page
    assert "15,000" in markup_of(signed_in(clerk).get(organization.get_absolute_url()))
    sheet = register_named("supports")()
    exported = load_workbook(io.BytesIO(write_export(sheet, division=place.county, by=clerk).data)).worksheets[0]
    cells = dict(zip([column.field for column in sheet.columns], [cell.value for cell in exported[4]], strict=True))
    assert (cells["ref"], cells["organization"], cells["organization_code"]) == (
        support.ref,
        "演示合唱团",
        credit_code(3),
    )
    assert (cells["town"], cells["kind"], cells["amount"]) == ("东街街道办事处", "经费", 15_000)
    again = sent(send, clerk, [row], register="supports")
    assert (again.unchanged, again.new, again.changed) == (1, 0, 0)
    batch.refresh_from_db()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == "undone"
    assert not Support.objects.exists()


def test_which_organization_a_row_means(place, clerk, send):
    near, far = (make_organization(community, "演示合唱团") for community in place.communities[:2])
    rows = [
        support_row(受扶持组织信用代码=""),
        support_row(社区名称="", 扶持方式="人才"),
        support_row("没有的组织"),
        support_row(受扶持组织信用代码=credit_code(5)),
    ]
    batch = sent(send, clerk, rows, register="supports")
    assert messages_of(batch) == [
        "有几个组织都叫“演示合唱团”，请写明它所在的社区",
        "社会组织登记表中没有“没有的组织”，请先登记这个组织，或者核对名称",
        "社会组织登记表中没有这个统一社会信用代码的组织，请先登记",
    ]
    assert near.name == far.name


def test_a_merged_organization_means_the_one_it_was_merged_into(place, clerk, send):
    kept = make_organization(place.communities[0], "演示老年合唱团")
    make_organization(place.communities[0], "演示合唱团", merged_into=kept, dissolved_on=datetime.date(2018, 5, 1))
    batch = sent(send, clerk, [support_row()], register="supports")
    assert batch.errors == 0, messages_of(batch)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch.refresh_from_db()
    actions.commit_batch(batch)
    assert Support.objects.get().organization == kept


def test_a_code_and_a_name_of_two_organizations_are_refused(place, clerk):
    first = make_organization(place.communities[0], "演示合唱团", registration="registered", credit_code=credit_code(3))
    make_organization(place.communities[0], "演示书画社")
    support = make_support(first)
    values = {"organization": "演示书画社", "organization_code": credit_code(3)}
    edit = edit_record(
        register=register_named("supports")(), values=values, by=clerk, ref=support.ref, version=support.version
    )
    assert [each.message for each in edit.row.problems] == ["这个信用代码是“演示合唱团”的，与所填名称不一致，请核对"]


def test_support_is_seen_in_its_area_alone(place, clerk, other_clerk, signed_in):
    support = make_support(make_organization(place.communities[0]))
    assert support.organization.name in markup_of(signed_in(clerk).get(reverse("orgs:supports"), {"active": "yes"}))
    assert signed_in(other_clerk).get(support.get_absolute_url()).status_code == 404
