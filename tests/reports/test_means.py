"""Tests of means and coverages, on the dashboard and in the briefing: the value beside the bound, never a rate."""

import pytest

from changzhi_portal.briefings import Table
from reports.figures import briefing_figures
from reports.issue import issue_text
from reports.models import Briefing
from reports.stored_figures import to_json
from reports.words import overview, target_sentences
from targets.actions import compute_period
from tests.factories import make_organization, make_period

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def month(place):
    """Create June 2021: the urban communities of 城区 have 1.4 organizations on average, 襄垣县 has reported nothing."""
    for community in place.communities:
        for _ in range(2):
            make_organization(community)
    make_organization(place.other_communities[0])
    period = make_period("2021-06")
    compute_period(period)
    return period


def target_of(figures, code):
    return next(target for target in figures.targets if target.code == code)


def test_the_dashboard_shows_the_mean_beside_what_is_asked(month, place, officer, signed_in):
    page = signed_in(officer).get("/dashboard/", {"period": "2021-06", "target": "urban_org_mean"}).content.decode()
    assert "1.4个" in page
    assert "平均≥10个" in page
    card = page.split('aria-label="目标"')[1].split("城市社区平均社会组织")[1].split("</div>")[0]
    assert "达标 0 / 1" not in card
    assert "未达标" in card
    assert "43个" in card  # the sum of what all five lack


def test_the_briefing_says_the_mean_and_leaves_it_out_of_the_rates(month, place):
    figures = briefing_figures(month, place.city)
    mean = target_of(figures, "urban_org_mean")
    assert (mean.value, mean.verdict, mean.farthest) == (1.4, "unmet", None)
    sentences = "".join(target_sentences(mean, figures.division))
    assert "全市城市社区平均为1.4个，未达到平均≥10个的目标" in sentences
    assert "按目标共缺43个" in sentences
    assert "其中，城区1.4个。" in sentences
    text = "".join(overview(figures))
    assert "城市社区平均社会组织为1.4个" in text
    assert "城市社区平均社会组织、" not in text.split("达标率")[0]


def test_an_unknown_mean_says_that_it_cannot_be_judged_yet(month, place):
    figures = briefing_figures(month, place.city)
    rural = target_of(figures, "rural_org_mean")
    assert rural.verdict == "unknown"
    assert "暂不能测算" in "".join(target_sentences(rural, figures.division))


def test_a_briefing_of_the_plan_to_2025_can_be_put_into_words_whole(month, place, officer):
    figures = briefing_figures(month, place.city)
    briefing = Briefing(period=month, division=place.city, figures=to_json(figures), issue_number=6, total_number=44)
    briefing.issued_on = month.as_of
    issue = issue_text(briefing)
    (table,) = (block for block in issue.sections[0].blocks if isinstance(block, Table))
    assert "1.4个" in {cell.text for row in table.rows for cell in row}


def test_a_community_is_not_judged_by_a_mean(month, place, officer, signed_in):
    page = signed_in(officer).get(f"/communities/{place.communities[0].ref}/").content.decode()
    assert "不逐个考核" in page
