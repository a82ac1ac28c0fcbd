"""Every list, found by discovery, in every format: the file is what the page shows."""

from __future__ import annotations

import datetime
import hashlib
import io
from decimal import Decimal

import openpyxl
import pytest
from django.conf import settings
from django.db import OperationalError
from django.urls import reverse

from accounts.models import Role
from changelog.models import TrailRecord
from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import ListPage
from communities.models import DivisionChange
from targets.actions import compute_period
from targets.models import Target
from tests.addresses import make_briefing
from tests.exports.files import (
    FORMATS,
    content_of,
    export,
    exported_pages,
    rows_on_all_pages,
    rows_over_pages,
    table_of,
    words,
)
from tests.factories import (
    Place,
    make_activity,
    make_batch,
    make_catalogue_item,
    make_community,
    make_count,
    make_department,
    make_division,
    make_document,
    make_facility,
    make_filing,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_period,
    make_point,
    make_profile,
    make_project,
    make_review,
    make_story,
    make_support,
    make_survey,
    make_training,
    make_user,
    make_work_item,
    make_worker,
)
from tests.queries import queries_of
from tests.targets.measured import lock
from workload.models import Assessment

ALL = exported_pages()
PAGES = {name: page for name, page in ALL.items() if issubclass(page, ListPage)}
# Practice cases that were chosen are shown to every county: that is what they are for (docs/domain.md §12.2).
FOR_EVERY_COUNTY = frozenset({"practice:library", "practice:story_list"})
# Lists without a table of django-tables2: a file may tell apart what the page has in one cell.
OTHERS = {name: page for name, page in ALL.items() if name not in PAGES}
# What a list is asked for besides: an order, columns that are hidden at first, a filter; "" for none.
ASKED = {
    "orgs:list": "sort=-member_count,name&columns=name,member_count,established_on,credit_code,county&county=140402",
    "orgs:filings": "sort=-members&columns=name,members,left,leader&kind=first",
    "orgs:supports": "sort=-valid_from&kind=venue",
    "participation:activities": "sort=-participants&columns=title,held_on,audience,volunteer_hours&kind=neighbours",
    "socialworkers:list": "sort=-started_on&q=工",
    "communities:community_list": "sort=-households&columns=name,code,households,counted_on",
    "communities:facility_list": "sort=area",
    "communities:point_list": "sort=-windows&function=window",
    "services:list": "sort=-budget",
    "socialworkers:training_list": "sort=-hours&columns=name,number,people,service_staff&kind=continuing",
    "socialworkers:post_list": "sort=-posts_set",
    "participation:surveys": "sort=name&columns=name,by_third_party,reported&state=collecting",
    "participation:count_list": "sort=-satisfied&answers=enough",
    "workload:list": "sort=-yearly_funds&columns=number,name,payment,conditions&kind=task",
    "practice:document_list": "sort=-issued_on&kind=development&in_force=yes",
    "practice:story_list": "sort=clause,-on&columns=title,level,outlet,submitted_on&kind=case",
    "targets:results": "sort=name&columns=name,code,households,value,gap,verdict&verdict=unmet",
    "accounts:users": "sort=username&columns=full_name,username,state,password_set_at,may_unmask",
    "audit:trail": "columns=made_at,kind,ref,division,device&kind=exported",
}


SUBMITTED, DUE = datetime.date(2018, 6, 4), datetime.date(2018, 6, 26)


def measure_months(by) -> None:
    """Measure June 2018, and May, which is locked: 工作评价 compares locked months alone."""
    may = make_period("2018-05")
    compute_period(may)
    lock(may, by)
    compute_period(make_period())


