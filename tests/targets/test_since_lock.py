"""锁定后变动: exactly what computing a locked month again would change, and exactly the edits behind it."""

import datetime
import random
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Role
from changelog.actions import apply_writes
from changelog.models import ChangeRecord, ChangeSet
from changelog.reversal import reverse_change_set
from changzhi_portal.errors import PortalError
from changzhi_portal.sheets.register import propose
from communities.models import Community, CommunityPlacement, CommunityProfile, Facility
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting, SocialWorker
from targets import tasks
from targets.actions import (
    COMPARE_EVERY,
    compare_if_due,
    compare_locked,
    comparing,
    compute_period,
    lock_period,
    locked_periods_to_compare,
    reopen_period,
)
from targets.models import (
    CommunityMeasure,
    Computation,
    ConsumedChange,
    DivisionMeasure,
    LockedChange,
    LockedComparison,
    LockedResultChange,
    TargetResult,
)
from targets.since_lock import would_be
from tests.factories import (
    credit_code,
    id_number,
    make_community,
    make_facility,
    make_organization,
    make_period,
    make_place,
    make_user,
    make_worker,
)
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)
MEASURES = (CommunityMeasure, DivisionMeasure, TargetResult)


# --- Edits as the product makes them: proposed, written, logged ---


class Office:
    """Edits registers in the name of a user, each in a change set of its own."""

    def __init__(self, user):
        self.user = user
        self.rows = 0

    def change(self, instance, **values):
        """Change a record; None when nothing is new."""
        return self._write(propose(instance, values, division_id=self.user.division_id, is_new=False))

    def add(self, instance, **values):
        """Add a record; `values` are what its row of a sheet says."""
        return self._write(propose(instance, values, division_id=self.user.division_id, is_new=True))

    def undo(self, change_set):
        """Take a change set back, as undoing its upload does."""
        models = [SocialWorker, Posting, SocialOrganization, Facility, CommunityProfile, CommunityPlacement, Community]
        with transaction.atomic():
            return reverse_change_set(change_set, by=self.user, models_in_order=models).change_set

    def _write(self, write):
        if write is None:
            return None
        self.rows += 1
        write.batch_row = self.rows
        with transaction.atomic():
            return apply_writes(
                [write],
                models_in_order=[type(write.instance)],
                by=self.user,
                division=self.user.division,
                summary="更正",
            )


@pytest.fixture
def office(administrator):
    return Office(administrator)


@pytest.fixture
def facts(place):
    """Every county has reported every register."""
    for community in (*place.communities, *place.villages):
        make_facility(community, area=480)
        make_organization(community)
        make_worker(community, level="none")
    make_worker(place.street)
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    for community, residents in zip(place.villages, (2_999, 3_000), strict=True):
        CommunityProfile.objects.create(community=community, as_of=datetime.date(2018, 5, 31), residents=residents)
    return place


@pytest.fixture
def locked(facts, period, administrator):
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    return period


def records_of(change_set):
    return set(change_set.records.values_list("pk", flat=True))


def causes(change):
    return set(change.causes.values_list("pk", flat=True))


def all_causes(period):
    return set(LockedChange.objects.of_period(period).values_list("causes", flat=True)) - {None}


def rows_of(period, keys=True):
    """Every byte of the month's rows; without keys, what they say."""
    return [
        sorted(
            tuple(map(repr, row)) for row in model.objects.filter(period=period).values_list(*columns_of(model, keys))
        )
        for model in MEASURES
    ]


def columns_of(model, keys=False):
    return [
        column.attname
        for column in model._meta.concrete_fields
        if keys or not (column.primary_key or column.attname == "period_id")
    ]


# --- What is listed ---


def test_a_month_without_later_edits_has_nothing_to_list(locked):
    comparison = compare_locked(locked)
    assert (comparison.state, comparison.changes_seen) == ("finished", 0)
    assert not LockedChange.objects.exists()
    assert not LockedResultChange.objects.exists()


