"""One rate is the same text wherever it is printed.

Home page, dashboard, charts with their titles, matrix, comparison, report, plan, briefing as page and PDF, command.
"""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import timezone

from changzhi_portal.percent import percent, percent_text
from communities.models import Community
from periods.models import ReportingPeriod
from reports.figures import briefing_figures
from reports.issue import issue_markup, issue_text
from reports.pdf import print_markup
from targets.actions import compute_period
from targets.models import TargetResult
from targets.wording import result_text
from tests.factories import make_period, make_profile
from tests.reports.briefings import issue
from tests.reports.test_pdf import text_of
from tests.submissions.reporting import make_due

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

TARGET = "urban_facility_area"
# Reached and judged, and what is printed.
AWKWARD = {
    (29_999, 30_000): "99.9%",
    (30_000, 30_000): "100.0%",
    (1, 30_000): "0.1%",
    (0, 30_000): "0.0%",
    (15_989, 20_000): "79.9%",  # 79.945, as a stored rate 0.7995
    (15_990, 20_000): "80.0%",  # 79.95
    (96, 153): "62.7%",
}
_NOT_WORDS = re.compile(r"""\s(?:href|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*\"""")
_PERCENTAGE = re.compile(r"\d+(?:\.\d+)?%")
_AXIS = {"0%", "25%", "50%", "75%", "100%"}


@pytest.fixture
def measured(place):
    """Return June 2018, measured like the month before it."""
    period = make_due()
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    compute_period(make_period("2018-05"))
    compute_period(period)
    return period


def have(reached, judged):
    """Give every result of every month these counts."""
    TargetResult.objects.update(
        judged=judged,
        met=reached,
        over=0,
        unmet=judged - reached,
        unknown=0,
        rate=round(reached / judged + 1e-12, 4),
    )


def percentages(text):
    """Return the rates in a text or in markup, where addresses and lengths of charts hold per cents as well."""
    return set(_PERCENTAGE.findall(_NOT_WORDS.sub("", text))) - _AXIS


@pytest.mark.parametrize(("counts", "printed"), AWKWARD.items(), ids=AWKWARD.values())
def test_every_place_prints_the_same_rate(counts, printed, measured, place, officer, clerk, signed_in):
    reached, judged = counts
    assert percent_text(percent(reached, judged)) == printed
    have(reached, judged)
    city = TargetResult.objects.get(period=measured, target__code=TARGET, division=place.city)
    assert result_text(city) == printed
    browser = signed_in(officer)
    answer = browser.get("/dashboard/", {"period": measured.code, "target": TARGET})
    for name in ("chart", "tiles"):
        assert percentages(answer.context[name]) == {printed}, name
    assert f"平均{printed}" in answer.context["chart"]
    assert percentages(answer.content.decode()) == {printed}
    assert percentages(browser.get("/").content.decode()) <= {printed, "0.0%"}, "0.0 % of the counties have reported"
    for page in ("/matrix/", "/compare/", f"/matrix/?division={place.county.code}"):
        shown = browser.get(page).content.decode()
        assert percentages(shown) == {printed}, page
        assert "持平" in shown, page
    report = signed_in(clerk).get(f"/submissions/{measured.month:%Y%m}-{place.county.code}/")
    assert {each["figure"] for each in report.context["figures"]} == {printed}
    figures = briefing_figures(measured, place.city)
    text = issue_text(issue(figures=figures))
    paper = issue_markup(issue(figures=figures))
    page = render_to_string("reports/briefing_text.html", {"issue": text})
    for kind, said in (("page", page), ("paper", paper)):
        assert percentages(re.sub("上报率.*?。|占比.*?。", "", said)) == {printed}, kind
    output = io.StringIO()
    ReportingPeriod.objects.update(state="locked", locked_at=timezone.now(), locked_by=officer)
    call_command("compute", period=measured.code, stdout=output)
    assert percentages(output.getvalue()) == {printed}


def test_the_pdf_prints_the_rate_of_the_pages(measured, place):
    have(15_989, 20_000)
    pdf = print_markup(issue_markup(issue(figures=briefing_figures(measured, place.city))))
    said = re.sub("上报率.*?。|占比.*?。", "", text_of(pdf))
    # The cells of a table follow each other without a space.
    assert set(re.findall(r"\d\d\.\d%", said)) == {"79.9%"}
