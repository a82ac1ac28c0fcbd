"""Tests of the round trip: a template or an export that is uploaded unchanged gives no error and no change."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Role, User
from changzhi_portal.records import new_ref
from changzhi_portal.registers.registry import register_named
from communities.models import Community, Division, Facility, GovernanceBody
from orgs.models import SocialOrganization
from services.models import ServiceField, ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.factories import (
    Place,
    credit_code,
    make_community,
    make_division,
    make_facility,
    make_governance_body,
    make_organization,
    make_period,
    make_posting,
    make_profile,
    make_project,
    make_user,
    make_worker,
    phone,
)
from tests.uploads.samples import REGISTERS, upload
from uploads.writing.template import write_export, write_template

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.one_database]
Again = Callable[..., dict[str, Any]]
# Texts that a careless writer would lose or change.
AWKWARD = (
    "=1+1",
    "+86",
    "-5",
    "@名",
    "00123",
    "1.0",
    "同上",
    "清空",
    "#REF!",
    "无",
    "合计",
    "虒亭峧",
    "a,b;“c”",
    "2018-06",
    "'x",
    "是",
)


@pytest.fixture
def again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Again:
    """Return a function that writes a register for a user, uploads it unchanged and returns the command's output."""

    def go(
        register: str, user: User, *, as_template: bool, month: str = "2018-06", commit: bool = False
    ) -> dict[str, Any]:
        sheet, period = register_named(register)(), make_period(month)
        data = (
            write_template(sheet, division=user.division, period=period, by=user, filled=True)
            if as_template
            else write_export(sheet, division=user.division, by=user).data
        )
        path = tmp_path / f"{new_ref()}.xlsx"
        path.write_bytes(data)
        options = {"period": month} if not as_template else {}
        answer, _ = upload(capsys, register, path, user, **options, **({"commit": "all"} if commit else {}))
        return answer

    return go


def problems(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(p["level"], p["code"], p["cell"]) for p in answer["problems"] if p["level"] == "error"]


def assert_nothing_new(answer: dict[str, Any], rows: int) -> None:
    assert problems(answer) == []
    counts = {name: answer.get(name) for name in ("rows", "new", "changed", "unchanged", "errors")}
    assert counts == {"rows": rows, "new": 0, "changed": 0, "unchanged": rows, "errors": 0}