def test_an_edit_that_matters_is_listed_with_old_and_new_figure_verdict_and_record(locked, facts, office):
    facility = facts.communities[0].facilities.get()
    edit = office.change(facility, area=Decimal("512.50"))
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked).communities()
    assert (change.community, change.kind, change.name) == (facts.communities[0], "changed", "和平社区居委会")
    assert change.columns == [{"name": "facility_area", "before": 480, "after": 512.5}]
    [verdict] = change.verdicts
    assert (verdict["code"], verdict["name"], verdict["unit"]) == ("urban_facility_area", "城市社区设施面积", "㎡")
    assert verdict["before"] == {"verdict": "unmet", "value": 480, "missing": 20}
    assert verdict["after"] == {"verdict": "met", "value": 512.5, "missing": None}
    assert causes(change) == records_of(edit)


def test_the_results_that_would_change_are_listed_for_city_county_and_town(locked, facts, office):
    office.change(facts.communities[0].facilities.get(), area=Decimal(600))
    compare_locked(locked)
    found = list(LockedResultChange.objects.of_period(locked))
    assert [each.division for each in found] == [facts.city, facts.county, facts.street]
    assert {each.target_code for each in found} == {"urban_facility_area"}
    assert [(each.before["met"], each.after["met"]) for each in found] == [(0, 1)] * 3
    assert found[0].before["gap"] - found[0].after["gap"] == 20


@pytest.mark.parametrize(
    "values",
    [
        {"note": "已核实"},
        {"name": "和平综合服务中心"},
        {"activity_area": Decimal(300)},
        {"closed_on": datetime.date(2018, 7, 1)},
        {"opened_on": datetime.date(2018, 6, 30)},
    ],
    ids=str,
)
def test_an_edit_that_changes_no_measure_of_the_month_is_not_listed(locked, facts, office, values):
    assert office.change(facts.communities[0].facilities.get(), **values)
    assert compare_locked(locked).changes_seen == 1
    assert not LockedChange.objects.exists()


def test_an_edit_that_was_undone_is_not_listed(locked, facts, office):
    edit = office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    office.undo(edit)
    assert compare_locked(locked).changes_seen == 2
    assert not LockedChange.objects.exists()


def test_of_an_edit_undone_and_made_anew_only_the_last_is_listed(locked, facts, office):
    facility = facts.communities[0].facilities.get()
    office.undo(office.change(facility, area=Decimal(900)))
    facility.refresh_from_db()
    office.change(facility, note="重测")
    last = office.change(facility, area=Decimal(700))
    compare_locked(locked)
    assert all_causes(locked) == records_of(last)


def test_two_edits_that_make_up_for_each_other_are_not_listed(facts, period, administrator, office):
    second = make_facility(facts.communities[0], area=20)
    lock_period(period=period, by=administrator)
    office.change(facts.communities[0].facilities.exclude(pk=second.pk).get(), area=Decimal(470))
    office.change(second, area=Decimal(30))
    assert compare_locked(period).changes_seen == 2
    assert not LockedChange.objects.exists()


def test_every_step_of_an_edit_in_steps_is_listed(locked, facts, office):
    facility = facts.communities[0].facilities.get()
    steps = [office.change(facility, area=Decimal(area)) for area in (490, 530)]
    compare_locked(locked)
    assert all_causes(locked) == set().union(*map(records_of, steps))


def test_a_certificate_matters_where_its_holder_is_posted_and_a_name_does_not(locked, facts, office):
    worker = facts.villages[0].postings.get().worker
    office.change(worker, name="王晓演")
    edit = office.change(worker, level="assistant")
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked).communities()
    assert {each["name"] for each in change.columns} == {"professionals_assistant"}
    assert causes(change) == records_of(edit)


