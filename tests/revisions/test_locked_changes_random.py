"""锁定后变动 for random edits, compared with reopening the month and with undoing each edit alone."""

import datetime
import random
from decimal import Decimal

import pytest
from django.db import transaction

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.personal import SealedField
from changzhi_portal.refusals import LockedError
from communities.models import Community, CommunityPlacement, CommunityProfile, Facility
from orgs.models import SocialOrganization
from revisions.actions import compare_locked
from revisions.models import LockedChange, LockedResultChange
from revisions.recompute import recomputed_copy
from socialworkers.models import Posting, SocialWorker
from submissions.actions import reopen_period
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult
from tests.factories import credit_code
from tests.revisions.edits import causes, columns_of, rows_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)
DAYS = [DAY + datetime.timedelta(days=shift) for shift in (-300, -1, 0, 1, 300)]


class Vandal:
    """Random edits, through the change log, of everything that measures depend on."""

    def __init__(self, facts, office, seed):
        self.facts, self.office, self.dice = facts, office, random.Random(seed)
        self.communities = [*facts.communities, *facts.other_communities, *facts.villages]
        self.sets = []

    def run(self, edits):
        for _ in range(edits):
            edit = self.dice.choice(self.EDITS)
            made = edit(self)
            if made is not None:
                self.sets.append(made)

    def some(self, model):
        return model.objects.get(pk=self.dice.choice(sorted(model.objects.values_list("pk", flat=True))))

    def where(self):
        if self.dice.random() < 0.3:
            return {"community_id": None, "division_id": self.dice.choice([self.facts.street, self.facts.county]).pk}
        return {"community_id": self.dice.choice(self.communities).pk, "division_id": None}

    def facility(self):
        values = {
            "area": Decimal(self.dice.choice([480, 500, 520])),
            "kind": self.dice.choice(["integrated", "activity"]),
            "opened_on": self.dice.choice(DAYS[:3]),
            "closed_on": self.dice.choice([None, *DAYS[2:]]),
            "community_id": self.dice.choice(self.communities).pk,
            "name": f"设施{self.dice.random()}",
            "note": f"{self.dice.random()}",
        }
        return self.valid(self.some(Facility), **self.part_of(values))

    def new_facility(self):
        community = self.dice.choice(self.communities)
        return self.office.add(
            Facility(),
            community_id=community.pk,
            name=f"新设施{self.dice.random()}",
            kind="integrated",
            area=Decimal(20),
            opened_on=self.dice.choice(DAYS),
        )

    def organization(self):
        values = {
            "registration": self.dice.choice(["filed", "guided"]),
            "is_social_work_agency": self.dice.random() < 0.5,
            "established_on": self.dice.choice(DAYS[:3]),
            "dissolved_on": self.dice.choice([None, *DAYS[2:]]),
            "name": f"组织{self.dice.random()}",
        }
        if self.dice.random() < 0.3:
            values |= self.where()
            return self.valid(self.some(SocialOrganization), **values)
        return self.valid(self.some(SocialOrganization), **self.part_of(values))

    def new_organization(self):
        return self.office.add(
            SocialOrganization(),
            **self.where(),
            credit_code=credit_code(),
            name=f"新组织{self.dice.random()}",
            registration="registered",
            category="other",
            is_social_work_agency=self.dice.random() < 0.5,
            established_on=self.dice.choice(DAYS),
        )

    def worker(self):
        values = {
            "level": self.dice.choice(["none", "assistant", "senior"]),
            "has_social_work_degree": self.dice.choice([None, True, False]),
            "name": f"张{self.dice.random()}",
        }
        return self.office.change(self.some(SocialWorker), **self.part_of(values))

    def posting(self):
        values = {
            "started_on": self.dice.choice(DAYS[:2]),
            "ended_on": self.dice.choice(DAYS[2:]),
            "is_community_worker": self.dice.random() < 0.5,
            "position": f"{self.dice.random()}",
        }
        values = self.where() if self.dice.random() < 0.3 else self.part_of(values)
        return self.valid(self.some(Posting), **values)

    def profile(self):
        profile = self.some(CommunityProfile)
        return self.office.change(profile, residents=self.dice.choice([None, 2_999, 3_000, 4_000]), households=900)

    def new_profile(self):
        community, as_of = self.dice.choice(self.communities), self.dice.choice(DAYS)
        if CommunityProfile.objects.filter(community=community, as_of=as_of).exists():
            return None
        profile = CommunityProfile(community=community, as_of=as_of)
        return self.office.add(profile, as_of=as_of, residents=self.dice.choice([2_999, 3_100]))

    def kind(self):
        return self.office.change(self.some(Community), kind=self.dice.choice(["urban", "rural", ""]))

    def standing(self):
        values = {"is_virtual": self.dice.random() < 0.3, "closed_on": self.dice.choice([None, *DAYS[2:]])}
        return self.office.change(self.some(Community), **self.part_of(values))

    def placement(self):
        """Change the name, or the town within the county, since registers are reported by county."""
        placement = self.dice.choice(CommunityPlacement.objects.filter(community__in=self.communities).order_by("pk"))
        values = {"name": f"社区{self.dice.random()}"}
        if placement.town != self.facts.rural_town:
            values["town_id"] = self.dice.choice([self.facts.street.pk, self.facts.other_street.pk])
        return self.office.change(placement, **values)

    def undo(self):
        if not self.sets:
            return None
        return self.office.undo(self.sets.pop())

    def valid(self, instance, **values):
        """Apply the change, unless it would end something before its beginning."""
        begin, end = ({**instance.__dict__, **values}[name] for name in instance.dated_by)
        return None if end is not None and end < begin else self.office.change(instance, **values)

    def part_of(self, values):
        return dict(self.dice.sample(sorted(values.items()), self.dice.randint(1, 2)))

    EDITS = (
        facility, facility, new_facility, organization, organization, new_organization, worker, worker, posting,
        posting, profile, new_profile, kind, standing, placement, placement, undo, undo, undo,
    )  # fmt: skip


