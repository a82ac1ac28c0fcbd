"""Tests of the pages that note, preview, apply and undo changes of communities."""

from __future__ import annotations

import datetime
import io
import re

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.actions import apply_division_changes
from accounts.models import ROLES_OF_PEOPLE, Role
from changelog.models import ChangeRecord
from changzhi_portal.refusals import StaleError
from communities.models import Community, DivisionChange, Facility, RecordMove
from tests.factories import make_change_set, make_community, make_facility, make_profile, make_user, make_worker
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = "/accounts/division-changes/"
NEW = f"{PAGE}new/"
UPLOAD = "/uploads/division-changes/"
DAY = "2018-06-15"


def words_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def browser(place, administrator, signed_in):
    return signed_in(administrator)


@pytest.fixture
def villages(place):
    for village in place.villages:
        make_profile(village, as_of=datetime.date(2018, 1, 31), residents=900, households=300)
        make_facility(village, "便民服务中心", opened_on=datetime.date(2018, 1, 1))
    return place.villages


def merged(browser, gone, stays, **fields):
    query = f"?level=village&kind=merge&pick={gone.code}&pick={stays.code}"
    data = {"into": stays.code, "effective_on": DAY, "source": "演示：并村", "document": "演文〔2018〕1号", **fields}
    return browser.post(NEW + query, data, follow=True)


def apply(browser):
    return browser.post(PAGE, {"seen": browser.get(PAGE).context["form"].seen}, follow=True)


def test_villages_are_searched_for_and_ticked(browser, villages):
    text = words_of(browser.get(f"{NEW}?q=西垴头"))
    assert villages[0].code in text
    assert villages[1].code not in text
    assert "请至少选两个" in text
    assert villages[1].code in words_of(browser.get(f"{NEW}?q=古韩镇")), "a town alone lists its villages"
    ready = words_of(browser.get(f"{NEW}?pick={villages[0].code}&pick={villages[1].code}"))
    assert "并入襄垣县古韩镇栗家岭村委会" in ready


def test_all_villages_of_a_chosen_town_are_ticked_at_once(browser, villages, place):
    listed = browser.get(NEW, {"within": place.rural_town.code})
    assert {each.code for each in listed.context["results"]} == {village.code for village in villages}
    ready = browser.get(NEW, {"within": place.rural_town.code, "pick": [village.code for village in villages]})
    assert ready.context["view"].is_ready, "choose the town, tick, fill in: two answers of the portal"
    assert ready.context["results"] == []
    narrowed = browser.get(NEW, {"within": place.street.code, "q": "西垴头"})
    assert narrowed.context["results"] == []
    assert browser.get(NEW, {"within": "nowhere"}).context["results"] == []
    towns = browser.get(NEW, {"level": "town", "within": place.county.code})
    assert [each.name for each in towns.context["results"]] == ["东街街道办事处", "西街街道办事处"]


def test_names_that_each_mean_one_village_are_chosen_by_one_search(browser, villages):
    ready = browser.get(NEW, {"q": "西垴头、栗家岭"})
    assert [each.code for each in ready.context["chosen"]] == [village.code for village in villages]
    assert ready.context["view"].is_ready
    assert ready.context["view"].q == "", "one that is unticked now is not chosen again by the same search"
    assert "并入襄垣县古韩镇栗家岭村委会" in words_of(ready)
    doubtful = browser.get(NEW, {"q": "西垴头、社区"})
    assert doubtful.context["chosen"] == [], "one of the names means several"
    assert len(doubtful.context["results"]) == 6
    assert browser.get(NEW, {"q": "西垴头、没有的村"}).context["chosen"] == []


