"""Indicators declared by an app: measured into the JSON column without a migration, and judged as others are."""

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Round

from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import (
    CountedFigure,
    Dimension,
    counted_figures,
    figure_named,
    indicator_named,
    register_counting,
)
from changzhi_portal.refusals import PortalError
from targets import figures
from targets.actions import compute_period, measure_if_due
from targets.checks import check_indicators
from targets.current_boundaries import (
    counties_judged_in_current_boundaries,
    measures_in_current_boundaries,
    results_in_current_boundaries,
)
from targets.engine.results import results_under
from targets.figures import declared_versions, expression_of, figure_of, sum_of, version_name
from targets.jobs import MEASURE_EVERY, periods_to_measure
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target
from targets.preview import is_unmeasured, measured_figures
from tests.factories import make_facility, make_organization, make_period, make_profile, make_worker
from tests.quality import found_by
from tests.targets.measured import begun_ago, lock

pytestmark = pytest.mark.django_db
ACTIVITY_ROOMS = CountedFigure("activity_rooms", "活动场所数", Count("pk", filter=Q(kind="activity")))
WELFARE_AREA = CountedFigure(
    "welfare_area", "福利设施面积", Round(Sum("area", filter=Q(kind="welfare")), precision=2), has_decimals=True
)


@pytest.fixture
def rooms(declarations):
    """Declare figures of 活动场所 and their area, for which the measures have no columns."""
    declarations.count("facilities", ACTIVITY_ROOMS, WELFARE_AREA)
    declarations.add("activity_rooms", "facilities", {"": "activity_rooms"}, name="活动场所数")
    return declarations


def value_of(measure, name):
    """Return a figure as the database reads it."""
    model = type(measure)
    return model.objects.filter(pk=measure.pk).values_list(expression_of(model, name), flat=True).get()


def measure_of(period, community):
    return CommunityMeasure.objects.for_period(period).get(community=community)


# --- When it is measured ---


def test_a_new_indicator_makes_open_months_due_once_and_no_locked_one(place, period, officer, declarations):
    locked = make_period("2018-05")
    for each in (period, locked):
        compute_period(each)
        begun_ago(each, MEASURE_EVERY * 2)
    lock(locked, officer)
    assert not periods_to_measure().exists()
    declarations.count("facilities", ACTIVITY_ROOMS)
    assert list(periods_to_measure()) == [period]
    assert not Computation.objects.is_up_to_date(period)
    assert measure_if_due(period_id=period.pk).measured["activity_rooms"] == 1
    begun_ago(period, MEASURE_EVERY * 2)
    assert Computation.objects.is_up_to_date(period)
    assert not periods_to_measure().exists()


@pytest.mark.parametrize("change", [{"version": 2}, {"name": "facilities_now"}])
def test_a_figure_that_is_counted_in_another_way_makes_open_months_due(place, period, declarations, change):
    compute_period(period)
    begun_ago(period, MEASURE_EVERY * 2)
    declarations.recount("facilities", **change)
    assert list(periods_to_measure()) == [period]


@pytest.mark.parametrize("rule", ["population", "scored", "judged", "added_up"])
def test_a_rule_of_the_engine_that_has_changed_makes_open_months_due(place, period, monkeypatch, rule):
    compute_period(period)
    begun_ago(period, MEASURE_EVERY * 2)
    monkeypatch.setitem(figures.ENGINE_RULES, rule, 2)
    assert list(periods_to_measure()) == [period]


# --- What is measured ---


def test_a_figure_without_a_column_is_measured_zero_and_unknown_apart(place, period, rooms):
    for kind, area in (("activity", 80), ("activity", 90), ("welfare", "500.25")):
        make_facility(place.communities[0], area=area, kind=kind)
    compute_period(period)
    has_some, has_none, not_reported = (
        measure_of(period, community) for community in (*place.communities[:2], place.villages[0])
    )
    assert has_some.figures == {"activity_rooms": 2, "welfare_area": 500.25}
    assert has_none.figures == {"activity_rooms": 0, "welfare_area": 0}
    assert not_reported.figures == {}
    assert [value_of(measure, "activity_rooms") for measure in (has_some, has_none, not_reported)] == [2, 0, None]
    assert value_of(has_some, "welfare_area") == Decimal("500.25")
    assert value_of(has_none, "welfare_area") == 0
    assert value_of(not_reported, "welfare_area") is None
    assert [figure_of(measure, "activity_rooms") for measure in (has_some, not_reported)] == [2, None]


