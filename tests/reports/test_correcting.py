"""Tests of corrected editions: figures that computing a locked month again would give; the original is not changed."""

from __future__ import annotations

import copy
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import strip_tags
from pypdf import PdfReader

from accounts.actions import apply_division_changes
from changzhi_portal.briefings import Change
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from reports.actions import begin_correction, issue_now, prepare_briefing, print_queued
from reports.corrections import corrections_between
from reports.issue import issue_markup
from reports.models import Briefing
from reports.stored_figures import from_json
from revisions.actions import compare_locked
from submissions.actions import lock_period, reopen_period
from tests.communities.changes import change
from tests.factories import make_facility
from tests.reports.briefings import division, figures, issue, pdf_of, short_community, target
from tests.reports.whole_issues import COUNTY, TOWNS, whole
from tests.revisions.edits import Office, rows_of

pytestmark = pytest.mark.one_database
NOTE = "先印发"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def locked(place, period, administrator):
    make_facility(place.communities[0], "综合楼", area=600)
    make_facility(place.communities[1], "综合楼", area="499.99")
    make_facility(place.villages[0], "综合楼", area=100)
    lock_period(period=period, by=administrator)
    period.refresh_from_db()
    return period


@pytest.fixture
def original(locked, place):
    """Create the city's issued briefing of June 2018."""
    return issued(prepare_briefing(period=locked, division=place.city, by=None, queue=False))


def printed(briefing):
    print_queued(briefing.pk)
    briefing.refresh_from_db()
    assert briefing.state == "printed", briefing.message
    return briefing


def issued(briefing):
    """Print a draft and issue it, although no county has reported."""
    return issue_now(printed(briefing), note=NOTE)


def correct(place, administrator, area):
    facility = place.communities[1].facilities.get()
    return Office(administrator).change(facility, area=Decimal(area))


# --- Corrections as text ---


def test_equal_figures_need_no_correction():
    assert corrections_between(figures(), figures()) == []


def test_every_printed_difference_is_named_with_old_and_new_figure():
    new = figures(
        targets=[
            target(
                met=97,
                unmet=56,
                percent=63.4,
                gap=12_437.84,
                divisions=[division("140402", "城区", 57, 39), division("140423", "襄垣县", 8, 4)],
            )
        ],
        workforce={"workers": 4_356, "professionals": 2_245, "percent": 51.5, "last_month_workers": None},
        shortfalls={"targets": ["urban_facility_area"], "rows": [short_community("和平社区居委会", area=310)]},
    )
    assert [each.in_words() for each in corrections_between(figures(), new)] == [
        "全市城市社区设施面积：达标数由96个更正为97个，未达标数由57个更正为56个，达标率由62.7%更正为63.4%，"
        "缺口由12,817.84平方米更正为12,437.84平方米",
        "各县（市、区）城市社区设施面积：城区达标数由38个更正为39个",
        "全市社会工作者：在岗人数由4,355人更正为4,356人",
        "附件未达标城市社区名单中城区东街街道办事处和平社区居委会：城市社区设施面积由300平方米更正为310平方米",
    ]


def test_another_standard_and_targets_that_the_plan_got_or_lost_are_named():
    area = target()
    old = figures(targets=[area, target(code="old", short_name="旧目标")])
    new = figures(targets=[target(at_least=600), target(code="new", short_name="新目标", percent=50.0)])
    assert [each.in_words() for each in corrections_between(old, new)] == [
        "全市城市社区设施面积：标准由≥500㎡更正为≥600㎡",
        "全市新目标：新列入（50.0%）",
        "全市旧目标：不再列入（原为62.7%）",
    ]


def test_who_comes_onto_the_list_or_leaves_it_is_named_or_counted():
    many = [short_community(f"第{number}社区", area=1, code=f"14040200100{number}") for number in range(2, 9)]
    new = figures(shortfalls={"targets": ["urban_facility_area"], "rows": many})
    [correction] = corrections_between(figures(), new)
    assert correction.in_words() == (
        "附件未达标城市社区名单：增加城区东街街道办事处第2社区、城区东街街道办事处第3社区、城区东街街道办事处第4社区、"
        "城区东街街道办事处第5社区、城区东街街道办事处第6社区等7个社区，删去城区东街街道办事处和平社区居委会"
    )


