"""锁定后变动: the differences of a locked month from a new computation, and the edits that caused them."""

import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from changelog.actions import apply_writes
from changzhi_portal.registers.writes import propose
from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from revisions.actions import compare_locked
from revisions.models import LockedChange, LockedResultChange
from socialworkers.models import Posting, SocialWorker
from submissions.actions import lock_period
from tests.factories import id_number, make_community, make_facility
from tests.revisions.edits import all_causes, causes, records_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)


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
