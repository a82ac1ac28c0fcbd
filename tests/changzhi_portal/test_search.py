"""Tests of the search in the header: what is found, by whom, and that no personal number leaves a trace."""

from __future__ import annotations

import datetime
import importlib
import logging
import re
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from changelog.actions import edit_record, reverse_change_set
from changzhi_portal import search
from changzhi_portal.names import letters_of_pinyin, readings, readings_pattern
from changzhi_portal.personal import Sealed, digest, phone_digests
from changzhi_portal.registers.registry import register_named
from changzhi_portal.search import MOST_HITS, SearchText, Word, find_everywhere, search_sources
from communities.models import Community, CommunityPlacement, Division, Facility
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from tests.factories import (
    Place,
    credit_code,
    id_number,
    make_community,
    make_facility,
    make_organization,
    make_project,
    make_user,
    make_work_item,
    make_worker,
)
from tests.queries import exactly, queries_of

SEARCH = reverse("search")
ID_NUMBER = id_number(4_711)
CODE = credit_code(815)


@pytest.fixture
def registers(place: Place) -> Place:
    """Fill the small city with one record of each kind that the queries look for."""
    changbei = make_community(place.street, "长北社区居委会", code="140402001077")
    taihang = make_community(place.other_street, "太行东街社区居委会")
    taihang.placements.update(valid_to=datetime.date(2018, 3, 1), name="延安中路社区居委会", name_key="延安中路")
    CommunityPlacement.objects.create(
        community=taihang, town=taihang.town, code=taihang.code, name=taihang.name, name_key=taihang.name_key,
        valid_from=datetime.date(2018, 3, 1),
    )  # fmt: skip
    make_facility(changbei, "蓝天活动中心")
    make_organization(changbei, "演示𫠆光志愿队", registration="registered", credit_code=CODE)
    make_organization(place.street, "邻里（东街）互助会", leader="吕演示", phone="0355-2012345、19900001234")
    make_worker(changbei, "曾演示", id_number=ID_NUMBER, phone="19900009876", certificate_number="ZS2018007")
    make_project(place.county, taihang, name="晚霞养老项目", number="CQ-2018-09", provider_name="星火服务中心")
    return place


def found_by(client: Client, words: str) -> dict[str, list[str]]:
    """Return the names found by a text that is posted as a person types it, by the title of their group."""
    answer = client.post(SEARCH, {"q": words}, follow=True)
    assert answer.status_code == 200
    return {group.title: [hit.name for hit in group.hits] for group in answer.context["groups"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        ("长北", "社区", "长北社区居委会"),
        ("长北社区居民委员会", "社区", "长北社区居委会"),
        ("延安中路", "社区", "太行东街社区居委会"),  # its former name
        ("140402001077", "社区", "长北社区居委会"),
        ("140423100", "行政区划", "古韩镇"),
        ("长治市城区", "行政区划", "城区"),
        ("蓝天", "服务设施", "蓝天活动中心"),
        (CODE, "社会组织", "演示𫠆光志愿队"),
        (CODE[:9].lower(), "社会组织", "演示𫠆光志愿队"),
        ("cq-2018", "购买服务项目", "晚霞养老项目"),
        ("星火", "购买服务项目", "晚霞养老项目"),
        ("曾演示", "社会工作者", "曾演示"),
        ("吕演示", "社会组织", "邻里（东街）互助会"),
        ("ZS2018007", "社会工作者", "曾演示"),
        ("taihang", "社区", "太行东街社区居委会"),
        ("thdj", "社区", "太行东街社区居委会"),
        ("changbei", "社区", "长北社区居委会"),
        ("zengys", "社会工作者", "曾演示"),
        ("Tàiháng", "社区", "太行东街社区居委会"),
        ("东街 长北", "社区", "长北社区居委会"),
        ("城区 曾演示", "社会工作者", "曾演示"),
        ("dongjie、hp", "社区", "和平社区居委会"),
        ("⻓北", "社区", "长北社区居委会"),  # a radical, as copied from a PDF
        ("𫠆光", "社会组织", "演示𫠆光志愿队"),
        ("邻里(东街)", "社会组织", "邻里（东街）互助会"),
        ("ＣＱ－２０１８".replace("－", "-"), "购买服务项目", "晚霞养老项目"),
        (ID_NUMBER, "社会工作者", "曾演示"),
        (f"{ID_NUMBER[:6]} {ID_NUMBER[6:14]} {ID_NUMBER[14:]}", "社会工作者", "曾演示"),
        ("199 0000 9876", "社会工作者", "曾演示"),
        ("+86 19900009876", "社会工作者", "曾演示"),
        ("曾演示 19900009876", "社会工作者", "曾演示"),
        ("0355-2012345", "社会组织", "邻里（东街）互助会"),
        ("19900001234", "社会组织", "邻里（东街）互助会"),
    ],
)
def test_a_record_is_found_by_what_people_know_of_it(words, kind, name, registers, clerk, officer, signed_in):
    user = officer if kind == "行政区划" else clerk
    assert name in found_by(signed_in(user), words)[kind]


