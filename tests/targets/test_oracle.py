"""The engine against a plain-Python reading of domain.md §5, for random facts and random targets."""

import datetime
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from socialworkers.models import Posting
from targets.actions import compute_period
from targets.models import CommunityMeasure, Target, TargetPlan, TargetResult
from tests.factories import credit_code, make_community, make_period, make_worker

DAY = datetime.date(2018, 6, 30)
DAYS = st.sampled_from([DAY + datetime.timedelta(days=shift) for shift in (-400, -1, 0, 1, 400)])
PLACES = st.integers(0, 8)  # the communities of the small city, and two more (see `city_with_oddities`)


@dataclass(frozen=True)
class Dated:
    """A fact from one day to another."""

    begins: datetime.date
    ends: datetime.date | None

    @property
    def holds(self):
        return self.begins <= DAY and (self.ends is None or self.ends > DAY)


@st.composite
def dated(draw):
    begins = draw(DAYS)
    ends = draw(st.none() | DAYS)
    return Dated(begins, None if ends is None else max(begins, ends))


facilities = st.lists(
    st.tuples(
        PLACES, st.sampled_from(["integrated", "activity"]), st.sampled_from([1, 16_667, 33_333, 50_000]), dated()
    ),
    max_size=8,
)
# Where: a community, or (9, 10, 11) the street, the county, the rural town.
organizations = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["registered", "filed", "guided"]), st.booleans(), dated()),
    max_size=12,
)
postings = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), dated()), max_size=12)
profiles = st.lists(
    st.tuples(PLACES, DAYS, st.none() | st.sampled_from([0, 2_999, 3_000, 3_001])),
    max_size=12,
    unique_by=lambda profile: profile[:2],
)
bounds = st.tuples(st.integers(0, 3), st.none() | st.integers(0, 2))
rules = st.fixed_dictionaries(
    {
        "registration": st.lists(
            st.sampled_from(["registered", "filed", "guided"]), min_size=1, max_size=3, unique=True
        ),
        "level": st.lists(
            st.sampled_from(["degree_only", "assistant", "social_worker", "senior"]),
            min_size=1,
            max_size=4,
            unique=True,
        ),
    }
)


@pytest.fixture
def city_with_oddities(place):
    """The small city with a virtual community and a mine without default kind."""
    virtual = make_community(place.rural_town, "城南虚拟社区居委会", is_virtual=True)
    mine = make_community(place.rural_town, "司马矿区", code="140423100400")
    return place, [*place.communities, *place.other_communities, *place.villages, virtual, mine]


@pytest.fixture
def workers(city_with_oddities):
    """One worker of every qualification, to be posted."""
    return [
        make_worker(None, level="none"),
        make_worker(None, level="none", has_social_work_degree=True),
        make_worker(None, level="assistant"),
        make_worker(None, level="social_worker"),
        make_worker(None, level="senior", has_social_work_degree=True),
    ]


QUALIFICATIONS = [None, "degree_only", "assistant", "social_worker", "senior"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facilities=facilities,
    organizations=organizations,
    postings=postings,
    profiles=profiles,
    bound=bounds,
    rule=rules,
    minimum=st.none() | st.sampled_from([0, 3_000]),
)
@pytest.mark.django_db
def test_judgements_are_those_a_person_would_reach_with_paper_and_pencil(
    city_with_oddities, workers, facilities, organizations, postings, profiles, bound, rule, minimum
):
    place, communities = city_with_oddities
    places = [*communities, place.street, place.county, place.rural_town]
    at_least, margin = bound
    at_most = None if margin is None else at_least + margin
    with transaction.atomic():
        write(places, workers, facilities, organizations, postings, profiles)
        for target in Target.objects.filter(plan__code="2020", is_scored=True, level="community"):
            dimension = {"organizations": "registration", "professionals": "level"}.get(target.indicator)
            target.counting_rule = {dimension: rule[dimension]} if dimension else {}
            target.at_least = at_least * scale(target)
            target.at_most = None if at_most is None else at_most * scale(target)
            target.minimum_population = minimum
            target.save()
        period = make_period("2018-06")
        compute_period(period)

        paper = Paper(place, communities, places, facilities, organizations, postings, profiles)
        for target in TargetPlan.objects.get(code="2020").targets.filter(is_scored=True, level="community"):
            expected = {
                community.name: paper.judge(community, target)
                for community in communities
                if community.kind == target.kind and paper.is_scored(community)
            }
            judged = CommunityMeasure.objects.for_period(period).judged_by(target)
            assert {m.name: (m.verdict, m.missing) for m in judged} == expected, target.code
            for division in (place.city, place.county, place.other_county, place.street, place.rural_town):
                result = TargetResult.objects.for_period(period).get(target=target, division=division)
                inside = [c.name for c in communities if c.name in expected and c.town.path.startswith(division.path)]
                assert_adds_up(result, [expected[name] for name in inside])
        transaction.set_rollback(True)


