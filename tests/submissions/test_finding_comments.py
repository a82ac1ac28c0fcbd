"""Comments of the bureau and the county at a finding of a month: who is told, where they are shown, what is refused."""

import pytest
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.refusals import NotAllowedError
from notices.models import Notice
from periods.models import ReportingPeriod
from submissions.actions import comment_on_finding, return_submission, submit_month
from submissions.comments import commented_finding
from submissions.models import FindingComment, Submission
from tests.factories import id_number, make_user, phone
from tests.pages import markup_of
from tests.queries import queries_of
from tests.submissions.reporting import doubtful_facility, explained

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = "/submissions/201806-140402/"
QUESTION = "这处面积是否含地下车库？"


@pytest.fixture
def facility(place):
    return doubtful_facility(place)


@pytest.fixture
def thread(facility):
    return f"{PAGE}findings/facility_too_large/{facility.ref}/"


@pytest.fixture
def reported(place, due, clerk, facility):
    return submit_month(
        period=due, county=place.county, by=clerk, explanations=explained(due, place.county, "已现场核对")
    )


def about(submission, facility, user):
    return commented_finding(submission, "facility_too_large", facility.ref, user)


def test_the_reviewer_asks_and_the_clerk_answers(reported, thread, facility, clerk, officer, signed_in):
    bureau, county = signed_in(officer), signed_in(clerk)
    assert f'href="{thread}">写意见' in markup_of(bureau.get(PAGE))
    asked = bureau.post(thread, {"text": QUESTION, "seen": "0"}, follow=True)
    assert "意见已发出，城区的填报员会收到通知" in markup_of(asked)
    notice = Notice.objects.get(user=clerk)
    assert notice.title == "市局对城区2018年6月的“设施面积过大”提了意见，请答复"
    assert notice.url == thread and QUESTION in notice.text and facility.name not in notice.title
    seen = markup_of(county.get(PAGE))
    assert "市局对1处提了意见，请逐处答复" in seen and QUESTION in seen and "待答复" in seen
    page = markup_of(county.get(thread))
    assert "已现场核对" in page and "30,000㎡" in page, "what it is about stands beside the question"
    done = county.post(thread, {"text": "不含，已改正", "seen": "1"}, follow=True)
    assert "意见已发出，市局会收到通知" in markup_of(done)
    answer = Notice.objects.get(user=officer)
    assert answer.title == "城区答复了2018年6月的“设施面积过大”"
    page = markup_of(bureau.get(PAGE))
    assert "不含，已改正" in page and "待答复" not in page


def test_open_questions_are_proposed_as_the_note_of_a_return(reported, thread, facility, clerk, officer, signed_in):
    bureau = signed_in(officer)
    bureau.post(thread, {"text": QUESTION, "seen": "0"})
    assert f"{facility.name}（设施面积过大）：{QUESTION}" in markup_of(bureau.get(PAGE))
    signed_in(clerk).post(thread, {"text": "不含", "seen": "1"})
    assert f"{facility.name}（设施面积过大）：{QUESTION}" not in markup_of(bureau.get(PAGE)), "it has been answered"


def test_a_question_is_kept_when_the_finding_is_gone(reported, thread, facility, clerk, officer, signed_in):
    county = signed_in(clerk)
    signed_in(officer).post(thread, {"text": QUESTION, "seen": "0"})
    return_submission(submission=reported, note="请核对", by=officer)
    assert QUESTION in markup_of(county.get(PAGE))
    facility.area = 800
    facility.save()
    page = markup_of(county.get(PAGE))
    assert "其他意见" in page and QUESTION in page
    assert "现在已查不到这个问题" in markup_of(county.get(thread))
    Submission.objects.update(explanations={})
    assert QUESTION in markup_of(county.get(thread))