def test_without_such_a_figure_the_column_is_empty(place, period):
    make_facility(place.communities[0])
    compute_period(period)
    for model in (CommunityMeasure, DivisionMeasure):
        assert set(map(json.dumps, model.objects.values_list("figures", flat=True))) == {"{}"}


def test_computing_again_leaves_the_same_rows(place, period, rooms):
    make_facility(place.communities[0], area="0.10", kind="welfare")
    compute_period(period)
    before = [list(model.objects.order_by("pk").values()) for model in (CommunityMeasure, DivisionMeasure)]
    compute_period(period)
    assert [list(model.objects.order_by("pk").values()) for model in (CommunityMeasure, DivisionMeasure)] == before


def test_a_figure_that_is_no_longer_declared_is_taken_out(place, period, rooms):
    make_facility(place.communities[0], kind="activity")
    compute_period(period)
    rooms.recount("activity_rooms", name="rooms")
    compute_period(period)
    assert measure_of(period, place.communities[0]).figures == {"rooms": 1, "welfare_area": 0}


def test_more_figures_than_a_function_takes_arguments_are_measured(place, period, declarations):
    names = [f"figure_{number:03}" for number in range(120)]
    for of_divisions in (False, True):
        more = [CountedFigure(name if of_divisions else f"c_{name}", name, Count("pk")) for name in names]
        declarations.count("organizations", *more, of_divisions=of_divisions)
    make_organization(place.communities[0])
    compute_period(period)
    assert measure_of(period, place.communities[0]).figures.items() >= {f"c_{name}": 1 for name in names}.items()
    assert not any(measure_of(period, place.villages[0]).figures.values())
    county = DivisionMeasure.objects.for_period(period).get(division=place.county)
    assert county.figures == dict.fromkeys(names, 1)
    (_, again, _) = measures_in_current_boundaries(period)
    assert again.figures == dict.fromkeys(names, 1)


# --- Figures of a column and of the JSON column are read alike ---


def judged_rows(queryset, target, key):
    names = (key, "verdict", "value", "missing")
    return sorted(queryset.judged_by(target).values_list(*names), key=str)


def results(period, target):
    names = ("judged", "met", "over", "unmet", "not_applicable", "unknown", "rate", "gap", "value", "verdict")
    return [(each.division_id, *(getattr(each, name) for name in names)) for each in results_under(period, [target])]


@pytest.mark.parametrize("per", ["", "100_households", "10000_residents"])
@pytest.mark.parametrize("aggregate", ["each", "mean", "coverage"])
@pytest.mark.parametrize("at_most", [None, Decimal("500.10")])
def test_the_same_target_answers_alike_from_a_column_and_from_json(
    place, period, declarations, per, aggregate, at_most
):
    declarations.add("twin", "facilities", {"": declarations.twin("facility_area")})
    for community, area in zip(place.communities, ("500.25", "499.99", "500"), strict=True):
        make_facility(community, area=area)
        make_profile(community, households=1_667, residents=10_000)
    make_profile(place.other_communities[0], households=0, residents=0)
    compute_period(period)
    target = Target(
        code="area", name="面积", level="community", indicator="facility_area", per=per, aggregate=aggregate,
        at_least=Decimal(30) if per == "100_households" else Decimal(500), at_most=None if per else at_most,
        coverage_at_least=Decimal(80) if aggregate == "coverage" else None,
    )  # fmt: skip
    twin = Target(**{name: value for name, value in vars(target).items() if name != "_state"})
    twin.indicator = "twin"
    measures = CommunityMeasure.objects.for_period(period)
    assert judged_rows(measures, twin, "community") == judged_rows(measures, target, "community")
    assert {verdict for _, verdict, *_ in judged_rows(measures, twin, "community")} >= {"unknown", "met", "unmet"}
    assert results(period, twin) == results(period, target)


