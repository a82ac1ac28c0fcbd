"""Tests of activities: what a row may say, the way of every column, what they come to, and who holds none."""

from __future__ import annotations

import datetime
import io
from collections import Counter
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from changelog.actions import edit_record
from changzhi_portal.registers.registry import register_named
from participation import indicators
from participation.models import Activity
from targets.actions import compute_period
from targets.models import FigureResult
from tests.factories import Place, make_activity, make_organization, make_project
from tests.pages import markup_of
from tests.participation.activity_rows import activity_row
from tests.quality import refs_found_by
from tests.uploads.row_forms import sent
from uploads import actions
from uploads.writing.template import write_export

pytestmark = pytest.mark.django_db
Kind = Activity.Kind
JUNE = (datetime.date(2018, 6, 1), datetime.date(2018, 6, 30))


def messages_of(batch):
    return [problem["message"] for row in batch.staged_rows.all() for problem in row.problems]


def figure(period, code, division, part=""):
    found = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part).first()
    return None if found is None else found.numerator


# --- What an activity is ---


@pytest.mark.parametrize(
    "wrong",
    [{"volunteer_hours": Decimal(-1)}, {"volunteer_hours": Decimal(5)}, {"volunteers": 0, "volunteer_hours": 5}],
)
def test_the_database_holds_what_an_activity_must_be(wrong, place):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_activity(place.communities[0], **wrong)


def test_an_activity_is_noted_once_a_day_and_place(place):
    make_activity(place.communities[0], "邻里节")
    make_activity(place.communities[1], "邻里节")
    make_activity(place.street, "邻里节")
    make_activity(place.communities[0], "邻里节", held_on=datetime.date(2018, 6, 6))
    for where in (place.communities[0], place.street):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_activity(where, "邻里节")


# --- Rows ---


def test_every_column_comes_in_is_shown_goes_out_and_is_taken_back(place, clerk, period, send, signed_in):
    organization = make_organization(place.communities[0], "演示合唱团")
    project = make_project(place.county, number="YS-1")
    row = activity_row(购买服务项目编号="ys-1", 服务对象="老年人", 帮扶户数="12户", 志愿者人数=20, 备注="演示备注") | {
        "志愿服务时长（小时）": "40.5小时"
    }
    batch = sent(send, clerk, [row], register="activities")
    assert (batch.state, batch.errors, batch.new) == ("checked", 0, 1), messages_of(batch)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.commit_batch(batch).state == "committed"
    activity = Activity.objects.get()
    assert (activity.organization, activity.project, activity.community) == (
        organization,
        project,
        place.communities[0],
    )
    assert (activity.participants, activity.households, activity.volunteers) == (40, 12, 20)
    assert activity.volunteer_hours == Decimal("40.5")
    page = markup_of(signed_in(clerk).get(activity.get_absolute_url()))
    for told in ("2018-06-05", "邻里互助", "演示合唱团", "YS-1", "老年人", "40.5", "演示备注"):
        assert told in page
    for address in (organization.get_absolute_url(), place.communities[0].get_absolute_url()):
        assert "参加40人次，志愿服务40.5小时" in markup_of(signed_in(clerk).get(address))
    sheet = register_named("activities")()
    exported = load_workbook(io.BytesIO(write_export(sheet, division=place.county, by=clerk).data)).worksheets[0]
    cells = dict(zip([column.field for column in sheet.columns], [cell.value for cell in exported[4]], strict=True))
    assert (cells["organization"], cells["project"], cells["title"]) == ("演示合唱团", "YS-1", "邻里节")
    assert Decimal(str(cells["volunteer_hours"])) == Decimal("40.5")
    again = sent(send, clerk, [row], register="activities")
    assert (again.unchanged, again.new, again.changed) == (1, 0, 0)
    batch.refresh_from_db()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == "undone"
    assert not Activity.objects.exists()


