"""Invented records whose values spreadsheet programs like to alter: 0012, =甲楼, 2018-06, 20 digits, days of 1900."""

from __future__ import annotations

import datetime
from decimal import Decimal

from accounts.models import Role, User
from communities.models import Community, Facility, GovernanceBody
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from tests.factories import (
    Place,
    credit_code,
    make_facility,
    make_governance_body,
    make_organization,
    make_place,
    make_profile,
    make_project,
    make_user,
    make_worker,
    phone,
)

# Texts that a program may take for a number, a date, a formula, a truth value or markup, or may shorten.
TEXTS = (
    "0012",
    "=甲楼",
    "2018-06",
    "12345678901234567890",
    "1E5",
    "TRUE",
    "3/4",
    "50%",
    "+86",
    "-",
    "'单引号",
    '甲，乙；丙"丁"、戊,己;庚',
    "A B",
    "<b>粗</b> & 和",
    "虒亭𠮷",
    "012-3",
)
WHOLE_NAMES = 5  # of these texts are the whole name of a facility; TRUE is refused as a name
# Excel takes 1900 for a leap year, so programs disagree on the days before March 1900.
DAYS = (
    datetime.date(1900, 1, 5),
    datetime.date(1900, 2, 28),
    datetime.date(1900, 3, 1),
    datetime.date(1949, 10, 1),
    datetime.date(2016, 2, 29),
)
AS_OF = datetime.date(2018, 5, 31)


def make_records() -> User:
    """Create a small county with records in every register, and return its clerk."""
    place = make_place()
    clerk = make_user(Role.DISTRICT_CLERK, place.county)
    communities = (*place.communities, *place.other_communities)
    _make_profiles(communities)
    for number, text in enumerate(TEXTS):
        community, day = communities[number % len(communities)], DAYS[number % len(DAYS)]
        make_facility(
            community,
            text if number < WHOLE_NAMES else f"演示{text}楼",
            area=Decimal("379.5") + number,
            activity_area=Decimal("0.25") * number or None,
            opened_on=day,
            functions=[Facility.Function.PARTY, Facility.Function.ELDERLY][: number % 3],
            tenure=Facility.Tenure.OWNED if number % 2 else "",
            note=text,
        )
        make_organization(
            community,
            f"演示{text}协会",
            registration="registered" if number % 2 else "filed",
            established_on=day,
            leader="张晓演",
            member_count=None if number % 3 else number,
            phone=phone() if number % 2 else None,
            note=text,
        )
        make_worker(
            community,
            f"张晓{'演甲乙丙丁戊己庚辛壬癸子丑寅卯辰'[number]}",
            certificate_number=text if len(text) <= 30 else "",
            level=SocialWorker.Level.ASSISTANT,
            has_social_work_degree=(None, True, False)[number % 3],
            phone=phone() if number % 2 else None,
            note=text,
            posting={"position": text, "started_on": day},
        )
        make_project(
            place.county,
            *communities[: number % 4],
            number=text if text != "TRUE" else "YS-TRUE",  # TRUE alone is refused as a number
            name=f"演示{text}项目",
            provider_credit_code=credit_code() if number % 2 else "",
            contract_amount=Decimal("98765.43") if number % 2 else None,
            signed_on=datetime.date(2018, 2, 28) if number % 2 else None,
            status=ServiceProject.Status.PERFORMING,
            note=text,
        )
    _make_station(place)
    return clerk


def _make_profiles(communities: tuple[Community, ...]) -> None:
    for number, community in enumerate(communities):
        make_profile(community, residents=2_400 + number, households=None if number == 1 else 800, as_of=AS_OF)
        make_governance_body(community, GovernanceBody.Kind.PARTY, exists=number != 2)
        community.note = TEXTS[number]
        community.save()


def _make_station(place: Place) -> None:
    """Create a worker and an organization of a town, which belong to no community."""
    make_worker(place.street, "张晓站", note=TEXTS[0])
    make_organization(place.street, "演示街道联合会", category=SocialOrganization.Category.COMMUNITY_SERVICE)