def fill(place: Place, user, number: int, *, first: int = 0) -> None:
    """Create rows of every list in 城区."""
    for index in range(first, first + number):
        community = make_community(place.street, f"演示第{index}社区")
        make_profile(community, households=1_200 + index)
        make_facility(community, area=f"{480 + index}.50")
        make_point(community, windows=index % 7)
        make_monthly_report(community, meetings=index)
        organization = make_organization(community, member_count=index % 5, leader="=负责人" if index % 2 else "")
        make_filing(community, members=5 + index)
        make_support(organization, area=60 + index)
        make_activity(community, volunteers=index, volunteer_hours=Decimal(index) / 2)
        make_hours(make_worker(community, f"演示工{index}"), make_training(place.county))
        make_point(make_division(f"140402{100 + index}", f"演示第{index}镇", place.county), posts=2)
        make_project(place.county, community, budget=100_000 + index, starts_on=datetime.date(2018, 1, 1 + index % 28))
        make_catalogue_item(place.county)
        make_review(make_project(place.county, contract_amount=90_000, paid=1_000))
        make_payment(place.county, 10 + index, project=make_project(place.county, contract_amount=90_000, paid=1_000))
        make_count(make_survey(place.county), community)
        make_work_item(place.county, yearly_funds=800 + index)
        make_work_item(place.city, state="submitted", submitted_on=SUBMITTED, due_on=DUE)
        Assessment.objects.create(community=community, year=2018, work_score=80)
        make_document(community)
        make_story(place.county, level="city", state="chosen")
        make_batch(user, file_name=f"演示{index}.xlsx")
        make_user(Role.STREET_CLERK, place.street)
        make_department(place.street)
        record_event(TrailKind.EXPORTED, by=user, division=place.county, label="服务设施", rows=index)
        DivisionChange.objects.create(
            kind="rename", level="town", effective_on=datetime.date(2019, 1, 1 + index), from_code=f"140402{index:03}",
            from_name=f"演示第{index}镇", to_code=f"140402{index:03}", to_name=f"演示新{index}镇", source="演示文件",
        )  # fmt: skip


@pytest.fixture(autouse=True)
def no_limit(settings) -> None:
    """Let one user export every list within a minute."""
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "exports": 10_000}


@pytest.fixture
def filled(place, administrator) -> Place:
    """Return a city whose every list has more rows than one page."""
    fill(place, administrator, 27)
    make_briefing(place.county)
    make_organization(make_community(place.rural_town, "外县社区"), "外县组织")
    measure_months(administrator)
    return place


def someone_for(name: str, place: Place):
    """Return a user of the city who may open the list."""
    role = next(
        role for role in (Role.BUREAU_ADMIN, Role.AUDITOR)
        if ALL[name].requires == "may_see_users" or getattr(role, ALL[name].requires)
    )  # fmt: skip
    return make_user(role, place.city)


def test_the_lists_are_found():
    assert {"orgs:list", "accounts:users", "audit:trail", "targets:results", "uploads:list"} <= set(PAGES)
    assert {"submissions:quality", "submissions:submissions", "audit:rights", "submissions:periods"} <= set(OTHERS)


# Tables on pages of lists that are not exported, with the reason.
NOT_EXPORTED = {
    "connections/clients.html": "a few systems, for those who give them tokens",
    "notices/list.html": "one's own messages",
    "participation/survey.html": "results made of the counts, which are exported by their list; and the steps of one survey",
    "frame/search.html": "what a word finds, of several registers, each of which is exported by its list",
    "uploads/rows.html": "the rows of an upload, which are in its file, or in the one with its problems marked",
    "audit/trail_record.html": "the changes of one record of the trail, which `export_trail` exports",
    "submissions/submission_changes.html": "the edits since a report, which are in the change log",
    "reports/compare.html": "a comparison, whose figures are in the briefing",
    "notices/announcements.html": "a few announcements, for those who write them",
    "targets/plans.html": "a few plans, with links to their documents",
    "communities/contacts.html": "a few telephone numbers, open to everybody",
    "accounts/sessions.html": "one's own sessions",
    "connections/webhook.html": "what was sent to one address in the last days, with its buttons",
    "changelog/duplicates.html": "pairs to be decided about, gone once that is done",
    "revisions/locked_changes.html": "differences of several kinds in sentences; the briefing's 更正 and the API have their figures",
    "reports/communities_short.html": "the same communities as in 达标情况, which is exported",
    "submissions/thresholds.html": "settings with their history",
}


def test_every_other_page_that_pages_through_rows_says_why_it_is_not_exported():
    """A template with a pager lists rows without an end; each belongs to a page that is exported, or is named above."""
    root = settings.BASE_DIR / "templates"
    paged = {str(path.relative_to(root)) for path in root.rglob("*.html") if "frame/pager.html" in path.read_text()}
    exported = {"frame/list_result.html", "submissions/quality.html", "submissions/periods.html"}
    exported |= {"audit/rights.html", "audit/divisions.html", "services/reconciliation.html"}
    assert exported <= paged
    assert paged - exported - set(NOT_EXPORTED) == set()