def test_many_corrected_figures_of_the_list_are_counted():
    rows = [short_community(f"第{number}社区", area=1, code=f"14040200100{number}") for number in range(2, 9)]
    more = [short_community(row.name, area=2, code=row.code) for row in rows]
    old, new = ({"targets": ["urban_facility_area"], "rows": each} for each in (rows, more))
    [correction] = corrections_between(figures(shortfalls=old), figures(shortfalls=new))
    assert correction.in_words() == "附件未达标城市社区名单：另有7个社区的数据相应更正"


def test_the_list_is_called_by_its_number_and_without_the_county_in_a_countys_edition():
    old = whole(names=TOWNS, edition=COUNTY)
    kept = old.shortfalls.rows
    new = replace(old, shortfalls=replace(old.shortfalls, rows=kept[1:]))
    [correction] = corrections_between(old, new)
    assert correction.in_words() == f"附件1未达标城市社区名单：删去{kept[0].town}{kept[0].name}"


def test_corrected_towns_are_named_with_their_county_under_the_number_of_their_annex():
    old = whole(names=("城区", "郊区"))
    stored = copy.deepcopy(old.sections["rural_towns"])
    stored["rows"][0]["communities"] += 1
    [correction] = corrections_between(old, replace(old, sections={**old.sections, "rural_towns": stored}))
    assert correction.in_words() == "附件2农村社区分乡镇配备情况：城区城古韩镇的数据相应更正"


@pytest.mark.parametrize("reason", ["综合楼面积报错", "综合楼面积报错。", "综合楼面积报错；"])
def test_a_reason_has_one_full_stop_however_it_was_typed(reason):
    edition = issue(edition=2, correction_reason=reason)
    assert "更正原因：综合楼面积报错。数据没有变化。" in strip_tags(issue_markup(edition))


# --- Issuing one ---


@pytest.mark.django_db
def test_a_corrected_edition_stands_beside_an_original_that_stays_byte_for_byte(original, locked, place, administrator):
    before, file = rows_of(locked), pdf_of(original).read_bytes()
    kept = copy.deepcopy(original.figures)
    correct(place, administrator, area=600)
    correction = issued(begin_correction(briefing=original, reason="综合楼面积报错", by=administrator, queue=False))

    assert rows_of(locked) == before, "the locked month is the same"
    assert (correction.edition, correction.number_line) == (2, "第6期（总第8期）更正版")
    assert correction.stored_figures.targets[0].met == from_json(kept).targets[0].met + 1
    assert [each.subject for each in correction.stored_corrections][:2] == [
        "全市城市社区设施面积",
        "各县（市、区）城市社区设施面积",
    ]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(correction).read_bytes())).pages)
    text = "".join(text.split())
    assert "更正版" in text and "更正说明" in text and "达标数由1个更正为2个" in text and "综合楼面积报错" in text

    original.refresh_from_db()
    assert original.figures == kept
    assert pdf_of(original).read_bytes() == file
    asked = prepare_briefing(period=locked, division=place.city, by=None, queue=False, edition=1)
    assert (asked.pk, asked.state, asked.stage) == (original.pk, "printed", "issued")
    assert print_queued(original.pk) is None
    assert pdf_of(original).read_bytes() == file


@pytest.mark.django_db
def test_issued_editions_stay_when_the_month_is_opened_again(original, locked, place, administrator):
    kept = copy.deepcopy(original.figures)
    correct(place, administrator, area=600)
    correction = issued(begin_correction(briefing=original, reason="面积报错", by=administrator, queue=False))
    figures_of_correction = copy.deepcopy(correction.figures)
    correct(place, administrator, area=200)
    reopen_period(period=locked, by=administrator, reason="更正")
    for edition in (1, 2):
        prepare_briefing(period=locked, division=place.city, by=None, queue=False, edition=edition)
    original.refresh_from_db()
    correction.refresh_from_db()
    assert (original.figures, correction.figures) == (kept, figures_of_correction)


@pytest.mark.django_db
def test_a_second_correction_corrects_the_first(original, locked, place, administrator):
    correct(place, administrator, area=600)
    first = issued(begin_correction(briefing=original, reason="面积报错", by=administrator, queue=False))
    correct(place, administrator, area=200)
    second = printed(begin_correction(briefing=original, reason="又有更正", by=administrator, queue=False))
    assert (first.edition, second.edition, second.edition_name) == (2, 3, "第2次更正版")
    assert Change("达标数", "2个", "1个") in second.stored_corrections[0].changes


