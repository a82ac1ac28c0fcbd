"""Tests of printed question sheets: what stands on them, for whom, and how many at once."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from changelog.models import TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.refusals import InvalidError
from participation.models import Survey
from participation.questions import SENTENCES
from reports.question_sheets import MOST_SHEETS, sheets_of
from tests.factories import make_community, make_survey
from tests.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def sheets(survey):
    return reverse("reports:question_sheets", args=[survey.ref])


def pages_of(answer):
    assert answer["Content-Type"] == "application/pdf"
    return [page.extract_text().replace("\n", "") for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_a_town_gets_a_page_for_each_community_with_every_question(place, clerk, signed_in):
    survey = make_survey(place.county, "2018年居民满意度调查")
    pages = pages_of(signed_in(clerk).get(sheets(survey), {"town": place.street.code}))
    assert len(pages) == 3
    for page, community in zip(pages, place.communities, strict=True):
        assert f"城区东街街道办事处{community.name}" in page
        for told in (
            "居民满意度调查问卷",
            "2018年居民满意度调查",
            "不记名",
            "不了解",
            "2018年6月15日前",
            *SENTENCES.values(),
        ):
            assert told in page
        assert page.count("□") == 6 * len(SENTENCES)
        for asked in ("姓名：", "电话：", "身份证号："):
            assert asked not in page
    assert TrailRecord.objects.filter(kind=TrailKind.DOCUMENT, object_label="问卷").count() == 1


def test_one_community_and_a_blank_sheet_are_a_page_each(place, clerk, signed_in):
    survey = make_survey(place.county, kind=Survey.Kind.NEEDS)
    browser = signed_in(clerk)
    (page,) = pages_of(browser.get(sheets(survey), {"community": place.communities[1].ref}))
    assert place.communities[1].name in page and "老年食堂" in page and page.count("□") == 2
    (blank,) = pages_of(browser.get(sheets(survey)))
    assert "社区居委会" not in blank and "居民需求调查问卷" in blank
    saved = browser.get(sheets(survey), {"download": "1"})
    assert saved["Content-Disposition"].startswith("attachment")


def test_what_the_survey_does_not_ask_is_not_found(place, officer, other_clerk, signed_in):
    survey = make_survey(place.county)
    assert signed_in(officer).get(sheets(survey), {"community": place.villages[0].ref}).status_code == 404
    assert signed_in(officer).get(sheets(survey), {"town": "nobody"}).status_code == 404
    assert signed_in(other_clerk).get(sheets(survey)).status_code == 404


def test_too_many_at_once_are_refused_with_what_to_do(place):
    survey = make_survey(place.county)
    many = [make_community(place.street, f"第{number}社区居委会") for number in range(MOST_SHEETS + 1)]
    with pytest.raises(InvalidError, match="一次最多打印100个社区的问卷，现在有101个；请改选街道"):
        sheets_of(survey, many)


def test_the_survey_offers_its_towns(place, clerk, signed_in):
    survey = make_survey(place.county)
    text = markup_of(signed_in(clerk).get(survey.get_absolute_url()))
    assert "打开问卷PDF" in text and "东街街道办事处</option>" in text and "古韩镇" not in text
