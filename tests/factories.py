"""Functions that create and save rows with sensible defaults. Every person, organization and figure is invented.

A test leaves out the values that it does not need. Keys derived from names are set as the product does.
"""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from accounts.models import Department, Role, User
from changelog.models import ChangeSet
from changzhi_portal.grades import GRADE_FIELDS
from changzhi_portal.personal import SealedField
from communities.models import (
    Community,
    CommunityPlacement,
    CommunityProfile,
    Division,
    Facility,
    GovernanceBody,
    MonthlyCount,
    MonthlyReport,
    ServicePoint,
)
from communities.models.division import short_code
from orgs.models import Filing, SocialOrganization, Support
from participation.models import Activity, Survey, SurveyCount
from periods.models import ReportingPeriod, parse_month
from practice.models import Document, Story
from services.models import CatalogueItem, Payment, ProjectCommunity, Review, ServiceField, ServiceProject
from socialworkers.models import Posting, SocialWorker, Training, TrainingRecord
from uploads.models import UploadBatch
from workload.models import WorkItem

PASSWORD = "Portal-2018-test"
_numbers = itertools.count(1)
Row = TypeVar("Row", bound=models.Model)


def _save(row: Row) -> Row:
    for field in row._meta.concrete_fields:
        if isinstance(field, SealedField):
            setattr(row, field.attname, field.to_python(getattr(row, field.attname)))
    if hasattr(row, "prepare_keys"):
        row.prepare_keys()
    row.save()
    return row


# --- Identifiers ---