def test_a_merger_is_previewed_applied_found_by_its_old_name_and_undone(browser, villages, place):
    gone, stays = villages
    make_worker(gone)
    preview = words_of(merged(browser, gone, stays))
    for told in (
        "已登记1项变更",
        "西垴头村委会",
        "1个社区撤销或并入别处",
        "服务设施1、任职1",
        "1,800",
        "演文〔2018〕1号",
        "每个农村社区",
    ):
        assert told in preview
    assert Community.objects.current().count() == 7
    done = words_of(apply(browser))
    assert "已应用2018-06-15的区划变更：1个社区撤销或并入别处。" in done, "kinds with nothing are left out"
    assert not re.search(r"(?<!\d)0个", preview + done)
    gone.refresh_from_db()
    assert (str(gone.closed_on), gone.successor) == (DAY, stays)
    assert Facility.objects.filter(community=stays).count() == 2
    assert stays.name in words_of(browser.get("/communities/?q=西垴头"))
    own_page = words_of(browser.get(gone.get_absolute_url()))
    assert "2018-06-15" in own_page
    assert "由栗家岭村委会承接" in own_page
    key = DivisionChange.objects.get().pk
    assert "西垴头村委会" in words_of(browser.get(f"{PAGE}undo/?change={key}"))
    undone = words_of(browser.post(f"{PAGE}undo/?change={key}", follow=True))
    assert "已撤销，这些变更回到待应用" in undone
    assert Community.objects.current().count() == 7
    withdrawn = words_of(browser.post(f"{PAGE}withdraw/", {"change": key}, follow=True))
    assert "已删除登记的1项变更" in withdrawn
    assert not DivisionChange.objects.exists()
    assert ChangeRecord.objects.filter(model="communities.divisionchange", kind="removed").exists()


def test_a_preview_that_is_no_longer_true_is_not_applied(browser, villages):
    gone, stays = villages
    merged(browser, gone, stays)
    seen = browser.get(PAGE).context["form"].seen
    make_worker(gone)
    answer = browser.post(PAGE, {"seen": seen})
    assert answer.status_code == 422
    assert "与刚才显示的不同" in words_of(answer)
    gone.refresh_from_db()
    assert gone.closed_on is None


def test_a_population_counted_since_is_said_in_the_preview_as_not_added_to(browser, villages):
    gone, stays = villages
    make_profile(stays, as_of=datetime.date(2018, 6, 30), residents=950, households=310)
    preview = words_of(merged(browser, gone, stays))
    assert (
        "已有2018-06-30的户数310、2018-06-30的常住人口950，以它为准，没有加上西垴头村委会的；"
        "如果它不包括并入的人口，请改正它，或在登记变更时填写常住人口和户数" in preview
    )
    DivisionChange.objects.all().delete()
    assert "常住人口：登记时填写" in words_of(merged(browser, gone, stays, residents="1850"))


def test_a_record_that_has_moved_on_the_day_is_said_and_nothing_is_applied(browser, villages, place, administrator):
    gone, stays = villages
    here, there = place.communities[:2]
    RecordMove.objects.create(
        model="communities.facility",
        record_id=Facility.objects.get(community=gone).pk,
        from_community=here,
        to_community=there,
        moved_on=DAY,
        change_set=make_change_set(administrator),
    )
    merged(browser, gone, stays)
    answer = apply(browser)
    assert "这条记录这一天已经转归。变更没有应用" in words_of(answer)
    gone.refresh_from_db()
    assert gone.closed_on is None