EDITED = (Facility, SocialOrganization, SocialWorker, Posting, CommunityProfile, Community, CommunityPlacement)


def registers():
    return {
        model: {row["id"]: row for row in model.objects.order_by("pk").values(*figures_of(model))} for model in EDITED
    }


def figures_of(model):
    """Return the columns without personal values: no figure depends on them, and only a record stores them."""
    return [each.attname for each in model._meta.concrete_fields if not isinstance(each, SealedField)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
def test_random_edits_leave_the_month_alone_and_are_listed_exactly_where_they_matter(
    locked, facts, office, administrator, seed
):
    frozen, before = rows_of(locked), registers()
    old = by_unit(locked)
    Vandal(facts, office, seed).run(14)
    with pytest.raises(LockedError):
        compute_period(locked)
    comparison = compare_locked(locked)
    assert rows_of(locked) == frozen, "the locked month is byte for byte the same"
    assert comparison.changes_seen == ChangeSet.objects.filter(affects_figures=True).count()

    listed = list(LockedChange.objects.of_period(locked).select_related("community", "division"))
    results = list(LockedResultChange.objects.of_period(locked))
    causes_listed = {unit_of(change): causes(change) for change in listed}
    behind = causes_by_brute_force(locked, before)
    promised = patched(old, listed, results)

    reopen_period(period=locked, by=administrator, reason="更正")
    compute_period(locked)
    new = by_unit(locked)
    assert promised == new, "opening it again gives exactly the figures that were announced"
    assert {unit for unit in old.keys() | new.keys() if old.get(unit) != new.get(unit)} == {
        *causes_listed,
        *(("result", each.target_code, each.division_id) for each in results),
    }
    assert_right_causes(causes_listed, behind, listed)


def unit_of(change):
    return ("community", change.community_id) if change.community_id else ("division", change.division_id)


def by_unit(period):
    """Return the values of the month's rows by unit, in the format of the listing."""
    names = dict(facts_names())
    units = {}
    for row in CommunityMeasure.objects.filter(period=period).values():
        units["community", row["community_id"]] = said(CommunityMeasure, row, names, "community_id")
    for row in DivisionMeasure.objects.filter(period=period).values():
        units["division", row["division_id"]] = said(DivisionMeasure, row, names, "division_id")
    for result in (
        TargetResult.objects.filter(period=period)
        .select_related("target")
        .values("target__code", *columns_of(TargetResult))
    ):
        key = ("result", result.pop("target__code"), result["division_id"])
        result.pop("target_id")
        units[key] = said(TargetResult, result, names, "division_id")
    return units


def facts_names():
    return Community.town.field.related_model.objects.values_list("pk", "name")


def said(model, row, names, key):
    kept = {name: value for name, value in row.items() if name in columns_of(model) and name != key}
    for name in ("town_id", "county_id"):
        if name in kept:
            kept[name] = names[kept[name]]
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in kept.items()}