@pytest.mark.django_db
def test_every_word_must_match_and_one_of_them_more_than_the_place(registers, clerk, signed_in):
    assert "社区" not in found_by(signed_in(clerk), "西街 长北")
    assert found_by(signed_in(clerk), "东街 城区").get("社区", []) == ["太行东街社区居委会"]
    assert found_by(signed_in(clerk), "王某 19900009876") == {}


@pytest.mark.django_db
def test_the_same_name_comes_before_names_that_contain_it(place, officer, signed_in):
    for name in ("小和平里社区居委会", "和平里社区居委会"):
        make_community(place.street, name)
    assert found_by(signed_in(officer), "和平")["社区"] == ["和平社区居委会", "和平里社区居委会", "小和平里社区居委会"]


@pytest.mark.django_db
def test_a_former_division_is_found_and_says_what_it_is_now(place, officer, signed_in):
    old = place.other_street
    old.valid_to, old.successor = datetime.date(2018, 4, 1), place.street
    old.prepare_keys()
    old.save()
    answer = signed_in(officer).get(SEARCH, {"q": "西街"})
    [hit] = answer.context["groups"][0].hits
    assert hit.remark == "140402002，2018-04-01前，现为东街街道办事处"


@pytest.mark.django_db
def test_a_long_group_leads_to_the_list_with_the_same_records(place, officer, signed_in):
    for number in range(MOST_HITS + 3):
        make_community(place.street, f"演示{number}社区居委会")
    browser = signed_in(officer)
    answer = browser.get(SEARCH, {"q": "东街 yanshi"})
    [group] = answer.context["groups"]
    assert (len(group.hits), group.has_more) == (MOST_HITS, True)
    assert group.total == MOST_HITS + 3
    assert answer.content.decode().count(f"全部 {group.total} 条</a>") == 2
    assert group.all_url.startswith(reverse("communities:community_list"))
    assert len(browser.get(group.all_url).context["table"].data.data) == MOST_HITS + 3


@pytest.mark.django_db
def test_a_kind_without_a_list_has_a_page_of_its_own_within_the_scope(place, officer, clerk, leader, signed_in):
    groups = signed_in(officer).get(SEARCH, {"q": "街道"}).context["groups"]
    [group] = [each for each in groups if each.title == "行政区划"]
    page = signed_in(officer).get(group.all_url)
    assert [hit.name for hit in page.context["hits"]] == [hit.name for hit in group.hits]
    assert page.context["page"].paginator.count == group.total
    theirs = signed_in(clerk).get(SEARCH, {"q": "镇", "kind": "divisions"}).context
    assert theirs["hits"] == [], "襄垣县 is another county"
    make_worker(place.communities[0], "演示人")
    assert signed_in(leader).get(SEARCH, {"q": "演示", "kind": "workers"}).context["hits"] == []
    assert signed_in(clerk).get(SEARCH, {"q": "a", "kind": "divisions"}).status_code == 422
    assert signed_in(clerk).get(SEARCH, {"q": "东街", "kind": "nothing"}).context["groups"]


@pytest.mark.django_db
def test_a_kind_with_nothing_says_so_and_leads_to_the_other_kinds(place, clerk, signed_in):
    browser = signed_in(clerk)
    page = browser.get(SEARCH, {"q": "东街", "kind": "facilities"})
    text = " ".join(page.content.decode().split())
    assert "没有与“东街”有关的服务设施。" in text
    assert "没有找到与" not in text
    everything = unescape(re.search(r'<a href="([^"]*)">看所有种类的记录</a>', text)[1])
    assert browser.get(SEARCH + everything).context["groups"]


