"""Figures of divisions compared with a plain-Python implementation of docs/domain.md §5.12, for random facts."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changzhi_portal.figures import CountedOver, FigureKind, Shown
from communities.models import Facility
from services.models import ServiceProject
from targets.actions import compute_period
from targets.engine.figures import figure_as_of_now
from targets.models import CommunityMeasure, FigureResult
from tests.factories import make_community, make_period, make_project
from tests.targets.figures_declared import EVERY, MODES

FIRST, LAST = datetime.date(2018, 6, 1), datetime.date(2018, 6, 30)
NEW_YEAR = datetime.date(2018, 1, 1)
DAYS = st.sampled_from(
    [
        NEW_YEAR - datetime.timedelta(days=1),
        NEW_YEAR,
        FIRST - datetime.timedelta(days=1),
        FIRST,
        LAST,
        LAST + datetime.timedelta(days=1),
    ]
)
HUNDREDTHS = st.sampled_from([1, 10, 3_333, 16_667, 99_999_999])
# Communities of the small city, a virtual one and a mine without a kind; and every division.
facilities = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from(["", *MODES]), HUNDREDTHS, DAYS, st.none() | DAYS), max_size=10
)
projects = st.lists(st.tuples(st.integers(0, 5), HUNDREDTHS, DAYS), max_size=6)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facilities=facilities, projects=projects)
@pytest.mark.django_db
def test_figures_are_those_a_person_would_reach_with_paper_and_pencil(place, declare_figures, facilities, projects):
    declare_figures(*EVERY)
    with transaction.atomic():
        virtual = make_community(place.rural_town, "城南虚拟社区居委会", is_virtual=True)
        mine = make_community(place.rural_town, "司马矿区", code="140423100400")
        communities = [*place.communities, *place.other_communities, *place.villages, virtual, mine]
        divisions = [
            *(place.city, place.county, place.other_county),
            *(place.street, place.other_street, place.rural_town),
        ]
        write(communities, divisions, facilities, projects)
        period = make_period("2018-06")
        compute_period(period)
        paper = Paper(place, divisions)
        expected = {
            (figure.code, part, division.code): sums
            for figure in EVERY
            for part in ("", *figure.parts)
            for division in divisions
            if (sums := paper.sums(figure, part, division)) is not None
        }
        stored = list(FigureResult.objects.of_period(period).select_related("division"))
        assert {(row.code, row.part, row.division.code): numbers(row) for row in stored} == expected
        live = [row for figure in EVERY for row in figure_as_of_now(period, figure)]
        assert sorted(map(plain, live)) == sorted(map(plain, stored))
        keys = sorted(row.pk for row in stored)
        compute_period(period)
        assert sorted(FigureResult.objects.values_list("pk", flat=True)) == keys, "computing again wrote other rows"
        transaction.set_rollback(True)


def numbers(row):
    return (row.numerator, row.denominator, row.numerator_year, row.denominator_year, row.counties)


def plain(row):
    return (row.code, row.part, row.division_id, tuple(map(str, numbers(row))))


def write(communities, divisions, facilities, projects):
    Facility.objects.bulk_create(
        Facility(
            community=communities[where],
            name=f"设施{number}",
            name_key=f"设施{number}",
            kind="integrated",
            area=Decimal(hundredths) / 100,
            construction_mode=mode,
            opened_on=opened_on,
            closed_on=None if closed_on is None else max(opened_on, closed_on),
        )
        for number, (where, mode, hundredths, opened_on, closed_on) in enumerate(facilities)
    )
    for where, hundredths, starts_on in projects:
        make_project(divisions[where], budget=Decimal(hundredths) / 100, starts_on=starts_on, ends_on="2019-12-31")


class Paper:
    """The registers as a person would read them: one fact after the other."""

    def __init__(self, place, divisions):
        self.place, self.divisions = place, divisions
        scored = {measure.community_id for measure in CommunityMeasure.objects.all()}
        self.scored = [c for c in (*place.communities, *place.other_communities, *place.villages) if c.pk in scored]
        assert len(self.scored) == len(scored) == 7
        self.facilities = list(Facility.objects.select_related("community__town"))
        self.projects = list(ServiceProject.objects.select_related("division"))

    def facts(self, figure, first, last):
        """Return place (a community or a division), amount, weight and part of every fact that counts."""
        in_use = [f for f in self.facilities if f.opened_on <= last and (f.closed_on is None or f.closed_on > last)]
        opened = [f for f in self.facilities if first <= f.opened_on <= last]
        begun = [p for p in self.projects if p.starts_on <= last]
        if figure.code in {"area_opened", "money_and_area"}:
            found = [(f.community, f.area, 0, f.construction_mode) for f in opened]
            if figure.code == "money_and_area":
                found += [(p.division, p.budget, 0, "") for p in begun if p.starts_on >= first]
            return found
        if figure.code in {"applying", "money_a_community"}:
            return [(p.division, p.budget, 0, "") for p in begun]
        if figure.code == "covered_this_year":
            return [(f.community, 1, 0, "") for f in opened]
        if figure.code in {"mean_area", "area_a_community"}:
            return [(f.community, f.area, 1, "") for f in in_use]
        found = [(f.community, 1, 0, "") for f in in_use]
        return found + ([(p.division, 1, 0, "") for p in begun] if figure.code == "counties_with_one" else [])

    def has_reported(self, figure, county):
        """Return whether a county, or for a city any, has a row in the registers of the figure."""
        uses_projects = figure.code in {"money_and_area", "counties_with_one", "applying", "money_a_community"}
        uses_facilities = figure.code not in {"applying", "money_a_community"}
        places = [f.community.town for f in self.facilities if uses_facilities and f.opened_on <= LAST]
        places += [p.division for p in self.projects if uses_projects and p.starts_on <= LAST]
        return any(
            self.inside(where, county) or (figure.applies_below and self.inside(county, where)) for where in places
        )

    @staticmethod
    def inside(division, above):
        while division is not None and division.pk != above.pk:
            division = division.parent
        return division is not None

    def sums(self, figure, part, division):
        """Return the sums of a division, or None where it has not reported or the figure says nothing of it."""
        if division.level == "town" and figure.over is CountedOver.COUNTIES:
            return None
        if not self.has_reported(figure, division.parent if division.level == "town" else division):
            return None
        is_flow = figure.kind is FigureKind.FLOW
        month, year = (self.added(figure, part, division, first) for first in (FIRST, NEW_YEAR))
        counties = [c for c in (self.place.county, self.place.other_county) if self.has_reported(figure, c)]
        covered = len(counties) if division.level == "city" else None
        return (*month, *(year if is_flow else (None, None)), covered)

    def added(self, figure, part, division, first):
        facts = [fact for fact in self.facts(figure, first, LAST) if part in ("", fact[3])]
        if figure.over is CountedOver.ROWS:
            facts = [fact for fact in facts if self.counts_for(figure, fact[0], division)]
            weight = None if figure.shown is Shown.TOTAL else sum(fact[2] for fact in facts)
            return sum(fact[1] for fact in facts), weight
        places = [p for p in self.places(figure) if self.inside(getattr(p, "town", p), division)]
        known = [p for p in places if self.has_reported(figure, self.county(getattr(p, "town", p)))]
        by_place = [sum(f[1] for f in facts if self.lies(figure, f[0], p)) for p in known]
        if figure.shown is Shown.RATE:
            by_place = [1 if each > 0 else 0 for each in by_place]
        return sum(by_place), len(known)

    def places(self, figure):
        levels = {CountedOver.TOWNS: "town", CountedOver.COUNTIES: "county"}
        if figure.over is CountedOver.COMMUNITIES:
            return self.scored
        return [division for division in self.divisions if division.level == levels[figure.over]]

    @staticmethod
    def county(division):
        return division if division.level == "county" else division.parent

    def counts_for(self, figure, where, division):
        if hasattr(where, "town"):
            is_left_out = figure.scored_only and where not in self.scored
            return not is_left_out and self.inside(where.town, division)
        return self.inside(where, division) or (figure.applies_below and self.inside(division, where))

    def lies(self, figure, where, place):
        """Return whether a fact counts for a place that the figure is counted over."""
        if hasattr(place, "town"):  # a community
            if hasattr(where, "town"):
                return where.pk == place.pk
            return figure.applies_below and self.inside(place.town, where)
        return self.inside(getattr(where, "town", where), place)
