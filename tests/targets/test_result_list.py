"""The list of a month's results: the communities behind every number, and how they are asked for."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Division
from targets.actions import compute_period
from targets.addresses import NOW, results_address
from targets.models import Target, TargetPlan, TargetResult
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_profile,
    make_user,
)
from tests.queries import exactly

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.one_database]
AREA = "urban_facility_area"


@pytest.fixture
def measured(place, period):
    """June of a small city: one community of 城区 has its 500 m², one lacks 20, the others have none."""
    make_facility(place.communities[0], area=500)
    make_facility(place.communities[1], area=480)
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    compute_period(period)
    return period


def shown(page):
    return [row.record for row in page.context["table"].paginated_rows]


def text_of(page):
    return " ".join(page.content.decode().split())


def test_the_address_names_month_plan_target_verdicts_place_and_boundaries(place, measured):
    target = Target.objects.get(plan__code="2020", code=AREA)
    address = results_address(
        plan=target.plan, period=measured, target=target, verdict=["unmet", "unknown"], division=place.street
    )
    assert parse_qs(urlsplit(address).query) == {
        "period": ["2018-06"],
        "plan": ["2020"],
        "target": [AREA],
        "verdict": ["unmet", "unknown"],
        "county": [place.county.code],
        "town": [place.street.code],
    }
    assert urlsplit(address).path == "/results/"
    now = results_address(plan="2020", period="2018-06", target=AREA, division=place.city, boundaries=NOW)
    assert now == f"/results/?period=2018-06&plan=2020&target={AREA}&boundaries=now"


@pytest.mark.parametrize("boundaries", ["then", "now"])
def test_each_number_of_a_result_is_the_number_of_rows_behind_it(place, measured, officer, signed_in, boundaries):
    browser = signed_in(officer)
    asked = TargetResult.objects.filter(period=measured, target__level="community").select_related("target__plan")
    assert asked.count() > 10
    for result in asked.select_related("division__parent"):
        for verdict in ("met", "over", "unmet", "unknown", "not_applicable"):
            address = results_address(
                plan=result.target.plan,
                period=measured,
                target=result.target,
                verdict=[verdict],
                division=result.division,
                boundaries=boundaries,
            )
            assert browser.get(address).context["table"].paginator.count == getattr(result, verdict), address


def test_the_farthest_stand_first_with_figure_bound_and_what_they_lack(place, measured, officer, signed_in):
    page = signed_in(officer).get(reverse("targets:results"), {"target": AREA, "verdict": "unmet"})
    rows = shown(page)
    assert [row.missing for row in rows][-1] == 20
    assert [row.missing for row in rows] == sorted((row.missing for row in rows), reverse=True)
    text = text_of(page)
    assert "现有（㎡）" in text
    assert "≥500㎡" in text
    assert "综合服务设施面积少20㎡" in text
    assert f"本月未达标 <b>{len(rows)}</b> 个" in text


def test_the_list_says_which_verdicts_it_shows(place, measured, officer, signed_in):
    browser = signed_in(officer)
    page = browser.get(reverse("targets:results"))
    total = page.context["table"].paginator.count
    assert not page.context["filter_form"]["verdict"].value()
    assert {row.verdict for row in shown(page)} >= {"met", "unmet"}
    assert f"下面列出全部 {total} 个，差得多的在前" in text_of(page)
    summary = page.context["summary"]
    assert sum(number for _, _, number in summary.by_verdict) == summary.total == total
    for value, label, number in summary.by_verdict:
        narrowed = browser.get(reverse("targets:results"), {"verdict": value})
        assert narrowed.context["table"].paginator.count == number
        assert f"下面只列出结果为{label}的" in text_of(narrowed)
        assert f"改看全部 {total} 个" in text_of(narrowed)


def test_what_is_asked_less_often_is_folded_until_it_is_in_use(place, measured, officer, clerk, signed_in):
    def folded(user, **asked):
        form = signed_in(user).get(reverse("targets:results"), asked).context["filter_form"]
        return [field.name for field in form.first_fields], form.opens_further

    assert folded(officer) == (["period", "target", "county", "verdict"], False)
    assert folded(clerk) == (["period", "target", "town", "verdict"], False)
    assert folded(officer, q="和平")[1]
    assert folded(officer, boundaries="now")[1]
    assert folded(officer, county="140402", town="140402999")[1]


def test_without_a_question_the_newest_month_is_judged_by_its_own_plan(place, measured, officer, signed_in):
    page = signed_in(officer).get(reverse("targets:results"))
    question = page.context["question"]
    assert (question.period, question.target.code, question.plan.code) == (measured, AREA, "2020")
    assert "试算" not in text_of(page)


def test_another_plan_is_a_trial_and_says_so(place, measured, officer, signed_in):
    plan = TargetPlan.objects.current().get(code="2025")
    page = signed_in(officer).get(reverse("targets:results"), {"plan": plan.code})
    assert page.context["question"].target.plan == plan
    assert "试算" in text_of(page)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"period": "2018-13"}, "period"),
        ({"period": "1999-01"}, "period"),
        ({"plan": "nobody"}, "plan"),
        ({"target": "no_target"}, "target"),
        ({"verdict": ["unmet", "bad"]}, "verdict"),
        ({"county": "110101"}, "county"),
        ({"county": "140402", "town": "140402999"}, "town"),
        ({"boundaries": "tomorrow"}, "boundaries"),
    ],
)
def test_a_wrong_value_is_said_at_its_field_and_lists_nothing(place, measured, officer, signed_in, asked, field):
    page = signed_in(officer).get(reverse("targets:results"), asked)
    assert page.status_code == 200
    assert list(page.context["filter_form"].errors) == [field]
    assert len(page.context["filter_form"].errors[field]) == 1
    assert page.context["table"].paginator.count == 0
    assert "查询条件有误" in text_of(page)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_county_that_a_month_does_not_have_is_named_and_leads_to_its_results_of_today(
    place, measured, officer, signed_in, headers
):
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    clerk = make_user(Role.DISTRICT_CLERK, "140403")
    for user, county, boundaries, sentence in (
        (officer, "140403", "then", "2018年6月的区划里没有潞州区。"),
        (clerk, "140403", "then", "2018年6月的区划里没有潞州区。"),
        (officer, "140402", "now", "现行区划里没有城区（今潞州区）。"),
    ):
        browser = signed_in(user)
        asked = {"period": "2018-06", "target": AREA, "county": county, "boundaries": boundaries}
        text = text_of(browser.get(reverse("targets:results"), asked | {"town": f"{county}001"}, headers=headers))
        assert f'<p class="nothing-title">{sentence}</p>' in text
        assert "查询条件有误" not in text
        offered = unescape(re.search(r'<a href="([^"]*)">按现行区划看潞州区的结果</a>', text)[1])
        assert parse_qs(urlsplit(offered).query) == {key: [value] for key, value in asked.items()} | {
            "county": ["140403"],
            "boundaries": ["now"],
        }
        assert {row.community.town.parent.code for row in shown(browser.get(offered))} == {"140403"}


def test_codes_of_twelve_digits_are_understood(place, measured, officer, signed_in):
    asked = {"county": f"{place.county.code}000000", "town": f"{place.street.code}000", "target": AREA}
    page = signed_in(officer).get(reverse("targets:results"), asked)
    assert {row.town for row in shown(page)} == {place.street}


def test_a_county_sees_its_own_and_cannot_name_another(place, measured, clerk, signed_in):
    browser = signed_in(clerk)
    assert {row.county for row in shown(browser.get(reverse("targets:results")))} == {place.county}
    refused = browser.get(reverse("targets:results"), {"county": place.other_county.code})
    assert list(refused.context["filter_form"].errors) == ["county"]
    assert place.other_county.name not in refused.content.decode()


def test_a_target_for_counties_lists_counties(place, measured, officer, leader, signed_in):
    Division.objects.filter(pk=place.county.pk).update(is_urban_district=True)
    page = signed_in(leader).get(reverse("targets:results"), {"target": "district_agencies"})
    assert [measure.division for measure, _ in page.context["counties"]] == [place.county]
    assert "民办社会工作服务机构数少2家" in text_of(page)
    none = signed_in(officer).get(reverse("targets:results"), {"target": "district_agencies", "verdict": "met"})
    assert none.context["counties"] == []
    assert "没有符合条件的市辖区" in text_of(none)


def test_a_community_that_cannot_be_judged_says_why(place, measured, officer, signed_in):
    asked = {"target": "rural_org_count", "verdict": "unknown"}
    assert "常住人口未报" in text_of(signed_in(officer).get(reverse("targets:results"), asked))
    asked = {"target": "urban_professionals", "verdict": "unknown"}
    assert "所在县还没有报这张登记表" in text_of(signed_in(officer).get(reverse("targets:results"), asked))


def test_before_any_month_was_measured_the_list_says_so(place, officer, signed_in):
    page = signed_in(officer).get(reverse("targets:results"))
    assert page.status_code == 200
    assert "还没有测算结果" in text_of(page)


def test_the_list_costs_the_same_queries_for_one_community_and_for_a_hundred(place, measured, officer, signed_in):
    browser = signed_in(officer)
    asked = {"target": AREA, "per_page": 100}
    browser.get(reverse("targets:results"), asked)
    # The user; months, computation, plans, targets; count, sums by place; saved views, choices of counties, rows.
    with exactly(10):
        browser.get(reverse("targets:results"), asked)
    town = make_division("140402009", "新街街道办事处", place.county)
    for _ in range(100):
        make_profile(make_community(town))
    compute_period(measured)
    with exactly(10):
        page = browser.get(reverse("targets:results"), asked)
    assert len(shown(page)) == 100
