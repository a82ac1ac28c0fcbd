"""Tests of the sheets of trainings and hours, and of their pages."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeRecord
from socialworkers.models import Training, TrainingRecord
from tests.factories import Place, id_number, make_division, make_hours, make_training, make_worker
from tests.queries import queries_of
from tests.socialworkers.test_merging import merge
from tests.socialworkers.trainings import PERSON, attended, hours_row, training_row
from tests.uploads.office import Send, codes_of
from uploads.models import UploadRow

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def message_of(answer: dict) -> str:
    [problem] = answer["problems"]
    return problem["message"]


# --- Trainings ---


def test_a_training_is_the_offices_own_and_has_the_people_of_each_kind(send: Send, clerk: User, place: Place) -> None:
    answer = send("trainings", clerk, [training_row(党组织成员="12", 服务人员="")], commit="all")
    assert (answer["state"], answer["new"]) == ("committed", 1)
    training = Training.objects.get()
    assert (training.division, training.people, training.service_staff) == (place.county, 52, None)
    again = send("trainings", clerk, [training_row(学时="30")], commit="all")
    assert (again["changed"], Training.objects.get().hours) == (1, Decimal(30))


def test_a_town_named_in_the_row_holds_the_training(send: Send, clerk: User, place: Place) -> None:
    send("trainings", clerk, [training_row() | {"街道（乡镇）": "东街街道"}], commit="all")
    assert Training.objects.get().division == place.street


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"结束日期": "2018-05-06"}, "date_order", "结束日期早于开始日期"),
        ({"学时": "0"}, "bad_number", "学时应大于0"),
        ({"培训类型": "讲座"}, "bad_choice", ""),
    ],
)
def test_a_training_that_cannot_be_is_refused(
    send: Send, clerk: User, changes: dict[str, str], code: str, words: str
) -> None:
    answer = send("trainings", clerk, [training_row(**changes)])
    assert codes_of(answer) == [code]
    assert words in message_of(answer)


def test_the_number_of_another_office_is_refused_without_saying_whose(send: Send, clerk: User, place: Place) -> None:
    make_training(place.other_county, "PX-1")
    answer = send("trainings", clerk, [training_row()])
    assert codes_of(answer) == ["conflicting_key"]
    assert "襄垣" not in message_of(answer)


def test_the_hours_of_a_training_are_no_fewer_than_somebody_has(send: Send, clerk: User, place: Place) -> None:
    make_hours(*attended(place), 20)
    answer = send("trainings", clerk, [training_row(学时="16")])
    assert "已有人登记了这次培训的20学时" in message_of(answer)
    assert send("trainings", clerk, [training_row(学时="20")], commit="all")["changed"] == 1


def test_the_training_of_a_town_that_has_closed_is_changed_by_its_successor_and_keeps_its_town(
    send: Send, street_clerk: User, place: Place
) -> None:
    old = make_division("140402003", "北街街道办事处", place.county)
    training = make_training(old, "PX-1")
    old.successor, old.valid_to = place.street, datetime.date(2018, 6, 1)
    old.prepare_keys()
    old.save()
    Training.objects.filter(pk=training.pk).update(hours=30)
    answer = send("trainings", street_clerk, [training_row(学时="24")], commit="all")
    assert (answer["changed"], answer["errors"]) == (1, 0)
    training.refresh_from_db()
    assert (training.division, training.hours) == (old, 24)


# --- Hours ---


def test_hours_are_of_a_worker_whose_number_is_kept_nowhere_else(send: Send, clerk: User, place: Place) -> None:
    worker, training = attended(place)
    answer = send("training_records", clerk, [hours_row(学时="16.5")], commit="all")
    assert (answer["state"], answer["new"], answer["status"]) == ("committed", 1, 0)
    record = TrainingRecord.objects.get()
    assert (record.worker, record.training, record.hours) == (worker, training, Decimal("16.5"))
    assert PERSON not in f"{list(UploadRow.objects.values())}{list(ChangeRecord.objects.values())}"
    again = send("training_records", clerk, [hours_row(学时="24")], commit="all")
    assert (again["new"], again["changed"]) == (0, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"身份证号": id_number(702)}, "没有这个身份证号，请先登记这个人"),
        ({"身份证号": id_number(703)}, "没有这个身份证号，请先登记这个人"),  # of another county: nobody is told
        ({"培训编号": "PX-9"}, "没有编号为“PX-9”的培训"),
        ({"培训编号": "PX-2"}, "没有编号为“PX-2”的培训"),  # of another county
        ({"学时": "24.5"}, "24.5学时多于这次培训的24学时"),
        ({"学时": "0"}, "学时应大于0"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_a_sentence(
    send: Send, clerk: User, place: Place, changes: dict[str, str], words: str
) -> None:
    attended(place)
    make_worker(place.villages[0], id_number=id_number(703))
    make_training(place.other_county, "PX-2")
    answer = send("training_records", clerk, [hours_row(**changes)])
    assert answer["errors"] == 1
    assert words in message_of(answer)


def test_a_town_notes_hours_of_the_citys_training(send: Send, street_clerk: User, place: Place) -> None:
    make_worker(place.communities[0], id_number=PERSON)
    make_training(place.city, "PX-1")
    assert send("training_records", street_clerk, [hours_row()], commit="all")["new"] == 1


def test_the_number_of_a_duplicate_means_the_one_that_stays(send: Send, clerk: User, place: Place) -> None:
    kept = make_worker(place.communities[0], "张演示")
    gone, training = attended(place)
    other = make_training(place.county, "PX-3")
    for each in (training, other):
        make_hours(gone, each, 8)
    make_hours(kept, other, 20)
    merge(kept, gone, clerk)
    assert sorted(TrainingRecord.objects.filter(worker=kept).values_list("training__number", "hours")) == [
        ("PX-1", 8),
        ("PX-3", 20),
    ], "the hours go along, those of a training that both attended count once"
    send("training_records", clerk, [hours_row(学时="10")], commit="all")
    assert TrainingRecord.objects.get(worker=kept, training=training).hours == 10


# --- Pages ---


def test_a_training_shows_who_attended_of_the_own_area_and_no_number(
    place: Place, clerk: User, other_clerk: User, signed_in: SignedIn
) -> None:
    training = make_training(place.city, "PX-1")
    for where, name in ((place.communities[0], "甲演示"), (place.villages[0], "乙演示")):
        make_hours(make_worker(where, name, id_number=id_number(704 if name[0] == "甲" else 705)), training)
    address = reverse("socialworkers:training_detail", args=[training.ref])
    page = signed_in(clerk).get(address).content.decode()
    assert "甲演示" in page and "乙演示" not in page
    assert id_number(704) not in page and "********" in page
    assert reverse("changelog:edit", args=["trainings", training.ref]) not in page, "it is the city's"
    assert "乙演示" in signed_in(other_clerk).get(address).content.decode()


def test_the_list_of_hours_costs_the_same_for_many(place: Place, officer: User, signed_in: SignedIn) -> None:
    browser, address = signed_in(officer), reverse("socialworkers:record_list")
    training = make_training(place.city)
    make_hours(make_worker(place.communities[0]), training)
    browser.get(address)
    few = len(queries_of(lambda: browser.get(address)))
    for _ in range(20):
        make_hours(make_worker(place.communities[0]), training)
    assert len(queries_of(lambda: browser.get(address))) == few
    found = browser.get(address, {"training": training.number, "county": "140402"}).context["table"]
    assert found.paginator.count == 21
    assert browser.get(address, {"county": "140423"}).context["table"].paginator.count == 0


def test_the_lists_of_names_are_those_that_lapse_and_those_that_lack_hours(
    place: Place, clerk: User, signed_in: SignedIn
) -> None:
    today = datetime.date.today()
    days = datetime.timedelta
    make_worker(place.communities[0], "甲演示", registered_until=today + days(90))
    make_worker(place.communities[0], "乙演示", registered_until=today + days(91))
    make_worker(place.communities[0], "丙演示", registered_until=today - days(1))
    make_worker(place.communities[0], "丁演示")
    enough = make_worker(place.communities[0], "戊演示", registered_until=today)
    make_hours(enough, make_training(place.county, ends_on=today - days(3), hours=Decimal(80)))
    browser, address = signed_in(clerk), reverse("socialworkers:list")

    def names(**asked: str) -> str:
        rows = browser.get(address, asked).context["table"].rows
        return "".join(sorted(row.record.name[0] for row in rows))

    assert names(registration="renew") == "戊甲"
    assert names(registration="lapsed") == "丙"
    assert names(registration="valid") == "乙戊甲"
    assert names(registration="none") == "丁"
    assert names(hours="short") == "丙乙甲"
    assert names(hours="enough") == "戊"
    page = browser.get(address, {"hours": "enough"}).content.decode()
    assert "导出名单" in page and "已计学时" in page and ">80<" in page
    few = len(queries_of(lambda: browser.get(address, {"hours": "short"})))
    make_worker(place.communities[0], "己演示", registered_until=today)
    assert len(queries_of(lambda: browser.get(address, {"hours": "short"}))) == few


def test_a_workers_page_shows_certificate_window_and_hours_by_training(
    place: Place, clerk: User, signed_in: SignedIn
) -> None:
    worker = make_worker(place.communities[0], registered_until=datetime.date(2020, 6, 30))
    make_hours(worker, make_training(place.county, name="演示督导", kind="supervision", hours=Decimal(16)))
    make_hours(worker, make_training(place.county, name="演示普及", kind="general", hours=Decimal(8)))
    page = signed_in(clerk).get(reverse("socialworkers:detail", args=[worker.ref])).content.decode()
    text = " ".join(page.split())
    for words in (
        "2017-07-01至2020-06-30",
        "<dt>已计学时</dt> <dd>16</dd>",
        "<dt>还差学时</dt> <dd>56</dd>",
        "演示普及",
    ):
        assert words in text
