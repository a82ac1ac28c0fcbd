"""Tests of stored figures: JSON of any version can be read, and never changes."""

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest

from changzhi_portal.briefings import Change
from changzhi_portal.refusals import UnavailableError
from reports import stored_figures
from reports.corrections import Correction, corrections_from_json, corrections_to_json
from reports.issue import issue_markup
from reports.models import Briefing
from reports.stored_figures import VERSION, BriefingFigures, from_json, to_json
from targets.pace import Outlook
from tests.reports.briefings import division, figures, issue, short_community, target

PACE = {
    "outlook": "in_time",
    "progress": 0.43,
    "months_counted": 6,
    "attained_in": "2020-06",
    "needed": 1.25,
    "months_left": 30,
}
REPORTING = {
    "period": "2018-06",
    "counted_on": "2018-07-06",
    "due_on": "2018-07-05",
    "expected": 2,
    "on_time": ["城区"],
    "late": [],
    "returned": [],
    "missing": ["沁县"],
    "again": [],
    "completeness": 50.0,
    "timeliness": 50.0,
    "own": {"standing": "on_time", "is_accepted": True, "submitted_on": "2018-07-03", "times_returned": 0},
}
SERVICES = {
    "projects": 1,
    "budget": 55_797_600,
    "contract_amount": 800_000.5,
    "paid": 0,
    "by_funding_source": [{"name": "福彩公益金", "projects": 1, "budget": 55_797_600, "percent": 100.0}],
    "by_beneficiaries": [{"name": "全体居民", "projects": 1, "budget": 55_797_600, "percent": 100.0}],
}


def full_figures() -> BriefingFigures:
    """Return figures in which every optional value is present."""
    rows = [division("140402", "城区", 57, 38, pace=PACE), division("140423", "襄垣县", 8, 4)]
    mean = target(code="mean", aggregate="mean", value=31.2, per="100_households", change_unit="㎡/百户")
    return figures(
        plan={"title": "2020年目标方案", "document": "长民发〔2017〕138号", "ends_on": "2020-12-31"},
        targets=[target(pace=PACE, divisions=rows), mean],
        services=SERVICES,
        reporting=REPORTING,
        shortfalls={"targets": ["urban_facility_area"], "rows": [short_community("甲"), short_community("乙", None)]},
    )


def version_3(made=full_figures) -> dict:
    """Return figures as they were stored with purchases and reports among them, and without trends."""
    kept = {**to_json(made()), "version": 3}
    kept |= {"services": kept["sections"]["services"], "reporting": kept["sections"].get("reporting")}
    del kept["sections"], kept["workforce"]["trend"]
    for row in kept["targets"]:
        del row["trend"]
    return kept


def version_2() -> dict:
    """Return figures as they were stored with the best and the weakest, and without what differs from last month."""
    kept = {**version_3(), "version": 2}
    del kept["changed_divisions"], kept["plan"]["title_last_month"]
    for row in kept["targets"]:
        del row["standard_last_month"]
        row |= {"best": [{"code": "140402", "name": "城区", "percent": 66.7}], "weakest": []}
    return kept


def version_1() -> dict:
    """Return the oldest figures: without version, pace and reports, and with bounds of each unit only."""
    kept = version_3(figures)
    for name in ("version", "reporting", "changed_divisions"):
        del kept[name]
    del kept["plan"]["ends_on"], kept["plan"]["title_last_month"]
    for row in kept["targets"]:
        row |= {"best": [], "weakest": []}
        del row["standard_last_month"]
        for name in ("value_unit", "per", "aggregate", "coverage_at_least", "change_unit", "pace", "verdict", "value"):
            del row[name]
        for below in row["divisions"]:
            for name in ("change_on_last_month", "change_on_year_before", "change_unit", "pace", "verdict"):
                del below[name]
    return kept


@pytest.mark.parametrize("made", [figures, full_figures])
def test_figures_are_the_same_when_they_are_read_again(made):
    through_text = json.loads(json.dumps(to_json(made())))
    assert through_text == to_json(made()), "plain JSON values: no tuple, no enumeration"
    assert from_json(through_text) == made()
    assert through_text["version"] == VERSION