@pytest.mark.django_db
def test_all_that_is_found_includes_closed_communities_which_the_list_leaves_out(place, officer, signed_in):
    closed = place.communities[0]
    closed.closed_on = datetime.date(2018, 4, 1)
    closed.save()
    browser = signed_in(officer)
    [group] = [each for each in browser.get(SEARCH, {"q": "社区"}).context["groups"] if each.title == "社区"]
    assert "kind=communities" in group.all_url
    found = browser.get(group.all_url).context["page"].paginator.count
    assert (
        found
        == group.total
        == len(browser.get(reverse("communities:community_list")).context["table"].data.data) + 1 - len(place.villages)
    )


# --- Scope ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", ["长北", "changbei", "延安中路", "140402001077", "蓝天", CODE, "CQ-2018-09", "曾演示", ID_NUMBER,
              "19900009876", "19900001234", "0355-2012345", "城区 曾演示", "zeng"],
)  # fmt: skip
def test_nobody_finds_anything_of_another_county(words, registers, other_clerk, signed_in):
    assert found_by(signed_in(other_clerk), words) == {}


@pytest.mark.django_db
def test_a_worker_who_has_moved_away_is_found_only_where_the_worker_is_now(registers, clerk, other_clerk, signed_in):
    worker = SocialWorker.objects.get(name="曾演示")
    worker.postings.update(is_newest=True, community=registers.villages[0])
    for words in ("曾演示", ID_NUMBER):
        assert found_by(signed_in(clerk), words) == {}
        assert found_by(signed_in(other_clerk), words) == {"社会工作者": ["曾演示"]}


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["曾演示", ID_NUMBER, "19900009876", "zeng", "演示", "吕演示", "长北", "ZS2018007"])
def test_a_leader_never_sees_people_or_registers(words, registers, leader, signed_in):
    assert found_by(signed_in(leader), words).keys() <= {"社区", "行政区划"}


@pytest.mark.django_db
def test_a_leader_finds_communities(registers, leader, signed_in):
    assert found_by(signed_in(leader), "changbei")["社区"] == ["长北社区居委会"]


@pytest.mark.django_db
def test_a_department_finds_its_applications_and_what_is_in_force_and_a_window_nothing(registers, signed_in):
    department = make_user(Role.DEPARTMENT_CLERK, registers.county)
    make_work_item(registers.county, "演示登记")
    for owner, name in ((department.department, "演示草稿"), (None, "演示别的草稿")):
        fields = {} if owner is None else {"department": owner}
        make_work_item(registers.county, name, state="draft", **fields)
    browser = signed_in(department)
    assert 'role="search"' in browser.get(reverse("home")).content.decode()
    found = found_by(browser, "演示")
    assert {kind: sorted(names) for kind, names in found.items()} == {"社区工作事项": ["演示登记", "演示草稿"]}
    for words in ("曾演示", ID_NUMBER, "长北", "城区"):
        assert found_by(browser, words).keys() <= {"社区工作事项"}
    window = signed_in(make_user(Role.WINDOW_CLERK, registers.street))
    assert 'role="search"' not in window.get(reverse("home")).content.decode()
    assert window.post(SEARCH, {"q": "演示"}).status_code == 403


# --- Personal numbers ---

NUMBERS = [
    ID_NUMBER,
    ID_NUMBER[:17] + ("0" if ID_NUMBER[17] != "0" else "1"),
    "19900009876",
    "199-0000-9876",
    "0355-2012345",
]


