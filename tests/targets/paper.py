"""A second implementation of docs/domain.md §5 in plain Python, to compare the engine with."""

import datetime
import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

DAY = datetime.date(2018, 6, 30)
PER = {"": ("", 1), "100_households": ("households", 100), "10000_residents": ("residents", 10_000)}
REGISTRATIONS = ["registered", "filed", "guided"]
LEVELS = ["degree_only", "assistant", "social_worker", "senior"]
QUALIFICATIONS = [None, "degree_only", "assistant", "social_worker", "senior"]
COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown")


@dataclass(frozen=True)
class Judged:
    """The judgement of one unit."""

    verdict: str
    missing: Decimal | None = None
    value: Decimal | None = None


def up(number):
    """Round up to hundredths."""
    return Decimal(math.ceil(number * 100)) / 100


def half_up(number, digits=2):
    return Decimal(math.floor(number * 10**digits + Fraction(1, 2))) / 10**digits


class Paper:
    """The same facts in plain Python, with exact fractions."""

    def __init__(self, place, communities, places, facilities, organizations, postings, profiles):
        self.place, self.communities, self.places = place, communities, places
        self.facilities, self.organizations, self.postings, self.profiles = (
            facilities, organizations, postings, profiles,
        )  # fmt: skip

    def county_of(self, where):
        if hasattr(where, "level"):
            return where if where.level == "county" else where.parent
        return where.town.parent

    def newest(self, community, column):
        """Return the newest known number of `residents` (2) or `households` (3)."""
        known = [
            (profile[1], profile[column])
            for profile in self.profiles
            if self.places[profile[0]] == community and profile[1] <= DAY and profile[column] is not None
        ]
        return max(known)[1] if known else None

    def base(self, community, target):
        of, _ = PER[target.per]
        return 1 if not of else self.newest(community, {"residents": 2, "households": 3}[of])

    def spoken_of(self, target):
        return [c for c in self.communities if self.is_scored(c) and target.kind in ("", c.kind)]

    def is_scored(self, community):
        if community.is_virtual:
            return False
        return int(community.code[-3:]) < 400 or self.newest(community, 2) is not None

    def rows(self, indicator):
        if indicator in {"facility_area", "facilities"}:
            return self.facilities
        return self.organizations if indicator in {"organizations", "agencies"} else self.postings

    def has_reported(self, county, indicator):
        return any(self.county_of(self.places[row[0]]) == county for row in self.rows(indicator))

    def figure(self, community, target):
        """Return a community's figures as of the day, None where its county has not reported."""
        if not self.has_reported(community.town.parent, target.indicator):
            return None
        here = [row[1:] for row in self.rows(target.indicator) if self.places[row[0]] == community and row[-1].holds]
        match target.indicator:
            case "facility_area":
                return sum(
                    (Fraction(hundredths, 100) for kind, hundredths, _ in here if kind == "integrated"), Fraction(0)
                )
            case "facilities":
                return Fraction(sum(kind == "integrated" for kind, _, _ in here))
            case "organizations":
                chosen = target.counting_rule.get("registration", REGISTRATIONS)
                return Fraction(sum(registration in chosen for registration, _, _ in here))
            case "workers":
                return Fraction(len(here))
            case "community_workers":
                return Fraction(sum(is_community_worker for _, is_community_worker, _ in here))
        chosen = target.counting_rule.get("level", LEVELS)
        return Fraction(sum(QUALIFICATIONS[number] in chosen for number, _, _ in here))

    def judge(self, community, target):
        figure, base, per = self.figure(community, target), self.base(community, target), PER[target.per][1]
        value = None if figure is None or not base else half_up(figure * per / base)
        if target.minimum_population is not None:
            residents = self.newest(community, 2)
            if residents is None:
                return Judged("unknown", value=value)
            if residents < target.minimum_population:
                return Judged("not_applicable", value=value)
        if base == 0:
            return Judged("not_applicable")
        if figure is None or base is None:
            return Judged("unknown", value=value)
        return self.compared(figure, base, per, target, value)

    def compared(self, figure, base, per, target, value):
        ratio = figure * per / base
        if ratio < Fraction(target.at_least):
            return Judged("unmet", up(Fraction(target.at_least) * base / per - figure), value)
        is_over = target.at_most is not None and ratio > Fraction(target.at_most)
        return Judged("over" if is_over else "met", None, value)

    # --- Divisions ---

    def result(self, division, target):
        if target.level == "county":
            counties = [c for c in (self.place.county, self.place.other_county) if c.path.startswith(division.path)]
            if target.urban_districts_only:
                counties = [county for county in counties if county.is_urban_district]
            return self.added_up([self.judge_county(county, target) for county in counties])
        inside = [c for c in self.spoken_of(target) if c.town.path.startswith(division.path)]
        judged = [self.judge(community, target) for community in inside]
        if target.aggregate == "mean":
            return self.mean(inside, judged, target)
        found = self.added_up(judged)
        if target.aggregate == "coverage":
            found |= self.coverage(found, Fraction(target.coverage_at_least))
        return found

    def judge_county(self, county, target):
        if not self.has_reported(county, "agencies"):
            return Judged("unknown")
        chosen = target.counting_rule.get("registration", REGISTRATIONS)
        number = sum(
            is_agency and registration in chosen and dates.holds and self.county_of(self.places[where]) == county
            for where, registration, is_agency, dates in self.organizations
        )
        return self.compared(Fraction(number), 1, 1, target, None)

    def added_up(self, judged):
        counts = Counter(each.verdict for each in judged)
        number = len(judged) - counts["not_applicable"]
        rate = half_up(Fraction(counts["met"] + counts["over"], number), 4) if number else None
        return {
            "judged": number,
            **{name: counts[name] for name in COUNTS[1:]},
            "rate": rate,
            "gap": sum((each.missing for each in judged if each.missing is not None), Decimal(0)),
            "value": None,
            "verdict": "",
        }

    def coverage(self, found, share):
        if not found["judged"]:
            return {"value": None, "verdict": "not_applicable"}
        covered = Fraction(100 * (found["met"] + found["over"]), found["judged"])
        at_best = covered + Fraction(100 * found["unknown"], found["judged"])
        verdict = "met" if covered >= share else "unmet" if at_best < share else "unknown"
        return {"value": half_up(covered), "verdict": verdict}

    def mean(self, inside, judged, target):
        known = [c for c, each in zip(inside, judged, strict=True) if each.verdict in {"met", "over", "unmet"}]
        per = PER[target.per][1]
        figure = sum((self.figure(community, target) for community in known), Fraction(0))
        base = sum(self.base(community, target) for community in known)
        whole = Judged("not_applicable")
        if any(each.verdict == "unknown" for each in judged):
            whole = Judged("unknown")
        elif known:
            whole = self.compared(figure, base, per, target, None)
        return {
            **self.added_up([whole]),
            "value": half_up(figure * per / base) if known else None,
            "verdict": whole.verdict,
        }