def test_whole_numbers_stay_whole_and_fractions_stay():
    read = from_json(json.loads(json.dumps(to_json(figures()))))
    [area] = read.targets
    assert (repr(area.at_least), repr(area.gap)) == ("500", "12817.84")
    assert repr(read.targets[0].divisions[1].percent) == "50.0"
    assert repr(read.shortfalls.rows[0].figures["urban_facility_area"].value) == "300"


def test_an_outlook_is_kept_by_its_name_and_read_as_one():
    kept = to_json(full_figures())["targets"][0]["pace"]["outlook"]
    assert (type(kept), kept) == (str, "in_time")
    assert from_json(to_json(full_figures())).targets[0].pace.outlook is Outlook.IN_TIME


def test_figures_of_version_1_are_read():
    read = from_json(version_1())
    assert read == figures()
    assert read.version == VERSION
    assert "reporting" not in read.sections
    assert (read.plan.ends_on, read.targets[0].pace) == ("", None)
    assert (read.targets[0].value_unit, read.targets[0].aggregate) == ("㎡", "each")


def test_figures_of_version_3_are_read_with_their_purchases_and_reports_as_sections():
    read = from_json(version_3())
    assert read == full_figures()
    assert read.sections == {"services": SERVICES, "reporting": REPORTING}


def test_figures_of_version_2_are_read_and_ranked_by_their_rates():
    assert from_json(version_2()) == full_figures()


def test_what_version_1_may_say_already_is_kept():
    """Figures had no version when means, reports and pace were introduced."""
    kept = version_3()
    del kept["version"]
    assert from_json(kept) == full_figures()


def test_reading_alters_nothing_of_what_is_stored():
    kept = version_1()
    before = json.dumps(kept)
    from_json(kept)
    assert json.dumps(kept) == before


def test_an_issue_of_version_1_is_printed_as_the_same_figures_are_now():
    old = issue()
    old.figures = version_1()
    assert issue_markup(old) == issue_markup(issue())


def test_figures_of_a_newer_release_are_refused():
    kept = {**to_json(figures()), "version": VERSION + 1, "surprise": 1}
    with pytest.raises(UnavailableError, match="更新版本的系统") as refusal:
        from_json(kept)
    assert f"version {VERSION + 1}" in refusal.value.cure


def test_every_older_version_has_a_way_to_the_next():
    assert set(stored_figures._UPGRADES) == set(range(1, VERSION))


def test_nothing_in_figures_can_be_assigned():
    read = from_json(to_json(full_figures()))
    with pytest.raises(FrozenInstanceError):
        read.period = "2018-07"
    with pytest.raises(FrozenInstanceError):
        read.targets[0].met = 97
    assert isinstance(read.targets, tuple)
    classes = [each for each in vars(stored_figures).values() if is_dataclass(each)]
    assert all(each.__dataclass_params__.frozen for each in classes)
    assert not [field for each in classes for field in fields(each) if field.type.startswith(("list", "dict", "set"))]


def test_a_briefing_has_no_figures_before_it_is_printed_for_the_first_time():
    assert Briefing().stored_figures is None
    assert issue().stored_figures == figures()
    with pytest.raises(ValueError, match="has no figures yet"):
        issue_markup(Briefing(ref="AAAA"))


def test_corrections_are_kept_as_lists_and_read_again():
    made = (Correction("全市社会工作者", (Change("在岗人数", "4355人", "4356人"), Change("专业人才", "—", "3人"))),)
    kept = corrections_to_json(made)
    assert json.loads(json.dumps(kept)) == [
        {"subject": "全市社会工作者", "changes": [["在岗人数", "4355人", "4356人"], ["专业人才", "—", "3人"]]}
    ]
    assert corrections_from_json(kept) == made
    assert Briefing(corrections=kept).stored_corrections == made
    with pytest.raises(FrozenInstanceError):
        made[0].subject = "全县社会工作者"


def test_a_changed_copy_leaves_the_figures_as_they_were():
    original = figures()
    copy = replace(original, targets=(replace(original.targets[0], met=97),))
    assert (copy.targets[0].met, original.targets[0].met) == (97, 96)