def test_an_agency_and_a_station_are_listed_at_their_divisions(locked, facts, office):
    agency = SocialOrganization.objects.get(is_social_work_agency=True)
    no_longer = office.change(agency, is_social_work_agency=False)
    left = office.change(Posting.objects.get(division=facts.street), ended_on=datetime.date(2018, 6, 1))
    compare_locked(locked)
    assert not LockedChange.objects.of_period(locked).communities().exists()
    of_division = {change.division: causes(change) for change in LockedChange.objects.of_period(locked).divisions()}
    assert of_division == {
        facts.city: records_of(no_longer) | records_of(left),
        facts.county: records_of(no_longer) | records_of(left),
        facts.street: records_of(left),
    }
    county = LockedChange.objects.of_period(locked).divisions().get(division=facts.county)
    assert [(each["code"], each["before"]["value"], each["after"]["value"]) for each in county.verdicts] == [
        ("district_agencies", 1, 0)
    ]


def test_what_is_told_at_a_community_is_not_told_again_above_it(locked, facts, office):
    office.change(facts.communities[0].postings.get(), ended_on=datetime.date(2018, 6, 1))
    compare_locked(locked)
    assert {change.name: bool(causes(change)) for change in LockedChange.objects.of_period(locked)} == {
        "和平社区居委会": True,
        "东街街道办事处": False,
        "城区": False,
        "长治市": False,
    }


def test_the_newest_count_of_residents_by_the_day_matters_alone(locked, facts, office):
    village = facts.villages[0]
    older, later = (
        CommunityProfile(community=village, as_of=as_of)
        for as_of in (datetime.date(2018, 4, 30), datetime.date(2018, 7, 31))
    )
    office.add(older, as_of=older.as_of, residents=5_000)
    office.add(later, as_of=later.as_of, residents=6_000)
    compare_locked(locked)
    assert not LockedChange.objects.exists()
    counted = CommunityProfile(community=village, as_of=DAY)
    edit = office.add(counted, as_of=DAY, residents=3_100)
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked)
    assert change.columns == [{"name": "residents", "before": 2_999, "after": 3_100}]
    assert ("not_applicable", "unmet") in {
        (each["before"]["verdict"], each["after"]["verdict"]) for each in change.verdicts
    }
    assert causes(change) == records_of(edit)


def test_another_kind_moves_a_community_from_one_target_to_another(locked, facts, office):
    edit = office.change(facts.villages[0], kind="urban")
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked)
    assert change.columns == [{"name": "kind", "before": "rural", "after": "urban"}]
    assert {each["code"]: (each["before"] is None, each["after"] is None) for each in change.verdicts} == {
        "urban_facility_area": (True, False),
        "urban_org_count": (True, False),
        "urban_professionals": (True, False),
        "rural_org_count": (False, True),
        "rural_professionals": (False, True),
    }
    assert causes(change) == records_of(edit)


def test_a_community_that_would_leave_or_enter_the_month_is_listed(locked, facts, office):
    gone = office.change(facts.communities[0], is_virtual=True)
    mine = make_community(facts.rural_town, "司马矿区", code="140423100400")
    kind = office.change(mine, kind="rural")
    profile = CommunityProfile(community=mine, as_of=DAY)
    counted = office.add(profile, as_of=DAY, residents=3_500)
    compare_locked(locked)
    found = {change.community: change for change in LockedChange.objects.of_period(locked).communities()}
    assert found[facts.communities[0]].kind == "gone"
    assert causes(found[facts.communities[0]]) == records_of(gone)
    assert found[mine].kind == "added"
    assert causes(found[mine]) == records_of(kind) | records_of(counted)


def test_a_renamed_community_is_listed_with_its_placement(locked, facts, office):
    placement = facts.communities[0].placements.get()
    edit = office.change(placement, name="新和平社区居委会")
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked)
    assert change.columns == [{"name": "name", "before": "和平社区居委会", "after": "新和平社区居委会"}]
    assert change.name == "和平社区居委会"
    assert causes(change) == records_of(edit)