@pytest.mark.django_db
@pytest.mark.parametrize("number", NUMBERS)
def test_a_personal_number_is_answered_at_once_and_leaves_no_trace(number, registers, clerk, signed_in, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = signed_in(clerk).post(SEARCH, {"q": f"曾演示 {number}"})
    assert answer.status_code == 200
    assert "Location" not in answer
    assert "no-store" in answer["Cache-Control"]
    assert number not in answer.content.decode()
    assert "（号码）" in answer.content.decode()
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not any(number in line for line in logged)
    assert all(group.all_url == "" for group in answer.context["groups"])


@pytest.mark.django_db
@pytest.mark.parametrize("number", NUMBERS)
def test_a_personal_number_in_an_address_is_refused_and_not_repeated(number, registers, clerk, signed_in, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = signed_in(clerk).get(f"{SEARCH}?q={quote(number)}")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "不能写在网址里" in text
    assert number not in text
    assert "曾演示" not in text
    assert not any(number in record.getMessage() for record in caplog.records)


@pytest.mark.django_db
def test_a_register_finds_nobody_by_a_number_in_its_address(registers, clerk, signed_in):
    for number in (ID_NUMBER, "19900009876"):
        page = signed_in(clerk).get(reverse("socialworkers:list"), {"q": number})
        assert list(page.context["table"].data.data) == []


@pytest.mark.django_db
def test_no_statement_of_the_database_has_the_number(registers, clerk):
    for number in (ID_NUMBER, "19900009876", "0355-2012345"):
        queries = queries_of(lambda number=number: find_everywhere(SearchText.read(number), clerk))
        # Of a monthly report only its community is looked for, so that none is read where no community matches.
        assert len(queries.captured_queries) >= len(search_sources()) - 1
        assert not any(number in query["sql"] for query in queries.captured_queries)


def test_codes_and_dates_are_no_personal_numbers():
    for text in (CODE, "140402001077", "140404010010", "2018-06-30", "CQ-2018-09", "和平"):
        assert not SearchText.read(text).is_personal, text


# --- The text ---


@pytest.mark.django_db
def test_ordinary_words_get_an_address_that_can_be_shared(registers, clerk, signed_in):
    answer = signed_in(clerk).post(SEARCH, {"q": "  东街  长北 "})
    assert (answer.status_code, answer["Location"]) == (302, f"{SEARCH}?q={quote('东街')}+{quote('长北')}")
    page = signed_in(clerk).get(answer["Location"]).content.decode()
    assert 'value="东街 长北"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["", "   ", "，、", "\x00"])
def test_an_empty_text_shows_how_to_search(words, clerk, signed_in):
    answer = signed_in(clerk).post(SEARCH, {"q": words}, follow=True)
    assert answer.status_code == 200
    assert "在页面上方的搜索框里输入" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("a", "太短"),
        ("1 b", "太短"),
        ("演" * 61, "一次最多查"),
        ("演" * 5_000, "一次最多查"),
        ("一 二 三 四 五 六", "一次最多查"),
    ],
)
def test_too_short_and_too_long_texts_are_told_apart(words, sentence, clerk, signed_in):
    answer = signed_in(clerk).post(SEARCH, {"q": words}, follow=True)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["%", "__", "'; drop table", "(((", "a|b[", "\\d+", "<script>alert(1)</script>"])
def test_signs_of_other_languages_are_text(words, registers, clerk, signed_in):
    answer = signed_in(clerk).post(SEARCH, {"q": words}, follow=True)
    assert answer.status_code in {200, 422}
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("演示", 16),  # the places that it matches, none, so that fourteen kinds are asked
        ("东街 yanshi 城区", 22),  # for each word divisions and communities, for two what lies in the divisions
        (ID_NUMBER, 16),
    ],
)
def test_each_kind_and_each_word_costs_few_queries_however_much_is_found(words, number, registers, clerk):
    for _ in range(12):
        make_organization(registers.street, phone="19900001234")
        make_worker(registers.communities[0], "演示人")
    clerk.refresh_from_db()
    clerk.division  # noqa: B018  # loaded with the user in a request
    with exactly(number):
        find_everywhere(SearchText.read(words), clerk)


@pytest.mark.django_db
def test_words_that_match_many_places_find_the_same(registers, clerk, monkeypatch):
    """A word that matches more places than `MOST_KEYS` is looked up in every query instead."""
    texts = [SearchText.read(words).words for words in ("东街", "城区 东街", "城区 演示", "dongjie 城区", "140402")]
    few = [find_everywhere(SearchText(words), clerk) for words in texts]
    assert all(few)
    monkeypatch.setattr(search, "MOST_KEYS", 0)
    many = [find_everywhere(SearchText(tuple(Word(word.text) for word in words)), clerk) for words in texts]
    assert many == few


@pytest.mark.django_db
def test_the_page_works_without_scripts_and_has_one_labelled_field(registers, clerk, signed_in):
    page = signed_in(clerk).get(reverse("home")).content.decode()
    assert '<label class="visually-hidden" for="search">全站查找</label>' in page
    assert f'method="post" action="{SEARCH}" role="search"' in page
    new = make_user(Role.DISTRICT_CLERK, registers.county, must_change_password=True)
    assert 'role="search"' not in signed_in(new).get(reverse("accounts:password")).content.decode()


