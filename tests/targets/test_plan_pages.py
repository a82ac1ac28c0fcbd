"""The plan pages: reading for every role; previewing a change and saving a version for the administrator."""

import datetime

import pytest
from django.utils import timezone

from changelog.models import ChangeRecord, ChangeSet
from periods.models import ReportingPeriod
from targets.actions import compute_period
from targets.models import Computation, Target, TargetPlan, TargetResult
from tests.factories import make_facility, make_organization, make_period
from tests.pages import markup_of
from tests.queries import queries_of, writes_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
TARGET = "/plans/2020/targets/urban_org_count/"
ORGANIZATION_COUNT = {
    "name": "每个城市社区有10个以上社区社会组织",
    "short_name": "城市社区社会组织",
    "clause": "三",
    "quotation": "每个城市社区至少有10个以上、3000人以上的农村社区至少五个以上社区社会组织",
    "is_scored": "on",
    "level": "community",
    "kind": "urban",
    "minimum_population": "",
    "indicator": "organizations",
    "counted_registration": ["registered", "filed", "guided"],
    "per": "",
    "aggregate": "each",
    "at_least": "10",
    "at_most": "",
    "coverage_at_least": "",
    "unit": "个",
    "based_on": "1",
}


@pytest.fixture
def administrators_browser(administrator, signed_in):
    return signed_in(administrator)


@pytest.fixture
def measured(place, period):
    """Measure June 2018 with two organizations in one urban community of 城区; 襄垣县 has reported nothing."""
    for _ in range(2):
        make_organization(place.communities[0])
    compute_period(period)
    return period


def tried(browser, address=TARGET, **changes):
    """Return the page with the preview, and the data that its form would post to save."""
    data = {**ORGANIZATION_COUNT, **changes}
    answer = browser.post(address, {**data, "preview": ""})
    return answer, {**data, "previewed": answer.context["previewed"], "reason": "按会议意见"}


# --- Reading ---


@pytest.mark.parametrize("who", ["clerk", "street_clerk", "officer", "leader", "auditor"])
def test_everybody_reads_plans_and_only_the_administrator_is_offered_to_change_them(who, request, signed_in):
    browser = signed_in(request.getfixturevalue(who))
    listed = browser.get("/plans/").content.decode()
    assert "“三社联动”2020年目标方案" in listed
    assert "“十四五”城乡社区服务体系建设目标方案" in listed
    page = browser.get("/plans/2020/").content.decode()
    assert "每个城市社区至少有10个以上" in page  # the quotation
    assert "≥500㎡" in page
    assert "2—5名" in page
    assert "修改" not in page.split("<main")[1].split("各版本")[0]
    for address in (TARGET, "/plans/2020/edit/", "/plans/new/", "/plans/2020/targets/new/", f"{TARGET}drop/"):
        assert browser.get(address).status_code == 403
        assert browser.post(address, ORGANIZATION_COUNT).status_code == 403


def test_the_plan_that_the_month_in_hand_is_judged_by_is_marked(administrators_browser):
    make_period("2018-06")
    page = " ".join(administrators_browser.get("/plans/").content.decode().split())
    assert '2020年目标方案</a> <span class="mark good">2018年6月使用</span>' in page, "whatever day it is today"
    assert page.count("使用</span>") == 1


def test_the_plan_to_2025_says_in_words_what_it_asks(administrators_browser):
    page = administrators_browser.get("/plans/2025/").content.decode()
    for words in ("全域每百户≥30㎡", "≥80%的社区达到≥1处", "全域每万人≥18名", "平均≥10个", "平均≥5个"):
        assert words in page, words


@pytest.mark.parametrize("address", ["/plans/1999/", "/plans/2020/versions/2/", "/plans/2020/targets/nothing/"])
def test_a_plan_version_or_target_that_is_not_there_is_not_found(administrators_browser, address):
    assert administrators_browser.get(address).status_code == 404


# --- Previews ---


def test_a_trial_shows_old_and_new_results_of_city_and_counties_and_saves_nothing(
    administrators_browser, measured, place
):
    queries = queries_of(lambda: None)
    answers = []
    queries = queries_of(lambda: answers.append(tried(administrators_browser, at_least="2")[0]))
    answer = answers[0]
    assert writes_of(queries) == []
    rows = {change.division.code: change for change in answer.context["changes"]}
    assert list(rows) == ["140400", "140402", "140423"]
    assert rows["140402"].counts == [("参评", 5, 5), ("达标", 0, 1), ("未达标", 5, 4), ("未知", 0, 0)]
    assert (rows["140402"].figure_before, rows["140402"].figure_after) == ("0.0%", "20.0%")
    assert not rows["140423"].is_change
    text = answer.content.decode()
    assert "要求由“≥10个”改为“≥2个”" in text
    assert "现在还没有保存" in text
    assert TargetPlan.objects.filter(code="2020").count() == 1
    assert Target.objects.get(plan__code="2020", code="urban_org_count").at_least == 10