def test_a_register_reported_for_the_first_time_is_shown_by_its_first_record(place, period, administrator, office):
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    first = [
        office.add(
            Facility(community=place.communities[number]),
            community_id=place.communities[number].pk,
            name="中心",
            kind=kind,
            area=Decimal(300),
            opened_on=datetime.date(2018, 1, 1),
        )
        for number, kind in ((0, "integrated"), (1, "activity"))
    ]
    compare_locked(period)
    found = {change.community: change for change in LockedChange.objects.of_period(period).communities()}
    assert set(found) == {*place.communities, *place.other_communities}
    both = set().union(*map(records_of, first))
    assert all(causes(change) == both for change in found.values())
    assert {"name": "facility_area", "before": None, "after": 0} in found[place.communities[2]].columns
    assert found[place.communities[2]].verdicts[0]["before"]["verdict"] == "unknown"


def test_a_worker_removed_with_the_upload_that_brought_him_is_listed(facts, period, administrator, office):
    community = facts.communities[0]
    with transaction.atomic():
        worker = SocialWorker()
        person = propose(
            worker,
            {"name": "张晓演", "id_number": worker_number(), "level": "senior"},
            division_id=facts.street.pk,
            is_new=True,
        )
        posting = propose(
            Posting(worker=worker),
            {"community_id": community.pk, "is_community_worker": True, "started_on": datetime.date(2018, 1, 1)},
            division_id=facts.street.pk,
            is_new=True,
        )
        person.batch_row = posting.batch_row = 1
        upload = apply_writes(
            [person, posting],
            models_in_order=[SocialWorker, Posting],
            by=administrator,
            division=administrator.division,
            summary="上传",
        )
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    undone = office.undo(upload)
    assert not SocialWorker.objects.filter(pk=worker.pk).exists()
    compare_locked(period)
    [change] = LockedChange.objects.of_period(period).communities()
    assert {each["name"] for each in change.columns} == {"workers", "community_workers", "professionals_senior"}
    assert causes(change) == set(
        undone.records.filter(model__in=["socialworkers.posting", "socialworkers.socialworker"]).values_list(
            "pk", flat=True
        )
    )


def worker_number():
    field = SocialWorker._meta.get_field("id_number")
    return field.to_python(id_number())


# --- Keeping and finding out ---


def test_the_frozen_rows_are_the_same_rows_and_nothing_of_the_stand_in_stays(locked, facts, office):
    before, computations = rows_of(locked), list(Computation.objects.values())
    periods, consumed = ReportingPeriod.objects.count(), ConsumedChange.objects.count()
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    assert rows_of(locked) == before
    assert list(Computation.objects.values()) == computations
    assert (ReportingPeriod.objects.count(), ConsumedChange.objects.count()) == (periods, consumed)


def test_comparing_again_replaces_the_last_answer(locked, facts, office):
    facility = facts.communities[0].facilities.get()
    edit = office.change(facility, area=Decimal(900))
    compare_locked(locked)
    assert not LockedComparison.objects.of_period(locked).is_stale
    office.undo(edit)
    assert LockedComparison.objects.of_period(locked).is_stale
    compare_locked(locked)
    assert not LockedChange.objects.exists()
    assert not LockedComparison.objects.of_period(locked).is_stale


def test_an_open_month_has_nothing_to_compare(facts, period):
    compute_period(period)
    with pytest.raises(PortalError, match="没有锁定"):
        compare_locked(period)
    assert not LockedComparison.objects.exists()


def test_reopening_forgets_the_answer(locked, facts, office, administrator):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    reopen_period(period=locked, by=administrator, reason="更正")
    assert not LockedComparison.objects.exists()
    assert not LockedChange.objects.exists()


def test_a_locked_month_is_due_after_an_edit_and_not_more_often_than_agreed(locked, facts, office):
    assert not locked_periods_to_compare().exists()
    facility = facts.communities[0].facilities.get()
    office.change(facility, area=Decimal(900))
    assert list(locked_periods_to_compare()) == [locked]
    assert compare_if_due(period_id=locked.pk) is not None
    assert not locked_periods_to_compare().exists()
    office.change(facility, area=Decimal(901))
    assert not locked_periods_to_compare().exists(), "too soon"
    LockedComparison.objects.update(started_at=timezone.now() - COMPARE_EVERY)
    assert list(locked_periods_to_compare()) == [locked]
    assert compare_if_due(period_id=locked.pk) is not None
    assert compare_if_due(period_id=locked.pk) is None
    assert LockedChange.objects.get(community__isnull=False).columns[0]["after"] == 901