def test_a_preview_names_the_organization_that_comes_and_goes(place, clerk, send, signed_in):
    old, new = (make_organization(place.communities[0], name) for name in ("演示书画社", "演示合唱团"))
    make_activity(place.communities[0], "邻里节", organization=old)
    batch = sent(send, clerk, [activity_row()], register="activities")
    page = markup_of(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref]), {"tab": "changed"}))
    assert "演示书画社" in page and "演示合唱团" in page and str(new.pk) != old.name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"开展组织": "没有的组织"}, "社会组织登记表中没有“没有的组织”，请先登记这个组织，或者核对名称"),
        ({"购买服务项目编号": "YS-9"}, "购买服务项目登记表中没有编号“YS-9”，请核对项目编号"),
        ({"街道（乡镇）": "", "社区名称": ""}, "活动属于社区或街道（乡镇），请补上街道（乡镇）或社区名称"),
        ({"志愿服务时长（小时）": 5}, "填了志愿服务时长的，请填志愿者人数"),
        ({"活动类型": "宴会"}, "只能填："),
        ({"活动日期": "2099-01-01"}, "日期晚于今天，请核对年份"),
        ({"参加人数": "40户口"}, ""),
    ],
)
def test_what_a_row_may_not_say(changes, message, place, clerk, send):
    make_organization(place.communities[0], "演示合唱团")
    batch = sent(send, clerk, [activity_row() | changes], register="activities")
    assert batch.errors == 1
    assert any(each.startswith(message) for each in messages_of(batch)), messages_of(batch)


def test_the_nearest_organization_of_a_name_is_meant_and_a_countys_agency_works_in_towns(place, street_clerk, send):
    make_organization(place.communities[1], "演示合唱团")
    near = make_organization(place.communities[0], "演示合唱团")
    agency = make_organization(place.county, "演示社工中心")
    rows = [activity_row(), activity_row(活动名称="社工日", 开展组织="演示社工中心")]
    batch = sent(send, street_clerk, rows, register="activities", commit="all")
    assert batch.errors == 0, messages_of(batch)
    found = dict(Activity.objects.values_list("title", "organization"))
    assert found == {"邻里节": near.pk, "社工日": agency.pk}


def test_an_activity_of_a_town_and_hours_are_rounded_to_one_decimal(place, clerk, send):
    row = activity_row("", 开展组织="", 志愿者人数=3) | {"志愿服务时长（小时）": 7.25}
    batch = sent(send, clerk, [row], register="activities", commit="all")
    assert batch.errors == 0, messages_of(batch)
    activity = Activity.objects.get()
    assert (activity.community, activity.division, activity.volunteer_hours) == (None, place.street, Decimal("7.3"))


def test_an_organization_is_taken_off_with_清空(place, clerk):  # the word that clerks write
    activity = make_activity(place.communities[0], organization=make_organization(place.communities[0]))
    edit = edit_record(
        register=register_named("activities")(),
        values={"organization": "清空"},
        by=clerk,
        ref=activity.ref,
        version=activity.version,
    )
    assert not edit.has_error
    activity.refresh_from_db()
    assert activity.organization is None


def test_activities_are_seen_in_their_area_alone(place, clerk, other_clerk, leader, signed_in):
    activity = make_activity(place.communities[0], "邻里节")
    assert "邻里节" in markup_of(signed_in(clerk).get(reverse("participation:activities"), {"kind": "neighbours"}))
    assert signed_in(other_clerk).get(activity.get_absolute_url()).status_code == 404
    assert signed_in(leader).get(activity.get_absolute_url()).status_code == 403


# --- Figures ---


def test_six_activities_164_people_and_12_households(place, period):
    """Three of neighbours (120), two of disputes (14), one of relief (30; 12 households) (docs/domain.md §13.4)."""
    for people in (50, 40, 30):
        make_activity(place.communities[0], kind=Kind.NEIGHBOURS, participants=people)
    for people in (8, 6):
        make_activity(place.street, kind=Kind.DISPUTES, participants=people)
    make_activity(place.other_communities[0], kind=Kind.RELIEF, participants=30, households=12)
    make_activity(place.communities[0], held_on=datetime.date(2018, 5, 31), participants=999)
    make_activity(place.communities[0], held_on=datetime.date(2018, 7, 1), participants=999)
    compute_period(period)
    assert figure(period, "activities", place.county) == 6
    assert figure(period, "participants", place.county) == 164
    assert figure(period, "households_helped", place.county) == 12
    parts = {
        kind: figure(period, "activities", place.county, kind)
        for kind in ("neighbours", "disputes", "relief", "culture_sports")
    }
    assert parts == {"neighbours": 3, "disputes": 2, "relief": 1, "culture_sports": 0}
    assert figure(period, "participants", place.street) == 134
    assert figure(period, "activities", place.other_county) is None