class Inventor:
    """Generator of invented records of every register, in which each optional value is sometimes missing."""

    def __init__(self, seed: int, places: list[Community], divisions: list[Division]) -> None:
        self._random = random.Random(seed)
        self._places = places
        self._divisions = divisions

    def maybe(self, value: Any, otherwise: Any = "") -> Any:
        return value if self._random.random() < 0.6 else otherwise

    def one_of(self, choices: Any) -> Any:
        return self._random.choice(list(choices))

    def text(self) -> str:
        return self.maybe(self.one_of(AWKWARD))

    def day(self) -> datetime.date:
        return self.one_of(
            [
                datetime.date(1899, 12, 31) + datetime.timedelta(days=self._random.randrange(1, 43_000)),
                datetime.date(1900, 2, 28),
                datetime.date(1900, 3, 1),
            ]
        )

    def money(self) -> Decimal:
        return Decimal(self._random.randrange(0, 10 ** self._random.randrange(1, 14))) / 100

    def where(self) -> Community | Division:
        return self.one_of([*self._places, *self._divisions])

    def community(self, community: Community) -> None:
        community.kind, community.note = self.maybe(self.one_of(Community.Kind).value), self.text()
        community.save()
        for day in (datetime.date(2018, 3, 31), datetime.date(2018, 5, 31), datetime.date(2018, 6, 30)):
            if self._random.random() < 0.5:
                counts = (
                    self.maybe(self._random.randrange(9_000), None),
                    self.maybe(self._random.randrange(30_000), None),
                )
                make_profile(community, as_of=day, households=counts[0], residents=counts[1])
        for kind in GovernanceBody.Kind:
            if self._random.random() < 0.6:
                is_counted = kind in GovernanceBody.COUNTED
                make_governance_body(
                    community,
                    kind,
                    exists=None if is_counted else self._random.random() < 0.5,
                    number=self._random.randrange(0, 60) if is_counted else None,
                )

    def facility(self) -> None:
        opened = self.day()
        make_facility(
            self.one_of(self._places),
            area=self.money() % 100_000,
            kind=self.one_of(Facility.Kind),
            activity_area=self.maybe(Decimal(self._random.randrange(10_000)) / 100, None),
            construction_mode=self.maybe(self.one_of(Facility.ConstructionMode)),
            tenure=self.maybe(self.one_of(Facility.Tenure)),
            functions=[f.value for f in Facility.Function if self._random.random() < 0.4],
            opened_on=opened,
            closed_on=self.maybe(opened + datetime.timedelta(days=self._random.randrange(900)), None),
            note=self.text(),
        )

    def organization(self) -> None:
        begun = self.day()
        make_organization(
            self.where(),
            registration=self.one_of(SocialOrganization.Registration),
            credit_code=credit_code(),
            legal_form=self.maybe(self.one_of(SocialOrganization.LegalForm)),
            category=self.one_of(SocialOrganization.Category),
            established_on=begun,
            dissolved_on=self.maybe(begun + datetime.timedelta(days=self._random.randrange(900)), None),
            leader=self.text(),
            phone=self.maybe(self.one_of([phone(), "0355-1234567", f"{phone()}、0355-7654321", "110"]), None),
            member_count=self.maybe(self._random.randrange(0, 400), None),
            is_social_work_agency=self._random.random() < 0.3,
            hub_kind=self.maybe(self.one_of(SocialOrganization.HubKind)),
            note=self.text(),
        )
        make_organization(self.where(), note=self.text())  # filed, without a credit code

    def worker(self) -> None:
        worker = make_worker(
            None,
            level=self.one_of(SocialWorker.Level),
            gender=self.maybe(self.one_of(SocialWorker.Gender)),
            certificate_number=self.text(),
            has_social_work_degree=self.one_of([True, False, None]),
            phone=self.maybe(phone(), None),
            note=self.text(),
        )
        started = datetime.date(2010, 1, 1) + datetime.timedelta(days=self._random.randrange(2_000))
        if self._random.random() < 0.3:
            make_posting(worker, self.where(), started_on=started, ended_on=started, is_newest=False)
        begun = started + datetime.timedelta(days=self._random.randrange(1, 900))
        make_posting(
            worker,
            self.where(),
            started_on=begun,
            ended_on=self.maybe(begun + datetime.timedelta(days=self._random.randrange(900)), None),
            position=self.text(),
            is_community_worker=self._random.random() < 0.5,
            recruited_by=self.maybe(self.one_of(Posting.RecruitedBy)),
        )

    def project(self) -> None:
        begun = self.day()
        make_project(
            self.one_of(self._divisions),
            *self._random.sample(self._places, self._random.randrange(0, 4)),
            provider_credit_code=self.maybe(credit_code()),
            field=self.one_of(ServiceField),
            beneficiaries=self.one_of(ServiceProject.Beneficiaries),
            purchase_method=self.one_of(ServiceProject.PurchaseMethod),
            funding_source=self.one_of(ServiceProject.FundingSource),
            budget=self.money(),
            contract_amount=self.maybe(self.money(), None),
            paid=self.maybe(self.money(), None),
            signed_on=self.maybe(self.day(), None),
            starts_on=begun,
            ends_on=begun + datetime.timedelta(days=self._random.randrange(900)),
            status=self.one_of(ServiceProject.Status),
            grade=self.maybe(self.one_of(ServiceProject.Grade)),
            note=self.text(),
        )


@pytest.fixture
def rich(place: Place, request: pytest.FixtureRequest) -> Place:
    """Fill the small city with records of every kind at every place: communities, towns, counties and the city."""
    seed = getattr(request, "param", 1)
    places = [*place.communities, *place.other_communities, *place.villages]
    make_community(place.street, "虚拟社区", kind="")
    divisions = [place.city, place.county, place.street, place.other_street, place.other_county, place.rural_town]
    inventor = Inventor(seed, places, divisions)
    for community in places[:-1]:  # the last one stays without records
        inventor.community(community)
    for _ in range(30):
        inventor.facility()
        inventor.organization()
        inventor.worker()
        inventor.project()
    return place


def people_of(place: Place) -> dict[str, User]:
    return {
        "city": make_user(Role.BUREAU_OFFICER, place.city),
        "county": make_user(Role.DISTRICT_CLERK, place.county),
        "town": make_user(Role.STREET_CLERK, place.street),
    }


@pytest.mark.parametrize("rich", [11, 12, 13, 14], indirect=True)
@pytest.mark.parametrize("as_template", [True, False], ids=["template", "export"])
def test_what_the_portal_gives_out_comes_back_unchanged(rich: Place, again: Again, as_template: bool) -> None:
    for user in people_of(rich).values():
        for register in REGISTERS:
            rows = sum(1 for _ in register_named(register)().records(user.division.path))
            assert rows > 0, register
            assert_nothing_new(again(register, user, as_template=as_template), rows)


