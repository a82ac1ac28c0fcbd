"""The page of one county's report, for each role."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import apply_division_changes
from changelog.models import ChangeRecord
from communities.models import Community, CommunityProfile
from notices.models import Notice
from submissions.actions import accept_submission, return_submission, submit_month
from submissions.checks import findings_for
from submissions.models import Submission
from targets.actions import compute_period
from tests.communities.changes import change
from tests.factories import make_batch, make_change_set, make_facility, make_organization, make_period
from tests.pages import markup_of
from tests.queries import queries_of
from tests.submissions.reporting import doubtful_facility, explained, make_due

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = "/submissions/201806-140402/"


def text_of(answer):
    return markup_of(answer)


def changed_since(number):
    return f'上报以后，登记表又改了<a href="{PAGE}changes/?since=report">{number}条记录</a>'


def test_a_clerk_looks_at_the_checks_and_reports(place, due, clerk, signed_in):
    browser = signed_in(clerk)
    page = text_of(browser.get(PAGE))
    assert "检查没有发现问题" in page
    assert "确认无误，上报" in page
    assert "截止，还有3天" in page
    done = browser.post(PAGE, {"step": "submitted", "steps_seen": "0"}, follow=True)
    assert "城区2018年6月已上报，请等待市局审核" in text_of(done)
    assert "确认无误，上报" not in text_of(done)
    assert Submission.objects.get().submitted_by == clerk


def test_a_second_press_of_the_button_says_who_was_first(place, due, clerk, signed_in):
    browser = signed_in(clerk)
    browser.post(PAGE, {"step": "submitted", "steps_seen": "0"})
    again = browser.post(PAGE, {"step": "submitted", "steps_seen": "0"})
    assert again.status_code == 409
    assert "又有了新的变化" in text_of(again)


def test_what_must_be_corrected_is_listed_with_its_record_and_the_button_is_off(place, due, clerk, signed_in):
    facility = make_facility(place.communities[0], "和平综合服务中心", area=100, activity_area=250)
    browser = signed_in(clerk)
    page = text_of(browser.get(PAGE))
    assert "必须改正（1）" in page
    assert f'href="/facilities/{facility.ref}/">和平综合服务中心</a>' in page
    assert "居民活动面积250㎡大于建筑面积100㎡" in page
    assert "disabled" in page
    refused = browser.post(PAGE, {"step": "submitted", "steps_seen": "0"})
    assert refused.status_code == 422
    assert "还有1处必须改正的问题" in text_of(refused)


def test_explanations_are_typed_kept_and_read_by_the_reviewer(place, due, clerk, officer, signed_in):
    facility = doubtful_facility(place)
    fields = {f"each:{key}": text for key, text in explained(due, place.county).items()}
    name = f"each:facility_too_large:{facility.ref}"
    browser = signed_in(clerk)
    assert f'name="{name}"' in text_of(browser.get(PAGE))
    asked = {"step": "submitted", "steps_seen": "0", **fields, name: ""}
    other = next(field for field in fields if field != name)
    refused = browser.post(PAGE, asked | {other: "这是刚写的说明"})
    assert refused.status_code == 422
    assert "处需要说明情况" in text_of(refused)
    assert 'value="这是刚写的说明"' in text_of(refused), "what was typed is not lost"
    browser.post(PAGE, asked | {name: "含地下车库"})
    page = text_of(signed_in(officer).get(PAGE))
    assert "含地下车库" in page
    assert "建筑面积30,000㎡" in page


def test_one_sentence_may_explain_what_a_rule_found_many_times(place, due, clerk, signed_in):
    for number in range(3):
        doubtful_facility(place, number)
    rules = {key.split(":")[0] for key in explained(due, place.county)}
    browser = signed_in(clerk)
    page = text_of(browser.get(PAGE))
    assert 'name="rest:facility_too_large"' in page
    fields = {f"rest:{rule}": "均已现场核对" for rule in rules}
    own = f"each:facility_too_large:{place.communities[1].facilities.get().ref}"
    browser.post(PAGE, {"step": "submitted", "steps_seen": "0", **fields, own: "含地下车库"})
    texts = [
        each["text"] for key, each in Submission.objects.get().explanations.items() if key.startswith("facility_too")
    ]
    assert sorted(texts) == ["含地下车库", "均已现场核对", "均已现场核对"]


def test_the_last_explanations_are_there_again_after_a_return(place, due, clerk, officer, signed_in):
    doubtful_facility(place)
    submission = submit_month(
        period=due, county=place.county, by=clerk, explanations=explained(due, place.county, "含地下车库")
    )
    return_submission(submission=submission, note="请写明车库面积", by=officer)
    page = text_of(signed_in(clerk).get(PAGE))
    assert 'value="含地下车库"' in page
    assert "请写明车库面积" in page
    assert "重新上报" in page


def test_an_officer_returns_with_a_note_and_accepts(place, due, clerk, officer, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    browser = signed_in(officer)
    refused = browser.post(PAGE, {"step": "returned", "steps_seen": "1", "note": " "})
    assert refused.status_code == 422 and "请写明退回意见" in text_of(refused)
    done = browser.post(PAGE, {"step": "returned", "steps_seen": "1", "note": "请核对东街"}, follow=True)
    assert "已退回城区2018年6月的上报" in text_of(done)
    submit_month(period=due, county=place.county, by=clerk)
    done = browser.post(PAGE, {"step": "accepted", "steps_seen": "3"}, follow=True)
    assert "已接收城区2018年6月的上报。没有别的县（市、区）待审核了" in text_of(done)
    page = text_of(browser.get(PAGE))
    for step in ("<b>上报</b>", "<b>退回</b>", "意见： 请核对东街", "<b>接收</b>"):
        assert step.replace("意见： ", "意见：") in page


def test_a_clerk_has_no_button_to_decide_and_none_when_too_late(place, due, clerk, officer, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    page = text_of(signed_in(clerk).get(PAGE))
    assert 'value="accepted"' not in page and 'value="returned"' not in page
    refused = signed_in(clerk).post(PAGE, {"step": "accepted", "steps_seen": "1"})
    assert refused.status_code == 403 and "您的角色不能审核上报" in text_of(refused)
    make_due("2018-05", in_days=-30)
    closed = "/submissions/201805-140402/"
    page = text_of(signed_in(clerk).get(closed))
    assert "请联系市局业务员代为上报" in page and 'type="submit" data-once="正在上报…"' not in page
    assert "代为上报</button>" in text_of(signed_in(officer).get(closed))


def test_registers_that_nobody_has_uploaded_this_month_are_named_beside_the_button(place, due, clerk, signed_in):
    browser = signed_in(clerk)
    for register in ("communities", "facilities", "workers"):
        make_batch(clerk, register, period=due, state="committed", committed_at="2018-07-02T09:00+08:00")
    before_the_button = text_of(browser.get(PAGE)).split("确认无误，上报</button>")[0]
    assert "本月还没有上传：社会组织、购买服务项目；确实没有变动的，不用再传。" in before_the_button
    for register in ("organizations", "projects"):
        make_batch(clerk, register, period=due, state="committed", committed_at="2018-07-02T09:00+08:00")
    assert "本月还没有上传" not in text_of(browser.get(PAGE))


def test_what_changed_since_the_report_is_said_to_whoever_decides(place, due, clerk, officer, signed_in):
    submission = submit_month(period=due, county=place.county, by=clerk)
    browser = signed_in(officer)
    assert "上报以后，登记表又改了" not in text_of(browser.get(PAGE))
    for community in (place.communities[0], place.communities[0], place.communities[1], place.villages[0]):
        note_edit(community, officer)
    assert changed_since(2) in text_of(browser.get(PAGE))
    accept_submission(submission=submission, by=officer)
    assert changed_since(2) in text_of(browser.get(PAGE)), "accepting is no new report"
    return_submission(submission=submission, note="请核对", by=officer)
    assert "上报以后，登记表又改了" not in text_of(browser.get(PAGE))


def note_edit(community, by):
    ChangeRecord.objects.create(
        change_set=make_change_set(by),
        model="communities.community",
        object_id=community.pk,
        object_label=community.name,
        division=community.town,
        kind=ChangeRecord.Kind.CREATED,
    )


def test_what_changed_since_is_said_of_a_county_that_was_merged_meanwhile_too(
    place, due, clerk, officer, administrator, signed_in
):
    submit_month(period=due, county=place.county, by=clerk)
    for old in (place.county, place.other_county):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=administrator)
    browser = signed_in(officer)
    assert "上报以后，登记表又改了" not in text_of(browser.get(PAGE)), "the merger itself is no edit"
    for community in Community.objects.filter(pk__in=[place.communities[0].pk, place.villages[0].pk]):
        note_edit(community, officer)
    assert changed_since(1) in text_of(browser.get(PAGE))


def test_what_a_county_has_taken_in_since_is_not_said_to_have_changed_after_its_report(
    place, due, clerk, officer, administrator, signed_in
):
    submit_month(period=due, county=place.county, by=clerk)
    change("merge", place.other_county, "140402", "城区")
    apply_division_changes(by=administrator)
    note_edit(Community.objects.get(pk=place.villages[0].pk), officer)
    assert "上报以后，登记表又改了" not in text_of(signed_in(officer).get(PAGE))


def test_a_report_that_a_demo_dates_back_is_not_said_to_have_changed_since(place, due, clerk, officer, signed_in):
    note_edit(place.communities[0], clerk)
    submit_month(period=due, county=place.county, by=clerk, at=timezone.now() - datetime.timedelta(days=365))
    assert "上报以后，登记表又改了" not in text_of(signed_in(officer).get(PAGE))


def test_a_month_that_is_reported_is_not_said_to_become_late(place, due, clerk, signed_in):
    late = make_due("2018-05", in_days=-1)
    page = "/submissions/201805-140402/"
    assert "现在上报记为迟报" in text_of(signed_in(clerk).get(page))
    submit_month(period=late, county=place.county, by=clerk)
    text = text_of(signed_in(clerk).get(page))
    assert "现在上报记为迟报" not in text and "日截止" in text


def test_an_unknown_step_and_one_without_a_report_are_refused_in_words(place, due, officer, signed_in):
    browser = signed_in(officer)
    assert "还没有上报" in text_of(browser.post(PAGE, {"step": "accepted"}))
    assert browser.post(PAGE, {"step": "dance"}).status_code == 422


@pytest.mark.parametrize(
    "ref",
    [
        "201806-140423",
        "201806-140499",
        "201807-140402",
        "201813-140402",
        "000006-140402",
        "2018-06",
        "x",
        "201806-140402001",
    ],
)
def test_another_county_and_what_is_no_report_are_not_found(ref, place, due, clerk, signed_in):
    assert signed_in(clerk).get(f"/submissions/{ref}/").status_code == 404


def test_a_street_and_a_leader_do_not_see_a_countys_records(place, due, street_clerk, leader, auditor, signed_in):
    assert signed_in(street_clerk).get(PAGE).status_code == 404
    assert signed_in(leader).get(PAGE).status_code == 403
    assert signed_in(auditor).get(PAGE).status_code == 200


def test_the_page_shows_the_months_figures_beside_last_months_and_what_was_uploaded(place, due, clerk, signed_in):
    make_facility(place.communities[0], area=600)
    compute_period(make_period("2018-05"))
    make_facility(place.communities[1], area=600)
    compute_period(due)
    make_batch(clerk, "facilities", period=due, state="committed", committed_at="2018-07-02T09:00+08:00", new=412)
    answer = signed_in(clerk).get(PAGE)
    (area,) = [each for each in answer.context["figures"] if each["target"].code == "urban_facility_area"]
    assert (area["figure"], area["change"]) == ("40.0%", "+20.0")
    page = text_of(answer)
    assert '本月上传的登记表 <span class="count">1 / 5</span>' in page
    assert ">412<" in page


def test_a_mean_stands_among_the_figures_itself_and_not_as_a_rate(place, clerk, signed_in):
    make_organization(place.communities[0])
    compute_period(make_period("2021-05"))
    make_organization(place.communities[0])
    compute_period(make_period("2021-06"))
    answer = signed_in(clerk).get("/submissions/202106-140402/")
    (mean,) = [each for each in answer.context["figures"] if each["target"].code == "urban_org_mean"]
    assert (mean["figure"], mean["change"]) == ("0.4个", "+0.20个")
    assert '<td data-label="达标率（平均数）" class="number">0.4个</td>' in text_of(answer)


def test_looking_at_the_page_marks_the_notices_about_it_as_seen(place, due, clerk, officer, signed_in):
    submission = submit_month(period=due, county=place.county, by=clerk)
    return_submission(submission=submission, note="请核对", by=officer)
    browser = signed_in(clerk)
    notices = browser.get(reverse("notices:list"))
    assert "城区2018年6月上报被退回" in text_of(notices) and "退回意见：请核对" in text_of(notices)
    assert ">1<" in browser.get(reverse("notices:count"), HTTP_HX_REQUEST="true").content.decode()
    assert f'hx-post="{reverse("notices:seen")}"' in text_of(browser.get(PAGE))
    answer = browser.post(reverse("notices:seen"), {"about": submission.ref}, HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "notices")
    assert not Notice.objects.addressed_to(clerk).unseen().exists()
    assert "notices/seen" not in text_of(browser.get(PAGE))
    assert "看过" in text_of(signed_in(officer).get(PAGE))


def test_the_page_costs_the_same_queries_however_many_records(place, due, clerk, signed_in):
    browser = signed_in(clerk)
    doubtful_facility(place)
    few = len(queries_of(lambda: browser.get(PAGE)))
    for number in range(30):
        doubtful_facility(place, number % 3)
    assert len(queries_of(lambda: browser.get(PAGE))) <= few + 4, "a rule more may speak up, not a record more"


def test_an_explanation_that_is_missing_is_asked_for_at_its_field_which_has_the_focus(place, due, clerk, signed_in):
    facility = doubtful_facility(place)
    missing = f"each:facility_too_large:{facility.ref}"
    given = {f"each:{key}": text for key, text in explained(due, place.county).items()} | {missing: " "}
    answer = signed_in(clerk).post(PAGE, {"step": "submitted", "steps_seen": "0", **given})
    page = text_of(answer)
    assert answer.status_code == 422
    field = page.split(f'name="{missing}"')[1].split("</li>")[0]
    assert 'aria-invalid="true"' in field and " autofocus>" in field
    assert "还有1处需要说明情况，第一处是" in field
    assert page.count(" autofocus>") == page.count("处需要说明情况") == 1


def test_the_first_finding_that_lacks_an_explanation_is_the_first_on_the_page(place, due, clerk, signed_in):
    doubtful_facility(place)
    CommunityProfile.objects.filter(community=place.communities[1]).delete()
    browser = signed_in(clerk)
    first = next(iter(browser.get(PAGE).context["checks"].groups)).explained[0]
    assert findings_for(period=due, division=place.county)[0].rule != first.finding.rule, "by place another is first"
    blank = {f"each:{key}": "" for key in explained(due, place.county)}
    page = text_of(browser.post(PAGE, {"step": "submitted", "steps_seen": "0", **blank}))
    assert f"第一处是“{first.finding.label}”（{first.finding.rule.title}）" in page
    field = page.split('class="check-list"')[1].split("</li>")[0]
    assert 'aria-invalid="true"' in field and " autofocus>" in field


def test_a_note_that_is_missing_is_asked_for_at_its_field(place, due, clerk, officer, signed_in):
    submit_month(period=due, county=place.county, by=clerk)
    page = text_of(signed_in(officer).post(PAGE, {"step": "returned", "steps_seen": "1", "note": ""}))
    assert '<p class="invalid-feedback mb-0" id="id_note_error">请写明退回意见' in page
    assert 'aria-describedby="id_note_error"' in page