@pytest.mark.django_db(transaction=True)
def test_the_worker_compares_every_locked_month_that_is_due_by_itself(eager_tasks):
    place, periods = make_place(), [make_period("2018-06"), make_period("2018-05")]
    administrator = make_user(Role.BUREAU_ADMIN, place.city)
    facility = make_facility(place.communities[0])
    for period in periods:
        lock_period(period=period, by=administrator)
    Office(administrator).change(facility, area=Decimal(900))
    tasks.compare_stale_locked_months()
    found = LockedChange.objects.communities().values_list("comparison__period__month__month", "columns")
    assert sorted((month, columns[0]["after"]) for month, columns in found) == [(5, 900), (6, 900)]


def test_a_failed_comparison_says_so_and_keeps_the_last_answer(locked, facts, office, monkeypatch):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    office.change(facts.communities[0].facilities.get(), area=Decimal(901))
    LockedComparison.objects.update(started_at=timezone.now() - COMPARE_EVERY)

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("targets.actions.comparing.differences_of", fail)
    with pytest.raises(ZeroDivisionError):
        compare_if_due(period_id=locked.pk)
    assert LockedComparison.objects.get().state == "failed"
    assert LockedChange.objects.get(community__isnull=False).columns[0]["after"] == 900
    assert not ReportingPeriod.objects.exclude(pk=locked.pk).exists()


def test_a_month_opened_while_its_comparison_begins_keeps_none(locked, facts, office, administrator, monkeypatch):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    claim = comparing._claim

    def opened_first(period):
        reopen_period(period=period, by=administrator, reason="补报设施")
        return claim(period)

    monkeypatch.setattr(comparing, "_claim", opened_first)
    with pytest.raises(PortalError, match="没有锁定"):
        compare_if_due(period_id=locked.pk)
    assert not LockedComparison.objects.exists()


def test_the_number_of_queries_does_not_grow_with_edits(locked, facts, office):
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    office.change(facts.villages[0].postings.get().worker, level="senior")
    compare_locked(locked)
    few = len(queries_of(lambda: compare_locked(locked)))
    for community in (*facts.communities[1:], *facts.villages):
        office.change(community.facilities.get(), area=Decimal(700))
        office.change(community.organizations.get(), registration="guided")
        office.change(community.postings.get().worker, level="assistant")
    many = len(queries_of(lambda: compare_locked(locked)))
    assert LockedChange.objects.of_period(locked).communities().count() == 5
    assert many <= few + 6, "organizations join in: their own statements, no more"


# --- Random edits against a recomputation ---

DAYS = [DAY + datetime.timedelta(days=shift) for shift in (-300, -1, 0, 1, 300)]


class Vandal:
    """Makes random edits of everything that measures are made of, through the change log."""

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
        """Another name, or another town of the same county: what counts as reported is the county's."""
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
        """The change, unless it would end something before it began."""
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
    return {model: {row["id"]: row for row in model.objects.order_by("pk").values()} for model in EDITED}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
def test_random_edits_leave_the_month_alone_and_are_listed_exactly_where_they_matter(
    locked, facts, office, administrator, seed
):
    frozen, before = rows_of(locked), registers()
    old = by_unit(locked)
    Vandal(facts, office, seed).run(14)
    with pytest.raises(PortalError):
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
    """What the month's rows say, as the listing writes it, by unit."""
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
    """The frozen rows with what is listed written over them."""
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
        if change.kind == "added":  # columns without a figure are the same on both sides: nothing
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
    """For each edited record, the columns of units that would be others if this record alone were as at the lock."""
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
    # One open posting a person: "open" and "until far away" are the same to the month.
    row = {name: value for name, value in row.items() if name not in ("version",)}
    if exists:
        model.objects.filter(pk=key).update(**row)
    else:
        model.objects.create(**row)


def would_be_rows(period):
    with would_be(period) as computed:
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