def test_a_split_asks_of_every_record_where_it_goes(browser, villages):
    whole = villages[0]
    facility = Facility.objects.get(community=whole)
    data = {
        "part1_name": whole.name,
        "part1_code": whole.code,
        "part2_name": "新垴头村委会",
        "part2_code": "140423100250",
        "part2_residents": "400",
        "effective_on": DAY,
        "source": "演示",
    }
    page = words_of(browser.post(f"{NEW}?kind=split&pick={whole.code}", data, follow=True))
    assert "分配“西垴头村委会”的记录归哪一部分" in page
    part = DivisionChange.objects.get(to_code="140423100250")
    records = f"{PAGE}records/?change={part.pk}"
    assert "便民服务中心" in words_of(browser.get(records))
    browser.post(records, {f"communities.facility:{facility.pk}": part.pk})
    apply(browser)
    facility.refresh_from_db()
    assert facility.community.name == "新垴头村委会"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"into": ""}, "请选择并入哪一个"),
        ({"into": "new"}, "合并成新的，请填写新代码"),
        ({"into": "new", "to_name": "新村", "to_code": "12"}, "代码应为12位数字"),
        ({"effective_on": ""}, "请填写生效日期"),
        ({"effective_on": "2018-13-01"}, "日期应写成2018-07-05这样"),
        ({"source": ""}, "请写明变更的原因或依据"),
        ({"source": "联系13812345678"}, "请删去号码"),
        ({"document": "联系13812345678"}, "文号里有手机号"),
        ({"residents": "-3"}, "不能是负数"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_noted(browser, villages, fields, said):
    answer = merged(browser, *villages, **fields)
    assert said in words_of(answer)
    assert answer.status_code == 422
    assert not DivisionChange.objects.exists()


def test_the_same_change_is_not_noted_twice(browser, villages):
    merged(browser, *villages)
    assert "都已登记过" in words_of(merged(browser, *villages))


def crosswalk(rows, headers=("原代码", "原名称", "新代码", "新名称")):
    answer = io.BytesIO()
    with xlsxwriter.Workbook(answer) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([headers, *rows]):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("对照表.xlsx", answer.getvalue())


def send(browser, file):
    return browser.post(UPLOAD, {"file": file, "effective_on": DAY, "source": "演示"}, follow=True)


def test_a_crosswalk_comes_as_a_workbook_or_as_csv(browser, villages, place):
    gone, stays = villages
    third = make_community(place.rural_town, "第三村委会")
    rows = [(gone.code, gone.name, stays.code, stays.name), (third.code, third.name, "", "")]
    assert "已登记2项变更" in words_of(send(browser, crosswalk(rows)))
    assert set(DivisionChange.objects.values_list("kind", flat=True)) == {"merge", "close"}
    DivisionChange.objects.all().delete()
    text = f"原代码,原名称,新代码,新名称\n{gone.code},{gone.name},{stays.code},{stays.name}\n"
    assert "已登记1项变更" in words_of(send(browser, SimpleUploadedFile("对照.csv", text.encode("gb18030"))))
    apply(browser)
    gone.refresh_from_db()
    assert gone.successor == stays


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "没有一行数据"),
        ([("14042310020", "短村", "140423100201", "栗家岭村")], "第2行：代码“14042310020”应为12位数字"),
        ([("140423100200", "西垴头村", "140423100201", "")], "第2行：新代码和新名称要一起填"),
        ([("140423100200", "西垴头村", "140423100201", "栗家岭村")] * 2, "第3行与第2行重复"),
    ],
)
def test_a_crosswalk_that_does_not_fit_names_its_row(browser, villages, rows, said):
    assert said in words_of(send(browser, crosswalk(rows)))
    assert not DivisionChange.objects.exists()


def test_records_that_nobody_allots_go_with_the_part_that_has_the_name_whatever_its_code(browser, villages):
    whole = villages[0]
    data = {
        "part1_name": "新垴头村委会",
        "part1_code": "140423100250",
        "part2_name": whole.name,
        "part2_code": "140423100251",
        "effective_on": DAY,
        "source": "演示",
    }
    browser.post(f"{NEW}?kind=split&pick={whole.code}", data, follow=True)
    part = DivisionChange.objects.get(to_code="140423100250")
    shown = browser.get(f"{PAGE}records/?change={part.pk}")
    assert f"没有另选的，归{whole.name}。" in words_of(shown)
    assert {line.goes_with for line in shown.context["lines"]} == {
        DivisionChange.objects.get(to_code="140423100251").pk
    }
    apply(browser)
    assert Facility.objects.get(community__code="140423100251").name == "便民服务中心"
    assert not Facility.objects.filter(community__code="140423100250").exists()


def test_more_than_can_be_chosen_is_said(browser, place):
    codes = [make_community(place.rural_town).code for _ in range(41)]
    answer = browser.get(NEW, {"level": "village", "kind": "merge", "pick": codes})
    assert "一次最多选40个，多出的没有选上" in words_of(answer)
    assert "form-control" not in words_of(answer).split("选好以后在这里填写")[1]


def test_more_names_than_can_be_chosen_or_searched_and_unknown_ones_are_said(browser, place):
    made = [make_community(place.rural_town) for _ in range(41)]
    asked = {"level": "village", "kind": "close", "pick": [each.code for each in made[:39]]}
    answer = browser.get(NEW, asked | {"q": f"{made[39].code}、{made[40].code}"})
    assert "一次最多选40个，多出的没有选上" in words_of(answer)
    answer = browser.get(NEW, asked | {"pick": [], "q": "、".join([*(each.code for each in made[:11]), "没有的村"])})
    assert f"没有查的：{made[10].code}、没有的村" in words_of(answer)
    answer = browser.get(NEW, asked | {"pick": [], "q": f"{made[0].code}、没有的村"})
    assert "没有找到：没有的村。" in words_of(answer)


