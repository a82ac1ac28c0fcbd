"""锁定后变动 after indicators were added or redefined: no false differences, and every real edit."""

from decimal import Decimal

import pytest
from django.db.models import Count, Q, Sum

from changzhi_portal.indicators import CountedFigure
from revisions.actions import compare_locked
from revisions.differences import differences_of
from revisions.models import LockedChange, LockedComparison, LockedResultChange
from revisions.recompute import recomputed_copy, recomputed_in_place
from submissions.actions import lock_period
from targets import figures
from targets.actions import compute_period
from targets.figures import declared_versions
from targets.models import Computation, Target
from tests.factories import make_community, make_facility
from tests.revisions.edits import all_causes, causes, records_of, rows_of

pytestmark = pytest.mark.django_db
ROOMS = CountedFigure("activity_rooms", "活动场所数", Count("pk", filter=Q(kind="activity")))
STATIONS = CountedFigure("hubs", "枢纽型组织数", Count("pk", filter=~Q(hub_kind="")))


def found(period):
    """Return the listed units and the columns that differ."""
    changes = LockedChange.objects.of_period(period)
    return {change.name: {each["name"] for each in change.columns} for change in changes}


def of_everything(declarations):
    """Redeclare the area to count every kind of facility, as version 2, and add two figures."""
    declarations.recount("facility_area", expression=Sum("area"), version=2)
    declarations.count("facilities", ROOMS)
    declarations.count("organizations", STATIONS, of_divisions=True)


@pytest.fixture
def locked_with_more(facts, period, administrator):
    """Lock June 2018 with an activity room besides the centre of a community."""
    make_facility(facts.communities[0], area=50, kind="activity")
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    return period


def test_what_is_declared_in_another_way_leaves_a_locked_month_without_changes(
    locked_with_more, facts, declarations, office
):
    of_everything(declarations)
    office.change(facts.communities[0], version=9)
    before = rows_of(locked_with_more)
    compare_locked(locked_with_more)
    assert found(locked_with_more) == {}
    assert not LockedResultChange.objects.exists()
    comparison = LockedComparison.objects.of_period(locked_with_more)
    assert comparison.not_compared == ["activity_rooms", "facility_area", "hubs"]
    assert rows_of(locked_with_more) == before


def test_an_edit_of_another_figure_is_listed_all_the_same_with_its_verdict(
    locked_with_more, facts, declarations, office
):
    of_everything(declarations)
    worker = facts.communities[0].postings.get().worker
    edit = office.change(worker, level="senior")
    office.change(facts.communities[0].facilities.get(kind="integrated"), area=Decimal(900))
    compare_locked(locked_with_more)
    [change] = LockedChange.objects.of_period(locked_with_more).communities()
    assert [each["name"] for each in change.columns] == ["professionals_senior"]
    assert [each["code"] for each in change.verdicts] == ["urban_professionals"]
    assert causes(change) == records_of(edit)
    codes = set(LockedResultChange.objects.of_period(locked_with_more).values_list("target_code", flat=True))
    assert codes == {"urban_professionals"}


def test_the_page_names_what_was_not_compared(locked_with_more, declarations, signed_in, officer):
    browser, address = signed_in(officer), f"/periods/{locked_with_more.code}/changes/"
    compare_locked(locked_with_more)
    assert "未列入比较" not in browser.get(address).content.decode()
    of_everything(declarations)
    compare_locked(locked_with_more)
    page = browser.get(address).content.decode()
    assert "锁定后新增或修改统计口径的指标未列入比较：活动场所数、综合服务设施面积（㎡）、枢纽型组织数。" in page


def test_a_figure_in_the_json_column_is_compared_like_any_other(facts, period, administrator, declarations, office):
    declarations.count("facilities", ROOMS)
    declarations.count("organizations", STATIONS, of_divisions=True)
    room = make_facility(facts.communities[0], area=50, kind="activity")
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    edit = office.change(room, kind="welfare")
    hub = office.change(facts.communities[1].organizations.get(), hub_kind="federation")
    compare_locked(period)
    changes = {change.name: change for change in LockedChange.objects.of_period(period)}
    assert changes["和平社区居委会"].columns == [{"name": "activity_rooms", "before": 1, "after": 0}]
    assert causes(changes["和平社区居委会"]) == records_of(edit)
    assert changes["城区"].columns == [{"name": "hubs", "before": 0, "after": 1}]
    assert causes(changes["城区"]) == records_of(hub)
    assert all_causes(period) == records_of(edit) | records_of(hub)


def test_another_way_of_scoring_adds_and_removes_no_community(locked, facts, office, monkeypatch):
    mine = make_community(facts.rural_town, "司马矿区", code="140423100400", residents=900, kind="rural")
    office.change(facts.communities[0], is_virtual=True)
    edit = office.change(facts.villages[0].postings.get().worker, level="senior")
    compare_locked(locked)
    assert {mine.name, facts.communities[0].name} <= set(found(locked))
    assert LockedResultChange.objects.filter(target_code="urban_org_count").exists()
    monkeypatch.setitem(figures.ENGINE_RULES, "scored", 2)
    compare_locked(locked)
    changes = LockedChange.objects.of_period(locked).communities()
    assert [change.community for change in changes] == [facts.villages[0]]
    assert causes(changes[0]) == records_of(edit)
    assert not LockedResultChange.objects.exclude(target_code="district_agencies").exists()


def test_another_way_of_counting_people_leaves_out_them_and_what_is_judged_by_them(
    locked, facts, office, monkeypatch, administrator
):
    profile = facts.villages[0].profiles.get()
    monkeypatch.setitem(figures.ENGINE_RULES, "population", 2)
    office.change(profile, residents=9_000)
    compare_locked(locked)
    assert found(locked) == {}
    assert LockedComparison.objects.of_period(locked).not_compared == ["population"]


def test_another_way_of_judging_leaves_out_verdicts_and_results(locked, facts, office, monkeypatch):
    monkeypatch.setitem(figures.ENGINE_RULES, "judged", 2)
    office.change(facts.communities[0].facilities.get(), area=Decimal(900))
    compare_locked(locked)
    [change] = LockedChange.objects.of_period(locked).communities()
    assert [each["name"] for each in change.columns] == ["facility_area"]
    assert change.verdicts == []
    assert not LockedResultChange.objects.exists()


def test_a_target_whose_rule_now_counts_a_new_figure_is_not_compared(locked, facts, declarations, office):
    declarations.count("organizations", CountedFigure("hubs_here", "枢纽", Count("pk", filter=~Q(hub_kind=""))))
    declarations.add("hubs_here", "organizations", {"": "hubs_here"})
    Target.objects.filter(code="urban_org_count").update(indicator="hubs_here", counting_rule={}, at_least=0)
    with recomputed_copy(locked) as computed:
        differences = differences_of(locked, computed)
    assert (differences.communities, differences.results) == ({}, [])


def test_a_month_that_is_computed_beside_a_locked_one_says_what_it_measured(locked, declarations):
    before = Computation.objects.get(period=locked).measured
    declarations.count("facilities", ROOMS)
    with recomputed_copy(locked) as computed:
        assert Computation.objects.get(period=computed).measured == declared_versions() != before
    with recomputed_in_place(locked):
        assert Computation.objects.get(period=locked).measured == declared_versions()
    assert Computation.objects.get(period=locked).measured == before


def test_a_month_is_measured_as_declared_before_it_is_locked(facts, period, administrator, declarations):
    compute_period(period)
    declarations.count("facilities", ROOMS)
    lock_period(period=period, by=administrator)
    assert Computation.objects.get(period=period).measured == declared_versions()
