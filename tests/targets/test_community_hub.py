"""A community's page as its hub: how it stands towards each target first, with what changed it."""

from __future__ import annotations

import datetime
import html
import re

import pytest
from django.urls import reverse

from changelog.models import ChangeRecord
from communities.models import CommunityProfile
from targets.actions import compute_period
from targets.sparkline import sparkline
from targets.standing import CommunityStandings, Point
from tests.factories import (
    make_change_set,
    make_facility,
    make_governance_body,
    make_organization,
    make_period,
    make_project,
    make_worker,
)
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
AREA, ORGS = "urban_facility_area", "urban_org_count"


@pytest.fixture
def months(place):
    """Two months: in June the community gets a second facility, and an organization of it is dissolved."""
    here = place.communities[0]
    day = datetime.date
    make_facility(here, "演示一号中心", area=480, opened_on=day(2017, 1, 1))
    make_facility(here, "演示二号中心", area=20, opened_on=day(2018, 6, 1))
    make_organization(here, "演示合唱队", established_on=day(2017, 1, 1), dissolved_on=day(2018, 6, 30))
    make_organization(here, "演示书画社", established_on=day(2017, 1, 1))
    CommunityProfile.objects.create(community=here, as_of=day(2018, 4, 30), residents=2_000, households=700)
    for code in ("2018-04", "2018-05", "2018-06"):
        compute_period(make_period(code))
    return here


def standing(community, user, code):
    return next(each for each in CommunityStandings(community, user).each if each.target.code == code)


def text_of(page):
    return " ".join(page.content.decode().split())


def page_of(browser, community):
    return browser.get(reverse("communities:community_detail", args=[community.ref]))


def test_the_page_says_what_changed_each_figure_since_last_month(months, officer, signed_in):
    area, organizations = standing(months, officer, AREA), standing(months, officer, ORGS)
    assert (area.measure.value, area.measure.verdict, area.change) == (500, "met", 20)
    assert area.change_in_words == "增加20㎡：新增演示二号中心"
    assert area.turned == "上月未达标"
    assert organizations.change_in_words == "减少1个：停止演示合唱队"
    text = text_of(page_of(signed_in(officer), months))
    assert "增加20㎡：新增演示二号中心（上月未达标）" in text
    assert text.index("达标情况") < text.index("社区概况")
    assert "≥500㎡" in text


def test_a_corrected_area_is_a_change_too(months, officer):
    months.facilities.update(area=490)
    compute_period(make_period("2018-06"))
    months.facilities.filter(opened_on__year=2018).update(area=10)
    compute_period(make_period("2018-07"))
    assert standing(months, officer, AREA).change_in_words == "减少480㎡：登记内容有更正"


def test_a_leader_sees_the_change_without_a_name_and_nobody_of_the_people(months, leader, signed_in):
    worker = make_worker(months)
    text = text_of(page_of(signed_in(leader), months))
    assert "减少1个：停止1项" in text
    assert "演示合唱队" not in text
    assert worker.name not in text


def test_the_line_says_in_words_what_it_draws(months, officer, signed_in):
    text = text_of(page_of(signed_in(officer), months))
    assert 'aria-label="2018年4月至2018年6月：从480㎡到500㎡，最低480㎡，最高500㎡"' in text
    assert "逐月数字" in text
    assert "2018年5月" in text


def test_a_month_without_a_figure_interrupts_the_line():
    month = datetime.date(2018, 1, 1)
    points = [Point(month.replace(month=n), value, "unmet") for n, value in enumerate((1, 2, None, 4), start=1)]
    line = sparkline(points, bound=5, unit="个")
    assert [len(each.split()) for each in line.lines] == [2, 1]
    assert 0 < line.bound < line.last[1] < line.height
    assert sparkline(points[2:], bound=5, unit="个") is None


def test_each_part_leads_to_its_list_and_to_a_new_record(months, clerk, leader, signed_in):
    make_worker(months)
    make_project(months.town.parent, months)
    browser = signed_in(clerk)
    text = text_of(page_of(browser, months))
    for name in ("communities:facility_list", "orgs:list", "socialworkers:list", "services:list"):
        address = f"{reverse(name)}?q={months.code}"
        assert f'href="{address}' in text, name
        assert browser.get(address).context["table"].paginator.count >= 1, name
    for register in ("facilities", "organizations", "workers", "projects"):
        (address,) = re.findall(rf'href="({reverse("changelog:add", args=[register])}[^"]*)"', text)
        form = browser.get(html.unescape(address)).context["form"]
        assert form["county"].value() == months.town.parent.name, register
        if "community_name" in form.fields:  # a project lists any number
            assert form["community_name"].value() == months.name, register
        assert browser.get(address).status_code == 200
    target = standing(months, clerk, AREA)
    listed = browser.get(target.list_url)
    assert months in {row.record.community for row in listed.context["table"].paginated_rows}
    assert "新增</a>" not in text_of(page_of(signed_in(leader), months))


def test_the_history_says_what_a_new_part_is_and_has_no_empty_lines(months, clerk, signed_in):
    made = [make_governance_body(months, kind) for kind in ("party", "committee")]
    changes = make_change_set(clerk)
    for each, kind, before, after in [
        *((body, "created", {}, {"kind": body.kind, "exists": True}) for body in made),
        (months, "updated", {"sort_key": "a"}, {"sort_key": "b"}),
    ]:
        ChangeRecord.objects.create(
            change_set=changes,
            model=each._meta.label_lower,
            object_id=each.pk,
            object_label=str(each),
            division=months.town,
            kind=kind,
            before=before,
            after=after,
        )
    page = page_of(signed_in(clerk), months)
    history = next(
        panel for panel in page.context["panels"] if panel["template_name"] == "changelog/history_panel.html"
    )
    (line,) = history["entries"]
    assert {change.new for change in line.changes} >= {"是"}
    assert all(change.new for change in line.changes)


def test_a_community_that_was_never_measured_says_so(place, officer, signed_in):
    assert "还没有测算结果" in text_of(page_of(signed_in(officer), place.communities[0]))


def test_the_hub_costs_the_same_queries_with_one_record_and_with_many(months, officer, signed_in):
    browser = signed_in(officer)
    page_of(browser, months)
    number = len(queries_of(lambda: page_of(browser, months)))
    for _ in range(20):
        make_facility(months)
        make_organization(months)
        make_worker(months)
        make_project(months.town.parent, months)
    with exactly(number):
        page_of(browser, months)
    assert number <= 38