def test_figures_in_json_and_in_columns_add_up_alike(place, period, declarations):
    twin = declarations.twin("professionals_senior")
    twins = declarations.add("mixed", "workers", {"a": "workers", "b": twin}, dimension=Dimension("d", "", {}, ""))
    make_worker(place.communities[0], level="senior")
    make_worker(place.communities[0], level="none")
    compute_period(period)
    for model, at in ((CommunityMeasure, "community"), (DivisionMeasure, "division")):
        rows = dict(model.objects.values_list(at, sum_of(model, twins, {})))
        assert rows[place.communities[0].pk if at == "community" else place.county.pk] == 3
        assert rows[place.villages[0].pk if at == "community" else place.rural_town.pk] is None


def test_decimals_in_json_add_up_exactly(place, period, declarations):
    names = [declarations.twin("facility_area"), "welfare_area", "facility_area"]
    declarations.count("facilities", WELFARE_AREA)
    total = declarations.add(
        "all", "facilities", dict(zip("abc", names, strict=True)), dimension=Dimension("d", "", {}, "")
    )
    make_facility(place.communities[0], area="0.10")
    make_facility(place.communities[0], area="499.80", kind="welfare")
    compute_period(period)
    rows = CommunityMeasure.objects.annotate(total=sum_of(CommunityMeasure, total, {}))
    assert rows.filter(total__gte=500).count() == 1


def test_counties_are_judged_and_added_up_alike_from_json_on_todays_map(place, period, declarations, officer):
    twin = declarations.twin("agencies_registered")
    declarations.add("twin", "organizations", {"": twin}, is_of_divisions=True)
    for where in (place.county, place.street):
        make_organization(where, registration="registered", is_social_work_agency=True)
    compute_period(period)
    column = Target.objects.get(code="district_agencies")
    json_target = Target.objects.get(code="district_agencies")
    json_target.indicator, json_target.counting_rule = "twin", {}
    measures = DivisionMeasure.objects.for_period(period)
    assert judged_rows(measures, json_target, "division") == judged_rows(measures, column, "division")
    now, as_column = (
        [
            (each.division, each.verdict, each.value)
            for each in counties_judged_in_current_boundaries(period, target, user=officer)
        ]
        for target in (json_target, column)
    )
    assert now == as_column != []
    for measure in measures_in_current_boundaries(period):
        assert figure_of(measure, twin) == measure.agencies_registered
    assert len(results_in_current_boundaries(period)) > 0


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="says something of SQLite")
def test_no_null_is_ever_stored_because_sqlite_would_read_it_as_text(place, period, rooms):
    make_facility(place.communities[0], kind="activity")
    compute_period(period)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT figures FROM targets_communitymeasure")
        assert all("null" not in text for (text,) in cursor.fetchall())


# --- Readers ---


def test_a_target_of_a_figure_that_the_month_has_not_measured_says_so(
    place, period, declarations, signed_in, administrator
):
    make_facility(place.communities[0], kind="activity")
    compute_period(period)
    declarations.count("facilities", ACTIVITY_ROOMS)
    declarations.add("activity_rooms", "facilities", {"": "activity_rooms"}, name="活动场所数")
    target = Target.objects.get(plan__code="2020", code="urban_org_count")
    target.indicator, target.counting_rule = "activity_rooms", {}
    assert is_unmeasured(target, measured_figures(period))
    data = {
        "name": "每个城市社区有活动场所", "short_name": "活动场所", "clause": "三", "quotation": "", "is_scored": "on",
        "level": "community", "kind": "urban", "minimum_population": "", "indicator": "activity_rooms", "per": "",
        "aggregate": "each", "at_least": "1", "at_most": "", "coverage_at_least": "", "unit": "处", "based_on": "1",
        "preview": "",
    }  # fmt: skip
    browser, address = signed_in(administrator), "/plans/2020/targets/urban_org_count/"
    page = browser.post(address, data).content.decode()
    assert "本月没有测算这项指标" in page
    compute_period(period)
    assert not is_unmeasured(target, measured_figures(period))
    assert "本月没有测算这项指标" not in browser.post(address, data).content.decode()