# --- Readings ---


@pytest.mark.parametrize(
    ("typed", "name", "is_found"),
    [
        ("changbei", "长北", True),
        ("zhangbei", "长北", True),
        ("cb", "长北", True),
        ("cbsq", "长北社区", True),
        ("taihang", "太行", True),
        ("hang", "太行", True),  # from the beginning of any syllable
        ("aihang", "太行", False),  # not from its middle
        ("zeng", "曾", True),
        ("ceng", "曾", True),
        ("lv", "吕", True),
        ("lü", "吕", True),
        ("lu", "吕", True),
        ("shan", "单", True),
        ("gu", "家", False),  # a reading of antiquity
        ("a3", "A3", False),
        ("thdjx", "太行东街", False),
    ],
)
def test_names_are_read_as_people_read_them(typed, name, is_found):
    letters = letters_of_pinyin(typed)
    assert bool(letters and re.search(readings_pattern(letters), readings(name))) is is_found


@given(st.text(alphabet="长北太行东街曾吕单和平A3（）· ", max_size=12))
def test_the_usual_pinyin_of_a_name_and_its_initials_find_it(name):
    syllables = [group.split("|")[-1] for group in readings(name).split() if group.isascii()]
    spelt = [syllable for syllable in syllables if syllable.isalpha()]
    if len(spelt) == len(syllables) and spelt and len("".join(spelt)) <= 24:
        for typed in ("".join(spelt), "".join(syllable[0] for syllable in spelt)):
            assert re.search(readings_pattern(typed), readings(name))


def test_each_of_several_phones_has_its_digest():
    assert phone_digests(None) == ""
    assert phone_digests(Sealed("phone", plain="0355-2012345、19900001234")).split() == [
        digest("0355-2012345"),
        digest("19900001234"),
    ]


# --- Stored columns ---


@pytest.mark.django_db
def test_a_change_and_its_undoing_are_searched_for_at_once(registers, period, clerk, signed_in):
    worker, browser = SocialWorker.objects.get(name="曾演示"), signed_in(clerk)
    done = edit_record(
        register=register_named("workers")(), by=clerk, ref=worker.ref, version=worker.version,
        values={"name": "单演示", "phone": "19900005555"},
    )  # fmt: skip
    assert done.problems == {}
    assert found_by(browser, "19900005555") == found_by(browser, "shanys") == {"社会工作者": ["单演示"]}
    assert found_by(browser, "19900009876") == found_by(browser, "zengys") == {}
    with transaction.atomic():
        reverse_change_set(done.change_set, by=clerk, models_in_order=register_named("workers").writes_to)
    assert found_by(browser, "19900005555") == found_by(browser, "shanys") == {}
    assert found_by(browser, "19900009876") == found_by(browser, "zengys") == {"社会工作者": ["曾演示"]}


@pytest.mark.django_db
def test_the_migration_fills_what_rows_of_the_version_before_lack(registers, officer, signed_in):
    models: tuple[Any, ...] = (Division, Community, Facility, SocialOrganization, SocialWorker, ServiceProject)
    names = {model: [f.name for f in model._meta.fields if f.name in {"readings", "phone_digests"}] for model in models}
    before = {model: list(model.objects.order_by("pk").values_list(*names[model])) for model in models}
    for model in models:
        model.objects.update(**dict.fromkeys(names[model], ""))
    assert found_by(signed_in(officer), "changbei") == {}
    migration = importlib.import_module("submissions.migrations.0003_fill_search_columns")
    migration.fill_search_columns(apps, SimpleNamespace(connection=connection))
    assert {model: list(model.objects.order_by("pk").values_list(*names[model])) for model in models} == before
    assert found_by(signed_in(officer), "changbei")["社区"] == ["长北社区居委会"]


@pytest.mark.django_db
def test_a_text_of_megabytes_is_refused_before_anybody_looks_for_numbers_in_it(clerk, signed_in, monkeypatch):
    """Five megabytes of digits and dashes, which any form may send, kept a thread busy for a minute and a half."""

    def read(text: str) -> SearchText:
        raise AssertionError(f"{len(text)} characters were looked at")

    monkeypatch.setattr(SearchText, "read", read)
    answer = signed_in(clerk).post(reverse("search"), {"q": "1-" * 501})
    assert (answer.status_code, "请只留最要紧的几个词" in answer.content.decode()) == (422, True)
