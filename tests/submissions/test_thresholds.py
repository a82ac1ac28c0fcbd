"""The thresholds of the checks: changed by the bureau from a month on, previewed, logged, and used by every check."""

import datetime

import pytest
from django.utils import timezone

from changelog.actions.edit import check_edit
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.thresholds import changes_in_words, declared_thresholds
from communities.thresholds import LARGEST_AREA, POPULATION_CHANGE
from periods.models import CheckThresholds, ReportingPeriod
from submissions.actions import set_thresholds
from submissions.checks import findings_for
from tests.factories import make_batch, make_facility, make_period, make_profile
from tests.pages import markup_of
from tests.quality import found_by, refs_found_by
from tests.queries import exactly
from tests.submissions.reporting import settle
from uploads.actions.check import check_context

pytestmark = pytest.mark.django_db
JUNE, JULY = datetime.date(2018, 6, 1), datetime.date(2018, 7, 1)
PAGE, CHANGE = "/quality/thresholds/", "/quality/thresholds/change/"


def changed(by, *, valid_from=JUNE, reason="按实际情况放宽", seen=None, **values):
    return set_thresholds(values=values, valid_from=valid_from, reason=reason, by=by, seen=seen)


def form(**fields):
    values = {each.code: each.default for each in declared_thresholds()}
    return {**values, "valid_from": "2018-06", "reason": "按实际情况收紧", "seen": "0", **fields}


def test_every_threshold_lies_within_its_own_bounds():
    assert len(declared_thresholds()) >= 14
    for each in declared_thresholds():
        assert each.least <= each.default <= each.most, each.code


def test_a_check_uses_the_thresholds_of_its_month(place, officer):
    facility = make_facility(place.communities[0], area=15_000)
    assert not refs_found_by("facility_too_large", place.county)
    changed(officer, largest_area=10_000, valid_from=JULY)
    assert not refs_found_by("facility_too_large", place.county), "June is checked as before"
    assert refs_found_by("facility_too_large", place.county, "2018-07") == {facility.ref}


def test_a_change_against_last_month_is_told_with_its_threshold(place, officer):
    home = place.communities[0]
    make_profile(home, residents=1_000, as_of=datetime.date(2018, 5, 31))
    make_profile(home, residents=1_300, as_of=datetime.date(2018, 6, 30))
    assert not found_by("population_jumped", place.county)
    changed(officer, population_change=30)
    (finding,) = found_by("population_jumped", place.county)
    assert finding.message == "常住人口1,300人，上月是1,000人，增减达到30%以上，请核对。"
    changed(officer, population_change=31)
    assert not found_by("population_jumped", place.county)


def test_a_locked_month_keeps_the_thresholds_it_was_locked_with(place, officer, administrator):
    make_facility(place.communities[0], area=15_000)
    june = make_period("2018-06")
    changed(officer, largest_area=12_000)
    ReportingPeriod.objects.filter(pk=june.pk).update(state="locked", locked_at=timezone.now(), locked_by=administrator)
    with pytest.raises(LockedError):
        changed(officer, largest_area=20_000)
    make_period("2018-05")
    CheckThresholds.objects.create(
        number=2, valid_from=JUNE, values={"largest_area": 20_000}, changes="x", reason="x", made_by=officer
    )
    assert len(found_by("facility_too_large", place.county)) == 1, "a version made after the lock does not count"
    ReportingPeriod.objects.filter(pk=june.pk).update(state="open", locked_at=None, locked_by=None)
    assert not found_by("facility_too_large", place.county), "a reopened month is checked like any open one"


def test_the_row_check_of_an_edit_uses_the_thresholds(place, officer, clerk):
    june, facility = make_period("2018-06"), make_facility(place.communities[0], area=2_400)
    register = register_named("facilities")()
    asked = {"register": register, "values": {"area": "2500"}, "by": clerk, "ref": facility.ref, "period": june}
    assert not check_edit(**asked).problems
    changed(officer, largest_area=2_000)
    assert "变化过大或不合常理" in str(check_edit(**asked).problems["area"])


def test_the_row_check_of_an_upload_uses_the_thresholds_of_its_month(place, officer, clerk):
    changed(officer, largest_area=2_000)
    batch = make_batch(clerk, period=make_period("2018-06"))
    context = check_context(batch, locking=False, report=lambda done, total: None)
    assert context.thresholds[LARGEST_AREA] == 2_000


