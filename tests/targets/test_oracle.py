"""The engine compared with a plain-Python implementation of docs/domain.md §5, for random facts and plans."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changzhi_portal.indicators import indicators
from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from socialworkers.models import Posting
from targets.actions import compute_period
from targets.engine.results import results_under
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetPlan, TargetResult
from tests.factories import credit_code, make_community, make_period, make_worker
from tests.targets.paper import COUNTS, DAY, LEVELS, PER, REGISTRATIONS, Judged, Paper

DAYS = st.sampled_from([DAY + datetime.timedelta(days=shift) for shift in (-400, -1, 0, 1, 400)])
PLACES = st.integers(0, 8)  # the communities of the small city, and two more (see `city_with_oddities`)


# --- Random facts ---


@dataclass(frozen=True)
class Dated:
    """Return the days of a fact, from one to another."""

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
# Places: a community, or (9, 10, 11) the street, the county, the rural town.
organizations = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["registered", "filed", "guided"]), st.booleans(), dated()),
    max_size=12,
)
postings = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), st.booleans(), dated()), max_size=12)
profiles = st.lists(
    st.tuples(
        PLACES,
        DAYS,
        st.none() | st.sampled_from([0, 1_111, 2_999, 3_000, 3_001]),
        st.none() | st.sampled_from([0, 3, 300, 999]),
    ),
    max_size=14,
    unique_by=lambda profile: profile[:2],
)

# Rows of each register in both counties that do not count, so that every figure is known.
LATER = Dated(DAY + datetime.timedelta(days=1), None)
FACILITIES_OF_ALL = [(where, "activity", 1, LATER) for where in (0, 5)]
ORGANIZATIONS_OF_ALL = [(where, "filed", False, LATER) for where in (10, 11)]
POSTINGS_OF_ALL = [(where, 0, False, LATER) for where in (10, 11)]


def completed(profiles, but_for):
    """Add a profile for every community without one, except `but_for`."""
    known = {where for where, *_ in profiles}
    added = [where for where in range(9) if where not in known and where != but_for]
    return [*profiles, *((where, DAY - datetime.timedelta(days=9), 3_000, 300) for where in added)]


# --- Random plans ---

# Figures that a community may have; random bounds are drawn from the same range.
USUAL = {
    "facility_area": 250,
    "facilities": 1,
    "organizations": 1,
    "workers": 1,
    "community_workers": 1,
    "professionals": 1,
}


def some_of(values):
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


def rule_of(draw, indicator):
    if indicator in {"organizations", "agencies"}:
        return draw(st.just({}) | st.fixed_dictionaries({"registration": some_of(REGISTRATIONS)}))
    if indicator == "professionals":
        return draw(st.just({}) | st.fixed_dictionaries({"level": some_of(LEVELS)}))
    return {}


@st.composite
def of_communities(draw):
    """Draw a target for communities with any operator, aggregate and condition."""
    indicator = draw(st.sampled_from(sorted(USUAL)))
    per = draw(st.sampled_from(sorted(PER)))
    aggregate = draw(st.sampled_from(["each", "mean", "coverage"]))
    step = Decimal(USUAL[indicator]) * (Decimal("3.33") if per else 1)
    at_least = step * draw(st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(3)]))
    margin = draw(st.none() | st.sampled_from([Decimal(0), Decimal(1), Decimal(2)]))
    return {
        "level": "community",
        "kind": draw(st.sampled_from(["", "urban", "rural"])),
        "minimum_population": draw(st.none() | st.sampled_from([0, 3_000])),
        "indicator": indicator,
        "counting_rule": rule_of(draw, indicator),
        "per": per,
        "aggregate": aggregate,
        "at_least": at_least.quantize(Decimal("0.01")),
        "at_most": None if margin is None else (at_least + step * margin).quantize(Decimal("0.01")),
        "coverage_at_least": (
            draw(st.sampled_from([Decimal("0.01"), Decimal("33.33"), Decimal(50), Decimal(80), Decimal(100)]))
            if aggregate == "coverage"
            else None
        ),
    }


@st.composite
def of_counties(draw):
    at_least = draw(st.integers(0, 2))
    margin = draw(st.none() | st.integers(0, 1))
    return {
        "level": "county",
        "urban_districts_only": draw(st.booleans()),
        "indicator": "agencies",
        "counting_rule": rule_of(draw, "agencies"),
        "at_least": Decimal(at_least),
        "at_most": None if margin is None else Decimal(at_least + margin),
    }


plans = st.lists(of_communities() | of_counties(), min_size=1, max_size=4)
# The bound that is set to an existing figure, so that equality (以上, 以下) is tested.
touching = st.lists(st.sampled_from(["", "at_least", "at_most"]), min_size=4, max_size=4)


# --- The test ---


@pytest.fixture
def city_with_oddities(place):
    """Create the small city with a virtual community and a mine without default kind."""
    virtual = make_community(place.rural_town, "城南虚拟社区居委会", is_virtual=True)
    mine = make_community(place.rural_town, "司马矿区", code="140423100400")
    return place, [*place.communities, *place.other_communities, *place.villages, virtual, mine]


@pytest.fixture
def workers(city_with_oddities):
    """Create one worker of every qualification."""
    return [
        make_worker(None, level="none"),
        make_worker(None, level="none", has_social_work_degree=True),
        make_worker(None, level="assistant"),
        make_worker(None, level="social_worker"),
        make_worker(None, level="senior", has_social_work_degree=True),
    ]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facilities=facilities,
    organizations=organizations,
    postings=postings,
    profiles=profiles,
    everybody_reports=st.booleans(),
    without_profile=st.none() | st.integers(0, 9),
    clauses=plans,
    touched=touching,
)
@pytest.mark.django_db
def test_judgements_are_those_a_person_would_reach_with_paper_and_pencil(
    city_with_oddities, workers, facilities, organizations, postings, profiles, everybody_reports, without_profile,
    clauses, touched,
):  # fmt: skip
    place, communities = city_with_oddities
    if everybody_reports:
        facilities, organizations, postings = (
            facilities + FACILITIES_OF_ALL, organizations + ORGANIZATIONS_OF_ALL, postings + POSTINGS_OF_ALL,
        )  # fmt: skip
    if without_profile is not None:
        profiles = completed(profiles, without_profile)
    places = [*communities, place.street, place.county, place.rural_town]
    with transaction.atomic():
        write(places, workers, facilities, organizations, postings, profiles)
        plan = write_plan(clauses)
        paper = Paper(place, communities, places, facilities, organizations, postings, profiles)
        for target, bound in zip(plan.targets.all(), touched, strict=False):
            touch(paper, target, bound)
        period = make_period("2018-06")
        compute_period(period)
        written = rows_of(period)
        compute_period(period)
        assert rows_of(period) == written, "computing again wrote other rows"

        for target in plan.targets.all():
            if target.level == "community":
                check_communities(paper, period, target)
            check_divisions(paper, period, target)
        check_preview(period, plan)
        transaction.set_rollback(True)


def check_communities(paper, period, target):
    expected = {community.name: paper.judge(community, target) for community in paper.spoken_of(target)}
    judged = CommunityMeasure.objects.for_period(period).judged_by(target)
    assert {m.name: Judged(m.verdict, m.missing, m.value) for m in judged} == expected, describe(target)


def check_divisions(paper, period, target):
    place = paper.place
    for division in (place.city, place.county, place.other_county, place.street, place.other_street, place.rural_town):
        result = TargetResult.objects.for_period(period).filter(target=target, division=division).first()
        if target.level == "county" and division.level == "town":
            assert result is None
            continue
        assert numbers_of(result) == paper.result(division, target), (describe(target), division.name)


def check_preview(period, plan):
    """Judging the same targets without saving them gives the stored results."""
    drafts = [
        Target(
            **{f.name: getattr(target, f.name) for f in Target._meta.concrete_fields if f.name not in {"id", "plan"}}
        )
        for target in plan.targets.all()
    ]
    stored = {
        (result.target.code, result.division_id): numbers_of(result)
        for result in TargetResult.objects.for_period(period).reporting()
    }
    tried = {(result.target.code, result.division_id): numbers_of(result) for result in results_under(period, drafts)}
    assert tried == stored


def write_plan(clauses):
    plan = TargetPlan.objects.create(
        code="random", title="随机方案", document="无", starts_on="2018-01-01", ends_on="2018-12-31"
    )
    for position, clause in enumerate(clauses, start=1):
        target = Target(
            plan=plan, code=f"clause_{position}", position=position, short_name="某", name="某", clause="一", unit="个", **clause
        )  # fmt: skip
        target.full_clean()
        target.save()
    return plan


def touch(paper, target, bound):
    """Set a bound of a target for communities to the largest figure."""
    if not bound or target.level != "community":
        return
    place = paper.place
    if target.aggregate == "mean":
        values = [paper.result(division, target)["value"] for division in (place.street, place.county, place.city)]
    else:
        values = [paper.judge(community, target).value for community in paper.spoken_of(target)]
    known = [value for value in values if value is not None]
    if not known:
        return
    setattr(target, bound, max(known))
    if bound == "at_most":
        target.at_least = min(target.at_least, target.at_most)
    elif target.at_most is not None:
        target.at_most = max(target.at_least, target.at_most)
    target.full_clean()
    target.save()


def describe(target):
    return {field.name: getattr(target, field.name) for field in Target._meta.concrete_fields}


def rows_of(period):
    return [
        list(model.objects.filter(period=period).order_by("pk").values())
        for model in (CommunityMeasure, DivisionMeasure, TargetResult)
    ]


def numbers_of(result):
    return {
        **{name: getattr(result, name) for name in COUNTS},
        "rate": result.rate,
        "gap": result.gap,
        "value": result.value,
        "verdict": result.verdict,
    }


# --- Writing the facts ---


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
    for number, (where, qualification, is_community_worker, dates) in enumerate(postings):
        worker = workers[qualification]
        # A person has one posting on each day, so further postings use copies of the person.
        if number:
            worker = make_worker(None, level=worker.level, has_social_work_degree=worker.has_social_work_degree)
        Posting.objects.create(
            worker=worker,
            **at(places[where]),
            is_community_worker=is_community_worker,
            started_on=dates.begins,
            ended_on=dates.ends,
        )
    CommunityProfile.objects.bulk_create(
        CommunityProfile(community=places[where], as_of=as_of, residents=residents, households=households)
        for where, as_of, residents, households in profiles
    )


def at(where):
    return {"division" if hasattr(where, "level") else "community": where}


def test_the_oracle_knows_every_indicator_that_communities_are_judged_by():
    assert set(USUAL) == {indicator.code for indicator in indicators() if not indicator.is_of_divisions}