@pytest.mark.one_database
@pytest.mark.django_db
def test_every_list_has_the_menu_and_its_files_hold_what_its_pages_show(filled, signed_in):
    for name in PAGES:
        browser, address = signed_in(someone_for(name, filled)), reverse(name)
        page = browser.get(address, {"view": "none"}).content.decode()
        assert page.count('id="export-menu"') == 1, name
        for query in {"", ASKED.get(name, "")}:
            shown = rows_on_all_pages(browser, address, query)
            assert shown, name
            for file_format in FORMATS:
                if name.startswith("audit:"):  # exporting has added a record
                    shown = rows_on_all_pages(browser, address, query)
                headers, rows = table_of(content_of(export(browser, address, query, file_format)), file_format)
                assert [[words(cell) for cell in row] for row in rows] == shown, f"{name} {query} {file_format}"
                assert len(headers) == len(shown[0]) == len(set(headers)), name
        assert name not in ASKED or len(shown) > 1, name


@pytest.mark.one_database
@pytest.mark.django_db
def test_the_other_lists_are_exported_row_by_row_as_their_pages_show_them(filled, signed_in):
    make_facility(filled.communities[0], area=30_000)
    make_facility(filled.villages[0], area=31_000)
    for name in OTHERS:
        browser, address = signed_in(someone_for(name, filled)), reverse(name)
        page = browser.get(address)
        assert page.content.decode().count('id="export-menu"') == 1, name
        shown = [words(" ".join(row)) for row in rows_over_pages(browser, address)]
        assert shown, name
        for file_format in FORMATS:
            headers, rows = table_of(content_of(export(browser, address, "", file_format)), file_format)
            assert (len(rows), len(headers)) == (len(shown), len(set(headers))), name
            for row, text in zip(rows, shown, strict=True):
                told = [words(cell) for cell in row if cell and cell not in (True, "是", "否", "0")]
                # The page separates thousands, also of a number with its unit, and has a longer sign for less than zero.
                plain = text.replace(",", "").replace("−", "-")
                missing = [word for word in told if word not in text and word not in plain]
                assert missing == [], f"{name} {file_format}"


@pytest.mark.one_database
@pytest.mark.django_db
def test_the_counties_of_a_target_for_counties_are_exported_too(filled, officer, signed_in):
    code = Target.objects.filter(level=Target.Level.COUNTY, is_scored=True).values_list("code", flat=True)[0]
    browser, address = signed_in(officer), reverse("targets:results")
    page = browser.get(address, {"target": code})
    assert page.content.decode().count('id="export-menu"') == 1
    headers, rows = table_of(content_of(export(browser, address, f"target={code}", "csv")), "csv")
    assert [row[0] for row in rows] == [county.division.name for county, _ in page.context["counties"]]
    assert headers[0] == "县（市、区）" and len(rows) >= 1


@pytest.mark.django_db
def test_a_file_costs_the_same_queries_for_one_row_and_for_many(place, administrator, signed_in):
    fill(place, administrator, 1)
    make_briefing(place.county)
    measure_months(administrator)
    asked = {
        name: (signed_in(someone_for(name, place)), ASKED.get(name, ""))
        for name in ALL
        if name != "submissions:quality"
    }

    def costs() -> dict[str, int]:
        return {
            name: len(queries_of(lambda name=name, of=of: content_of(export(of[0], reverse(name), of[1], "csv"))))
            for name, of in asked.items()
        }

    few = costs()
    fill(place, administrator, 9, first=1)
    compute_period(make_period())
    assert costs() == few
    assert max(few.values()) <= 15


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_holds_nothing_of_another_county_and_masks_personal_numbers(
    file_format, filled, clerk, other_clerk, signed_in
):
    made = 0
    for name in ALL.keys() - FOR_EVERY_COUNTY:
        browser = signed_in(other_clerk)
        if browser.get(reverse(name)).status_code == 403:
            answer = export(browser, reverse(name), "", file_format)
            assert answer.status_code == 403, name
            continue
        answer = export(browser, reverse(name), "", file_format)
        if answer.status_code == 422:  # nothing to export
            continue
        _, rows = table_of(content_of(answer), file_format)
        assert "演示" not in str(rows), name
        made += 1
    assert made >= 2
    headers, rows = table_of(
        content_of(export(signed_in(clerk), reverse("socialworkers:list"), "", file_format)), file_format
    )
    numbers = {row[headers.index("身份证号")] for row in rows}
    assert len(rows) >= 27
    assert all("*" in number and len(number) == 18 for number in numbers)