def test_every_town_and_county_of_the_real_city_is_found_again_by_its_name(city: Division, again: Again) -> None:
    for division in Division.objects.all():
        make_organization(division)
        make_worker(division)
    user = make_user(Role.BUREAU_OFFICER, city)
    for register in ("organizations", "workers"):
        assert_nothing_new(again(register, user, as_template=False), Division.objects.count())
    assert_nothing_new(again("communities", user, as_template=True), 3_606)


def test_last_months_count_is_not_overwritten_by_this_months_template(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    community = place.communities[0]
    make_profile(community, as_of=datetime.date(2018, 5, 31), residents=2_400, households=800)
    data = write_template(
        register_named("communities")(), division=clerk.division, period=make_period(), by=clerk, filled=True
    )
    path = tmp_path / "改.xlsx"
    path.write_bytes(data)
    book = load_workbook(path)
    page = book["社区"]
    columns = {cell.value: cell.column for cell in page[3]}
    row = next(cell.row for cell in page["A"] if cell.value == community.ref)
    assert page.cell(row, columns["数据日期"]).value.date() == datetime.date(2018, 6, 30)
    page.cell(row, columns["常住人口"]).value = 2_500
    book.save(path)
    answer, _ = upload(capsys, "communities", path, clerk, commit="all")
    assert (answer["state"], answer["changed"]) == ("committed", 1)
    figures = dict(community.profiles.values_list("as_of", "residents"))
    assert figures == {datetime.date(2018, 5, 31): 2_400, datetime.date(2018, 6, 30): 2_500}


def test_this_months_template_is_no_future_while_the_month_still_runs(place: Place, clerk: User, again: Again) -> None:
    today = timezone.localdate()
    make_profile(place.communities[0], as_of=today.replace(day=1) - datetime.timedelta(days=1), residents=2_400)
    answer = again("communities", clerk, as_template=True, month=f"{today:%Y-%m}")
    assert_nothing_new(answer, answer["rows"])


def test_an_offices_own_file_still_counts_the_same_figures_anew(place: Place, clerk: User, send: Any) -> None:
    community = place.communities[0]
    make_profile(community, as_of=datetime.date(2018, 5, 31), residents=2_400, households=None)
    row = {"社区代码": community.code, "社区名称": community.name, "常住人口": 2_400}
    assert send("communities", clerk, [row], period="2018-06")["changed"] == 1


def test_a_record_at_a_closed_town_keeps_its_town(place: Place, clerk: User, again: Again) -> None:
    old = make_division("140402009", "老城街道办事处", place.county)
    organization, worker, project = make_organization(old), make_worker(old), make_project(old)
    old.valid_to, old.successor = datetime.date(2018, 6, 1), place.street
    old.prepare_keys()
    old.save()
    for register in ("organizations", "workers", "projects"):
        assert_nothing_new(again(register, clerk, as_template=True), 1)
    assert {organization.division, worker.postings.get().division, project.division} == {old}


def test_a_closed_communitys_records_are_left_out_of_what_can_come_back(
    place: Place, clerk: User, again: Again
) -> None:
    closed, open_one = place.communities[:2]
    for community in (closed, open_one):
        make_facility(community)
        make_organization(community)
        make_worker(community)
    project = make_project(place.county, closed, open_one)
    Community.objects.filter(pk=closed.pk).update(closed_on=datetime.date(2018, 6, 1))
    for register in ("facilities", "organizations", "workers", "projects"):
        assert_nothing_new(again(register, clerk, as_template=False), 1)
    assert set(project.communities.all()) == {closed, open_one}


def test_a_county_neither_sees_nor_loses_the_other_countys_communities_of_its_project(
    place: Place, clerk: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, foreign = place.communities[0], place.villages[0]
    project = make_project(place.county, own, foreign)
    path = tmp_path / "改.xlsx"
    path.write_bytes(write_export(register_named("projects")(), division=clerk.division, by=clerk).data)
    assert foreign.code not in str([[cell.value for cell in row] for row in load_workbook(path).worksheets[0].rows])
    book = load_workbook(path)
    page = book.worksheets[0]
    column = next(cell.column for cell in page[3] if cell.value == "服务社区")
    page.cell(4, column).value = place.communities[1].code
    book.save(path)
    answer, _ = upload(capsys, "projects", path, clerk, commit="all")
    assert answer["changed"] == 1
    assert set(project.communities.all()) == {place.communities[1], foreign}