def patched(old, listed, results):
    """Return the frozen rows updated with the listed differences."""
    new = {unit: dict(row) for unit, row in old.items()}
    for change in listed:
        unit = unit_of(change)
        if change.kind == "gone":
            del new[unit]
            continue
        row = new.setdefault(unit, {})
        for column in change.columns:
            assert row.get(column["name"]) == column["before"]
            row[column["name"]] = column["after"]
        if change.kind == "added":  # columns without a figure are empty on both sides
            for column in columns_of(CommunityMeasure):
                if column != "community_id":
                    row.setdefault(column, None)
    for each in results:
        unit = ("result", each.target_code, each.division_id)
        if each.after is None:
            del new[unit]
        else:
            assert new.get(unit) == each.before
            new[unit] = each.after
    return new


def causes_by_brute_force(period, before):
    """Return, for each edited record, the columns of units that would differ if it alone were as at the lock."""
    now = registers()
    base = would_be_rows(period)
    behind = {}
    for model in EDITED:
        for key in before[model].keys() | now[model].keys():
            if before[model].get(key) == now[model].get(key):
                continue
            with transaction.atomic():
                take_back(model, key, before[model].get(key), exists=key in now[model])
                without = would_be_rows(period)
                transaction.set_rollback(True)
            behind[model._meta.label_lower, key] = {
                (unit, column)
                for unit in base.keys() | without.keys()
                for column in (base.get(unit) or without[unit])
                if base.get(unit, {}).get(column) != without.get(unit, {}).get(column)
            }
    return behind


def take_back(model, key, row, *, exists):
    if row is None:
        model.objects.filter(pk=key).delete()
        return
    # A person has one open posting; an end in the far future counts the same for the month.
    row = {name: value for name, value in row.items() if name not in ("version",)}
    if exists:
        model.objects.filter(pk=key).update(**row)
    else:
        invented = {
            each.attname: "19900001234" for each in model._meta.concrete_fields if isinstance(each, SealedField)
        }
        model.objects.create(**row, **invented)


def would_be_rows(period):
    with recomputed_copy(period) as computed:
        return {unit: row for unit, row in by_unit(computed).items() if unit[0] != "result"}


def assert_right_causes(listed, behind, changes):
    columns = {unit_of(change): {each["name"] for each in change.columns} for change in changes}
    kinds = {unit_of(change): change.kind for change in changes}
    objects = dict.fromkeys(set().union(*listed.values(), set()))
    for pk, model, object_id in ChangeRecord.objects.filter(pk__in=objects).values_list("pk", "model", "object_id"):
        objects[pk] = model, object_id
    for unit, records in listed.items():
        named = {objects[record] for record in records}
        matter = {edited for edited, moved in behind.items() if {(unit, name) for name in columns[unit]} & moved}
        if kinds[unit] == "changed" and unit[0] == "community":
            assert named == matter, (unit, columns[unit])
        elif unit[0] == "division":
            assert named <= matter, (unit, columns[unit])
            told_below = set().union(
                *({objects[record] for record in found} for other, found in listed.items() if other[0] == "community"),
                set(),
            )
            assert matter <= named | told_below, (unit, columns[unit])
        else:
            assert matter <= named or not matter