def test_the_parts_of_a_split_have_different_codes(browser, villages):
    whole = villages[0]
    parts = {"part1_name": whole.name, "part1_code": whole.code, "part2_name": "新村", "part2_code": whole.code}
    answer = browser.post(f"{NEW}?kind=split&pick={whole.code}", parts | {"effective_on": DAY, "source": "演示"})
    assert "代码与第1个相同，每个部分的代码都要不同。" in words_of(answer)
    assert not DivisionChange.objects.exists()


def test_a_change_of_a_later_day_says_when_its_effects_are_shown(browser, villages):
    answer = merged(browser, *villages, effective_on="２０９０-０１-０１")
    assert "列在“尚未到生效日期”里；到2090-01-01才显示影响，才能应用" in words_of(answer)
    assert "尚未到生效日期</h2>" in words_of(answer)


def test_an_edit_between_the_look_and_the_application_is_not_applied_unseen(browser, villages, administrator):
    merged(browser, *villages)
    seen = browser.get(PAGE).context["form"].seen
    make_facility(villages[0], "另一处设施")
    with pytest.raises(StaleError):
        apply_division_changes(by=administrator, seen=seen)
    assert not DivisionChange.objects.filter(applied_at__isnull=False).exists()


def test_a_population_of_nobody_in_a_crosswalk_is_a_value_and_a_blank_is_none(browser, villages):
    gone, stays = villages
    headers = ("原代码", "原名称", "新代码", "新名称", "户数", "常住人口")
    send(browser, crosswalk([(gone.code, gone.name, stays.code, stays.name, 0, "")], headers))
    noted = DivisionChange.objects.get()
    assert (noted.households, noted.residents) == (0, None)


def test_a_change_that_somebody_else_notes_meanwhile_is_said(browser, villages):
    def twice(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "communities_divisionchange"'):
            execute(sql, params, many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(twice):
        answer = merged(browser, *villages)
    assert "这一区划变更已登记" in words_of(answer)
    assert not DivisionChange.objects.exists()


def test_digits_of_a_chinese_keyboard_are_digits(browser, villages):
    merged(browser, *villages, into="new", to_name="新村", to_code="１４０４２３１００２０９")
    assert {each.to_code for each in DivisionChange.objects.all()} == {"140423100209"}


def test_a_file_without_the_headers_is_refused(browser, villages):
    assert "没有找到表头" in words_of(send(browser, crosswalk([("1", "2")], headers=("甲", "乙"))))


@pytest.mark.parametrize("role", [role for role in ROLES_OF_PEOPLE if role != Role.BUREAU_ADMIN])
def test_nobody_else_may(place, villages, role, signed_in):
    towns = dict.fromkeys((Role.STREET_CLERK, Role.WINDOW_CLERK), place.rural_town)
    levels = {**towns, **dict.fromkeys((Role.DISTRICT_CLERK, Role.DEPARTMENT_CLERK), place.other_county)}
    browser = signed_in(make_user(role, levels.get(role, place.city)))
    for address in (NEW, UPLOAD, f"{PAGE}records/?change=1", f"{PAGE}undo/?change=1"):
        assert browser.get(address).status_code == 403
    assert browser.post(f"{PAGE}withdraw/", {"change": "1"}).status_code == 403


def test_the_preview_costs_the_same_queries_however_many_villages_merge(browser, villages, place):
    merged(browser, *villages)
    browser.get(PAGE)
    few = len(queries_of(lambda: browser.get(PAGE)))
    for number in range(12):
        more = make_community(place.rural_town, f"演示{number}村委会")
        make_profile(more, as_of=datetime.date(2018, 1, 31))
        DivisionChange.objects.create(
            kind="merge",
            level="village",
            effective_on=DAY,
            from_code=more.code,
            from_name=more.name,
            to_code=villages[1].code,
            to_name=villages[1].name,
            source="演示",
        )
    with exactly(few):
        browser.get(PAGE)