def test_a_new_dimension_gets_its_boxes_in_the_form_of_a_target(place, declarations, signed_in, administrator):
    declarations.count("facilities", ACTIVITY_ROOMS)
    kind = Dimension("kind_of_room", "场所类别", {"hall": "综合", "room": "活动室"}, subject="场所")
    declarations.add(
        "rooms", "facilities", {"hall": "facilities", "room": "activity_rooms"}, name="场所数", dimension=kind
    )
    page = signed_in(administrator).get("/plans/2020/targets/urban_org_count/").content.decode()
    assert "计入的场所类别" in page
    assert "只对场所的指标有用" in page
    assert page.index("计入的管理方式") < page.index("计入的职业水平") < page.index("计入的场所类别")
    assert 'name="counted_kind_of_room" value="hall"' in page


def test_the_area_is_not_compared_with_one_that_was_counted_in_another_way(place, declarations):
    facility = make_facility(place.communities[0], area=200)
    compute_period(make_period("2018-05"))
    facility.area = Decimal(600)
    facility.save()
    assert found_by("facility_area_jumped", place.city)
    declarations.recount("facility_area", version=2)
    assert not found_by("facility_area_jumped", place.city)


# --- Checks of declarations ---


def test_what_is_declared_is_in_order():
    assert check_indicators() == []
    assert list(declared_versions()) == sorted(declared_versions())
    of_divisions = {version_name(figure.code) for figure in declared_figures()}
    rules = {"population", "scored", "judged", "added_up"}
    assert set(declared_versions()) == {*counted_figures(), *of_divisions, *rules}


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (CountedFigure("workers", "人数", Count("pk")), "2 of the declared figures are called 'workers'"),
        (CountedFigure("residents", "人数", Count("pk")), "'residents' has the name of a column"),
        (CountedFigure("town_id", "街道", Count("pk")), "'town_id' has the name of a column"),
        (CountedFigure("figures", "其他", Count("pk")), "'figures' has the name of a column"),
        (CountedFigure("judged", "判定", Count("pk")), "'judged' has the name of a column"),
        (CountedFigure("activity rooms", "活动室", Count("pk")), "'activity rooms' is not a lower-case identifier"),
        (CountedFigure("活动室", "活动室", Count("pk")), "'活动室' is not a lower-case identifier"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_doubtful_name_of_a_figure_is_refused(declarations, figure, words):
    declarations.count("facilities", figure)
    assert any(words in error.msg for error in check_indicators())


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        ({"code": "workers", "figures": {"": "facilities"}}, "2 of the declared indicators are called 'workers'"),
        ({"code": "x", "figures": {"": "happiness"}}, "'x' is made of 'happiness'"),
        ({"code": "x", "figures": {"": "facilities"}, "is_of_divisions": True}, "'x' is made of 'facilities'"),
        ({"code": "x", "figures": {"a": "facilities", "b": "facility_area"}}, "'x' has figures by value"),
        ({"code": "x", "figures": {"all": "facilities"}}, "'x' has figures by value"),
        (
            {"code": "x", "figures": {"a": "facilities"}, "dimension": Dimension("d", "维度", {"b": "乙"}, "设施")},
            "The value 'a' of the indicator 'x' has no label",
        ),
        (
            {"code": "x", "figures": {"a": "facilities"}, "dimension": Dimension("level", "另", {"a": "甲"}, "设施")},
            "2 of the declared dimensions are called 'level'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_doubtful_indicator_is_refused(declarations, indicator, words):
    declarations.add(register_code="facilities", **indicator)
    assert any(words in error.msg for error in check_indicators())


def test_two_registers_of_one_code_are_refused(declarations):
    declarations.registers.append(declarations.register("facilities"))
    assert any("registers are called 'facilities'" in error.msg for error in check_indicators())


def test_unknown_figures_and_indicators_are_named():
    with pytest.raises(LookupError, match="happiness"):
        figure_named("happiness")
    with pytest.raises(LookupError, match="happiness"):
        register_counting("happiness")
    with pytest.raises(PortalError, match="happiness"):
        indicator_named("happiness")


def test_pages_call_a_figure_as_its_column_is_called():
    for model in (CommunityMeasure, DivisionMeasure):
        labels = {field.name: field.verbose_name for field in model._meta.concrete_fields}
        declared_labels = {figure.name: figure.label for figure in model.declared_figures()}
        assert {name: labels[name] for name in declared_labels if name in labels} == {
            name: label for name, label in declared_labels.items() if name in labels
        }