def id_number(number: int | None = None, *, area: str = "140402", born: datetime.date | None = None) -> str:
    """Return a synthetic 18-character ID number with a valid check character, another for each `number` below 999,000."""
    number = next(_numbers) if number is None else number
    born = born or datetime.date(1970, 1, 1) + datetime.timedelta(days=number // 999)
    first = f"{area}{born:%Y%m%d}{number % 999 + 1:03d}"
    return first + mod_11_2.calc_check_digit(first)


def credit_code(number: int | None = None, *, kind: str = "52") -> str:
    """Return a synthetic 统一社会信用代码 with a valid check character; `kind` 51 社会团体, 52 民办非企业单位, 53 基金会."""
    number = next(_numbers) if number is None else number
    first = f"{kind}140402MJ{number:07d}"
    return first + uscc.calc_check_digit(first)


def phone(number: int | None = None) -> str:
    """Return a number of the block 1990000xxxx, which the samples use for invented people."""
    return f"1990000{(next(_numbers) if number is None else number) % 10_000:04d}"


# --- Places ---


def make_division(code: str, name: str, parent: Division | None = None, **fields: Any) -> Division:
    """Create a division; its level follows from the code and the parent."""
    code = short_code(code)
    level = Division.Level.TOWN if len(code) == 9 else Division.Level.COUNTY if parent else Division.Level.CITY
    return _save(Division(code=code, name=name, parent=parent, level=level, **fields))


def make_community(
    town: Division,
    name: str = "",
    *,
    kind: str = Community.Kind.URBAN,
    code: str = "",
    residents: int | None = None,
    households: int | None = None,
    as_of: datetime.date = datetime.date(2018, 5, 31),
    **fields: Any,
) -> Community:
    """Create a community with its open placement, and a profile when residents or households are given."""
    suffix = {Community.Kind.URBAN: 1, Community.Kind.RURAL: 200}.get(Community.Kind(kind) if kind else None, 400)
    code = code or f"{town.code}{suffix + town.communities.count():03d}"
    name = name or f"第{next(_numbers)}{'村村委会' if kind == Community.Kind.RURAL else '社区居委会'}"
    community = _save(Community(town=town, code=code, name=name, kind=kind, **fields))
    CommunityPlacement.objects.create(community=community, town=town, code=code, name=name, name_key=community.name_key)
    if residents is not None or households is not None:
        make_profile(community, residents=residents, households=households, as_of=as_of)
    return community


def make_profile(
    community: Community,
    *,
    residents: int | None = 2_400,
    households: int | None = 800,
    as_of: datetime.date = datetime.date(2018, 5, 31),
) -> CommunityProfile:
    """Create the number of households and residents as of a day."""
    return CommunityProfile.objects.create(community=community, as_of=as_of, residents=residents, households=households)


def make_governance_body(
    community: Community,
    kind: str = GovernanceBody.Kind.PARTY,
    *,
    exists: bool | None = None,
    number: int | None = None,
) -> GovernanceBody:
    """Create a body of self-government; `exists` is True by default, except for the counted kinds."""
    if kind not in GovernanceBody.COUNTED and exists is None:
        exists = True
    return GovernanceBody.objects.create(community=community, kind=kind, exists=exists, number=number)


def make_monthly_report(
    community: Community, month: str = "2018-06", *, note: str = "", **counts: int
) -> MonthlyReport:
    """Create the counts of a community for a month, given by kind; 3 signs outside by default."""
    report = MonthlyReport.objects.create(community=community, month=parse_month(month), note=note)
    for kind, number in (counts or {"signs_outside": 3}).items():
        MonthlyCount.objects.create(report=report, kind=MonthlyCount.Kind(kind), number=number)
    return report


def make_facility(community: Community, name: str = "", *, area: Decimal | str | int = 520, **fields: Any) -> Facility:
    """Create a 综合服务设施 of `area` m² in use since 2016."""
    values = {
        "name": name or f"{community.name}综合服务中心{next(_numbers)}",
        "kind": Facility.Kind.INTEGRATED,
        "opened_on": datetime.date(2016, 5, 1),
    }
    return _save(Facility(community=community, area=Decimal(area), **{**values, **fields}))


def make_point(where: Community | Division, name: str = "", **fields: Any) -> ServicePoint:
    """Create a service point with a counter, in use since 2016, of a community or a town."""
    values = {
        "name": name or f"演示第{next(_numbers)}便民服务点",
        "functions": [ServicePoint.Function.WINDOW.value],
        "windows": 2,
        "opened_on": datetime.date(2016, 5, 1),
    }
    return _save(ServicePoint(**{_place_column(where): where}, **{**values, **fields}))


@dataclass(frozen=True)
class Place:
    """The small city of `make_place`."""

    city: Division
    county: Division  # 城区, an urban district
    street: Division  # its 东街街道
    other_street: Division  # its 西街街道
    other_county: Division  # 襄垣县
    rural_town: Division  # its 古韩镇
    communities: tuple[Community, ...]  # three urban ones of street
    other_communities: tuple[Community, ...]  # two urban ones of other_street
    villages: tuple[Community, ...]  # two rural ones of rural_town


def make_place() -> Place:
    """Create a part of the real city: two counties, three towns, seven communities without any figures."""
    city = make_division("140400", "长治市")
    county = make_division("140402", "城区", city, is_urban_district=True)
    other_county = make_division("140423", "襄垣县", city)
    street = make_division("140402001", "东街街道办事处", county)
    other_street = make_division("140402002", "西街街道办事处", county)
    rural_town = make_division("140423100", "古韩镇", other_county)
    return Place(
        city=city,
        county=county,
        street=street,
        other_street=other_street,
        other_county=other_county,
        rural_town=rural_town,
        communities=tuple(
            make_community(street, name) for name in ("和平社区居委会", "东关社区居委会", "下东社区居委会")
        ),
        other_communities=tuple(make_community(other_street, name) for name in ("上党门社区居委会", "参府社区居委会")),
        villages=tuple(
            make_community(rural_town, name, kind=Community.Kind.RURAL) for name in ("西垴头村委会", "栗家岭村委会")
        ),
    )


# --- Users and months ---


def make_user(role: Role | str, division: Division | str, username: str = "", **fields: Any) -> User:
    """Create a user with PASSWORD, not to be changed first; `division` may be a code of a loaded division."""
    if isinstance(division, str):
        division = Division.objects.by_code(division)
    role = Role(role)
    values: dict[str, Any] = {"full_name": f"测试{role.label}", "must_change_password": False}
    if role is Role.DEPARTMENT_CLERK and "department" not in fields:
        values["department"] = make_department(division)
    user = User(
        username=username or f"{role.value}_{division.code}_{next(_numbers)}",
        role=role,
        division=division,
        **{**values, **fields},
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def home_of(role: Role | str, place: Place) -> Division:
    """Return the division of 城区 or above where a user of this role sits: the lowest that it may have, but for leaders and auditors."""
    homes = {
        Role.DISTRICT_CLERK: place.county,
        Role.STREET_CLERK: place.street,
        Role.WINDOW_CLERK: place.street,
        Role.DEPARTMENT_CLERK: place.county,
    }
    return homes.get(Role(role), place.city)


def make_department(division: Division, name: str = "", **fields: Any) -> Department:
    """Create an office of a division."""
    return _save(Department(division=division, name=name or f"演示第{next(_numbers)}科", **fields))


def make_period(month: str = "2018-06") -> ReportingPeriod:
    """Create the period of a month written "2018-06", with the usual dates; open when the month has begun."""
    return ReportingPeriod.objects.for_month(parse_month(month))


# --- Registers ---


def make_organization(where: Community | Division, name: str = "", **fields: Any) -> SocialOrganization:
    """Create a filed organization without a credit code; a registered one gets a code."""
    values: dict[str, Any] = {
        "name": name or f"演示第{next(_numbers)}志愿服务队",
        "registration": SocialOrganization.Registration.FILED,
        "category": SocialOrganization.Category.COMMUNITY_SERVICE,
        "established_on": datetime.date(2015, 3, 1),
        **fields,
    }
    if values["registration"] == SocialOrganization.Registration.REGISTERED:
        values.setdefault("credit_code", credit_code())
    return _save(SocialOrganization(**{_place_column(where): where}, **values))


def make_filing(community: Community, name: str = "", **fields: Any) -> Filing:
    """Create a filing of a new organization that waits since 4 June 2018; one that is decided was so on 11 June."""
    values: dict[str, Any] = {
        "name": name or f"演示第{next(_numbers)}合唱队",
        "kind": Filing.Kind.FIRST,
        "category": SocialOrganization.Category.CULTURE_SPORTS,
        "leader": "李演示",
        "members": 12,
        "venue": f"{community.name}党群服务中心",
        "purpose": "丰富居民文化生活",
        "submitted_on": datetime.date(2018, 6, 4),
        "due_on": datetime.date(2018, 6, 19),
        **fields,
    }
    if values.get("state") in {Filing.State.FILED, Filing.State.REFUSED}:
        values = {"decided_on": datetime.date(2018, 6, 11), "decided_in": 5} | values
    if values.get("state") == Filing.State.FILED and "organization" not in values:
        values["organization"] = make_organization(community, values["name"])
    return _save(Filing(community=community, **values))


def make_support(organization: SocialOrganization, **fields: Any) -> Support:
    """Create a room of 60 m² that an organization has since March 2018."""
    values = {"kind": Support.Kind.VENUE, "valid_from": datetime.date(2018, 3, 1), "area": Decimal(60)}
    return _save(Support(organization=organization, **{**values, **fields}))


def make_activity(where: Community | Division, title: str = "", **fields: Any) -> Activity:
    """Create an activity of neighbours on 5 June 2018 with 40 people."""
    values = {
        "title": title or f"演示第{next(_numbers)}次邻里活动",
        "held_on": datetime.date(2018, 6, 5),
        "kind": Activity.Kind.NEIGHBOURS,
        "participants": 40,
    }
    return _save(Activity(**{_place_column(where): where}, **{**values, **fields}))


def make_worker(
    where: Community | Division | None, name: str = "", *, posting: dict[str, Any] | None = None, **fields: Any
) -> SocialWorker:
    """Create a worker with the assistant's certificate and, unless `where` is None, an open posting there."""
    values: dict[str, Any] = {
        "name": name or "张晓演",
        "id_number": id_number(),
        "level": SocialWorker.Level.ASSISTANT,
        **fields,
    }
    worker = _save(SocialWorker(**values))
    if where is not None:
        make_posting(worker, where, **(posting or {}))
    return worker


def make_posting(worker: SocialWorker, where: Community | Division, **fields: Any) -> Posting:
    """Create a posting since 2017, the worker's newest."""
    values = {
        "started_on": datetime.date(2017, 7, 1),
        "is_community_worker": isinstance(where, Community),
        "is_newest": True,
    }
    return _save(Posting(worker=worker, **{_place_column(where): where}, **{**values, **fields}))


def make_project(division: Division, *communities: Community, **fields: Any) -> ServiceProject:
    """Create a project of 100,000 yuan that serves `communities`."""
    number = next(_numbers)
    values = {
        "number": f"YS2018-{number:03d}",
        "name": f"演示第{number}号社区养老服务项目",
        "buyer": f"{division.name}民政局",
        "provider_name": "演示社会工作服务中心",
        "field": ServiceField.ELDERLY,
        "beneficiaries": ServiceProject.Beneficiaries.ALL,
        "purchase_method": ServiceProject.PurchaseMethod.OPEN_TENDER,
        "funding_source": ServiceProject.FundingSource.GENERAL_BUDGET,
        "budget": Decimal(100_000),
        "starts_on": datetime.date(2018, 1, 1),
        "ends_on": datetime.date(2018, 12, 31),
        "status": ServiceProject.Status.PERFORMING,
    }
    project = _save(ServiceProject(division=division, **{**values, **fields}))
    for community in communities:
        ProjectCommunity.objects.create(project=project, community=community)
    return project


def make_catalogue_item(division: Division, **fields: Any) -> CatalogueItem:
    """Create a line of the purchase catalogue for the elderly, in force since 2017."""
    number = next(_numbers)
    values = {
        "code": f"QD-{number}",
        "name": f"演示第{number}项养老服务",
        "field": ServiceField.ELDERLY,
        "valid_from": datetime.date(2017, 1, 1),
    }
    return _save(CatalogueItem(division=division, **{**values, **fields}))


def make_review(project: ServiceProject, kind: str = "final", score: float | None = 85, **fields: Any) -> Review:
    """Create a review of 20 June 2018; an acceptance has no score unless one is given."""
    values: dict[str, Any] = {
        "kind": kind,
        "reviewed_on": datetime.date(2018, 6, 20),
        "score": None if score is None else Decimal(str(score)),
    }
    return Review.objects.create(project=project, **{**values, **fields})


def make_payment(division: Division, amount: float = 50_000, **fields: Any) -> Payment:
    """Create a payment of 12 June 2018 out of the general budget."""
    values: dict[str, Any] = {
        "voucher": f"PZ-{next(_numbers)}",
        "paid_on": datetime.date(2018, 6, 12),
        "amount": Decimal(str(amount)),
        "source": ServiceProject.FundingSource.GENERAL_BUDGET,
        "purpose": Payment.Purpose.PURCHASE,
    }
    return Payment.objects.create(division=division, **{**values, **fields})


def make_survey(division: Division, name: str = "", **fields: Any) -> Survey:
    """Create a survey of 2018 that is collecting; one of needs asks two questions."""
    values: dict[str, Any] = {
        "name": name or f"演示第{next(_numbers)}次调查",
        "kind": Survey.Kind.SATISFACTION,
        "starts_on": datetime.date(2018, 5, 1),
        "ends_on": datetime.date(2018, 6, 15),
        "state": Survey.State.COLLECTING,
        **fields,
    }
    if values["kind"] == Survey.Kind.NEEDS:
        values.setdefault("questions", "老年食堂\n托管班")
    return _save(Survey(division=division, **values))


def make_count(
    survey: Survey, community: Community, grades: tuple[int, ...] = (20, 15, 10, 4, 1), **fields: Any
) -> SurveyCount:
    """Create the count of a community for the survey's first question: 50 valid answers, or 12 that chose it."""
    values: dict[str, Any] = {"question": survey.asked[0]}
    if survey.is_of_needs:
        values |= {"sent": 60, "chosen": 12}
    else:
        values |= {"sent": 60, **dict(zip(GRADE_FIELDS.values(), grades, strict=True))}
    return _save(SurveyCount(survey=survey, community=community, **{**values, **fields}))


def make_work_item(division: Division, name: str = "", **fields: Any) -> WorkItem:
    """Create an item of `division` in force since 2018, help with a task that pays 800 yuan; of a new department."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "number": f"YS-{number:04d}",
        "name": name or f"演示第{number}号协助事项",
        "kind": WorkItem.Kind.TASK,
        "listed_as": WorkItem.ListedAs.ASSISTING,
        "basis": "演示文件〔2018〕1号",
        "role": WorkItem.Role.ASSISTING,
        "applies_to": WorkItem.AppliesTo.ALL,
        "valid_from": datetime.date(2018, 1, 1),
        "yearly_funds": Decimal(800),
        "conditions": "配备设备，培训一次",
        "state": WorkItem.State.APPROVED,
        **fields,
    }
    if "department" not in values:
        values["department"] = make_department(division)
    return _save(WorkItem(division=division, **values))


def make_document(where: Community | Division, title: str = "", **fields: Any) -> Document:
    """Create a document in force since 2018: the development plan of a community, the 实施方案 of a division."""
    number = next(_numbers)
    is_of_community = isinstance(where, Community)
    values: dict[str, Any] = {
        "kind": Document.Kind.DEVELOPMENT if is_of_community else Document.Kind.PLAN,
        "number": f"演示〔2018〕{number}号",
        "title": title or f"演示第{number}号文件",
        "issued_on": datetime.date(2018, 1, 1),
        **fields,
    }
    return _save(Document(**{_place_column(where): where}, **values))


def make_story(division: Division, title: str = "", **fields: Any) -> Story:
    """Create a practice case of June 2018 that was submitted; a chosen one has its day."""
    values: dict[str, Any] = {
        "kind": Story.Kind.CASE,
        "title": title or f"演示第{next(_numbers)}号案例",
        "on": datetime.date(2018, 6, 5),
        "clause": "四（一）4",
        "summary": "演示：清理牌子和台账，居民办事少跑路。",
        "state": Story.State.SUBMITTED,
        **fields,
    }
    if values["state"] != Story.State.DRAFT:
        values.setdefault("submitted_on", datetime.date(2018, 6, 6))
    if values["state"] == Story.State.CHOSEN:
        values.setdefault("chosen_on", datetime.date(2018, 6, 8))
    return _save(Story(division=division, **values))


def _place_column(where: Community | Division) -> str:
    return "community" if isinstance(where, Community) else "division"


# --- Uploads and the change log ---


def make_batch(
    user: User, register: str = "facilities", *, uploaded_at: datetime.datetime | None = None, **fields: Any
) -> UploadBatch:
    """Create a batch that `user` has uploaded for the own office, by default now, and that waits to be checked."""
    number = next(_numbers)
    values = {
        "division": user.division,
        "file_name": f"演示数据{number}.xlsx",
        "file_size": 1_000,
        "sha256": f"{number:064x}",
    }
    batch = UploadBatch.objects.create(uploaded_by=user, register=register, **{**values, **fields})
    if uploaded_at is not None:
        UploadBatch.objects.filter(pk=batch.pk).update(uploaded_at=uploaded_at)
        batch.uploaded_at = uploaded_at
    return batch


def make_change_set(user: User, **fields: Any) -> ChangeSet:
    """Create a change set of `user` in the own division."""
    values = {"division": user.division, "summary": "演示修改"}
    return ChangeSet.objects.create(made_by=user, **{**values, **fields})


def make_training(division: Division, number: str = "", **fields: Any) -> Training:
    """Create a training of 继续教育 of 24 hours that ended on 9 May 2018."""
    own = next(_numbers)
    ends_on = fields.get("ends_on", datetime.date(2018, 5, 9))
    values = {
        "number": number or f"PX2018-{own:03d}",
        "name": f"演示第{own}期社会工作实务培训",
        "kind": Training.Kind.CONTINUING,
        "starts_on": ends_on - datetime.timedelta(days=2),
        "ends_on": ends_on,
        "hours": Decimal(24),
    }
    return _save(Training(division=division, **{**values, **fields}))


def make_hours(worker: SocialWorker, training: Training, hours: Decimal | int | None = None) -> TrainingRecord:
    """Create the hours of a worker in a training, all of it by default."""
    return TrainingRecord.objects.create(
        worker=worker, training=training, hours=training.hours if hours is None else Decimal(hours)
    )
