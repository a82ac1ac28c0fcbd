"""Numbers have one format in every page: thousands separated, a real minus sign, no signed zero."""

from __future__ import annotations

import re

import pytest

from communities.models import Community
from reports.figures import briefing_figures
from reports.issue import issue_markup
from targets.actions import compute_period
from targets.models import Target, TargetResult
from tests.factories import make_facility, make_period, make_profile
from tests.reports.briefings import issue, make_briefing

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
# Parts of a page that are no text, or numbers that are no amounts: addresses, dates, months, document numbers, codes.
_NO_TEXT = re.compile(r"<(style|script|select|head|input)\b.*?</\1>|<[^>]*>", re.DOTALL)
_UNBROKEN = re.compile(r'<span class="date">([^<]*)</span>')  # inside a text, also of a target's name
_NO_AMOUNT = re.compile(r"\d{4}年|\d{4}-\d{2}(?:-\d{2})?|〔\d{4}〕\d+号|\b\d{12}\b|https?://\S+")
_UNGROUPED = re.compile(r"(?<![\d,.])\d{4,}(?![\d,])")
_HYPHEN = re.compile(r"(?<![\w—-])-\d")
_SIGNED_ZERO = re.compile(r"[+−]0(?:\.0+)?(?![\d.])")


def text_of(markup):
    text = _NO_TEXT.sub(" ", _UNBROKEN.sub(r"\1", markup))
    for target in Target.objects.all():  # its name and quotation are the document's words
        text = text.replace(target.name, " ").replace(target.quotation or target.name, " ")
    return _NO_AMOUNT.sub(" ", text)


def assert_numbers_have_one_format(markup, where):
    text = text_of(markup)
    for bad in (_UNGROUPED, _HYPHEN, _SIGNED_ZERO):
        assert not bad.findall(text), (where, bad.findall(text))


@pytest.fixture
def large(place):
    """Two months with results of many units, fewer of them reached in the second."""
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    make_facility(place.communities[0], area="12817.84")
    make_facility(place.communities[1], area="100.5")
    periods = [make_period(month) for month in ("2018-05", "2018-06")]
    for period, reached in zip(periods, (4_321, 3_987), strict=True):
        compute_period(period)
        counts = {"judged": 12_345, "met": reached, "over": 0, "unmet": 12_345 - reached - 1_234, "unknown": 1_234}
        TargetResult.objects.filter(period=period).update(**counts, not_applicable=0, rate=None, gap="98765.5")
    return periods


def test_numbers_of_pages_have_one_format(large, place, officer, clerk, signed_in):
    browser = signed_in(officer)
    period = large[1]
    figures = briefing_figures(period, place.city)
    briefing = make_briefing(place.city, figures=figures)
    pages = [
        "/",
        "/dashboard/",
        "/dashboard/?target=rural_professionals",
        "/matrix/",
        "/compare/",
        "/results/?period=2018-06&target=urban_facility_area",
        f"/briefings/{briefing.ref}/",
        f"/submissions/201806-{place.county.code}/",
        "/plans/2020/",
    ]
    for page in pages:
        markup = browser.get(page).content.decode()
        assert_numbers_have_one_format(markup, page)
    assert "−2.7" in browser.get("/matrix/").content.decode(), "35.0 % became 32.3 %"
    assert "3,987" in browser.get("/dashboard/").content.decode()


def test_numbers_of_a_printed_issue_have_one_format(large, place):
    figures = briefing_figures(large[1], place.city)
    markup = issue_markup(issue(figures=figures))
    assert_numbers_have_one_format(markup, "printed")
    assert "12,345" in text_of(markup)
