"""The printed form of a county's month: its figures, its marks, who may print it, and the PDF."""

import io

import outloud
import pytest
from pypdf import PdfReader

from submissions.actions import accept_submission, return_submission, submit_month
from submissions.models import Submission
from targets.actions import compute_period
from targets.models import TargetResult
from tests.factories import make_facility, make_organization, make_worker, phone
from tests.pages import markup_of
from tests.queries import queries_of
from tests.submissions.reporting import doubtful_facility, explained, make_due, settle

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FORM = "/report-forms/201806-140402/"


@pytest.fixture
def month(place):
    settle(place)
    return make_due(in_days=-1)


def test_before_the_report_it_is_marked_as_a_draft(place, month, clerk, signed_in):
    page = markup_of(signed_in(clerk).get(FORM))
    assert "草稿（未上报）" in page and "还没有测算结果" in page
    for line in ("城区2018年6月城乡社区治理情况上报表", "填报单位：长治市城区民政局（盖章）", "统计月：2018年6月"):
        assert line in page
    for line in ("填报人：", "审核人：", "负责人：", "单位（盖章）", "制表日期"):
        assert line in page


def test_a_reported_month_has_figures_explanations_changes_and_the_late_mark(place, month, clerk, officer, signed_in):
    doubtful_facility(place)
    make_organization(place.communities[0])
    make_worker(place.communities[0])
    make_facility(place.villages[0], area=100)
    compute_period(month)
    submission = submit_month(
        period=month, county=place.county, by=clerk, explanations=explained(month, place.county, "已现场核对")
    )
    browser = signed_in(officer)
    page = markup_of(browser.get(FORM))
    assert "草稿" not in page and "已上报，待市局审核（迟报）" in page and str(clerk) in page
    assert "已现场核对" in page and "设施面积过大" in page
    report = browser.get(FORM).context["report"]
    result = TargetResult.objects.get(target__code="urban_facility_area", division=place.county, period=month)
    (row,) = [each for each in report.targets if each.name == result.target.short_name]
    assert (row.judged, row.reached, row.unmet) == (result.judged, result.reached, result.unmet)
    assert {each.title: each.records for each in report.registers} == {
        "社区": 5, "服务设施": 1, "社会组织": 1, "社会工作者": 1, "购买服务项目": 0,
    }  # fmt: skip
    accept_submission(submission=submission, by=officer)
    assert "已上报，市局已接收（迟报）" in markup_of(browser.get(FORM))
    return_submission(submission=submission, note="请核对", by=officer)
    page = markup_of(browser.get(FORM))
    assert "草稿（退回后未重报）" in page and "已现场核对" not in page


def test_a_personal_number_that_slipped_in_is_masked(place, month, clerk, officer, signed_in):
    submit_month(period=month, county=place.county, by=officer)
    number = phone()
    told = {
        "rule": "x",
        "title": "检查",
        "label": "记录",
        "place": "",
        "message": "",
        "url": "",
        "text": f"电话{number}",
    }
    Submission.objects.update(explanations={"x:y": told})
    page = markup_of(signed_in(clerk).get(FORM))
    assert number not in page and "电话" in page
    assert "（市局代报）" in page


def test_only_the_county_and_those_above_see_it(place, month, clerk, other_clerk, street_clerk, leader, signed_in):
    for address in (FORM, f"{FORM}pdf/"):
        assert signed_in(other_clerk).get(address).status_code == 404
        assert signed_in(street_clerk).get(address).status_code == 404
        assert signed_in(leader).get(address).status_code == 403
    for wrong in ("/report-forms/201806-140499/", "/report-forms/209913-140402/", "/report-forms/x/"):
        assert signed_in(clerk).get(wrong).status_code == 404


def test_the_page_of_the_report_links_the_form_and_its_pdf(place, month, clerk, signed_in):
    page = markup_of(signed_in(clerk).get("/submissions/201806-140402/"))
    assert f'href="{FORM}"' in page and f'href="{FORM}pdf/"' in page


def test_the_pdf_is_one_a4_page_with_the_same_text(place, month, clerk, signed_in):
    compute_period(month)
    submit_month(period=month, county=place.county, by=clerk, explanations={})
    answer = signed_in(clerk).get(f"{FORM}pdf/?download")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    assert [round(float(side)) for side in (pages[0].mediabox.width, pages[0].mediabox.height)] == [595, 842]
    text = "".join(pages[0].extract_text().split())
    for part in ("上报表", "填报单位", "（盖章）", "填报人", "审核人", "负责人", "城市社区设施面积", "第1页，共1页"):
        assert part in text


def test_the_pdf_can_be_read_by_a_screen_reader(place, month, clerk, signed_in, tmp_path):
    compute_period(month)
    path = tmp_path / "form.pdf"
    path.write_bytes(signed_in(clerk).get(f"{FORM}pdf/").content)
    result = outloud.check(str(path), layers=["conformance"])
    assert result.error is None
    assert [f"{finding.rule} {finding.message}" for finding in result.findings] == []


def test_the_number_of_queries_does_not_grow_with_the_records(place, month, clerk, signed_in):
    compute_period(month)
    browser = signed_in(clerk)
    browser.get(FORM)
    few = len(queries_of(lambda: browser.get(FORM)))
    for community in place.communities:
        make_facility(community)
        make_organization(community)
        make_worker(community)
    assert len(queries_of(lambda: browser.get(FORM))) == few