def test_what_is_refused(place, clerk, leader, officer):
    for by in (clerk, leader):
        with pytest.raises(NotAllowedError):
            changed(by, largest_area=10_000)
    for wrong, field in (({"largest_area": 1}, "largest_area"), ({"peers_high": 10_000}, "peers_high")):
        with pytest.raises(InvalidError) as refused:
            changed(officer, **wrong)
        assert refused.value.field == field
    with pytest.raises(InvalidError, match="没有改动"):
        changed(officer, largest_area=20_000)
    for reason in (" ", "长" * 201, "电话13812345678"):
        with pytest.raises(InvalidError) as refused:
            changed(officer, largest_area=10_000, reason=reason)
        assert refused.value.field == "reason"
    changed(officer, largest_area=10_000, valid_from=JULY)
    with pytest.raises(InvalidError, match="已经有2018年7月起的标准"):
        changed(officer, largest_area=11_000, valid_from=JUNE)
    with pytest.raises(StaleError, match="建筑面积最多20,000㎡→10,000㎡"):
        changed(officer, largest_area=11_000, valid_from=JULY, seen=0)
    assert CheckThresholds.objects.count() == 1


def test_a_change_is_logged_with_its_reason(place, officer):
    version = changed(officer, largest_area=10_000)
    record = ChangeRecord.objects.get(model="periods.checkthresholds")
    assert record.change_set.summary == "修改检查标准（2018年6月起）：按实际情况放宽"
    assert record.after["changes"] == version.changes == "一处设施建筑面积最多20,000㎡→10,000㎡"
    assert not record.change_set.affects_figures


def test_the_values_not_named_stay_as_they_were_set(place, officer):
    changed(officer, largest_area=10_000)
    changed(officer, population_change=40)
    june = CheckThresholds.objects.for_month(JUNE)
    assert (june[LARGEST_AREA], june[POPULATION_CHANGE]) == (10_000, 40)
    may = CheckThresholds.objects.for_month(datetime.date(2018, 5, 1))
    assert changes_in_words(may, june).count("→") == 2
    with exactly(1):
        CheckThresholds.objects.for_month(JUNE)


@pytest.mark.one_database
def test_the_officer_sees_how_many_findings_there_would_be_before_saving(place, clerk, officer, signed_in):
    settle(place)
    make_period("2018-06")
    make_facility(place.communities[0], area=15_000)
    browser = signed_in(officer)
    assert f'href="{CHANGE}"' in markup_of(browser.get(PAGE))
    before = findings_for(period=make_period("2018-06"), division=place.city).soft
    shown = browser.post(CHANGE, form(largest_area=10_000, reason="", preview="1"))
    page = markup_of(shown)
    assert f"上报前要说明的问题会有<b>{before + 1}条</b>，现在是{before}条" in page
    assert "设施面积过大：现在0条，改后1条" in page
    assert not CheckThresholds.objects.exists()
    saved = browser.post(CHANGE, form(largest_area=10_000, previewed=shown.context["previewed"]), follow=True)
    assert "2018年6月起按新标准检查：一处设施建筑面积最多20,000㎡→10,000㎡" in markup_of(saved)
    assert "按实际情况收紧" in markup_of(signed_in(clerk).get(PAGE)), "clerks read what is asked and why"
    again = browser.post(CHANGE, form(largest_area=10_000, previewed=shown.context["previewed"]))
    assert again.status_code == 409 and "请看过现在的标准再改" in markup_of(again)


@pytest.mark.one_database
def test_wrong_input_is_told_at_its_field(place, clerk, leader, officer, signed_in):
    make_period("2018-06")
    browser = signed_in(officer)
    for fields, sentence in (
        ({"largest_area": "很大"}, "请填写整数"),
        ({"largest_area": "1"}, "“一处设施建筑面积最多”应在1,000㎡到200,000㎡之间"),
        ({"largest_area": ""}, "请填写“一处设施建筑面积最多”"),
        ({"largest_area": "9" * 40}, "“一处设施建筑面积最多”应在"),
        ({"valid_from": "1999-01"}, "请选择还没有锁定的月份"),
        ({"valid_from": "六月"}, "请选择还没有锁定的月份"),
    ):
        refused = browser.post(CHANGE, form(**fields))
        assert refused.status_code == 422 and sentence in markup_of(refused), fields
    for each in declared_thresholds():
        for value in (each.least - 1, each.most + 1):
            refused = browser.post(CHANGE, form(**{each.code: value}))
            assert refused.status_code == 422 and f"“{each.title}”应在" in markup_of(refused), (each.code, value)
    assert signed_in(clerk).get(CHANGE).status_code == 403
    assert signed_in(leader).get(PAGE).status_code == 403