def test_hours_are_summed_with_one_decimal(place, period):
    for hours in ("0.1", "0.2", "40.5"):
        make_activity(place.communities[0], volunteers=3, volunteer_hours=Decimal(hours))
    compute_period(period)
    assert figure(period, "volunteer_hours", place.city) == Decimal("40.8")
    assert indicators.VOLUNTEER_HOURS.decimals == 1


_one = st.fixed_dictionaries(
    {
        "where": st.integers(0, 3),
        "day": st.dates(datetime.date(2018, 5, 25), datetime.date(2018, 7, 5)),
        "kind": st.sampled_from(Kind.values),
        "participants": st.none() | st.integers(0, 500),
        "households": st.none() | st.integers(0, 50),
        "tenths": st.none() | st.integers(0, 5_000),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(_one, max_size=12))
def test_sums_are_those_that_plain_python_makes(held, place: Place):
    places = (place.communities[0], place.other_communities[0], place.street, place.villages[0])
    with transaction.atomic():
        for each in held:
            hours = None if each["tenths"] is None else Decimal(each["tenths"]) / 10
            make_activity(
                places[each["where"]],
                held_on=each["day"],
                kind=each["kind"],
                participants=each["participants"],
                households=each["households"],
                volunteers=1,
                volunteer_hours=hours,
            )
        of_june = [each for each in held if JUNE[0] <= each["day"] <= JUNE[1]]
        expected = {
            indicators.ACTIVITIES.code: len(of_june),
            indicators.PARTICIPANTS.code: sum(each["participants"] or 0 for each in of_june),
            indicators.HOUSEHOLDS_HELPED.code: sum(each["households"] or 0 for each in of_june),
            indicators.VOLUNTEER_HOURS.code: Decimal(sum(each["tenths"] or 0 for each in of_june)) / 10,
        }
        figures = (
            indicators.ACTIVITIES,
            indicators.PARTICIPANTS,
            indicators.HOUSEHOLDS_HELPED,
            indicators.VOLUNTEER_HOURS,
        )
        found = {
            one.code: sum((Decimal(str(row["numerator"])) for row in one.rows(*JUNE)), Decimal(0)) for one in figures
        }
        assert found == expected
        kinds = Counter(row["part"] for row in indicators.ACTIVITIES.rows(*JUNE))
        assert kinds == Counter(each["kind"] for each in of_june)
        transaction.set_rollback(True)


# --- Who holds none ---


def test_organizations_without_an_activity_for_a_year_are_found_where_activities_are_noted(place):
    numbers = (f"140402001-BA-2016-{serial:04}" for serial in range(1, 99))

    def filed(where=place.communities[0], **fields):
        return make_organization(where, filing_number=next(numbers), **fields)

    silent, active, kept = filed(), filed(), filed()
    filed(established_on=datetime.date(2018, 1, 1))  # younger than a year
    filed(dissolved_on=datetime.date(2018, 6, 1))
    filed(registration="registered")
    filed(place.other_communities[0])  # of a town that notes none
    make_organization(place.communities[0])  # without a number
    make_activity(place.communities[0], organization=active, held_on=datetime.date(2017, 7, 1))
    make_activity(place.communities[0], organization=silent, held_on=datetime.date(2017, 6, 30))
    gone = make_organization(place.communities[0], merged_into=kept, dissolved_on=datetime.date(2018, 6, 1))
    make_activity(place.communities[0], organization=gone)
    assert refs_found_by("organization_without_activity", place.county) == {silent.ref}


def test_the_list_of_organizations_finds_them_too(place, clerk, signed_in):
    silent, active = (
        make_organization(place.communities[0], "演示书画社"),
        make_organization(place.communities[0], "演示合唱团"),
    )
    today = datetime.date.today()
    make_activity(place.communities[0], organization=active, held_on=today - datetime.timedelta(days=300))
    make_activity(place.communities[0], organization=silent, held_on=today - datetime.timedelta(days=400))
    page = markup_of(signed_in(clerk).get(reverse("orgs:list"), {"activity": "none"}))
    assert "演示书画社" in page and "演示合唱团" not in page