def test_personal_numbers_empty_and_long_texts_are_refused_at_the_field_and_kept(
    reported, thread, clerk, officer, signed_in
):
    browser = signed_in(officer)
    for text, sentence in (
        (f"请问{id_number()}是谁", "身份证号"),
        (f"打{phone()}", "手机号"),
        ("  ", "请写明意见"),
        ("长" * 1001, "意见超过1000个字"),
    ):
        refused = browser.post(thread, {"text": text, "seen": "0"})
        assert refused.status_code == 422, text
        assert sentence in markup_of(refused) and 'id="comment-error"' in markup_of(refused)
    assert not FindingComment.objects.exists() and not Notice.objects.filter(user=clerk).exists()


def test_a_second_press_and_an_answer_meanwhile_are_told(reported, thread, clerk, officer, signed_in):
    bureau = signed_in(officer)
    bureau.post(thread, {"text": QUESTION, "seen": "0"})
    again = bureau.post(thread, {"text": QUESTION, "seen": "0"})
    assert again.status_code == 409 and "刚才已经发出，没有重复保存" in markup_of(again)
    assert bureau.post(thread, {"text": QUESTION, "seen": "7"}).status_code == 409
    late = signed_in(clerk).post(thread, {"text": "另一件事", "seen": "0"})
    page = markup_of(late)
    assert late.status_code == 409 and "又有了新的意见" in page and QUESTION in page and "另一件事" in page
    assert FindingComment.objects.count() == 1


def test_a_thread_that_has_fewer_comments_than_were_seen_is_told(reported, thread, officer, signed_in):
    refused = signed_in(officer).post(thread, {"text": QUESTION, "seen": "7"})
    assert refused.status_code == 409
    assert not FindingComment.objects.exists()


def test_a_locked_month_takes_no_comment(reported, thread, officer, administrator, signed_in):
    ReportingPeriod.objects.update(state="locked", locked_at=timezone.now(), locked_by=administrator)
    browser = signed_in(officer)
    assert "本月已锁定，不能再写意见" in markup_of(browser.get(thread))
    assert browser.post(thread, {"text": QUESTION, "seen": "0"}).status_code == 423
    assert not FindingComment.objects.exists()


def test_who_may_not_comment(
    reported, due, place, thread, facility, other_clerk, street_clerk, auditor, leader, officer, signed_in
):
    for user, status in ((other_clerk, 404), (street_clerk, 404), (leader, 403)):
        assert signed_in(user).get(thread).status_code == status
        assert signed_in(user).post(thread, {"text": QUESTION, "seen": "0"}).status_code == status
    assert signed_in(auditor).get(thread).status_code == 200
    assert signed_in(auditor).post(thread, {"text": QUESTION, "seen": "0"}).status_code == 403
    with pytest.raises(NotAllowedError):
        comment_on_finding(submission=reported, about=about(reported, facility, officer), text=QUESTION, by=other_clerk)
    assert not FindingComment.objects.exists()
    assert signed_in(officer).get(f"{PAGE}findings/facility_too_large/nowhere/").status_code == 404
    assert signed_in(officer).get(f"{PAGE}findings/no_such_rule/{facility.ref}/").status_code == 404


def test_an_answer_goes_to_those_of_the_bureau_who_asked(reported, facility, clerk, officer):
    other = make_user(Role.BUREAU_OFFICER, officer.division)
    finding = about(reported, facility, officer)
    comment_on_finding(submission=reported, about=finding, text="有个问题", by=clerk)
    assert Notice.objects.filter(user=other).exists(), "nobody has reviewed yet: all are told"
    Notice.objects.all().delete()
    comment_on_finding(submission=reported, about=finding, text=QUESTION, by=officer)
    comment_on_finding(submission=reported, about=finding, text="不含", by=clerk)
    assert not Notice.objects.filter(user=other).exists() and Notice.objects.filter(user=officer).exists()


def test_the_number_of_queries_does_not_grow_with_the_comments(reported, thread, facility, officer, clerk, signed_in):
    browser = signed_in(officer)
    comment_on_finding(submission=reported, about=about(reported, facility, officer), text="一", by=officer)
    browser.get(PAGE)
    few = len(queries_of(lambda: browser.get(PAGE)))
    for number in range(5):
        comment_on_finding(submission=reported, about=about(reported, facility, officer), text=str(number), by=officer)
    assert len(queries_of(lambda: browser.get(PAGE))) == few