@pytest.mark.django_db
def test_a_correction_of_words_alone_says_that_no_figure_has_changed(original, place, administrator):
    correction = issued(begin_correction(briefing=original, reason="按语有错字", by=administrator, queue=False))
    assert correction.stored_corrections == ()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(correction).read_bytes())).pages)
    assert "按语有错字" in "".join(text.split())


@pytest.mark.django_db
def test_only_an_issued_edition_is_corrected_only_by_the_bureau_and_only_with_a_reason(
    original, locked, place, administrator, officer, clerk, leader
):
    for user in (clerk, leader):
        with pytest.raises(NotAllowedError):
            begin_correction(briefing=original, reason="面积报错", by=user, queue=False)
    county = prepare_briefing(period=locked, division=place.county, by=None, queue=False)
    with pytest.raises(StaleError, match="没有印发"):
        begin_correction(briefing=county, reason="面积报错", by=officer, queue=False)
    with pytest.raises(InvalidError, match="请写明为什么更正"):
        begin_correction(briefing=original, reason="  ", by=officer, queue=False)
    begin_correction(briefing=original, reason="面积报错", by=officer, queue=False)
    with pytest.raises(StaleError, match="没有印发"):
        begin_correction(briefing=original, reason="面积报错", by=officer, queue=False)
    assert Briefing.objects.filter(edition__gt=1).count() == 1


@pytest.mark.django_db
def test_an_edition_that_was_never_begun_is_not_printed(original, locked, place):
    with pytest.raises(NotFoundError):
        prepare_briefing(period=locked, division=place.city, by=None, queue=False, edition=2)


# --- Pages ---


@pytest.mark.django_db
def test_the_bureau_is_told_once_the_figures_would_change_and_leaders_get_the_newest_edition_in_force(
    original, locked, place, administrator, officer, leader, signed_in
):
    address = reverse("reports:briefing", args=[original.ref])
    form = reverse("reports:correct_briefing", args=[original.ref])
    browser = signed_in(officer)
    compare_locked(locked)
    told = "印发以后登记表又有更正"
    assert told not in browser.get(address).content.decode()
    correct(place, administrator, area=600)
    compare_locked(locked)
    shown = browser.get(address).content.decode()
    assert told in shown and shown.count(f'class="btn" href="{form}"') == 1
    assert form not in signed_in(leader).get(address).content.decode()
    assert signed_in(leader).post(form, {"reason": "面积报错"}).status_code == 403

    answer = browser.post(form, {"reason": "面积报错"})
    correction = Briefing.objects.get(edition=2)
    assert answer["Location"] == reverse("reports:briefing", args=[correction.ref])
    assert f'class="btn" href="{form}"' not in browser.get(address).content.decode(), "one is being written"
    printed(correction)
    assert signed_in(leader).get(answer["Location"]).status_code == 404, "a draft is for the bureau alone"
    shown = browser.get(answer["Location"]).content.decode()
    assert "更正说明" in shown and "达标数由1个更正为2个" in shown and "面积报错" in shown
    assert address in shown
    issue_now(correction, note=NOTE)
    old = signed_in(leader).get(address).content.decode()
    assert "更正前的一版" in old and answer["Location"] in old
    assert told not in browser.get(address).content.decode()
    assert "2018年6月更正版</a>" in browser.get(reverse("reports:briefings")).content.decode()
    assert "第6期（总第8期）更正版" in browser.get(reverse("reports:briefings")).content.decode()
    home = signed_in(leader).get(reverse("home")).content.decode()
    assert reverse("reports:briefing_pdf", args=[correction.ref]) in home, "a leader gets the newest edition"


@pytest.mark.django_db
def test_a_county_that_is_no_more_is_offered_a_correction_as_well(locked, place, administrator, officer, signed_in):
    """The towns of a merged county belong to its successor today."""
    of_county = issued(prepare_briefing(period=locked, division=place.county, by=None, queue=False))
    change("rename", place.county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    address, told = reverse("reports:briefing", args=[of_county.ref]), "印发以后登记表又有更正"
    compare_locked(locked)
    assert told not in signed_in(officer).get(address).content.decode()
    correct(place, administrator, area=600)
    compare_locked(locked)
    assert told in signed_in(officer).get(address).content.decode()


@pytest.mark.django_db
def test_a_correction_without_a_reason_is_refused_at_the_field(original, officer, signed_in):
    answer = signed_in(officer).post(reverse("reports:correct_briefing", args=[original.ref]), {"reason": ""})
    assert answer.status_code == 422
    assert "请写明更正原因" in answer.content.decode()