@pytest.mark.one_database
@pytest.mark.django_db
def test_the_address_of_what_is_no_list_or_not_the_users_exports_nothing(place, clerk, street_clerk, signed_in):
    make_organization(place.communities[0])
    browser = signed_in(street_clerk)
    assert export(browser, reverse("accounts:users")).status_code == 403
    for address in ("/", "/nowhere/", "//organizations/", "https://example.com/", "", reverse("orgs:list") + "?x=1"):
        assert export(browser, address).status_code == 404, address
    refused = export(signed_in(clerk), reverse("orgs:list"), "", "exe")
    assert refused.status_code == 422
    assert "没有这种格式" in refused.content.decode()
    nothing = export(signed_in(clerk), reverse("orgs:list"), "q=没有这个")
    assert nothing.status_code == 422
    assert signed_in(clerk).get(reverse("exports:new")).status_code == 405


@pytest.mark.one_database
@pytest.mark.django_db
def test_numbers_days_and_codes_keep_their_types_in_a_workbook(place, officer, signed_in):
    make_project(place.county, number="123456789012345678", name="+项目", budget="1234567.50",
                 starts_on=datetime.date(2018, 1, 2), ends_on=datetime.date(2018, 12, 31))  # fmt: skip
    columns = "number,name,budget,starts_on"
    data = content_of(export(signed_in(officer), reverse("services:list"), f"columns={columns}"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [cell.value for cell in sheet[1]] == [
        "项目编号",
        "项目名称",
        "预算金额（元）",
        "服务期间（起）",
        "服务期间（止）",
    ]
    number, name, budget, begins, ends = sheet[2]
    assert (number.value, number.data_type, number.number_format) == ("123456789012345678", "s", "@")
    assert (name.value, name.data_type) == ("+项目", "s")
    assert (budget.value, budget.data_type, budget.number_format) == (1234567.5, "n", "0.00")
    assert (begins.value, begins.is_date) == (datetime.datetime(2018, 1, 2), True)
    assert ends.value == datetime.datetime(2018, 12, 31)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E2"
    assert sheet.column_dimensions["A"].width >= 19


@pytest.mark.django_db
def test_each_file_is_in_the_trail_with_list_conditions_rows_format_and_digest(place, clerk, signed_in):
    make_organization(place.communities[0], "甲")
    data = content_of(export(signed_in(clerk), reverse("orgs:list"), "q=甲&sort=name", "json"))
    record = TrailRecord.objects.filter(kind=TrailKind.EXPORTED).get()
    assert (record.made_by, record.division, record.object_label, record.rows) == (clerk, place.county, "社会组织", 1)
    assert record.detail["list"] == reverse("orgs:list")
    assert record.detail["query"] == "q=甲&sort=name"
    assert (record.detail["format"], record.detail["sha256"]) == ("json", hashlib.sha256(data).hexdigest())
    assert record.detail["file"].startswith("城区社会组织")


@pytest.mark.django_db
def test_without_a_record_in_the_trail_there_is_no_file(place, clerk, signed_in, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def busy(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    make_organization(place.communities[0])
    monkeypatch.setattr("changelog.trail.spool.put", full)
    monkeypatch.setattr(TrailRecord, "save", busy)
    monkeypatch.setattr("changelog.trail.recording.connection", type("Outside", (), {"in_atomic_block": False}))
    answer = export(signed_in(clerk), reverse("orgs:list"), "", "csv")
    assert answer.status_code == 503
    assert "审计记录暂时写不进去" in answer.content.decode()


@pytest.mark.django_db
def test_a_very_long_list_is_exported_as_far_as_its_pages_go(place, auditor, signed_in, monkeypatch):
    for index in range(12):
        record_event(TrailKind.SIGNED_OUT, by=auditor, rows=index)
    monkeypatch.setattr("changzhi_portal.pages.paging.BoundedPaginator.MOST", 7)
    monkeypatch.setattr("changzhi_portal.pages.paging.BoundedPaginator.FEW", 3)
    headers, rows = table_of(content_of(export(signed_in(auditor), reverse("audit:trail"), "", "csv")), "csv")
    newest = TrailRecord.objects.filter(kind=TrailKind.SIGNED_OUT).order_by("-pk").values_list("rows", flat=True)[:7]
    assert [int(row[headers.index("条数")]) for row in rows] == list(newest)


@pytest.mark.django_db
def test_a_query_that_is_no_address_is_refused_because_the_trail_would_keep_it(place, clerk, signed_in):
    """The form posts it, so that it may have megabytes; records of the trail are never deleted."""
    make_organization(place.communities[0])
    answer = export(signed_in(clerk), reverse("orgs:list"), "unknown=" + "a" * 4_000, "csv")
    assert answer.status_code == 422
    assert not TrailRecord.objects.filter(kind=TrailKind.EXPORTED).exists()