def test_a_trial_of_a_mean_shows_the_mean(administrators_browser, measured):
    answer, _ = tried(administrators_browser, aggregate="mean", at_least="1")
    county = next(change for change in answer.context["changes"] if change.division.code == "140402")
    assert (county.figure_before, county.figure_after) == ("0.0%", "0.4个")
    assert (county.after.verdict, county.after.gap) == ("unmet", 3)


def test_the_number_of_queries_of_a_trial_does_not_depend_on_the_communities(administrators_browser, measured, place):
    few = queries_of(lambda: tried(administrators_browser, at_least="2"))
    for community in (*place.communities, *place.other_communities):
        for _ in range(4):
            make_organization(community)
    compute_period(measured)
    assert len(queries_of(lambda: tried(administrators_browser, at_least="2"))) == len(few)


def test_without_a_measured_month_the_page_says_so(administrators_browser):
    answer, _ = tried(administrators_browser, at_least="2")
    assert "还没有测算过的月份" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at_least": ""}, "参与测评的目标应有下限"),
        ({"at_most": "9"}, "上限不能低于下限"),
        ({"at_least": "-1"}, "应在0到1000000之间"),
        ({"indicator": "professionals"}, "不分管理方式"),
        ({"indicator": "agencies"}, "不能按“社区”测评"),
        ({"aggregate": "coverage"}, "应写明比例下限"),
        ({"coverage_at_least": "80"}, "应写明比例下限"),
        ({"aggregate": "coverage", "coverage_at_least": "101"}, "不超过100"),
        ({"level": "county", "kind": "", "indicator": "agencies", "per": "100_households"}, "才能按户数、人口折算"),
        ({"level": "county", "indicator": "agencies"}, "才能限定社区类型"),
        ({"urban_districts_only": "on"}, "才能限定市辖区"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused_in_words_and_not_tried_out(administrators_browser, change, words):
    answer, _ = tried(administrators_browser, **change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not answer.context["previewed"]


# --- Saving ---


def test_saving_makes_a_version_with_who_when_and_why_and_the_old_one_stays_readable(
    administrators_browser, administrator, measured
):
    before = timezone.now()
    _, data = tried(administrators_browser, at_least="2")
    answer = administrators_browser.post(TARGET, data, follow=True)
    assert "已保存为第2版" in answer.content.decode()
    old, new = TargetPlan.objects.filter(code="2020").order_by("version")
    assert (old.is_current, new.is_current, new.version) == (False, True, 2)
    assert (new.made_by, new.reason) == (administrator, "按会议意见")
    assert before <= new.made_at <= timezone.now()
    assert old.targets.get(code="urban_org_count").at_least == 10
    assert new.targets.get(code="urban_org_count").at_least == 2
    others = {target.code: target.at_least for target in old.targets.exclude(code="urban_org_count")}
    assert {target.code: target.at_least for target in new.targets.exclude(code="urban_org_count")} == others
    earlier = administrators_browser.get("/plans/2020/versions/1/").content.decode()
    assert "≥10个" in earlier
    assert "只供查阅" in earlier
    present = administrators_browser.get("/plans/2020/").content.decode()
    assert "≥2个" in present
    assert "按会议意见" in present


def test_the_change_log_says_what_was_changed(administrators_browser, administrator, measured):
    _, data = tried(administrators_browser, at_least="2", counted_registration=["registered"])
    administrators_browser.post(TARGET, data)
    change_set = ChangeSet.objects.get()
    assert (change_set.made_by, change_set.division) == (administrator, administrator.division)
    assert "按会议意见" in change_set.summary
    of_target = ChangeRecord.objects.get(model="targets.target")
    assert of_target.before == {"at_least": "10.00", "counting_rule": ""}
    assert of_target.after == {"at_least": "2", "counting_rule": "登记"}
    of_plan = ChangeRecord.objects.get(model="targets.targetplan")
    assert (of_plan.before["version"], of_plan.after["version"]) == (1, 2)


def test_open_months_are_stale_after_saving_and_are_judged_anew_while_locked_ones_stay(
    administrators_browser, officer, measured, place
):
    locked = ReportingPeriod.objects.for_month(datetime.date(2018, 5, 1))
    compute_period(locked)
    locked.state, locked.locked_at, locked.locked_by = ReportingPeriod.State.LOCKED, timezone.now(), officer
    locked.save()
    frozen = list(TargetResult.objects.for_period(locked).order_by("pk").values())
    _, data = tried(administrators_browser, at_least="2")
    administrators_browser.post(TARGET, data)
    assert Computation.objects.of_period(measured).is_stale
    compute_period(measured)
    assert Computation.objects.of_period(measured).plan.version == 2
    result = TargetResult.objects.for_period(measured).get(target__code="urban_org_count", division=place.county)
    assert (result.met, result.target.at_least, result.target.plan.version) == (1, 2, 2)
    assert list(TargetResult.objects.for_period(locked).order_by("pk").values()) == frozen
    assert Computation.objects.of_period(locked).plan.version == 1


def test_what_was_changed_after_the_trial_is_tried_out_again_before_it_is_saved(administrators_browser, measured):
    _, data = tried(administrators_browser, at_least="2")
    answer = administrators_browser.post(TARGET, {**data, "at_least": "3"})
    assert "在预览之后又改过" in answer.content.decode()
    assert TargetPlan.objects.filter(code="2020").count() == 1
    administrators_browser.post(TARGET, {**data, "at_least": "3", "previewed": answer.context["previewed"]})
    assert Target.objects.get(plan__code="2020", plan__is_current=True, code="urban_org_count").at_least == 3


def test_saving_asks_for_a_reason_and_keeps_what_was_typed(administrators_browser, measured):
    _, data = tried(administrators_browser, at_least="2")
    answer = administrators_browser.post(TARGET, {**data, "reason": " "})
    assert answer.status_code == 422
    assert "请写明修改原因" in answer.content.decode()
    assert answer.context["form"]["at_least"].value() == "2"
    assert TargetPlan.objects.filter(code="2020").count() == 1


def test_of_two_administrators_the_second_is_told_that_the_plan_has_changed(administrators_browser, measured):
    _, first = tried(administrators_browser, at_least="2")
    _, second = tried(administrators_browser, at_least="3")
    administrators_browser.post(TARGET, first)
    answer = administrators_browser.post(TARGET, second)
    assert answer.status_code == 409
    assert "刚刚被别人改过" in answer.content.decode()
    assert TargetPlan.objects.filter(code="2020").count() == 2


def test_saving_what_stands_already_makes_no_version(administrators_browser, measured):
    _, data = tried(administrators_browser)
    answer = administrators_browser.post(TARGET, data)
    assert "内容没有变化" in answer.content.decode()
    assert not ChangeSet.objects.exists()


# --- Plans and whole targets ---


def test_a_clause_can_be_added_and_taken_out_again(administrators_browser, measured, place):
    new = {
        "code": "rural_area",
        "kind": "rural",
        "indicator": "facility_area",
        "counted_registration": [],
        "unit": "㎡",
    }
    address = "/plans/2020/targets/new/"
    answer, data = tried(administrators_browser, address, **new)
    county = next(change for change in answer.context["changes"] if change.division.code == "140423")
    assert county.counts[0] == ("参评", None, 2)
    administrators_browser.post(address, data)
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    assert list(plan.targets.order_by("position").values_list("code", flat=True))[-1] == "rural_area"
    administrators_browser.post("/plans/2020/targets/rural_area/drop/", {"reason": "录错了", "based_on": "2"})
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    assert (plan.version, plan.targets.count()) == (3, 7)


def test_a_code_that_the_plan_has_already_is_refused_when_saving(administrators_browser, measured):
    address = "/plans/2020/targets/new/"
    _, data = tried(administrators_browser, address, code="urban_org_count")
    answer = administrators_browser.post(address, data)
    assert answer.status_code == 422
    assert "方案中已有此代码的目标" in answer.content.decode()


def test_the_days_of_a_plan_can_be_changed(administrators_browser):
    data = {
        "title": "“三社联动”目标方案", "document": "某文件", "starts_on": "2017-11-14", "ends_on": "2021-06-30",
        "reason": "延期半年", "based_on": "1",
    }  # fmt: skip
    administrators_browser.post("/plans/2020/edit/", data)
    plan = TargetPlan.objects.get(code="2020", is_current=True)
    assert (plan.version, plan.ends_on, plan.targets.count()) == (2, datetime.date(2021, 6, 30), 7)
    assert administrators_browser.post("/plans/2020/edit/", {**data, "ends_on": "2016-01-01"}).status_code == 422


def test_a_first_day_that_leaves_a_measured_month_without_a_plan_is_refused(administrators_browser, measured):
    data = {
        "title": "“三社联动”目标方案", "document": "某文件", "starts_on": "2018-07-01", "ends_on": "2020-12-31",
        "reason": "推迟", "based_on": "1",
    }  # fmt: skip
    answer = administrators_browser.post("/plans/2020/edit/", data)
    assert answer.status_code == 422
    assert "2018年6月已经测算过，改后就没有方案可用" in answer.content.decode()
    assert TargetPlan.objects.get(code="2020").version == 1
    administrators_browser.post("/plans/2020/edit/", {**data, "starts_on": "2018-06-30"})
    assert TargetPlan.objects.get(code="2020", is_current=True).version == 2
    compute_period(measured)


def test_days_that_bring_another_plan_to_bear_show_what_that_does_to_the_month_before_they_are_saved(
    administrators_browser, measured
):
    data = {"title": "提前的方案", "document": "某文件", "starts_on": "2018-06-01", "ends_on": "2025-12-31",
            "reason": "提前", "based_on": "1"}  # fmt: skip
    answers = []
    queries = queries_of(lambda: answers.append(administrators_browser.post("/plans/2025/edit/", data)))
    assert writes_of(queries) == []
    page = markup_of(answers[0])
    assert "2018年6月不再按《“三社联动”2020年目标方案》，改按《提前的方案》测评" in page
    assert "现在还没有保存" in page and 'value="提前的方案"' in page and 'value="提前"' in page
    clauses = {clause.name: clause for clause in answers[0].context["switch"].clauses}
    old, new = clauses["城市社区社会组织"], clauses["城市社区平均社会组织"]
    assert (old.asked, old.change.counts[0]) == (("≥10个", ""), ("参评", 5, None))
    assert (new.asked, new.change.figure_after) == (("", "平均≥10个"), "0.4个")
    assert TargetPlan.objects.in_force_on(measured.as_of).code == "2020"
    tried = {**data, "previewed": answers[0].context["previewed"]}
    again = administrators_browser.post("/plans/2025/edit/", {**tried, "starts_on": "2018-06-02"})
    assert "现在还没有保存" in again.content.decode(), "other days than those that were looked at"
    assert administrators_browser.post("/plans/2025/edit/", tried).status_code == 302
    assert TargetPlan.objects.in_force_on(measured.as_of).code == "2025"


def test_a_new_plan_that_the_month_is_to_be_judged_by_at_once_shows_what_that_does(administrators_browser, measured):
    data = {"source": TargetPlan.objects.get(code="2025").pk, "code": "2019", "title": "新方案", "document": "待定",
            "starts_on": "2018-06-01", "ends_on": "2018-12-31"}  # fmt: skip
    answer = administrators_browser.post("/plans/new/", data)
    assert "改按《新方案》测评" in answer.content.decode()
    assert not TargetPlan.objects.filter(code="2019").exists()
    administrators_browser.post("/plans/new/", {**data, "previewed": answer.context["previewed"]})
    assert TargetPlan.objects.in_force_on(measured.as_of).code == "2019"


def test_a_plan_copied_from_another_has_its_targets_and_goes_its_own_way(administrators_browser):
    source = TargetPlan.objects.get(code="2025")
    data = {
        "source": source.pk, "code": "2030", "title": "“十五五”方案", "document": "待定",
        "starts_on": "2026-01-01", "ends_on": "2030-12-31",
    }  # fmt: skip
    answer = administrators_browser.post("/plans/new/", data)
    assert answer["Location"] == "/plans/2030/"
    copied = TargetPlan.objects.get(code="2030")
    names = ("code", "at_least", "per", "aggregate", "coverage_at_least", "kind", "counting_rule")
    assert list(copied.targets.order_by("position").values(*names)) == list(
        source.targets.order_by("position").values(*names)
    )
    assert TargetPlan.objects.in_force_on(datetime.date(2026, 1, 31)) == copied
    assert ChangeSet.objects.filter(summary__contains="“十五五”方案").exists()
    again = administrators_browser.post("/plans/new/", data)
    assert again.status_code == 422
    assert "已有使用此代码的方案" in again.content.decode()
    assert administrators_browser.post("/plans/new/", {**data, "code": "new"}).status_code == 422


def test_the_trial_uses_the_newest_open_month(administrators_browser, officer, measured, place):
    later = ReportingPeriod.objects.for_month(datetime.date(2018, 7, 1))
    make_facility(place.communities[0])
    compute_period(later)
    assert tried(administrators_browser, at_least="2")[0].context["period"] == later
    later.state, later.locked_at, later.locked_by = ReportingPeriod.State.LOCKED, timezone.now(), officer
    later.save()
    assert tried(administrators_browser, at_least="2")[0].context["period"] == measured