def scale(target):
    return 250 if target.indicator == "facility_area" else 1


def write(places, workers, facilities, organizations, postings, profiles):
    Facility.objects.bulk_create(
        Facility(
            community=places[where],
            name=f"设施{number}",
            name_key=f"设施{number}",
            kind=kind,
            area=Decimal(hundredths) / 100,
            opened_on=dates.begins,
            closed_on=dates.ends,
        )
        for number, (where, kind, hundredths, dates) in enumerate(facilities)
    )
    SocialOrganization.objects.bulk_create(
        SocialOrganization(
            **at(places[where]),
            name=f"组织{number}",
            name_key=f"组织{number}",
            sort_key="zu3",
            registration=registration,
            credit_code=credit_code(),
            category="other",
            is_social_work_agency=is_agency,
            established_on=dates.begins,
            dissolved_on=dates.ends,
        )
        for number, (where, registration, is_agency, dates) in enumerate(organizations)
    )
    for number, (where, qualification, dates) in enumerate(postings):
        worker = workers[qualification]
        # A person has one open posting, and one a day: the others are copies of that person.
        if number:
            worker = make_worker(None, level=worker.level, has_social_work_degree=worker.has_social_work_degree)
        Posting.objects.create(
            worker=worker,
            **at(places[where]),
            is_community_worker=False,
            started_on=dates.begins,
            ended_on=dates.ends,
        )
    CommunityProfile.objects.bulk_create(
        CommunityProfile(community=places[where], as_of=as_of, residents=residents)
        for where, as_of, residents in profiles
    )


def at(where):
    return {"division" if hasattr(where, "level") else "community": where}


def assert_adds_up(result, judgements):
    counts = Counter(verdict for verdict, _ in judgements)
    for name in ("met", "over", "unmet", "not_applicable", "unknown"):
        assert getattr(result, name) == counts[name], (result.target.code, result.division.name, name)
    judged = len(judgements) - counts["not_applicable"]
    assert result.judged == judged
    reached = Decimal(counts["met"] + counts["over"])
    rate = (reached / judged).quantize(Decimal("0.0001"), ROUND_HALF_UP) if judged else None
    assert result.rate == rate
    assert result.gap == sum(missing for _, missing in judgements if missing is not None)


class Paper:
    """The same facts, read with plain Python."""

    def __init__(self, place, communities, places, facilities, organizations, postings, profiles):
        self.place, self.communities, self.places = place, communities, places
        self.rows = {"facility_area": facilities, "organizations": organizations, "professionals": postings}
        self.profiles = profiles

    def county_of(self, where):
        if hasattr(where, "level"):
            return where if where.level == "county" else where.parent
        return where.town.parent

    def residents(self, community):
        known = [
            (as_of, residents)
            for where, as_of, residents in self.profiles
            if self.places[where] == community and as_of <= DAY and residents is not None
        ]
        return max(known)[1] if known else None

    def is_scored(self, community):
        if community.is_virtual:
            return False
        return int(community.code[-3:]) < 400 or self.residents(community) is not None

    def figure(self, community, target):
        rows = self.rows[target.indicator]
        if not any(self.county_of(self.places[row[0]]) == community.town.parent for row in rows):
            return None
        here = [row[1:] for row in rows if self.places[row[0]] == community and row[-1].holds]
        if target.indicator == "facility_area":
            return sum((Decimal(hundredths) / 100 for kind, hundredths, _ in here if kind == "integrated"), Decimal(0))
        if target.indicator == "organizations":
            return sum(registration in target.counting_rule["registration"] for registration, _, _ in here)
        return sum(QUALIFICATIONS[number] in target.counting_rule["level"] for number, _ in here)

    def judge(self, community, target):
        if target.minimum_population is not None:
            residents = self.residents(community)
            if residents is None:
                return "unknown", None
            if residents < target.minimum_population:
                return "not_applicable", None
        figure = self.figure(community, target)
        if figure is None:
            return "unknown", None
        if figure < target.at_least:
            return "unmet", target.at_least - figure
        if target.at_most is not None and figure > target.at_most:
            return "over", None
        return "met", None
